"""The linear recurrence, as two scalars (the linear chapter) and as matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.cells.cell import Cache, Cell, Parameters, State
from unrolled.validation import Array


def forward(inputs: Array, w_x: Any, w_rec: Any) -> Array:
    """Run ``h_t = x_t w_x + h_{t-1} w_rec`` from ``h_0 = 0``.

    Args:
        inputs: Sequences of numbers, shape ``(B, T)``.
        w_x: Input weight; a number.
        w_rec: Recurrent weight; a number.

    Returns:
        The states ``h_0 .. h_T``, shape ``(B, T + 1)``.
    """
    states = np.zeros((inputs.shape[0], inputs.shape[1] + 1))
    for t in range(inputs.shape[1]):
        states[:, t + 1] = inputs[:, t] * w_x + states[:, t] * w_rec
    return states


def backward(
    inputs: Array, states: Array, grad_output: Array, w_rec: Any
) -> tuple[float, float, Array]:
    """Backpropagate through time from the last state.

    ``dL/dh_{t-1} = dL/dh_t w_rec``; ``dL/dw_x`` sums ``dL/dh_t x_t`` and ``dL/dw_rec``
    sums ``dL/dh_t h_{t-1}`` over steps and samples (Werbos 1990).

    Args:
        inputs: Shape ``(B, T)``.
        states: What :func:`forward` returned, shape ``(B, T + 1)``.
        grad_output: ``dL/dh_T`` of each sample, shape ``(B,)``.
        w_rec: Recurrent weight.

    Returns:
        ``dL/dw_x``, ``dL/dw_rec`` and ``dL/dh_0 .. dL/dh_T`` of shape ``(B, T + 1)``.
    """
    grad_states = np.zeros_like(states)
    grad_states[:, -1] = grad_output
    for t in reversed(range(inputs.shape[1])):
        grad_states[:, t] = grad_states[:, t + 1] * w_rec
    grad_w_x = np.sum(grad_states[:, 1:] * inputs)
    grad_w_rec = np.sum(grad_states[:, 1:] * states[:, :-1])
    return grad_w_x, grad_w_rec, grad_states


class LinearCell(Cell):
    """``h_t = x_t W_xh + h_{t-1} W_hh``: no bias, no squashing.

    Parameters: ``W_xh`` of shape ``(D, H)``, ``W_hh`` of shape ``(H, H)``.
    """

    @classmethod
    def shapes(cls, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter."""
        return {"W_xh": (inputs, hidden), "W_hh": (hidden, hidden)}

    def step(self, x: Array, state: State) -> tuple[State, Cache]:
        """Make one step; see :class:`LinearCell`."""
        (h,) = state
        h_next = x @ self.parameters["W_xh"] + h @ self.parameters["W_hh"]
        return (h_next,), (x, h)

    def step_backward(
        self, cache: Cache, grad_state: State
    ) -> tuple[Parameters, Array, State]:
        """Carry a gradient back over one step."""
        x, h = cache
        (grad_h,) = grad_state
        grads = {"W_xh": x.T @ grad_h, "W_hh": h.T @ grad_h}
        grad_x = grad_h @ self.parameters["W_xh"].T
        return grads, grad_x, (grad_h @ self.parameters["W_hh"].T,)
