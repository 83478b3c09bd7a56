"""Choosing the next character: from logits to a distribution, and from it to one index.

The contract. A page's script chooses by the same rules, so that it and Python write the
same text from the same net, seed and settings:

1. All numbers are 64-bit floats. Every sum runs from left to right: in the order of
   the indices, or of the ranks in rule 3.
2. A temperature ``t`` above 0 turns the logits ``o`` into
   ``p_k = e_k / sum_j e_j`` with ``e_k = exp((o_k - max o) / t)``. Temperature 0 puts
   1 on the largest logit, the first of equals.
3. Ranks go from the most probable character to the least, equals by the lower index.
   Top-k keeps the first ``k`` ranks. The nucleus keeps the first ``n``, where ``n`` is
   the smallest number whose sum of probabilities is not below ``p - 1e-12``; at
   ``p = 1`` it keeps all. What is kept is divided by its sum, and the rest is 0. The
   order is temperature, top-k, nucleus.
4. Exactly one uniform number is drawn for each character, whatever the settings (at
   temperature 0, too), from ``unrolled.random.Generator(seed)``. The first index whose
   cumulative probability exceeds it is taken; if rounding leaves none, the last index
   whose probability is above 0.

Exponentials and matrix products may differ in their last digit from one machine to
another. A text can differ for that reason only where a uniform number falls within
about 1e-15 of a border between two characters, or two logits are as close.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.validation import Array, count, finite_array, number

Indices = NDArray[np.int64]

ROUNDING = 1e-12
"""How far a nucleus may miss its share: 0.7 + 0.2 must reach 0.9, as on paper."""


def tempered(logits: ArrayLike, temperature: float) -> Array:
    """Return the softmax of ``logits / temperature``.

    The lower the temperature, the more of the probability lies on the largest logit; as
    it grows, all characters become equally likely (Ackley, Hinton and Sejnowski 1985).
    The largest logit is subtracted first, so that nothing overflows.

    Args:
        logits: Shape ``(V,)``; pure numbers.
        temperature: At least 0; 0 puts everything on the largest logit, the first of
            equals.

    Returns:
        The distribution, shape ``(V,)``.

    Raises:
        ValueError: If a logit is not finite or the temperature is negative.
    """
    scores = finite_array("logits", logits, "V")
    heat = number("temperature", temperature, at_least=0)
    if heat == 0:
        distribution = np.zeros(len(scores))
        distribution[scores.argmax()] = 1
        return distribution
    with np.errstate(over="ignore"):  # minus infinity gives the 0 that is meant
        weights = np.exp((scores - scores.max()) / heat)
    return _normalised(weights)


def top_k(probabilities: ArrayLike, k: int) -> Array:
    """Keep the ``k`` most probable characters (Fan, Lewis and Dauphin 2018).

    Args:
        probabilities: Shape ``(V,)``.
        k: At least 1; more than there are keeps all. Of equals, the lower index stays.

    Returns:
        The distribution over what is kept, shape ``(V,)``; the rest is 0.

    Raises:
        ValueError: If these are no probabilities, or ``k`` is no number of characters.
    """
    shares = _checked(probabilities)
    return _kept(shares, _ranked(shares)[: count("k", k)])


def nucleus(probabilities: ArrayLike, p: float) -> Array:
    """Keep the smallest set of most probable characters whose total reaches ``p``.

    Where the net is sure, few are kept, and many where it is not (Holtzman et al.
    2020, also called top-p).

    Args:
        probabilities: Shape ``(V,)``.
        p: The share to reach, 0 to 1; the most probable character is kept in any case.
            Of equals, the lower index stays.

    Returns:
        The distribution over what is kept, shape ``(V,)``; the rest is 0.

    Raises:
        ValueError: If these are no probabilities, or ``p`` is no share.
    """
    shares = _checked(probabilities)
    wanted = number("p", p, at_least=0, at_most=1)
    ranked = _ranked(shares)
    if wanted == 1:  # rounding must not drop what is hardly ever drawn
        return _kept(shares, ranked)
    short = np.count_nonzero(np.cumsum(shares[ranked]) < wanted - ROUNDING)
    return _kept(shares, ranked[: short + 1])


def draw(distribution: ArrayLike, uniform: float) -> int:
    """Return the first index whose cumulative probability exceeds ``uniform``.

    This is rule 4 of the contract at the head of this module: the sums run in the order
    of the indices, in 64-bit floats. An index of probability 0 is never returned.

    Args:
        distribution: Shape ``(V,)``.
        uniform: A random number from 0 up to but not including 1.

    Returns:
        The index; where rounding leaves the last sum at or below ``uniform``, the last
        one whose probability is above 0.

    Raises:
        ValueError: If these are no probabilities, or ``uniform`` lies outside.
    """
    shares = _checked(distribution, "distribution")
    point = number("uniform", uniform, at_least=0)
    if point >= 1:
        raise ValueError(
            f"uniform must be a number of at least 0 and below 1, but {uniform!r} was "
            f"given; draw it with unrolled.random.Generator."
        )
    index = int(np.searchsorted(np.cumsum(shares), point, side="right"))
    return index if index < len(shares) else int(np.flatnonzero(shares)[-1])


@dataclass(frozen=True)
class Choice:
    """How to choose the next character: temperature, then top-k, then the nucleus.

    Attributes:
        temperature: At least 0; 1 leaves the net's own distribution, 0 is greedy.
        top_k: How many of the most probable characters to keep, at least 1; None keeps
            all.
        nucleus: The share of the probability to keep, 0 to 1; None keeps all.
    """

    temperature: float = 1.0
    top_k: int | None = None
    nucleus: float | None = None

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            ValueError: If one is out of range.
        """
        heat = number("temperature", self.temperature, at_least=0)
        object.__setattr__(self, "temperature", heat)
        if self.top_k is not None:
            object.__setattr__(self, "top_k", count("top_k", self.top_k))
        if self.nucleus is not None:
            share = number("nucleus", self.nucleus, at_least=0, at_most=1)
            object.__setattr__(self, "nucleus", share)

    def distribution(self, logits: ArrayLike) -> Array:
        """Return the distribution that the next character is drawn from.

        Args:
            logits: Shape ``(V,)``.

        Returns:
            Shape ``(V,)``; what was not kept is 0.

        Raises:
            ValueError: If a logit is not finite.
        """
        shares = tempered(logits, self.temperature)
        if self.top_k is not None:
            shares = top_k(shares, self.top_k)
        if self.nucleus is not None:
            shares = nucleus(shares, self.nucleus)
        return shares


GREEDY = Choice(temperature=0)
"""Always the most probable character."""


def _normalised(weights: Array) -> Array:
    """Divide by the sum, which ``cumsum`` takes from left to right (``sum`` does not).

    A script in a page adds up in that order, too.
    """
    distribution: Array = weights / np.cumsum(weights)[-1]
    return distribution


def _ranked(probabilities: Array) -> Indices:
    """Return the indices from the most probable to the least, equals as they stand."""
    return np.argsort(-probabilities, kind="stable")


def _kept(probabilities: Array, indices: Indices) -> Array:
    """Return the distribution over some of the characters."""
    kept = np.zeros_like(probabilities)
    kept[indices] = probabilities[indices]
    return _normalised(kept)


def _checked(probabilities: ArrayLike, name: str = "probabilities") -> Array:
    """Return probabilities as an array, or say why they are none."""
    shares = finite_array(name, probabilities, "V")
    total, smallest = shares.sum(), shares.min()
    if smallest < 0 or abs(total - 1) > 1e-6:
        raise ValueError(
            f"{name} must be at least 0 and add up to 1, but their sum is {total:g} "
            f"and the smallest is {smallest:g}; turn logits into probabilities with "
            f"tempered first."
        )
    return shares
