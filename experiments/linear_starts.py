"""From which first weights does each update rule train the linear net?

The linear chapter compares update rules from one start. Here each of them runs from
81 starts on a grid, with the same data and the same goal.
"""

from collections import Counter
from typing import Any

import numpy as np

from unrolled.tasks import counting
from unrolled.training.race import Outcome, race
from unrolled.training.rprop import Rprop
from unrolled.training.rules import Clipped, GradientDescent, Momentum, Rule

RULES: dict[str, Rule] = {
    "gradient descent": GradientDescent(1e-4),
    "clipped gradient descent": Clipped(GradientDescent(1e-3), 1.0),
    "momentum": Momentum(1e-4, 0.9),
    "rprop": Rprop(),
}
WEIGHTS = [float(weight) for weight in np.linspace(-2, 2, 9)]
LIMIT = 3000
GOAL = 1e-3


def one(rule: str, w_x: float, w_rec: float) -> Outcome:
    """Run one rule from one start."""
    return race(RULES[rule], counting.published(), (w_x, w_rec), LIMIT, GOAL)


def ending(outcome: Outcome) -> str:
    """Say in a word how a run ended."""
    if outcome.steps is not None:
        return "reached"
    return "diverged" if outcome.diverged else "not reached"


def summary(steps: list[int], endings: Counter[str]) -> dict[str, Any]:
    """Sum up the runs of one rule."""
    return {
        "endings": dict(sorted(endings.items())),
        "median_steps_where_reached": float(np.median(steps)) if steps else None,
    }


def run() -> dict[str, Any]:
    """Run every rule from every start.

    Returns:
        The settings and, for each rule, how many runs ended in which way and the
        number of updates to the goal; rows follow w_rec, columns w_x, None where the
        goal was not reached.
    """
    found: dict[str, Any] = {}
    for rule in RULES:
        endings: Counter[str] = Counter()
        grid = []
        for w_rec in WEIGHTS:
            outcomes = [one(rule, w_x, w_rec) for w_x in WEIGHTS]
            endings.update(map(ending, outcomes))
            grid.append([outcome.steps for outcome in outcomes])
        reached = [steps for row in grid for steps in row if steps is not None]
        found[rule] = summary(reached, endings) | {"steps": grid}
    return {
        "rules": {name: repr(rule) for name, rule in RULES.items()},
        "weights": WEIGHTS,
        "limit": LIMIT,
        "goal": GOAL,
        "outcomes": found,
        "starts": len(WEIGHTS) ** 2,
    }
