"""What a net told, how certainly and where it erred, in the MNIST chapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.validation import Array, finite_array, number
from unrolled.views.figures.curves import plain_numbers
from unrolled.views.figures.diagrams_parts import Sheet, at_most
from unrolled.views.figures.mnist_curves import CLASSES, shares
from unrolled.views.figures.mnist_pictures import (
    LETTER,
    POINT,
    SIDE,
    classes,
    grey,
    picture,
)
from unrolled.views.figures.style import (
    INK,
    INPUT,
    MUTED,
    PREDICTION,
    WIDTH,
    Drawing,
    canvas,
    course_look,
    label,
)

if TYPE_CHECKING:
    from matplotlib.colors import LinearSegmentedColormap

MOST_MISREAD = 24
"""Images of a grid."""

PER_LINE = 4
"""Images side by side in a grid."""


@course_look
def confusion(counts: ArrayLike, labels: Sequence[str] | None = None) -> Drawing:
    """Draw how often each digit is read as which; the diagonal has no colour.

    Args:
        counts: Images by digit and by what was told, shape ``(10, 10)``.
        labels: Names of the classes; if none are given, the digits.

    Raises:
        ValueError: If there are not ten classes.
    """
    table = finite_array("counts", counts, f"{CLASSES}, {CLASSES}")
    number("the smallest of counts", float(table.min()), at_least=0)
    names = [str(k) for k in range(CLASSES)] if labels is None else list(labels)
    if len(names) != CLASSES:
        raise ValueError(
            f"labels must hold {CLASSES} names, one for each class, but {len(names)} "
            f"were given."
        )
    wrong = np.where(np.eye(CLASSES, dtype=bool), 0.0, table)
    most = max(1.0, wrong.max())
    figure, axes = canvas(5.0)
    axes.imshow(wrong / most, vmin=0, vmax=1, cmap=_tints(INPUT), aspect="auto",
                interpolation="none")  # fmt: skip
    for row, column in np.ndindex(*table.shape):
        images = table[row, column]
        ink = MUTED if row == column else "white" if images > 0.85 * most else INK
        text = f"{images:.0f}" if images else "·"
        axes.text(column, row, text, color=ink, fontsize=LETTER, ha="center",
                  va="center")  # fmt: skip
    axes.set_xticks(range(CLASSES), names)
    axes.set_yticks(range(CLASSES), names)
    axes.set(xlabel="told", ylabel="digit")
    axes.grid(visible=False)
    return Drawing(figure, "which digits are read as which")


@course_look
def calibration(
    confidence: ArrayLike, accuracy: ArrayLike, counts: ArrayLike
) -> Drawing:
    """Draw how often a net is right that claims to be so certain, and how often it is.

    Args:
        confidence: Mean probability of the class told in each bin, shape ``(bins,)``.
        accuracy: Share right in each bin, shape ``(bins,)``.
        counts: Images in each bin, shape ``(bins,)``; where there are none, the others
            may be NaN.

    Raises:
        ValueError: If the shapes differ.
    """
    images = finite_array("counts", counts, "bins")
    number("the largest of counts", float(images.max()), at_least=1)
    held = images > 0
    sure = 100 * _in_bins("confidence", confidence, held)
    right = 100 * _in_bins("accuracy", accuracy, held)
    heights = {"height_ratios": [2.2, 1]}
    figure, (upper, lower) = canvas(5.2, rows=2, sharex=True, gridspec_kw=heights)
    upper.plot([0, 100], [0, 100], color=MUTED, linestyle="--", linewidth=1.2)
    label(upper, 50, 50, "as often right as certain", MUTED, offset=(-8, 6), ha="right")
    upper.plot(sure, right, "o-", color=PREDICTION, markersize=6)
    upper.set(ylabel="right (%)", xlim=(0, 105), ylim=(0, 105))
    lower.bar(sure, images[held], width=60 / len(images), color=PREDICTION)
    for x, many in zip(sure, images[held], strict=True):
        lower.annotate(f"{many:,.0f}", (x, many), xytext=(0, 2), ha="center",
                       textcoords="offset points", fontsize=LETTER)  # fmt: skip
    lower.set(xlabel="probability of the class told (%)", ylabel="images", yscale="log")
    lower.set_ylim(0.6, 6 * images.max())
    lower.set_axisbelow(True)
    plain_numbers(lower.yaxis)
    return Drawing(figure, "how often a net is right that is so certain")


@course_look
def misread(
    images: ArrayLike,
    labels: ArrayLike,
    told: ArrayLike,
    probabilities: ArrayLike,
) -> Drawing:
    """Draw images that a net misreads, with what they are and what it told.

    Args:
        images: Grey values from 0, paper, to 1, ink, or uint8; shape ``(n, 28, 28)``.
        labels: The true classes, shape ``(n,)``.
        told: The classes that the net told, shape ``(n,)``.
        probabilities: That the net gave to what it told, shape ``(n,)``.

    Raises:
        ValueError: If the shapes do not fit each other.
    """
    values = grey("images", images, f"n, {SIDE}, {SIDE}")
    many = at_most("the number of images", len(values), MOST_MISREAD)
    truth, answers = classes("labels", labels, many), classes("told", told, many)
    chances = shares("probabilities", probabilities, f"{many}")
    pixel, pitch = 3.3, WIDTH / PER_LINE
    side, each = SIDE * pixel * POINT, SIDE * pixel * POINT + 0.32
    sheet = Sheet(each * -(-many // PER_LINE) + 0.06, "misread images")
    for place, image in enumerate(values):
        x = pitch * (place % PER_LINE + 0.5)
        top = sheet.figure.get_figheight() - 0.05 - each * (place // PER_LINE)
        picture(sheet, x - side / 2, top, image, (pixel, pixel))
        words = f"{truth[place]}, told {answers[place]} ({chances[place]:.2f})"
        sheet.write(x, top - side - 0.13, words, fontsize=LETTER)
    return sheet.drawing()


def _in_bins(name: str, values: ArrayLike, held: NDArray[np.bool_]) -> Array:
    """Return the shares of those bins that hold an image; others may be NaN."""
    given = np.asarray(values, dtype=float)
    if given.shape == held.shape:
        given = np.where(held, given, 0.0)
    return shares(name, given, f"{len(held)}")[held]


def _tints(color: str) -> LinearSegmentedColormap:
    """Return a scale from nothing to a colour."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    ends = [(*to_rgb(color), 0.0), (*to_rgb(color), 1.0)]
    return LinearSegmentedColormap.from_list("tints", ends)
