"""One character that goes in, one that comes out, in the character-model chapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, count, finite_array, number
from unrolled.views.figures.char_lm_texts import signs_of
from unrolled.views.figures.diagrams_parts import Sheet, at_most
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
from unrolled.views.figures.training import LETTERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS, MOST_COLUMNS = 6, 3
"""Of a matrix whose numbers are legible on a phone."""

MOST_BARS = 14
"""Characters of a distribution that have a bar of their own."""

# Lengths are in inches.
_BOX = 0.3  # height of a number's box
_BIT_WIDTH, _WEIGHT_WIDTH = 0.27, 0.49  # of the box of a zero or one, of a weight
_ROW_NAME = 0.2  # width of the names of a matrix's rows
_SIGN = 0.34  # width of a sign between matrices
_FOOT = 0.7  # below the matrix, for its name
_TINT = 0.26  # opacity of the ground of the row that is picked


@course_look
def look_up_figure(index: int, matrix: ArrayLike, characters: str = "") -> Drawing:
    """Draw that a one-hot row times a matrix is one row of that matrix.

    From left to right: the one-hot row with its single 1, the matrix with one row
    framed, and that row once more, as the product.

    Args:
        index: The character, counted from 0.
        matrix: The weights, shape ``(V, H)``, at most ``MOST_ROWS`` and
            ``MOST_COLUMNS``; pure numbers.
        characters: One for each row; if none are given, the rows have numbers.

    Raises:
        ValueError: If the matrix is too large, there is no such row, or there are not
            as many characters as rows.
    """
    weights = finite_array("matrix", matrix, "V, H")
    size, columns = weights.shape
    at_most("the number of rows of matrix", size, MOST_ROWS)
    at_most("the number of columns of matrix", columns, MOST_COLUMNS)
    picked = at_most("index", count("index", index, at_least=0), size - 1)
    names = _row_names(characters, size)
    sheet = Sheet(_BOX * size + _FOOT + 0.45, "a row of a matrix, looked up")
    y = _FOOT + _BOX * (size - 1 - picked)  # of the row that is picked
    bits, wide = _BIT_WIDTH * size, _WEIGHT_WIDTH * columns
    left = (WIDTH - bits - 2 * wide - 2 * _SIGN - _ROW_NAME) / 2
    middle = left + bits + _SIGN + _ROW_NAME
    right = middle + wide + _SIGN
    for place, name in enumerate(names):
        one = place == picked
        ink = INK if one else MUTED
        x, row = left + place * _BIT_WIDTH, y + (picked - place) * _BOX
        _number(sheet, (x, y, _BIT_WIDTH), str(int(one)), one, filled=True)
        sheet.write(x + _BIT_WIDTH / 2, y + _BOX + 0.13, name, ink)
        sheet.write(middle - 0.14, row + _BOX / 2, name, ink)
        _weights(sheet, middle, row, weights[place], one)
    _weights(sheet, right, y, weights[picked], True)
    sheet.write(middle - _ROW_NAME - _SIGN / 2, y + _BOX / 2, "×")
    sheet.write(right - _SIGN / 2, y + _BOX / 2, "=")
    _caption(sheet, left + bits / 2, y, f"$x_t$\n1 × {size}")
    _caption(sheet, middle + wide / 2, _FOOT, f"$W_{{xh}}$\n{size} × {columns}")
    _caption(sheet, right + wide / 2, y, f"$x_t W_{{xh}}$\n1 × {columns}")
    return sheet.drawing()


@course_look
def temperature_bars(
    characters: str,
    distributions: ArrayLike,
    temperatures: Sequence[float],
    k: int,
    mass: float,
) -> Drawing:
    """Draw the distribution of the next character at several temperatures.

    The characters stand in the order of their probability, which no temperature
    changes. The nucleus keeps the filled bars, on a tinted ground, and not the hollow
    ones; top-k keeps what stands left of the dashed line. Rare characters share one
    hatched bar.

    Args:
        characters: The vocabulary, ``V`` characters.
        distributions: A row for each temperature, shape ``(temperatures, V)``.
        temperatures: Those of the rows; pure numbers.
        k: Characters that top-k keeps.
        mass: The share that the nucleus reaches with as few characters as it can.

    Raises:
        ValueError: If the rows do not fit the temperatures and the characters, or there
            is no letter for a character.
    """
    signs = signs_of("characters", characters, space="␣")
    shape = f"{len(temperatures)}, {len(signs)}"
    shares = finite_array("distributions", distributions, shape)
    share = number("mass", mass, at_least=0, at_most=1)
    line = count("k", k) - 0.5
    order = np.argsort(-shares.sum(axis=0), kind="stable")
    figure, panels = canvas(0.4 + 1.25 * len(shares), rows=len(shares), sharex=True,
                            sharey=True, squeeze=False)  # fmt: skip
    for axes, row, heat in zip(
        panels.flat, shares[:, order], temperatures, strict=True
    ):
        kept = _nucleus(row, share)
        _bars(axes, row, kept)
        if line < min(len(row), MOST_BARS):
            axes.axvline(line, color=INK, linestyle="--", linewidth=1.1)
        axes.set_title(f"temperature {heat:g}: nucleus {share:g} keeps {kept}")
        axes.grid(visible=False, axis="x")
    names = [signs[place] for place in order[:MOST_BARS]]
    _name_bars(panels[-1, 0], names, others=len(signs) > len(names))
    if line < min(len(signs), MOST_BARS):
        _, top = panels[0, 0].get_ylim()
        left = line > len(names) / 2
        look = {"offset": (-5 if left else 5, 0), "ha": "right" if left else "left"}
        label(panels[0, 0], line, 0.9 * top, f"top-k keeps {k}", INK, **look)
    panels[len(shares) // 2, 0].set_ylabel("probability")
    return Drawing(figure, "one prediction at several temperatures")


def _row_names(characters: str, size: int) -> list[str]:
    """Return what the rows of a matrix are called."""
    if not characters:
        return [str(place) for place in range(size)]
    signs = signs_of("characters", characters, space="␣")
    if len(signs) != size:
        raise ValueError(
            f"characters must hold one for each of the {size} rows of matrix, but "
            f"{len(signs)} were given."
        )
    return list(signs)


def _number(
    sheet: Sheet,
    place: tuple[float, float, float],
    text: str,
    picked: bool,
    filled: bool = False,
) -> None:
    """Draw a number in a box.

    Args:
        sheet: What is drawn on.
        place: The lower left corner of the box, and its width.
        text: The number.
        picked: Whether the box is emphasised.
        filled: Whether it then has the full colour.
    """
    from matplotlib.patches import Rectangle

    x, y, width = place
    box = Rectangle((x, y), width, _BOX, linewidth=1.4 if picked else 0.6)
    tint = 1.0 if filled else _TINT
    box.set_facecolor((INPUT, tint) if picked else "none")
    box.set(edgecolor=INPUT if picked else MUTED, zorder=2 if picked else 1)
    sheet.axes.add_patch(box)
    ink = "white" if picked and filled else INK if picked else MUTED
    sheet.write(x + width / 2, y + _BOX / 2 - 0.01, text, ink, fontsize=10)


def _weights(sheet: Sheet, x: float, y: float, row: Array, picked: bool) -> None:
    """Draw a row of weights that begins at a point."""
    for column, value in enumerate(row):
        place = x + column * _WEIGHT_WIDTH, y, _WEIGHT_WIDTH
        _number(sheet, place, f"{value:.2f}".replace("-", "−"), picked)


def _caption(sheet: Sheet, x: float, y: float, text: str) -> None:
    """Write a symbol and its shape below boxes."""
    sheet.write(x, y - 0.08, text, va="top", fontsize=10.5, linespacing=1.3)


def _name_bars(axes: Axes, names: list[str], others: bool) -> None:
    """Write the characters below their bars."""
    more = ["\nothers"] if others else []
    axes.set_xticks(range(len(names + more)), names + more)
    for name in axes.get_xticklabels()[: len(names)]:
        name.set(family=LETTERS, fontsize=11)


def _nucleus(shares: Array, mass: float) -> int:
    """Return how many characters, the most probable first, reach a share together."""
    if mass == 1:
        return len(shares)
    return int(np.count_nonzero(np.cumsum(shares) < mass - 1e-12)) + 1


def _bars(axes: Axes, shares: Array, kept: int) -> None:
    """Draw a distribution, the most probable first; what is kept is filled."""
    shown, others = shares[:MOST_BARS], shares[MOST_BARS:]
    look: dict[str, Any] = {"width": 0.7, "edgecolor": PREDICTION, "linewidth": 1.2}
    for places, face in ((slice(kept), PREDICTION), (slice(kept, None), "none")):
        at = np.arange(len(shown))[places]
        axes.bar(at, shown[places], facecolor=face, **look)
    end = float(min(kept, len(shown)))
    if len(others):
        axes.bar(MOST_BARS, others.sum(), facecolor="none", hatch="///", **look)
        end += max(0, kept - MOST_BARS) / len(others)
    axes.axvspan(-0.5, end - 0.5, color=PREDICTION, alpha=0.12, linewidth=0)
    axes.set_xlim(-0.6, len(shown) + bool(len(others)) - 0.4)
    axes.set_axisbelow(True)
