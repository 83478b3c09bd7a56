"""How much of a gradient comes from how far back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unrolled.cells.cell import Cell, Parameters, Trace
from unrolled.validation import Array, finite_array


def gradient_by_lag(
    cell: Cell, trace: Trace, grad_outputs: ArrayLike
) -> list[Parameters]:
    """Split the gradient of the parameters by the distance that it travelled.

    Entry ``m`` holds what the use of the parameters at step ``t - m`` contributed to
    the losses at step ``t``, summed over all ``t``. The entries add up to the full
    gradient; the first ``k`` of them add up to the gradient that truncated BPTT with a
    window of ``k`` steps, moved one step at a time, would see (Williams and Peng 1990).

    All losses travel back together: at lag ``m`` the gradients of the ``T - m`` losses
    that can still go back are treated as one batch.

    Args:
        cell: The recurrence.
        trace: What its forward pass returned.
        grad_outputs: Direct gradient of the loss at every hidden state, ``(B, T, H)``.

    Returns:
        One dictionary of parameter gradients for each lag ``0 .. T - 1``.

    Raises:
        ValueError: If ``grad_outputs`` has the wrong shape or is not finite.
    """
    wanted = ", ".join(str(length) for length in trace.outputs.shape)
    direct = finite_array("grad_outputs", grad_outputs, wanted)
    samples, steps, hidden = direct.shape
    caches = [np.stack(part) for part in zip(*trace.caches, strict=True)]
    grad_h = np.swapaxes(direct, 0, 1).reshape(steps * samples, hidden)
    grad = (grad_h, *(np.zeros_like(grad_h) for _ in range(cell.state_parts - 1)))
    by_lag = []
    for lag in range(steps):
        alive = (steps - lag) * samples
        cache = tuple(part[: steps - lag].reshape(alive, -1) for part in caches)
        grads, _, before = cell.step_backward(cache, grad)
        by_lag.append(grads)
        grad = tuple(part[samples:] for part in before)
    return by_lag


def truncation_errors(by_lag: list[Parameters]) -> Array:
    """Return the relative error of the truncated gradient for every window.

    Args:
        by_lag: What :func:`gradient_by_lag` returned for ``T`` steps.

    Returns:
        Shape ``(T,)``; entry ``k - 1`` is ``||g_k - g|| / ||g||`` for a window of ``k``
        steps, where ``g`` is the full gradient of all parameters together. The last
        entry is 0 up to rounding. A pure number.

    Raises:
        ValueError: If there is no lag, or the full gradient is zero, for then the
            ratio has no meaning.
    """
    if not by_lag:
        raise ValueError("by_lag is empty; give the gradient of at least one lag.")
    flat = np.stack(
        [np.concatenate([part.ravel() for part in lag.values()]) for lag in by_lag]
    )
    partial = np.cumsum(flat, axis=0)
    norm = float(np.linalg.norm(partial[-1]))
    if norm == 0.0:
        raise ValueError(
            "by_lag adds up to a gradient of exactly 0, so that a relative error has "
            "no meaning; use inputs and targets whose gradient is not zero."
        )
    errors: Array = np.linalg.norm(partial - partial[-1], axis=1) / norm
    return errors


def gradient_norms(cell: Cell, trace: Trace, grad_last: ArrayLike) -> Array:
    """Return ``||dL/dh_t||`` for ``t = 0 .. T`` when only the last state is judged.

    For an LSTM the gradient of the whole state ``(h_t, c_t)`` is measured.

    Args:
        cell: The recurrence.
        trace: What its forward pass returned.
        grad_last: ``dL/dh_T``, shape ``(B, H)``.

    Returns:
        Shape ``(T + 1,)``: the norm over batch and units, in units of the loss per unit
        of state.

    Raises:
        ValueError: If ``grad_last`` has the wrong shape or is not finite.
    """
    samples, _, hidden = trace.outputs.shape
    direct = np.zeros_like(trace.outputs)
    direct[:, -1] = finite_array("grad_last", grad_last, f"{samples}, {hidden}")
    parts = np.stack(cell.backward(trace, direct).states)
    norms: Array = np.sqrt(np.sum(parts**2, axis=(0, 1, 3)))
    return norms
