"""The diagrams of the theory chapter, one function for each.

They are declared in four modules: :mod:`diagrams_forward` (the loop, the chain, the
toy net), :mod:`diagrams_sequences` (shapes, encoder and decoder),
:mod:`diagrams_gradients` (backpropagation through time) and :mod:`diagrams_lstm`.
"""

from __future__ import annotations

from unrolled.views.figures.diagrams_forward import folded_and_unrolled, toy_pass
from unrolled.views.figures.diagrams_gradients import bptt_paths, truncation_window
from unrolled.views.figures.diagrams_lstm import lstm_cell
from unrolled.views.figures.diagrams_sequences import encoder_decoder, sequence_shapes

__all__ = [
    "bptt_paths",
    "encoder_decoder",
    "folded_and_unrolled",
    "lstm_cell",
    "sequence_shapes",
    "toy_pass",
    "truncation_window",
]
