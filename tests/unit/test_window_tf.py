"""One window of truncated backpropagation in TensorFlow, against the NumPy half."""

from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import assert_all_equal, assert_close, seeds

from unrolled.cells.cell_tf import CellTF
from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.training.losses import cross_entropy
from unrolled.training.rules import Adagrad
from unrolled.training.rules_tf import AdagradTF
from unrolled.training.window_tf import adagrad, train_window, unroll, window_loss

CELLS = [TANH, LSTM, GRU]
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)


class Window(NamedTuple):
    """A net's parameters, the state before a window, and the window."""

    parameters: dict[str, np.ndarray]
    state: tuple[np.ndarray, ...]
    inputs: np.ndarray
    targets: np.ndarray


def random_window(
    cell: CellTF, seed: int, batch: int = 3, steps: int = 5, hidden: int = 4
) -> Window:
    """Draw a window with 2 inputs and 3 classes."""
    generator = np.random.default_rng(seed)
    normal = generator.standard_normal
    shapes = cell.twin.shapes(2, hidden) | {"W_hq": (hidden, 3), "b_q": (3,)}
    return Window(
        {name: 0.7 * normal(shape) for name, shape in shapes.items()},
        tuple(normal((batch, hidden)) for _ in range(cell.state_parts)),
        normal((batch, steps, 2)),
        generator.integers(0, 3, (batch, steps)),
    )


def twin(cell: CellTF, window: Window) -> Any:
    """Return the NumPy cell with the window's parameters."""
    names = cell.twin.shapes(1, 1)
    return cell.twin(**{name: window.parameters[name] for name in names})


def numpy_window(cell: CellTF, window: Window) -> tuple[float, Any, Any]:
    """Return loss, gradients and trace, as the NumPy half computes them."""
    p = window.parameters
    recurrence = twin(cell, window)
    trace = recurrence.forward(window.inputs, window.state)
    hidden = trace.outputs.reshape(-1, trace.outputs.shape[-1])
    loss, slope = cross_entropy(hidden @ p["W_hq"] + p["b_q"], window.targets.ravel())
    back = (slope @ p["W_hq"].T).reshape(trace.outputs.shape)
    gradients = recurrence.backward(trace, back).parameters
    readout = {"W_hq": hidden.T @ slope, "b_q": slope.sum(axis=0)}
    return loss, gradients | readout, trace


def as_tensors(window: Window) -> tuple[Any, ...]:
    return tf.nest.map_structure(tf.constant, tuple(window))


def trained(
    cell: CellTF, window: Window, rate: float = 0.3, stride: int | None = None
) -> tuple[Any, ...]:
    """Train one window with Adagrad from fresh sums of 0.1."""
    parameters, state, inputs, targets = as_tensors(window)
    rule = AdagradTF(rate)
    return train_window(
        parameters, rule.start(parameters), state, inputs, targets,
        cell.step, rule.update, stride or inputs.shape[1],
    )  # fmt: skip


@every_cell
@settings(max_examples=10)
@given(seed=seeds, batch=st.integers(1, 3), steps=st.integers(1, 6))
def test_loss_states_and_gradients_are_those_of_the_numpy_half(
    cell, seed, batch, steps
):
    window = random_window(cell, seed, batch, steps)
    loss, gradients, trace = numpy_window(cell, window)
    *_, state, told, logits, slopes = trained(cell, window)
    assert told.dtype == tf.float64
    assert float(told) == pytest.approx(loss, rel=1e-12)
    assert set(slopes) == set(window.parameters)
    for name, wanted in gradients.items():
        assert_close(slopes[name], wanted, 1e-10, 1e-15)
    for part, wanted in zip(state, trace.final_state, strict=True):
        assert_close(part, wanted, 1e-12, 0)
    read = trace.outputs @ window.parameters["W_hq"] + window.parameters["b_q"]
    assert_close(logits, read, 1e-12, 0)


@every_cell
def test_the_loss_is_told_before_the_update_and_in_nats(cell):
    window = random_window(cell, 1)
    parameters, state, inputs, targets = as_tensors(window)
    loss, states, logits = window_loss(parameters, state, inputs, targets, cell.step)
    *_, told, _, _ = trained(cell, window)
    assert float(told) == float(loss)
    assert len(states) == 5
    flat = parameters | {"W_hq": tf.zeros((4, 3), tf.float64)}
    flat["b_q"] = tf.zeros(3, tf.float64)
    chance, *_ = window_loss(flat, state, inputs, targets, cell.step)
    assert float(chance) == pytest.approx(np.log(3), rel=1e-12)
    assert logits.shape == (3, 5, 3)


# What goes on to the next window, and what does not come back


@every_cell
@pytest.mark.parametrize("stride", [1, 2, 4, 5])
def test_the_next_window_starts_from_the_state_after_stride_steps(cell, stride):
    window = random_window(cell, 2)
    trace = twin(cell, window).forward(window.inputs, window.state)
    state = trained(cell, window, stride=stride)[2]
    for part, wanted in zip(state, trace.states, strict=True):
        assert_close(part, wanted[:, stride], 1e-12, 0)


@every_cell
def test_the_stride_changes_neither_loss_nor_update(cell):
    window = random_window(cell, 3)
    long, short = (trained(cell, window, stride=stride) for stride in (5, 2))
    assert_all_equal(long[0], short[0])
    assert_all_equal(long[5], short[5])


