"""Generating text: against a slow loop over whole sequences, and exhaustive search."""

import math
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import CELLS as NUMPY_CELLS
from strategies import random_cell, seeds

from unrolled.cells.cell import Cell, Parameters
from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh import TanhCell
from unrolled.cells.tanh_tf import TANH
from unrolled.random import Generator
from unrolled.training.choosing import GREEDY, Choice
from unrolled.training.generation import LookUp, Reader, beam, generate, stream
from unrolled.training.nets_tf import RecurrentNet

WARM = Choice(temperature=1.3, top_k=5, nucleus=0.9)
every_cell = pytest.mark.parametrize(
    "cell", [TANH, LSTM, GRU], ids=lambda cell: cell.name
)


@dataclass(frozen=True, eq=False)
class SmallNet:
    """A net in NumPy alone, which has what is needed of one."""

    cell: Cell
    W_hq: np.ndarray
    b_q: np.ndarray

    @property
    def weights(self) -> Parameters:
        return self.cell.parameters | {"W_hq": self.W_hq, "b_q": self.b_q}

    def numpy_cell(self) -> Cell:
        return self.cell

    def logits(self, hidden: np.ndarray) -> np.ndarray:
        return hidden @ self.W_hq + self.b_q


def small_net(seed: int, characters: int = 3, kind: type[Cell] = TanhCell) -> SmallNet:
    normal = np.random.default_rng([seed, 5]).standard_normal
    cell = random_cell(kind, characters, 4, seed)
    return SmallNet(cell, normal((4, characters)), normal(characters))


def tensorflow_net(cell: Any, dtype: str = "float32") -> RecurrentNet:
    """Return a net over 7 characters whose text does not settle at once."""
    normal, columns = np.random.default_rng(9).standard_normal, cell.blocks * 6
    shapes = {
        "W_xh": (7, columns),
        "W_hh": (6, columns),
        "b_h": columns,
        "W_hq": (6, 7),
        "b_q": 7,
    }
    return RecurrentNet(cell, {n: normal(s) for n, s in shapes.items()}, dtype)


def one_hot(indices: Any, characters: int) -> np.ndarray:
    return np.eye(characters)[np.array(indices)][np.newaxis]


def slow_logits(net: Any, text: list[int]) -> np.ndarray:
    """Run the cell over the whole text from the start, with one-hot inputs."""
    cell = net.numpy_cell()
    outputs = cell.forward(one_hot(text, cell.input_size)).outputs
    return net.logits(outputs[0])


def slow_text(
    net: Any, prefix: list[int], length: int, choice: Choice, seed: int
) -> list[int]:
    """Write a text in the plainest way, one number drawn for each character."""
    text, generator = list(prefix), Generator(seed)
    for _ in range(length):
        distribution = choice.distribution(slow_logits(net, text)[-1])
        uniform, total, index = generator.uniform(), distribution[0], 0
        while total <= uniform:
            index += 1
            total += distribution[index]
        text.append(index)
    return text[len(prefix) :]


# Reading


@every_cell
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_reading_by_look_up_equals_the_cells_own_forward_pass(cell, dtype):
    net, text = tensorflow_net(cell, dtype), [3, 0, 6, 6, 1]
    trace = net.numpy_cell().forward(one_hot(text, 7))
    wanted = net.logits(trace.outputs[0])
    reader = Reader(net)
    for t, index in enumerate(text):
        np.testing.assert_allclose(reader.read(index), wanted[t], rtol=1e-12)
        for part, states in zip(reader.state, trace.states, strict=True):
            assert part.shape == (1, 6)
            np.testing.assert_allclose(part[0], states[0, t + 1], rtol=1e-12)


@given(seeds, st.lists(st.integers(0, 2), min_size=1, max_size=6))
@pytest.mark.parametrize("kind", NUMPY_CELLS, ids=lambda kind: kind.__name__)
def test_every_cell_there_is_can_be_read_by_look_up(kind, seed, text):
    net = small_net(seed, kind=kind)
    reader = Reader(net)
    found = np.array([reader.read(index) for index in text])
    np.testing.assert_allclose(found, slow_logits(net, text), rtol=1e-10, atol=1e-12)


