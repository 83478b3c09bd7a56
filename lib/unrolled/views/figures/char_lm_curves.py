"""What was measured, in the figures of the character-model chapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, count, finite_array, number
from unrolled.views.figures.curves import looks, plain_numbers
from unrolled.views.figures.style import (
    DASHES,
    INK,
    MUTED,
    Drawing,
    canvas,
    course_look,
    label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MOST_POINTS = 100
"""Of a curve; a longer one is drawn as the median and the reach of stretches."""

_LETTER = 9.5  # size of labels, in points


@course_look
def bits_by_order(
    orders: Sequence[int], bits: Mapping[str, Array], lines: Mapping[str, float]
) -> Drawing:
    """Draw how well counting predicts a held-out text, for each order, beside nets.

    Args:
        orders: Of the n-gram models: one more than the characters of their context.
        bits: By name, bits per character of the held-out text, shape ``(orders,)``.
        lines: By name, bits per character of what has no order, such as nets and the
            uniform guess: horizontal lines, named with their value at the right.
    """
    figure, axes = canvas(3.8)
    for (name, values), look in zip(bits.items(), looks(bits), strict=True):
        axes.plot(orders, values, label=name, **look)
    axes.set(xlabel="order of the n-gram model", ylabel="bits per character")
    axes.locator_params(axis="x", integer=True)
    _levels(figure, axes, lines)
    figure.legend(loc="outside upper left", ncols=2)
    return Drawing(figure, "bits per character of n-gram models and nets")


@course_look
def training_and_held_out(
    epochs: ArrayLike,
    curves: Mapping[str, tuple[Array, Array]],
    best: Mapping[str, int],
    levels: Mapping[str, float],
) -> Drawing:
    """Draw the perplexity of the training text and of the held-out text over a run.

    Args:
        epochs: Shape ``(n,)``.
        curves: By the name of the run, both perplexities, of shape ``(n,)`` each:
            training, dashed with hollow markers, and held out, with full ones.
        best: By the name of the run, the epoch that early stopping keeps. It has a
            ring, and stands in the legend.
        levels: By name, perplexities of counting models and of the uniform guess.

    Raises:
        ValueError: If a best epoch is none of the epochs.
    """
    figure, axes = canvas(4.4)
    at = finite_array("epochs", epochs, "n")
    every = max(1, len(at) // 12)
    for (name, (_, held_out)), look in zip(curves.items(), looks(curves), strict=True):
        word = f"{name}: held out"
        if name in best:
            word += f" (best: {best[name]})"
            axes.plot(best[name], held_out[_place(at, best[name])], "o", **_RING)
        solid = look | {"linestyle": "-", "markevery": every}
        axes.plot(at, held_out, label=word, **solid)
    axes.plot([], [], "o", label="best epoch: early stopping", **_RING)
    for (name, (training, _)), look in zip(curves.items(), looks(curves), strict=True):
        hollow = {"linestyle": "--", "linewidth": 1.1, "mfc": "none"}
        late = {"markevery": (every // 2, every), "label": f"{name}: training"}
        axes.plot(at, training, **(look | hollow | late))
    axes.set(xlabel="epoch", ylabel="perplexity", yscale="log")
    axes.locator_params(axis="x", integer=True)
    _levels(figure, axes, levels)
    plain_numbers(axes.yaxis)
    figure.legend(loc="outside upper left", ncols=2)
    return Drawing(figure, "perplexity of the training and the held-out text")


@course_look
def norms_over_training(
    steps: ArrayLike,
    norms: Mapping[str, Array],
    threshold: float,
    losses: Mapping[str, Array] | None = None,
) -> Drawing:
    """Draw the norm of the gradient over a run, with and without clipping.

    A long curve is drawn as the median of stretches, with a band from the least to the
    greatest value. A curve ends with a cross where its values are no longer finite.

    Args:
        steps: The updates, shape ``(n,)``.
        norms: By the name of the run, the global norm before it is clipped, ``(n,)``.
        threshold: The norm that a clipped gradient does not exceed.
        losses: By the same names, the loss in nats, shape ``(n,)``; drawn below.
    """
    drawn = [norms] if losses is None else [norms, losses]
    figure, panels = canvas(1.4 + 2.2 * len(drawn), rows=len(drawn), sharex=True)
    at = finite_array("steps", steps, "n")
    words = "gradient norm", "loss (nats)"
    for axes, curves, word in zip(np.atleast_1d(panels), drawn, words, strict=False):
        for (name, values), look in zip(curves.items(), looks(curves), strict=True):
            _stretches(axes, at, values, look | {"linestyle": "-", "label": name})
        axes.set(ylabel=word, yscale="log")
    upper, lower = np.atleast_1d(panels)[[0, -1]]
    if not all(np.isfinite(v[-1]) for curves in drawn for v in curves.values()):
        upper.plot([], [], label="no longer finite", **_CROSS)
    _levels(figure, upper, {r"threshold $\kappa$": threshold})
    for axes in np.atleast_1d(panels):
        plain_numbers(axes.yaxis)
    lower.set_xlabel("update")
    lower.xaxis.set_major_formatter("{x:,.0f}")
    figure.legend(*upper.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return Drawing(figure, "the norm of the gradient with and without clipping")


@course_look
def loss_by_context(
    lengths: ArrayLike, bits: Mapping[str, Array], ngrams: Mapping[int, float]
) -> Drawing:
    """Draw how well a net predicts that sees only the last characters.

    Args:
        lengths: How many characters it sees, at least 1 each, shape ``(n,)``.
        bits: By the name of the net, bits per character, shape ``(n,)``.
        ngrams: By their order, at least 2, bits per character of n-gram models, for
            comparison; a model of order n sees n - 1 characters. Each is a cross, with
            its order beside it.

    Raises:
        ValueError: If a length or an order is too small for a logarithmic axis.
    """
    figure, axes = canvas(4.0)
    at = finite_array("lengths", lengths, "n")
    number("the smallest of lengths", float(at.min()), at_least=1)
    for (name, values), look in zip(bits.items(), looks(bits), strict=True):
        axes.plot(at, values, label=name, **look)
    seen = [count("an order of ngrams", order, at_least=2) - 1 for order in ngrams]
    crosses: dict[str, Any] = {"linestyle": ":", "linewidth": 1.1, "zorder": 3}
    axes.plot(seen, list(ngrams.values()), color=INK, marker="x", markersize=6, mew=1.6,
              label="n-gram model, with its n", **crosses)  # fmt: skip
    for length, (order, value) in zip(seen, ngrams.items(), strict=True):
        label(axes, length, value, str(order), INK, offset=(-4, -10), ha="center")
    axes.set_xscale("log", base=2)
    plain_numbers(axes.xaxis, base=2)
    axes.set(xlabel="characters seen", ylabel="bits per character")
    figure.legend(loc="outside upper left", ncols=2)
    return Drawing(figure, "bits per character by the length of the context")


@course_look
def two_samplings_curves(
    epochs: ArrayLike, perplexities: Mapping[str, Array], levels: Mapping[str, float]
) -> Drawing:
    """Draw the perplexity of the training text with both ways to cut it into windows.

    Args:
        epochs: Shape ``(n,)``.
        perplexities: By the name of the way, shape ``(n,)``.
        levels: By name, perplexities to compare with: the goal, the uniform guess.
    """
    figure, axes = canvas(3.8)
    at = finite_array("epochs", epochs, "n")
    for (name, values), look in zip(
        perplexities.items(), looks(perplexities), strict=True
    ):
        every = max(1, len(at) // 12)
        axes.plot(at, values, label=name, markevery=every, **look)
    axes.set(xlabel="epoch", ylabel="perplexity of the training text", yscale="log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    _levels(figure, axes, levels)
    plain_numbers(axes.yaxis)
    figure.legend(loc="outside upper left", ncols=2)
    return Drawing(figure, "the published experiment with both samplings")


_RING: dict[str, Any] = {"color": INK, "mfc": "none", "markersize": 11, "mew": 1.5}
_CROSS: dict[str, Any] = {"color": INK, "marker": "X", "markersize": 9, "linestyle": ""}


def _levels(figure: Figure, axes: Axes, levels: Mapping[str, float]) -> None:
    """Draw horizontal lines with names and values at the right, none over another.

    The curves are there already, and the scale of the axis is set.
    """
    from matplotlib.lines import Line2D

    for value, dash in zip(levels.values(), cycle(DASHES[1:]), strict=False):
        axes.axhline(value, color=MUTED, linestyle=dash, linewidth=1.2, zorder=1)
    axes.set_ylim(axes.get_ylim())  # what follows must not move the lines
    to_axes = axes.transData + axes.transAxes.inverted()
    heights = [to_axes.transform((axes.get_xlim()[0], v))[1] for v in levels.values()]
    gap = 13 / (72 * figure.get_figheight() * axes.get_position().height)
    for (name, value), height, place in zip(
        levels.items(), heights, spread(np.array(heights), gap), strict=True
    ):
        look: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
        leader = Line2D([1, 1.025], [height, place], color=MUTED, linewidth=0.9, **look)
        axes.add_artist(leader)
        text = f"{name}: {value:,.0f}" if value >= 100 else f"{name}: {value:.3g}"
        axes.text(1.035, place, text, fontsize=_LETTER, va="center", **look)


def spread(places: Array, gap: float) -> Array:
    """Move places apart, as little as possible, until no two are closer than ``gap``.

    Subtracting ``gap`` once more for each place turns the task into one of fitting
    numbers that do not fall (isotonic regression): as long as one is smaller than the
    one before it, both get their mean. The result lies between 0 and 1 if it can.

    Args:
        places: Shape ``(n,)``.
        gap: The least distance.
    """
    order = np.argsort(places, kind="stable")
    steps = gap * np.arange(len(places))
    blocks: list[list[float]] = []
    for value in (places[order] - steps).tolist():
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    fitted = [float(np.mean(block)) for block in blocks for _ in block]
    room = max(0.0, 1.0 - gap * (len(places) - 1))
    result = np.empty(len(places))
    result[order] = np.clip(fitted, 0.0, room) + steps
    return result


def _place(epochs: Array, epoch: int) -> int:
    """Return where an epoch stands among others."""
    places = np.flatnonzero(epochs == epoch)
    if not len(places):
        raise ValueError(
            f"best must name one of the epochs {epochs[0]:g} to {epochs[-1]:g} that "
            f"were drawn, but {epoch!r} was given."
        )
    return int(places[0])


def _stretches(axes: Axes, at: Array, values: Array, look: dict[str, Any]) -> None:
    """Draw a curve; a long one as the median and the reach of its stretches.

    A cross stands at its end if the values that follow are not finite.
    """
    finite = np.isfinite(values)
    if not finite.any():
        axes.plot([], [], **look)
        return
    pieces = min(MOST_POINTS, int(finite.sum()))
    xs, ys = (np.array_split(part[finite], pieces) for part in (at, values))
    middles = [np.median(x) for x in xs], [np.median(y) for y in ys]
    axes.plot(*middles, markevery=max(1, pieces // 10), **look)
    reach = [y.min() for y in ys], [y.max() for y in ys]
    axes.fill_between(middles[0], *reach, color=look["color"], alpha=0.18, lw=0)
    if not finite[-1]:
        axes.plot(middles[0][-1], middles[1][-1], **_CROSS)
