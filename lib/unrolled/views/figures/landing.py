"""The three pictures of the course's first page.

Each function draws arrays that somebody else has computed; ``site/draw_landing.py``
computes them and writes the files. Every picture exists in two versions, one for a
light page and one for a dark page, so its colours are not the look's but an ink's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from unrolled.validation import Array
from unrolled.views.figures.style import Drawing, canvas, course_look, halo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONT_SIZE = 10.5


@dataclass(frozen=True)
class Ink:
    """The colours of one version of a picture.

    Attributes:
        text: Lines and letters.
        faint: Helping lines and letters of less importance.
        paper: The page behind the picture; only halos around letters are drawn in it.
        input: What goes into the net.
        state: What the net keeps.
        output: What the net says.
    """

    text: str
    faint: str
    paper: str
    input: str
    state: str
    output: str


LIGHT = Ink("#1f2328", "#5c6370", "#ffffff", "#0072B2", "#B34700", "#00795A")
DARK = Ink("#e8e6e3", "#a3a8b0", "#14181e", "#56B4E9", "#E69F00", "#2BC49A")


@course_look
def unrolled_net(
    inputs: Array, states: Array, outputs: Array, ink: Ink = LIGHT
) -> Drawing:
    """Draw the folded net beside the same net unrolled, with its numbers.

    Args:
        inputs: One number for each step, shape ``(T,)``.
        states: The states from ``h_0`` on, shape ``(T + 1, H)``.
        outputs: One number for each step, shape ``(T,)``.
        ink: The colours to draw with.
    """
    steps = len(inputs)
    figure, axes = canvas(3.2, width=5.4)
    figure.set_layout_engine("none")
    axes.set_position((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(-1.2, 1.9 + 1.98 * steps)
    axes.set_ylim(-1.62, 1.62)
    _cell(axes, -0.75, ink)
    _flow(axes, -0.75, "$x_t$", "$o_t$", ink)
    _arrow(axes, (-0.41, 0.2), (-0.41, -0.2), ink.state, bend=-1.9)
    _write(axes, -0.08, 0.42, "$h_t$", ink.state)
    _write(axes, 0.42, 0, "=", ink.text, size=19)
    _write(axes, 1.1, 0, _column("h_0", states[0]), ink.state)
    for t in range(1, steps + 1):
        centre = 0.1 + 1.98 * t
        _arrow(axes, (centre - 0.69, 0), (centre - 0.38, 0), ink.state)
        _cell(axes, centre, ink)
        _flow(
            axes,
            centre,
            f"$x_{t}$ = {inputs[t - 1]:g}",
            f"$o_{t}$ = {outputs[t - 1]:.2f}",
            ink,
        )
        _arrow(axes, (centre + 0.38, 0), (centre + 0.69, 0), ink.state)
        _write(axes, centre + 1.0, 0, _column(f"h_{t}", states[t]), ink.state)
    return Drawing(figure, "a recurrent net, folded and unrolled")


@course_look
def cost_landscape(
    w_x: Array, w_rec: Array, costs: Array, path: Array, ink: Ink = LIGHT
) -> Drawing:
    """Draw the cost of the net with two weights, and the way down to its minimum.

    Args:
        w_x: Input weights, shape ``(N,)``.
        w_rec: Recurrent weights, shape ``(M,)``.
        costs: Shape ``(M, N)``.
        path: The weights ``(w_x, w_rec)`` from the first to the last, shape ``(S, 2)``.
        ink: The colours to draw with.
    """
    figure, axes = canvas(3.9, width=5.2)
    _frame(axes, ink)
    axes.grid(False)
    heights = np.log10(costs + 1)
    levels = np.arange(0.0, np.ceil(heights.max() * 2) / 2 + 0.25, 0.5)
    surface = axes.contourf(w_x, w_rec, heights, levels, cmap="cividis")
    bar = figure.colorbar(surface, ax=axes, ticks=levels[::4])
    bar.ax.set_yticklabels([f"$10^{{{level:.0f}}}$" for level in levels[::4]])
    bar.ax.tick_params(colors=ink.text, labelsize=FONT_SIZE)
    bar.set_label("cost + 1", color=ink.text, fontsize=FONT_SIZE)
    bar.outline.set_edgecolor(ink.faint)
    axes.plot(*path.T, color="black", linewidth=3.6)
    axes.plot(*path.T, color="white", linewidth=1.8)
    _mark(axes, path[0], "o", "start", (0, 9))
    arrived = f"after {len(path) - 1} steps:\n$w_x$ = {path[-1, 0]:.4f}"
    arrived += f"\n$w_{{\\mathrm{{rec}}}}$ = {path[-1, 1]:.4f}"
    _mark(axes, path[-1], "*", arrived, (-30, -76))
    axes.set_xlabel("input weight $w_x$", color=ink.text, fontsize=FONT_SIZE)
    upward = "recurrent weight $w_{\\mathrm{rec}}$"
    axes.set_ylabel(upward, color=ink.text, fontsize=FONT_SIZE)
    return Drawing(figure, "the cost of the net with two weights")


@course_look
def gradient_reach(
    norms: Array, radii: Array, remembered: Array, ink: Ink = LIGHT
) -> Drawing:
    """Draw how much of a gradient arrives, the further back in time it goes.

    Args:
        norms: Norm of the gradient after 0, 1, 2, ... steps back, one row for each
            recurrent matrix, shape ``(R, K + 1)``, relative to its start.
        radii: Spectral radius of each matrix, shape ``(R,)``.
        remembered: The same for an LSTM whose forget gate is open, shape ``(K + 1,)``.
        ink: The colours to draw with.
    """
    figure, axes = canvas(3.9, width=5.2)
    _frame(axes, ink)
    back = np.arange(norms.shape[1], dtype=np.float64)
    dashes = ("-", (0, (6, 2)), (0, (2, 2)))
    for norm, radius, dash in zip(norms, radii, dashes, strict=True):
        axes.plot(back, norm, color=ink.state, linestyle=dash, linewidth=2.2)
        word = f"radius {radius:g}:  × {_power(norm[-1])}"
        _name(axes, back, norm, word, ink.state, ink, below=radius < 1)
    axes.plot(
        back, remembered, color=ink.output, linewidth=2.2, marker="o", markevery=20
    )
    word = f"LSTM, gate open:  × {remembered[-1]:.2g}"
    _name(axes, back, remembered, word, ink.output, ink, below=True)
    axes.set_yscale("log")
    axes.set_xlim(0, back[-1])
    axes.set_ylim(norms.min() / 20, norms.max() * 20)
    axes.set_xlabel("steps back in time", color=ink.text, fontsize=FONT_SIZE)
    axes.set_ylabel("gradient that arrives", color=ink.text, fontsize=FONT_SIZE)
    return Drawing(figure, "gradient norm over steps back")


def _frame(axes: Axes, ink: Ink) -> None:
    """Give the axes a quiet frame in the colours of the page."""
    axes.tick_params(colors=ink.text, labelsize=FONT_SIZE)
    for side in axes.spines.values():
        side.set_color(ink.faint)


def _cell(axes: Axes, x: float, ink: Ink) -> None:
    """Draw the box that stands for one application of the cell."""
    from matplotlib.patches import FancyBboxPatch

    box = FancyBboxPatch(
        (x - 0.27, -0.27),
        0.54,
        0.54,
        boxstyle="round,pad=0.06",
        facecolor=ink.paper,
        edgecolor=ink.text,
        linewidth=1.6,
    )
    axes.add_patch(box)
    _write(axes, x, 0, "tanh", ink.text)


def _flow(axes: Axes, x: float, below: str, above: str, ink: Ink) -> None:
    """Draw the input that enters a cell from below and the output that leaves it."""
    _write(axes, x, -1.32, below, ink.input)
    _arrow(axes, (x, -1.06), (x, -0.36), ink.input)
    _arrow(axes, (x, 0.36), (x, 1.06), ink.output)
    _write(axes, x, 1.32, above, ink.output)


def _arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    bend: float = 0.0,
) -> None:
    """Draw an arrow: straight, or bent by so many times its length."""
    from matplotlib.patches import FancyArrowPatch

    arrow = FancyArrowPatch(
        start,
        end,
        connectionstyle=f"arc3,rad={bend}",
        arrowstyle="-|>,head_width=3,head_length=5",
        color=colour,
        linewidth=1.8,
        shrinkA=0,
        shrinkB=0,
    )
    axes.add_patch(arrow)


def _write(
    axes: Axes, x: float, y: float, text: str, colour: str, size: float = FONT_SIZE
) -> None:
    """Write text centred at a point."""
    axes.text(x, y, text, color=colour, fontsize=size, ha="center", va="center")


def _column(name: str, state: Array) -> str:
    """Write a state as its name above its numbers."""
    return "\n".join([f"${name}$", *(f"{number:.2f}" for number in state)])


def _mark(
    axes: Axes, point: Array, marker: str, text: str, offset: tuple[float, float]
) -> None:
    """Mark a point of a coloured surface and name it, legible on any colour."""
    size = 15 if marker == "*" else 8
    axes.plot(
        *point,
        marker=marker,
        markersize=size,
        markerfacecolor="white",
        markeredgecolor="black",
    )
    axes.annotate(
        text,
        (float(point[0]), float(point[1])),
        xytext=offset,
        textcoords="offset points",
        color="white",
        fontsize=FONT_SIZE,
        ha="center" if offset[0] == 0 else "left",
        path_effects=halo(3, "black"),
    )


def _name(
    axes: Axes,
    back: Array,
    norm: Array,
    text: str,
    colour: str,
    ink: Ink,
    below: bool,
) -> None:
    """Name a curve at its right end, above it or below it."""
    axes.annotate(
        text,
        (float(back[-1]), float(norm[-1])),
        xytext=(-6, -7 if below else 5),
        textcoords="offset points",
        color=colour,
        fontsize=FONT_SIZE,
        ha="right",
        va="top" if below else "bottom",
        path_effects=halo(3, ink.paper),
    )


def _power(number: float) -> str:
    """Write a number near 1 as it is and any other as a power of ten."""
    if 0.1 <= number < 10:
        return f"{number:.3g}"
    mantissa, exponent = f"{number:.1e}".split("e")
    return f"{mantissa} × $10^{{{int(exponent)}}}$"
