"""The measured figures of the theory chapter; its drawings stand in ``diagrams``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from unrolled.validation import Array
from unrolled.views.figures.style import (
    DASHES,
    INPUT,
    MARKERS,
    MUTED,
    ORANGE,
    PREDICTION,
    PURPLE,
    TARGET,
    Drawing,
    canvas,
    course_look,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = (INPUT, TARGET, PREDICTION, ORANGE, PURPLE, MUTED)

# A net that several figures show has the same place in colours, dashes and markers in
# all of them. Other curves take the places that are left, in their order.
OWN_PLACES = {
    "ρ = 0.9": 0,
    "orthogonal": 0,  # the same linear net in another figure
    "tanh, ρ = 0.9, drive 0.5": 0,
    "tanh, ρ = 0.9, firm drive": 0,
    "LSTM, forget bias 1": 1,
    "tanh, ρ = 1.0, gentle drive": 2,
    "LSTM, forget bias 3": 3,
    "LSTM, forget bias 3, W_hh = 0": 4,
    "LSTM, forget bias 0": 5,
}


@course_look
def gradient_reach(
    curves: Mapping[str, Array],
    title: str = "",
    bounds: Mapping[str, Array] | None = None,
    floor: float = 1e-8,
) -> Drawing:
    """Draw how long a gradient is after ``k`` steps back.

    Args:
        curves: For each name, the norms after ``k = 0 .. T`` steps, relative to the
            start; pure numbers.
        title: What the figure shows, in a few words.
        bounds: Curves that no gradient may pass; drawn thin and grey.
        floor: The lowest value shown.
    """
    figure, axes = canvas(3.4)
    for name, values in (bounds or {}).items():
        axes.semilogy(values, color=MUTED, linewidth=1.2, linestyle=":", label=name)
    _lines(axes, curves, start=0)
    axes.axhline(1.0, color=MUTED, linewidth=0.8)
    shown = {**curves, **(bounds or {})}
    highest = max(float(np.max(values)) for values in shown.values())
    axes.set_ylim(floor, max(10.0, 3 * highest))
    axes.set_xlabel("steps back $k$")
    axes.set_ylabel("gradient norm, relative")
    axes.legend(loc="lower left")
    return Drawing(figure, title or "gradient norm over steps back")


@course_look
def truncation(last: Mapping[str, Array], every: Mapping[str, Array]) -> Drawing:
    """Draw the relative error of the truncated gradient against the window.

    Args:
        last: For each name, the error for windows ``1 .. T`` where the loss judges the
            last step; pure numbers.
        every: The same where the loss judges every step.
    """
    figure, (upper, lower) = canvas(6.6, rows=2, sharex=True)
    for axes, curves, title in (
        (upper, last, "loss at the last step"),
        (lower, every, "loss at every step"),
    ):
        _lines(axes, curves, start=1)
        axes.set_yscale("linear")
        axes.set_xscale("log")
        axes.set_ylim(0, 1.02)
        axes.set_ylabel("relative error")
        axes.set_title(title)
    ticks = [1, 2, 5, 10, 20, 50, 100]
    lower.set_xticks(ticks, [str(tick) for tick in ticks])
    lower.minorticks_off()
    lower.set_xlabel("window, in steps")
    figure.legend(*lower.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    return Drawing(figure, "error of the truncated gradient over the window")


def _lines(axes: Axes, curves: Mapping[str, Array], start: int) -> None:
    """Draw curves that differ in colour, dashes and markers."""
    for i, (name, values) in zip(_places(curves), curves.items(), strict=True):
        at = np.arange(start, start + len(values))
        axes.semilogy(
            at,
            values,
            color=_COLORS[i % len(_COLORS)],
            linestyle=DASHES[i % len(DASHES)],
            marker=MARKERS[i % len(MARKERS)],
            markevery=_spread(len(values), i),
            markersize=5,
            label=name,
        )


def _places(names: Collection[str]) -> list[int]:
    """Return each curve's place in the palette: its own, or else a free one."""
    owned = {OWN_PLACES[name] for name in names if name in OWN_PLACES}
    free = (place for place in count() if place not in owned)
    places: list[int] = []
    for name in names:
        own = OWN_PLACES.get(name)
        places.append(next(free) if own is None or own in places else own)
    return places


def _spread(length: int, offset: int) -> list[int]:
    """Return a few positions for markers, shifted so that curves do not hide them."""
    marks = np.unique(np.geomspace(1, length, 7).astype(int) - 1 + 2 * offset)
    return [int(mark) for mark in marks if mark < length]
