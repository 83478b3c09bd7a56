"""A run in few bytes: what a view shows of it, live and long after.

A record is one string of bytes. It begins with the letters ``UNR1`` and the length of
its header (four bytes, the lowest first). Then come the header, which is JSON, and the
arrays that it refers to, each on a multiple of eight bytes, numbers lowest byte first.
``watch_model.js`` reads it.

In the record of a run, values are stored as codes of 16 bits, spread evenly between the
least and the greatest value, or between their logarithms if no value is negative. The
header states how far a decoded value can be from the true one. Texts stand in the
header itself, each of them once. A frame, which is shown
once and thrown away, has plain numbers of 32 bits instead: they are made faster.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.validation import Array

MAGIC = b"UNR1"
LAST_CODE = 65531
ZERO, MINUS_INFINITY, PLUS_INFINITY, NOT_A_NUMBER = 65532, 65533, 65534, 65535
"""Codes of what has no place between the least and the greatest finite value."""

LITTLE = {"uint16": "<u2", "int32": "<i4", "float32": "<f4", "float64": "<f8"}
"""The types of arrays in a record, the lowest byte first."""

_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

Codes = NDArray[np.uint16]
Header = dict[str, Any]


class Body:
    """The arrays of a record, one after the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def add(self, array: NDArray[Any]) -> Header:
        """Append an array and return what the header says of it."""
        kind = array.dtype.name
        raw = array.astype(LITTLE[kind], copy=False).tobytes()
        self._parts.append(raw + bytes(-len(raw) % 8))
        entry = {
            "type": kind,
            "offset": self._length,
            "shape": list(array.shape),
        }
        self._length += len(self._parts[-1])
        return entry

    def __bytes__(self) -> bytes:
        return b"".join(self._parts)


def packed(header: Header, body: Body) -> bytes:
    """Return a record.

    Args:
        header: Anything that JSON can hold, so no number that is not finite.
        body: The arrays to which the header refers.
    """
    words = _JSON.encode(header).encode()
    words += b" " * (-(len(MAGIC) + 4 + len(words)) % 8)
    return MAGIC + len(words).to_bytes(4, "little") + words + bytes(body)


def packed_steps(body: Body, steps: NDArray[np.int64]) -> Header:
    """Add steps to a body: as a rule if they are evenly spaced, else as numbers.

    Args:
        body: Where the numbers go.
        steps: In rising order, shape ``(k,)``.
    """
    apart = np.unique(np.diff(steps))
    if len(apart) <= 1:
        first = int(steps[0]) if len(steps) else 0
        stride = int(apart[0]) if len(apart) else 1
        return {"first": first, "stride": stride, "count": len(steps)}
    return body.add(_whole(steps))


def packed_texts(body: Body, texts: Sequence[str]) -> Header:
    """Add texts to a header; those that are the same are stored once.

    Args:
        body: Where it goes which text comes when.
        texts: At most 65,536 of them.

    Returns:
        ``table``, each text once; ``which``, the place in it of each of ``texts``.
    """
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    which = np.array([places[text] for text in texts], np.uint16)
    return {"table": list(places), "which": body.add(which)}


def text_length(text: str) -> int:
    """Return how many bytes a text takes in a header."""
    return len(_JSON.encode(text).encode())


def _whole(steps: NDArray[np.int64]) -> NDArray[Any]:
    """Return steps as JavaScript can read them, in 32 bits where they fit."""
    large = len(steps) and max(abs(int(steps[0])), abs(int(steps[-1]))) >= 2**31
    return steps.astype(np.float64 if large else np.int32)


