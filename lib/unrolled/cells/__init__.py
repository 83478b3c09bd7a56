"""The recurrences: each cell is one step forward and one step backward.

* :mod:`unrolled.cells.linear`: ``h_t = x_t W_xh + h_{t-1} W_hh``; scalars and matrices.
* :mod:`unrolled.cells.tanh`: the classic recurrent cell.
* :mod:`unrolled.cells.lstm`: gates around an additive memory.
* :mod:`unrolled.cells.gru`: two gates, one state; both forms of the reset gate.

These are NumPy. Their steps in TensorFlow, which takes care of the way back, are in
:mod:`unrolled.cells.tanh_tf`, :mod:`unrolled.cells.lstm_tf` and
:mod:`unrolled.cells.gru_tf`.
"""
