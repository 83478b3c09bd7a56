"""The curve of a training run, for those who cannot play it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unrolled.validation import Array
from unrolled.views.figures.style import INK, INPUT, Drawing, canvas, course_look, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 3.4
"""Of the curve, in inches."""

LETTERS = "DejaVu Sans Mono"
"""What a text is drawn with: all letters are equally wide, so that lines can be cut."""

LETTERS_IN_A_LINE = 56
LINE_INCHES = 0.19
MOST_LINES = 5
"""A letter takes a hundred bytes, and the picture in words has all of them."""

LOG_FROM = 20.0
"""From this ratio of the largest to the smallest loss on, the axis is logarithmic."""


@course_look
def loss_curve(
    steps: NDArray[np.int64],
    losses: Array,
    ended: str,
    title: str,
    written: tuple[str, str] | None = None,
) -> Drawing:
    """Draw the loss over the updates of a run, how it ended, and what its net wrote.

    Args:
        steps: Shape ``(n,)``.
        losses: Shape ``(n,)``; what is not finite is left out.
        ended: One word: finished, stopped, failed.
        title: Of the run.
        written: A prefix, and what the net wrote after it. Its beginning is drawn, or
            nothing if there are no letters for it.
    """
    lines = _lines(*written) if written else []
    if lines:
        below = LINE_INCHES * len(lines)
        heights = {"height_ratios": [HEIGHT, below]}
        figure, (axes, page) = canvas(HEIGHT + below, rows=2, gridspec_kw=heights)
        _write(page, lines)
    else:
        figure, axes = canvas(HEIGHT)
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


def _lines(prefix: str, text: str) -> list[str]:
    """Return what is written below a curve; its own line breaks stay."""
    if not text or not can_be_drawn(prefix + text):
        return []
    head = f"given “{prefix}”, the net wrote in the end:"
    lines = [
        line
        for paragraph in f"{head}\n{text}".split("\n")
        for line in textwrap.wrap(paragraph, LETTERS_IN_A_LINE) or [""]
    ]
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], "…"]


def can_be_drawn(text: str) -> bool:
    """Say whether there are letters for a text; spaces and line breaks need none."""
    from matplotlib.font_manager import findfont, get_font

    known = get_font(findfont(LETTERS)).get_charmap()
    return all(ord(sign) in known for sign in text if sign not in " \n")


def _write(axes: Axes, lines: list[str]) -> None:
    """Write lines from the top of axes that are only a place."""
    look: Any = {"family": LETTERS, "fontsize": 9.5, "parse_math": False}
    axes.set_axis_off()
    places = 1 - (np.arange(len(lines)) + 0.5) / len(lines)
    for place, line in zip(places, lines, strict=True):
        axes.text(0, place, line, transform=axes.transAxes, va="center", **look)


def in_words(
    steps: NDArray[np.int64],
    losses: Array,
    ended: str,
    title: str,
    written: tuple[str, str] | None = None,
) -> str:
    """Say what :func:`loss_curve` shows.

    Args:
        steps: Shape ``(n,)``.
        losses: Shape ``(n,)``.
        ended: One word: finished, stopped, failed.
        title: Of the run.
        written: A prefix, and what the net wrote after it, whether it can be drawn or
            not.
    """
    prefix, text = written or ("", "")
    wrote = f" Given “{prefix}”, the net wrote in the end: “{text}”." if text else ""
    finite = np.isfinite(losses)
    if not finite.any():
        return f"{title}: the run {ended} without a loss to draw.{wrote}"
    kept = losses[finite]
    ground = " on a logarithmic axis" if is_logarithmic(losses) else ""
    return (
        f"{title}: the loss at {len(losses)} updates{ground}. It begins at "
        f"{kept[0]:.3g} and is {kept[-1]:.3g} at update {steps[finite][-1]}, where the "
        f"run {ended}; its least value is {kept.min():.3g}.{wrote}"
    )


def is_logarithmic(losses: Array) -> bool:
    """Say whether losses span so much that a logarithmic axis shows them better."""
    finite = losses[np.isfinite(losses)]
    if not finite.size or finite.min() <= 0:
        return False
    return bool(finite.max() / finite.min() >= LOG_FROM)
