"""The gated recurrent unit in TensorFlow; its NumPy twin is in ``cells.gru``."""

from __future__ import annotations

import tensorflow as tf

from unrolled.cells.cell_tf import CellTF, StateTF, Tensor, product
from unrolled.cells.gru import GRUCell


def gru_step(from_input: Tensor, state: StateTF, W_hh: Tensor) -> StateTF:
    """Make one step, with the reset gate before the recurrent product.

    ``g = tanh(x W_xg + b_g + (r h) W_hg)`` and ``h_t = z h_{t-1} + (1 - z) g``.

    Args:
        from_input: ``x_t W_xh + b_h``, shape ``(B, 3H)``; blocks ``z, r, g``.
        state: ``(h_{t-1},)``, shape ``(B, H)``.
        W_hh: Shape ``(H, 3H)``.
    """
    (h,) = state
    split = 2 * W_hh.shape[0]
    z, r = gru_gates(from_input, h, W_hh)
    g = tf.tanh(from_input[..., split:] + product(r * h, W_hh[:, split:]))
    return (z * h + (1 - z) * g,)


def gru_gates(from_input: Tensor, h: Tensor, W_hh: Tensor) -> tuple[Tensor, Tensor]:
    """Return the update gate and the reset gate, shape ``(B, H)`` each."""
    split = 2 * W_hh.shape[0]
    gates = tf.sigmoid(from_input[..., :split] + product(h, W_hh[:, :split]))
    z, r = tf.split(gates, 2, axis=-1)
    return z, r


def gru_factors(from_input: Tensor, state: StateTF, W_hh: Tensor) -> StateTF:
    """Return what the blocks ``z, r, g`` of ``W_hh`` are multiplied with."""
    (h,) = state
    _, r = gru_gates(from_input, h, W_hh)
    return h, h, r * h


GRU = CellTF(
    "gru", gru_step, blocks=3, state_parts=1, twin=GRUCell, factors=gru_factors
)
