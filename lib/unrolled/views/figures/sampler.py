"""The picture that stands in for the view "Sampler"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import finite_array
from unrolled.views.figures.style import (
    INK,
    MUTED,
    PREDICTION,
    Drawing,
    canvas,
    course_look,
    label,
)

ROWS = 12
"""Characters in the picture."""

_SHOWN = {" ": "␣", "\n": "↵"}


@course_look
def next_character(
    characters: Sequence[str],
    own: ArrayLike,
    chosen: ArrayLike,
    drawn: int | None = None,
) -> Drawing:
    """Draw what the next character is drawn from: a pair of bars for each of the first.

    The open bar is the net's own probability, the filled one that of the distribution
    that is drawn from, after temperature, top-k and nucleus.

    Args:
        characters: The alphabet, ``V`` of them; the picture's font has no Chinese.
        own: The net's own distribution, shape ``(V,)``.
        chosen: The distribution that is drawn from, ``(V,)``; what was cut is 0.
        drawn: The character that was drawn, if one was; it is marked.

    Raises:
        ValueError: If a distribution has another length than the alphabet.
    """
    size = str(len(characters))
    shares = finite_array("own", own, size), finite_array("chosen", chosen, size)
    first = np.argsort(-shares[0], kind="stable")[:ROWS]
    if drawn is not None and drawn not in first:
        first[-1] = drawn
    heights = np.arange(len(first))
    figure, axes = canvas(0.27 * len(first) + 1.0)
    open_look = {"facecolor": "none", "edgecolor": MUTED, "linewidth": 1.2}
    axes.barh(heights - 0.2, 100 * shares[0][first], 0.34, label="the net’s own",
              **open_look)  # fmt: skip
    axes.barh(heights + 0.2, 100 * shares[1][first], 0.34, color=PREDICTION,
              label="what is drawn from")  # fmt: skip
    for height, index in enumerate(first.tolist()):
        end = 100 * max(shares[0][index], shares[1][index]), height
        if index == drawn:
            label(axes, *end, "drawn", INK, fontweight="bold")
        elif shares[1][index] == 0:
            label(axes, *end, "cut", MUTED)
    names = [_SHOWN.get(characters[index], characters[index]) for index in first]
    axes.set_yticks(heights, names, fontfamily="DejaVu Sans Mono", fontsize=11)
    axes.set(xlabel="probability of the next character (%)")
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside upper left", ncols=2)
    return Drawing(figure, "what the next character is drawn from")
