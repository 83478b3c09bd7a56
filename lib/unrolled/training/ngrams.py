"""Counting as a language model: the baselines that a recurrent net has to beat.

An n-gram model of order ``n`` tells the next character from the ``n - 1`` characters
before it, the *context*, by counting what followed it in the training text. Most long
contexts were seen seldom or never, so the counts are **smoothed**: each order takes a
little from every count and lets the order below it spread what was taken. With ``w`` a
character, ``h`` its context and ``h'`` that context without its first character,

    ``p(w | h) = (c(h w) - D(c(h w))) / c(h) + g(h) p(w | h')``,

where ``c(h) = sum_w c(h w)``, the first term is 0 where ``c(h w) = 0``, and ``g(h)`` is
the sum of the discounts taken from the characters that followed ``h``, divided by
``c(h)``, so that the probabilities add up to 1. A context that was never followed by
anything hands all on: ``p(w | h) = p(w | h')``. Below the empty context stands the
uniform distribution, ``1 / V`` for each of ``V`` characters; so nothing is impossible.

This is interpolated modified Kneser-Ney smoothing (S. F. Chen and J. Goodman, "An
empirical study of smoothing techniques for language modeling", Computer Speech and
Language 13, 1999). Two more ideas are in it:

* *Discounts from counts of counts.* ``D`` is one number for what was seen once, one for
  twice, one for three times or more; see :func:`discounts`.
* *Lower orders count surroundings, not occurrences* (R. Kneser and H. Ney, "Improved
  backing-off for m-gram language modeling", ICASSP 1995). A lower order is asked where
  the longer context does not help. There it does not matter how often ``h w`` was
  seen, but in how many surroundings: in all orders but the highest, ``c(h w)`` is the
  number of different characters that stood before ``h w``. The beginning of the text
  is counted as one more such character. The classic example is of words: "Francisco"
  may be frequent, but stands after "San" alone, and is a poor guess after other words.

The n-grams lie in a tree: each one is its context followed by one character. They are
numbered in the order of their keys, ``number of the context * V + character``, so that
a sorted array of keys is all that is needed to find them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.training.perplexity import bits_per_character
from unrolled.validation import Array, count

Indices = NDArray[np.int64]

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where counts of counts say nothing; those of the program KenLM."""

LEAST = 0.01
"""No discount is smaller, so that every order leaves something to the one below."""

LONGEST = 20
"""The highest order: up to it, no probability is too small for float64."""


@dataclass(frozen=True)
class UniformModel:
    """The guess that knows only how many characters there are: ``1 / V`` for each.

    Attributes:
        size: Distinct characters, ``V``.
    """

    size: int

    def __post_init__(self) -> None:
        """Check the size.

        Raises:
            ValueError: If it is not a whole number of at least 1.
        """
        object.__setattr__(self, "size", count("size", self.size))

    def probabilities(self, context: ArrayLike = ()) -> Array:
        """Return ``1 / V`` for each character, shape ``(V,)``, whatever came before.

        Raises:
            ValueError: If the context does not hold indices of characters.
        """
        _indices("context", context, self.size)
        return np.full(self.size, 1 / self.size)

    def losses(self, indices: ArrayLike) -> Array:
        """Return ``log V`` nats for each character of a text, shape ``(N,)``.

        Raises:
            ValueError: If the text is empty or does not hold indices of characters.
        """
        return np.full(len(_text(indices, self.size)), np.log(self.size))

    def bits_per_character(self, indices: ArrayLike) -> float:
        """Return ``log2 V``, the bits per character of any text.

        Raises:
            ValueError: If the text is empty or does not hold indices of characters.
        """
        return bits_per_character(float(np.mean(self.losses(indices))))


