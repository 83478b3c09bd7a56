"""Training on images: many batches in one compiled call.

A run is that of :mod:`unrolled.training.truncated_tf`, with the lesson of
:mod:`unrolled.training.images_tf`: a window is a batch of whole images, so that nothing
is truncated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from unrolled.cells.cell_tf import CellTF, Tensor
from unrolled.report import Report
from unrolled.tasks.images import WHITE, Images
from unrolled.training.images_tf import train_images
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import RuleTF
from unrolled.training.truncated_tf import Carried, Learnt, Told, WindowRun
from unrolled.validation import Array, count, number


@dataclass(frozen=True)
class ImageLesson:
    """One :func:`unrolled.training.images_tf.train_images`.

    Attributes:
        cell: The recurrence.
        rule: How a gradient becomes a step.
        early: How much the loss over all steps counts.
        white: What the pixels are divided by.
        softmax_twice: Whether this mistake is made.
        carry: Whether that of carrying the state from image to image is made.
    """

    cell: CellTF
    rule: RuleTF
    early: float = 0.0
    white: float = WHITE
    softmax_twice: bool = False
    carry: bool = False

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: If one is out of range.
        """
        number("white", self.white, above=0.0)
        if not 0 <= number("early", self.early) <= 1:
            raise ValueError(
                f"early must be a share between 0 and 1, but {self.early!r} was given."
            )

    def __call__(
        self, carried: Carried, inputs: Tensor, targets: Tensor, number: Tensor
    ) -> Learnt:
        """Make one update."""
        parameters, memory, state = carried
        if not self.carry:
            state = tuple(tf.zeros_like(part) for part in state)
        dtype = parameters["W_hh"].dtype
        labels = targets[:, -1]
        parameters, memory, state, loss, logits, gradients = train_images(
            parameters,
            memory,
            state,
            tf.cast(inputs, dtype) / self.white,
            labels,
            self.cell,
            self.rule.update,
            self.early,
            self.softmax_twice,
        )
        told = tf.argmax(logits, axis=-1, output_type=tf.int32)
        right = tf.reduce_sum(tf.cast(told == labels, tf.int32))
        after = Carried(parameters, memory, state)
        return Learnt(after, loss, gradients, right, logits)

    def logits_shape(self, batch: int, window: int, classes: int) -> tuple[int, ...]:
        """Return the shape of the last step's logits."""
        return batch, classes


def train_image_batches(
    net: RecurrentNet,
    task: Images,
    rule: RuleTF,
    epochs: int,
    *,
    updates: int | None = None,
    every: int = 10,
    early: float = 0.0,
    white: float = WHITE,
    softmax_twice: bool = False,
    carry: bool = False,
) -> ImageRun:
    """Train ``net`` on ``task``, yielding a report every so many batches.

    As in :func:`unrolled.training.truncated_tf.train_windows`, a report comes too when
    an epoch ends, and when ``every`` batches would take long.

    Args:
        net: What to train; its parameters are replaced.
        task: Where the images come from.
        rule: How a gradient becomes a step.
        epochs: Number of passes; at least 1.
        updates: After how many updates the run ends, if not after the last epoch.
        every: Batches between two reports; at least 1.
        early: How much the loss over all steps counts, 0 to 1; the last step has the
            rest.
        white: What the pixels are divided by; 1 makes the mistake of leaving them as
            they are.
        softmax_twice: Whether to make the mistake of a published program, whose loss
            takes probabilities for logits.
        carry: Whether to make the mistake of beginning an image with the state in which
            the one before it ended.

    Returns:
        An iterator of reports that can be saved, with the metrics ``accuracy``, of the
        report's batches together, each before its update, and ``gradient_norm``, of the
        last batch and before any clipping.

    Raises:
        ValueError: If a setting is out of range, or net and images do not fit.
    """
    lesson = ImageLesson(net.cell, rule, early, white, softmax_twice, carry)
    return ImageRun(net, task, rule, epochs, updates, every, lesson)


class ImageRun(WindowRun):
    """A run on images; see :func:`train_image_batches`."""

    def __init__(
        self,
        net: RecurrentNet,
        task: Images,
        rule: RuleTF,
        epochs: int,
        updates: int | None,
        every: int,
        lesson: ImageLesson,
    ) -> None:
        """Prepare a run from its first batch."""
        _check_sizes(net, task)
        super().__init__(net, task, rule, epochs, every, lesson)
        if updates is not None:
            self.planned = min(self.planned, count("updates", updates))
        self._lesson = lesson

    @property
    def _input_type(self) -> Any:
        """Pixels are bytes until they are used."""
        return tf.uint8

    def _settings(self) -> str:
        """Say all that a run must have in common with one that it goes on from."""
        return f"{super()._settings()}, {self._lesson}"

    def _report(self, losses: Array, right: int, told: Told) -> Report:
        """Say what happened since the last report."""
        per_epoch = self._task.windows_per_epoch
        return Report(
            step=self.step,
            epoch=self.step // per_epoch,
            losses=losses,
            metrics={
                "accuracy": right / (len(losses) * self._task.batch),
                "gradient_norm": float(told.norm),
            },
            planned=self.planned,
            steps_per_epoch=per_epoch,
        )

    def __repr__(self) -> str:
        """Say how far the run is."""
        return f"ImageRun(step {self.step} of {self.planned})"


def _check_sizes(net: RecurrentNet, task: Images) -> None:
    """Raise unless the net reads as many pixels, and knows as many classes."""
    if net.inputs != task.shape[1]:
        raise ValueError(
            f"net must read {task.shape[1]} pixels in each step, as the images have "
            f"by {task.reading}, but it reads {net.inputs}."
        )
    classes = net.sizes[2]
    if int(np.max(task.labels)) >= classes:
        raise ValueError(
            f"net must have an output for each class, but it has {classes}, and there "
            f"is an image of class {int(np.max(task.labels))}."
        )
