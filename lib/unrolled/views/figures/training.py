"""The curve of a training run, for those who cannot play it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unrolled.validation import Array
from unrolled.views.figures.style import INK, INPUT, Drawing, canvas, course_look, label

LOG_FROM = 20.0
"""From this ratio of the largest to the smallest loss on, the axis is logarithmic."""


@course_look
def loss_curve(
    steps: NDArray[np.int64], losses: Array, ended: str, title: str
) -> Drawing:
    """Draw the loss over the updates of a run, and how it ended.

    Args:
        steps: Shape ``(n,)``.
        losses: Shape ``(n,)``; what is not finite is left out.
        ended: One word: finished, stopped, failed.
        title: Of the run.
    """
    figure, axes = canvas(3.4)
    finite = np.isfinite(losses)
    steps, losses = steps[finite], losses[finite]
    axes.plot(steps, losses, color=INPUT)
    if is_logarithmic(losses):
        axes.set_yscale("log")
    if len(losses):
        axes.plot(steps[-1], losses[-1], "o", color=INPUT)
        label(axes, steps[-1], losses[-1], ended, INK, offset=(-6, 10), ha="right")
    axes.set(xlabel="update", ylabel="loss")
    axes.set_title(title)
    return Drawing(figure, f"the loss of the run {title!r}")


def in_words(steps: NDArray[np.int64], losses: Array, ended: str, title: str) -> str:
    """Say what :func:`loss_curve` shows.

    Args:
        steps: Shape ``(n,)``.
        losses: Shape ``(n,)``.
        ended: One word: finished, stopped, failed.
        title: Of the run.
    """
    finite = np.isfinite(losses)
    if not finite.any():
        return f"{title}: the run {ended} without a loss to draw."
    kept = losses[finite]
    ground = " on a logarithmic axis" if is_logarithmic(losses) else ""
    return (
        f"{title}: the loss at {len(losses)} updates{ground}. It begins at "
        f"{kept[0]:.3g} and is {kept[-1]:.3g} at update {steps[finite][-1]}, where the "
        f"run {ended}; its least value is {kept.min():.3g}."
    )


def is_logarithmic(losses: Array) -> bool:
    """Say whether losses span so much that a logarithmic axis shows them better."""
    finite = losses[np.isfinite(losses)]
    if not finite.size or finite.min() <= 0:
        return False
    return bool(finite.max() / finite.min() >= LOG_FROM)
