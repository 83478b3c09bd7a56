"""Greedy text from a character model, many characters in one compiled call.

The text is that of :func:`unrolled.training.generation.generate`, where the choice
among characters, seeds and beams are at home too. Here there is no choice: the most
probable character is fed back at once, and Python sees nothing of it. A character then
takes little more than the time in which the weights pass through the processor once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from unrolled.cells.cell_tf import CellTF, StateTF, Tensor
from unrolled.training.choosing import Indices
from unrolled.training.generation import checked_prefix, vocabulary_size
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.text_tf import read_characters
from unrolled.training.window_tf import ParametersTF
from unrolled.validation import count

MOST_CHARACTERS = 8192
"""The most characters in one compiled call: the length of its buffers."""


class Written(NamedTuple):
    """How far a compiled call is.

    Attributes:
        read: How many characters were read.
        best: The most probable character after each of them, then zeros.
        latest: The last of these.
        state: After the last character that was read.
        sound: Whether all logits were finite.
    """

    read: Tensor
    best: Tensor
    latest: Tensor
    state: StateTF
    sound: Tensor


CompiledWriter = Callable[..., Written]


def generate_greedy(net: RecurrentNet, prefix: ArrayLike, length: int) -> Indices:
    """Write a text of a given length, always the most probable character.

    These are the characters of ``generate(net, prefix, length)``, computed in the net's
    own precision: with 32 bits, the text may differ where two characters are almost
    equally good. The first call for a cell and its sizes compiles, which takes about a
    second.

    Args:
        net: With one-hot characters as inputs, and as many outputs.
        prefix: The characters to begin with, at least one; shape ``(N,)``.
        length: How many characters to write; at least 1.

    Returns:
        What was written, without the prefix; shape ``(length,)``.

    Raises:
        ValueError: If the prefix is empty or holds what is no character, the net has
            not as many inputs as outputs, the length is below 1, or a logit is not
            finite.
    """
    inputs, _, outputs = net.sizes
    given = checked_prefix(prefix, vocabulary_size(inputs, outputs))
    reads = len(given) + count("length", length) - 1
    writer, state, latest = compiled_writer(net.cell), net.zero_state(1), 0
    best = []
    for start in range(0, reads, MOST_CHARACTERS):
        part = given[start : start + MOST_CHARACTERS]
        known = np.zeros(MOST_CHARACTERS, np.int32)
        known[: len(part)] = part
        most = min(MOST_CHARACTERS, reads - start)
        # Not plain numbers, which would be compiled in.
        numbers = map(np.asarray, np.array([len(part), most, latest], np.int32))
        written = writer(net.parameters, state, known, *numbers)
        _check_sound(written, start)
        state, latest = written.state, int(written.latest)
        best.append(np.array(written.best, np.int64)[:most])
    return np.concatenate(best)[len(given) - 1 :]


@cache
def compiled_writer(cell: CellTF) -> CompiledWriter:
    """Compile a loop that reads characters, known ones first, then its own.

    Args:
        cell: The recurrence.

    Returns:
        A function of the parameters; the state; the known characters, a buffer of
        length ``MOST_CHARACTERS``; how many of them there are; how many characters to
        read in all, no more than the buffer holds; and the character to go on from
        where none is known.
    """

    def write(
        parameters: ParametersTF,
        state: StateTF,
        known: Tensor,
        number_known: Tensor,
        most: Tensor,
        latest: Tensor,
    ) -> Written:
        def one(before: Written) -> tuple[Written]:
            is_known = before.read < number_known
            index = tf.where(is_known, known[before.read], before.latest)
            one_text = index[tf.newaxis]
            state, logits = read_characters(parameters, before.state, one_text, cell)
            latest = tf.argmax(logits[0], output_type=tf.int32)
            best = tf.tensor_scatter_nd_update(before.best, [[before.read]], [latest])
            sound = tf.reduce_all(tf.math.is_finite(logits))
            return (Written(before.read + 1, best, latest, state, sound),)

        nothing = tf.zeros_like(known)
        start = Written(tf.constant(0), nothing, latest, state, tf.constant(True))
        written: tuple[Written] = tf.while_loop(
            lambda now: now.sound & (now.read < most), one, (start,)
        )
        return written[0]

    compiled: CompiledWriter = tf.function(write, jit_compile=True, autograph=False)
    return compiled


def _check_sound(written: Written, before: int) -> None:
    """Raise if a logit was not finite."""
    if not bool(written.sound):
        raise ValueError(
            f"logits must be finite, but those after character "
            f"{before + int(written.read)} of prefix and text are not; the net's "
            f"weights have diverged, or are far too large."
        )
