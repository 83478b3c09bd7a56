"""Pictures of digits, in the figures of the MNIST chapter."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.validation import Array, count, finite_array
from unrolled.views.figures.char_lm_curves import spread
from unrolled.views.figures.diagrams_parts import Sheet, at_most
from unrolled.views.figures.mnist_curves import CLASSES, shares
from unrolled.views.figures.mnist_pictures import (
    LETTER,
    NAMED,
    POINT,
    SIDE,
    axes_on,
    classes,
    frame,
    grey,
    picture,
    pictures_with_rows,
)
from unrolled.views.figures.style import (
    INK,
    INPUT,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    TARGET,
    WIDTH,
    Drawing,
    course_look,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 5
"""Rows of an image that are shown one by one."""

MOST_IN_A_BATCH = 3
"""Images of a batch that is drawn value by value."""

MOST_BESIDE = 6
"""Images that have axes beside them."""

_STEPS = 5  # of a batch that are drawn one by one
_BETWEEN = 0.78  # inches from one stage of a batch to the next
_RIVAL_ROWS = 4  # rows for which a rival leads before it is named


@course_look
def image_as_sequence(
    image: ArrayLike, shown: Sequence[int] = (6, 10, 14, 18)
) -> Drawing:
    """Draw an image with some rows framed, and beside it those rows as inputs.

    Args:
        image: Grey values from 0, paper, to 1, ink, or uint8; shape ``(28, 28)``.
        shown: The rows, counted from 0, from top to bottom; the first is step 1.

    Raises:
        ValueError: If the image has another shape or there is no such row.
    """
    values = grey("image", image, f"{SIDE}, {SIDE}")
    count("the number of rows in shown", len(shown), at_most=MOST_ROWS)
    last_row = SIDE - 1
    rows = sorted(
        {count("a row of shown", r, at_least=0, at_most=last_row) for r in shown}
    )
    pixel, x, top = 6.2, 0.42, 2.88
    sheet = Sheet(top + 0.06, "an image as a sequence of rows")
    side, _ = picture(sheet, x, top, values, (pixel, pixel))
    step = side / SIDE
    sheet.arrow((x - 0.12, top), (x - 0.12, top - side))
    sheet.write(x - 0.27, top - side / 2, "read from top to bottom", rotation=90,
                fontsize=LETTER)  # fmt: skip
    heights = np.array([(row + 0.5) * step for row in rows]) / side
    pitch = side / len(rows)
    for place, (row, named) in enumerate(
        zip(rows, spread(heights, 0.17 / side), strict=True)
    ):
        frame(sheet, x, top - row * step, side, step, INPUT)
        level = top - named * side
        sheet.line((x + side, top - (row + 0.5) * step), (x + side + 0.07, level),
                   color=INPUT)  # fmt: skip
        sheet.remark(x + side + 0.1, level, f"$t = {row + 1}$", INPUT)
        axes = _profile(sheet, values[row], top - place * pitch, pitch, level)
        axes.text(0.03, 0.76, f"$x_{{{row + 1}}}$", color=INPUT, va="center",
                  transform=axes.transAxes)  # fmt: skip
    sheet.write(3.94, top - side / 2, "grey value", rotation=90, fontsize=LETTER)
    last = sheet.figure.axes[-1]
    last.set_xticks(NAMED, [str(column) for column in NAMED])
    last.set_xlabel("column", fontsize=LETTER)
    return sheet.drawing()


@course_look
def shapes_of_a_batch(images: ArrayLike, picked: int = 1, row: int = 13) -> Drawing:
    """Draw the shapes that a batch of images takes until its rows enter the net.

    One row of one image is framed in every stage.

    Args:
        images: Grey values from 0, paper, to 1, ink, or uint8; shape ``(B, 28, 28)``
            with at most ``MOST_IN_A_BATCH`` images.
        picked: The image whose row is framed, counted from 0; the last, if there are
            fewer.
        row: The row that is framed, counted from 0.

    Raises:
        ValueError: If the images have another shape or are too many.
    """
    values = grey("images", images, f"B, {SIDE}, {SIDE}")
    batch = at_most("the number of images", len(values), MOST_IN_A_BATCH)
    image = min(count("picked", picked, at_least=0), batch - 1)
    line = count("row", row, at_least=0, at_most=SIDE - 1)
    height = 3.55 + 0.14 * batch + _STEPS * (batch * 6 * POINT + 0.12)
    sheet = Sheet(height, "the shapes of a batch of images")
    top = _flat(sheet, values, image, line, height - 0.33)
    top = _side_by_side(sheet, values, image, line, top)
    _time_major(sheet, values, image, line, top)
    return sheet.drawing()


@course_look
def certainty_by_row(
    images: ArrayLike, probabilities: ArrayLike, labels: ArrayLike
) -> Drawing:
    """Draw, row by row, how probable the true class is, and its strongest rival.

    A rival that leads for some rows has its digit at the right of them.

    Args:
        images: Grey values from 0, paper, to 1, ink, or uint8; shape ``(n, 28, 28)``.
        probabilities: Of the classes after each row, shape ``(n, 28, 10)``.
        labels: The true classes, shape ``(n,)``.

    Raises:
        ValueError: If the shapes do not fit each other.
    """
    values = grey("images", images, f"n, {SIDE}, {SIDE}")
    at_most("the number of images", len(values), MOST_BESIDE)
    chances = shares(
        "probabilities", probabilities, f"{len(values)}, {SIDE}, {CLASSES}"
    )
    truth = classes("labels", labels, len(values))
    sheet, panels = pictures_with_rows(
        values,
        "how certain a net is after each row",
        [f"a {label}" for label in truth],
        above=0.3,
    )
    rows = np.arange(1, SIDE + 1)
    for axes, share, label in zip(panels, chances, truth, strict=True):
        others = np.delete(share, label, axis=1)
        rivals = np.delete(np.arange(10), label)[others.argmax(axis=1)]
        axes.plot(share[:, label], rows, color=TARGET, marker="o", markersize=3)
        axes.plot(others.max(axis=1), rows, color=PURPLE, linestyle="--")
        axes.set(xlim=(-0.03, 1.03), xlabel="probability")
        axes.set_xticks((0, 0.5, 1), ("0", "0.5", "1"))
        for digit, first, last in _stretches(rivals):
            if last - first + 1 >= _RIVAL_ROWS:
                axes.text(1.1, (first + last) / 2, str(digit),
                          fontsize=LETTER, va="center")  # fmt: skip
    curves = sheet.figure.axes[1].lines[:2]
    words = ["the true class", "its strongest rival: the digit at the right"]
    sheet.figure.legend(curves, words, loc="upper left", ncols=2, borderpad=0.2)
    return sheet.drawing()


@course_look
def row_effects(images: ArrayLike, effects: ArrayLike) -> Drawing:
    """Draw beside each row of some images how much an answer depends on it.

    Args:
        images: Grey values from 0, paper, to 1, ink, or uint8; shape ``(n, 28, 28)``.
        effects: How much the log-odds of the true class fall if the row is blank, in
            nats, shape ``(n, 28)``. Where they rise the bar goes to the left.

    Raises:
        ValueError: If the shapes do not fit each other.
    """
    values = grey("images", images, f"n, {SIDE}, {SIDE}")
    at_most("the number of images", len(values), MOST_BESIDE)
    falls = finite_array("effects", effects, f"{len(values)}, {SIDE}")
    reach = min(0.0, falls.min()), max(0.0, falls.max())
    margin = 0.06 * (reach[1] - reach[0]) or 1.0
    sheet, panels = pictures_with_rows(values, "how much an answer depends on each row")
    rows = np.arange(1, SIDE + 1)
    for axes, fall in zip(panels, falls, strict=True):
        colours = np.where(fall < 0, SKY, ORANGE).tolist()
        axes.barh(rows, fall, height=0.8, color=colours)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set(xlim=(reach[0] - margin, reach[1] + margin))
        axes.set_xlabel("fall of the\nlog-odds (nats)")
        axes.locator_params(axis="x", nbins=4)
        axes.set_axisbelow(True)
    return sheet.drawing()


def _profile(sheet: Sheet, row: Array, top: float, pitch: float, level: float) -> Axes:
    """Draw one row as bars over its columns, with an arrow from where it is named."""
    left, gap = 4.2, 0.13
    place = left, top - gap / 2, WIDTH - left - 0.1, pitch - gap
    axes = axes_on(sheet, *place)
    axes.bar(np.arange(1, SIDE + 1), row, width=0.8, color=INPUT)
    axes.set(xlim=(0.2, SIDE + 0.8), ylim=(0, 1.05), yticks=(0, 1))
    axes.set_xticks(NAMED, [""] * len(NAMED))
    axes.set_axisbelow(True)
    sheet.arrow((3.4, level), (3.76, top - pitch / 2), color=INPUT)
    return axes


def _flat(sheet: Sheet, values: Array, image: int, row: int, top: float) -> float:
    """Draw the images as they come, each in one line; return where the next begins."""
    batch, x = len(values), 0.06
    sheet.remark(x, top + 0.17, f"({batch}, 784): a line of values for each image")
    flat = values.reshape(batch, SIDE * SIDE)
    width, height = picture(sheet, x, top, flat, (0.5, 10.0))
    cell = width / SIDE, height / batch
    frame(sheet, x + row * cell[0], top - image * cell[1], *cell, INPUT)
    words = f"framed: row {row + 1} of image {image + 1}"
    sheet.remark(x + width, top - height - 0.22, words, INPUT, ha="right")
    _then(sheet, top - height, "cut each line into 28 rows")
    return top - height - _BETWEEN


def _side_by_side(
    sheet: Sheet, values: Array, image: int, row: int, top: float
) -> float:
    """Draw the batch as images; return where the next stage begins."""
    sheet.remark(0.06, top + 0.17, f"({len(values)}, 28, 28): image, row, column")
    for place, one in enumerate(values):
        x = 0.06 + place * 1.35
        side, _ = picture(sheet, x, top, one, (3.0, 3.0))
        if place == image:
            step = side / SIDE
            frame(sheet, x, top - row * step, side, step, INPUT)
    _then(sheet, top - side, "swap the first two axes: a row is a step, and steps lead")
    return top - side - _BETWEEN


def _time_major(sheet: Sheet, values: Array, image: int, row: int, top: float) -> None:
    """Draw some steps of the batch, one by one and then all in one matrix."""
    batch, pixel, gap = len(values), (5.0, 6.0), 0.12
    left, right, high = 0.62, 3.46, pixel[1] * POINT
    start = min(max(row - _STEPS // 2, 0), SIDE - _STEPS)
    steps = values.transpose(1, 0, 2)[start : start + _STEPS]
    sheet.remark(0.06, top + 0.17, f"(28, {batch}, 28): step, image, column")
    sheet.remark(right, top + 0.17, f"(28 · {batch}, 28): one matrix")
    top -= 0.16
    for place, matrix in enumerate(steps):
        y = top - place * (batch * high + gap)
        width, height = picture(sheet, left, y, matrix, pixel)
        sheet.remark(0.06, y - height / 2, f"$t = {start + place + 1}$")
        if start + place == row:
            frame(sheet, left, y - image * high, width, high, INPUT)
            sheet.arrow(
                (left + width + 0.1, y - height / 2), (right - 0.1, y - height / 2)
            )
    ends = top - len(steps) * (batch * high + gap) + gap
    flat = steps.reshape(_STEPS * batch, SIDE)
    y = (top + ends) / 2 + len(flat) * high / 2
    picture(sheet, right, y, flat, pixel)
    line = (row - start) * batch + image
    frame(sheet, right, y - line * high, width, high, INPUT)
    for x, upper, lower in ((left, top, ends), (right, y, y - len(flat) * high)):
        if start > 0:
            sheet.write(x + width / 2, upper + 0.09, "⋮")
        if start + _STEPS < SIDE:
            sheet.write(x + width / 2, lower - 0.09, "⋮")


def _then(sheet: Sheet, y: float, words: str) -> None:
    """Draw an arrow to the next stage, with what happens on the way."""
    sheet.arrow((0.6, y - 0.07), (0.6, y - 0.4))
    sheet.remark(0.75, y - 0.22, words, MUTED)


def _stretches(values: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return each stretch of equal values, with its first and last place, from 1."""
    borders = np.flatnonzero(np.diff(values)) + 1
    edges = [0, *borders.tolist(), len(values)]
    return [(int(values[a]), a + 1, b) for a, b in pairwise(edges)]
