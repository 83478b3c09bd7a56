"""One window of text, against the same window with one-hot characters."""

from dataclasses import replace
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import assert_all_equal, assert_close, seeds, slope

from unrolled.cells.cell_tf import CellTF
from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.text import one_hot
from unrolled.training import text_tf
from unrolled.training.losses import cross_entropy
from unrolled.training.rules_tf import AdagradTF
from unrolled.training.text_tf import (
    PARTS,
    SMALLEST_PART,
    dropped,
    look_up,
    states_over,
    text_loss,
    train_text,
)
from unrolled.training.window_tf import train_window, unroll, window_loss

KINDS = 5
RULE = AdagradTF(0.3)
SPLIT = PARTS * SMALLEST_PART  # the smallest batch that is split
every_cell = pytest.mark.parametrize(
    "cell", [TANH, LSTM, GRU], ids=lambda cell: cell.name
)
both_ways = pytest.mark.parametrize("batch", [3, SPLIT], ids=["whole", "split"])


class Window(NamedTuple):
    """A net's parameters, the state before a window, and the window."""

    parameters: dict[str, np.ndarray]
    state: tuple[np.ndarray, ...]
    characters: np.ndarray
    targets: np.ndarray


def random_window(
    cell: CellTF, seed: int, batch: int = 3, steps: int = 4, hidden: int = 4
) -> Window:
    """Draw a window of text with 5 different characters."""
    generator = np.random.default_rng(seed)
    normal = generator.standard_normal
    shapes = cell.twin.shapes(KINDS, hidden)
    shapes |= {"W_hq": (hidden, KINDS), "b_q": (KINDS,)}
    text = generator.integers(0, KINDS, (batch, steps + 1))
    return Window(
        {name: 0.7 * normal(shape) for name, shape in shapes.items()},
        tuple(normal((batch, hidden)) for _ in range(cell.state_parts)),
        text[:, :-1],
        text[:, 1:],
    )


def as_tensors(window: Window) -> tuple[Any, ...]:
    return tf.nest.map_structure(tf.constant, tuple(window))


LEARNT = ("parameters", "memory", "state", "loss", "gradients")


def multiplied(cell: CellTF, window: Window) -> dict[str, Any]:
    """Train one window with one-hot inputs, as the echo chapter does."""
    parameters, state, characters, targets = as_tensors(window)
    *carried, loss, _, gradients = train_window(
        parameters, RULE.start(parameters), state, hot(characters), targets,
        cell.step, RULE.update, characters.shape[1],
    )  # fmt: skip
    return dict(zip(LEARNT, (*carried, loss, gradients), strict=True))


def looked_up(cell: CellTF, window: Window, kept: Any = 1.0) -> dict[str, Any]:
    """Train one window of text."""
    parameters, *others = as_tensors(window)
    memory = RULE.start(parameters)
    learnt = train_text(parameters, memory, *others, cell, RULE.update, kept)
    return dict(zip(LEARNT, learnt, strict=True))


def hot(characters: Any) -> Any:
    """Return one-hot characters as a tensor."""
    return tf.constant(one_hot(characters.numpy(), KINDS))


