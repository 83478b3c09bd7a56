"""A net that reads images step by step and classifies each, in TensorFlow.

These are the functions of the MNIST chapter;
:mod:`unrolled.training.image_run_tf` compiles the very same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from unrolled.cells.cell_tf import CellTF, StateTF, Tensor
from unrolled.tasks.images import WHITE, as_sequences
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.text_tf import states_over
from unrolled.training.window_tf import MemoryTF, ParametersTF, UpdateTF
from unrolled.validation import Array

ROWS = 500
"""How many images are classified in one call."""


def image_logits(
    parameters: Mapping[str, Tensor],
    state: StateTF,
    images: Tensor,
    cell: CellTF,
    every_step: bool = False,
) -> tuple[Tensor, StateTF]:
    """Return the logits after the last step, or after each, and the last state.

    Time comes first inside: the rows of one step then lie side by side in memory.

    Args:
        parameters: ``W_xh`` ``(D, G H)``, ``W_hh``, ``b_h``, ``W_hq`` ``(H, C)``,
            ``b_q``; if there are ``W_in`` ``(d, D)`` and ``b_in``, each step goes
            through this layer first.
        state: The state before the first step; for images of their own, zeros.
        images: Shape ``(B, T, D)``, or ``(B, T, d)`` if there is a layer before.
        cell: The recurrence.
        every_step: Whether the readout is applied after each step.

    Returns:
        Logits of shape ``(B, C)``, or ``(T, B, C)`` for every step, and the state after
        the last step.
    """
    steps = tf.transpose(images, (1, 0, 2))
    if "W_in" in parameters:
        steps = steps @ parameters["W_in"] + parameters["b_in"]
    from_inputs = steps @ parameters["W_xh"] + parameters["b_h"]
    hidden, state = states_over(from_inputs, state, parameters["W_hh"], cell)
    read = hidden if every_step else hidden[-1]
    return read @ parameters["W_hq"] + parameters["b_q"], state


def image_loss(logits: Tensor, labels: Tensor, early: float = 0.0) -> Tensor:
    """Return the mean cross-entropy of a batch.

    Args:
        logits: After the last step, shape ``(B, C)``, or after each, ``(T, B, C)``.
        labels: Classes, shape ``(B,)``.
        early: How much the mean over all steps counts, for which the logits after each
            are needed; the last step has the rest.

    Returns:
        The loss in nats.
    """
    if not early:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_mean(losses)
    at_each = tf.broadcast_to(labels, logits.shape[:2])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(at_each, logits)
    last, mean = tf.reduce_mean(losses[-1]), tf.reduce_mean(losses)
    return (1 - early) * last + early * mean


def train_images(
    parameters: ParametersTF,
    memory: MemoryTF,
    state: StateTF,
    images: Tensor,
    labels: Tensor,
    cell: CellTF,
    update: UpdateTF,
    early: float = 0.0,
    softmax_twice: bool = False,
) -> tuple[ParametersTF, MemoryTF, StateTF, Tensor, Tensor, ParametersTF]:
    """Make one update from one batch.

    Args:
        parameters: By name; see :func:`image_logits`.
        memory: What the update rule remembers.
        state: The state before the first step.
        images: Shape ``(B, T, D)``.
        labels: Shape ``(B,)``.
        cell: The recurrence.
        update: From parameters, gradients and memory to new parameters and memory.
        early: See :func:`image_loss`.
        softmax_twice: Whether the mistake of a published program is made: what the loss
            takes for logits are then probabilities already.

    Returns:
        New parameters, new memory, the state after the last step, the loss before the
        update, the logits of the last step, and the gradients.
    """
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        logits, state = image_logits(parameters, state, images, cell, early > 0)
        if softmax_twice:
            logits = tf.nn.softmax(logits)
        loss = image_loss(logits, labels, early)
    gradients = tape.gradient(loss, parameters)
    parameters, memory = update(parameters, gradients, memory)
    last = logits[-1] if early else logits
    return parameters, memory, state, loss, last, gradients


def probabilities(
    net: RecurrentNet,
    images: ArrayLike,
    reading: str = "rows",
    order: ArrayLike | None = None,
    *,
    every_step: bool = False,
    white: float = WHITE,
) -> Array:
    """Return how probable a net takes each class to be.

    Args:
        net: Trained on images that were read in the same way.
        images: Whole numbers of 0 to 255, shape ``(N, height, width)``.
        reading: See :func:`unrolled.tasks.images.as_sequences`.
        order: See there.
        every_step: Whether the answer after each step is wanted, as if the image ended
            there, and not only that after the last one.
        white: What the pixels are divided by.

    Returns:
        Shape ``(N, C)``, or ``(N, T, C)`` for every step; float64.

    Raises:
        ValueError: If images and net do not fit.
    """
    steps = as_sequences(images, reading, order)
    if steps.shape[2] != net.inputs:
        raise ValueError(
            f"images must give {net.inputs} pixels in each step, as many as the net "
            f"reads, but read by {reading} they give {steps.shape[2]}."
        )
    read = _compiled(net.cell, every_step)
    parts = []
    for start in range(0, len(steps), ROWS):
        part = steps[start : start + ROWS]
        padded = np.zeros((min(ROWS, len(steps)), *steps.shape[1:]), np.uint8)
        padded[: len(part)] = part  # one shape: one program
        found = read(net.parameters, tf.constant(padded), tf.constant(white))
        by_image = np.asarray(found, np.float64)
        if every_step:
            by_image = by_image.swapaxes(0, 1)
        parts.append(by_image[: len(part)])
    return np.concatenate(parts)


@cache
def _compiled(cell: CellTF, every_step: bool) -> Any:
    """Compile the reading of a batch; the result is ``(T, B, C)`` or ``(B, C)``."""

    def read(parameters: ParametersTF, pixels: Tensor, white: Tensor) -> Tensor:
        W_hh = parameters["W_hh"]
        images = tf.cast(pixels, W_hh.dtype) / tf.cast(white, W_hh.dtype)
        zeros = tf.zeros((pixels.shape[0], W_hh.shape[0]), W_hh.dtype)
        state = (zeros,) * cell.state_parts
        logits, _ = image_logits(parameters, state, images, cell, every_step)
        return tf.nn.softmax(logits)

    return tf.function(read, jit_compile=True, autograph=False)
