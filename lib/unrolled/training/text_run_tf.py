"""Training a character model: windows of text in compiled calls, and what it writes.

A run is that of :mod:`unrolled.training.truncated_tf`, with the lesson of
:mod:`unrolled.training.text_tf`. Its reports show what the net writes after a prefix.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from unrolled.cells.cell_tf import CellTF, Tensor
from unrolled.report import Report
from unrolled.tasks.text import Text
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.choosing import GREEDY, Choice
from unrolled.training.generation import generate
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import RuleTF
from unrolled.training.text_tf import dropped, train_text
from unrolled.training.truncated_tf import Carried, Learnt, Told, WindowRun
from unrolled.validation import Array, count, number


@dataclass(frozen=True)
class Writing:
    """What a net is asked to write while it is trained.

    Attributes:
        vocabulary: Of the text that it is trained on.
        prefix: What it is to go on from.
        length: How many characters it writes; the published number.
        every: After how many epochs it writes anew; the published number.
        choice: How the characters are chosen.
        seed: Of the choice.
    """

    vocabulary: Vocabulary
    prefix: str
    length: int = 50
    every: int = 50
    choice: Choice = GREEDY
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            ValueError: If a number is below 1, or the prefix is empty or has an unknown
                character.
        """
        count("length", self.length)
        count("every", self.every)
        if not self.prefix:
            raise ValueError(
                "prefix must have at least one character, but it is empty; the net has "
                "to read something before it can go on."
            )
        self.vocabulary.encode(self.prefix)

    def write(self, net: RecurrentNet) -> str:
        """Return what a net writes after the prefix."""
        prefix = self.vocabulary.encode(self.prefix)
        written = generate(
            net, prefix, self.length, self.choice, self.seed, precision="float32"
        )
        return self.vocabulary.decode(written)


@dataclass(frozen=True)
class TextLesson:
    """One :func:`unrolled.training.text_tf.train_text`.

    Attributes:
        cell: The recurrence.
        rule: How a gradient becomes a step.
        carries_state: Whether a window goes on from the state of the one before; if
            not, each begins with zeros.
        dropout: The share of the cell's outputs that is dropped, the same ones at all
            steps of a window (Gal and Ghahramani 2016), which takes fewer draws.
        seed: Of the dropout.
    """

    cell: CellTF
    rule: RuleTF
    carries_state: bool
    dropout: float
    seed: int

    def __call__(
        self, carried: Carried, inputs: Tensor, targets: Tensor, number: Tensor
    ) -> Learnt:
        """Make one update."""
        parameters, memory, state = carried
        if not self.carries_state:
            state = tuple(tf.zeros_like(part) for part in state)
        kept: Any = 1.0
        if self.dropout:
            h = state[0]
            shape = 1, *h.shape  # the same for all steps
            seed = tf.stack([tf.constant(self.seed), number])
            kept = dropped(shape, self.dropout, seed, h.dtype)
        parameters, memory, state, loss, gradients = train_text(
            parameters,
            memory,
            state,
            inputs,
            targets,
            self.cell,
            self.rule.update,
            kept,
        )
        after = Carried(parameters, memory, state)
        nothing = tf.zeros((0,), loss.dtype)
        return Learnt(after, loss, gradients, tf.constant(0), nothing)

    def logits_shape(self, batch: int, window: int, classes: int) -> tuple[int, ...]:
        """Return an empty shape: nobody looks at single outputs."""
        return (0,)

    @property
    def is_compiled(self) -> bool:
        """It is one program, together with the loop over windows."""
        return False