@every_cell
def test_no_gradient_goes_back_beyond_the_window(cell):
    window = random_window(cell, 4)
    parameters, _, inputs, targets = as_tensors(window)
    rule = AdagradTF()
    before = as_tensors(random_window(cell, 5))[2]
    start = as_tensors(window)[1]
    after = start
    # A state that came out of earlier steps with the same weights:
    for _ in range(2):
        after = unroll(before, after, parameters, cell.step)[-1]
    numbers = tuple(tf.constant(part.numpy()) for part in after)
    memory = rule.start(parameters)
    train = partial(train_window, step=cell.step, update=rule.update, stride=5)
    reached = train(parameters, memory, after, inputs, targets)
    given_as_number = train(parameters, memory, numbers, inputs, targets)
    assert_all_equal(reached[5], given_as_number[5])
    assert_all_equal(reached[0], given_as_number[0])
    # One backward pass over both pieces is something else:
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        state = unroll(before, start, parameters, cell.step)[-1]
        state = unroll(before, state, parameters, cell.step)[-1]
        loss, *_ = window_loss(parameters, state, inputs, targets, cell.step)
    full = tape.gradient(loss, parameters)
    assert abs(float(loss - reached[3])) < 1e-12
    distance = np.abs(full["W_hh"] - reached[5]["W_hh"]).max()
    assert distance > 1e-6


@every_cell
def test_a_window_of_one_step_learns_nothing_about_its_recurrent_weights_past(cell):
    """With a state of zeros, ``W_hh`` gets no gradient from a single step."""
    window = random_window(cell, 6, steps=1)
    zeros = tuple(np.zeros_like(part) for part in window.state)
    gradients = trained(cell, window._replace(state=zeros))[5]
    assert not np.any(gradients["W_hh"])
    assert np.any(gradients["W_xh"])


# Adagrad


def test_adagrad_makes_the_steps_of_the_numpy_rule():
    generator = np.random.default_rng(7)
    parameters = {"W": generator.standard_normal((2, 3)), "b": np.zeros(3)}
    rule = Adagrad(0.3, initial=0.1, epsilon=0.0)
    memory = rule.start(parameters)
    ours = {name: tf.constant(p) for name, p in parameters.items()}
    squares = AdagradTF(0.3, 0.1).start(ours)
    for _ in range(20):
        slopes = {n: generator.standard_normal(p.shape) for n, p in parameters.items()}
        parameters, memory = rule.update(parameters, slopes, memory)
        tensors = {name: tf.constant(g) for name, g in slopes.items()}
        ours, squares = adagrad(ours, tensors, squares, 0.3)
    for name, wanted in parameters.items():
        assert_close(ours[name], wanted, 1e-14, 0)
        assert_close(squares[name], memory["squares"][name], 1e-14, 0)


def test_adagrad_makes_the_steps_of_keras_up_to_its_epsilon():
    # Keras adds its epsilon to the sum under the root.
    epsilon = 1e-7
    generator = np.random.default_rng(8)
    start = generator.standard_normal((2, 3))
    variable = keras.Variable(start, dtype="float64")
    theirs = keras.optimizers.Adagrad(
        0.3, initial_accumulator_value=0.1, epsilon=epsilon
    )
    theirs.build([variable])
    close, exact = AdagradTF(0.3, 0.1), AdagradTF(0.3, 0.1 + epsilon)
    ours = {rule: {"W": tf.constant(start)} for rule in (close, exact)}
    memory = {rule: rule.start(ours[rule]) for rule in ours}
    for _ in range(10):
        slope = 0.1 * generator.standard_normal((2, 3))
        theirs.apply([tf.constant(slope)])
        for rule in ours:
            step = {"W": tf.constant(slope)}
            ours[rule], memory[rule] = rule.update(ours[rule], step, memory[rule])
    wanted = variable.numpy()
    # Keras computes with a rate of 32 bits, so that agreement ends at 1e-7.
    assert_close(ours[exact]["W"], wanted, 1e-7, 0)
    assert_close(ours[close]["W"], wanted, 1e-6, 0)
    assert np.abs(wanted - start).max() > 0.1


@every_cell
def test_a_rate_of_zero_updates_nothing_but_remembers(cell):
    window = random_window(cell, 9)
    parameters, memory, *_, gradients = trained(cell, window, rate=0.0)
    assert_all_equal(parameters, window.parameters)
    for name, slope in gradients.items():
        assert_close(memory[name], 0.1 + np.square(slope), 1e-14, 0)


def test_a_step_goes_downhill():
    window = random_window(TANH, 10)
    after, _, _, loss, _, _ = trained(TANH, window, rate=1e-3)
    again = trained(TANH, window._replace(parameters=after))[3]
    assert float(again) < float(loss)


@pytest.mark.parametrize(
    ("settings_given", "message"),
    [
        ({"rate": -0.1}, "^rate must be a finite number of at least 0, but -0.1 was"),
        ({"rate": float("nan")}, "^rate must be a finite number of at least 0"),
        ({"rate": "fast"}, "^rate must be .* which is no number"),
        ({"initial": 0.0}, "^initial must be a finite number above 0, but 0.0 was"),
        ({"initial": -1}, "^initial must be a finite number above 0, but -1 was"),
    ],
)
def test_a_bad_setting_of_the_rule_gets_one_sentence(settings_given, message):
    with pytest.raises(ValueError, match=message):
        AdagradTF(**settings_given)


def test_the_sums_start_in_the_parameters_own_kind_of_number():
    parameters = {"W": tf.ones((2, 3), tf.float64), "b": tf.ones(3, tf.float32)}
    memory = AdagradTF(initial=0.25).start(parameters)
    assert {name: m.dtype for name, m in memory.items()} == {
        "W": tf.float64,
        "b": tf.float32,
    }
    assert all(np.all(m.numpy() == 0.25) for m in memory.values())
