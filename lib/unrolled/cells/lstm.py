"""Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers 2000)."""

from __future__ import annotations

import numpy as np

from unrolled.cells.cell import Cache, Cell, Parameters, State
from unrolled.cells.gates import sigmoid
from unrolled.validation import Array


def step(
    x: Array, h: Array, c: Array, W_xh: Array, W_hh: Array, b_h: Array
) -> tuple[Array, Array, tuple[Array, ...]]:
    """Make one step.

    The four blocks of ``H`` columns are, in Keras's order, the input gate ``i``, the
    forget gate ``f``, the candidate ``g`` and the output gate ``o``. Then
    ``c_t = f c_{t-1} + i g`` and ``h_t = o tanh(c_t)``, element by element.

    Args:
        x: Inputs, shape ``(B, D)``.
        h: Old hidden states, shape ``(B, H)``.
        c: Old cell states, shape ``(B, H)``.
        W_xh: Shape ``(D, 4H)``.
        W_hh: Shape ``(H, 4H)``.
        b_h: Shape ``(4H,)``.

    Returns:
        The new hidden states, the new cell states, and the gates ``(i, f, g, o)``.
    """
    z_i, z_f, z_g, z_o = np.split(x @ W_xh + h @ W_hh + b_h, 4, axis=1)
    i, f, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o)
    g = np.tanh(z_g)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, (i, f, g, o)


class LSTMCell(Cell):
    """An LSTM with a forget gate and no peepholes; its state is the pair ``(h, c)``.

    Parameters: ``W_xh`` of shape ``(D, 4H)``, ``W_hh`` of shape ``(H, 4H)``, ``b_h`` of
    shape ``(4H,)``; the blocks are ordered ``i, f, g, o`` as in Keras.
    """

    state_parts = 2

    @classmethod
    def shapes(cls, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter."""
        columns = 4 * hidden
        return {"W_xh": (inputs, columns), "W_hh": (hidden, columns), "b_h": (columns,)}

    def step(self, x: Array, state: State) -> tuple[State, Cache]:
        """Make one step; see :func:`step`."""
        h, c = state
        h_next, c_next, gates = step(x, h, c, **self.parameters)
        return (h_next, c_next), (x, h, c, c_next, *gates)

    def step_backward(
        self, cache: Cache, grad_state: State
    ) -> tuple[Parameters, Array, State]:
        """Carry a gradient back over one step.

        The path ``c_t <- c_{t-1}`` multiplies by the forget gate alone: no matrix and
        no squashing stands in it.
        """
        x, h, c, c_next, i, f, g, o = cache
        grad_h_next, grad_c_next = grad_state
        squashed = np.tanh(c_next)
        grad_c = grad_c_next + grad_h_next * o * (1 - squashed**2)
        grad_z = np.concatenate(
            [
                grad_c * g * i * (1 - i),
                grad_c * c * f * (1 - f),
                grad_c * i * (1 - g**2),
                grad_h_next * squashed * o * (1 - o),
            ],
            axis=1,
        )
        grads = {"W_xh": x.T @ grad_z, "W_hh": h.T @ grad_z, "b_h": grad_z.sum(axis=0)}
        grad_h = grad_z @ self.parameters["W_hh"].T
        return grads, grad_z @ self.parameters["W_xh"].T, (grad_h, grad_c * f)
