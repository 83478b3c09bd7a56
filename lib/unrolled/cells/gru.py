"""The gated recurrent unit (Cho et al. 2014), with both forms of the reset gate."""

from __future__ import annotations

import numpy as np

from unrolled.cells.cell import Cache, Cell, Parameters, State
from unrolled.cells.gates import sigmoid
from unrolled.validation import Array


class GRUCell(Cell):
    """A GRU that resets the state *before* the recurrent product, as published.

    The three blocks of ``H`` columns are, in Keras's order, the update gate ``z``, the
    reset gate ``r`` and the candidate ``g``:
    ``g = tanh(x W_xg + (r h) W_hg + b_g)`` and ``h_t = z h_{t-1} + (1 - z) g``.
    Keras computes this form with ``reset_after=False``, which is not its default.

    Parameters: ``W_xh`` of shape ``(D, 3H)``, ``W_hh`` of shape ``(H, 3H)``, ``b_h`` of
    shape ``(3H,)``.
    """

    @classmethod
    def shapes(cls, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter."""
        columns = 3 * hidden
        return {"W_xh": (inputs, columns), "W_hh": (hidden, columns), "b_h": (columns,)}

    def step(self, x: Array, state: State) -> tuple[State, Cache]:
        """Make one step; see :class:`GRUCell`."""
        (h,) = state
        split = 2 * self.hidden_size
        from_x = x @ self.parameters["W_xh"] + self.parameters["b_h"]
        W_gates, W_candidate = np.split(self.parameters["W_hh"], [split], axis=1)
        z, r = np.split(sigmoid(from_x[:, :split] + h @ W_gates), 2, axis=1)
        g = np.tanh(from_x[:, split:] + (r * h) @ W_candidate)
        return (z * h + (1 - z) * g,), (x, h, z, r, g)

    def step_backward(
        self, cache: Cache, grad_state: State
    ) -> tuple[Parameters, Array, State]:
        """Carry a gradient back over one step."""
        x, h, z, r, g = cache
        (grad_h_next,) = grad_state
        W_gates, W_candidate = np.split(
            self.parameters["W_hh"], [2 * self.hidden_size], axis=1
        )
        grad_g = grad_h_next * (1 - z) * (1 - g**2)
        grad_reset_h = grad_g @ W_candidate.T
        grad_z = grad_h_next * (h - g) * z * (1 - z)
        grad_r = grad_reset_h * h * r * (1 - r)
        grad_gates = np.concatenate([grad_z, grad_r], axis=1)
        grad_all = np.concatenate([grad_gates, grad_g], axis=1)
        grads = {
            "W_xh": x.T @ grad_all,
            "W_hh": np.concatenate([h.T @ grad_gates, (r * h).T @ grad_g], axis=1),
            "b_h": grad_all.sum(axis=0),
        }
        grad_h = grad_h_next * z + grad_gates @ W_gates.T + grad_reset_h * r
        return grads, grad_all @ self.parameters["W_xh"].T, (grad_h,)


class GRUResetAfterCell(Cell):
    """A GRU that resets *after* the recurrent product: Keras's default form.

    ``g = tanh(x W_xg + b_xg + r (h W_hg + b_hg))``. One product serves all three
    blocks, which suits a GPU's fused kernels; the price is a second bias. Keras
    computes this form with ``reset_after=True``, its default, and stacks the two biases
    into one weight of shape ``(2, 3H)``: row 0 is ``b_x``, row 1 is ``b_h``.

    Parameters: ``W_xh`` of shape ``(D, 3H)``, ``W_hh`` of shape ``(H, 3H)``, ``b_x``
    and ``b_h`` of shape ``(3H,)``; the blocks are ordered ``z, r, g``.
    """

    @classmethod
    def shapes(cls, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter."""
        columns = 3 * hidden
        weights = {"W_xh": (inputs, columns), "W_hh": (hidden, columns)}
        return {**weights, "b_x": (columns,), "b_h": (columns,)}

    def step(self, x: Array, state: State) -> tuple[State, Cache]:
        """Make one step; see :class:`GRUResetAfterCell`."""
        (h,) = state
        split = 2 * self.hidden_size
        from_x = x @ self.parameters["W_xh"] + self.parameters["b_x"]
        from_h = h @ self.parameters["W_hh"] + self.parameters["b_h"]
        z, r = np.split(sigmoid(from_x[:, :split] + from_h[:, :split]), 2, axis=1)
        candidate = from_h[:, split:]
        g = np.tanh(from_x[:, split:] + r * candidate)
        return (z * h + (1 - z) * g,), (x, h, z, r, g, candidate)

    def step_backward(
        self, cache: Cache, grad_state: State
    ) -> tuple[Parameters, Array, State]:
        """Carry a gradient back over one step."""
        x, h, z, r, g, candidate = cache
        (grad_h_next,) = grad_state
        grad_g = grad_h_next * (1 - z) * (1 - g**2)
        grad_z = grad_h_next * (h - g) * z * (1 - z)
        grad_r = grad_g * candidate * r * (1 - r)
        grad_from_x = np.concatenate([grad_z, grad_r, grad_g], axis=1)
        grad_from_h = np.concatenate([grad_z, grad_r, grad_g * r], axis=1)
        grads = {
            "W_xh": x.T @ grad_from_x,
            "W_hh": h.T @ grad_from_h,
            "b_x": grad_from_x.sum(axis=0),
            "b_h": grad_from_h.sum(axis=0),
        }
        grad_h = grad_h_next * z + grad_from_h @ self.parameters["W_hh"].T
        return grads, grad_from_x @ self.parameters["W_xh"].T, (grad_h,)
