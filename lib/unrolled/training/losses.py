"""Losses over classes: softmax and cross-entropy, with their gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, finite_array


def softmax(logits: ArrayLike) -> Array:
    """Return ``exp(o_k) / sum_j exp(o_j)`` along the last axis.

    The largest logit is subtracted first, so that nothing overflows.

    Args:
        logits: Shape ``(..., C)``; pure numbers.

    Returns:
        The same shape; the last axis adds up to 1.

    Raises:
        ValueError: If a logit is not finite.
    """
    return np.exp(log_softmax(finite_array("logits", logits)))


def log_softmax(logits: Array) -> Array:
    """Return the logarithm of the softmax, exact even where that is as small as 0."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    logs: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


def cross_entropy(logits: ArrayLike, labels: ArrayLike) -> tuple[float, Array]:
    """Return the mean softmax cross-entropy and its gradient.

    The loss of a row is ``-log softmax(o)_y``, and its gradient is the softmax minus 1
    at the right class ``y``.

    Args:
        logits: Shape ``(N, C)``; pure numbers.
        labels: The right class of each row, ``0 .. C - 1``; shape ``(N,)``.

    Returns:
        The loss in nats, and its gradient with respect to the logits, ``(N, C)``.

    Raises:
        ValueError: If a shape is wrong, a logit is not finite, or a label is no class.
    """
    given = finite_array("logits", logits, "N, C")
    rows, classes = given.shape
    right = finite_array("labels", labels, str(rows))
    strange = right[(right % 1 != 0) | (right < 0) | (right >= classes)]
    if strange.size:
        raise ValueError(
            f"labels must be whole numbers from 0 to {classes - 1}, but "
            f"{strange[0]:g} was given."
        )
    chosen = np.arange(rows), right.astype(np.int64)
    logs = log_softmax(given)
    gradient = np.exp(logs) / rows
    gradient[chosen] -= 1 / rows
    return float(-logs[chosen].mean()), gradient
