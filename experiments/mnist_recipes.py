"""How good do two published recipes for MNIST get, and what does softmax twice cost?

Recipe 1 has a layer before the LSTM and makes 781 updates. Recipe 2 makes ten passes
in small steps, and its loss takes for logits what softmax has made of them already; it
is run as published and with this mended.
"""

from typing import Any

from experiments._mnist import accuracy, parts
from unrolled.cells.lstm_tf import LSTM
from unrolled.tasks.images import Images
from unrolled.training.image_run_tf import train_image_batches
from unrolled.training.image_weights import (
    published_image_weights,
    published_readout_weights,
)
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdamTF

UPDATES, RATE_1 = 781, 0.001
SEEDS_1 = range(10)
EPOCHS, BATCH_2, RATE_2 = 10, 50, 0.0001
FEW_EPOCHS = 3
SEEDS_2 = range(3)
FIRST = 256


def recipe_1(seed: int) -> dict[str, Any]:
    """Train by recipe 1; return its log and its accuracy."""
    train = parts()
    net = RecurrentNet(LSTM, published_image_weights(LSTM, seed))
    task = Images(train.train_images, train.train_labels, seed=seed)
    run = train_image_batches(net, task, AdamTF(RATE_1), 2, updates=UPDATES, every=1)
    log = []
    for report in run:
        if (report.step - 1) % 10 == 0:
            told = report.metrics["accuracy"]
            log.append([report.step, round(report.loss, 4), round(told, 4)])
    return {
        "seed": seed,
        "accuracy_first": accuracy(net, first=FIRST),
        "accuracy": accuracy(net),
        "step_loss_accuracy": log,
    }


def recipe_2(seed: int, epochs: int, softmax_twice: bool) -> list[float]:
    """Train by recipe 2; return the accuracy after each epoch."""
    train = parts()
    net = RecurrentNet(LSTM, published_readout_weights(LSTM, seed))
    task = Images(train.train_images, train.train_labels, BATCH_2, seed)
    run = train_image_batches(
        *(net, task, AdamTF(RATE_2), epochs),
        every=1000,
        softmax_twice=softmax_twice,
    )
    reached = []
    for report in run:
        if report.step % task.windows_per_epoch == 0:
            reached.append(accuracy(net))
    return reached


def run() -> dict[str, Any]:
    """Run both recipes."""
    return {
        "recipe_1": [recipe_1(seed) for seed in SEEDS_1],
        "recipe_2": {
            name: [
                recipe_2(seed, EPOCHS if seed == 0 else FEW_EPOCHS, twice)
                for seed in SEEDS_2
            ]
            for name, twice in (("softmax_twice", True), ("mended", False))
        },
    }
