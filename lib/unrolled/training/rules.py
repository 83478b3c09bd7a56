"""Update rules: how a gradient becomes a step.

A rule is pure: it takes parameters, gradients and its own memory, and returns new
parameters and new memory. Rprop stands in :mod:`unrolled.training.rprop`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unrolled.cells.cell import Parameters
from unrolled.validation import number

Memory = dict[str, Parameters]

SAFE_SQUARES = 1e-200, 1e300
"""Between these, a sum of squares has lost nothing to underflow or overflow."""


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

    Where the squares are too large or too small for a float, the largest entry is
    divided out first, so that a gradient that just fits into a float has a norm too.
    """
    squares = sum(float(np.vdot(g, g)) for g in gradients.values())
    if SAFE_SQUARES[0] < squares < SAFE_SQUARES[1]:
        return math.sqrt(squares)
    largest = float(np.max([0.0, *(np.abs(g).max() for g in gradients.values())]))
    if largest == 0.0 or not np.isfinite(largest):
        return largest
    squares = sum(float(np.sum((g / largest) ** 2)) for g in gradients.values())
    return largest * math.sqrt(squares)


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
        _share("decay", self.decay, "nothing would slow down")

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
class Adagrad:
    """``s <- s + g^2``; ``w <- w - rate g / (epsilon + sqrt(s))`` (Duchi et al. 2011).

    Every parameter has a learning rate of its own, which falls as its squared gradients
    add up. ``epsilon`` is added to the root, as published. Keras adds its own under the
    root instead: its ``Adagrad(rate, initial_accumulator_value=a, epsilon=e)`` is
    ``Adagrad(rate, initial=a + e, epsilon=0)`` here.

    Attributes:
        rate: The learning rate; at least 0.
        initial: What the sum of squares begins with, in the unit of the squared
            gradient; at least 0. It was 0 when published; TensorFlow and Keras begin
            with 0.1.
        epsilon: Keeps the divisor above 0, in the unit of the gradient; at least 0, and
            above 0 if ``initial`` is 0.
    """

    rate: float
    initial: float = 0.0
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        """Check the three numbers."""
        number("rate", self.rate, at_least=0.0)
        initial = number("initial", self.initial, at_least=0.0)
        if number("epsilon", self.epsilon, at_least=0.0) + initial == 0.0:
            raise ValueError(
                "epsilon must be above 0 if initial is 0, but both are 0: a gradient "
                "of 0 would be divided by 0."
            )

    def start(self, parameters: Parameters) -> Memory:
        """Begin with equal sums of squares."""
        return {"squares": _filled_like(parameters, self.initial)}

    def update(
        self, parameters: Parameters, gradients: Parameters, memory: Memory
    ) -> tuple[Parameters, Memory]:
        """Add the squares, then step by the gradient over their root."""
        squares = {n: s + gradients[n] ** 2 for n, s in memory["squares"].items()}
        moved = {
            n: p - self.rate * gradients[n] / (self.epsilon + np.sqrt(squares[n]))
            for n, p in parameters.items()
        }
        return moved, {"squares": squares}


@dataclass(frozen=True)
class Adam:
    """Steps by the mean gradient over its root mean square (Kingma and Ba 2015).

    ``m <- beta_1 m + (1 - beta_1) g`` and ``s <- beta_2 s + (1 - beta_2) g^2``. Both
    begin at 0 and are too small at first, so that after ``t`` updates they are divided
    by ``1 - beta_1^t`` and ``1 - beta_2^t``. Then ``w <- w - rate m / (sqrt(s) +
    epsilon)``. This is algorithm 1 of the paper. Keras adds its epsilon to the root
    before the division by ``1 - beta_2^t``, so that its first steps are shorter where
    gradients are as small as epsilon.

    Attributes:
        rate: The learning rate, which is about the longest step of a parameter; at
            least 0.
        beta_1: The share of ``m`` that is kept; at least 0 and below 1.
        beta_2: The share of ``s`` that is kept; at least 0 and below 1.
        epsilon: Keeps the divisor above 0, in the unit of the gradient; above 0.
    """

    rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        """Check the four numbers."""
        number("rate", self.rate, at_least=0.0)
        _share("beta_1", self.beta_1, "no gradient would ever count")
        _share("beta_2", self.beta_2, "no gradient would ever count")
        number("epsilon", self.epsilon, above=0.0)

    def start(self, parameters: Parameters) -> Memory:
        """Begin with means of 0 after no update."""
        return {
            "mean": _filled_like(parameters, 0.0),
            "squares": _filled_like(parameters, 0.0),
            "updates": {n: np.zeros(()) for n in parameters},
        }

    def update(
        self, parameters: Parameters, gradients: Parameters, memory: Memory
    ) -> tuple[Parameters, Memory]:
        """Renew both means, then step by their ratio."""
        updates = {n: np.asarray(t + 1) for n, t in memory["updates"].items()}
        mean = {
            n: self.beta_1 * m + (1 - self.beta_1) * gradients[n]
            for n, m in memory["mean"].items()
        }
        squares = {
            n: self.beta_2 * s + (1 - self.beta_2) * gradients[n] ** 2
            for n, s in memory["squares"].items()
        }
        moved = {}
        for n, p in parameters.items():
            direction = mean[n] / (1 - self.beta_1 ** updates[n])
            size = np.sqrt(squares[n] / (1 - self.beta_2 ** updates[n]))
            moved[n] = p - self.rate * direction / (size + self.epsilon)
        return moved, {"mean": mean, "squares": squares, "updates": updates}


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


def _share(name: str, value: float, reason: str) -> None:
    """Check a share that is kept at every update: at least 0 and below 1."""
    if number(name, value, at_least=0.0, at_most=1.0) == 1.0:
        raise ValueError(f"{name} must be below 1, but 1 was given: {reason}.")


def _filled_like(parameters: Parameters, value: float) -> Parameters:
    """Return floats of the parameters' names and shapes that all have one value."""
    return {n: np.full(np.shape(p), value) for n, p in parameters.items()}
