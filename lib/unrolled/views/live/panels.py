"""What a view draws of a report's sample: each panel picks a bounded part of it.

A report names the panel that draws its sample. Two are known here:

* ``weights``: the weights after every update, as curves, or, if there are two, as a
  path in the plane. The sample is that of :func:`unrolled.training.running.train`.
* ``sequences``: arrays ``input``, ``target`` and ``prediction`` of shape ``(B, T)`` or
  ``(B, T, features)``; any of them may be missing. Where all are bits, all sequences
  are drawn at once; otherwise one, which the reader chooses.

A report with another panel, or with none, is shown without a sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.report import Report
from unrolled.validation import Array

MOST_WEIGHTS = 6
MOST_SEQUENCES = 5
MOST_STEPS = 200
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
