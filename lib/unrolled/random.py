"""Seeded random numbers that a browser can draw too.

NumPy's generators need 64-bit integers, which JavaScript has not; this one needs 32
bits. ``views/js/numerics.js`` holds its twin: integers and uniforms agree bit by bit,
normals to rounding. Where no browser takes part, NumPy's own generator is faster.

The stream is that of xoshiro128** (D. Blackman and S. Vigna, "Scrambled linear
pseudorandom number generators", ACM Transactions on Mathematical Software 47(4), 2021;
reference code at https://prng.di.unimi.it/xoshiro128starstar.c). It passes the known
batteries of tests and has a period of 2^128 - 1. It is not for secrets.

Its state is four words of 32 bits. As its authors advise, a generator of another kind
makes them from the seed: SplitMix (G. L. Steele, D. Lea and C. H. Flood, "Fast
splittable pseudorandom number generators", OOPSLA 2014) with 32 bits in place of 64.
Word ``k = 1 .. 4`` is ``mix(seed + k 0x9E3779B9)``, modulo 2^32, where ``mix`` is the
32-bit finaliser of A. Appleby's MurmurHash3. As ``mix`` is one to one, at most one word
is zero, and the state never is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, count, finite_array

WORD = 2**32 - 1
"""Keeps the lowest 32 bits of a number: ``value & WORD``."""

GOLDEN = 0x9E3779B9
"""2^32 divided by the golden ratio, rounded to an odd number."""


def mix(bits: int) -> int:
    """Return the finaliser of MurmurHash3: 32 bits in, 32 well mixed bits out."""
    bits ^= bits >> 16
    bits = bits * 0x85EBCA6B & WORD
    bits ^= bits >> 13
    bits = bits * 0xC2B2AE35 & WORD
    return bits ^ bits >> 16


def rotate_left(bits: int, places: int) -> int:
    """Return 32 bits, moved to the left in a circle."""
    return (bits << places | bits >> 32 - places) & WORD


def advance(words: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Make one step of xoshiro128**.

    Args:
        words: The state, four whole numbers of 32 bits.

    Returns:
        The next output, 32 bits, and the new state.
    """
    a, b, c, d = words
    output = rotate_left(b * 5 & WORD, 7) * 9 & WORD
    shifted = b << 9 & WORD
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    return output, (a, b, c ^ shifted, rotate_left(d, 11))


class Generator:
    """A seeded stream of random numbers, the same in Python and in JavaScript."""

    def __init__(self, seed: int) -> None:
        """Begin the stream that belongs to a seed.

        Args:
            seed: A whole number from 0 to 2^32 - 1.

        Raises:
            ValueError: If the seed is none.
        """
        first = count("seed", seed, at_least=0)
        if first > WORD:
            raise ValueError(
                f"seed must be a whole number of at most {WORD}, but {seed} was given."
            )
        self._seed = first
        self._words = tuple(mix(first + k * GOLDEN & WORD) for k in (1, 2, 3, 4))

    def bits32(self) -> int:
        """Return 32 random bits as a whole number from 0 to 2^32 - 1."""
        output, self._words = advance(self._words)
        return output

    def uniform(self) -> float:
        """Return a number that is uniform in [0, 1): a multiple of 2^-53.

        Of two outputs the upper 27 and the upper 26 bits are joined.
        """
        high = self.bits32() >> 5
        low = self.bits32() >> 6
        return (high * 2**26 + low) / 2**53

    def integers(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high - 1``, each equally likely.

        Outputs beyond the largest multiple of ``high - low`` are drawn again; a plain
        remainder would favour small numbers.

        Raises:
            ValueError: If a bound is not whole, ``high`` is not above ``low``, or they
                lie more than 2^32 apart.
        """
        first, end = _whole("low", low), _whole("high", high)
        span = end - first
        if not 1 <= span <= 2**32:
            raise ValueError(
                f"high must be above low, by at most 2^32, but low = {low} and high = "
                f"{high} were given."
            )
        fair = 2**32 - 2**32 % span
        bits = self.bits32()
        while bits >= fair:
            bits = self.bits32()
        return first + bits % span

    def normal(self) -> float:
        """Return a normal number of mean 0 and standard deviation 1.

        Of the pair of Box and Muller ("A note on the generation of random normal
        deviates", Annals of Mathematical Statistics 29, 1958) the cosine is used and
        the sine is not, so that nothing but the four words need be remembered.
        """
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())

    def choice(self, probabilities: ArrayLike) -> int:
        """Return index ``k`` with the probability ``probabilities[k]``.

        Args:
            probabilities: At least 0, and with the sum 1 up to 1e-6; shape ``(C,)``.

        Raises:
            ValueError: If they are no probabilities.
        """
        shares = finite_array("probabilities", probabilities, "C")
        sums = np.cumsum(shares)
        if shares.min() < 0 or abs(sums[-1] - 1) > 1e-6:
            raise ValueError(
                f"probabilities must be at least 0 and add up to 1, but their sum is "
                f"{sums[-1]:g} and the smallest is {shares.min():g}; divide by the sum."
            )
        below = np.flatnonzero(self.uniform() * sums[-1] < sums)
        # Rounding could place the point on the very end of the last sum.
        return int(below[0] if below.size else np.flatnonzero(shares)[-1])

    def uniforms(self, shape: int | tuple[int, ...]) -> Array:
        """Return an array of uniform numbers, drawn row by row.

        Raises:
            ValueError: If a length is not a whole number of at least 1.
        """
        return _filled(shape, self.uniform)

    def normals(self, shape: int | tuple[int, ...]) -> Array:
        """Return an array of normal numbers, drawn row by row.

        Raises:
            ValueError: If a length is not a whole number of at least 1.
        """
        return _filled(shape, self.normal)

    def __repr__(self) -> str:
        """Show the seed."""
        return f"Generator(seed={self._seed})"


def _whole(name: str, value: Any) -> int:
    """Return ``value`` as an int, or say that it is none."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number, but {value!r} was given.")
    return int(value)


def _filled(shape: int | tuple[int, ...], draw: Callable[[], float]) -> Array:
    """Return an array whose entries were drawn one after the other."""
    lengths = shape if isinstance(shape, tuple) else (shape,)
    sizes = [count("shape", length) for length in lengths]
    drawn = np.array([draw() for _ in range(math.prod(sizes))])
    return drawn.reshape(sizes)
