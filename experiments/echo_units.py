"""How many units does an echo take? A map over the delay and the size of the state.

By construction, delay + 1 units suffice: the bits walk along a chain of units. Whether
training finds such weights is another question; eight nets of each kind answer it, each
trained for three epochs at the published settings and then tested on a fresh series.
"""

from typing import Any

from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.echo import Echo
from unrolled.training.ensembles_tf import train_side_by_side
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.reservoir import share_right
from unrolled.training.rules_tf import AdagradTF

SEEDS = 8
EPOCHS = 3
FRESH = 99
DELAYS = (1, 2, 3, 4, 5, 6)
UNITS = (1, 2, 3, 4, 5, 6, 7, 8)


def accuracies(delay: int, units: int) -> list[float]:
    """Train ``SEEDS`` nets; return what share of fresh bits each tells right."""
    nets = [RecurrentNet.draw(TANH, units, seed) for seed in range(SEEDS)]
    tasks = [Echo(delay, seed=seed) for seed in range(SEEDS)]
    train_side_by_side(nets, tasks, AdagradTF(), EPOCHS)
    return [
        round(share_right(net, task, FRESH), 4)
        for net, task in zip(nets, tasks, strict=True)
    ]


def run() -> dict[str, Any]:
    """Train all nets.

    Returns:
        The settings, and for each delay and size the share of bits told right.
    """
    runs = [
        {"delay": delay, "units": units, "accuracy": accuracies(delay, units)}
        for units in UNITS
        for delay in DELAYS
    ]
    return {"seeds": SEEDS, "rule": repr(AdagradTF()), "runs": runs}