@dataclass(frozen=True, eq=False)
class Level:
    """All n-grams of one length ``k``, and what they and their contexts are worth.

    ``G`` n-grams of this length and ``C`` contexts (those of length ``k - 1``) were
    seen. Both arrays of shares have one entry more, for what was not seen: its number
    is -1, which NumPy takes for the last entry.

    Attributes:
        size: Distinct characters, ``V``.
        keys: Sorted, ``number of the context * V + last character``; shape ``(G,)``.
        kept: What is left of each relative frequency, ``(c - D(c)) / c(h)``, then 0;
            shape ``(G + 1,)``.
        passed_on: What each context hands on to the order below, ``g(h)``, then 1;
            shape ``(C + 1,)``.
        discounts: What was taken from counts of 1, 2, and 3 or more; shape ``(3,)``.
    """

    size: int
    keys: Indices
    kept: Array
    passed_on: Array
    discounts: Array

    @classmethod
    def smooth(cls, size: int, keys: Indices, counts: Indices, contexts: int) -> Level:
        """Discount the counts of n-grams.

        Args:
            size: Distinct characters, ``V``.
            keys: Of the n-grams, see above; shape ``(G,)``.
            counts: Their counts, at least 1; shape ``(G,)``.
            contexts: How many there are, ``C``.
        """
        amounts = discounts(counts)
        taken = amounts[np.minimum(counts, 3) - 1]
        before = keys // size
        totals = np.bincount(before, counts, contexts)
        passed_on = np.ones(contexts + 1)
        followed = np.flatnonzero(totals)  # the end of the text may not be
        given_up = np.bincount(before, taken, contexts)
        passed_on[followed] = given_up[followed] / totals[followed]
        kept = np.append((counts - taken) / totals[before], 0)
        return cls(size, keys, kept, passed_on, amounts)

    def find(self, contexts: Indices, characters: Indices) -> Indices:
        """Return the numbers of n-grams, -1 for each that was not seen.

        Args:
            contexts: Numbers of the contexts, -1 for one that was not seen either.
            characters: Those that follow, ``0 .. V - 1``; the same shape.
        """
        wanted = contexts * self.size + characters  # below 0 if the context is -1
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[places] == wanted, places, -1)

    def followers(self, context: int) -> slice:
        """Return where the n-grams of a context stand; empty for context -1."""
        edges = np.array([context, context + 1]) * self.size
        first, end = np.searchsorted(self.keys, edges)
        return slice(int(first), int(end))


@dataclass(frozen=True, eq=False)
class NGram:
    """A smoothed n-gram model of characters, made by :meth:`fit`.

    Attributes:
        order: Length of the longest n-grams, 1 for unigrams, 2 for bigrams and so on;
            the context has one character less.
        size: Distinct characters, ``V``.
        levels: The n-grams of length 1, 2, .. ``order``; fewer if the text is shorter.
    """

    order: int
    size: int
    levels: tuple[Level, ...] = field(repr=False)

    @classmethod
    def fit(cls, indices: ArrayLike, order: int, size: int) -> NGram:
        """Count the n-grams of a text and smooth the counts.

        Args:
            indices: The training text, characters as ``0 .. V - 1``; shape ``(N,)``.
            order: Length of the longest n-grams, 1 to ``LONGEST``.
            size: Distinct characters, ``V``, those that the text lacks included.

        Raises:
            ValueError: If a number is out of range, or the text is empty or does not
                hold indices of characters.
        """
        longest, characters = count("order", order), count("size", size)
        if longest > LONGEST:
            raise ValueError(
                f"order must be at most {LONGEST}, but {longest} was given; orders "
                f"above 6 or so no longer help."
            )
        tables = _count(_text(indices, characters), longest, characters)
        contexts = [1] + [len(keys) for keys, _ in tables]
        levels = (
            Level.smooth(characters, *table, number)
            for table, number in zip(tables, contexts[:-1], strict=True)
        )
        return cls(longest, characters, tuple(levels))

    def probabilities(self, context: ArrayLike = ()) -> Array:
        """Return the probability of each character after a context.

        After fewer than ``order - 1`` characters, the lower order answers that has just
        so many; it counts surroundings, not occurrences.

        Args:
            context: The characters so far, as ``0 .. V - 1``; any length. Only the last
                ``order - 1`` count.

        Returns:
            Numbers above 0 that add up to 1, shape ``(V,)``.

        Raises:
            ValueError: If the context does not hold indices of characters.
        """
        before = _indices("context", context, self.size)
        shares = np.full(self.size, 1 / self.size)
        for length, level in enumerate(self.levels[: len(before) + 1]):
            number = self._number(before[len(before) - length :])
            here = level.followers(number)
            shares *= level.passed_on[number]
            shares[level.keys[here] % self.size] += level.kept[here]
        return shares

    def _number(self, characters: Indices) -> int:
        """Return the number of the n-gram of these characters, -1 if not seen."""
        number = np.array(0)  # of the empty n-gram
        for level, character in zip(self.levels, characters, strict=False):
            number = level.find(number, character)
        return int(number)

    def losses(self, indices: ArrayLike) -> Array:
        """Return ``-log p`` of each character of a text, given those before it.

        Args:
            indices: The text, characters as ``0 .. V - 1``; shape ``(N,)``.

        Returns:
            Nats, shape ``(N,)``; always finite. The first ``order - 1`` characters have
            as much context as there is: the first has none.

        Raises:
            ValueError: If the text is empty or does not hold indices of characters.
        """
        text = _text(indices, self.size)
        shares = np.full(len(text), 1 / self.size)
        contexts = np.zeros(len(text), np.int64)  # the empty one, everywhere
        for level in self.levels:
            found = level.find(contexts, text)
            shares = level.kept[found] + level.passed_on[contexts] * shares
            contexts = np.append(-1, found[:-1])  # now one longer, to the left
        losses: Array = -np.log(shares)
        return losses

    def bits_per_character(self, indices: ArrayLike) -> float:
        """Return the mean loss of a text in bits, the price of a character.

        Args:
            indices: The text, characters as ``0 .. V - 1``; shape ``(N,)``.

        Raises:
            ValueError: If the text is empty or does not hold indices of characters.
        """
        return bits_per_character(float(np.mean(self.losses(indices))))


