"""The classic recurrent cell (Elman 1990).

``h_t = tanh(x_t W_xh + h_{t-1} W_hh + b_h)``.
"""

from __future__ import annotations

import numpy as np

from unrolled.cells.cell import Cache, Cell, Parameters, State
from unrolled.validation import Array


def step(x: Array, h: Array, W_xh: Array, W_hh: Array, b_h: Array) -> Array:
    """Make one step.

    Args:
        x: Inputs, shape ``(B, D)``.
        h: Old states, shape ``(B, H)``.
        W_xh: Shape ``(D, H)``.
        W_hh: Shape ``(H, H)``.
        b_h: Shape ``(H,)``.

    Returns:
        The new states, shape ``(B, H)``.
    """
    z = x @ W_xh + h @ W_hh + b_h
    return np.tanh(z)


def step_backward(
    x: Array, h: Array, h_next: Array, grad_h_next: Array, W_xh: Array, W_hh: Array
) -> tuple[Parameters, Array, Array]:
    """Carry a gradient back over one step, using ``tanh' = 1 - tanh^2``.

    Args:
        x: Inputs, shape ``(B, D)``.
        h: Old states, shape ``(B, H)``.
        h_next: New states, shape ``(B, H)``.
        grad_h_next: Gradient of the loss with respect to ``h_next``.
        W_xh: Shape ``(D, H)``.
        W_hh: Shape ``(H, H)``.

    Returns:
        The gradients with respect to the parameters (by name), ``x`` and ``h``.
    """
    grad_z = grad_h_next * (1 - h_next**2)
    grads = {"W_xh": x.T @ grad_z, "W_hh": h.T @ grad_z, "b_h": grad_z.sum(axis=0)}
    return grads, grad_z @ W_xh.T, grad_z @ W_hh.T


class TanhCell(Cell):
    """The classic recurrent cell.

    Parameters: ``W_xh`` of shape ``(D, H)``, ``W_hh`` of shape ``(H, H)``, ``b_h`` of
    shape ``(H,)``.
    """

    @classmethod
    def shapes(cls, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter."""
        return {"W_xh": (inputs, hidden), "W_hh": (hidden, hidden), "b_h": (hidden,)}

    def step(self, x: Array, state: State) -> tuple[State, Cache]:
        """Make one step; see :func:`step`."""
        (h,) = state
        h_next = step(x, h, **self.parameters)
        return (h_next,), (x, h, h_next)

    def step_backward(
        self, cache: Cache, grad_state: State
    ) -> tuple[Parameters, Array, State]:
        """Carry a gradient back over one step; see :func:`step_backward`."""
        x, h, h_next = cache
        (grad_h_next,) = grad_state
        W_xh, W_hh = self.parameters["W_xh"], self.parameters["W_hh"]
        grads, grad_x, grad_h = step_backward(x, h, h_next, grad_h_next, W_xh, W_hh)
        return grads, grad_x, (grad_h,)