def test_a_copy_goes_its_own_way():
    reader = Reader(small_net(1))
    reader.read(2)
    other = reader.copy()
    there = reader.state[0]
    np.testing.assert_array_equal(other.read(0), reader.copy().read(0))
    np.testing.assert_array_equal(reader.state[0], there)
    assert np.any(other.state[0] != there)


def test_a_reader_can_forget():
    reader = Reader(small_net(1))
    first = reader.read(2)
    assert np.any(reader.read(2) != first)
    reader.reset()
    assert not np.any(reader.state[0])
    np.testing.assert_array_equal(reader.read(2), first)


def test_the_state_that_is_handed_out_is_a_copy():
    reader = Reader(small_net(1))
    reader.read(0)
    kept = reader.state[0].copy()
    reader.state[0][:] = 0
    np.testing.assert_array_equal(reader.state[0], kept)


def test_training_the_net_further_changes_neither_reader_nor_stream():
    net = tensorflow_net(TANH)
    reader, steps = Reader(net), stream(net, [1])
    wanted, text = Reader(net).read(1), generate(net, [1], 5)
    net.parameters = {n: tf.zeros_like(p) for n, p in net.parameters.items()}
    np.testing.assert_array_equal(reader.read(1), wanted)
    assert [step.index for step in islice(steps, 5)] == text.tolist()


def test_a_reader_shows_its_cell_and_its_vocabulary():
    wanted = "Reader(TanhCell(inputs=3, hidden=4, parameters=32), characters=3)"
    assert repr(Reader(small_net(1))) == wanted


# Generating


@every_cell
@pytest.mark.parametrize("choice", [GREEDY, Choice(), WARM], ids=repr)
@pytest.mark.parametrize("prefix", [[4], [2, 2, 5]])
def test_a_text_is_that_of_a_slow_loop(cell, choice, prefix):
    net = tensorflow_net(cell)
    text = generate(net, prefix, 25, choice, seed=11)
    assert text.dtype == np.int64
    assert text.tolist() == slow_text(net, prefix, 25, choice, 11)
    assert len(set(text.tolist())) > 1  # or the loop would not have been put to a test


@given(seeds, seeds)
@settings(max_examples=20)
def test_the_first_steps_of_a_stream_are_the_text(weights, seed):
    net, choice = small_net(weights, 5), Choice(temperature=2)
    text = generate(net, [3, 1], 12, choice, seed)
    steps = list(islice(stream(net, [3, 1], choice, seed), 12))
    assert [step.index for step in steps] == text.tolist()
    np.testing.assert_array_equal(generate(net, [3, 1], 12, choice, seed), text)
    np.testing.assert_array_equal(generate(net, [3, 1], 5, choice, seed), text[:5])


def test_a_step_shows_what_its_character_was_chosen_from():
    net, prefix = tensorflow_net(LSTM), [2, 5]
    steps = list(islice(stream(net, prefix, WARM, seed=4), 6))
    text = prefix + [step.index for step in steps]
    hidden = net.numpy_cell().forward(one_hot(text, 7)).outputs[0]
    for n, step in enumerate(steps):
        assert type(step.index) is int
        before = hidden[len(prefix) - 1 + n]
        np.testing.assert_allclose(step.hidden, before, rtol=1e-12)
        wanted = WARM.distribution(net.logits(before))
        np.testing.assert_allclose(step.distribution, wanted, rtol=1e-10)
    steps[0].hidden[:] = 9  # a caller's, no longer the stream's
    np.testing.assert_allclose(steps[1].hidden, hidden[len(prefix)], rtol=1e-12)


def test_what_a_caller_does_to_a_step_does_not_change_the_text():
    net = small_net(3, 5)
    text = generate(net, [0], 8, WARM, 2).tolist()
    for step, wanted in zip(stream(net, [0], WARM, 2), text, strict=False):
        assert step.index == wanted
        step.hidden[:], step.distribution[:] = 0, 0


@every_cell
@pytest.mark.parametrize("choice", [GREEDY, WARM], ids=repr)
def test_half_the_bits_write_the_same_text_where_nothing_is_close(cell, choice):
    net = tensorflow_net(cell)
    text = generate(net, [4], 25, choice, 3, precision="float32")
    assert text.tolist() == generate(net, [4], 25, choice, 3).tolist()
    weights = LookUp.of(net, "float32")
    state = weights.step(4, weights.zero_state())
    assert {part.dtype.name for part in state} == {"float32"}  # none was widened
    assert weights.logits(state).dtype == np.float32


