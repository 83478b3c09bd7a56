"""What a character model makes of a text that it is not trained on."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from unrolled.cells.cell_tf import CellTF, StateTF, Tensor
from unrolled.tasks.vocabulary import checked_indices
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.text_tf import read_characters
from unrolled.training.window_tf import ParametersTF
from unrolled.validation import Array, count

WARM_UP = 200
"""How many characters a net reads before its losses count; see :func:`held_out`."""

ROWS = 32
"""Into how many rows a text is cut to be read side by side, at most."""


def held_out(
    net: RecurrentNet, indices: ArrayLike, start: int, warm_up: int = WARM_UP
) -> Array:
    """Return the loss of each character from ``start`` on.

    The part of the text that counts is cut into rows, which are read side by side. Each
    row first reads the ``warm_up`` characters before it (fewer at the start of the
    text), so that its state knows what comes before; they do not count.

    Args:
        net: A character model.
        indices: The whole text, shape ``(N,)``: before ``start`` what the net may have
            been trained on, after it what it has not seen.
        start: Where the part that counts begins; 1 to ``N - 1``.
        warm_up: How many characters a row reads at first; at least 1.

    Returns:
        ``-log p`` in nats, shape ``(N - start,)``, in the order of the text; their mean
        is the cross-entropy per character.

    Raises:
        ValueError: If a number is out of range, or an index is no character.
    """
    text = checked_indices("indices", indices, net.sizes[2])
    first, steps = count("start", start), count("warm_up", warm_up)
    if first >= len(text):
        raise ValueError(
            f"start must lie before the end of the text, but start = {start} and a "
            f"text of {len(text)} characters were given."
        )
    counted = len(text) - first
    rows = min(ROWS, max(1, counted // steps))
    length = -(-counted // rows)
    # Row n predicts first + n * length .. + length - 1; what is not there is padded.
    places = first + length * np.arange(rows)[:, np.newaxis]
    places = places - steps + np.arange(steps + length)[np.newaxis]
    inside = (places >= 1) & (places < len(text))
    safe = np.where(inside, places, 1)
    losses = _losses(net, text[safe - 1], text[safe], places >= 1)
    kept = losses[:, steps:].reshape(-1)[:counted]
    return kept


def losses_by_context(net: RecurrentNet, indices: ArrayLike, window: int) -> Array:
    """Return the mean loss of a character after so many characters of context.

    The text is cut into windows that are read from the all-zero state. The loss at the
    first step is that with one character of context, at the second that with two.

    Args:
        net: A character model.
        indices: The text, shape ``(N,)``.
        window: The most characters of context, ``T``; the text has at least ``T + 1``.

    Returns:
        Nats per character, shape ``(T,)``.

    Raises:
        ValueError: If the text is too short for one window.
    """
    text = checked_indices("indices", indices, net.sizes[2])
    steps = count("window", window)
    rows = (len(text) - 1) // steps
    if not rows:
        raise ValueError(
            f"indices must hold at least {steps + 1} characters for a window of "
            f"{steps}, but {len(text)} were given."
        )
    x, y = (text[a : a + rows * steps].reshape(rows, steps) for a in (0, 1))
    losses = _losses(net, x, y, np.ones((rows, steps), bool))
    mean: Array = losses.mean(axis=0)
    return mean


def losses_with_context(
    net: RecurrentNet, indices: ArrayLike, places: ArrayLike, length: int
) -> Array:
    """Return the loss of some characters, each with so many characters of context.

    Each is read for on its own, from the all-zero state; comparing two lengths on the
    same places compares nothing but the context.

    Args:
        net: A character model.
        indices: The text, shape ``(N,)``.
        places: Which characters are to be predicted, ``length .. N - 1``; shape
            ``(R,)``.
        length: How many characters before it the net reads; at least 1.

    Returns:
        ``-log p`` in nats, shape ``(R,)``.

    Raises:
        ValueError: If there are not so many characters before a place.
    """
    text = checked_indices("indices", indices, net.sizes[2])
    steps = count("length", length)
    wanted = checked_indices("places", places, len(text))
    if wanted.size and wanted.min() < steps:
        raise ValueError(
            f"places must have at least {steps} characters before them, but place "
            f"{wanted.min()} was given; leave out the beginning of the text."
        )
    read = wanted[:, np.newaxis] - steps + np.arange(steps)
    losses = _losses(net, text[read], text[read + 1], np.ones(read.shape, bool))
    return losses[:, -1]


def _losses(
    net: RecurrentNet, inputs: ArrayLike, targets: ArrayLike, reads: ArrayLike
) -> Array:
    """Return the losses of rows that begin with a zero state, shape ``(B, T)``.

    Where ``reads`` is false, a row does not read yet: its state stays zero.
    """
    x, y = (tf.constant(np.transpose(a), tf.int32) for a in (inputs, targets))
    rows = tf.constant(np.transpose(reads))
    state = net.zero_state(x.shape[1])
    losses = _compiled(net.cell)(net.parameters, state, x, y, rows)
    return np.asarray(losses, np.float64).T


@cache
def _compiled(cell: CellTF) -> Any:
    """Compile a loop that reads rows of text; nothing but the losses is kept."""

    def read(
        parameters: ParametersTF, state: StateTF, x: Tensor, y: Tensor, reads: Tensor
    ) -> Tensor:
        def one(t: Tensor, state: StateTF, losses: Tensor) -> tuple[Any, ...]:
            new, logits = read_characters(parameters, state, x[t], cell)
            here = reads[t][:, tf.newaxis]
            new = tuple(
                tf.where(here, after, before)
                for after, before in zip(new, state, strict=True)
            )
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(y[t], logits)
            losses = tf.tensor_scatter_nd_update(losses, [[t]], loss[tf.newaxis])
            return t + 1, new, losses

        losses = tf.zeros(x.shape, state[0].dtype)
        *_, losses = tf.while_loop(
            lambda t, *_: t < x.shape[0], one, (tf.constant(0), state, losses)
        )
        return losses

    return tf.function(read, jit_compile=True, autograph=False)
