"""The classic recurrent cell in TensorFlow; its NumPy twin is in ``cells.tanh``."""

from __future__ import annotations

import tensorflow as tf

from unrolled.cells.cell_tf import CellTF, StateTF, Tensor, product
from unrolled.cells.tanh import TanhCell


def tanh_step(from_input: Tensor, state: StateTF, W_hh: Tensor) -> StateTF:
    """Make one step: ``h_t = tanh(x_t W_xh + b_h + h_{t-1} W_hh)``.

    Args:
        from_input: ``x_t W_xh + b_h``, shape ``(B, H)``.
        state: ``(h_{t-1},)``, shape ``(B, H)``.
        W_hh: Shape ``(H, H)``.
    """
    (h,) = state
    return (tf.tanh(from_input + product(h, W_hh)),)


TANH = CellTF("tanh", tanh_step, blocks=1, state_parts=1, twin=TanhCell)
