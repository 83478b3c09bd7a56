"""Races: what became of a run, in numbers and in words."""

import numpy as np
import pytest

from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.race import Outcome, race
from unrolled.training.rprop import Rprop
from unrolled.training.rules import Clipped, GradientDescent, Momentum

TASK = counting.published()
START = (-1.5, 2.0)


def test_losses_belong_to_the_path():
    run = race(Momentum(1e-4), TASK, (0.2, 0.3), limit=30)
    assert run.losses.shape == (31,)
    assert run.path.shape == (31, 2)
    assert run.path[0].tolist() == [0.2, 0.3]
    for loss, pair in zip(run.losses, run.path, strict=True):
        assert loss == ScalarModel(*pair).loss(TASK.inputs, TASK.targets)


def test_the_goal_is_counted_in_updates():
    run = race(Rprop(), TASK, START, limit=300)
    assert run.steps == 229
    assert run.losses[229] < 1e-3 <= run.losses[:229].min()
    assert run.verdict == "reaches the goal after 229 updates"


def test_another_goal():
    assert race(Rprop(), TASK, START, limit=60, goal=1.0).steps == 43
    assert race(Rprop(), TASK, (1.0, 1.0), limit=1).steps == 0


def test_divergence_keeps_the_sound_part():
    run = race(GradientDescent(1e-6), TASK, START, limit=50)
    assert run.diverged
    assert np.isfinite(run.losses).all()
    assert run.verdict == "diverges at update 3"
    assert len(run.losses) == len(run.path) == 3


def test_slow_and_oscillating_runs():
    slow = race(GradientDescent(1e-8), TASK, START, limit=50)
    assert slow.verdict.startswith("too slow: its cost is still about")
    wild = race(Clipped(GradientDescent(1e-2), 10), TASK, START, limit=500)
    assert wild.verdict == "oscillates and does not reach the goal"
    assert repr(wild) == f"Outcome({wild.verdict})"


def test_a_goal_that_was_reached_before_a_divergence_is_not_the_verdict():
    run = Outcome(np.array([1.0, 1e-4]), np.zeros((2, 2)), 1e-3, diverged=True)
    assert run.steps == 1
    assert run.verdict == "diverges at update 2"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 2.5}, "limit"),
        ({"limit": 5, "goal": 0.0}, "goal"),
        ({"limit": 5, "start": (np.nan, 1.0)}, "w_x"),
        ({"limit": 5, "start": (1e200, 1e100)}, "start"),
    ],
)
def test_bad_input_is_named(options, name):
    with pytest.raises(ValueError, match=f"^{name} "):
        race(Rprop(), TASK, **{"start": START, **options})
