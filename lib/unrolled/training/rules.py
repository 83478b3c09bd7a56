"""Update rules: how a gradient becomes a step.

A rule is pure: it takes parameters, gradients and its own memory, and returns new
parameters and new memory. Rprop stands in :mod:`unrolled.training.rprop`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unrolled.cells.cell import Parameters
from unrolled.validation import number

Memory = dict[str, Parameters]


class Rule(Protocol):
    """Anything that turns gradients into new parameters."""

    def start(self, parameters: Parameters) -> Memory:
        """Return the memory before the first update."""

    def update(
        self, parameters: Parameters, gradients: Parameters, memory: Memory
    ) -> tuple[Parameters, Memory]:
        """Return new parameters and new memory; change neither argument."""


def global_norm(gradients: Mapping[str, np.ndarray]) -> float:
    """Return the Euclidean norm of all gradients taken together as one vector.

    The largest entry is divided out before squaring, so that a gradient that just
    fits into a float has a norm too.
    """
    largest = float(np.max([0.0, *(np.abs(g).max() for g in gradients.values())]))
    if largest == 0.0 or not np.isfinite(largest):
        return largest
    squares = sum(float(np.sum((g / largest) ** 2)) for g in gradients.values())
    return largest * float(np.sqrt(squares))


def clip_by_global_norm(gradients: Parameters, threshold: float) -> Parameters:
    """Shorten the gradient to at most ``threshold``, keeping its direction.

    ``g <- min(threshold / ||g||, 1) g`` over all parameters together (Pascanu et al.
    2013).

    Args:
        gradients: Gradients by name.
        threshold: The longest norm allowed, in the unit of the gradient.

    Raises:
        ValueError: If ``threshold`` is not above 0.
    """
    longest = number("threshold", threshold, above=0.0)
    norm = global_norm(gradients)
    if norm <= longest:
        return dict(gradients)
    return {name: gradient * (longest / norm) for name, gradient in gradients.items()}


@dataclass(frozen=True)
class GradientDescent:
    """``w <- w - rate g``.

    Attributes:
        rate: The learning rate; at least 0.
    """

    rate: float

    def __post_init__(self) -> None:
        """Check the rate."""
        number("rate", self.rate, at_least=0.0)

    def start(self, parameters: Parameters) -> Memory:
        """Gradient descent remembers nothing."""
        return {}

    def update(
        self, parameters: Parameters, gradients: Parameters, memory: Memory
    ) -> tuple[Parameters, Memory]:
        """Step against the gradient."""
        stepped = {n: p - self.rate * gradients[n] for n, p in parameters.items()}
        return stepped, memory


@dataclass(frozen=True)
class Momentum:
    """``v <- decay v - rate g``; ``w <- w + v`` (Polyak 1964).

    Attributes:
        rate: The learning rate; at least 0.
        decay: The share of the velocity that is kept; at least 0 and below 1.
    """

    rate: float
    decay: float = 0.9

    def __post_init__(self) -> None:
        """Check both numbers."""
        number("rate", self.rate, at_least=0.0)
        if number("decay", self.decay, at_least=0.0, at_most=1.0) == 1.0:
            raise ValueError(
                "decay must be below 1, but 1 was given: nothing would slow down."
            )

    def start(self, parameters: Parameters) -> Memory:
        """Begin at rest."""
        return {"velocity": {n: np.zeros_like(p) for n, p in parameters.items()}}

    def update(
        self, parameters: Parameters, gradients: Parameters, memory: Memory
    ) -> tuple[Parameters, Memory]:
        """Speed up along the slope, then move by the velocity."""
        velocity = {
            n: self.decay * v - self.rate * gradients[n]
            for n, v in memory["velocity"].items()
        }
        moved = {n: p + velocity[n] for n, p in parameters.items()}
        return moved, {"velocity": velocity}


@dataclass(frozen=True)
class Clipped:
    """Another rule, fed with gradients clipped by their global norm.

    Attributes:
        rule: The rule that makes the step.
        threshold: The longest gradient norm allowed; above 0.
    """

    rule: Rule
    threshold: float

    def __post_init__(self) -> None:
        """Check the threshold."""
        number("threshold", self.threshold, above=0.0)

    def start(self, parameters: Parameters) -> Memory:
        """Begin as the inner rule does."""
        return self.rule.start(parameters)

    def update(
        self, parameters: Parameters, gradients: Parameters, memory: Memory
    ) -> tuple[Parameters, Memory]:
        """Clip, then let the inner rule step."""
        clipped = clip_by_global_norm(gradients, self.threshold)
        return self.rule.update(parameters, clipped, memory)
