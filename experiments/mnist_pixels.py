"""How much does an LSTM learn of MNIST pixel by pixel, in 784 steps of one number?

The net of the chapter, trained by the better recipe without moves, for as many passes
as fit into some minutes. Once with a forget bias of 1, whose memory is a few steps
long; once with forget biases that are spread so that the memories of the units reach
from one step to all 784 (Tallec and Ollivier 2018): b_f = ln U with U uniform between 1
and 783, and b_i = -b_f.
"""

from typing import Any

import numpy as np

from experiments._mnist import Recipe, accuracy
from unrolled.training.image_run_tf import train_image_batches
from unrolled.training.nets_tf import RecurrentNet

STEPS = 784
RECIPE = Recipe(reading="pixels", epochs=2, shift=0)
EVERY = 43
"""Batches between two numbers of the curve: a tenth of an epoch."""


def spread(net: RecurrentNet, seed: int) -> RecurrentNet:
    """Return a net whose memories reach from one step to all of them."""
    weights = net.weights
    hidden = len(weights["W_hh"])
    bias = np.log(np.random.default_rng(seed).uniform(1, STEPS - 1, hidden))
    b_h = np.zeros(4 * hidden)
    b_h[:hidden], b_h[hidden : 2 * hidden] = -bias, bias
    return RecurrentNet(net.cell, weights | {"b_h": b_h})


def trained(net: RecurrentNet) -> dict[str, Any]:
    """Train a net; return its loss along the way and what it knows in the end."""
    task = RECIPE.task
    rule = RECIPE.rule(RECIPE.epochs * task.windows_per_epoch)
    losses: list[float] = []
    seconds = 0.0
    for report in train_image_batches(net, task, rule, RECIPE.epochs, every=EVERY):
        losses.extend(report.losses.tolist())
        seconds = report.seconds
    ends = range(EVERY, len(losses) + 1, EVERY)
    return {
        "step_loss": [
            [end, round(float(np.mean(losses[end - EVERY : end])), 3)] for end in ends
        ],
        "accuracy": accuracy(net, "pixels"),
        "seconds": round(seconds, 1),
    }


def run() -> dict[str, Any]:
    """Train both."""
    return {
        "epochs": RECIPE.epochs,
        "steps": STEPS,
        "forget_bias_1": trained(RECIPE.net()),
        "spread": trained(spread(RECIPE.net(), RECIPE.seed)),
    }
