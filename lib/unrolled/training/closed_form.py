"""The linear net with two weights, solved: output, gradient and curvature as formulas.

``h_t = x_t w_x + h_{t-1} w_rec`` from ``h_0 = 0`` unfolds into
``h_T = w_x sum_t x_t w_rec^(T-t)``, and everything else follows by differentiation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, count, finite_array, number


def output_and_slopes(
    inputs: Array, w_x: Any, w_rec: Any
) -> tuple[Array, Array, Array]:
    """Return the output of the net and its slope along each weight.

    Args:
        inputs: Sequences, shape ``(B, T)``.
        w_x: Input weight; a number.
        w_rec: Recurrent weight; a number.

    Returns:
        ``h_T``, ``dh_T/dw_x`` and ``dh_T/dw_rec``, each of shape ``(B,)``, in the unit
        of the inputs.
    """
    lag = np.arange(inputs.shape[1])[::-1]
    per_w_x = inputs @ w_rec**lag
    per_w_rec = w_x * inputs @ (lag * w_rec ** np.maximum(lag - 1, 0))
    return w_x * per_w_x, per_w_x, per_w_rec


def mean_squared_gradient(
    inputs: ArrayLike, targets: ArrayLike, w_x: float, w_rec: float
) -> tuple[float, float]:
    """Return the gradient of the mean squared error without going back through time.

    Args:
        inputs: Sequences, shape ``(B, T)``.
        targets: Shape ``(B,)``.
        w_x: Input weight.
        w_rec: Recurrent weight.

    Returns:
        ``dL/dw_x`` and ``dL/dw_rec``.

    Raises:
        ValueError: If a shape is wrong or a value is not finite.
    """
    bits = finite_array("inputs", inputs, "B, T")
    wanted = finite_array("targets", targets, str(len(bits)))
    outputs, per_w_x, per_w_rec = output_and_slopes(
        bits, number("w_x", w_x), number("w_rec", w_rec)
    )
    errors = 2 * (outputs - wanted) / len(bits)
    return float(errors @ per_w_x), float(errors @ per_w_rec)


def curvature_at_optimum(inputs: ArrayLike) -> Array:
    """Return the second derivatives of the mean squared error at ``w_x = w_rec = 1``.

    The error vanishes there, so that ``2 J^T J / B`` is the whole of them, with the
    slopes of the outputs in the columns of ``J``.

    Args:
        inputs: Sequences, shape ``(B, T)``.

    Returns:
        Shape ``(2, 2)``, in the order ``w_x``, ``w_rec``.

    Raises:
        ValueError: If the shape is wrong or a value is not finite.
    """
    bits = finite_array("inputs", inputs, "B, T")
    slopes = np.stack(output_and_slopes(bits, 1.0, 1.0)[1:], axis=1)
    curvature: Array = 2 * slopes.T @ slopes / len(bits)
    return curvature


def expected_error(w_x: float, w_rec: float, steps: int) -> tuple[float, float]:
    """Return mean and standard deviation of ``h_T`` minus the number of ones.

    The bits are independent and fair. A one that came ``m`` steps before the end counts
    for ``w_x w_rec^m`` where it should count for 1; a bit of mean 1/2 and standard
    deviation 1/2 multiplies the difference.

    Args:
        w_x: Input weight.
        w_rec: Recurrent weight.
        steps: Length ``T`` of the sequence.

    Returns:
        Both in ones.

    Raises:
        ValueError: If a weight is not finite or ``steps`` is below 1.
    """
    lag = np.arange(count("steps", steps))
    excess = number("w_x", w_x) * number("w_rec", w_rec) ** lag - 1
    return float(0.5 * excess.sum()), float(0.5 * np.sqrt(np.sum(excess**2)))
