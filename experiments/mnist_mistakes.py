"""What do five mistakes leave behind that a program on MNIST can make unnoticed?

Six programs train the same LSTM for one epoch, 28 images at a time: one that is right,
and five that each make one mistake in training and in use alike. None of them stops
with an error. With 28 images of 28 rows and 28 pixels, no shape can give one away.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from experiments._mnist import parts
from unrolled.cells.cell_tf import StateTF
from unrolled.cells.lstm_tf import LSTM
from unrolled.tasks.images import WHITE, Bytes, Images, Labels, Reading
from unrolled.training.image_run_tf import train_image_batches
from unrolled.training.image_weights import image_weights
from unrolled.training.images_tf import image_logits
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdamTF

HIDDEN, BATCH, RATE, SEED = 64, 28, 0.003, 0
HALF = 14
Answers = NDArray[np.int64]


class TimeForBatch(Images):
    """Images whose batches are read as if their first axis were time."""

    def epoch(self, number: int) -> tuple[Bytes, Labels]:
        """Return an epoch in which step ``t`` of row ``b`` is row ``b`` of image t."""
        pixels, labels = super().epoch(number)
        images = pixels.reshape(self.batch, -1, *self.shape)
        return images.swapaxes(0, 2).reshape(pixels.shape), labels


@dataclass(frozen=True)
class Program:
    """A program and its mistake.

    Attributes:
        task: How it makes batches.
        reading: How it reads images.
        white: What it divides pixels by.
        softmax_twice: Whether its loss takes probabilities for logits.
        carry: Whether an image begins with the state that the one before it left.
    """

    task: type[Images] = Images
    reading: Reading = "rows"
    white: float = WHITE
    softmax_twice: bool = False
    carry: bool = False

    def images(self) -> Images:
        """Return the images to learn from."""
        train = parts()
        return self.task(
            *(train.train_images, train.train_labels, BATCH, SEED, self.reading)
        )

    def losses(self, net: RecurrentNet, updates: int | None = None) -> list[float]:
        """Train a net for one epoch, or for some updates; return each loss."""
        run = train_image_batches(
            *(net, self.images(), AdamTF(RATE), 1),
            updates=updates,
            every=100,
            white=self.white,
            softmax_twice=self.softmax_twice,
            carry=self.carry,
        )
        return [float(loss) for report in run for loss in report.losses]

    def read(
        self, net: RecurrentNet, images: Bytes, state: StateTF
    ) -> tuple[Answers, StateTF]:
        """Return a batch's answers after each step, ``(28, B)``, and the last state."""
        axes = (0, 2, 1) if self.reading == "columns" else (0, 1, 2)
        steps = images.transpose((1, 0, 2) if self.task is TimeForBatch else axes)
        pixels = tf.constant(steps, tf.float32) / self.white
        logits, last = image_logits(net.parameters, state, pixels, net.cell, True)
        return np.argmax(logits, axis=2), last


RIGHT = Program()

PROGRAMS = {
    "right": RIGHT,
    "softmax twice": replace(RIGHT, softmax_twice=True),
    "axes swapped": replace(RIGHT, reading="columns"),
    "not divided": replace(RIGHT, white=1),
    "batch for time": replace(RIGHT, task=TimeForBatch),
    "state carried": replace(RIGHT, carry=True),
}


def first_net() -> RecurrentNet:
    """Return the net that all of them begin with."""
    return RecurrentNet(LSTM, image_weights(LSTM, HIDDEN, SEED))


def held_out() -> tuple[Bytes, Labels]:
    """Return held-out images in batches, ``(178, 28, 28, 28)``, and their digits."""
    images, labels = parts().validation_images, parts().validation_labels
    whole = len(images) // BATCH * BATCH
    return images[:whole].reshape(-1, BATCH, 28, 28), labels[:whole].reshape(-1, BATCH)


def in_turn(program: Program, net: RecurrentNet, batches: Bytes) -> Iterator[Answers]:
    """Return the answers to each batch, as the program reads one after the other."""
    state = net.zero_state(BATCH)
    for images in batches:
        answers, last = program.read(net, images, state)
        state = last if program.carry else state
        yield answers


def afresh(program: Program, net: RecurrentNet, batches: Bytes) -> Answers:
    """Return the answers to each batch after a fresh start, ``(N, 28, B)``."""
    zeros = net.zero_state(BATCH)
    return np.array([program.read(net, images, zeros)[0] for images in batches])


def probes(program: Program, net: RecurrentNet) -> dict[str, float]:
    """Return, as shares of the held-out images, what a trained net shows."""
    batches, labels = held_out()
    alone = afresh(program, net, batches)
    last = alone[:, -1]
    told = np.array([each[-1] for each in in_turn(program, net, batches)])
    again = [[*in_turn(program, net, np.array([b, b]))][1][-1] for b in batches]
    place = np.arange(BATCH)
    batch = np.arange(len(batches))[:, np.newaxis]
    mixed = batches[(batch - place) % len(batches), place]
    company = afresh(program, net, mixed)[(batch + place) % len(batches), -1, place]
    paper = batches.copy()
    paper[:, :, HALF:] = 0
    covered = afresh(program, net, paper)[:, HALF - 1]
    found = {
        "accuracy": told == labels,
        "second_time": np.array(again) != last,
        "company": company != last,
        "covered": covered != alone[:, HALF - 1],
    }
    return {name: round(float(np.mean(share)), 4) for name, share in found.items()}


def run() -> dict[str, Any]:
    """Train all programs, and look at what they leave."""
    records = {}
    for name, program in PROGRAMS.items():
        net = first_net()
        losses = program.losses(net)
        records[name] = {
            "lowest_loss": round(min(losses), 4),
            "last_loss": round(float(np.mean(losses[-100:])), 4),
            **probes(program, net),
        }
    return {
        "hidden": HIDDEN,
        "batch": BATCH,
        "rate": RATE,
        "updates": len(losses),
        "held_out": int(held_out()[1].size),
        "records": records,
    }
