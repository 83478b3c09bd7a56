"""The training loop: an iterator of reports."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from unrolled.cells.cell import Parameters
from unrolled.report import Report
from unrolled.training.models import Model
from unrolled.training.rules import Rule, global_norm
from unrolled.validation import Array, count


class Task(Protocol):
    """Anything that hands out batches."""

    def batch(self, step: int) -> tuple[Array, Array]:
        """Return the inputs and targets for the update that follows ``step``."""

    @property
    def steps_per_epoch(self) -> int:
        """How many updates make one pass over the data."""


class TrainingDiverged(ArithmeticError):
    """The loss or its gradient is no longer a finite number."""


def train(
    model: Model, task: Task, rule: Rule, steps: int, *, every: int = 1
) -> Iterator[Report]:
    """Train ``model`` on ``task``, yielding a report every so often.

    Report ``k`` speaks of the weights after ``k`` updates: its loss is their loss, and
    while the caller holds the report, the model holds those weights. The first report
    has step 0, the last has step ``steps``. Nothing happens before the first report is
    asked for, and closing the iterator is always safe.

    Args:
        model: What to train; its ``parameters`` are replaced at every update.
        task: Where the batches come from.
        rule: How a gradient becomes a step.
        steps: Number of updates; at least 0.
        every: Number of updates between two reports; at least 1.

    Yields:
        Reports whose ``sample`` holds, for every parameter, its values since the last
        report (``weights``, first axis as long as ``losses``) and the newest gradient
        (``gradients``); the metric ``gradient_norm`` is the newest global norm. Each
        report tells how many updates are planned, and how many make an epoch.

    Raises:
        ValueError: If a setting is out of range (at the call, not at the first step).
        TrainingDiverged: If loss or gradient is not finite. The model then holds the
            last weights whose loss and gradient were finite.
    """
    updates = count("steps", steps, at_least=0)
    interval = count("every", every)
    return _train(model, task, rule, updates, interval)


def _train(
    model: Model, task: Task, rule: Rule, steps: int, every: int
) -> Iterator[Report]:
    """Run the loop of :func:`train` on checked settings."""
    clock = Stopwatch()
    memory = rule.start(model.parameters)
    sound, norm = dict(model.parameters), float("nan")
    losses: list[float] = []
    path: list[Parameters] = []
    for step in range(steps + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            loss, gradients = model.loss_and_gradients(*task.batch(step))
        norm_before, norm = norm, global_norm(gradients)
        if not (np.isfinite(loss) and np.isfinite(norm)):
            model.parameters = sound
            raise TrainingDiverged(_divergence_message(step, loss, norm_before))
        sound = dict(model.parameters)
        losses.append(loss)
        path.append(sound)
        if step % every == 0 or step == steps:
            clock.pause()
            told = _report(step, task, losses, path, gradients, norm)
            yield replace(told, seconds=clock.seconds, planned=steps)
            clock.resume()
            losses, path = [], []
        if step < steps:
            with np.errstate(over="ignore", invalid="ignore"):
                moved, memory = rule.update(model.parameters, gradients, memory)
            if not all(np.isfinite(value).all() for value in moved.values()):
                raise TrainingDiverged(_divergence_message(step + 1, np.inf, norm))
            model.parameters = moved


def _report(
    step: int,
    task: Task,
    losses: list[float],
    path: list[Parameters],
    gradients: Parameters,
    norm: float,
) -> Report:
    """Gather what happened since the last report."""
    return Report(
        step=step,
        epoch=step // task.steps_per_epoch,
        losses=np.array(losses),
        metrics={"gradient_norm": norm},
        sample={
            "weights": {n: np.stack([p[n] for p in path]) for n in path[0]},
            "gradients": {n: np.copy(g) for n, g in gradients.items()},
        },
        panel="weights",
        steps_per_epoch=task.steps_per_epoch,
    )


def _divergence_message(step: int, loss: float, norm: float) -> str:
    """Say where a run broke down and what usually helps."""
    before = (
        f"the gradient norm one step before was {norm:.3g}"
        if step
        else "no update was made yet"
    )
    return (
        f"training diverged at step {step}: the loss or its gradient is no longer "
        f"finite (loss {loss:g}; {before}). The model was put back to its last sound "
        f"weights; lower the learning rate, clip the gradient, or start elsewhere."
    )


class Stopwatch:
    """Time spent computing; stands still while a report is with its reader."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """The seconds so far, of a watch that was never paused."""
        return self.seconds + time.perf_counter() - self._since

    def pause(self) -> None:
        """Stop counting."""
        self.seconds += time.perf_counter() - self._since

    def resume(self) -> None:
        """Count again."""
        self._since = time.perf_counter()
