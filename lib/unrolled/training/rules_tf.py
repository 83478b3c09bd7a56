"""Update rules in TensorFlow."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol

import tensorflow as tf

from unrolled.training.rules import Adam
from unrolled.training.window_tf import MemoryTF, ParametersTF, adagrad
from unrolled.validation import count, number


class RuleTF(Hashable, Protocol):
    """Anything that turns gradients into new parameters; equal settings are equal."""

    def start(self, parameters: ParametersTF) -> MemoryTF:
        """Return the memory before the first update."""

    def update(
        self, parameters: ParametersTF, gradients: ParametersTF, memory: MemoryTF
    ) -> tuple[ParametersTF, Any]:
        """Return new parameters and new memory."""


@dataclass(frozen=True)
class AdagradTF:
    """Steps that shorten as squares of gradients add up (Duchi et al. 2011).

    Attributes:
        rate: The learning rate; at least 0.
        initial: Where the sums of squares start; above 0. TensorFlow's default is 0.1.
    """

    rate: float = 0.3
    initial: float = 0.1

    def __post_init__(self) -> None:
        """Check both numbers."""
        number("rate", self.rate, at_least=0.0)
        number("initial", self.initial, above=0.0)

    def start(self, parameters: ParametersTF) -> MemoryTF:
        """Begin with equal sums."""
        return {
            # Not tf.cast, which would round the number to 32 bits first.
            name: tf.fill(p.shape, tf.constant(self.initial, p.dtype))
            for name, p in parameters.items()
        }

    def update(
        self, parameters: ParametersTF, gradients: ParametersTF, memory: MemoryTF
    ) -> tuple[ParametersTF, Any]:
        """Make a step; see :func:`unrolled.training.window_tf.adagrad`."""
        return adagrad(parameters, gradients, memory, self.rate)


@dataclass(frozen=True)
class GradientDescentTF:
    """Steps against the gradient, ``w <- w - rate g``.

    Attributes:
        rate: The learning rate; at least 0.
    """

    rate: float

    def __post_init__(self) -> None:
        """Check the learning rate."""
        number("rate", self.rate, at_least=0.0)

    def start(self, parameters: ParametersTF) -> MemoryTF:
        """Begin with nothing: this rule remembers nothing."""
        return {}

    def update(
        self, parameters: ParametersTF, gradients: ParametersTF, memory: MemoryTF
    ) -> tuple[ParametersTF, Any]:
        """Make a step."""
        moved = {n: p - self.rate * gradients[n] for n, p in parameters.items()}
        return moved, memory


@dataclass(frozen=True)
class AdamTF:
    """Steps by the mean gradient over its root mean square (Kingma and Ba 2015).

    The same as :class:`unrolled.training.rules.Adam`, where the formula stands.

    Attributes:
        rate: The learning rate; at least 0.
        beta_1: The share of the mean that is kept; at least 0 and below 1.
        beta_2: The share of the mean square that is kept; at least 0 and below 1.
        epsilon: Keeps the divisor above 0, in the unit of the gradient; above 0.
    """

    rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        """Check the four numbers."""
        Adam(self.rate, self.beta_1, self.beta_2, self.epsilon)

    def start(self, parameters: ParametersTF) -> MemoryTF:
        """Begin with means of 0 after no update."""
        zeros = {n: tf.zeros_like(p) for n, p in parameters.items()}
        dtype = next(iter(zeros.values())).dtype
        return {"mean": zeros, "squares": dict(zeros), "updates": tf.zeros((), dtype)}

    def update(
        self, parameters: ParametersTF, gradients: ParametersTF, memory: MemoryTF
    ) -> tuple[ParametersTF, Any]:
        """Renew both means, then step by their ratio."""
        updates = memory["updates"] + 1
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
            direction = mean[n] / (1 - self.beta_1**updates)
            size = tf.sqrt(squares[n] / (1 - self.beta_2**updates))
            moved[n] = p - self.rate * direction / (size + self.epsilon)
        return moved, {"mean": mean, "squares": squares, "updates": updates}


@dataclass(frozen=True)
class ClippedTF:
    """Another rule, fed with gradients clipped by their global norm.

    All parameters are scaled together, so that the direction of the gradient stays:
    ``g <- min(threshold / |g|, 1) g`` (Pascanu et al. 2013).

    Attributes:
        rule: The rule that makes the step.
        threshold: The longest gradient norm allowed; above 0.
    """

    rule: RuleTF
    threshold: float

    def __post_init__(self) -> None:
        """Check the threshold."""
        number("threshold", self.threshold, above=0.0)

    def start(self, parameters: ParametersTF) -> MemoryTF:
        """Begin as the inner rule does."""
        return self.rule.start(parameters)

    def update(
        self, parameters: ParametersTF, gradients: ParametersTF, memory: MemoryTF
    ) -> tuple[ParametersTF, Any]:
        """Clip, then let the inner rule step."""
        norm = tf.linalg.global_norm(list(gradients.values()))
        # A gradient of 0 is not divided by its norm.
        share = self.threshold / tf.maximum(
            norm, tf.constant(self.threshold, norm.dtype)
        )
        clipped = {n: share * g for n, g in gradients.items()}
        return self.rule.update(parameters, clipped, memory)


@dataclass(frozen=True)
class FadingTF:
    """Another rule, whose steps shrink linearly to nothing.

    Update ``n = 0, 1, ..`` makes ``max(0, 1 - n / updates)`` of the other rule's step:
    long ones while there is far to go, short ones when noise is all that is left.

    Attributes:
        rule: The rule.
        updates: After how many updates nothing moves any more; at least 1.
    """

    rule: RuleTF
    updates: int

    def __post_init__(self) -> None:
        """Check the number of updates."""
        count("updates", self.updates)

    def start(self, parameters: ParametersTF) -> MemoryTF:
        """Begin as the other rule does, after no update."""
        return {"inner": self.rule.start(parameters), "made": tf.constant(0)}

    def update(
        self, parameters: ParametersTF, gradients: ParametersTF, memory: MemoryTF
    ) -> tuple[ParametersTF, Any]:
        """Make a share of the other rule's step."""
        moved, inner = self.rule.update(parameters, gradients, memory["inner"])
        made = memory["made"]
        dtype = next(iter(parameters.values())).dtype
        left = tf.cast(tf.maximum(self.updates - made, 0), dtype) / self.updates
        faded = {n: p + left * (moved[n] - p) for n, p in parameters.items()}
        return faded, {"inner": inner, "made": made + 1}


@dataclass(frozen=True)
class Only:
    """Another rule, for some parameters alone: the others stay as they are.

    Attributes:
        rule: The rule.
        names: Of the parameters that it moves.
    """

    rule: RuleTF
    names: tuple[str, ...]

    def start(self, parameters: ParametersTF) -> MemoryTF:
        """Begin as the other rule does.

        Raises:
            ValueError: If a name is none of the net's parameters.
        """
        for name in self.names:
            if name not in parameters:
                raise ValueError(
                    f"names must be among {', '.join(parameters)}, but {name!r} was "
                    f"given."
                )
        return self.rule.start(parameters)

    def update(
        self, parameters: ParametersTF, gradients: ParametersTF, memory: MemoryTF
    ) -> tuple[ParametersTF, Any]:
        """Make the other rule's step, and take back what is to stay."""
        moved, memory = self.rule.update(parameters, gradients, memory)
        return {n: (moved if n in self.names else parameters)[n] for n in moved}, memory
