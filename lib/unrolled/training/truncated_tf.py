"""Truncated backpropagation through time: many windows in one compiled call.

A run reads the rows of a task from left to right, window by window. The state at the
end of a window is where the next one starts; the gradient stays within its window. In
between, Python sees nothing: a chunk of windows is compiled into one program, which
keeps parameters, memory and state on the device and comes back with the losses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import tensorflow as tf

from unrolled.cells.cell_tf import StateTF, StepTF, Tensor
from unrolled.report import Report
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import RuleTF
from unrolled.training.running import Stopwatch, TrainingDiverged
from unrolled.training.saving import read_arrays, write_arrays
from unrolled.training.window_tf import MemoryTF, ParametersTF, train_window
from unrolled.validation import Array, count

MOST_WINDOWS = 1024
"""The most windows in one compiled call: the length of its buffer of losses."""

MOST_SECONDS = 0.2
"""A report comes at least this often, so that pause and stop are answered at once."""

FIRST_WINDOWS = 16
"""How many windows the first call makes, whose speed is not known yet."""


class WindowTask(Protocol):
    """Anything that hands out long rows, to be read window by window.

    Its text, ``repr(task)``, tells all settings: a saved run is known by it.
    """

    @property
    def window(self) -> int:
        """Steps in a window."""

    @property
    def stride(self) -> int:
        """Steps from the start of a window to that of the next."""

    @property
    def windows_per_epoch(self) -> int:
        """Windows in an epoch."""

    @property
    def batch(self) -> int:
        """Rows that are read side by side."""

    @property
    def continuous(self) -> bool:
        """Whether an epoch goes on where the one before it ended."""

    def epoch(self, number: int) -> tuple[Any, Any]:
        """Return inputs ``(B, L, D)`` and classes ``(B, L)``."""


class Carried(NamedTuple):
    """What goes from window to window."""

    parameters: ParametersTF
    memory: MemoryTF
    state: StateTF


class Learnt(NamedTuple):
    """What one window taught.

    Attributes:
        carried: What the next window starts from.
        loss: Before the update.
        gradients: By name.
        right: How many targets were told right; 0 where nobody asks.
        logits: What is shown of the outputs, in the shape that the lesson declares.
    """

    carried: Carried
    loss: Tensor
    gradients: ParametersTF
    right: Tensor
    logits: Tensor


class Lesson(Hashable, Protocol):
    """What is done with a window; equal settings are equal, and compiled once."""

    def __call__(
        self, carried: Carried, inputs: Tensor, targets: Tensor, number: Tensor
    ) -> Learnt:
        """Make one update, given the window and how many updates were made before."""

    def logits_shape(self, batch: int, window: int, classes: int) -> tuple[int, ...]:
        """Return the shape of what is shown of the outputs."""

    @property
    def is_compiled(self) -> bool:
        """Whether it compiles its own parts; if not, it is compiled with the loop."""


@dataclass(frozen=True)
class WindowLesson:
    """One :func:`train_window`.

    Attributes:
        step: The cell's step.
        rule: How a gradient becomes a step.
        stride: Steps from one window to the next.
    """

    step: StepTF
    rule: RuleTF
    stride: int

    def __call__(
        self, carried: Carried, inputs: Tensor, targets: Tensor, number: Tensor
    ) -> Learnt:
        """Make one update."""
        parameters, memory, state, loss, logits, gradients = train_window(
            *carried, inputs, targets, self.step, self.rule.update, self.stride
        )
        told = tf.argmax(logits, axis=-1, output_type=tf.int32)
        right = tf.reduce_sum(tf.cast(told == targets, tf.int32))
        return Learnt(
            Carried(parameters, memory, state), loss, gradients, right, logits
        )

    def logits_shape(self, batch: int, window: int, classes: int) -> tuple[int, ...]:
        """Return the shape of all logits."""
        return batch, window, classes

    @property
    def is_compiled(self) -> bool:
        """It is one program, together with the loop over windows."""
        return False


class Told(NamedTuple):
    """What a compiled call tells about its windows.

    Attributes:
        done: Windows trained; fewer than asked for if one was not sound.
        losses: One for each window, then zeros.
        norm: The gradient norm of the last window.
        largest_norm: The largest gradient norm of the call that is finite.
        right: How many targets were told right.
        logits: Of the last window, in the shape that the lesson declares.
    """

    done: Tensor
    losses: Tensor
    norm: Tensor
    largest_norm: Tensor
    right: Tensor
    logits: Tensor


CompiledChunk = Callable[..., tuple[Carried, Told]]


def train_windows(
    net: RecurrentNet, task: WindowTask, rule: RuleTF, epochs: int, *, every: int = 100
) -> WindowRun:
    """Train ``net`` on ``task``, yielding a report every so many windows.

    A report speaks of the windows since the one before. A window's loss is that of the
    weights before its update; when the report is yielded, the net holds the weights
    after the last one. A report comes too when an epoch ends, and when ``every``
    windows would take longer than ``MOST_SECONDS``. Nothing happens before the first
    report is asked for, and closing the run is always safe.

    Args:
        net: What to train; its parameters are replaced.
        task: Where the rows come from.
        rule: How a gradient becomes a step.
        epochs: Number of passes; at least 1.
        every: Windows between two reports; at least 1.

    Returns:
        An iterator of reports that can be saved. The sample of a report is its last
        window: ``input``, ``target`` and ``prediction``, shape ``(B, T)``.

    Raises:
        ValueError: If a setting is out of range.
    """
    return WindowRun(net, task, rule, epochs, every)


class WindowRun(Iterator[Report]):
    """A run of truncated backpropagation; see :func:`train_windows`.

    Attributes:
        step: Updates made so far.
        planned: Updates in all.
    """

    def __init__(
        self,
        net: RecurrentNet,
        task: WindowTask,
        rule: RuleTF,
        epochs: int,
        every: int = 100,
        lesson: Lesson | None = None,
    ) -> None:
        """Prepare a run from its first window."""
        self.step = 0
        self.planned = count("epochs", epochs) * task.windows_per_epoch
        self._net, self._task, self._rule = net, task, rule
        self._every = count("every", every)
        self._memory = rule.start(net.parameters)
        self._state = net.zero_state(task.batch)
        self._rows: tuple[int, Tensor, Tensor] | None = None
        lesson = lesson or WindowLesson(net.cell.step, rule, task.stride)
        self._chunk = compiled_chunk(lesson, task.window, task.stride)
        self._seconds = 0.0
        self._windows_per_second = 0.0  # 0 before the first call
        self._largest_norm = 0.0
        self._is_closed = False

    def close(self) -> None:
        """End the run; the net keeps the weights of the last report."""
        self._is_closed = True

    def __iter__(self) -> Self:
        """Return the run itself."""
        return self

    def __next__(self) -> Report:
        """Train the next windows.

        Raises:
            StopIteration: At the end, or if the run was closed.
            TrainingDiverged: If a loss, gradient or weight is not finite. The net then
                holds the weights from before that window.
        """
        if self._is_closed or self.step >= self.planned:
            raise StopIteration
        self._seconds += self._compile()
        clock = Stopwatch()
        # No report crosses the end of an epoch: its last window is of one series.
        in_epoch = self.step % self._task.windows_per_epoch
        left = min(self._every, self._task.windows_per_epoch - in_epoch)
        left = min(left, self.planned - self.step)
        losses, right = [], 0
        while True:  # at least once, however long it may take
            told = self._advance(left)
            losses.append(np.asarray(told.losses, np.float64)[: int(told.done)])
            right += int(told.right)
            left -= int(told.done)
            if not left or clock.elapsed >= MOST_SECONDS:
                break
        report = self._report(np.concatenate(losses), right, told)
        self._seconds += clock.elapsed
        return replace(report, seconds=self._seconds)

    def save(self, path: str | Path) -> None:
        """Write the run to a file, from which it can go on as if nothing had been.

        The file takes its place in one step: who is interrupted finds the old one.

        Args:
            path: Of the file; it ends in ``.npz``.
        """
        parts = tf.nest.flatten(self._carried)
        arrays = {str(k): np.asarray(part) for k, part in enumerate(parts)}
        notes = {"settings": self._settings(), "step": self.step}
        write_arrays(path, arrays, notes | {"seconds": self._seconds})

    def load(self, path: str | Path) -> None:
        """Go on where a saved run of the same settings was.

        Args:
            path: Of a file that :meth:`save` has written.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If the file is damaged, or its run had other settings. The run
                is then as it was.
        """
        arrays, notes = read_arrays(path)
        if notes.get("settings") != self._settings():
            raise ValueError(
                f"path must be of a run with the settings {self._settings()}, but "
                f"{path} holds {notes.get('settings', 'none')}; make the run as it was."
            )
        found = [tf.constant(arrays[str(k)]) for k in range(len(arrays))]
        loaded = tf.nest.pack_sequence_as(self._carried, found)
        self._net.parameters, self._memory, self._state = loaded
        self.step, self._seconds = notes["step"], notes["seconds"]

    @property
    def _carried(self) -> Carried:
        """What the next window starts from."""
        return Carried(self._net.parameters, self._memory, self._state)

    def _settings(self) -> str:
        """Say all that a run must have in common with one that it goes on from."""
        dtype = self._net.parameters["W_xh"].dtype.name
        return f"{self._net}, {dtype}, {self._task}, {self._rule}"

    def _advance(self, most: int) -> Told:
        """Train some windows of the present epoch in one call, at most ``most``."""
        epoch, first = divmod(self.step, self._task.windows_per_epoch)
        rows = self._rows_of(epoch)
        if first == 0 and not self._task.continuous:
            self._state = self._net.zero_state(self._task.batch)
        windows = min(most, self._affordable())
        started = time.perf_counter()
        numbers = _numbers(first, windows, self.step)
        after, told = self._chunk(self._carried, *rows, *numbers)
        done = int(told.done)  # waits for the device
        self._windows_per_second = windows / (time.perf_counter() - started)
        self._net.parameters, self._memory, self._state = after
        self.step += done
        self._largest_norm = max(self._largest_norm, float(told.largest_norm))
        if done < windows:
            self.close()  # to go on would fail in the same way
            raise TrainingDiverged(_message(self.step + 1, self._largest_norm))
        return told

    def _compile(self) -> float:
        """Compile the chunk before its first use; return the seconds it took."""
        if self._windows_per_second:
            return 0.0
        clock = Stopwatch()
        nothing = _numbers(0, 0, 0)  # no window is trained
        self._chunk(self._carried, *self._rows_of(0), *nothing)
        return clock.elapsed

    def _affordable(self) -> int:
        """Return how many windows a call may make."""
        if not self._windows_per_second:
            return FIRST_WINDOWS
        most = int(self._windows_per_second * MOST_SECONDS / 2)
        return max(1, min(most, MOST_WINDOWS))

    def _rows_of(self, epoch: int) -> tuple[Tensor, Tensor]:
        """Return an epoch's rows as tensors; one epoch is kept at a time."""
        if self._rows is None or self._rows[0] != epoch:
            inputs, targets = self._task.epoch(epoch)
            rows = tf.constant(inputs, self._input_type), tf.constant(targets, tf.int32)
            self._rows = epoch, *rows
        return self._rows[1:]

    @property
    def _input_type(self) -> Any:
        """Of which type the inputs are on the device."""
        return self._net.parameters["W_xh"].dtype

    def _report(self, losses: Array, right: int, told: Told) -> Report:
        """Say what happened since the last report."""
        per_epoch, window = self._task.windows_per_epoch, self._task.window
        epoch, last = divmod(self.step - 1, per_epoch)
        inputs, targets = self._rows_of(epoch)
        start = last * self._task.stride
        here = slice(start, start + window)
        accuracy = right / (len(losses) * self._task.batch * window)
        return Report(
            step=self.step,
            epoch=self.step // per_epoch,
            losses=losses,
            metrics={"accuracy": accuracy, "gradient_norm": float(told.norm)},
            sample={
                "input": np.asarray(inputs[:, here, 0]),
                "target": np.asarray(targets[:, here]),
                "prediction": np.asarray(told.logits).argmax(axis=-1),
            },
            panel="sequences",
            planned=self.planned,
            steps_per_epoch=per_epoch,
        )

    def __repr__(self) -> str:
        """Say how far the run is."""
        return f"WindowRun(step {self.step} of {self.planned})"


