"""Predicting the next character: a text in windows, its targets one step ahead.

Both ways of cutting a text into windows that the published character model knows:
random sampling shuffles short examples, consecutive sampling reads long rows from start
to end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from unrolled.tasks.vocabulary import Indices, checked_indices
from unrolled.validation import Array, count, number

Sampling = Literal["consecutive", "random"]
"""The two ways to cut a text into windows."""

Pair = tuple[Indices, Indices]
"""Inputs and targets, of the same shape."""


@dataclass(frozen=True, eq=False)
class Text:
    """A text to be read in windows; each target is the character that comes next.

    The defaults are the published constants. Window ``n = 0, 1, ..`` of an epoch covers
    the steps ``n * window`` to ``(n + 1) * window - 1`` of all rows (counted from 0).
    With consecutive sampling, a row is a stretch of the text, and a window goes on
    where the one before it ended. With random sampling, window ``n`` is a batch of
    ``batch`` examples that have nothing to do with those of the window before.

    Attributes:
        indices: The characters' numbers, shape ``(N,)``; an unchangeable copy is kept.
        size: How many different numbers there can be, ``V``.
        window: Steps in a window, ``T``.
        batch: Rows that are read side by side, ``B``.
        sampling: ``"consecutive"`` or ``"random"``.
        seed: With the number of the epoch, it decides the order of random examples.
    """

    indices: Indices
    size: int
    window: int = 35
    batch: int = 32
    sampling: Sampling = "consecutive"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check that the numbers fit each other.

        Raises:
            ValueError: If one is out of range, the sampling is unknown, or the text is
                too short for a single window.
        """
        for name in ("size", "window", "batch", "seed"):
            whole = count(name, getattr(self, name), at_least=int(name != "seed"))
            object.__setattr__(self, name, whole)
        if self.sampling not in get_args(Sampling):
            raise ValueError(
                f"sampling must be 'consecutive' or 'random', but {self.sampling!r} "
                f"was given."
            )
        text = _characters(self.indices, self.size)
        text.setflags(write=False)
        object.__setattr__(self, "indices", text)
        if self.carries_state:
            _check_length(text, self.batch * (self.window + 1), self.window, self.batch)
        else:
            _check_length(text, self.batch * self.window + 1, self.window, self.batch)

    @property
    def windows_per_epoch(self) -> int:
        """How many windows an epoch has."""
        if self.carries_state:
            return (len(self.indices) // self.batch - 1) // self.window
        return (len(self.indices) - 1) // self.window // self.batch

    @property
    def row_length(self) -> int:
        """Steps in a row of an epoch, ``L``: those of all its windows."""
        return self.windows_per_epoch * self.window

    @property
    def stride(self) -> int:
        """Steps from the start of a window to that of the next: windows just touch."""
        return self.window

    @property
    def continuous(self) -> bool:
        """An epoch begins at the start of the text again, and the state anew."""
        return False

    @property
    def carries_state(self) -> bool:
        """Whether a window goes on where the one before it ended.

        If it does, the state at the end of one is the right state to begin the next
        with. If not, every window begins with zeros.
        """
        return self.sampling == "consecutive"

    def epoch(self, number: int) -> Pair:
        """Return the characters of an epoch, and those that follow them.

        Args:
            number: The epoch, counted from 0. With consecutive sampling, all epochs
                are the same.

        Returns:
            Inputs and targets, each of shape ``(B, L)``, with ``L`` the ``row_length``.

        Raises:
            ValueError: If ``number`` is not a whole number of at least 0.
        """
        index = count("number", number, at_least=0)
        if self.carries_state:
            rows = consecutive_rows(self.indices, self.batch)
            return rows[0][:, : self.row_length], rows[1][:, : self.row_length]
        examples = random_examples(self.indices, self.window, self.seed, index)
        inputs, targets = (self._side_by_side(part) for part in examples)
        return inputs, targets

    def _side_by_side(self, examples: Indices) -> Indices:
        """Lay examples ``(E, T)`` into rows ``(B, L)``: window ``n`` is batch ``n``."""
        shape = self.windows_per_epoch, self.batch, self.window
        batches = examples[: shape[0] * shape[1]].reshape(shape)
        return batches.transpose(1, 0, 2).reshape(self.batch, self.row_length)

    def __repr__(self) -> str:
        """Say how long the text is and how it is cut."""
        return (
            f"Text({len(self.indices):,} characters of {self.size:,} kinds, "
            f"window={self.window}, batch={self.batch}, sampling={self.sampling!r}, "
            f"seed={self.seed})"
        )


def consecutive_rows(indices: ArrayLike, batch: int) -> Pair:
    """Cut a text into rows of equal length that are read side by side.

    Args:
        indices: The text, shape ``(N,)``.
        batch: Number of rows, ``B``.

    Returns:
        Inputs and targets, each of shape ``(B, N // B - 1)``. A target is the character
        after its input; what is left over at the end of the text is dropped.

    Raises:
        ValueError: If the text has fewer than two characters for each row.
    """
    rows = count("batch", batch)
    text = _characters(indices)
    _check_length(text, 2 * rows, 1, rows)
    length = len(text) // rows
    cut = text[: rows * length].reshape(rows, length)
    return cut[:, :-1], cut[:, 1:]


def random_examples(
    indices: ArrayLike, window: int, seed: int, epoch: int, *, offset: int = 0
) -> Pair:
    """Cut a text into short examples that do not overlap, and shuffle them.

    Args:
        indices: The text, shape ``(N,)``.
        window: Steps in an example, ``T``.
        seed: With the number of the epoch, it decides the order.
        epoch: Counted from 0.
        offset: How many characters at the start of the text are left out, so that the
            examples begin elsewhere.

    Returns:
        Inputs and targets, each of shape ``((N - 1 - offset) // T, T)``. A target is
        the character after its input.

    Raises:
        ValueError: If a number is out of range, or the text is too short for one
            example.
    """
    steps = count("window", window)
    key = [count("seed", seed, at_least=0), count("epoch", epoch, at_least=0)]
    text = _characters(indices)[count("offset", offset, at_least=0) :]
    _check_length(text, steps + 1, steps, 1)
    examples = (len(text) - 1) // steps
    order = np.random.default_rng(key).permutation(examples)
    inputs, targets = (
        text[ahead : ahead + examples * steps].reshape(examples, steps)[order]
        for ahead in (0, 1)
    )
    return inputs, targets


def random_batches(
    indices: ArrayLike,
    window: int,
    batch: int,
    seed: int,
    epoch: int,
    *,
    offset: bool = False,
) -> Iterator[Pair]:
    """Return an epoch of shuffled examples, batch after batch.

    As in the published program, the ``(N - 1) // T`` examples do not overlap, and a
    last batch that would not be full is dropped. The state begins anew at every batch.

    Args:
        indices: The text, shape ``(N,)``.
        window: Steps in an example, ``T``.
        batch: Examples in a batch, ``B``.
        seed: With the number of the epoch, it decides what is drawn.
        epoch: Counted from 0.
        offset: If true, up to ``T - 1`` characters at the start of the text are left
            out, drawn anew in each epoch, so that its examples begin elsewhere.

    Returns:
        An iterator of inputs and targets, each of shape ``(B, T)``.

    Raises:
        ValueError: If a number is out of range, or the text is too short for one batch
            (at the call, not at the first batch).
    """
    rows, steps = count("batch", batch), count("window", window)
    text = _characters(indices)
    _check_length(text, rows * steps + 1, steps, rows)
    key = [count("seed", seed, at_least=0), count("epoch", epoch, at_least=0), 1]
    # One batch at least is left, however short the text.
    most = min(steps - 1, len(text) - 1 - rows * steps) if offset else 0
    skipped = int(np.random.default_rng(key).integers(0, most, endpoint=True))
    inputs, targets = random_examples(text, steps, seed, epoch, offset=skipped)
    ends = range(rows, len(inputs) + 1, rows)
    return ((inputs[end - rows : end], targets[end - rows : end]) for end in ends)


def split(indices: ArrayLike, held_out: float = 0.1) -> Pair:
    """Cut off the end of a text, to measure on it what was learnt from the rest.

    The end, not a random choice: a net that has read what stands before and after a
    held-out window would know something of the window itself.

    Args:
        indices: The text, shape ``(N,)``.
        held_out: The share at the end that is held out, rounded to a whole character.

    Returns:
        The part to train on and the part that is held out.

    Raises:
        ValueError: If one of the two would be empty.
    """
    share = number("held_out", held_out, above=0, at_most=1)
    text = _characters(indices)
    end = len(text) - round(len(text) * share)
    if not 0 < end < len(text):
        raise ValueError(
            f"held_out must leave something on both sides, but of {len(text)} "
            f"characters a share of {share:g} is {len(text) - end}; take another share "
            f"or a longer text."
        )
    return text[:end], text[end:]


def one_hot(indices: ArrayLike, size: int) -> Array:
    """Return a 1 at the place of each number, and zeros everywhere else.

    A product of such a row with a matrix ``W`` of shape ``(V, H)`` is a table look-up.
    Its entry ``j`` is the sum of ``x[k] W[k, j]`` over all ``k``; every term is zero
    but that of the one place ``k = i`` where ``x`` is 1, so that row ``i`` of ``W``
    comes out: ``one_hot(i, V) @ W == W[i]``. The look-up on the right (an embedding)
    does no arithmetic where the product multiplies ``V H`` pairs of numbers.

    Args:
        indices: Any shape.
        size: How many different numbers there can be, ``V``.

    Returns:
        The shape of ``indices`` and one axis more, of length ``V``.

    Raises:
        ValueError: If a number is not whole or does not lie from 0 to ``V - 1``.
    """
    kinds = count("size", size)
    places = checked_indices("indices", indices, kinds)
    rows = np.zeros((*places.shape, kinds))
    np.put_along_axis(rows, places[..., np.newaxis], 1.0, axis=-1)
    return rows


def _characters(indices: ArrayLike, size: int | None = None) -> Indices:
    """Return a text's numbers as an array of one axis, a new one."""
    text = checked_indices("indices", indices, size)
    if text.ndim != 1:
        raise ValueError(
            f"indices must have the shape (N,), but an array of shape {text.shape} was "
            f"given; pass the text as one row."
        )
    return text


def _check_length(text: Indices, needed: int, window: int, batch: int) -> None:
    """Raise if a text is too short for a single window of all rows."""
    if len(text) < needed:
        raise ValueError(
            f"indices must hold at least {needed} characters for one window of T = "
            f"{window} in B = {batch} rows, but {len(text)} were given; take a longer "
            f"text, a shorter window or fewer rows."
        )
