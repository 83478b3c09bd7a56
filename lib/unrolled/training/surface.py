"""The cost of the linear net with two weights, over a grid of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, finite_array


def cost_surface(
    inputs: ArrayLike, targets: ArrayLike, w_x: ArrayLike, w_rec: ArrayLike
) -> Array:
    """Return the mean squared error for every pair of weights.

    The output is proportional to the input weight, so the recurrence runs once for each
    ``w_rec``, all of them side by side, with ``w_x = 1``.

    Args:
        inputs: Sequences, shape ``(B, T)``.
        targets: Shape ``(B,)``.
        w_x: Input weights, shape ``(N,)``.
        w_rec: Recurrent weights, shape ``(M,)``.

    Returns:
        Shape ``(M, N)``: rows follow ``w_rec``, columns ``w_x``.

    Raises:
        ValueError: If a shape is wrong or a value is not finite.
    """
    bits = finite_array("inputs", inputs, "B, T")
    wanted = finite_array("targets", targets, str(len(bits)))
    across = finite_array("w_x", w_x, "N")
    upward = finite_array("w_rec", w_rec, "M")
    states = np.zeros((len(upward), len(bits)))
    for t in range(bits.shape[1]):
        states = bits[:, t] + states * upward[:, None]
    errors = states[:, None, :] * across[:, None] - wanted
    costs: Array = np.einsum("mnb,mnb->mn", errors, errors) / len(bits)
    return costs
