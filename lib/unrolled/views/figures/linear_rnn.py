"""The figures of the chapter on the linear net with two weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from unrolled.validation import Array
from unrolled.views.figures.style import (
    DASHES,
    INK,
    INPUT,
    MARKERS,
    MUTED,
    PREDICTION,
    PURPLE,
    SKY,
    TARGET,
    Drawing,
    canvas,
    course_look,
    halo,
    label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.path import Path

COLOURS = (INPUT, TARGET, PREDICTION, PURPLE, INK, SKY)

# Of the pairs in the figure of the states the third, (1, 0.5), is the fifth of those in
# the figure of the gradients through time: one pair, one look.
_STATES_PLACES = (1, 2, 4, 0, 3, 5)

LEVELS = np.logspace(-0.2, 8, 30)
"""Thirty levels of cost + 1, from just below the least possible value on."""

MOST_DOTS = 600
"""A path with more points than this is drawn without a dot at each of them."""

Surface = tuple[Array, Array, Array]
"""``w_x`` of shape (N,), ``w_rec`` of shape (M,) and the costs of shape (M, N)."""


@course_look
def counting_states(bits: Array, runs: Mapping[str, Array]) -> Drawing:
    """Draw how the state moves through one sequence for several pairs of weights.

    Args:
        bits: Zeros and ones, shape ``(T,)``.
        runs: States ``h_0 .. h_T`` of shape ``(T + 1,)`` by the name of the weights.
    """
    figure, axes = canvas(3.6)
    steps = np.arange(len(bits) + 1)
    for (name, states), place in zip(runs.items(), _STATES_PLACES, strict=False):
        colour, marker, dash = COLOURS[place], MARKERS[place], DASHES[place]
        axes.plot(steps, states, color=colour, marker=marker, ls=dash, markersize=5)
        label(axes, steps[-1], states[-1], name, colour, offset=(8, 0))
    ones = np.flatnonzero(bits) + 1
    axes.plot(ones, np.full(len(ones), -0.7), "o", color=INPUT, clip_on=False)
    zeros = np.flatnonzero(bits == 0) + 1
    axes.plot(zeros, np.full(len(zeros), -0.7), "o", color=INPUT, mfc="none")
    label(axes, steps[-1], -0.7, "input: ● 1, ○ 0", INPUT, offset=(8, 0))
    axes.set(xlabel="time step $t$", ylabel="state $h_t$ (ones)")
    axes.set_ylim(bottom=-1.1)
    axes.locator_params(axis="x", integer=True)
    return Drawing(figure, "the state through one sequence")


@course_look
def check_errors(widths: Array, errors: Mapping[str, Array]) -> Drawing:
    """Draw the error of a gradient check against the width of the difference.

    Args:
        widths: The half widths epsilon, shape ``(E,)``.
        errors: Relative errors of shape ``(E,)`` by the name of the weight.
    """
    figure, axes = canvas(3.9)
    for (name, error), colour, marker, dash in zip(
        errors.items(), (INPUT, TARGET), MARKERS, DASHES, strict=False
    ):
        axes.loglog(widths, error, color=colour, marker=marker, ls=dash, label=name)
    axes.axvline(1e-7, color=MUTED, linewidth=1, ls=":")
    axes.set_ylim(1e-17, 1e5)
    word, margin = "the check's $10^{-7}$", halo(3, "white")
    axes.text(1.3e-7, 3e3, word, color=MUTED, path_effects=margin)
    axes.text(3e-15, 3e0, "rounding: grows\nas epsilon shrinks", color=INK)
    axes.text(
        3,
        1e-11,
        "the formula's error:\nonly $w_\\mathrm{rec}$, grows\nas epsilon²",
        ha="right",
    )
    axes.set(xlabel="epsilon", ylabel="relative error of the difference")
    axes.legend(loc="lower left")
    return Drawing(figure, "error of the gradient check")


@course_look
def surfaces(
    wide: Surface,
    close: Surface,
    pairs: Sequence[tuple[float, float]] = (),
    path: Array | None = None,
) -> Drawing:
    """Draw the cost over both weights, from afar and from nearby.

    Args:
        wide: The surface from afar.
        close: The surface around the minimum.
        pairs: Pairs ``(w_x, w_rec)`` to mark where they lie inside.
        path: Weights from first to last, shape ``(S, 2)``, drawn on both.
    """
    figure, panels = canvas(8.6, rows=2)
    for axes, surface in zip(panels, (wide, close), strict=True):
        filled = _cost(axes, surface)
        bar = figure.colorbar(filled, ax=axes, ticks=[1, 1e2, 1e4, 1e6, 1e8])
        bar.set_label("cost + 1")
        bar.ax.minorticks_off()
        for pair in pairs:
            _mark_pair(axes, pair)
        if path is not None:
            _mark_path(axes, path)
        axes.set(xlabel="$w_x$", ylabel="$w_\\mathrm{rec}$")
    panels[0].set_title("From afar")
    panels[1].set_title("Around the minimum at (1, 1)")
    return Drawing(figure, "the cost over both weights")


@course_look
def gradients_through_time(
    gradients: Mapping[str, Array], inflated: Array | None = None
) -> Drawing:
    """Draw ``dL/dh_t``, summed over the samples, with time running backwards.

    Args:
        gradients: Shape ``(T + 1,)``, for ``t = 0 .. T``, by the name of the weights.
        inflated: The published curve for the pair ``(1, 2)``.
    """
    figure, axes = canvas(5.2)
    for (name, gradient), colour, marker, dash in zip(
        gradients.items(), COLOURS, MARKERS, DASHES, strict=True
    ):
        time = np.arange(len(gradient))
        axes.plot(time, gradient, color=colour, marker=marker, ls=dash, label=name)
    if inflated is not None:
        word = "(1, 2), as published"
        axes.plot(inflated, color=MUTED, marker="x", ls=":", label=word)
    axes.set_yscale("symlog", linthresh=1e-2, linscale=0.6)
    axes.set_yticks([-1e6, -1e4, -1e2, -1, 0, 1, 1e2, 1e4, 1e6])
    axes.set_ylim(-1e7, 1e8)
    axes.invert_xaxis()
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("time step $t$: the gradient travels to the right, back in time")
    axes.set_ylabel("$\\partial L/\\partial h_t$, summed over samples")
    figure.legend(
        loc="outside lower center",
        ncols=3,
        title="$(w_x, w_\\mathrm{rec})$",
    )
    return Drawing(figure, "the gradient through time")


@course_look
def rprop_history(losses: Array, deltas: Array) -> Drawing:
    """Draw the loss and both step sizes of a run of Rprop.

    Args:
        losses: Shape ``(S + 1,)``.
        deltas: Absolute steps of ``w_x`` and ``w_rec``, shape ``(S, 2)``.
    """
    figure, (above, below) = canvas(5.6, rows=2, sharex=True)
    above.semilogy(losses, color=INK)
    above.set_title("The cost")
    above.set_ylabel("cost $L$ (ones²)")
    for delta, name, colour, dash in zip(
        deltas.T, ("$w_x$", "$w_\\mathrm{rec}$"), (INPUT, TARGET), DASHES, strict=False
    ):
        below.semilogy(np.arange(1, len(delta) + 1), delta, color=colour, ls=dash)
        label(below, len(delta), delta[-1], name, colour)
    below.set_title("The step sizes")
    below.set(xlabel="update", ylabel="step size $\\Delta$")
    return Drawing(figure, "Rprop's cost and step sizes")


@course_look
def race_paths(surface: Surface, paths: Mapping[str, Array]) -> Drawing:
    """Draw the paths of some optimisers on the same surface, two in a row.

    Args:
        surface: The cost over both weights.
        paths: Weights of shape ``(S, 2)`` by the name of the optimiser; an even number.
    """
    rows = len(paths) // 2
    options = {"sharex": True, "sharey": True, "squeeze": False}
    figure, panels = canvas(2.8 * rows, rows=rows, columns=2, **options)
    for axes, (name, path) in zip(panels.flat, paths.items(), strict=True):
        _cost(axes, surface, every=2)
        _mark_path(axes, path, names=False)
        axes.set_title(name)
        axes.set_xlim(surface[0][[0, -1]])
        axes.set_ylim(surface[1][[0, -1]])
    for axes in panels[-1]:
        axes.set_xlabel("$w_x$")
    for axes in panels[:, 0]:
        axes.set_ylabel("$w_\\mathrm{rec}$")
    return Drawing(figure, "optimisers on one surface")


@course_look
def race_losses(losses: Mapping[str, Array], goal: float) -> Drawing:
    """Draw the loss of several optimisers against the number of updates.

    Args:
        losses: Shape ``(S + 1,)`` each, by the name of the optimiser.
        goal: A loss to draw a line at.
    """
    figure, axes = canvas(4.2)
    for (name, loss), colour, marker, dash in zip(
        losses.items(), COLOURS, MARKERS, DASHES, strict=False
    ):
        axes.plot(
            np.arange(1, len(loss) + 1),
            loss,
            color=colour,
            marker=marker,
            markevery=0.12,
            ls=dash,
            label=name,
        )
    axes.axhline(goal, color=MUTED, linewidth=1)
    label(axes, 1, goal, f"goal: {goal:g}", MUTED, offset=(4, 7))
    axes.set(xscale="log", yscale="log", ylim=(1e-9, 3e6))
    axes.set(xlabel="update + 1", ylabel="cost $L$ (ones²)")
    figure.legend(loc="outside lower center", ncols=2)
    return Drawing(figure, "the cost along four runs")


@course_look
def length_errors(
    lengths: Array, predicted: Array, straight: Array, measured: Mapping[int, Array]
) -> Drawing:
    """Draw the mean error of a count against the length of the sequence.

    Args:
        lengths: Shape ``(N,)``.
        predicted: Expected error at each length, shape ``(N,)``.
        straight: The same to first order in the errors of the weights.
        measured: Errors of single sequences by the length of the sequence.
    """
    figure, axes = canvas(4.0)
    axes.plot(lengths, -predicted, color=PREDICTION)
    axes.plot(lengths, -straight, color=MUTED, ls="--")
    label(axes, lengths[-1], -predicted[-1], "exact", PREDICTION)
    label(axes, lengths[-1], -straight[-1], "first\norder", MUTED)
    for length, errors in measured.items():
        ends = -np.percentile(errors, [5, 95])
        axes.plot([length, length], ends, color=TARGET, linewidth=1.4)
        axes.plot(length, -errors.mean(), "o", color=TARGET)
    axes.plot([], [], "o-", color=TARGET, label="measured: mean, 5 to 95 %")
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=1e-2)
    axes.set_yticks([0, 1e-2, 1, 1e2, 1e4, 1e6])
    axes.set_ylim(-1e-2, 4e6)
    axes.set(xlabel="length of the sequence $T$", ylabel="ones missed, $y - o$")
    axes.legend(loc="upper left")
    return Drawing(figure, "error of the count by length")


def _cost(axes: Axes, surface: Surface, every: int = 1) -> ScalarMappable:
    """Fill the axes with the cost + 1 in logarithmic colours; return their scale.

    Each level is painted over the one below it, so that no seams show between them and
    every contour is stored once.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    across, upward, costs = surface
    colours = ScalarMappable(LogNorm(LEVELS[0], LEVELS[-1]), "cividis")
    axes.grid(False)
    axes.set_facecolor(_colour(colours, LEVELS[0]))
    for level in LEVELS[::every]:
        band = axes.contourf(
            across,
            upward,
            costs + 1,
            [level, np.inf],
            colors=[_colour(colours, level)],
        )
        band.set_paths([_lighter(path, across, upward) for path in band.get_paths()])
    axes.set_xlim(float(across[0]), float(across[-1]))
    axes.set_ylim(float(upward[0]), float(upward[-1]))
    axes.locator_params(nbins=5)
    return colours


