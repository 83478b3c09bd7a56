"""The figures of the MNIST chapter, one function for each.

They are declared in three modules: :mod:`mnist_images` (pictures of digits, row by
row), :mod:`mnist_curves` (what was measured of whole runs and sets) and
:mod:`mnist_answers` (what a net told, and where it erred).
"""

from __future__ import annotations

from unrolled.views.figures.mnist_answers import calibration, confusion, misread
from unrolled.views.figures.mnist_curves import (
    accuracy_by_epoch,
    accuracy_by_row,
    dots_by_variant,
    gradient_by_row,
    recipe_curves,
)
from unrolled.views.figures.mnist_images import (
    certainty_by_row,
    image_as_sequence,
    row_effects,
    shapes_of_a_batch,
)

__all__ = [
    "accuracy_by_epoch",
    "accuracy_by_row",
    "calibration",
    "certainty_by_row",
    "confusion",
    "dots_by_variant",
    "gradient_by_row",
    "image_as_sequence",
    "misread",
    "recipe_curves",
    "row_effects",
    "shapes_of_a_batch",
]
