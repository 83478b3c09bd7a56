"""What a training run leaves behind: every loss and metric, at full precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.validation import Array

Ending = Literal["finished", "stopped", "failed"]


@dataclass(frozen=True, eq=False)
class History:
    """All that the reports of one run said, in order.

    Attributes:
        steps: The number of updates made when each loss was computed, shape ``(n,)``.
        losses: The losses, shape ``(n,)``.
        report_steps: The step of each report, shape ``(r,)``.
        metrics: The metrics of each report by name, shape ``(r,)`` each; NaN where a
            report does not have that metric.
        seconds: Time spent computing; pauses do not count.
        ended: ``"finished"`` if the run came to its end, ``"stopped"`` if the reader
            ended it, ``"failed"`` if it raised an exception.
    """

    steps: NDArray[np.int64]
    losses: Array
    report_steps: NDArray[np.int64]
    metrics: Mapping[str, Array] = field(default_factory=dict)
    seconds: float = 0.0
    ended: Ending = "finished"

    def __repr__(self) -> str:
        """Leave the time out: it differs from run to run, and this is printed."""
        if not len(self.losses):
            return f"History({self.ended}, no losses)"
        first, last = self.losses[0], self.losses[-1]
        return (
            f"History({self.ended} at step {self.report_steps[-1]}, "
            f"loss {first:.3g} → {last:.3g})"
        )


class Heard(NamedTuple):
    """What a history keeps of one report."""

    step: int
    losses: Array
    metrics: Mapping[str, float]
    seconds: float


def history_of(reports: Sequence[Heard], after: int = 0) -> History:
    """Gather what some reports of a run said.

    Args:
        reports: Oldest first; none is fine.
        after: The step of the report before these; 0 if they are the first.
    """
    names = dict.fromkeys(name for report in reports for name in report.metrics)
    before = [after, *(report.step for report in reports[:-1])]
    steps = [
        steps_of_losses(previous, report.step, len(report.losses))
        for previous, report in zip(before, reports, strict=False)
    ]
    return History(
        steps=np.concatenate([np.zeros(0, np.int64), *steps]),
        losses=np.concatenate([np.zeros(0), *(report.losses for report in reports)]),
        report_steps=np.array([report.step for report in reports], np.int64),
        metrics={
            name: np.array([r.metrics.get(name, np.nan) for r in reports], np.float64)
            for name in names
        },
        seconds=reports[-1].seconds if reports else 0.0,
    )


def joined(parts: Sequence[History], ended: Ending) -> History:
    """Join the parts of one run's history, oldest first, and say how it ended."""
    names = dict.fromkeys(name for part in parts for name in part.metrics)
    nothing = np.zeros(0, np.int64)
    return History(
        steps=np.concatenate([nothing, *(part.steps for part in parts)]),
        losses=np.concatenate([np.zeros(0), *(part.losses for part in parts)]),
        report_steps=np.concatenate([nothing, *(part.report_steps for part in parts)]),
        metrics={name: _metric(parts, name) for name in names},
        seconds=max((part.seconds for part in parts), default=0.0),
        ended=ended,
    )


def _metric(parts: Sequence[History], name: str) -> Array:
    """Join one metric; NaN for the reports of a part that does not have it."""
    missing = [np.full(len(part.report_steps), np.nan) for part in parts]
    return np.concatenate(
        [part.metrics.get(name, nan) for part, nan in zip(parts, missing, strict=True)]
    )


def steps_of_losses(previous: int, step: int, losses: int) -> NDArray[np.int64]:
    """Say at which step each loss of a report was computed, shape ``(losses,)``.

    The last one belongs to ``step``. They lie one step apart, as in most runs, unless
    there are fewer losses than steps since the report before; then they are spread
    evenly.

    Args:
        previous: The step of the report before.
        step: The step of this report.
        losses: How many losses it brings.
    """
    if losses <= 1:
        return np.array([step] * losses, np.int64)
    apart = max((step - previous) / losses, 1.0)
    return np.round(step - apart * np.arange(losses - 1, -1, -1)).astype(np.int64)
