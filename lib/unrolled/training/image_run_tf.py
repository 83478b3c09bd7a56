"""Training on images: many batches in one compiled call.

A run is that of :mod:`unrolled.training.truncated_tf`, with the lesson of
:mod:`unrolled.training.images_tf`: a window is a batch of whole images, so that nothing
is truncated. Unlike there, the loop over batches is not one compiled program but calls
several: XLA makes good use of one core, and a processor has more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from unrolled.cells.cell_tf import CellTF, StateTF, Tensor
from unrolled.report import Report
from unrolled.tasks.images import WHITE, Images
from unrolled.training.images_tf import train_images
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import RuleTF
from unrolled.training.truncated_tf import Carried, Learnt, Told, WindowRun
from unrolled.training.window_tf import MemoryTF, ParametersTF
from unrolled.validation import Array, count, number

PARTS = 2
"""Into how many parts a batch is split, which are worked on side by side."""

SMALLEST_PART = 16
"""A part with fewer images would not pay."""


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
        """Make one update.

        Images do not know of each other. The batch is split into parts that two cores
        can work on side by side, each at its own pace; its gradient is their mean.
        """
        parts = _parts(inputs.shape[0])
        state = carried.state
        if not self.carry:
            state = tuple(tf.zeros_like(part) for part in state)
        each = zip(
            tf.split(inputs, parts),
            tf.split(targets[:, -1], parts),
            zip(*(tf.split(part, parts) for part in state), strict=True),
            strict=True,
        )
        part, update = _compiled_part(self), _compiled_update(self.rule)
        found = [part(carried.parameters, *one) for one in each]
        states, losses, logits, rights, gradients = zip(*found, strict=True)
        parameters, memory, gradient = update(
            carried.parameters, list(gradients), carried.memory
        )
        state = tuple(tf.concat(rows, axis=0) for rows in zip(*states, strict=True))
        return Learnt(
            Carried(parameters, memory, state),
            tf.add_n(losses) / parts,
            gradient,
            tf.add_n(rights),
            tf.concat(logits, axis=0),
        )

    def part(
        self, parameters: ParametersTF, inputs: Tensor, labels: Tensor, state: StateTF
    ) -> tuple[StateTF, Tensor, Tensor, Tensor, ParametersTF]:
        """Learn from a part of a batch, without a step.

        Returns:
            The state after the last step, the loss, the logits of the last step, how
            many labels were told right, and the gradients.
        """
        dtype = parameters["W_hh"].dtype
        *_, state, loss, logits, gradients = train_images(
            parameters,
            {},
            state,
            tf.cast(inputs, dtype) / self.white,
            labels,
            self.cell,
            _no_step,
            self.early,
            self.softmax_twice,
        )
        told = tf.argmax(logits, axis=-1, output_type=tf.int32)
        right = tf.reduce_sum(tf.cast(told == labels, tf.int32))
        return state, loss, logits, right, gradients

    def logits_shape(self, batch: int, window: int, classes: int) -> tuple[int, ...]:
        """Return the shape of the last step's logits."""
        return batch, classes

    @property
    def is_compiled(self) -> bool:
        """Each part of a batch is compiled, and so is the step."""
        return True


def _parts(batch: int) -> int:
    """Return into how many parts a batch is split: always the same, for same results.

    A GPU does all at once.
    """
    splits = batch % PARTS == 0 and batch >= PARTS * SMALLEST_PART
    return PARTS if splits and not tf.config.list_logical_devices("GPU") else 1


def _no_step(
    parameters: ParametersTF, gradients: ParametersTF, memory: MemoryTF
) -> tuple[ParametersTF, MemoryTF]:
    """Leave parameters and memory as they are."""
    return parameters, memory


@cache
def _compiled_part(lesson: ImageLesson) -> Any:
    """Compile what is done with a part of a batch; parts are alike: one program."""
    return tf.function(lesson.part, jit_compile=True, autograph=False)


@cache
def _compiled_update(rule: RuleTF) -> Any:
    """Compile the step along the mean of the gradients, which is returned, too."""

    def step(
        parameters: ParametersTF, gradients: list[ParametersTF], memory: MemoryTF
    ) -> tuple[ParametersTF, MemoryTF, ParametersTF]:
        mean = {
            name: tf.add_n([part[name] for part in gradients]) / len(gradients)
            for name in parameters
        }
        return *rule.update(parameters, mean, memory), mean

    return tf.function(step, jit_compile=True, autograph=False)


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
