"""Resilient backpropagation: only the sign of the gradient counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unrolled.cells.cell import Parameters
from unrolled.training.rules import Memory
from unrolled.validation import Array, number


def rprop_step(
    gradient: Array,
    sign_before: Array,
    delta: Array,
    eta_plus: float = 1.2,
    eta_minus: float = 0.5,
) -> tuple[Array, Array, Array]:
    """Return the step, the gradient's sign and the new step size, entry by entry.

    A step size grows by ``eta_plus`` while its gradient keeps its sign and shrinks by
    ``eta_minus`` when the sign changes. This is the plain form of Riedmiller and Braun
    (1993), without a cap on the step size and without taking a step back.

    Args:
        gradient: Any shape.
        sign_before: The sign of the gradient one update earlier; 0 before the first.
        delta: The step sizes, in the unit of the parameter.
        eta_plus: Growth factor.
        eta_minus: Shrinking factor.
    """
    sign = np.sign(gradient)
    delta = delta * np.where(sign == sign_before, eta_plus, eta_minus)
    return -sign * delta, sign, delta


@dataclass(frozen=True)
class Rprop:
    """Resilient backpropagation as an update rule.

    Attributes:
        delta: The first step size of every parameter; above 0.
        eta_plus: Growth factor; at least 1.
        eta_minus: Shrinking factor; above 0 and at most 1.
    """

    delta: float = 0.001
    eta_plus: float = 1.2
    eta_minus: float = 0.5

    def __post_init__(self) -> None:
        """Check the three numbers."""
        number("delta", self.delta, above=0.0)
        number("eta_plus", self.eta_plus, at_least=1.0)
        number("eta_minus", self.eta_minus, above=0.0, at_most=1.0)

    def start(self, parameters: Parameters) -> Memory:
        """Begin with equal step sizes and no sign seen yet."""
        return {
            "sign": {n: np.zeros_like(p) for n, p in parameters.items()},
            "delta": {
                n: np.full(np.shape(p), self.delta) for n, p in parameters.items()
            },
        }

    def update(
        self, parameters: Parameters, gradients: Parameters, memory: Memory
    ) -> tuple[Parameters, Memory]:
        """Move every parameter by its own step size, against its gradient's sign."""
        moved: Parameters = {}
        fresh: Memory = {"sign": {}, "delta": {}}
        for name, value in parameters.items():
            step, fresh["sign"][name], fresh["delta"][name] = rprop_step(
                gradients[name],
                memory["sign"][name],
                memory["delta"][name],
                self.eta_plus,
                self.eta_minus,
            )
            moved[name] = value + step
        return moved, fresh
