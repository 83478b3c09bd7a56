"""Linear readouts of a state: what a net holds of the past."""

import numpy as np
import pytest

from unrolled.cells.tanh_tf import TANH
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.reservoir import (
    fit_probe,
    probe_accuracy,
    probe_lags,
    traces,
)

RANDOM = np.random.default_rng(0)
BITS = RANDOM.integers(0, 2, 400).astype(np.float64)


def delayed(lag: int) -> np.ndarray:
    """Return the bits of ``lag`` steps before, zeros before the first."""
    return np.concatenate([np.zeros(lag), BITS[: len(BITS) - lag]])


def test_a_probe_finds_a_bit_that_is_mixed_into_the_state() -> None:
    mixing = RANDOM.normal(size=(3, 3))
    states = np.stack([BITS, delayed(1), delayed(2)], axis=1) @ mixing + 0.7
    weights = fit_probe(states[:200], delayed(2)[:200])
    assert weights.shape == (4,)
    assert probe_accuracy(weights, states[200:], delayed(2)[200:]) == 1.0


def test_lags_pair_a_state_with_the_bit_of_so_many_steps_before() -> None:
    shares = probe_lags(delayed(2)[:, np.newaxis], BITS, lags=4)
    assert shares.shape == (5,)
    assert shares[2] == 1.0
    assert np.delete(shares, 2).max() < 0.65


@pytest.mark.parametrize(
    ("states", "bits", "lags", "word"),
    [
        (np.zeros((4, 2)), np.zeros(5), 1, "inputs"),
        (np.full((4, 2), np.nan), np.zeros(4), 1, "hidden"),
        (np.zeros((4, 2)), np.zeros(4), 2, "lags"),
        (np.zeros((4, 2)), np.zeros(4), -1, "lags"),
    ],
)
def test_bad_input_gets_a_sentence_that_names_it(states, bits, lags, word) -> None:
    with pytest.raises(ValueError, match=f"^{word}"):
        probe_lags(states, bits, lags)


def chain(gain: float) -> RecurrentNet:
    """Return two units: the bit comes into the first, the second copies it."""
    weights = {
        "W_xh": [[gain, 0.0]],
        "W_hh": [[0.0, gain], [0.0, 0.0]],
        "b_h": [0.0, 0.0],
        "W_hq": np.zeros((2, 2)),
        "b_q": np.zeros(2),
    }
    return RecurrentNet(TANH, weights, "float64")


def test_a_trace_is_how_far_a_bit_moves_the_state_so_much_later() -> None:
    first = np.tanh(0.5)
    moved = traces(chain(0.5), lags=3)
    np.testing.assert_allclose(moved, [first, np.tanh(0.5 * first), 0, 0], rtol=1e-12)


def test_traces_are_those_of_the_seed() -> None:
    net = RecurrentNet.draw(TANH, 4, 0)
    assert np.array_equal(traces(net, 2, seed=3), traces(net, 2, seed=3))
    np.testing.assert_allclose(traces(net, 2, seed=3), traces(net, 2, seed=4), rtol=0.2)
    assert not np.array_equal(traces(net, 2, seed=3), traces(net, 2, seed=4))
