"""The figures of the character-model chapter, one function for each.

They are declared in four modules: :mod:`char_lm_windows` (how a text is cut),
:mod:`char_lm_characters` (one character that goes in, one that comes out),
:mod:`char_lm_texts` (a number for each character of a text) and :mod:`char_lm_curves`
(what was measured).
"""

from __future__ import annotations

from unrolled.views.figures.char_lm_characters import look_up_figure, temperature_bars
from unrolled.views.figures.char_lm_curves import (
    bits_by_order,
    loss_by_context,
    norms_over_training,
    training_and_held_out,
    two_samplings_curves,
)
from unrolled.views.figures.char_lm_texts import saliency_over_text, unit_over_text
from unrolled.views.figures.char_lm_windows import (
    consecutive_windows,
    random_windows,
)

__all__ = [
    "bits_by_order",
    "consecutive_windows",
    "look_up_figure",
    "loss_by_context",
    "norms_over_training",
    "random_windows",
    "saliency_over_text",
    "temperature_bars",
    "training_and_held_out",
    "two_samplings_curves",
    "unit_over_text",
]
