"""How a text becomes windows, in the figures of the character-model chapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.validation import count
from unrolled.views.figures.char_lm_texts import letter_size, signs_of
from unrolled.views.figures.diagrams_parts import Sheet, at_most
from unrolled.views.figures.style import (
    INK,
    INPUT,
    MUTED,
    TARGET,
    WIDTH,
    Drawing,
    course_look,
)
from unrolled.views.figures.training import LETTERS

MOST_CHARACTERS = 160
"""Of a text that is shown whole, and then once more in windows."""

# Lengths are in inches, sizes of letters in points.
_PITCH = 0.1  # from character to character
_SMALL = 9.5  # size of names and remarks
_BAND = 0.23  # height of the ground behind characters
_NAME = 0.22  # height of a name above characters
_ROW_GAP = 0.14
_LINE = _NAME + _BAND + 0.05  # height of a line of pieces with their names
_APART = 0.14  # between the pieces of a line
_HEAD = 0.28
_FOOT = 0.36
_INSET = 0.08  # from a frame to its characters
_TIGHTEST = 0.4  # between the characters of two windows
_WIDEST = 0.62
_TINTS = {INPUT: 0.13, TARGET: 0.24}  # opacity of a ground


@course_look
def consecutive_windows(text: str, rows: int, window: int, windows: int) -> Drawing:
    """Draw a text cut into rows, and the windows that walk along them.

    Above stands the text, in as many pieces as there are rows; below, the rows one
    under the other, with a frame around each window of all rows. In each row an arrow
    leads from window to window: the state that is carried. The first window begins
    with zeros, and its targets stand below its characters, one step ahead.

    Args:
        text: About a hundred characters.
        rows: Rows that are read side by side, ``B``.
        window: Characters of a row in a window, ``T``.
        windows: How many windows to draw.

    Raises:
        ValueError: If there is no letter for a character, the text is too short or too
            long, or the windows are too many.
    """
    signs = _short(text)
    length = len(signs) // count("rows", rows)
    possible = (length - 1) // count("window", window)
    at_most("windows", count("windows", windows), possible)
    pieces = _pieces(signs, length, rows)
    names = [f"row {row + 1}" for row in range(rows)]
    more = windows < possible
    layout = _Layout(window, windows, rows, below=_BAND, margin=0.62, goes_on=more)
    heading = f"the text, cut into {rows} rows of {length} characters"
    page = _Page.with_text(heading, pieces, names, layout)
    page.frames("window")
    for row, piece in enumerate(pieces):
        y = layout.row(row)
        page.remark(0.02, y, names[row])
        for place in range(windows):
            page.characters(place, y, piece[place * window : (place + 1) * window])
            page.arrow(place, y, zero=place == 0)
        if more:
            page.arrow(windows, y)
        page.remark(0.02, y - _BAND, "targets", TARGET)
        page.characters(0, y - _BAND, piece[1 : window + 1], TARGET)
    page.note("0 →  the state starts at zero;   →  it is carried to the next window")
    return page.sheet.drawing()


@course_look
def random_windows(text: str, window: int, batch: int, order: ArrayLike) -> Drawing:
    """Draw a text cut into short examples, and the batches that they are shuffled into.

    Above stands the text, in numbered examples; below, the batches, with a frame
    around each. An example has its number above it, and before it a zero with an arrow:
    its state starts at zero, whatever was read before.

    Args:
        text: About a hundred characters.
        window: Characters in an example, ``T``.
        batch: Examples in a batch, ``B``.
        order: The numbers of the examples, counted from 0, in the order in which they
            are read; a last batch that is not full is not drawn.

    Raises:
        ValueError: If there is no letter for a character, the text is too short or too
            long, ``order`` does not hold every example once, or the batches are too
            many.
    """
    signs = _short(text)
    examples = (len(signs) - 1) // count("window", window)
    at_most("batch", count("batch", batch), examples)
    shuffled = _order(order, examples)
    pieces = _pieces(signs, window, examples)
    names = [str(example + 1) for example in range(examples)]
    layout = _Layout(window, examples // batch, batch, above=_NAME)
    heading = f"the text, cut into {examples} examples of {window} characters"
    page = _Page.with_text(heading, pieces, names, layout)
    page.frames("batch")
    for position, example in enumerate(shuffled[: batch * layout.windows]):
        place, row = divmod(position, batch)
        y = layout.row(row)
        page.characters(place, y, pieces[example])
        page.name(layout.left(place), y, names[example])
        page.arrow(place, y, zero=True)
    page.note("0 →  the state starts at zero, at every example")
    return page.sheet.drawing()


@dataclass(frozen=True)
class _Layout:
    """Where windows stand on a page; lengths are in inches.

    Attributes:
        window: Characters in a window.
        windows: Windows side by side.
        rows: Rows of each window.
        above: Space above the characters of a row.
        below: Space below them.
        margin: Space for the names of rows.
        goes_on: Whether an arrow leads on behind the last window.
    """

    window: int
    windows: int
    rows: int
    above: float = 0.0
    below: float = 0.0
    margin: float = 0.0
    goes_on: bool = False

    @property
    def gap(self) -> float:
        """Space before each window.

        Raises:
            ValueError: If the windows are too many or too wide for the page.
        """
        taken = self.margin + _PITCH * self.window * self.windows + 2 * _INSET
        gap = (WIDTH - taken) / (self.windows + self.goes_on)
        if gap < _TIGHTEST:
            raise ValueError(
                f"{self.windows} windows of {self.window} characters do not fit side "
                f"by side; draw fewer or shorter windows, or fewer batches with more "
                f"examples in each."
            )
        return min(gap, _WIDEST)

    @property
    def row_height(self) -> float:
        """From row to row."""
        return self.above + _BAND + self.below + _ROW_GAP

    @property
    def frame(self) -> tuple[float, float]:
        """Width and height of a frame."""
        height = self.rows * self.row_height - _ROW_GAP + 2 * _INSET
        return _PITCH * self.window + 2 * _INSET, height

    @property
    def height(self) -> float:
        """Of the frames, the names above them, and the note below them."""
        return _HEAD + self.frame[1] + _FOOT

    def left(self, place: int) -> float:
        """Return where the characters of a window begin."""
        return self.margin + self.gap + place * (_PITCH * self.window + self.gap)

    def row(self, number: int) -> float:
        """Return the height at which the characters of a row stand."""
        first = _FOOT + self.frame[1] - _INSET - self.above - _BAND / 2
        return first - number * self.row_height


@dataclass(frozen=True)
class _Page:
    """A text in pieces, and below it, places for windows.

    Attributes:
        sheet: What is drawn on.
        layout: Of the windows.
    """

    sheet: Sheet
    layout: _Layout

    @classmethod
    def with_text(
        cls, heading: str, pieces: Sequence[str], names: Sequence[str], layout: _Layout
    ) -> _Page:
        """Write a text in pieces, each below its name."""
        wide = _PITCH * len(pieces[0]) + _APART
        in_line = max(1, int((WIDTH - 0.04 + _APART) / wide))
        lines = -(-len(pieces) // in_line)
        top = layout.height + _LINE * lines + _HEAD + 0.12
        page = cls(Sheet(top, heading), layout)
        page.remark(0.02, top - 0.12, heading)
        for number, (piece, name) in enumerate(zip(pieces, names, strict=True)):
            line, column = divmod(number, in_line)
            x, y = 0.05 + column * wide, top - _HEAD - _LINE * line - _NAME - _BAND / 2
            page.name(x, y, name)
            page._band(x, y, piece, INPUT)
        return page

    def frames(self, name: str) -> None:
        """Draw a numbered frame around each window."""
        from matplotlib.patches import FancyBboxPatch

        width, height = self.layout.frame
        for place in range(self.layout.windows):
            x = self.layout.left(place) - _INSET
            style = "round,pad=0,rounding_size=0.06"
            frame = FancyBboxPatch((x, _FOOT), width, height, boxstyle=style)
            frame.set(facecolor="none", edgecolor=INK, linewidth=1.3)
            self.sheet.axes.add_patch(frame)
            centre, top = x + width / 2, _FOOT + height + 0.13
            self.sheet.write(centre, top, f"{name} {place + 1}", fontsize=_SMALL)

    def characters(self, place: int, y: float, text: str, color: str = INPUT) -> None:
        """Write the characters of a window at a height."""
        self._band(self.layout.left(place), y, text, color)

    def name(self, x: float, y: float, text: str) -> None:
        """Write a name above characters."""
        self.remark(x - 0.03, y + _BAND / 2 + _NAME / 2, text, MUTED)

    def arrow(self, place: int, y: float, *, zero: bool = False) -> None:
        """Draw the state that enters a window, from the window before or from zero."""
        end = self.layout.left(place) - _INSET - 0.02
        start = end - (0.2 if zero else self.layout.gap - 2 * _INSET - 0.04)
        if zero:
            self.sheet.write(start - 0.07, y, "0", fontsize=_SMALL)
        self.sheet.arrow((start, y), (end, y))

    def note(self, text: str) -> None:
        """Write a line at the foot of the page."""
        self.remark(0.02, 0.12, text)

    def remark(self, x: float, y: float, text: str, color: str = INK) -> None:
        """Write a line that begins at a point."""
        self.sheet.remark(x, y, text, color, fontsize=_SMALL)

    def _band(self, x: float, y: float, text: str, color: str) -> None:
        """Write characters on a ground, the first of them beginning at ``x``."""
        from matplotlib.patches import Rectangle

        corner, width = (x - 0.03, y - _BAND / 2), _PITCH * len(text) + 0.06
        ground = Rectangle(corner, width, _BAND, linewidth=0)
        ground.set_facecolor((color, _TINTS[color]))
        self.sheet.axes.add_patch(ground)
        self.sheet.remark(x, y - 0.055, text, va="baseline", family=LETTERS,
                          fontsize=letter_size(_PITCH), parse_math=False)  # fmt: skip


def _short(text: str) -> str:
    """Return what is drawn for a text that is short enough to be shown whole."""
    signs = signs_of("text", text, space="␣")
    at_most("the number of characters in text", len(signs), MOST_CHARACTERS)
    return signs


def _pieces(signs: str, length: int, number: int) -> list[str]:
    """Cut the beginning of a text into pieces of one length."""
    return [signs[start * length :][:length] for start in range(number)]


def _order(order: ArrayLike, examples: int) -> NDArray[np.int64]:
    """Return the order of the examples, or say what it lacks."""
    places = np.asarray(order)
    if places.ndim != 1 or sorted(places.tolist()) != list(range(examples)):
        raise ValueError(
            f"order must hold each of the numbers 0 to {examples - 1} once, one for "
            f"each example, but {places.tolist()!r} was given; take a permutation."
        )
    return places.astype(np.int64)
