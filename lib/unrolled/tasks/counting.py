"""Counting ones: the target is the sum of a sequence of zeros and ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, count, finite_array, number


@dataclass(frozen=True, eq=False)
class Counting:
    """A fixed set of bit sequences with their sums, used as one full batch.

    Attributes:
        inputs: Zeros and ones, shape ``(B, T)``.
        targets: One number for each sequence, shape ``(B,)``.
    """

    inputs: Array
    targets: Array

    def batch(self, step: int) -> tuple[Array, Array]:
        """Return inputs and targets; every step sees all of the data."""
        return self.inputs, self.targets

    @property
    def steps_per_epoch(self) -> int:
        """One update is one pass over the data."""
        return 1

    def __repr__(self) -> str:
        """Say how much data there is."""
        samples, steps = self.inputs.shape
        return f"Counting({samples} sequences of {steps} steps)"


def published(samples: int = 20, steps: int = 10) -> Counting:
    """Return the data behind the published figures.

    They come from NumPy's legacy generator, seeded with 1 and drawn row by row. The
    legacy stream is frozen by NumPy, so the same bits come out of every version.

    Args:
        samples: Number of sequences ``B``.
        steps: Length ``T`` of each.

    Raises:
        ValueError: If a number is not whole, or is below 1.
    """
    shape = count("samples", samples), count("steps", steps)
    generator = np.random.RandomState(1)
    bits = np.stack([np.around(generator.rand(shape[1])) for _ in range(shape[0])])
    return Counting(inputs=bits, targets=bits.sum(axis=1))


def random(samples: int, steps: int, seed: int, noise: float = 0.0) -> Counting:
    """Return fair random bits and their sums, with Gaussian noise on the sums.

    Args:
        samples: Number of sequences ``B``.
        steps: Length ``T`` of each.
        seed: Seed of the generator; a whole number of at least 0.
        noise: Standard deviation of the noise, in the unit of the target (ones).

    Raises:
        ValueError: If a count is below 1, or the seed or the noise is negative.
    """
    shape = count("samples", samples), count("steps", steps)
    scale = number("noise", noise, at_least=0.0)
    generator = np.random.default_rng(count("seed", seed, at_least=0))
    bits = generator.integers(0, 2, size=shape).astype(np.float64)
    return Counting(
        bits, bits.sum(axis=1) + scale * generator.standard_normal(shape[0])
    )


def from_bits(inputs: ArrayLike) -> Counting:
    """Return the task of counting the ones in sequences that the caller gives.

    Args:
        inputs: Zeros and ones, shape ``(B, T)``.

    Raises:
        ValueError: If the shape is wrong or a value is neither 0 nor 1.
    """
    bits = finite_array("inputs", inputs, "B, T")
    strange = bits[(bits != 0) & (bits != 1)]
    if strange.size:
        raise ValueError(
            f"inputs must hold only 0 and 1, but {strange[0]:g} was found; round or "
            f"threshold the values first."
        )
    return Counting(bits, bits.sum(axis=1))
