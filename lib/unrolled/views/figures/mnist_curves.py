"""What was measured of runs and test sets, in the figures of the MNIST chapter."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, count, finite_array, number
from unrolled.views.figures.char_lm_curves import spread
from unrolled.views.figures.curves import looks, plain_numbers
from unrolled.views.figures.style import (
    INK,
    INPUT,
    MUTED,
    PREDICTION,
    PURPLE,
    TARGET,
    Drawing,
    canvas,
    course_look,
    label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Published = Sequence[tuple[int, float | None, float | None]]
"""Of a published run: the update, its loss in nats, its accuracy, where given."""

CLASSES = 10
ROWS = 28
MOST_POINTS = 300
"""Of a curve; a longer one is drawn as the median and the reach of stretches."""

ROUNDING = 1e-6
"""By which a share of single precision may exceed 1."""

LETTERS_OF_A_NAME = 24
"""After so many the name of a variant goes on in the next line."""

_LETTER = 9.5  # size of labels, in points


@course_look
def recipe_curves(
    steps: ArrayLike, losses: ArrayLike, accuracies: ArrayLike, published: Published
) -> Drawing:
    """Draw the loss and the accuracy of a run's batches, beside a published run.

    A long curve is drawn as the median of stretches, with a band from the least to the
    greatest value.

    Args:
        steps: The updates, shape ``(n,)``.
        losses: Of their batches, in nats, above 0, shape ``(n,)``.
        accuracies: The share of each batch that is named correctly, shape ``(n,)``.
        published: Of another run, drawn as hollow markers: an update, its loss, its
            accuracy; None where nothing was published.

    Raises:
        ValueError: If the shapes differ or a loss has no place on a logarithmic axis.
    """
    at = finite_array("steps", steps, "n")
    nats = finite_array("losses", losses, f"{len(at)}")
    right = shares("accuracies", accuracies, f"{len(at)}")
    number("the smallest of losses", float(nats.min()), above=0)
    figure, (upper, lower) = canvas(5.0, rows=2, sharex=True)
    told = [(step, 100 * share) for step, _, share in published if share is not None]
    lost = [(step, loss) for step, loss, _ in published if loss is not None]
    for axes, values, points in ((upper, nats, lost), (lower, 100 * right, told)):
        _median_and_reach(axes, at, values)
        axes.plot(*zip(*points, strict=True) if points else ([], []), "D", color=TARGET,
                  mfc="none", markersize=7, mew=1.5, label="published")  # fmt: skip
    upper.set(ylabel="loss of the batch (nats)", yscale="log")
    lower.set(ylabel="right in the batch (%)", xlabel="update")
    lower.xaxis.set_major_formatter("{x:,.0f}")
    lower.locator_params(axis="x", nbins=6)
    plain_numbers(upper.yaxis)
    figure.legend(*upper.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return Drawing(figure, "loss and accuracy of the batches of a run")


@course_look
def accuracy_by_epoch(curves: Mapping[str, ArrayLike]) -> Drawing:
    """Draw the accuracy on the test set after each epoch, for several runs.

    Args:
        curves: By name, the share right after epochs 1, 2, ..; shape ``(E,)``.

    Raises:
        ValueError: If there are more curves than can be told apart.
    """
    figure, axes = canvas(4.0)
    ends: dict[str, tuple[float, str]] = {}
    for (name, values), look in zip(curves.items(), looks(curves), strict=True):
        percent = 100 * shares(f"the curve {name!r}", values, "E")
        every = max(1, len(percent) // 12)
        axes.plot(np.arange(1, len(percent) + 1), percent, markevery=every, **look)
        ends[f"{name}: {percent[-1]:.2f}"] = float(percent[-1]), look["color"]
    axes.set(xlabel="epoch", ylabel="right in the test set (%)")
    axes.locator_params(axis="x", integer=True)
    _name_ends(figure, axes, ends)
    return Drawing(figure, "accuracy on the test set after each epoch")


@course_look
def dots_by_variant(
    groups: Mapping[str, Sequence[float]], goal: float | None = None
) -> Drawing:
    """Draw what several nets of each variant get wrong: a dot for each, and their mean.

    Args:
        groups: By the name of the variant, the accuracies on the test set, one for each
            seed, from 0 up to, but not including, 1.
        goal: An accuracy to compare with, a vertical line.

    Raises:
        ValueError: If an accuracy has no place on a logarithmic axis of errors.
    """
    many = count("the number of variants", len(groups))
    figure, axes = canvas(1.0 + 0.45 * many)
    for place, (name, accuracies) in enumerate(groups.items()):
        wrong = _wrong(f"the accuracies of {name!r}", accuracies)
        beside = place + np.linspace(-0.16, 0.16, len(wrong)) * (len(wrong) > 1)
        axes.plot(wrong, beside, "o", color=INPUT, mfc="none", mew=1.4, markersize=6)
        axes.plot(wrong.mean(), place, "|", color=INK, markersize=17, mew=2)
        axes.text(1.02, place, f"{wrong.mean():.2f}", va="center", fontsize=_LETTER,
                  transform=axes.get_yaxis_transform())  # fmt: skip
    axes.text(1.02, -0.75, "mean", va="center", fontsize=_LETTER, color=MUTED,
              transform=axes.get_yaxis_transform())  # fmt: skip
    if goal is not None:
        (error,) = _wrong("goal", [goal])
        axes.axvline(error, color=TARGET, linestyle="--", linewidth=1.4)
        label(axes, error, -0.75, f"goal: {error:.3g} %", TARGET, ha="center",
              offset=(0, 0), annotation_clip=False)  # fmt: skip
    axes.set(xscale="log", xlabel="wrong in the test set (%), logarithmic scale")
    names = [textwrap.fill(name, LETTERS_OF_A_NAME) for name in groups]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    plain_numbers(axes.xaxis)
    return Drawing(figure, "what the nets of each variant get wrong")


@course_look
def accuracy_by_row(accuracy: ArrayLike, confidence: ArrayLike) -> Drawing:
    """Draw how well and how confidently a net answers that has read some rows.

    Args:
        accuracy: Share right after each row, shape ``(28,)``.
        confidence: Mean probability of the class told, shape ``(28,)``.

    Raises:
        ValueError: If a shape is another.
    """
    figure, axes = canvas(3.6)
    rows = np.arange(1, ROWS + 1)
    right = 100 * shares("accuracy", accuracy, f"{ROWS}")
    sure = 100 * shares("confidence", confidence, f"{ROWS}")
    for values, name, colour, look in (
        (right, "right", PREDICTION, "o-"),
        (sure, "mean probability of the class told", PURPLE, "s--"),
    ):
        axes.plot(rows, values, look, color=colour, markersize=4.5, label=name)
    axes.axhline(100 / CLASSES, color=MUTED, linewidth=1.2, linestyle=":")
    label(axes, ROWS, 100 / CLASSES, "guessing: 10", MUTED, offset=(0, 7), ha="right")
    axes.set(xlabel="rows read", ylabel="share, or probability (%)", ylim=(0, 103))
    axes.set_xticks((1, 7, 14, 21, 28))
    figure.legend(loc="outside upper left", ncols=2)
    return Drawing(figure, "accuracy and confidence by the rows read")


@course_look
def gradient_by_row(gradients: Mapping[str, ArrayLike]) -> Drawing:
    """Draw how much gradient arrives at each row from the answer after the last.

    Args:
        gradients: By name, the norm at each row, shape ``(28,)``. What is 0 has no
            place on the logarithmic axis and is left out.

    Raises:
        ValueError: If a shape is another, or there are too many curves.
    """
    figure, axes = canvas(4.0)
    rows = np.arange(1, ROWS + 1)
    for (name, values), look in zip(gradients.items(), looks(gradients), strict=True):
        norms = finite_array(f"the gradients of {name!r}", values, f"{ROWS}")
        shown = np.where(norms > 0, norms, np.nan)
        axes.plot(rows, shown, label=name, markevery=3, **look)
    axes.set(xlabel="row", ylabel="norm of the gradient", yscale="log")
    axes.set_xticks((1, 7, 14, 21, 28))
    figure.legend(loc="outside upper left", ncols=2)
    return Drawing(figure, "the gradient that arrives at each row")


def _median_and_reach(axes: Axes, at: Array, values: Array) -> None:
    """Draw a curve; a long one as the median and the reach of its stretches."""
    pieces = min(MOST_POINTS, len(values))
    xs, ys = (np.array_split(part, pieces) for part in (at, values))
    middle = [np.median(x) for x in xs]
    axes.plot(middle, [np.median(y) for y in ys], color=INPUT, label="this run",
              linewidth=1.4)  # fmt: skip
    if len(values) > pieces:
        reach = [y.min() for y in ys], [y.max() for y in ys]
        axes.fill_between(middle, *reach, color=INPUT, alpha=0.2, linewidth=0)


def _name_ends(
    figure: Figure, axes: Axes, ends: Mapping[str, tuple[float, str]]
) -> None:
    """Write at the right what each curve is called, none over another.

    Args:
        figure: The figure.
        axes: Those of the curves, which are there already.
        ends: By what is written, the height of the end of the curve, and its colour.
    """
    low, high = axes.get_ylim()
    axes.set_ylim(low, high)  # what follows must not move the curves
    heights = np.array([(end - low) / (high - low) for end, _ in ends.values()])
    gap = 14 / (72 * figure.get_figheight() * axes.get_position().height)
    for (text, (_, colour)), height, place in zip(
        ends.items(), heights, spread(heights, gap), strict=True
    ):
        axes.annotate("", (1.0, height), (1.03, place), xycoords="axes fraction",
                      textcoords="axes fraction",
                      arrowprops={"arrowstyle": "-", "color": colour, "shrinkA": 0,
                                  "shrinkB": 0})  # fmt: skip
        axes.text(1.04, place, text, color=colour, fontsize=_LETTER, va="center",
                  transform=axes.transAxes)  # fmt: skip


def shares(name: str, values: ArrayLike, shape: str) -> Array:
    """Return shares or probabilities, all of them from 0 to 1.

    Args:
        name: What the caller calls the argument.
        values: The shares.
        shape: The axes expected, as in :func:`unrolled.validation.finite_array`.

    Raises:
        ValueError: If the shape is another, or one lies outside.
    """
    result = finite_array(name, values, shape)
    if result.min() < 0 or result.max() > 1 + ROUNDING:
        raise ValueError(
            f"{name} must hold shares from 0 to 1, but they go from "
            f"{result.min():g} to {result.max():g}; divide percentages by 100."
        )
    return result


def _wrong(name: str, accuracies: Sequence[float]) -> Array:
    """Return errors in percent, all of them above 0, shape ``(seeds,)``."""
    right = shares(name, accuracies, "seeds")
    if right.max() >= 1:
        raise ValueError(
            f"{name} must lie below 1, as an error of 0 has no place on a logarithmic "
            f"axis, but 1 was given; leave it out."
        )
    return 100 * (1 - right)
