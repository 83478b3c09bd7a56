"""Is learning an echo a matter of luck? Two ways to draw the first weights, 50 seeds.

The published program draws all weights uniformly from [0, 1). The course draws them
around zero and centres the input; see `unrolled.training.nets_tf.draw_weights`. All
else is as published. After three epochs each net is frozen and tested on a fresh series
of 50,000 bits, the first window of each row left out.
"""

from typing import Any

import numpy as np

from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.echo import Echo
from unrolled.training.ensembles_tf import train_side_by_side
from unrolled.training.nets_tf import RecurrentNet, Scheme
from unrolled.training.reservoir import bits_wrong
from unrolled.training.rules_tf import AdagradTF

HIDDEN = 4
SEEDS = 50
EPOCHS = 3
EVERY = 37  # windows to a point of a curve: 18 points an epoch
FRESH = 99
"""The epoch whose bits the frozen nets are tested on: none trains so long."""
SCHEMES: tuple[Scheme, ...] = ("published", "course")


def of_scheme(scheme: Scheme, seeds: range) -> dict[str, Any]:
    """Train a net for each seed.

    Returns:
        For each seed, the mean losses of every ``EVERY`` windows, and how many bits of
        a fresh series are told wrong.
    """
    nets = [RecurrentNet.draw(TANH, HIDDEN, seed, scheme=scheme) for seed in seeds]
    tasks = [Echo(seed=seed) for seed in seeds]
    losses = train_side_by_side(nets, tasks, AdagradTF(), EPOCHS)
    means = losses.reshape(-1, EVERY, len(nets)).mean(axis=1)
    wrong = [
        bits_wrong(net, task, FRESH) for net, task in zip(nets, tasks, strict=True)
    ]
    return {
        "losses": [[float(f"{value:.3g}") for value in curve] for curve in means.T],
        "bits_wrong": wrong,
    }


def run() -> dict[str, Any]:
    """Train all nets of both schemes.

    Returns:
        The settings, and by scheme what :func:`of_scheme` returns; and for the course's
        scheme the number of wrong bits of 350 further seeds.
    """
    more = of_scheme("course", range(SEEDS, 400))["bits_wrong"]
    return {
        "windows": [EVERY * (k + 1) for k in range(1998 // EVERY)],
        "rule": repr(AdagradTF()),
        "schemes": {scheme: of_scheme(scheme, range(SEEDS)) for scheme in SCHEMES},
        "more_course_seeds": {
            "nets": len(more),
            "perfect": int(np.sum(np.array(more) == 0)),
            "most_bits_wrong": max(more),
        },
    }
