"""The logistic function, which opens and closes gates."""

from __future__ import annotations

import numpy as np

from unrolled.validation import Array


def sigmoid(z: Array) -> Array:
    """Return ``1 / (1 + exp(-z))``, written so that no ``z`` overflows."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))
