"""What the curves of several chapters share: their looks, the numbers of an axis."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from unrolled.views.figures.diagrams_parts import at_most
from unrolled.views.figures.style import (
    DASHES,
    INPUT,
    MARKERS,
    ORANGE,
    PREDICTION,
    PURPLE,
    SKY,
    TARGET,
)

if TYPE_CHECKING:
    from matplotlib.axis import Axis

COLOURS = (INPUT, TARGET, PREDICTION, PURPLE, ORANGE, SKY)


def looks(curves: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return how the curves of a figure look; no two of them share anything."""
    drawn = zip(COLOURS, MARKERS, DASHES, strict=True)
    many = at_most("the number of curves", len(curves), len(COLOURS))
    return [
        {"color": colour, "marker": marker, "linestyle": dash, "markersize": 5}
        for colour, marker, dash in islice(drawn, many)
    ]


def plain_numbers(axis: Axis, base: float = 10) -> None:
    """Write the numbers of a logarithmic axis as they are: 20, not 2 times 10."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    low, high = axis.get_view_interval()
    subs: tuple[float, ...] = (1.0,)
    if base == 10 and high < 12 * low:
        subs = 1.0, 1.5, 2.0, 3.0, 5.0, 7.0
    elif base == 10 and high < 400 * low:
        subs = 1.0, 2.0, 5.0
    axis.set_major_locator(LogLocator(base, subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.set_minor_locator(NullLocator())
