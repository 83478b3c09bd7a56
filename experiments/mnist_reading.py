"""What does a recurrence use of an image: its order, its direction, which cell?

Every net has about the same number of weights and is trained for the same number of
epochs by the same recipe. Rows from top to bottom, columns from left to right, and the
rows in one fixed order that was drawn by lot, the same for all images.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from experiments._mnist import Recipe
from experiments.mnist_better import trained
from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH

EPOCHS = 3
SEEDS = range(3)
ORDER_SEED = 1
RECIPE = Recipe(epochs=EPOCHS)
PERMUTED = tuple(np.random.default_rng(ORDER_SEED).permutation(28).tolist())
UNITS = {"tanh": 267, "gru": 150, "lstm": 128}
"""So that all have about as many weights as an LSTM of 128 units: 81,674."""
CELLS = {"tanh": TANH, "gru": GRU, "lstm": LSTM}


def variants() -> dict[str, Recipe]:
    """List what is compared."""
    cells = {
        f"{name}, rows": replace(RECIPE, cell=cell, hidden=UNITS[name])
        for name, cell in CELLS.items()
    }
    return cells | {
        "lstm, columns": replace(RECIPE, reading="columns"),
        "lstm, rows permuted": replace(RECIPE, order=PERMUTED),
        "tanh, rows permuted": replace(
            RECIPE, cell=TANH, hidden=UNITS["tanh"], order=PERMUTED
        ),
    }


def size(recipe: Recipe) -> int:
    """Return how many weights a net has."""
    return sum(weights.size for weights in recipe.net().weights.values())


def run() -> dict[str, Any]:
    """Train all."""
    return {
        "epochs": EPOCHS,
        "order": PERMUTED,
        "variants": {
            name: {
                "weights": size(recipe),
                "runs": [trained(recipe.with_seed(seed)) for seed in SEEDS],
            }
            for name, recipe in variants().items()
        },
    }
