"""Why do permuted rows hurt an LSTM: its short memory, or images that are moved?

Three explanations are put to the test. If it is the memory, a forget bias of 3 helps:
what a step needs may be many steps back. If it is the moves, which are a shift by one
step only while rows are in order, permuted rows do not lose more with moves than
without. What is left is that neighbours no longer come one after the other.
"""

from dataclasses import replace
from typing import Any

from experiments.mnist_better import trained
from experiments.mnist_reading import EPOCHS, PERMUTED, RECIPE

SEEDS = range(3)
CHANGES: dict[str, dict[str, Any]] = {
    "as it was": {},
    "images are not moved": {"shift": 0},
    "forget bias 3": {"forget_bias": 3.0},
}


def run() -> dict[str, Any]:
    """Train with and without each change, on rows in order and permuted."""
    return {
        "epochs": EPOCHS,
        "variants": {
            f"{rows}, {name}": [
                trained(replace(RECIPE, order=order, **change).with_seed(seed))
                for seed in SEEDS
            ]
            for rows, order in (("in order", None), ("permuted", PERMUTED))
            for name, change in CHANGES.items()
        },
    }
