"""What a view draws of a report's sample: each panel picks a bounded part of it.

A report names the panel that draws its sample. Three are known here:

* ``weights``: the weights after every update, as curves, or, if there are two, as a
  path in the plane. The sample is that of :func:`unrolled.training.running.train`.
* ``sequences``: arrays ``input``, ``target`` and ``prediction`` of shape ``(B, T)`` or
  ``(B, T, features)``; any of them may be missing. Where all are bits, all sequences
  are drawn at once; otherwise one, which the reader chooses.
* ``text``: what a character model wrote, ``text``, and what it was given to go on from,
  ``prefix``. Both may hold any characters, line breaks among them. As long as they stay
  the same they count as one text, written when they first came.

A report with another panel, or with none, is shown without a sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from unrolled.report import Report
from unrolled.validation import Array

MOST_WEIGHTS = 6
MOST_SEQUENCES = 5
MOST_STEPS = 200
MOST_CHARACTERS = 400
SEQUENCES = ("input", "target", "prediction")

Arrays = dict[str, Array]


class Followed:
    """The weights of a run that a view follows: the first numbers of each parameter.

    Attributes:
        names: What they are called, at most ``MOST_WEIGHTS``.
    """

    def __init__(self, report: Report) -> None:
        """Choose them, given the first report with the panel ``weights``.

        Raises:
            ValueError: If there are not as many values as losses.
        """
        paths: Mapping[str, Any] = report.sample.get("weights", {})
        most = max(MOST_WEIGHTS // max(len(paths), 1), 1)
        self.names: list[str] = []
        self._shares: list[tuple[str, int]] = []
        for name, values in list(paths.items())[:MOST_WEIGHTS]:
            array = np.asarray(values, np.float64)
            _check_length(name, array, len(report.losses))
            shape = array.shape[1:]
            share = min(most, math.prod(shape))
            self.names += [_entry(name, shape, place) for place in range(share)]
            self._shares.append((name, share))

    def columns(self, report: Report) -> Array:
        """Return the values of these weights since the report before.

        Args:
            report: A later report, or the same.

        Returns:
            Shape ``(n, names)``: as many rows as the report has losses.

        Raises:
            ValueError: If there are not as many values as losses.
        """
        count = len(report.losses)
        picked = np.empty((count, len(self.names)))
        place = 0
        for name, share in self._shares:
            array = np.asarray(report.sample["weights"][name])
            _check_length(name, array, count)
            width = array.size // max(count, 1)
            picked[:, place : place + share] = array.reshape(count, width)[:, :share]
            place += share
        return picked


def _check_length(name: str, array: Array, losses: int) -> None:
    """Raise unless a parameter's first axis is as long as the losses."""
    if array.ndim < 1 or len(array) != losses:
        raise ValueError(
            f"the sample of the panel 'weights' must hold one value of {name} for each "
            f"of the {losses} losses, but an array of shape {array.shape} was given; "
            f"stack the values since the last report."
        )


def _entry(name: str, shape: tuple[int, ...], place: int) -> str:
    """Name one number of a parameter: ``w`` alone, ``W[0, 1]`` in a matrix."""
    if not shape:
        return name
    index = ", ".join(str(number) for number in np.unravel_index(place, shape))
    return f"{name}[{index}]"


def sequence_arrays(report: Report) -> Arrays:
    """Pick the sequences of a report that a view draws.

    Args:
        report: With the panel ``sequences``.

    Returns:
        By name, the first feature of the first ``MOST_SEQUENCES`` sequences over their
        first ``MOST_STEPS`` time steps, shape ``(B, T)`` each.
    """
    found = {}
    for name in SEQUENCES:
        if name in report.sample:
            array = np.asarray(report.sample[name], np.float64)
            flat = array[..., 0] if array.ndim > 2 else np.atleast_2d(array)
            found[name] = flat[:MOST_SEQUENCES, :MOST_STEPS].copy()
    return found


class Written(NamedTuple):
    """A text that a net wrote.

    Attributes:
        prefix: What it was given to go on from.
        text: What it wrote after that.
    """

    prefix: str
    text: str


def written_text(report: Report) -> Written:
    """Pick the text of a report that a view shows.

    Args:
        report: With the panel ``text``.

    Returns:
        The last ``MOST_CHARACTERS`` of the prefix and the first of the text; three dots
        stand for the rest, U+FFFD for half of a pair of surrogates.

    Raises:
        TypeError: If one of the two is missing, or is no text.
    """
    prefix, text = (_characters(report.sample, name) for name in Written._fields)
    if len(prefix) > MOST_CHARACTERS:
        prefix = "…" + prefix[1 - MOST_CHARACTERS :]
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS - 1] + "…"
    return Written(prefix, text)


def _characters(sample: Mapping[str, Any], name: str) -> str:
    """Return a text of a sample as characters that can be stored."""
    value = sample.get(name)
    if not isinstance(value, str):
        given = f"a value of type {type(value).__name__}" if name in sample else "none"
        raise TypeError(
            f"the sample of the panel 'text' must hold a str named {name!r}, but "
            f"{given} was given; put in the characters, not their numbers."
        )
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
