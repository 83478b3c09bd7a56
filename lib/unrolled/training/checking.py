"""The gradient check: a backward pass against central differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from unrolled.cells.cell import Parameters
from unrolled.validation import Array, finite_array, number


@dataclass(frozen=True)
class GradientCheck:
    """The result of a gradient check.

    Attributes:
        errors: For each parameter ``||a - n|| / max(||a||, ||n||)``, where ``a`` is the
            gradient under test and ``n`` the numerical one; 0 if both are zero. A pure
            number.
    """

    errors: Mapping[str, float]

    @property
    def largest(self) -> float:
        """The largest relative error of any parameter."""
        return max(self.errors.values())

    def __repr__(self) -> str:
        """Show one line for each parameter, largest error first."""
        ranked = sorted(self.errors.items(), key=lambda item: -item[1])
        lines = [f"  {name:<8} relative error {error:.1e}" for name, error in ranked]
        return "\n".join(["GradientCheck:", *lines])


def numerical_gradient(
    loss: Callable[[Parameters], float], parameters: Parameters, epsilon: float = 1e-6
) -> Parameters:
    """Return the gradient by central differences, one entry at a time.

    ``dL/dw = (L(w + eps) - L(w - eps)) / (2 eps)`` up to an error of order ``eps^2``,
    plus rounding of order ``1e-16 |L| / eps``.

    Args:
        loss: Maps parameters to the loss.
        parameters: Where to measure.
        epsilon: The half width of the difference, in the unit of the parameter.

    Raises:
        ValueError: If ``epsilon`` is not above 0, a parameter is not finite, or the
            loss is not.
    """
    half = number("epsilon", epsilon, above=0.0)
    gradients = {}
    for name, value in parameters.items():
        checked = finite_array(name, value)
        gradient = np.zeros_like(checked)
        for index in np.ndindex(checked.shape):
            high, low = checked.copy(), checked.copy()
            high[index] += half
            low[index] -= half
            rise = loss({**parameters, name: high}) - loss({**parameters, name: low})
            if not np.isfinite(rise):
                raise ValueError(
                    f"loss must return finite numbers, but beside {name} it did not; "
                    f"check the gradient where the loss is finite."
                )
            gradient[index] = rise / (2 * half)
        gradients[name] = gradient
    return gradients


def gradient_check(
    loss: Callable[[Parameters], float],
    parameters: Parameters,
    gradients: Mapping[str, ArrayLike],
    epsilon: float = 1e-6,
) -> GradientCheck:
    """Compare gradients with central differences.

    Args:
        loss: Maps parameters to the loss.
        parameters: Where to measure.
        gradients: The gradients under test, by the same names.
        epsilon: The half width of the difference.

    Raises:
        ValueError: If there are no parameters, names or shapes differ, ``epsilon`` is
            not above 0, or a value is not finite.
    """
    if not parameters:
        raise ValueError("parameters is empty; give at least one parameter to check.")
    if set(gradients) != set(parameters):
        raise ValueError(
            f"gradients must have the names {sorted(parameters)}, but "
            f"{sorted(gradients)} were given."
        )
    numerical = numerical_gradient(loss, parameters, epsilon)
    errors = {
        name: _relative_error(f"gradients[{name!r}]", gradients[name], numerical[name])
        for name in parameters
    }
    return GradientCheck(errors)


def _relative_error(name: str, gradient: ArrayLike, numerical: Array) -> float:
    """Return the distance of two arrays of one shape, relative to the larger one."""
    given = finite_array(name, gradient)
    if given.shape != numerical.shape:
        raise ValueError(
            f"{name} must have its parameter's shape {numerical.shape}, but an array "
            f"of shape {given.shape} was given; sum or reshape it first."
        )
    scale = max(float(np.linalg.norm(given)), float(np.linalg.norm(numerical)))
    return float(np.linalg.norm(given - numerical)) / scale if scale > 0 else 0.0
