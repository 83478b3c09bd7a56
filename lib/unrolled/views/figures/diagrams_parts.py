"""The parts that every diagram is declared with: a sheet, its nodes and its arrows.

Lengths are in inches, measured from the lower left corner of the sheet, so that a
drawing can be planned on squared paper. Nodes have ports (left, right, top, bottom);
an arrow runs from port to port and may turn corners on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unrolled.views.figures.style import (
    INK,
    INPUT,
    PREDICTION,
    TARGET,
    WIDTH,
    Drawing,
    canvas,
)

if TYPE_CHECKING:
    from matplotlib.patches import Patch
    from matplotlib.path import Path

Point = tuple[float, float]

FONT_SIZE = 11.0
SMALL = 10.0
THIN = 1.1
THICK = 1.6
_GAP = 0.035  # inches between the edge of a node and an arrow
_TINT = 0.10  # opacity of a node's filling
_CORNER = 0.12  # inches by which a turning arrow rounds its corners


@dataclass(frozen=True)
class Node:
    """A drawn node: its centre and half its size, in inches.

    Attributes:
        x: Centre.
        y: Centre.
        across: Half the width.
        up: Half the height.
    """

    x: float
    y: float
    across: float
    up: float

    def left(self, shift: float = 0.0) -> Point:
        """Return the port on the left, moved up by ``shift``."""
        return self.x - self.across - _GAP, self.y + shift

    def right(self, shift: float = 0.0) -> Point:
        """Return the port on the right, moved up by ``shift``."""
        return self.x + self.across + _GAP, self.y + shift

    def top(self, shift: float = 0.0) -> Point:
        """Return the port on top, moved to the right by ``shift``."""
        return self.x + shift, self.y + self.up + _GAP

    def bottom(self, shift: float = 0.0) -> Point:
        """Return the port below, moved to the right by ``shift``."""
        return self.x + shift, self.y - self.up - _GAP


class Sheet:
    """A sheet of paper with nothing on it but what is put there."""

    def __init__(self, height: float, title: str, width: float = WIDTH) -> None:
        """Take a transparent sheet of a size in inches.

        Args:
            height: In inches.
            title: What stands for the drawing in plain text.
            width: In inches.
        """
        self.title = title
        self.figure, self.axes = canvas(height, width=width)
        self.figure.set_layout_engine("none")
        self.axes.set_position((0.0, 0.0, 1.0, 1.0))
        self.axes.set(xlim=(0.0, width), ylim=(0.0, height))
        self.axes.set_axis_off()

    def drawing(self) -> Drawing:
        """Return the finished drawing."""
        return Drawing(self.figure, self.title)

    def write(
        self, x: float, y: float, text: str, color: str = INK, **options: Any
    ) -> None:
        """Write ``text`` centred at a point, or as ``options`` say."""
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": FONT_SIZE}
        self.axes.text(x, y, text, color=color, **(look | options))

    def remark(
        self, x: float, y: float, text: str, color: str = INK, **options: Any
    ) -> None:
        """Write a line in smaller letters that begins at a point."""
        look: dict[str, Any] = {"ha": "left", "fontsize": SMALL}
        self.write(x, y, text, color, **(look | options))

    def circle(
        self, x: float, y: float, text: str, color: str, size: float = 0.44
    ) -> Node:
        """Draw a round node, for what enters or leaves the net."""
        from matplotlib.patches import Ellipse

        shape = Ellipse((x, y), size, size)
        return self._node(shape, Node(x, y, size / 2, size / 2), text, color)

    def box(
        self,
        x: float,
        y: float,
        text: str,
        color: str = INK,
        size: Point = (0.46, 0.46),
        **options: Any,
    ) -> Node:
        """Draw a node with rounded corners, for what the net computes inside."""
        from matplotlib.patches import FancyBboxPatch

        across, up = size[0] / 2, size[1] / 2
        style = "round,pad=0,rounding_size=0.08"
        shape = FancyBboxPatch((x - across, y - up), *size, boxstyle=style)
        return self._node(shape, Node(x, y, across, up), text, color, **options)

    def input(self, x: float, y: float, text: str, size: float = 0.44) -> Node:
        """Draw an input: round and blue."""
        return self.circle(x, y, text, INPUT, size)

    def output(self, x: float, y: float, text: str, size: float = 0.44) -> Node:
        """Draw an output: round and green."""
        return self.circle(x, y, text, PREDICTION, size)

    def arrow(self, *points: Point, color: str = INK, **options: Any) -> None:
        """Draw an arrow through ``points``, rounding the corners between them."""
        self._arrow(_rounded_path(points), color, **options)

    def arc(
        self, start: Point, end: Point, rise: float, color: str = INK, **options: Any
    ) -> None:
        """Draw an arrow that arches over a distance, ``rise`` inches high."""
        from matplotlib.path import Path

        lift = rise * 4 / 3
        middle = [(start[0], start[1] + lift), (end[0], end[1] + lift)]
        codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
        self._arrow(Path([start, *middle, end], codes), color, **options)

    def gradient(self, *points: Point) -> None:
        """Draw the way of a gradient: dashed and vermilion."""
        self.arrow(*points, color=TARGET, dashed=True)

    def line(self, *points: Point, color: str = INK, width: float = THIN) -> None:
        """Draw a line without an arrowhead."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        path = Path(list(points))
        patch = PathPatch(path, edgecolor=color, fill=False, linewidth=width)
        self.axes.add_patch(patch)

    def _node(
        self, shape: Patch, node: Node, text: str, color: str, **options: Any
    ) -> Node:
        """Put a shape on the sheet with its text in the middle."""
        shape.set(facecolor=(color, _TINT), edgecolor=color, linewidth=1.4)
        self.axes.add_patch(shape)
        self.write(node.x, node.y, text, **options)
        return node

    def _arrow(
        self, path: Path, color: str, width: float = THIN, dashed: bool = False
    ) -> None:
        """Put an arrow on the sheet that follows a path."""
        from matplotlib.patches import FancyArrowPatch

        style = "-|>,head_width=2.6,head_length=5"
        patch = FancyArrowPatch(path=path, arrowstyle=style, color=color)
        patch.set(linewidth=width, linestyle=(0, (3.5, 1.8)) if dashed else "-")
        self.axes.add_patch(patch)


def at_most(name: str, value: int, most: int) -> int:
    """Return ``value`` if it does not exceed ``most``.

    Args:
        name: What the caller calls the argument.
        value: Its value.
        most: The largest value for which the diagram is legible.

    Raises:
        ValueError: If it does.
    """
    if value > most:
        raise ValueError(
            f"{name} must be at most {most} for the diagram to be legible, but "
            f"{value} was given."
        )
    return value


def _rounded_path(points: tuple[Point, ...]) -> Path:
    """Return the path through ``points`` with its corners cut by short curves."""
    from matplotlib.path import Path

    vertices, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        vertices += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, points[-1]], [*codes, Path.LINETO])


def _towards(corner: Point, other: Point) -> Point:
    """Return the point at which the curve around ``corner`` begins or ends."""
    across, up = other[0] - corner[0], other[1] - corner[1]
    distance = float((across**2 + up**2) ** 0.5)
    share = min(0.5, _CORNER / distance)
    return corner[0] + share * across, corner[1] + share * up
