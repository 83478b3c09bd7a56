"""Texts with a number for each character, in the character-model chapter.

The number is the colour of the ground behind the character and the height of the bar
below it, so that the figures can be read without colour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, finite_array, number
from unrolled.views.figures.diagrams_parts import Sheet, at_most
from unrolled.views.figures.style import (
    INK,
    MUTED,
    ORANGE,
    SKY,
    TARGET,
    WIDTH,
    Drawing,
    course_look,
)
from unrolled.views.figures.training import LETTERS, can_be_drawn

PER_LINE = 64
"""Characters in a line; on a phone they are 9 pixels high."""

MOST_CHARACTERS = 900
"""More would make a picture of about 200 kilobytes."""

# Lengths are in inches.
_EDGE = 0.05  # on both sides of a line
_PITCH = (WIDTH - 2 * _EDGE) / PER_LINE  # from character to character
_TILE = 0.2  # height of the ground behind a character
_LANE = 0.2  # height of the longest bar, below the ground
_BELOW = 0.03  # from the ground to the lane
_LINE = 0.52  # from line to line
_KEY = 0.56  # at the top, for what is shown and the key
_SHADES = 8  # steps of a colour: what has the same one is one path of the file
_STRONGEST = 0.9  # opacity of the last of them


@course_look
def unit_over_text(
    text: str, values: ArrayLike, unit_name: str, limit: float | None = None
) -> Drawing:
    """Draw what a unit says at each character of a text.

    The ground behind a character is orange where the value is positive and light blue
    where it is negative, the stronger, the further it is from zero. Below it a bar
    rises above the middle line of its lane, or hangs from it. A key stands above.

    Args:
        text: At most ``MOST_CHARACTERS``; lines end where it has line breaks.
        values: The unit after each character, shape ``(N,)``; pure numbers.
        unit_name: What is shown, for example ``"unit 17"``.
        limit: The value of the strongest colour and the longest bar; if none is given,
            the largest absolute value.

    Raises:
        ValueError: If the values do not fit the text or exceed the limit, or there is
            no letter for a character.
    """
    signs = signs_of("text", text)
    numbers = finite_array("values", values, str(len(signs)))
    largest = float(np.abs(numbers).max())
    most = largest if limit is None else number("limit", limit, at_least=largest)
    page = _Page(signs, f"{unit_name}, over a text", middle=0.5)
    page.show(page.places, numbers / (most or 1.0))
    page.key(unit_name, np.linspace(-1, 1, 9), (f"−{most:.2g}", f"+{most:.2g}"))
    return page.sheet.drawing()


@course_look
def saliency_over_text(text: str, weights: ArrayLike, target: str) -> Drawing:
    """Draw how much each character of a text counts for the prediction of the next one.

    The more a character counts, the stronger is the orange of its ground, and the
    higher the bar below it. The next character stands in a frame at the end. A key
    stands above.

    Args:
        text: What was read, at most ``MOST_CHARACTERS - 1``; lines end where it has
            line breaks.
        weights: How much each character counts, shape ``(N,)``, at least 0; they are
            drawn relative to the largest.
        target: The next character.

    Raises:
        ValueError: If the weights do not fit the text, one is negative, ``target`` is
            not one character, or there is no letter for a character.
    """
    signs, last = signs_of("text", text), signs_of("target", target, space="␣")
    shares = finite_array("weights", weights, str(len(signs)))
    number("the smallest of weights", float(shares.min()), at_least=0)
    at_most("the number of characters in target", len(last), 1)
    page = _Page(signs + last, f"what {target!r} is predicted from", middle=0.0)
    page.show(page.places[:-1], shares / (shares.max() or 1.0))
    page.frame(*page.places[-1])
    name = "what the framed character is predicted from"
    page.key(name, np.linspace(0, 1, 6), ("0", "most"))
    return page.sheet.drawing()


def signs_of(name: str, text: str, space: str = " ") -> str:
    """Return what is drawn for a text: a line break becomes an arrow.

    Args:
        name: What the caller calls the text.
        text: At least one character.
        space: What is drawn for a space.

    Raises:
        ValueError: If the text is empty, or there is no letter for a character.
    """
    signs = text.replace("\n", "↵").replace(" ", space)
    if signs and can_be_drawn(signs):
        return signs
    missing = next((sign for sign in signs if not can_be_drawn(sign)), None)
    lack = f"it has none for {missing!r}" if missing else "an empty text was given"
    raise ValueError(
        f"{name} must consist of characters that the font {LETTERS} has letters for, "
        f"but {lack}; take another text."
    )


def letter_size(pitch: float) -> float:
    """Return the size, in points, of letters that are ``pitch`` inches wide.

    A letter of the font ``LETTERS`` is 1233/2048 of its size wide.
    """
    return 72 * pitch * 2048 / 1233


def broken(signs: str, most: int = PER_LINE) -> list[str]:
    """Break a text into lines; no character is lost.

    Args:
        signs: The text, with a sign in the place of each line break.
        most: Characters in a line. It ends after a line break, or else after the last
            space that fits.
    """
    lines = []
    while signs:
        end = signs[:most].find("↵") + 1
        if not end and len(signs) > most:
            end = signs[:most].rfind(" ") + 1
        lines.append(signs[: end or most])
        signs = signs[end or most :]
    return lines


class _Page:
    """A text in lines, with a lane for bars below each of them.

    Attributes:
        sheet: What is drawn on.
        places: The lower left corner of each character's ground, shape ``(N, 2)``.
    """

    def __init__(self, signs: str, title: str, middle: float) -> None:
        """Write a text.

        Args:
            signs: What is drawn for it.
            title: Of the drawing.
            middle: Where bars stand, as a share of the lane's height.
        """
        at_most("the number of characters", len(signs), MOST_CHARACTERS)
        lines = broken(signs)
        self._top = _KEY + _LINE * len(lines)
        self._middle = middle
        self.sheet = Sheet(self._top, title)
        places = []
        for row, line in enumerate(lines):
            y = self._top - _KEY - _LINE * row - _TILE
            places += [(_EDGE + _PITCH * column, y) for column in range(len(line))]
            self._write(line, y)
        self.places: Array = np.array(places)

    def show(self, places: Array, shares: Array) -> None:
        """Colour the grounds at some places, and draw the bars below them.

        Args:
            places: Their lower left corners, shape ``(N, 2)``.
            shares: From -1 to 1, shape ``(N,)``.
        """
        shades = np.rint(shares * _SHADES)
        for shade in np.unique(shades[shades != 0]):
            corners = places[shades == shade] + [0.035 * _PITCH, 0.0]
            sizes = np.tile([0.93 * _PITCH, _TILE], (len(corners), 1))
            opacity = round(_STRONGEST * abs(float(shade)) / _SHADES, 3)
            self._paint(corners, sizes, ORANGE if shade > 0 else SKY, opacity)
        feet = places + [0.2 * _PITCH, (self._middle - 1) * _LANE - _BELOW]
        heights = shares * _LANE * (1 - self._middle)
        widths = np.full(len(shares), 0.6 * _PITCH)
        self._paint(feet, np.stack([widths, heights], axis=1), INK, 0.75)

    def frame(self, x: float, y: float) -> None:
        """Frame the character at a place."""
        from matplotlib.patches import Rectangle

        size = _PITCH + 0.02, _TILE + 0.02
        frame = Rectangle((x - 0.01, y - 0.01), *size, fill=False)
        frame.set(edgecolor=TARGET, linewidth=1.6)
        self.sheet.axes.add_patch(frame)

    def key(self, name: str, shares: Array, ends: tuple[str, str]) -> None:
        """Write what is shown, and beside it grounds and bars of known shares."""
        y = self._top - _TILE - 0.02
        self.sheet.remark(_EDGE, y, name)
        start = WIDTH - 0.5 - _PITCH * len(shares)
        xs = start + _PITCH * np.arange(len(shares))
        self._lane(start, y, len(shares))
        self.show(np.stack([xs, np.full(len(xs), y)], axis=1), shares)
        look: dict[str, Any] = {"fontsize": 9.5}
        self.sheet.remark(start - 0.06, y, ends[0], ha="right", **look)
        self.sheet.remark(xs[-1] + _PITCH + 0.06, y, ends[1], **look)

    def _write(self, line: str, y: float) -> None:
        """Write a line, and draw the line that its bars stand on."""
        look: dict[str, Any] = {"family": LETTERS, "fontsize": letter_size(_PITCH)}
        self.sheet.remark(_EDGE, y + 0.06, line, va="baseline", parse_math=False,
                          **look)  # fmt: skip
        self._lane(_EDGE, y, len(line))

    def _lane(self, x: float, y: float, length: int) -> None:
        """Draw the line on which the bars below some characters stand."""
        foot = y - _BELOW - (1 - self._middle) * _LANE
        ends = (x, foot), (x + _PITCH * length, foot)
        self.sheet.line(*ends, color=MUTED, width=0.5)

    def _paint(self, corners: Array, sizes: Array, color: str, opacity: float) -> None:
        """Draw rectangles of one colour as a single path: a shorter file."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        around = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])
        points = corners[:, None] + around * sizes[:, None]
        codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * len(corners)
        path = Path(points.reshape(-1, 2), codes)
        self.sheet.axes.add_patch(
            PathPatch(path, facecolor=(color, opacity), linewidth=0)
        )
