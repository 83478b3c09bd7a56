"""Long series made short: bounded memory, and the extremes stay."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from unrolled.validation import Array

Steps = NDArray[np.int64]
Item = TypeVar("Item")


class Envelope:
    """A series of rows, of any length, as a bounded number of its own rows.

    A series that fits is kept as it is. A longer one is cut into buckets of equal
    length, and of each bucket only the rows stay in which some column is smallest or
    largest. The first row, the last row and the extremes of the whole series are always
    kept. A NaN counts as neither small nor large.
    """

    def __init__(self, columns: int, most: int) -> None:
        """Keep at most ``most`` rows of ``columns`` numbers, and two more."""
        self._most = most
        self._buckets = max(most // (4 * columns), 1)
        self._count = 0
        self._length = 0
        # Pieces that are joined only when somebody asks: it is seldom worth it before.
        self._places = [np.zeros(0, np.int64)]
        self._steps = [np.zeros(0, np.int64)]
        self._rows = [np.zeros((0, columns))]

    def append(self, steps: Steps, rows: Array) -> None:
        """Add to the end of the series.

        Args:
            steps: The step of each row, shape ``(n,)``.
            rows: Shape ``(n, columns)``.
        """
        self._places.append(np.arange(self._count, self._count + len(rows)))
        self._steps.append(steps)
        self._rows.append(rows)
        self._count += len(rows)
        self._length += len(rows)
        if self._length > self._most:
            self._thin()

    def points(self) -> tuple[Steps, Array]:
        """Return the steps ``(k,)`` and the rows ``(k, columns)`` kept, in order."""
        for pieces in (self._places, self._steps, self._rows):
            pieces[:] = [np.concatenate(pieces)]
        return self._steps[0], self._rows[0]

    def _thin(self) -> None:
        """Keep the extreme rows of each bucket, the first and the last."""
        steps, rows = self.points()
        places = self._places[0]
        width = -(-self._count // self._buckets)
        kept = extreme_rows(places // width, rows)
        kept = np.union1d(kept, [0, len(places) - 1])
        self._places, self._steps = [places[kept]], [steps[kept]]
        self._rows = [rows[kept]]
        self._length = len(kept)


def extreme_rows(buckets: NDArray[np.int64], rows: Array) -> NDArray[np.int64]:
    """Return the indices of the rows in which some column is extreme in its bucket.

    Args:
        buckets: The number of each row's bucket, in rising order, shape ``(n,)``.
        rows: Shape ``(n, columns)``.

    Returns:
        Rising indices; of equal extremes the first, and of a bucket of nothing but NaN
        the first row.
    """
    if len(rows) == 0:
        return np.zeros(0, np.int64)
    is_first = np.diff(buckets, prepend=buckets[0] - 1) != 0
    starts, places = np.flatnonzero(is_first), np.cumsum(is_first) - 1
    kept = np.zeros(len(rows), bool)
    for column in rows.T:
        for extreme in (np.fmin, np.fmax):  # neither heeds a NaN beside a number
            wanted = extreme.reduceat(column, starts)
            hits = np.flatnonzero(column == wanted[places])
            kept[hits[np.diff(places[hits], prepend=-1) != 0]] = True
            kept[starts[np.isnan(wanted)]] = True
    return np.flatnonzero(kept)


class EveryFew(Generic[Item]):
    """Of a growing list, every item, or every second, every fourth, ..., and the last.

    At most ``2 * most + 1`` items are held.
    """

    def __init__(self, most: int) -> None:
        """Begin to leave items out when there are more than twice ``most``."""
        self._most = most
        self._stride = 1
        self._count = 0
        self._kept: list[Item] = []
        self._last: list[Item] = []

    def append(self, item: Item) -> None:
        """Add to the end of the list."""
        self._last = [item]
        if self._count % self._stride == 0:
            self._kept.append(item)
        self._count += 1
        if len(self._kept) > 2 * self._most:
            self._kept = self._kept[::2]
            self._stride *= 2

    @property
    def last(self) -> list[Item]:
        """The last item alone; nothing if there is none."""
        return self._last

    @property
    def held(self) -> list[Item]:
        """All items that are held, the first and the last among them."""
        last = self._last if (self._count - 1) % self._stride else []
        return self._kept + last

    def items(self, most: int) -> list[Item]:
        """Return at most ``most`` items, evenly spaced, the first and last among them.

        Args:
            most: At least 2.
        """
        kept = self.held
        if len(kept) <= most:
            return kept
        chosen = np.linspace(0, len(kept) - 1, most).round().astype(int)
        return [kept[place] for place in chosen]