def check_equal(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Demand that all that a window taught agrees up to rounding."""
    assert given["loss"].dtype == tf.float64
    assert float(given["loss"]) == pytest.approx(float(wanted["loss"]), rel=1e-12)
    for part, other in zip(given["state"], wanted["state"], strict=True):
        assert_close(part, other, 1e-12, 0)
    for kind in ("gradients", "parameters", "memory"):
        assert set(given[kind]) == set(wanted[kind])
        for name, other in wanted[kind].items():
            assert_close(given[kind][name], other, 1e-10, 1e-15)


# Looking up


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 4), (2, 3, 4), (0,)])
@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_looking_up_is_the_one_hot_product_forward_and_backward(shape, kind):
    generator = np.random.default_rng(1)
    characters = generator.integers(0, KINDS, shape).astype(kind)
    W = tf.constant(generator.standard_normal((KINDS, 3)))
    upstream = tf.constant(generator.standard_normal((*shape, 3)))
    ones = tf.constant(one_hot(characters, KINDS))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(W)
        rows = look_up(W, tf.constant(characters))
        products = tf.tensordot(ones, W, 1)
    np.testing.assert_array_equal(rows, products)
    slopes = tape.gradient(rows, W, output_gradients=upstream)
    wanted = tape.gradient(products, W, output_gradients=upstream)
    assert_close(slopes, wanted, 1e-12, 0)


def test_a_row_gets_the_gradients_of_all_its_places_and_an_unused_one_none():
    W = tf.ones((4, 2), tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(W)
        rows = look_up(W, tf.constant([[1, 3], [1, 1]]))
    upstream = tf.constant([[[1, 2], [3, 4]], [[10, 20], [100, 200]]], tf.float64)
    slopes = tape.gradient(rows, W, output_gradients=upstream)
    np.testing.assert_array_equal(slopes, [[0, 0], [111, 222], [0, 0], [3, 4]])


def test_looking_up_is_compiled_too():
    generator = np.random.default_rng(2)
    W = tf.constant(generator.standard_normal((KINDS, 3)))
    characters = tf.constant(generator.integers(0, KINDS, (4, 6)))

    def slopes(W: Any, characters: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(W)
            total = tf.reduce_sum(look_up(W, characters) ** 3)
        return tape.gradient(total, W)

    compiled = tf.function(slopes, jit_compile=True)
    assert_close(compiled(W, characters), slopes(W, characters), 1e-12, 0)


# A window, against the one with one-hot characters


@every_cell
@settings(max_examples=8)
@given(
    seed=seeds,
    batch=st.sampled_from([1, 2, 3, SPLIT - 2, SPLIT, SPLIT + 1, SPLIT + 2]),
    steps=st.integers(1, 5),
)
def test_a_window_teaches_what_one_with_one_hot_characters_does(
    cell, seed, batch, steps
):
    window = random_window(cell, seed, batch, steps)
    check_equal(looked_up(cell, window), multiplied(cell, window))


@every_cell
@both_ways
def test_a_window_of_each_kind_of_batch_is_that_with_one_hot_characters(cell, batch):
    window = random_window(cell, 3, batch)
    check_equal(looked_up(cell, window), multiplied(cell, window))


@every_cell
def test_a_net_too_wide_for_sums_in_the_open_learns_the_same(cell):
    window = random_window(cell, 4, SPLIT, hidden=40)
    check_equal(looked_up(cell, window), multiplied(cell, window))


@every_cell
@both_ways
def test_the_loss_is_told_with_states_and_logits_time_first(cell, batch):
    window = random_window(cell, 5, batch)
    parameters, state, characters, targets = as_tensors(window)
    wanted, states, read = window_loss(
        parameters, state, hot(characters), targets, cell.step
    )
    loss, last, logits = text_loss(parameters, state, characters, targets, cell)
    assert float(loss) == pytest.approx(float(wanted), rel=1e-12)
    assert float(looked_up(cell, window)["loss"]) == float(loss)  # before the update
    for part, other in zip(last, states[-1], strict=True):
        assert_close(part, other, 1e-12, 0)
    assert_close(logits, tf.transpose(read, (1, 0, 2)), 1e-12, 0)


def test_the_loss_is_in_nats():
    window = random_window(TANH, 6)
    parameters, *others = as_tensors(window)
    flat = {
        "W_hq": tf.zeros((4, KINDS), tf.float64),
        "b_q": tf.zeros(KINDS, tf.float64),
    }
    loss, *_ = text_loss(parameters | flat, *others, TANH)
    assert float(loss) == pytest.approx(np.log(KINDS), rel=1e-12)


@pytest.mark.parametrize(
    ("cell", "batch", "sizes"),
    [
        (TANH, 1, [1]),
        (TANH, SPLIT - 2, [SPLIT - 2]),
        (TANH, SPLIT - 1, [SPLIT - 1]),
        (TANH, SPLIT, [SPLIT // 2, SPLIT // 2]),
        (TANH, SPLIT + 1, [SPLIT + 1]),
        (TANH, SPLIT + 2, [SPLIT // 2 + 1, SPLIT // 2 + 1]),
        (GRU, SPLIT, [SPLIT]),
        (LSTM, SPLIT, [SPLIT]),
    ],
)
def test_only_an_even_batch_that_is_large_enough_is_split(cell, batch, sizes):
    rows: list[int] = []

    def step(from_input: Any, state: Any, W_hh: Any) -> Any:
        rows.append(from_input.shape[0])
        return cell.step(from_input, state, W_hh)

    window = random_window(cell, 7, batch, steps=3)
    text_loss(*as_tensors(window), replace(cell, step=step))
    assert rows == 3 * sizes


@every_cell
def test_a_cell_of_any_kind_may_be_split(cell, monkeypatch):
    window = random_window(cell, 7, batch=6)
    whole = looked_up(cell, window)
    monkeypatch.setattr(text_tf, "_parts", lambda rows, cell: 3)
    check_equal(looked_up(cell, window), whole)


@every_cell
@both_ways
def test_the_gradient_is_that_of_central_differences(cell, batch):
    window = random_window(cell, 8, batch, steps=3, hidden=2)
    parameters, *others = as_tensors(window)
    loss = tf.function(
        lambda changed: text_loss(changed, *others, cell)[0], autograph=False
    )
    gradients = looked_up(cell, window)["gradients"]
    for name, place in window.parameters.items():

        def at(moved: np.ndarray, name: str = name) -> float:
            return float(loss(parameters | {name: tf.constant(moved)}))

        assert_close(gradients[name], slope(at, place), 1e-6, 1e-9)


# What the recurrent weights are multiplied with


def test_only_the_gru_multiplies_anything_but_the_hidden_state():
    assert TANH.factors is None
    assert LSTM.factors is None
    assert GRU.factors is not None


@pytest.mark.parametrize("cell", [TANH, LSTM], ids=lambda cell: cell.name)
def test_factors_that_are_the_hidden_state_say_what_none_says(cell):
    def factors(_: Any, state: Any, __: Any) -> Any:
        return (state[0],) * cell.blocks

    window = random_window(cell, 9)
    told = looked_up(replace(cell, factors=factors), window)
    check_equal(told, looked_up(cell, window))


def test_without_its_factors_the_gru_would_learn_something_else():
    window = random_window(GRU, 10)
    plain = looked_up(replace(GRU, factors=None), window)["gradients"]
    wanted = looked_up(GRU, window)["gradients"]
    distance = np.abs(plain["W_hh"] - wanted["W_hh"])
    assert distance[:, :8].max() < 1e-12  # the gates see the hidden state itself
    assert distance[:, 8:].max() > 1e-3  # the candidate sees what the reset gate left


# What does not flow back


def eagerly(function: Any) -> Any:
    """Return a function as it is."""
    return function


in_both_modes = pytest.mark.parametrize(
    "mode", [eagerly, partial(tf.function, autograph=False)], ids=["eager", "graph"]
)


@every_cell
@both_ways
@in_both_modes
def test_no_gradient_reaches_the_state_before_the_window(cell, batch, mode):
    window = random_window(cell, 11, batch, steps=2)
    parameters, before, characters, targets = as_tensors(window)

    def reached(before: Any, watched: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch((before, watched))
            loss, *_ = text_loss(parameters, before, characters, targets, cell)
        return tape.gradient(loss, before, unconnected_gradients="zero")

    for watched in (parameters, {}):  # beside it
        for part in mode(reached)(before, watched):
            np.testing.assert_array_equal(part, np.zeros((batch, 4)))


@every_cell
@both_ways
@in_both_modes
def test_a_window_that_follows_another_teaches_what_it_teaches_alone(cell, batch, mode):
    window = random_window(cell, 12, batch, steps=3)
    parameters, start, characters, targets = as_tensors(window)
    earlier = tf.constant(random_window(cell, 13, batch, steps=3).characters)

    def after_another(start: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            _, state, _ = text_loss(parameters, start, earlier, earlier, cell)
            loss, *_ = text_loss(parameters, state, characters, targets, cell)
        return tape.gradient(loss, parameters)

    _, state, _ = text_loss(parameters, start, earlier, earlier, cell)
    numbers = tuple(part.numpy() for part in state)
    alone = looked_up(cell, window._replace(state=numbers))["gradients"]
    together = mode(after_another)(start)
    for name, wanted in alone.items():
        assert_close(together[name], wanted, 1e-12, 0)
    # One backward pass over both pieces is something else:
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        *_, state = unroll(hot(earlier), start, parameters, cell.step)
        loss, *_ = window_loss(parameters, state, hot(characters), targets, cell.step)
    full = tape.gradient(loss, parameters)
    assert np.abs(full["W_hh"] - alone["W_hh"]).max() > 1e-6


@every_cell
def test_the_state_after_the_window_passes_no_gradient_on(cell):
    parameters, state, characters, _ = as_tensors(random_window(cell, 14))
    from_inputs = look_up(parameters["W_xh"], tf.transpose(characters))
    W_hh = parameters["W_hh"]
    with tf.GradientTape() as tape:
        tape.watch((from_inputs, W_hh))
        hidden, last = states_over(from_inputs, state, W_hh, cell)
        total = sum(tf.reduce_sum(part) for part in last)
    assert tape.gradient(total, (from_inputs, W_hh)) == (None, None)
    np.testing.assert_array_equal(hidden[-1], last[0])


# Windows of many steps


@every_cell
@pytest.mark.parametrize("way", ["eager", "graph", "xla"])
def test_a_loop_learns_what_an_unrolled_window_does(
    cell: CellTF, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = random_window(cell, 21, steps=6)
    wanted = looked_up(cell, window)
    monkeypatch.setattr(text_tf, "MOST_UNROLLED", 5)
    learn = partial(looked_up, cell, window)
    if way != "eager":
        compiled = tf.function(learn, jit_compile=way == "xla", autograph=False)
        check_equal(compiled(), wanted)
    else:
        check_equal(learn(), wanted)


def test_the_program_of_a_loop_does_not_grow_with_its_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def operations(steps: int) -> int:
        learn = partial(looked_up, LSTM, random_window(LSTM, 22, steps=steps))
        graph = tf.function(learn, autograph=False).get_concrete_function().graph
        return len(graph.as_graph_def(add_shapes=False).node)

    unrolled = operations(6), operations(12)
    assert unrolled[1] > 1.5 * unrolled[0]
    monkeypatch.setattr(text_tf, "MOST_UNROLLED", 5)
    assert operations(6) == operations(12)


# Dropping outputs

RATE, SHAPE = 0.3, (40, 50, 20)


@cache
def draw(rate: float = RATE, first: int = 1, second: int = 2) -> np.ndarray:
    seed = tf.constant([first, second])
    return dropped(SHAPE, rate, seed, tf.float64).numpy()


def test_what_is_kept_is_raised_and_the_rest_is_zero():
    kept = draw()
    assert kept.shape == SHAPE
    np.testing.assert_allclose(np.unique(kept), [0, 1 / (1 - RATE)], rtol=1e-15)


def test_the_mean_stays_as_it_is_and_the_share_is_that_asked_for():
    kept = draw()
    deviation = np.sqrt(RATE * (1 - RATE) / kept.size)
    assert abs(np.mean(kept == 0) - RATE) < 4 * deviation
    assert abs(kept.mean() - 1) < 4 * deviation / (1 - RATE)
    for axis in range(3):  # no step, row or unit is spared
        others = tuple(other for other in range(3) if other != axis)
        shares = np.mean(kept == 0, axis=others)
        np.testing.assert_allclose(shares, RATE, atol=0.1)


def test_the_same_seed_draws_the_same_and_another_does_not():
    np.testing.assert_array_equal(draw.__wrapped__(), draw())
    for other in (draw(first=2), draw(second=3), draw(first=2, second=1)):
        agreeing = np.mean((other == 0) == (draw() == 0))
        # Two draws that know nothing of each other agree in so many places:
        assert abs(agreeing - (RATE**2 + (1 - RATE) ** 2)) < 0.01


def test_a_higher_rate_drops_more():
    shares = [np.mean(draw(rate) == 0) for rate in (0.1, 0.5, 0.9)]
    np.testing.assert_allclose(shares, [0.1, 0.5, 0.9], atol=0.01)


def test_a_rate_of_zero_drops_nothing():
    np.testing.assert_array_equal(draw(0.0), np.ones(SHAPE))


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_the_kind_of_number_is_the_one_asked_for(dtype):
    kept = dropped((2, 3), 0.5, tf.constant([0, 0]), dtype)
    assert kept.dtype == dtype
    assert set(np.unique(kept)) <= {0.0, 2.0}


@every_cell
@both_ways
def test_dropped_outputs_are_missed_by_the_readout_and_not_by_the_next_step(
    cell, batch
):
    window = random_window(cell, 15, batch)
    kept = dropped((4, batch, 4), 0.5, tf.constant([5, 6]), tf.float64)
    assert 0 < np.mean(kept == 0) < 1
    told, whole = looked_up(cell, window, kept), looked_up(cell, window)
    for part, wanted in zip(told["state"], whole["state"], strict=True):
        np.testing.assert_array_equal(part, wanted)
    # The NumPy half, whose readout sees what is left:
    p = window.parameters
    recurrence = cell.twin(**{name: p[name] for name in cell.twin.shapes(1, 1)})
    trace = recurrence.forward(one_hot(window.characters, KINDS), window.state)
    factors = kept.numpy().transpose(1, 0, 2)
    seen = (trace.outputs * factors).reshape(-1, 4)
    loss, back = cross_entropy(seen @ p["W_hq"] + p["b_q"], window.targets.ravel())
    upstream = (back @ p["W_hq"].T).reshape(trace.outputs.shape) * factors
    wanted = recurrence.backward(trace, upstream).parameters
    wanted |= {"W_hq": seen.T @ back, "b_q": back.sum(axis=0)}
    assert float(told["loss"]) == pytest.approx(loss, rel=1e-12)
    assert float(told["loss"]) != float(whole["loss"])
    assert set(told["gradients"]) == set(wanted)
    for name, gradient in wanted.items():
        assert_close(told["gradients"][name], gradient, 1e-10, 1e-15)


def test_keeping_all_is_dropping_nothing():
    window = random_window(TANH, 16)
    told = looked_up(
        TANH, window, dropped((4, 3, 4), 0, tf.constant([0, 0]), tf.float64)
    )
    for kind in ("gradients", "parameters"):
        assert_all_equal(told[kind], looked_up(TANH, window)[kind])
