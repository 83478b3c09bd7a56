"""The parts of the figures with digits: pictures, and axes beside their rows.

Grey values run from 0, paper, to 1, ink, and paper is left transparent: a digit can be
read on any sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, finite_array
from unrolled.views.figures.diagrams_parts import Sheet
from unrolled.views.figures.style import INK, MUTED, WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE = 28
"""Rows and columns of an image."""

POINT = 1 / 72
"""In inches."""

NAMED = (1, 7, 14, 21, 28)
"""Rows and columns that have a number on an axis."""

LETTER = 9.5
"""Size of the smallest letters, in points."""

# A drawing rounds to hundredths of a point, and a picture is scaled by the size of its
# pixels: sizes in points have at most two decimals, or a wide picture would grow.
_PIXEL = 3.3
# Lengths are in inches.
_CELL = WIDTH / 2  # width of a picture and its axes
_TITLE = 0.24  # height of the words above a picture
_HEAD, _FOOT = 0.08, 0.6  # above and below a picture
_LEFT, _BESIDE, _RIGHT = 0.06, 0.47, 0.26  # of a picture, between it and axes, of these


def grey(name: str, images: ArrayLike, shape: str) -> Array:
    """Return images as grey values from 0, paper, to 1, ink.

    Args:
        name: What the caller calls the argument.
        images: Floating-point numbers from 0 to 1, or uint8 from 0 to 255.
        shape: The axes expected, as in :func:`unrolled.validation.finite_array`.

    Raises:
        ValueError: If the shape is another, or a value lies outside.
    """
    values = finite_array(name, images, shape)
    if np.asarray(images).dtype == np.uint8:
        return values / 255
    if values.min() < 0 or values.max() > 1:
        raise ValueError(
            f"{name} must hold grey values from 0 to 1, but they go from "
            f"{values.min():g} to {values.max():g}; scale them first, or pass uint8."
        )
    return values


def picture(
    sheet: Sheet, x: float, top: float, values: Array, pixel: tuple[float, float]
) -> tuple[float, float]:
    """Put grey values on a sheet and return how wide and how high they are, in inches.

    Args:
        sheet: What is drawn on.
        x: Of the left edge, in inches.
        top: Of the upper edge, in inches.
        values: Grey values from 0 to 1, shape ``(rows, columns)``.
        pixel: Width and height of a value, in points, with at most two decimals.
    """
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    ink = to_rgb(INK)
    shades = LinearSegmentedColormap.from_list("ink", [(*ink, 0.0), (*ink, 1.0)])
    rows, columns = values.shape
    width, height = columns * pixel[0] * POINT, rows * pixel[1] * POINT
    sheet.axes.imshow(
        values,
        cmap=shades,
        vmin=0,
        vmax=1,
        extent=(x, x + width, top - height, top),
        interpolation="none",  # embedded value by value, not drawn anew
        aspect="auto",
    )
    frame(sheet, x, top, width, height, MUTED, 0.6)
    return width, height


def frame(
    sheet: Sheet,
    x: float,
    top: float,
    width: float,
    height: float,
    color: str,
    stroke: float = 1.3,
) -> None:
    """Draw a frame, given its upper left corner and its size in inches."""
    from matplotlib.patches import Rectangle

    outline = Rectangle((x, top - height), width, height, facecolor="none", zorder=3)
    outline.set(edgecolor=color, linewidth=stroke)
    sheet.axes.add_patch(outline)


def axes_on(sheet: Sheet, x: float, top: float, width: float, height: float) -> Axes:
    """Return axes that lie on a sheet, given their upper left corner, in inches."""
    across, up = sheet.figure.get_size_inches()
    place = x / across, (top - height) / up, width / across, height / up
    axes = sheet.figure.add_axes(place)
    axes.tick_params(labelsize=LETTER, pad=2, length=3)
    axes.xaxis.label.set_fontsize(LETTER)
    axes.yaxis.label.set_fontsize(LETTER)
    return axes


def pictures_with_rows(
    images: Array, title: str, names: Sequence[str] = (), above: float = 0.0
) -> tuple[Sheet, Iterator[Axes]]:
    """Lay out images two by two, each with axes whose height is that of its rows.

    The vertical axis counts rows, from 1 at the top, and what belongs to a row of the
    image stands at the height of that row.

    Args:
        images: Grey values from 0 to 1, shape ``(n, 28, 28)``.
        title: Of the sheet.
        names: What is written above each image, if anything is.
        above: What is left free above all of them, in inches.

    Returns:
        The sheet, and the axes in the order of the images.
    """
    side = SIDE * _PIXEL * POINT
    head = _HEAD + _TITLE * bool(names)
    each = head + side + _FOOT
    sheet = Sheet(above + each * -(-len(images) // 2), title)
    height = sheet.figure.get_figheight()

    def placed() -> Iterator[Axes]:
        for place, (image, words) in enumerate(zip_longest(images, names)):
            x = _LEFT + _CELL * (place % 2)
            top = height - above - head - each * (place // 2)
            picture(sheet, x, top, image, (_PIXEL, _PIXEL))
            sheet.remark(x, top + 0.15, words or "")
            right = x + side + _BESIDE
            width = _CELL - side - _LEFT - _BESIDE - _RIGHT
            axes = axes_on(sheet, right, top, width, side)
            axes.set(ylim=(SIDE + 0.5, 0.5), yticks=NAMED)
            axes.set_ylabel("row", labelpad=1)
            yield axes

    return sheet, placed()


def classes(name: str, values: ArrayLike, many: int) -> list[int]:
    """Return digits, one for each of some images.

    Args:
        name: What the caller calls the argument.
        values: Whole numbers from 0 to 9, shape ``(many,)``.
        many: How many there must be.

    Raises:
        ValueError: If there are more or fewer, or one is no digit.
    """
    digits = finite_array(name, values, f"{many}")
    for digit in digits:
        if digit not in range(10):
            raise ValueError(
                f"{name} must hold digits, whole numbers from 0 to 9, but {digit:g} "
                f"was given."
            )
    return [int(digit) for digit in digits]
