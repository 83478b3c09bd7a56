"""Losses of text that a net was not trained on, held against the NumPy twin."""

import numpy as np
import pytest

from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.text import one_hot
from unrolled.training.evaluation_tf import (
    held_out,
    losses_by_context,
    losses_with_context,
)
from unrolled.training.losses import log_softmax
from unrolled.training.nets_tf import RecurrentNet

V = 5
TEXT = np.random.default_rng(0).integers(0, V, 60)
CELLS = pytest.mark.parametrize("cell", [TANH, GRU, LSTM], ids=lambda c: c.name)


def net_of(cell, seed: int = 1) -> RecurrentNet:
    return RecurrentNet.draw(
        cell, 4, seed, inputs=V, outputs=V, scheme="characters", dtype="float64"
    )


def losses_by_hand(net: RecurrentNet, text) -> np.ndarray:
    """Return the loss of each character but the first, read in one go from zeros."""
    hidden = net.trace(one_hot(text[np.newaxis, :-1], V)).outputs[0]
    logs = log_softmax(net.logits(hidden))
    return -logs[np.arange(len(text) - 1), text[1:]]


@CELLS
def test_a_single_row_is_read_after_its_warm_up(cell) -> None:
    net = net_of(cell)
    found = held_out(net, TEXT, start=50, warm_up=20)
    by_hand = losses_by_hand(net, TEXT[29:])[-10:]
    np.testing.assert_allclose(found, by_hand, atol=1e-12)


def test_rows_come_back_in_the_order_of_the_text_each_after_its_own_warm_up() -> None:
    net = net_of(TANH)
    found = held_out(net, TEXT, start=31, warm_up=7)  # 29 characters in 4 rows of 8
    assert len(found) == 29
    for row in range(4):
        first = 31 + 8 * row
        by_hand = losses_by_hand(net, TEXT[first - 8 : first + 8])[7:]
        ours = found[8 * row : 8 * row + 8]
        np.testing.assert_allclose(ours, by_hand[: len(ours)], atol=1e-12)


def test_at_the_start_of_the_text_the_warm_up_is_as_long_as_can_be() -> None:
    net = net_of(LSTM)
    found = held_out(net, TEXT, start=1, warm_up=200)
    np.testing.assert_allclose(found, losses_by_hand(net, TEXT), atol=1e-12)


@pytest.mark.parametrize("start", [0, 60, 61])
def test_a_start_outside_of_the_text_is_refused(start: int) -> None:
    with pytest.raises(ValueError, match=r"^start must"):
        held_out(net_of(TANH), TEXT, start)


@CELLS
def test_losses_by_context_are_means_over_windows_from_zero(cell) -> None:
    net = net_of(cell)
    found = losses_by_context(net, TEXT, window=7)
    cut = [losses_by_hand(net, TEXT[7 * n : 7 * n + 8]) for n in range(8)]
    np.testing.assert_allclose(found, np.mean(cut, axis=0), atol=1e-12)


def test_a_text_without_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^indices must hold at least 61 characters"):
        losses_by_context(net_of(TANH), TEXT, window=60)


@CELLS
@pytest.mark.parametrize("length", [1, 3, 9])
def test_with_so_much_context_each_place_is_read_for_on_its_own(cell, length) -> None:
    net = net_of(cell)
    places = np.array([9, 10, 40, 59])
    found = losses_with_context(net, TEXT, places, length)
    by_hand = [losses_by_hand(net, TEXT[p - length : p + 1])[-1] for p in places]
    np.testing.assert_allclose(found, by_hand, atol=1e-12)


def test_a_place_without_so_much_before_it_is_refused() -> None:
    with pytest.raises(
        ValueError, match="at least 9 characters before them, but place"
    ):
        losses_with_context(net_of(TANH), TEXT, np.array([8, 20]), 9)
