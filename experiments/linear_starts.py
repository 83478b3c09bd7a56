"""From which first weights does each update rule train the linear net?

The linear chapter compares update rules from one start. Here each of them runs from
81 starts on a grid, with the same data, the same goal and the same limit of updates.

No rule is judged by one lucky or unlucky setting: the step size of each is swept over
powers of ten, and every setting is stored. A run that ends "not reached" ran out of
updates; it may be slow rather than stuck. Clipped descent, for one, moves by at most
rate x threshold in an update. Its threshold (1) and the decay of momentum (0.9) are
not swept, so these two rules may do better than is shown. One of the 81 starts, (1, 1),
is the optimum itself and needs no update.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.rules import Clipped, GradientDescent, Momentum, Rule
from unrolled.training.running import TrainingDiverged, train

# What is swept is the learning rate; for Rprop, the first step size.
RULES: dict[str, Callable[[float], Rule]] = {
    "gradient descent": GradientDescent,
    "clipped gradient descent": lambda rate: Clipped(GradientDescent(rate), 1.0),
    "momentum": lambda rate: Momentum(rate, 0.9),
    "rprop": Rprop,
}
SIZES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
WEIGHTS = tuple(float(weight) for weight in np.linspace(-2, 2, 9))
LIMIT = 3000
GOAL = 1e-3


def one(rule: str, size: float, w_x: float, w_rec: float) -> int | str:
    """Run one rule from one start, up to the goal.

    Returns:
        The number of updates to the goal, or else "diverged" or "not reached".
    """
    model, task = ScalarModel(w_x, w_rec), counting.published()
    try:
        for report in train(model, task, RULES[rule](size), LIMIT):
            if report.loss < GOAL:
                return report.step
    except TrainingDiverged:
        return "diverged"
    return "not reached"


def setting(rule: str, size: float) -> dict[str, Any]:
    """Run one rule with one step size from every start."""
    grid = [[one(rule, size, w_x, w_rec) for w_x in WEIGHTS] for w_rec in WEIGHTS]
    ends = [end for row in grid for end in row]
    steps = [end for end in ends if isinstance(end, int)]
    endings = Counter("reached" if isinstance(end, int) else end for end in ends)
    return {
        "size": size,
        "endings": dict(sorted(endings.items())),
        "median_steps_where_reached": float(np.median(steps)) if steps else None,
        "runs": grid,
    }


def run() -> dict[str, Any]:
    """Run every rule with every step size from every start.

    Returns:
        The settings and, for each rule and size, how every run ended: rows follow
        w_rec, columns w_x.
    """
    return {
        "rules": {name: repr(rule(SIZES[0])) for name, rule in RULES.items()},
        "sizes": list(SIZES),
        "weights": list(WEIGHTS),
        "limit": LIMIT,
        "goal": GOAL,
        "outcomes": {rule: [setting(rule, size) for size in SIZES] for rule in RULES},
    }