def discounts(counts: ArrayLike) -> Array:
    """Estimate how much of a count is luck, from how many counts are small.

    With ``n_j`` the number of n-grams whose count is ``j``, and ``Y = n_1 / (n_1 + 2
    n_2)``, what is taken from a count of 1, of 2, and of 3 or more is

        ``1 - 2 Y n_2 / n_1``,    ``2 - 3 Y n_3 / n_2``,    ``3 - 4 Y n_4 / n_3``

    (S. F. Chen and J. Goodman, technical report TR-10-98, Harvard University, 1998,
    equation 26). Where one of ``n_1 .. n_3`` is 0 or a result is below ``LEAST``, as
    can happen in a very short text, ``FALLBACK`` is returned.

    Args:
        counts: Of the n-grams, whole numbers of at least 1; shape ``(G,)``.

    Returns:
        The three discounts, pure numbers; shape ``(3,)``. Each is above 0 and at most
        the count that it is taken from.
    """
    _, once, twice, thrice, often = np.bincount(
        np.minimum(np.asarray(counts, np.int64), 5), minlength=6
    )[:5]
    if min(once, twice, thrice) == 0:
        return np.array(FALLBACK)
    share = once / (once + 2 * twice)
    following = np.array([twice / once, thrice / twice, often / thrice])
    rank = np.arange(1, 4)
    amounts = rank - (rank + 1) * share * following
    return amounts if amounts.min() >= LEAST else np.array(FALLBACK)


def _count(text: Indices, order: int, size: int) -> list[tuple[Indices, Indices]]:
    """Return the keys and the counts of all n-grams, for length 1, 2, .. ``order``.

    The longest are counted as often as they occur, the others as often as another
    character stands before them. A text shorter than ``order`` has fewer lengths.
    """
    tables: list[tuple[Indices, Indices]] = []
    ending = np.zeros(len(text) + 1, np.int64)  # n-grams by place; the empty one first
    for length in range(1, min(order, len(text)) + 1):
        keys, first, longer, counts = np.unique(
            ending[:-1] * size + text[length - 1 :],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        if tables:
            without_first = ending[1:][first]  # of each n-gram, its end one shorter
            surroundings = np.bincount(without_first, minlength=len(tables[-1][0]))
            surroundings[ending[0]] += 1  # the beginning of the text
            tables[-1] = tables[-1][0], surroundings
        tables.append((keys, counts))
        ending = longer
    return tables


def _text(indices: Any, size: int) -> Indices:
    """Return a text of at least one character."""
    text = _indices("indices", indices, size)
    if not len(text):
        raise ValueError(
            "indices must hold at least one character, but none was given."
        )
    return text


def _indices(name: str, value: Any, size: int) -> Indices:
    """Return characters as an array of whole numbers ``0 .. V - 1``, shape ``(N,)``."""
    array = np.asarray(value)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(
            f"{name} must be whole numbers in an array with one axis, but one of shape "
            f"{array.shape} and type {array.dtype} was given; look each character up "
            f"in the vocabulary first."
        )
    strange = array[(array < 0) | (array >= size)]
    if strange.size:
        raise ValueError(
            f"{name} must be whole numbers from 0 to {size - 1}, as size is {size}, "
            f"but {strange[0]} was given; use the vocabulary that size belongs to."
        )
    return array.astype(np.int64, copy=False)
