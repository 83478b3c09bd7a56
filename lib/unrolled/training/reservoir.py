"""What a net's state holds of the past, told by linear readouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.tasks.echo import Echo, Labels
from unrolled.validation import Array, count, finite_array

if TYPE_CHECKING:
    from unrolled.training.nets_tf import RecurrentNet

SETTLED = 15
"""Steps left out at the start of each row, where the state still knows its zeros."""


def bits_wrong(net: RecurrentNet, task: Echo, epoch: int) -> int:
    """Return how many bits of an epoch a frozen net tells wrong.

    The first ``SETTLED`` steps of each row are left out.
    """
    return int(np.sum(~_told_right(net, task, epoch)))


def share_right(net: RecurrentNet, task: Echo, epoch: int) -> float:
    """Return what share of an epoch's bits a frozen net tells right.

    The first ``SETTLED`` steps of each row are left out.
    """
    return float(np.mean(_told_right(net, task, epoch)))


def _told_right(net: RecurrentNet, task: Echo, epoch: int) -> NDArray[np.bool_]:
    """Return which bits of an epoch are told right, without the first steps."""
    inputs, targets = task.epoch(epoch)
    told = net.logits(net.trace(inputs).outputs).argmax(axis=-1)
    right: NDArray[np.bool_] = (told == targets)[:, SETTLED:]
    return right


def reservoir_accuracy(net: RecurrentNet, task: Echo, epoch: int) -> float:
    """Return the share of right bits if only the readout is fitted.

    The weights stay as they are, and the state is a reservoir that remembers by chance.
    The readout is fitted to the epoch before ``epoch`` and tested on that one.
    """
    fitted, tested = (_settled(net, task, number) for number in (epoch - 1, epoch))
    weights = fit_probe(*fitted)
    return probe_accuracy(weights, *tested)


def _settled(net: RecurrentNet, task: Echo, epoch: int) -> tuple[Array, Labels]:
    """Return states ``(N, H)`` and targets ``(N,)`` of an epoch, flat."""
    inputs, targets = task.epoch(epoch)
    hidden = net.trace(inputs).outputs[:, SETTLED:]
    return hidden.reshape(-1, hidden.shape[-1]), targets[:, SETTLED:].ravel()


def fit_probe(hidden: ArrayLike, bits: ArrayLike) -> Array:
    """Fit a linear readout of a bit from the state, by least squares.

    Args:
        hidden: States, shape ``(N, H)``.
        bits: Zeros and ones, shape ``(N,)``.

    Returns:
        Weights and, last, the bias, shape ``(H + 1,)``; the readout aims at -1 and 1.

    Raises:
        ValueError: If a shape is wrong or a value is not finite.
    """
    states = finite_array("hidden", hidden, "N, H")
    wanted = 2 * finite_array("bits", bits, str(len(states))) - 1
    weights = np.linalg.lstsq(_with_ones(states), wanted, rcond=None)[0]
    return np.asarray(weights, np.float64)


def probe_accuracy(weights: Array, hidden: ArrayLike, bits: ArrayLike) -> float:
    """Return the share of bits that a readout of :func:`fit_probe` tells right."""
    states = finite_array("hidden", hidden, "N, H")
    told = _with_ones(states) @ weights > 0
    return float(np.mean(told == (np.asarray(bits) > 0.5)))


def probe_lags(hidden: ArrayLike, inputs: ArrayLike, lags: int) -> Array:
    """Say how well each past input can be read from the state.

    Half of the steps fit a readout for each lag, the other half tests it.

    Args:
        hidden: States ``h_1 .. h_T`` along one sequence, shape ``(T, H)``.
        inputs: The bits ``x_1 .. x_T``, shape ``(T,)``.
        lags: The largest lag; ``x_{t - lag}`` is read from ``h_t``.

    Returns:
        The share of bits told right for lag 0, 1, .., shape ``(lags + 1,)``.

    Raises:
        ValueError: If a shape is wrong, or the sequence is shorter than ``4 lags``.
    """
    states = finite_array("hidden", hidden, "T, H")
    bits = finite_array("inputs", inputs, str(len(states)))
    most = count("lags", lags, at_least=0)
    if len(bits) < 4 * max(most, 1):
        raise ValueError(
            f"lags must be at most a quarter of the steps, but {most} lags and "
            f"{len(bits)} steps were given."
        )
    shares = []
    for lag in range(most + 1):
        late, early = states[lag:], bits[: len(bits) - lag]
        half = len(early) // 2
        weights = fit_probe(late[:half], early[:half])
        shares.append(probe_accuracy(weights, late[half:], early[half:]))
    return np.array(shares)


def traces(net: RecurrentNet, lags: int, seed: int = 0) -> Array:
    """Say how far a single bit moves the state, some steps later.

    A bit is turned over in each of 200 random series, and the state some steps later is
    compared with that of the series as it was.

    Args:
        net: With one input.
        lags: The largest number of steps between the bit and the state; at least 0.
        seed: Of the series.

    Returns:
        The mean distance of the two states, for 0, 1, .. steps later; shape
        ``(lags + 1,)``, in units of the state, whose entries lie between -1 and 1.
    """
    shape = 200, SETTLED + lags + 1, 1
    bits = np.random.default_rng(seed).integers(0, 2, shape).astype(float)
    moved = []
    for lag in range(lags + 1):
        turned = bits.copy()
        turned[:, -1 - lag] = 1 - turned[:, -1 - lag]
        ends = [net.trace(each).outputs[:, -1] for each in (bits, turned)]
        moved.append(np.linalg.norm(ends[1] - ends[0], axis=1).mean())
    return np.array(moved)


def _with_ones(states: Array) -> Array:
    """Append a column of ones, for the bias."""
    return np.hstack([states, np.ones((len(states), 1))])