def packed_values(body: Body, values: ArrayLike) -> Header:
    """Add a series of values to a body as codes, with the scale that reads them.

    Args:
        body: Where the codes go.
        values: Shape ``(k,)``.

    Returns:
        ``codes``; ``scale``, which is ``"log"`` or ``"linear"``; ``low`` and ``high``,
        the ends of the scale (logarithms on a logarithmic one); ``bound``, the greatest
        error, which is relative on a logarithmic scale and absolute on a linear one.
    """
    array = np.asarray(values, np.float64)
    known = array[~np.isnan(array)]
    logarithmic = bool(known.size and known.min() >= 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.log(array) if logarithmic else array
    codes, lows, highs = _coded(spread[np.newaxis])
    if logarithmic:
        codes[0, array == 0] = ZERO
    low, high = _rounded(lows[0]), _rounded(highs[0])
    return {
        "codes": body.add(codes[0]),
        "scale": "log" if logarithmic else "linear",
        "low": low,
        "high": high,
        "bound": _bound(low, high, logarithmic),
    }


def packed_rows(body: Body, rows: Array) -> Header:
    """Add rows of values to a body, each as codes on a linear scale of its own.

    Rows that are all the same are stored once.

    Args:
        body: Where the codes go.
        rows: Shape ``(k, ...)``.

    Returns:
        ``codes``, shape ``(k, ...)`` or ``(1, ...)``; ``low`` and ``high`` of each row.
        A decoded value differs from the true one by at most half a code:
        ``(high - low) / 131062``.
    """
    if len(rows) > 1 and all(np.array_equal(rows[0], row, True) for row in rows[1:]):
        rows = rows[:1]
    codes, low, high = _coded(rows.reshape(len(rows), -1))
    return {
        "codes": body.add(codes.reshape(rows.shape)),
        "low": body.add(low),
        "high": body.add(high),
    }


def _coded(rows: Array) -> tuple[Codes, Array, Array]:
    """Return the codes of each row, and the ends of its scale.

    Args:
        rows: Shape ``(k, n)``.

    Returns:
        Codes of shape ``(k, n)``; least and greatest finite values, shape ``(k,)``,
        both 0 where a row has none.
    """
    finite = np.isfinite(rows)
    low = np.min(rows, axis=1, where=finite, initial=np.inf)
    high = np.max(rows, axis=1, where=finite, initial=-np.inf)
    low, high = (np.where(np.isfinite(end), end, 0.0) for end in (low, high))
    # Halves, because the distance of two numbers can be beyond the largest number.
    length = (high / 2 - low / 2)[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (rows / 2 - low[:, np.newaxis] / 2) / np.where(length > 0, length, 1.0)
        codes = np.round(part * LAST_CODE)
    codes = np.where(finite, codes, NOT_A_NUMBER)
    codes[rows == np.inf] = PLUS_INFINITY
    codes[rows == -np.inf] = MINUS_INFINITY
    return codes.astype(np.uint16), low, high


def _rounded(end: float) -> float:
    """Round the end of a scale to twelve digits.

    Logarithms differ between processors in their last digit; records shall not.
    """
    largest = np.finfo(np.float64).max
    return float(np.clip(float(f"{end:.12g}"), -largest, largest))


def _bound(low: float, high: float, logarithmic: bool) -> float:
    """Return the greatest error of a decoded value: half a code, and rounding."""
    half = (high / 2 - low / 2) / LAST_CODE
    error = half + 6e-12 * max(abs(low), abs(high))
    bound = math.expm1(error) + 1e-12 if logarithmic else error
    return float(f"{bound * (1 + 1e-5):.6g}")


def plain_series(body: Body, steps: NDArray[np.int64], rows: Array) -> Header:
    """Add columns of values that share their steps, as plain numbers.

    Args:
        body: Where the numbers go.
        steps: Shape ``(k,)``.
        rows: Shape ``(k, columns)``.
    """
    with np.errstate(over="ignore"):
        columns = rows.astype(np.float32).T
    return {
        "steps": body.add(_whole(steps)),
        "columns": [body.add(column) for column in columns],
    }


def packed_series(
    body: Body, steps: NDArray[np.int64], columns: Sequence[Array]
) -> Header:
    """Add columns of values that share their steps.

    Args:
        body: Where the numbers go.
        steps: Shape ``(k,)``.
        columns: Shape ``(k,)`` each.
    """
    return {
        "steps": packed_steps(body, steps),
        "columns": [packed_values(body, column) for column in columns],
    }