def _colour(scale: ScalarMappable, level: float) -> str:
    """Return the colour of a level on a scale."""
    from matplotlib.colors import to_hex

    red, green, blue, _ = scale.to_rgba(np.array([level]))[0]
    return to_hex((float(red), float(green), float(blue)))


def _lighter(path: Path, across: Array, upward: Array) -> Path:
    """Drop the points of an outline that lie on a straight line with their neighbours.

    Straight means: to a fifth of a point on axes that are 300 points wide.
    """
    from matplotlib.transforms import Affine2D

    to_points = Affine2D().scale(
        300 / float(across[-1] - across[0]), 300 / float(upward[-1] - upward[0])
    )
    scaled = to_points.transform_path(path)
    scaled.should_simplify, scaled.simplify_threshold = True, 0.2
    light = scaled.cleaned(simplify=True)
    return to_points.inverted().transform_path(light)


def _mark_pair(axes: Axes, pair: tuple[float, float]) -> None:
    """Mark a pair of weights and write its numbers beside it."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    if not (left <= pair[0] <= right and bottom <= pair[1] <= top):
        return
    axes.plot(
        *pair, "D", color="white", markeredgecolor="black", clip_on=False, zorder=5
    )
    far_right = pair[0] > left + 0.85 * (right - left)
    place = {bottom: "bottom", top: "top"}.get(pair[1], "center")
    axes.annotate(
        f"({pair[0]:g}, {pair[1]:g})",
        pair,
        xytext=(-9 if far_right else 9, 0),
        textcoords="offset points",
        ha="right" if far_right else "left",
        va=place,
        color="white",
        path_effects=halo(2.5, "black"),
    )


def _mark_path(axes: Axes, path: Array, names: bool = True) -> None:
    """Draw a path in black on white, with its first and last point."""
    axes.plot(*path.T, color="black", linewidth=3)
    axes.plot(*path.T, color="white", linewidth=1.2)
    least = 0.02 * (axes.get_xlim()[1] - axes.get_xlim()[0])
    if len(path) <= MOST_DOTS:
        axes.plot(*_apart(path, least).T, ".", color="white", markersize=3.5)
    for point, marker, name, size in (
        (path[0], "o", "start", 8),
        (path[-1], "*", "end", 13),
    ):
        inside = all(
            low <= value <= high
            for value, (low, high) in zip(
                point, (axes.get_xlim(), axes.get_ylim()), strict=True
            )
        )
        if not inside:
            continue
        axes.plot(
            *point, marker, color="white", markeredgecolor="black", markersize=size
        )
        if names:
            axes.annotate(
                name,
                (float(point[0]), float(point[1])),
                xytext=(8, 6),
                textcoords="offset points",
                color="white",
                path_effects=halo(2.5, "black"),
            )


def _apart(path: Array, least: float) -> Array:
    """Return the points of a path that are not too close to the one kept before."""
    kept = [path[0]]
    for point in path:
        if np.hypot(*(point - kept[-1])) >= least:
            kept.append(point)
    return np.array(kept)
