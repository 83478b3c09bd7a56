"""Update rules in TensorFlow."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol

import tensorflow as tf

from unrolled.training.window_tf import MemoryTF, ParametersTF, adagrad
from unrolled.validation import number


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
