"""A drawing of any size, brought into the frame in which MNIST's digits stand.

The published description of MNIST (Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST
database of handwritten digits") says it in two steps: a digit is scaled to fit a box of
20 × 20 pixels without changing its aspect ratio, and that box is placed in a field of
28 × 28 so that the centre of mass lies in the middle.

Everything here is done in whole numbers, so that no rounding depends on the order of a
sum: a page's script that follows the same steps gets the same pixels. It needs whole
numbers below 2^53, which a JavaScript number holds exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Grey = NDArray[np.uint8]
"""Grey values from 0, paper, to 255, ink."""

Whole = NDArray[np.int64]

FRAME = 28
"""Pixels along a side of an image."""

BOX = 20
"""Pixels along the longer side of the digit in it."""

MIDDLE = 14
"""The row and the column, counted from 0, nearest to which the centre of mass lies."""


def centred(drawing: ArrayLike) -> Grey:
    """Return a drawing as MNIST would show it.

    All divisions are rounded in a way that is exact in whole numbers; ``//`` rounds
    down, and ``rounded(n, d)`` is ``(2 n + d) // (2 d)``, that is ``n / d`` with halves
    rounded up.

    1. **Grey.** Values from 0 to 1 become ``floor(255 value + 0.5)``; whole numbers of
       type uint8 stay.
    2. **Crop** to the ``h`` rows and ``w`` columns from the first to the last that
       holds a value above 0.
    3. **Size.** With ``longer = max(h, w)``, the new height is
       ``max(1, rounded(20 h, longer))``, and the new width likewise.
    4. **Scale**, rows and columns each by the whole weights of :func:`scale_weights`:
       ``total[i, j]`` is the sum of ``R[i, a] C[j, b] grey[a, b]`` over all ``a`` and
       ``b``. If the weights of a row of ``R`` add up to ``r`` and those of ``C`` to
       ``c``, the new pixel is ``rounded(total[i, j], r c)``.
    5. **Place.** With ``mass`` the sum of the new pixels and ``moment`` the sum of each
       times its row, counted from 0, the first row of the frame that is covered is
       ``rounded(14 mass - moment, mass)``: the whole shift that brings the centre of
       mass, ``moment / mass``, nearest to 14. It is kept between 0 and ``28 - height``,
       so that no ink is cut off. Columns likewise.

    In all of MNIST's test images the centre of mass is within half a pixel of row and
    column 14, counted from 0, and not of 13.5, the middle of the 28 pixels.

    Args:
        drawing: Shape ``(H, W)``, any size; 0 is paper. Either whole numbers of type
            uint8, up to 255, or floating-point numbers up to 1, which are ink.

    Returns:
        Shape ``(28, 28)``.

    Raises:
        ValueError: If the drawing has another shape or type, holds values out of range,
            or has no ink.
    """
    grey = _grey(drawing)
    box = grey[_inked(grey, axis=1)][:, _inked(grey, axis=0)]
    digit = _scaled(box.astype(np.int64))
    mass = int(digit.sum())
    if mass == 0:
        raise ValueError(
            f"drawing is too faint: scaled from {box.shape[0]} × {box.shape[1]} pixels "
            f"to {digit.shape[0]} × {digit.shape[1]}, no ink is left; draw with a "
            f"thicker or a darker pen."
        )
    frame = np.zeros((FRAME, FRAME), np.uint8)
    top, left = _first(digit.sum(axis=1)), _first(digit.sum(axis=0))
    frame[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return frame


def scale_weights(old: int, new: int) -> Whole:
    """Return how much of each old pixel is in each new one, in whole numbers.

    Where pixels become fewer, a new one is the mean over the stretch that it covers.
    Measure in parts so small that an old pixel is ``new`` of them long, and a new one
    ``old``: the weight is the number of parts that both cover,
    ``max(0, min((i + 1) old, (j + 1) new) - max(i old, j new))``. A row adds up to
    ``old``.

    Where they become more, a new one lies between the centres of two old ones. In parts
    of which an old pixel is ``2 new`` long, the centre of the new pixel ``i`` lies
    ``(2 i + 1) old - new`` behind that of the first old one; this is kept between 0 and
    ``2 new (old - 1)``. Divided by ``2 new`` it leaves a quotient ``j`` and a remainder
    ``f``: the weight of ``j`` is ``2 new - f``, and that of ``j + 1`` is ``f``. A row
    adds up to ``2 new``.

    Args:
        old: How many pixels there are, at least 1.
        new: How many there shall be, at least 1. If as many, each stays as it is.

    Returns:
        Shape ``(new, old)``; every row has the same sum.
    """
    i, j = np.arange(new)[:, np.newaxis], np.arange(old)
    if new <= old:
        end = np.minimum((i + 1) * old, (j + 1) * new)
        shared: Whole = np.maximum(end - np.maximum(i * old, j * new), 0)
        return shared
    whole = 2 * new
    place = np.clip((2 * i + 1) * old - new, 0, whole * (old - 1))
    near: Whole = np.maximum(whole - abs(place - whole * j), 0)
    return near


def _scaled(grey: Whole) -> Whole:
    """Return a picture scaled so that its longer side has 20 pixels."""
    longer = max(grey.shape)
    sizes = [max(1, _rounded(BOX * side, longer)) for side in grey.shape]
    rows, columns = (
        scale_weights(old, new) for old, new in zip(grey.shape, sizes, strict=True)
    )
    share = int(rows[0].sum() * columns[0].sum())
    pixels: Whole = _rounded(rows @ grey @ columns.T, share)
    return pixels


def _rounded(number: Any, by: int) -> Any:
    """Return ``number / by`` as a whole number, halves rounded up."""
    return (2 * number + by) // (2 * by)


def _inked(grey: Grey, axis: int) -> slice:
    """Return the rows (``axis=1``) or columns (0) from the first to the last inked."""
    places = np.flatnonzero(grey.any(axis=axis))
    return slice(int(places[0]), int(places[-1]) + 1)


def _first(masses: Whole) -> int:
    """Return which row or column of the frame is covered first; see step 5."""
    mass, moment = int(masses.sum()), int(masses @ np.arange(len(masses)))
    nearest = int(_rounded(MIDDLE * mass - moment, mass))
    return min(max(nearest, 0), FRAME - len(masses))


def _grey(drawing: ArrayLike) -> Grey:
    """Return a drawing in 256 grey values, at least one of them ink."""
    values = np.asarray(drawing)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(
            f"drawing must have the shape (H, W), but an array of shape {values.shape} "
            f"was given; pass one grey picture, without an axis for colours."
        )
    if values.dtype != np.uint8 and values.dtype.kind != "f":
        raise ValueError(
            f"drawing must hold grey values as uint8, from 0 to 255, or as "
            f"floating-point numbers from 0 to 1, but it holds {values.dtype}; convert "
            f"it with astype first."
        )
    if values.dtype != np.uint8:
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError(
                f"drawing must lie from 0 to 1 where it holds {values.dtype}, but its "
                f"smallest value is {values.min():g} and its largest {values.max():g}; "
                f"divide by the value of full ink."
            )
        values = np.floor(255 * values.astype(np.float64) + 0.5).astype(np.uint8)
    if not values.any():
        raise ValueError(
            "drawing is empty: all of it is paper, 0; draw a digit first, with ink "
            "above 0."
        )
    return values