def test_the_seed_decides_the_text_and_greedy_needs_none():
    net = small_net(2, 5)
    texts = [generate(net, [0], 20, Choice(), seed).tolist() for seed in range(8)]
    assert len({tuple(text) for text in texts}) == 8
    greedy = [generate(net, [0], 20, seed=seed).tolist() for seed in range(3)]
    assert greedy[0] == greedy[1] == greedy[2]
    cold = generate(net, [0], 20, Choice(temperature=1e-6), seed=5)
    assert cold.tolist() == greedy[0]


def test_characters_come_as_often_as_the_net_says():
    # All weights are 0 but the last bias, so that every step has the same distribution.
    shares = np.array([0.2, 0.5, 0.3])
    cell = TanhCell(W_xh=np.zeros((3, 1)), W_hh=[[0.0]], b_h=[0.0])
    net = SmallNet(cell, np.zeros((1, 3)), np.log(shares))
    text = generate(net, [0], 3000, Choice(), seed=1)
    counts = np.bincount(text, minlength=3)
    assert np.sum((counts - 3000 * shares) ** 2 / (3000 * shares)) < 13.8  # 0.1 %
    drawn = Generator(1).uniforms(3000)  # one number for each character, in order
    np.testing.assert_array_equal(text, np.searchsorted([0.2, 0.7], drawn, "right"))


def test_the_prefix_may_be_any_sequence_of_whole_numbers():
    net = small_net(4)
    texts = [
        generate(net, prefix, 6).tolist()
        for prefix in ([1, 2], (1, 2), np.array([1, 2], np.int32), [1.0, 2.0])
    ]
    assert all(text == texts[0] for text in texts)


# The beam


def log_probability(net: Any, prefix: list[int], text: tuple[int, ...]) -> float:
    """Add up the logarithms of the softmax over the whole text."""
    rows = slow_logits(net, [*prefix, *text])[len(prefix) - 1 : -1]
    return sum(
        row[index] - math.log(sum(math.exp(o) for o in row))
        for row, index in zip(rows, text, strict=True)
    )


@given(seeds, st.integers(1, 4), st.sampled_from(NUMPY_CELLS[1:]))
@settings(max_examples=15)
def test_the_widest_beam_is_exhaustive_search(seed, length, kind):
    net, prefix = small_net(seed, kind=kind), [2, 0]
    every = {
        text: log_probability(net, prefix, text)
        for text in product(range(3), repeat=length)
    }
    found = beam(net, prefix, length, 3**length)
    assert {tuple(text.tolist()) for text, _ in found} == set(every)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert sum(math.exp(score) for score in scores) == pytest.approx(1, abs=1e-12)
    for text, score in found:
        assert score == pytest.approx(every[tuple(text.tolist())], abs=1e-10)


@every_cell
def test_the_narrowest_beam_is_greedy(cell):
    net = tensorflow_net(cell)
    ((text, score),) = beam(net, [4, 1], 15, 1)
    assert text.dtype == np.int64
    greedy = generate(net, [4, 1], 15)
    np.testing.assert_array_equal(text, greedy)
    wanted = log_probability(net, [4, 1], tuple(greedy.tolist()))
    assert score == pytest.approx(wanted, abs=1e-10)


@given(seeds, st.integers(2, 8))
@settings(max_examples=20)
def test_a_beam_keeps_different_texts_with_their_true_probabilities(seed, width):
    net = small_net(seed)
    found = beam(net, [1], 4, width)
    assert len({tuple(text.tolist()) for text, _ in found}) == width
    for text, score in found:
        wanted = log_probability(net, [1], tuple(text.tolist()))
        assert score == pytest.approx(wanted, abs=1e-10)


