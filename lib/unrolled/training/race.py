"""Update rules against each other: how many updates to a goal, or how each fails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unrolled.training.models import ScalarModel
from unrolled.training.rules import Rule
from unrolled.training.running import Task, TrainingDiverged, train
from unrolled.validation import Array, count, number

LAST_UPDATES = 200
"""How many of the last losses tell a slow run from an oscillation."""

REPORT_EVERY = 50
"""Updates between two reports of a run; fewer reports take less time."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one run of the linear net with two weights.

    Attributes:
        losses: The loss before the first update and after each one, shape ``(S + 1,)``.
        path: The weights ``(w_x, w_rec)`` that go with them, shape ``(S + 1, 2)``.
        goal: The loss that was to be reached.
        diverged: Whether the run broke down; it did so at update ``S + 1``.
    """

    losses: Array
    path: Array
    goal: float
    diverged: bool

    @property
    def steps(self) -> int | None:
        """Number of updates after which the loss was first below the goal, if ever."""
        below = np.flatnonzero(self.losses < self.goal)
        return int(below[0]) if below.size else None

    @property
    def verdict(self) -> str:
        """What happened, in words."""
        if self.diverged:
            return f"diverges at update {len(self.losses)}"
        if self.steps is not None:
            return f"reaches the goal after {self.steps} updates"
        rises = np.diff(self.losses[-LAST_UPDATES:]) > 0
        if rises.any():
            return "oscillates and does not reach the goal"
        rounded = float(f"{self.losses[-1]:.1g}")
        return f"too slow: its cost is still about {rounded:g}"

    def __repr__(self) -> str:
        """Show the verdict alone."""
        return f"Outcome({self.verdict})"


def race(
    rule: Rule,
    task: Task,
    start: tuple[float, float],
    limit: int,
    goal: float = 1e-3,
) -> Outcome:
    """Train the linear net with two weights and say what became of it.

    Args:
        rule: The update rule.
        task: Where the batches come from.
        start: The first ``(w_x, w_rec)``.
        limit: Number of updates; the run goes on to there, even past the goal.
        goal: The loss to fall below; above 0.

    Raises:
        ValueError: If a number is out of range.
    """
    updates, aim = count("limit", limit), number("goal", goal, above=0.0)
    losses, path, diverged = _run(rule, task, start, updates, every=REPORT_EVERY)
    if diverged:  # what came after the last report is lost: once more, step by step
        losses, path, _ = _run(rule, task, start, updates, every=1)
    if not losses:
        raise ValueError(
            f"start must have a finite loss, but the loss at {start} is not; start at "
            f"smaller weights."
        )
    return Outcome(np.concatenate(losses), np.concatenate(path), aim, diverged)


def _run(
    rule: Rule, task: Task, start: tuple[float, float], updates: int, every: int
) -> tuple[list[Array], list[Array], bool]:
    """Return losses and weights of all reports, and whether the run diverged."""
    losses, path = [], []
    try:
        for report in train(ScalarModel(*start), task, rule, updates, every=every):
            losses.append(report.losses)
            weights = report.sample["weights"]
            path.append(np.stack([weights["w_x"], weights["w_rec"]], axis=1))
    except TrainingDiverged:
        return losses, path, True
    return losses, path, False