def train_text_windows(
    net: RecurrentNet,
    task: Text,
    rule: RuleTF,
    epochs: int,
    *,
    every: int = 100,
    writing: Writing | None = None,
    dropout: float = 0.0,
    carry: bool = True,
) -> TextRun:
    """Train ``net`` on ``task``, yielding a report every so many windows.

    As in :func:`unrolled.training.truncated_tf.train_windows`, a report comes too when
    an epoch ends, and when ``every`` windows would take long.

    Args:
        net: What to train, with ``V`` inputs and ``V`` outputs; its parameters are
            replaced.
        task: Where the text comes from. With consecutive sampling the state is carried
            from window to window and begins anew with each epoch; with random sampling
            it begins anew with each window.
        rule: How a gradient becomes a step.
        epochs: Number of passes; at least 1.
        every: Windows between two reports; at least 1.
        writing: What the net is asked to write, the sample of the reports; nothing if
            left out.
        dropout: The share of the cell's outputs that is dropped in training, at least 0
            and below 1.
        carry: Whether the state is carried where the task says so; False makes a
            mistake of the published program, whose windows all begin with zeros.

    Returns:
        An iterator of reports that can be saved, with the metrics ``perplexity``, of
        the report's windows together, and ``gradient_norm``, of the last window and
        before any clipping.

    Raises:
        ValueError: If a setting is out of range, or net and text do not fit.
    """
    return TextRun(net, task, rule, epochs, every, writing, dropout, carry)


class TextRun(WindowRun):
    """A run of a character model; see :func:`train_text_windows`."""

    def __init__(
        self,
        net: RecurrentNet,
        task: Text,
        rule: RuleTF,
        epochs: int,
        every: int = 100,
        writing: Writing | None = None,
        dropout: float = 0.0,
        carry: bool = True,
    ) -> None:
        """Prepare a run from its first window."""
        _check_sizes(net, task, writing)
        share = number("dropout", dropout, at_least=0.0)
        if share >= 1:
            raise ValueError(
                f"dropout must be a share of at least 0 and below 1, but {dropout!r} "
                f"was given; with 1, nothing would reach the readout."
            )
        carries = task.carries_state and carry
        seed = task.seed if share else 0  # nothing is compiled for a seed without use
        lesson = TextLesson(net.cell, rule, carries, share, seed)
        super().__init__(net, task, rule, epochs, every, lesson)
        self._text, self._lesson, self._writing = task, lesson, writing
        self._written: tuple[int, str] | None = None  # after which epoch, and what

    def load(self, path: str | Path) -> None:
        """Go on where a saved run of the same settings was, and write anew.

        See :meth:`unrolled.training.truncated_tf.WindowRun.load`.
        """
        super().load(path)
        self._written = None  # by weights that are no longer there

    @property
    def _input_type(self) -> Any:
        """Characters are whole numbers."""
        return tf.int32

    def _settings(self) -> str:
        """Say all that a run must have in common with one that it goes on from."""
        digest = zlib.crc32(np.ascontiguousarray(self._text.indices).tobytes())
        lesson = f"dropout {self._lesson.dropout}, carry {self._lesson.carries_state}"
        return f"{super()._settings()}, {lesson}, text {digest:08x}"

    def _report(self, losses: Array, right: int, told: Told) -> Report:
        """Say what happened since the last report."""
        per_epoch = self._task.windows_per_epoch
        mean = float(np.mean(losses))
        metrics = {
            "perplexity": math.exp(min(mean, 700.0)),
            "gradient_norm": float(told.norm),
        }
        return Report(
            step=self.step,
            epoch=self.step // per_epoch,
            losses=losses,
            metrics=metrics,
            sample=self._sample(),
            panel="text" if self._writing else "",
            planned=self.planned,
            steps_per_epoch=per_epoch,
        )

    def _sample(self) -> dict[str, str]:
        """Return what the net writes, anew if that is due."""
        if self._writing is None:
            return {}
        period = self.step // (self._writing.every * self._task.windows_per_epoch)
        is_last = self.step == self.planned
        if self._written is None or self._written[0] != period or is_last:
            self._written = period, self._writing.write(self._net)
        return {"prefix": self._writing.prefix, "text": self._written[1]}

    def __repr__(self) -> str:
        """Say how far the run is."""
        return f"TextRun(step {self.step} of {self.planned})"


def _check_sizes(net: RecurrentNet, task: Text, writing: Writing | None) -> None:
    """Raise unless net, text and vocabulary speak of the same characters."""
    inputs, _, outputs = net.sizes
    if not inputs == outputs == task.size:
        raise ValueError(
            f"net must have {task.size} inputs and outputs, one for each character of "
            f"the text, but it has {inputs} inputs and {outputs} outputs."
        )
    if writing is not None and len(writing.vocabulary) != task.size:
        raise ValueError(
            f"writing must have the vocabulary of the text, {task.size} characters, "
            f"but it has {len(writing.vocabulary)}."
        )
