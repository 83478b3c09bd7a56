"""Saliency: against differences of the log probability, for every kind of cell."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import CELLS, random_cell, seeds

from unrolled.cells.cell import Cell, Parameters
from unrolled.training.losses import log_softmax
from unrolled.training.saliency import REACH, saliency


@dataclass(frozen=True, eq=False)
class SmallNet:
    cell: Cell
    W_hq: np.ndarray
    b_q: np.ndarray

    @property
    def weights(self) -> Parameters:
        return self.cell.parameters | {"W_hq": self.W_hq, "b_q": self.b_q}

    def numpy_cell(self) -> Cell:
        return self.cell


def small_net(kind, seed, characters=4):
    normal = np.random.default_rng([seed, 5]).standard_normal
    cell = random_cell(kind, characters, 3, seed)
    return SmallNet(cell, normal((3, characters)), normal(characters))


def log_probability(net, inputs, last):
    hidden = net.cell.forward(inputs[np.newaxis]).outputs[0, -1]
    return log_softmax(hidden @ net.W_hq + net.b_q)[last]


def by_differences(net, text):
    """Return the lengths of the gradients, from central differences."""
    inputs, half = np.eye(4)[text[:-1]], 1e-5
    slopes = np.zeros_like(inputs)
    for place in np.ndindex(inputs.shape):
        ends = []
        for sign in (1, -1):
            moved = inputs.copy()
            moved[place] += sign * half
            ends.append(log_probability(net, moved, text[-1]))
        slopes[place] = (ends[0] - ends[1]) / (2 * half)
    return np.linalg.norm(slopes, axis=1)


@given(seeds, st.lists(st.integers(0, 3), min_size=2, max_size=7))
@pytest.mark.parametrize("kind", CELLS, ids=lambda kind: kind.__name__)
def test_it_is_the_length_of_the_gradient(kind, seed, text):
    net = small_net(kind, seed)
    wanted = by_differences(net, text)
    np.testing.assert_allclose(
        saliency(net, text), wanted, atol=1e-7 * max(1, wanted.max())
    )


@pytest.mark.parametrize("reach", [1, 3, 7, 30])
def test_a_shorter_reach_leaves_out_the_beginning(reach):
    net = small_net(CELLS[3], 2)
    text = np.random.default_rng(0).integers(0, 4, 9)
    whole = saliency(net, text)
    assert whole.shape == (8,)
    np.testing.assert_allclose(saliency(net, text, reach), whole[-reach:], rtol=1e-12)


def test_it_looks_no_further_back_than_the_view():
    net = small_net(CELLS[3], 2)
    text = np.random.default_rng(0).integers(0, 4, REACH + 20)
    assert saliency(net, text).shape == (REACH,)


@pytest.mark.parametrize("text", [[], [1], [[1, 2], [0, 1]]])
def test_a_text_without_a_before_is_refused(text):
    with pytest.raises(ValueError, match="text must have at least two characters"):
        saliency(small_net(CELLS[1], 0), text)


def test_what_is_no_character_is_refused():
    net = small_net(CELLS[1], 0)
    with pytest.raises(ValueError, match="text must be from 0 to 3, but 4 was given"):
        saliency(net, [0, 4])
    with pytest.raises(ValueError, match="reach must be a whole number of at least 1"):
        saliency(net, [0, 3], 0)
