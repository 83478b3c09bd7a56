"""What the experiments on MNIST share: the data, a net in training, its accuracy."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from unrolled.cells.cell_tf import CellTF
from unrolled.cells.lstm_tf import LSTM
from unrolled.report import Report
from unrolled.tasks import digits
from unrolled.tasks.images import Images, Reading
from unrolled.training.image_run_tf import train_image_batches
from unrolled.training.image_weights import image_weights
from unrolled.training.images_tf import probabilities
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdamTF, ClippedTF, FadingTF, RuleTF


@cache
def data() -> digits.Digits:
    """Return MNIST.

    Raises:
        RuntimeError: If it is not to be had: other digits would give other results.
    """
    found = digits.load()
    if found.name != digits.MNIST.title:
        raise RuntimeError(
            "The experiments on MNIST need MNIST; put mnist.npz into the folder that "
            "UNROLLED_DATA names, or run them with a network."
        )
    return found


@cache
def parts() -> digits.Split:
    """Return the 55,000 images to learn from and the 5,000 held out."""
    return digits.split(data())


@dataclass(frozen=True)
class Recipe:
    """How a net is trained that is to become good.

    Attributes:
        cell: The recurrence.
        hidden: Units.
        epochs: Passes over the 55,000 images.
        batch: Images in an update.
        rate: The learning rate of Adam, at first.
        fades: Whether it shrinks linearly to nothing.
        threshold: The longest gradient norm; 0 if the gradient is not clipped.
        shift: By how many pixels images are moved, anew in each epoch.
        forget_bias: What an LSTM's forget gates begin with.
        reading: How images are read.
        order: In which order the steps are taken.
        seed: Of weights and order.
    """

    cell: CellTF = LSTM
    hidden: int = 128
    epochs: int = 4
    batch: int = 128
    rate: float = 0.003
    fades: bool = True
    threshold: float = 1.0
    shift: int = 1
    forget_bias: float = 1.0
    reading: Reading = "rows"
    order: tuple[int, ...] | None = None
    seed: int = 0

    def with_seed(self, seed: int) -> "Recipe":
        """Return the same recipe with another seed."""
        return replace(self, seed=seed)

    @property
    def task(self) -> Images:
        """The images in batches."""
        train = parts()
        return Images(
            train.train_images,
            train.train_labels,
            self.batch,
            self.seed,
            self.reading,
            self.order,
            self.shift,
        )

    def rule(self, updates: int) -> RuleTF:
        """Return the update rule of a run with so many updates."""
        rule: RuleTF = AdamTF(self.rate)
        if self.fades:
            rule = FadingTF(rule, updates)
        return ClippedTF(rule, self.threshold) if self.threshold else rule

    def net(self) -> RecurrentNet:
        """Return the net before training."""
        inputs = self.task.shape[1]
        return RecurrentNet(
            self.cell,
            image_weights(
                self.cell,
                self.hidden,
                self.seed,
                inputs=inputs,
                forget_bias=self.forget_bias,
            ),
        )

    def train(self, net: RecurrentNet) -> Iterator[Report]:
        """Train a net, yielding a report at the end of each epoch."""
        task = self.task
        rule = self.rule(self.epochs * task.windows_per_epoch)
        for report in train_image_batches(net, task, rule, self.epochs, every=1000):
            if report.step % task.windows_per_epoch == 0:
                yield report

    def accuracy(self, net: RecurrentNet) -> float:
        """Return the share of MNIST's test images that the net knows."""
        return accuracy(net, self.reading, self.order)


def accuracy(
    net: RecurrentNet,
    reading: Reading = "rows",
    order: tuple[int, ...] | None = None,
    first: int | None = None,
) -> float:
    """Return the share of MNIST's test images that a net knows, or of the first."""
    images, labels = data().test_images[:first], data().test_labels[:first]
    told = probabilities(net, images, reading, order).argmax(axis=1)
    return round(float(np.mean(told == labels)), 4)
