"""Echoing bits: the target is the input of some steps before.

The data of the published echo net: a long series of fair random bits, cut into rows of
equal length that are read side by side, a window at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unrolled.random import Generator
from unrolled.validation import Array, count

Labels = NDArray[np.int64]

APART = 1_000_003
"""Between the page's generators of two seeds; an epoch adds its number."""


@dataclass(frozen=True)
class Echo:
    """A new series of bits in every epoch, and its echo.

    The defaults are the published constants. Window ``n = 0, 1, ..`` of an epoch covers
    the steps ``n * stride`` to ``n * stride + window - 1`` of all rows (counted from
    0). What is left over at the end of the rows is not used.

    Attributes:
        delay: How many steps later a bit comes back; at least 0.
        window: Steps in a window, ``T``.
        stride: Steps from the start of a window to that of the next, 1 to ``window``;
            0 stands for ``window``.
        series_length: Bits in an epoch, over all rows.
        batch: Rows that are read side by side, ``B``.
        seed: With the number of the epoch, it decides every bit.
        continuous: If true, an epoch goes on where the one before it ended: every row
            is an endless stream of its own, no echo comes from a bit that was not
            seen, and the state need not begin anew.
        in_page: If true, the bits come from the generator that a page's script has
            too: they are those of the Echo lab with this seed.
    """

    delay: int = 3
    window: int = 15
    stride: int = 0
    series_length: int = 50_000
    batch: int = 5
    seed: int = 0
    continuous: bool = False
    in_page: bool = False

    def __post_init__(self) -> None:
        """Check that the numbers fit each other.

        Raises:
            ValueError: If one is out of range, or the batch does not divide the series.
        """
        for name in ("delay", "window", "stride", "series_length", "batch", "seed"):
            from_zero = name in ("delay", "stride", "seed")
            whole = count(name, getattr(self, name), at_least=1 - from_zero)
            object.__setattr__(self, name, whole)
        stride = self.stride or self.window
        object.__setattr__(self, "stride", stride)
        if self.delay >= self.series_length:
            raise ValueError(
                f"delay must be shorter than the series, but delay = {self.delay} and "
                f"series_length = {self.series_length} were given; no echo would come."
            )
        if self.series_length % self.batch:
            raise ValueError(
                f"batch must divide series_length, but {self.series_length} bits "
                f"cannot be cut into {self.batch} rows of equal length."
            )
        if self.window > self.row_length:
            raise ValueError(
                f"window must not be longer than a row, but window = {self.window} and "
                f"a row has {self.row_length} bits; shorten the window or lengthen the "
                f"series."
            )
        if stride > self.window:
            raise ValueError(
                f"stride must not be longer than the window, but stride = {stride} and "
                f"window = {self.window} were given; bits in between would be skipped."
            )

    @property
    def row_length(self) -> int:
        """Bits in a row."""
        return self.series_length // self.batch

    @property
    def windows_per_epoch(self) -> int:
        """How many windows fit into a row."""
        return (self.row_length - self.window) // self.stride + 1

    def epoch(self, number: int) -> tuple[Array, Labels]:
        """Return the bits of an epoch and their echo.

        Args:
            number: The epoch, counted from 0.

        Returns:
            Inputs, shape ``(B, L, 1)``, and targets, shape ``(B, L)``: the classes 0
            and 1. ``L`` is ``row_length``, or what is used of it if ``continuous``.

        Raises:
            ValueError: If ``number`` is not a whole number of at least 0.
        """
        index = count("number", number, at_least=0)
        if self.continuous:
            bits, echoes = self._stream(index)
        else:
            series = self._draw(index, self.series_length)
            shape = self.batch, self.row_length
            bits = series.reshape(shape)
            echoes = echo(series, self.delay).reshape(shape)
        return bits[:, :, np.newaxis].astype(np.float64), echoes

    def _stream(self, epoch: int) -> tuple[Labels, Labels]:
        """Return a piece of each row's stream, and its echo.

        The last window may look into the epochs that follow.
        """
        read = self.windows_per_epoch * self.stride
        length = read + self.window - self.stride
        start = epoch * read
        bits = self._between(start - self.delay, start + length, read)
        return bits[:, self.delay :], bits[:, :length]

    def _between(self, start: int, end: int, read: int) -> Labels:
        """Return bits of all streams; there are zeros before bit 0.

        Args:
            start: The first, counted from 0.
            end: The one after the last.
            read: How many bits of a stream an epoch reads.
        """
        epochs = range(start // read, (end - 1) // read + 1)
        shape = self.batch, read
        pieces = [
            self._draw(epoch, self.batch * read).reshape(shape)
            if epoch >= 0
            else np.zeros(shape, np.int64)
            for epoch in epochs
        ]
        skipped = epochs[0] * read
        return np.concatenate(pieces, axis=1)[:, start - skipped : end - skipped]

    def _draw(self, epoch: int, bits: int) -> Labels:
        """Return the fair random bits of an epoch."""
        if not self.in_page:
            return np.random.default_rng([self.seed, epoch]).integers(0, 2, bits)
        generator = Generator(APART * (self.seed + 1) + epoch)
        words = [generator.bits32() for _ in range(-(-bits // 32))]
        drawn: Labels = np.array(words)[:, np.newaxis] >> np.arange(32) & 1
        return drawn.ravel()[:bits]  # of each word the lowest bit first


def echo(bits: Labels, delay: int) -> Labels:
    """Return a series ``delay`` steps later; its first ``delay`` entries are 0.

    Args:
        bits: Shape ``(N,)``.
        delay: At least 0 and at most ``N``.
    """
    echoes = np.roll(bits, delay)
    echoes[:delay] = 0
    return echoes