@cache
def compiled_chunk(lesson: Lesson, window: int, stride: int) -> CompiledChunk:
    """Compile a loop over windows; each of them is one lesson.

    How many windows it makes is told at the call: one program serves all numbers up to
    ``MOST_WINDOWS``. It stops at a window whose loss, gradient or new weights are not
    finite, and keeps what was carried before it.

    Args:
        lesson: What is done with a window, such as :class:`WindowLesson`.
        window: Steps in a window.
        stride: Steps from one window to the next.

    Returns:
        A function of what is carried, the rows ``(B, L, ...)`` and ``(B, L)``, the
        number of the first window, how many to make, and how many updates were made
        before.
    """

    def chunk(
        carried: Carried,
        inputs: Tensor,
        targets: Tensor,
        first: Tensor,
        most: Tensor,
        made: Tensor,
    ) -> tuple[Carried, Told]:
        def one(_: Tensor, carried: Carried, told: Told) -> tuple[Any, ...]:
            # Not tf.slice: its start is a part of the program, compiled anew for each.
            here = (first + told.done) * stride + tf.range(window)
            x, y = tf.gather(inputs, here, axis=1), tf.gather(targets, here, axis=1)
            return _accounted(carried, told, lesson(carried, x, y, made + told.done))

        b_q = carried.parameters["b_q"]
        shape = lesson.logits_shape(targets.shape[0], window, b_q.shape[0])
        _, carried, told = tf.while_loop(
            lambda sound, _, told: sound & (told.done < most),
            one,
            (tf.constant(True), carried, _nothing_told(shape, b_q.dtype)),
        )
        return carried, told

    whole = not lesson.is_compiled
    compiled: CompiledChunk = tf.function(chunk, jit_compile=whole, autograph=False)
    return compiled


