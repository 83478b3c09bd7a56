"""The figures of the chapter on the echo net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from unrolled.validation import Array, finite_array
from unrolled.views.figures.style import (
    DASHES,
    INK,
    INPUT,
    MARKERS,
    MUTED,
    ORANGE,
    PREDICTION,
    PURPLE,
    SKY,
    TARGET,
    Drawing,
    canvas,
    course_look,
    label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHANCE = float(np.log(2))
"""The loss of a fair guess between two classes, in nats."""

MOST_CELLS = 16
"""Bits of a row that fit a page."""

COLOURS = (INPUT, TARGET, PREDICTION, PURPLE, ORANGE, SKY)


@course_look
def rows_and_window(bits: Array, window: int, place: int) -> Drawing:
    """Draw how a series becomes rows, and the window that walks along them.

    Args:
        bits: The rows, shape ``(B, L)``, with at most ``MOST_CELLS`` columns.
        window: Steps in a window, ``T``.
        place: The number of the window, from 0.
    """
    rows = finite_array("bits", bits, "B, L")
    count, length = rows.shape
    figure, axes = canvas(0.55 * count + 1.0)
    for row, column in np.ndindex(rows.shape):
        _cell(axes, column, row, float(rows[row, column]))
        flat = row * length + column + 1
        shade = "white" if rows[row, column] else MUTED
        axes.text(column, row + 0.34, str(flat), fontsize=6.5, ha="center", color=shade)
    for row in range(count - 1):
        _turn(axes, length, row)
    left = place * window - 0.5
    _frame(axes, left, -0.55, window, count + 0.05, INK, "-")
    axes.annotate(
        "state goes on,\nrow by row",
        xy=(left + window + 1.1, count - 0.62),
        xytext=(left + window + 0.4, count + 0.35),
        fontsize=8.5,
        va="center",
        arrowprops={"arrowstyle": "->", "color": INK},
    )
    axes.text(left, -0.85, f"window {place + 1}", fontsize=9, color=INK)
    axes.set(xlim=(-0.8, length + 0.6), ylim=(count + 0.8, -1.2), aspect="equal")
    axes.axis("off")
    return Drawing(figure, "a series cut into rows, read window by window")


@course_look
def pulse_and_windows(length: int, delay: int, window: int) -> Drawing:
    """Draw one pulse, its echo, and windows, side by side, that hold only one of them.

    Args:
        length: Steps to draw.
        delay: Steps from the pulse to its echo.
        window: Steps in a window; windows stand side by side.
    """
    figure, axes = canvas(2.3)
    pulse = 2
    for row, (name, place) in enumerate((("input", pulse), ("target", pulse + delay))):
        for t in range(1, length + 1):
            _cell(axes, t, row, float(t == place), (INPUT, TARGET)[row])
        axes.text(0.2, row, name, ha="right", va="center", color=(INPUT, TARGET)[row])
    axes.annotate(
        "",
        *((pulse + delay, 0.62), (pulse, 0.38)),
        arrowprops={"arrowstyle": "->", "color": INK, "ls": "--"},
    )
    for number, start in enumerate(range(1, length - window + 2, window)):
        _frame(axes, start - 0.5, -0.55, window, 2.1, INK, DASHES[number % 2])
        axes.text(start - 0.4, -0.75, f"window {number + 1}", fontsize=9)
    for t in range(1, length + 1):
        axes.text(t, 1.95, str(t), fontsize=8, ha="center", color=MUTED)
    axes.text(0.2, 1.95, "step $t$", fontsize=8, ha="right", color=MUTED)
    axes.set(xlim=(-1.2, length + 0.7), ylim=(2.2, -1.2), aspect="equal")
    axes.axis("off")
    return Drawing(figure, "a pulse and its echo in different windows")


@course_look
def spikes(losses: Array, per_epoch: int, floors: Mapping[str, float]) -> Drawing:
    """Draw the losses around the beginning of epochs, and what they can at best be.

    Args:
        losses: Of every window, shape ``(n,)``.
        per_epoch: Windows in an epoch.
        floors: Levels by name, drawn as lines.
    """
    figure, axes = canvas(4.2)
    windows = np.arange(1, len(losses) + 1)
    axes.semilogy(windows, losses, color=INPUT, linewidth=0.8)
    first = np.arange(0, len(losses), per_epoch)
    axes.plot(first + 1, losses[first], "o", color=INPUT, markersize=5, mfc="white")
    for (name, level), colour, dash in zip(
        floors.items(), (TARGET, PREDICTION, PURPLE), DASHES[1:], strict=False
    ):
        axes.axhline(level, color=colour, ls=dash, label=f"{name}: {level:.3f}")
    axes.axhline(CHANCE, color=MUTED, linewidth=1, ls=":", label="chance: 0.693")
    axes.set(xlabel="window", ylabel="loss (nats)")
    figure.legend(loc="outside upper left")
    return Drawing(figure, "the loss at the beginning of epochs")


@course_look
def window_map(
    delays: Sequence[int], widths: Sequence[int], maps: Mapping[str, Array]
) -> Drawing:
    """Draw which widths of the window learn which delays.

    Args:
        delays: The rows.
        widths: The columns.
        maps: By title, the share of bits told right, shape ``(delays, widths)``.
    """
    figure, panels = canvas(2.75 * len(maps) + 0.3, rows=len(maps))
    for axes, (title, shares) in zip(np.atleast_1d(panels), maps.items(), strict=True):
        axes.imshow(shares, vmin=0.5, vmax=1.0, cmap="cividis", aspect="auto")
        for row, column in np.ndindex(*np.shape(shares)):
            share = shares[row, column]
            ink = "white" if share < 0.8 else INK
            axes.text(column, row, f"{share:.2f}", color=ink, fontsize=8.5,
                      ha="center", va="center")  # fmt: skip
        _staircase(axes, delays, widths)
        axes.set_xticks(range(len(widths)), [str(width) for width in widths])
        axes.set_yticks(range(len(delays)), [str(delay) for delay in delays])
        axes.set(xlabel="width of the window $T$", ylabel="delay")
        axes.set_title(title)
        axes.grid(visible=False)
    return Drawing(figure, "which windows learn which delays")


@course_look
def memory_left(delays: Sequence[int], shares: Mapping[str, Array]) -> Drawing:
    """Draw what share of bits is told right at each delay, in several ways.

    Args:
        delays: Of the echo.
        shares: By name, of several nets, shape ``(delays, nets)``.
    """
    figure, axes = canvas(4.2)
    looks = zip(shares.items(), COLOURS, MARKERS, DASHES, strict=False)
    for k, ((name, values), colour, marker, dash) in enumerate(looks):
        middle = np.mean(values, axis=1)
        reach = np.abs(np.array([values.min(axis=1), values.max(axis=1)]) - middle)
        beside = np.asarray(delays) + 0.07 * (k - (len(shares) - 1) / 2)
        axes.errorbar(beside, middle, reach, color=colour, marker=marker, ls=dash,
                      elinewidth=0.8, capsize=2, label=name)  # fmt: skip
    axes.axhline(0.5, color=MUTED, linewidth=1, ls=":")
    axes.text(delays[0], 0.505, "guessing", color=MUTED, fontsize=9, va="bottom")
    axes.set(xlabel="delay", ylabel="share of bits told right", ylim=(0.46, 1.03))
    axes.locator_params(axis="x", integer=True)
    figure.legend(loc="outside upper left")
    return Drawing(figure, "memory with and without a gradient")


@course_look
def luck(windows: Array, losses: Mapping[str, Array]) -> Drawing:
    """Draw the losses of many nets for several ways to draw the first weights.

    Args:
        windows: Where the losses were taken, shape ``(n,)``.
        losses: By name, shape ``(n, nets)``.
    """
    figure, panels = canvas(5.6, rows=len(losses), sharex=True, sharey=True)
    for axes, (name, curves), colour in zip(
        np.atleast_1d(panels), losses.items(), (TARGET, PREDICTION), strict=False
    ):
        axes.semilogy(windows, curves, color=colour, linewidth=0.7, alpha=0.55)
        axes.axhline(CHANCE, color=MUTED, linewidth=1, ls=":")
        axes.text(windows[-1], CHANCE * 1.12, "chance", color=MUTED, ha="right")
        axes.set(ylabel="loss (nats)", ylim=(2e-4, 1.6))
        axes.set_title(name)
    np.atleast_1d(panels)[-1].set(xlabel="window")
    return Drawing(figure, "many nets, two ways to draw their first weights")


@course_look
def probes(
    shares: Mapping[str, Array], traces: Mapping[str, Array], delay: int
) -> Drawing:
    """Draw which past inputs a state holds: what a readout tells, how far they move it.

    Args:
        shares: By name, the share of bits told right at lag 0, 1, ..; ``(lags,)``.
        traces: By the same names, how far a bit moves the state; ``(lags,)``.
        delay: The lag that the net was trained to tell.
    """
    figure, (upper, lower) = canvas(5.4, rows=2, sharex=True)
    looks = zip(shares, COLOURS, MARKERS, DASHES, strict=False)
    for name, colour, marker, dash in looks:
        look = {"color": colour, "marker": marker, "ls": dash}
        upper.plot(np.arange(len(shares[name])), shares[name], label=name, **look)
        lower.semilogy(np.arange(len(traces[name])), traces[name], **look)
    for axes in (upper, lower):
        axes.axvline(delay, color=MUTED, linewidth=1, ls=":")
    upper.text(delay + 0.9, 0.97, "the bit that it is\ntrained to tell", color=MUTED,
               fontsize=9, va="top")  # fmt: skip
    upper.axhline(0.5, color=MUTED, linewidth=1, ls=":")
    upper.set(ylabel="share of bits told right", ylim=(0.46, 1.03))
    lower.set(xlabel="lag: steps since the bit came in", ylabel="trace in the state")
    figure.legend(loc="outside upper left", ncols=2)
    return Drawing(figure, "which past bits the state holds")


@course_look
def state_space(states: Array, recent: Array) -> Drawing:
    """Draw the states in the plane in which they spread most.

    Args:
        states: Shape ``(N, H)``, at least two units.
        recent: The bits ``x_t, x_{t-1}, x_{t-2}, x_{t-3}`` of each state, ``(N, 4)``.
    """
    figure, axes = canvas(4.6)
    centred = states - states.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    flips = np.sign(directions[np.arange(2), np.abs(directions[:2]).argmax(axis=1)])
    plane = centred @ (directions[:2] * flips[:, None]).T
    for value, colour, marker in ((0, INPUT, "o"), (1, TARGET, "^")):
        chosen = recent[:, -1] == value
        axes.plot(*plane[chosen].T, marker, color=colour, markersize=4, alpha=0.35,
                  label=f"the bit of 3 steps before is {value}")  # fmt: skip
    for pattern in np.unique(recent, axis=0):
        spot = plane[(recent == pattern).all(axis=1)].mean(axis=0)
        word = "".join(str(int(bit)) for bit in pattern[::-1])
        label(axes, spot[0], spot[1], word, INK, offset=(5, 5), fontsize=8)
    axes.set(xlabel="first direction", ylabel="second direction")
    axes.margins(0.1)
    figure.legend(loc="outside upper left", markerscale=1.5)
    return Drawing(figure, "the states of a trained net")


@course_look
def units_needed(delays: Sequence[int], units: Sequence[int], shares: Array) -> Drawing:
    """Draw in how many of several runs a net of some size learns a delay.

    Args:
        delays: The rows.
        units: The columns.
        shares: The share of runs that learn it, shape ``(delays, units)``.
    """
    figure, axes = canvas(3.4)
    axes.imshow(shares, vmin=0, vmax=1, cmap="cividis", aspect="auto")
    for row, column in np.ndindex(*np.shape(shares)):
        ink = "white" if shares[row, column] < 0.6 else INK
        axes.text(column, row, f"{shares[row, column]:.2f}", color=ink, fontsize=9,
                  ha="center", va="center")  # fmt: skip
    _staircase(axes, [delay + 1 for delay in delays], [size + 1 for size in units])
    axes.set_xticks(range(len(units)), [str(size) for size in units])
    axes.set_yticks(range(len(delays)), [str(delay) for delay in delays])
    axes.set(xlabel="hidden units $H$", ylabel="delay")
    axes.grid(visible=False)
    return Drawing(figure, "how many units an echo takes")


def _cell(axes: Axes, x: float, y: float, bit: float, colour: str = INPUT) -> None:
    """Draw a bit: a filled square for 1, an open one for 0, with its digit."""
    from matplotlib.patches import Rectangle

    square = Rectangle((x - 0.4, y - 0.4), 0.8, 0.8, linewidth=1, edgecolor=colour,
                       facecolor=colour if bit else "none")  # fmt: skip
    axes.add_patch(square)
    axes.text(x, y - 0.04, f"{bit:.0f}", ha="center", va="center", fontsize=9,
              color="white" if bit else INK)  # fmt: skip


def _frame(
    axes: Axes, x: float, y: float, width: float, height: float, colour: str, dash: Any
) -> None:
    """Draw the outline of a window."""
    from matplotlib.patches import Rectangle

    outline = Rectangle((x, y), width, height, linewidth=1.8, edgecolor=colour, ls=dash,
                        facecolor="none", zorder=3)  # fmt: skip
    axes.add_patch(outline)


def _turn(axes: Axes, length: int, row: int) -> None:
    """Draw that the end of a row goes on at the beginning of the next."""
    axes.plot([length - 0.45, length - 0.1, length - 0.1], [row, row, row + 0.5],
              color=MUTED, linewidth=1)  # fmt: skip
    axes.plot([length - 0.1, -0.7, -0.7], [row + 0.5] * 2 + [row + 0.95], color=MUTED,
              linewidth=1, ls=":")  # fmt: skip
    axes.annotate("", (-0.42, row + 1), (-0.72, row + 1),
                  arrowprops={"arrowstyle": "->", "color": MUTED})  # fmt: skip


def _staircase(axes: Axes, delays: Sequence[int], widths: Sequence[int]) -> None:
    """Draw the border between windows that hold both ends of an echo and others."""
    borders = [sum(width <= delay for width in widths) - 0.5 for delay in delays]
    xs, ys = [], []
    for row, border in enumerate(borders):
        xs += [border, border]
        ys += [row - 0.5, row + 0.5]
    axes.plot(xs, ys, color=TARGET, linewidth=2.5)