def test_a_beam_finds_what_greedy_misses():
    # Units 0, 1 and 2 tell the last character. After 0, character 1 has 0.55 and 2 has
    # 0.45; after 1 all are alike, after 2 comes 2 with 0.9. Greedy: 0.55 / 3 = 0.183,
    # the best: 0.45 * 0.9 = 0.405.
    cell = TanhCell(W_xh=50 * np.eye(3), W_hh=np.zeros((3, 3)), b_h=np.zeros(3))
    rows = [[1e-9, 0.55, 0.45], [1 / 3, 1 / 3, 1 / 3], [0.05, 0.05, 0.9]]
    net = SmallNet(cell, np.log(rows), np.zeros(3))
    assert generate(net, [0], 2).tolist() == [1, 0]
    ((greedy, less),) = beam(net, [0], 2, 1)
    (best, more), (second, _) = beam(net, [0], 2, 2)
    assert (greedy.tolist(), best.tolist(), second.tolist()) == ([1, 0], [2, 2], [1, 0])
    assert math.exp(less) == pytest.approx(0.55 / 3)
    assert math.exp(more) == pytest.approx(0.405)


def test_a_beam_has_no_more_texts_than_there_are():
    assert len(beam(small_net(1), [0], 2, 100)) == 9


# Bad input

NET = small_net(1)


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ([], "prefix must not be empty, .* give at least one character"),
        (np.array([], int), "prefix must not be empty, .* give at least one character"),
        (
            "ab",
            "prefix must hold the numbers of characters, but the text 'ab' was g",
        ),
        ("", "prefix must hold the numbers of characters, but the text '' was given"),
        ([0, 3], "prefix must hold the numbers of characters, 0 to 2, but 3 was given"),
        ([-1], "prefix must hold the numbers of characters, 0 to 2, but -1 was given"),
        (
            [0.5],
            "prefix must hold the numbers of characters, 0 to 2, but 0.5 was giv",
        ),
        (1, r"prefix must have the shape \(N\), but an array of shape \(\) was given"),
        (["a"], "prefix must be an array of real numbers"),
    ],
)
def test_a_bad_prefix_gets_one_sentence(prefix, message):
    for call in (
        lambda: generate(NET, prefix, 3),
        lambda: stream(NET, prefix),  # at the call, not at the first step
        lambda: beam(NET, prefix, 3, 2),
    ):
        with pytest.raises(ValueError, match=rf"^{message}") as caught:
            call()
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("index", [-1, 3, 1.0, None])
def test_a_reader_refuses_what_is_no_character(index):
    with pytest.raises(ValueError, match=r"^index must be"):
        Reader(NET).read(index)


def test_bad_numbers_get_one_sentence():
    for call, message in (
        (lambda: generate(NET, [0], 0), "^length must be a whole number of at least 1"),
        (lambda: beam(NET, [0], 0, 1), "^length must be a whole number of at least 1"),
        (lambda: beam(NET, [0], 1, 0), "^width must be a whole number of at least 1"),
        (lambda: generate(NET, [0], 1, seed=-1), "^seed must be a whole number of at"),
        (lambda: stream(NET, [0], seed=2**32), "^seed must be a whole number of at mo"),
        (lambda: generate(NET, [0], 1, 0.5), "^choice must be a Choice, but 0.5 was"),
        (lambda: stream(NET, [0], None), "^choice must be a Choice, but None was"),
        (
            lambda: generate(NET, [0], 1, precision="float16"),
            "^precision must be 'float64' or 'float32', but 'float16' was given",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_a_net_must_read_what_it_writes():
    net = RecurrentNet.draw(TANH, 4, seed=0)  # the echo net: one input, two classes
    for call in (Reader, lambda net: generate(net, [0], 1)):
        with pytest.raises(ValueError, match=r"^net must have as many inputs as outp"):
            call(net)


def test_logits_that_overflow_are_noticed():
    # Every weight is finite, and so is every state, but their product is not.
    cell = TanhCell(W_xh=np.full((2, 2), 9.0), W_hh=np.zeros((2, 2)), b_h=np.zeros(2))
    net = SmallNet(cell, np.full((2, 2), 1.7e308), np.zeros(2))
    for call in (
        lambda: generate(net, [0], 1),
        lambda: generate(net, [0], 1, WARM),
        lambda: beam(net, [0], 1, 1),
    ):
        with (
            np.errstate(over="ignore"),
            pytest.raises(ValueError, match=r"^logits must hold finite numbers"),
        ):
            call()


def test_a_net_that_has_diverged_is_refused():
    net = tensorflow_net(TANH)
    net.parameters = net.parameters | {"W_hq": net.parameters["W_hq"] * np.nan}
    with pytest.raises(ValueError, match=r"^W_hq must hold finite numbers"):
        generate(net, [0], 1)
