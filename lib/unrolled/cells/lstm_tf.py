"""Long short-term memory in TensorFlow; its NumPy twin is in ``cells.lstm``."""

from __future__ import annotations

import tensorflow as tf

from unrolled.cells.cell_tf import CellTF, StateTF, Tensor, product
from unrolled.cells.lstm import LSTMCell


def lstm_step(from_input: Tensor, state: StateTF, W_hh: Tensor) -> StateTF:
    """Make one step: ``c_t = f c_{t-1} + i g`` and ``h_t = o tanh(c_t)``.

    Args:
        from_input: ``x_t W_xh + b_h``, shape ``(B, 4H)``; blocks ``i, f, g, o``.
        state: ``(h_{t-1}, c_{t-1})``, shape ``(B, H)`` each.
        W_hh: Shape ``(H, 4H)``.
    """
    h, c = state
    i, f, g, o = tf.split(from_input + product(h, W_hh), 4, axis=-1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


LSTM = CellTF("lstm", lstm_step, blocks=4, state_parts=2, twin=LSTMCell)
