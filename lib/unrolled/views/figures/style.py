"""One look for all figures, and drawings that are the same file on every run.

matplotlib is imported where it is used, here and in the other modules of this folder:
a chapter that opens should not wait for it before anything is drawn.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

from unrolled.validation import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patheffects import AbstractPathEffect

Arguments = ParamSpec("Arguments")

# Okabe and Ito's palette; each colour means the same thing in every chapter.
INPUT = "#0072B2"  # blue
TARGET = "#D55E00"  # vermilion
PREDICTION = "#009E73"  # bluish green
ORANGE = "#E69F00"
SKY = "#56B4E9"
PURPLE = "#CC79A7"
INK = "#1a1a1a"
MUTED = "#6b6b6b"

# Lines of one figure differ in dashes and markers too, so that colour is never needed.
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P")

WIDTH = 5.6
"""Width of a figure in inches: wide enough for a page, legible on a phone."""

_LOOK: Any = {
    "axes.edgecolor": MUTED,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 10.5,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "lines.linewidth": 1.8,
    "svg.fonttype": "path",
    "svg.hashsalt": "unrolled",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
# Factors of a scale are left alone: rounding them would change the size of the letters.
_LONG_NUMBER = re.compile(rb"scale\([^)]*\)|(?<![#\w.])(-?\d+\.\d{3,})(?![\w.])")
# A path with its quotation marks, and what in it needs no white space around it.
_PATH = re.compile(rb' d="[^"]*"')
_MARK = re.compile(rb'\s*([MLQCHVz"])\s*')
# A notebook stores each line of a picture with a dozen signs of its own.
_BETWEEN_ELEMENTS = re.compile(rb">\s+(?=</?\w)")


class Drawing:
    """A finished figure that a notebook shows as SVG.

    The file is the same on every run: no date, fixed identifiers, coordinates rounded
    to a hundredth of a point, so that a stored notebook can be compared byte by byte.
    White space that a path or the file does not need is left out.
    """

    def __init__(self, figure: Figure, title: str) -> None:
        """Keep the figure and a short title that stands for it in plain text."""
        self.figure = figure
        self.title = title
        self._svg = ""  # drawn once: a second layout could move things by a hair

    def _repr_svg_(self) -> str:
        """Return the drawing as an SVG document."""
        if not self._svg:
            from matplotlib import rc_context

            buffer = io.BytesIO()
            with rc_context(_LOOK):
                self.figure.savefig(buffer, format="svg", metadata={"Date": None})
            rounded = _LONG_NUMBER.sub(_rounded, buffer.getvalue())
            joined = _PATH.sub(_joined, rounded)
            self._svg = _BETWEEN_ELEMENTS.sub(b">", joined).decode()
        return self._svg

    def __repr__(self) -> str:
        """Stand in for the picture where only text is shown."""
        return f"Drawing: {self.title}"


def course_look(draw: Callable[Arguments, Drawing]) -> Callable[Arguments, Drawing]:
    """Let a function draw in the course's look; every function of a figure wears it.

    The look holds until the function returns, whatever it draws, and matplotlib's own
    settings are afterwards as they were.

    Args:
        draw: A function that returns a drawing.
    """

    @wraps(draw)
    def drawn(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Drawing:
        from matplotlib import rc_context

        with rc_context(_LOOK):
            return draw(*args, **kwargs)

    return drawn


def canvas(
    height: float, rows: int = 1, columns: int = 1, width: float = WIDTH, **options: Any
) -> tuple[Figure, Any]:
    """Return a figure of the course's width, with its axes.

    Args:
        height: In inches.
        rows: Rows of axes.
        columns: Columns of axes.
        width: In inches.
        **options: Passed on to ``Figure.subplots``.

    Raises:
        ValueError: If a size is not above 0.
    """
    from matplotlib.figure import Figure

    size = number("width", width, above=0.0), number("height", height, above=0.0)
    figure = Figure(figsize=size)
    return figure, figure.subplots(rows, columns, **options)


def label(
    axes: Axes, x: float, y: float, text: str, color: str, **options: Any
) -> None:
    """Write ``text`` beside a line, in its colour, where a legend would be far away."""
    axes.annotate(
        text,
        (x, y),
        xytext=options.pop("offset", (4, 0)),
        textcoords="offset points",
        color=color,
        fontsize=options.pop("fontsize", 9.5),
        va=options.pop("va", "center"),
        **options,
    )


def halo(width: float, color: str) -> list[AbstractPathEffect]:
    """Return what surrounds letters with a margin, legible on any ground.

    Args:
        width: Of the stroke behind the letters, in points.
        color: Of the margin.
    """
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=color)]


def _rounded(match: re.Match[bytes]) -> bytes:
    """Round one coordinate to a hundredth of a point; leave a scale as it is."""
    if match.group(1) is None:
        return match.group()
    text = f"{float(match.group(1)):.2f}".rstrip("0").rstrip(".")
    return b"0" if text in ("-0", "") else text.encode()


def _joined(match: re.Match[bytes]) -> bytes:
    """Write the commands of one path on one line."""
    return _MARK.sub(rb"\1", match.group())
