"""Is learning an echo a matter of luck? Two ways to draw the first weights, 50 seeds.

The published program draws all weights uniformly from [0, 1). The course draws them
around zero and centres the input; see `unrolled.training.nets_tf.draw_weights`. All
else is as published. Variants in between tell which part of the difference matters.
After three epochs each net is frozen and tested on a fresh series of 50,000 bits, the
first window of each row left out.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from unrolled.cells.cell import Parameters
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
GUESSING = 20_000
"""More wrong bits than that, of about 50,000, are a guess."""
VARIANTS: dict[str, Callable[[Parameters, Parameters], Parameters]] = {
    "published": lambda p, signs: p,
    "published, recurrent weights times 0.3": lambda p, signs: {
        **p, "W_hh": 0.3 * p["W_hh"]},
    "published, input centred": lambda p, signs: {**p, **centred(p)},
    "published, random signs": lambda p, signs: {
        n: signs[n] * v for n, v in p.items()},
    "course, all weights positive": lambda p, signs: {
        **{n: np.abs(v) for n, v in p.items()}, "b_h": np.zeros(HIDDEN)},
    "course, input not centred": lambda p, signs: {**p, "b_h": np.zeros(HIDDEN)},
}  # fmt: skip
"""Of weights and random signs for them: the weights to begin with."""


def centred(weights: Parameters) -> Parameters:
    """Return the bias that makes an input of 0 push as hard as one of 1."""
    return {"b_h": -weights["W_xh"].sum(axis=0) / 2}


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


def guessing(variant: str) -> int:
    """Return how many of the nets that begin as a variant says still guess."""
    scheme = cast(Scheme, variant.split(",")[0])
    nets = []
    for seed in range(SEEDS):
        weights = RecurrentNet.draw(TANH, HIDDEN, seed, scheme=scheme).weights
        random = np.random.default_rng([seed, 1])
        signs = {name: random.choice([-1, 1], v.shape) for name, v in weights.items()}
        nets.append(RecurrentNet(TANH, VARIANTS[variant](weights, signs)))
    tasks = [Echo(seed=seed) for seed in range(SEEDS)]
    train_side_by_side(nets, tasks, AdagradTF(), EPOCHS)
    pairs = zip(nets, tasks, strict=True)
    return sum(bits_wrong(net, task, FRESH) > GUESSING for net, task in pairs)


def run() -> dict[str, Any]:
    """Train all nets of both schemes.

    Returns:
        The settings, and by scheme what :func:`of_scheme` returns; and for the course's
        scheme the number of wrong bits of 350 further seeds; and for each variant how
        many of its nets still guess.
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
            "guessing": int(np.sum(np.array(more) > GUESSING)),
        },
        "variants": {name: guessing(name) for name in VARIANTS},
    }