def _nothing_told(logits_shape: tuple[int, ...], dtype: Any) -> Told:
    """Return what is told before the first window."""
    zero = tf.zeros((), dtype)
    return Told(
        done=tf.constant(0),
        losses=tf.zeros(MOST_WINDOWS, dtype),
        norm=zero,
        largest_norm=zero,
        right=tf.constant(0),
        logits=tf.zeros(logits_shape, dtype),
    )


def _accounted(
    before: Carried, told: Told, learnt: Learnt
) -> tuple[Tensor, Carried, Told]:
    """Take over what a window taught if it is sound, and tell of it."""
    loss, parameters = learnt.loss, learnt.carried.parameters
    norm = tf.sqrt(sum(tf.reduce_sum(g**2) for g in learnt.gradients.values()))
    size = sum(tf.reduce_sum(p) for p in parameters.values())
    sound = tf.math.is_finite(loss + norm + size)
    after = tf.nest.map_structure(
        lambda new, old: tf.where(sound, new, old), learnt.carried, before
    )
    one = tf.cast(sound, tf.int32)
    return sound, after, Told(
        done=told.done + one,
        losses=tf.tensor_scatter_nd_update(told.losses, [[told.done]], [loss]),
        norm=norm,
        largest_norm=tf.maximum(
            told.largest_norm, tf.where(tf.math.is_finite(norm), norm, 0)
        ),
        right=told.right + one * learnt.right,
        logits=learnt.logits,
    )  # fmt: skip


def _numbers(*values: int) -> tuple[Tensor, ...]:
    """Return whole numbers as tensors: a plain one would be compiled in."""
    return tuple(tf.constant(value, tf.int32) for value in values)


def _message(step: int, largest_norm: float) -> str:
    """Say where a run broke down and what usually helps."""
    norm = (
        f"the largest gradient norm until then was {largest_norm:.3g}"
        if largest_norm
        else "no gradient was finite"
    )
    return (
        f"training diverged at step {step}: the loss, its gradient or a weight is no "
        f"longer finite ({norm}). The net keeps the weights from before that step; "
        f"lower the learning rate, clip the gradient, or draw smaller weights."
    )
