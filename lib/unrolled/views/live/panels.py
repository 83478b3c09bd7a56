"""What a view draws of a report's sample: each panel picks a bounded part of it.

A report names the panel that draws its sample. Two are known here:

* ``weights``: the weights after every update, as curves, or, if there are two, as a
  path in the plane. The sample is that of :func:`unrolled.training.running.train`.
* ``sequences``: arrays ``input``, ``target`` and ``prediction`` of shape ``(B, T)`` or
  ``(B, T, features)``; any of them may be missing.

A report with another panel, or with none, is shown without a sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.report import Report
from unrolled.validation import Array

MOST_WEIGHTS = 6
MOST_SEQUENCES = 4
MOST_STEPS = 200
SEQUENCES = ("input", "target", "prediction")

Arrays = dict[str, Array]


def slimmed(report: Report) -> Report:
    """Return a report with only that part of its sample which a view draws.

    A whole sample can be large, and many reports may wait for the next frame.

    Args:
        report: As it came from the run.

    Returns:
        The same with another sample: ``names`` and ``columns`` of the weights, or
        ``sequences`` by name, or ``trouble`` in words, or nothing.
    """
    try:
        if report.panel == "weights":
            names, columns = weight_columns(report)
            return replace(report, sample={"names": names, "columns": columns})
        if report.panel == "sequences":
            return replace(report, sample={"sequences": sequence_arrays(report)})
    except (TypeError, ValueError) as error:  # a picture amiss does not end a run
        return replace(report, sample={"trouble": str(error)})
    return replace(report, sample={})


def weight_columns(report: Report) -> tuple[list[str], Array]:
    """Pick the weights of a report that a view follows: the first of each parameter.

    Args:
        report: With the panel ``weights``.

    Returns:
        Their names, at most ``MOST_WEIGHTS``, and their values since the last report,
        shape ``(n, names)``.

    Raises:
        ValueError: If there are not as many values as losses.
    """
    paths: Mapping[str, Any] = report.sample.get("weights", {})
    share = max(MOST_WEIGHTS // max(len(paths), 1), 1)
    names: list[str] = []
    columns = [np.zeros((len(report.losses), 0))]
    for name, values in paths.items():
        array = np.asarray(values, np.float64)
        _check_length(name, array, len(report.losses))
        shape = array.shape[1:]
        flat = array.reshape(len(array), math.prod(shape))[:, :share]
        names += [_entry(name, shape, place) for place in range(flat.shape[1])]
        columns.append(flat)
    return names[:MOST_WEIGHTS], np.hstack(columns)[:, :MOST_WEIGHTS]


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
