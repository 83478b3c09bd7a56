"""Checks of what a caller passes in: one clear sentence for each thing amiss."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def finite_array(name: str, value: ArrayLike, shape: str = "") -> Array:
    """Turn ``value`` into a float64 array of finite numbers with the given axes.

    Args:
        name: What the caller calls the argument; every message starts with it.
        value: Anything that NumPy can read as numbers.
        shape: The axes expected, separated by commas, for example ``"B, T, D"``. An
            axis that is written as a number must have that length. An empty string
            accepts any shape.

    Returns:
        A float64 array; no copy is made where ``value`` is one already.

    Raises:
        ValueError: If ``value`` is not numeric, has other axes, is empty, or holds a
            NaN or an infinity.
    """
    try:
        array = _real(value).astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError):
        kind = type(value).__name__
        raise ValueError(
            f"{name} must be an array of real numbers, but a value of type {kind} was "
            f"given that NumPy cannot read as one; pass a list or an array of numbers."
        ) from None
    if shape:
        _check_shape(name, array, shape)
    if array.size == 0:
        raise ValueError(
            f"{name} is empty (shape {array.shape}); every axis needs a length of at "
            f"least 1."
        )
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"{name} must hold finite numbers, but {bad} of its {array.size} are NaN "
            f"or infinite; remove or replace them first."
        )
    return array


def _real(value: Any) -> NDArray[Any]:
    """Return ``value`` as an array, and refuse text and complex numbers.

    NumPy would read ``"0.1"`` as a number and drop an imaginary part; both hide a
    mistake.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "biufO":
        raise TypeError
    return array


def _check_shape(name: str, array: Array, shape: str) -> None:
    """Raise unless ``array`` has the axes that ``shape`` lists (see finite_array)."""
    axes, lengths = _axes(shape)
    agrees = array.ndim == len(axes) and all(
        wanted in (None, length)
        for wanted, length in zip(lengths, array.shape, strict=True)
    )
    if not agrees:
        raise ValueError(
            f"{name} must have the shape ({', '.join(axes)}), but an array of shape "
            f"{array.shape} was given; reshape it first."
        )


@cache
def _axes(shape: str) -> tuple[tuple[str, ...], tuple[int | None, ...]]:
    """Take a list of axes apart: their names, and the lengths that are fixed."""
    names = tuple(axis.strip() for axis in shape.split(",") if axis.strip())
    return names, tuple(int(name) if name.isdigit() else None for name in names)


def number(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return ``value`` as a float that is finite and inside the given bounds.

    Raises:
        ValueError: If ``value`` is no number, is NaN or infinite, or lies outside.
    """
    wanted = _describe_bounds(above, at_least, at_most)
    try:
        if _real(value).dtype.kind == "b":
            raise TypeError
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"{name} must be {wanted}, but {value!r} was given, which is no number."
        ) from None
    inside = (
        math.isfinite(result)
        and (above is None or result > above)
        and (at_least is None or result >= at_least)
        and (at_most is None or result <= at_most)
    )
    if not inside:
        raise ValueError(f"{name} must be {wanted}, but {value!r} was given.")
    return result


def count(
    name: str, value: Any, *, at_least: int = 1, at_most: int | None = None
) -> int:
    """Return ``value`` as a whole number inside its bounds.

    Raises:
        ValueError: If ``value`` is not a whole number, is below ``at_least``, or above
            ``at_most``.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < at_least:
        raise ValueError(
            f"{name} must be a whole number of at least {at_least}, but {value!r} was "
            f"given."
        )
    if at_most is not None and value > at_most:
        raise ValueError(f"{name} must be at most {at_most}, but {value} was given.")
    return int(value)


def one_of(name: str, value: Any, known: Iterable[str]) -> str:
    """Return a word that is one of those known.

    Raises:
        ValueError: If it is none of them; the message lists them.
    """
    words = list(known)
    if value not in words:
        raise ValueError(
            f"{name} must be one of {', '.join(words)}, but {value!r} was given."
        )
    return str(value)


def check_name(argument: str, name: Any, known: Iterable[str]) -> None:
    """Check that ``argument`` names something known.

    Raises:
        ValueError: If it does not; the message lists what is known.
    """
    names = list(known)
    if name not in names:
        raise ValueError(
            f"{argument} must name one of {', '.join(names)}, but {name!r} was given."
        )


def _describe_bounds(
    above: float | None, at_least: float | None, at_most: float | None
) -> str:
    """Say in words which numbers are accepted."""
    parts = ["a finite number"]
    if above is not None:
        parts.append(f"above {above:g}")
    if at_least is not None:
        parts.append(f"of at least {at_least:g}")
    if at_most is not None:
        parts.append(f"{'and ' if len(parts) > 1 else ''}at most {at_most:g}")
    return " ".join(parts)
