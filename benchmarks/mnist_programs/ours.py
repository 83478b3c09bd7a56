"""The course's way: `train_image_batches`; and both recipes on their way to 97 %."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.mnist_programs.start import (
    BATCH,
    BATCHES,
    CHECKED,
    EPSILON,
    HIDDEN,
    RATE,
    SEED,
    Start,
)
from benchmarks.timing import LOSSES, Losses, TrainEpoch, first_losses
from experiments import _mnist
from experiments._mnist import Recipe
from unrolled.cells.lstm_tf import LSTM
from unrolled.tasks import digits
from unrolled.tasks.images import Images
from unrolled.training.image_run_tf import ImageRun, train_image_batches
from unrolled.training.image_weights import image_weights, published_image_weights
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdamTF

GOAL = 0.97
"""The share of MNIST's 10,000 test images that a net is to know."""

EVERY = 20
"""Updates between two looks at the test images; looking does not count."""

MOST_UPDATES = 8_000
"""By then both recipes have long reached the goal."""

QUICK = Recipe(epochs=2, rate=0.004, shift=0)
"""What of the chapter's better recipe serves a short run: images are not moved, and the
rate fades within two epochs, of which the first suffices."""


def task() -> Images:
    """Give images for as many batches as an epoch of the race has."""
    train = _mnist.parts()
    few = BATCHES * BATCH
    return Images(train.train_images[:few], train.train_labels[:few], BATCH, SEED)


def epochs(start: Start) -> Iterator[Losses]:
    """Train without end, and give the losses of each epoch's batches."""
    images = start.images.reshape(-1, *start.images.shape[2:])
    same = InOrder(images, start.labels.reshape(-1), BATCH)
    net = RecurrentNet(LSTM, start.weights)
    run = train_image_batches(net, same, AdamTF(RATE, epsilon=EPSILON), 10**6, every=10)
    losses: list[Losses] = []
    for report in run:
        losses.append(report.losses)
        if report.step % same.windows_per_epoch == 0:
            yield np.concatenate(losses)
            losses = []


class InOrder(Images):
    """Images that come in the same order in each epoch, as the other programs get them.

    They are laid out anew in each epoch all the same, which counts.
    """

    def epoch(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of every epoch: batch after batch, in the order given."""
        steps, classes = self.images, self.labels
        batches = len(steps) // self.batch
        rows = steps.reshape(batches, self.batch, *steps.shape[1:]).swapaxes(0, 1)
        labels = np.repeat(classes.reshape(batches, self.batch).T, self.window, axis=1)
        return rows.reshape(self.batch, -1, self.shape[1]).copy(), labels


def prepare(start: Start) -> TrainEpoch:
    """Train with the engine of the chapter."""
    run = epochs(start)
    return lambda epoch: next(run)


def write_start(folder: str) -> float:
    """Leave in a folder what the programs start from, and our first losses.

    Returns:
        The last of these losses.
    """
    images = task()
    drawn = image_weights(LSTM, HIDDEN, SEED)
    start = Start(
        {name: value.astype(np.float32) for name, value in drawn.items()},
        images.images.reshape(BATCHES, BATCH, *images.images.shape[1:]),
        images.labels.reshape(BATCHES, BATCH).astype(np.int32),
    )
    start.write(Path(folder))
    losses, _ = first_losses(prepare(start), CHECKED)
    np.save(Path(folder) / LOSSES, losses)
    return float(losses[-1])


def seconds_to(goal: float, net: RecurrentNet, run: ImageRun) -> float:
    """Train until a net knows a share of the test images; return the run's seconds.

    Raises:
        RuntimeError: The run ends before.
    """
    look = EVERY
    for report in run:
        if report.step < look:  # reports also come when a while has passed
            continue
        if _mnist.accuracy(net) >= goal:
            return report.seconds
        look = report.step + EVERY
    raise RuntimeError(f"An accuracy of {goal} was not reached.")


def seconds_of_recipe_1() -> float:
    """Time recipe 1, continued beyond its 781 updates, to the goal.

    Compiling counts.
    """
    train = _mnist.parts()
    net = RecurrentNet(LSTM, published_image_weights(LSTM, SEED))
    images = Images(train.train_images, train.train_labels, seed=SEED)
    many = MOST_UPDATES // images.windows_per_epoch
    run = train_image_batches(net, images, AdamTF(0.001), many, every=EVERY)
    return seconds_to(GOAL, net, run)


def seconds_of_ours() -> float:
    """Time the quick recipe to the goal. Compiling counts."""
    net, images = QUICK.net(), QUICK.task
    rule = QUICK.rule(QUICK.epochs * images.windows_per_epoch)
    run = train_image_batches(net, images, rule, QUICK.epochs, every=EVERY)
    return seconds_to(GOAL, net, run)


def seconds_of_loading() -> float:
    """Time the way from the file that is kept to arrays."""
    started = time.perf_counter()
    found = digits.load()
    seconds = time.perf_counter() - started
    if found.name != digits.MNIST.title:
        raise RuntimeError("There is no MNIST to load.")
    return seconds
