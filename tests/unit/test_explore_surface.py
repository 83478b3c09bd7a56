"""The view of the cost surface, as far as Python has it: its state and its checks."""

import subprocess
import sys

import numpy as np
import pytest

from tests.demo.demo import bars
from unrolled.tasks import counting
from unrolled.training.race import race
from unrolled.training.rprop import Rprop
from unrolled.training.rules import Clipped, GradientDescent, Momentum
from unrolled.views import explore
from unrolled.views.explore.surface_view import SETTINGS, STATE, Surface

TASK = counting.published()


def made(**state) -> Surface:
    inputs, targets = TASK.batch(0)
    return explore.surface(inputs, targets, picture=bars(), alt="Bars.", **state)


def test_it_begins_on_the_cliff_with_the_settings_of_the_chapter():
    view = made()
    assert view.start == [-1.5, 2.0]
    assert view.racers == ["gradient descent"]
    assert view.settings == SETTINGS
    assert (view.updates, view.limit, view.goal) == (0, 2500, 1e-3)
    assert repr(view) == "Surface: an interactive figure"


def test_arrays_are_shared_as_plain_lists():
    state = made(start=np.array([1, 2]), window=(0, 2, 0, 2)).get_state()
    assert state["inputs"] == TASK.inputs.tolist()
    assert state["targets"] == TASK.targets.tolist()
    assert state["start"] == [1.0, 2.0]
    assert {type(value) for value in state["window"]} == {float}


def test_two_views_share_nothing_that_can_change():
    one, other = made(), made()
    one.settings["Rprop"]["delta"] = 5.0
    one.start[0] = 5.0
    assert other.settings == SETTINGS == made().settings
    assert other.start == [-1.5, 2.0]
    assert SETTINGS["Rprop"]["delta"] == 1e-3
    assert STATE["start"] == (-1.5, 2.0)


def test_settings_that_are_not_given_keep_their_defaults():
    view = made(settings={"momentum": {"rate": 1e-4}})
    assert view.settings["momentum"] == {"rate": 1e-4, "decay": 0.9}
    assert view.settings["Rprop"] == SETTINGS["Rprop"]
    view.settings = {"Rprop": {"delta": 0.1}}
    assert view.settings["Rprop"] == {"delta": 0.1}
    assert view.settings["momentum"] == SETTINGS["momentum"]


def test_racers_come_in_one_order_and_a_single_name_is_enough():
    view = made(racers=("Rprop", "momentum"))
    assert view.racers == ["momentum", "Rprop"]
    view.racers = "Rprop"
    assert view.racers == ["Rprop"]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"start": (1,)}, r"start must have the shape \(2\)"),
        ({"start": (99, 1)}, "start must lie on the map, from -12 to 12"),
        ({"optimum": (1, 99)}, "optimum must lie on the map"),
        ({"window": (1, 0, 1, 2)}, "left < right and bottom < top"),
        ({"racers": ["adam"]}, "racers must name one of gradient descent, .* 'adam'"),
        ({"settings": {"adam": {}}}, "settings must name one of"),
        ({"settings": {"Rprop": {"rate": 1}}}, "settings of Rprop must name one of"),
        ({"settings": {"Rprop": {"delta": 0}}}, "delta of Rprop must be .* above 0"),
        ({"settings": {"momentum": {"decay": 1}}}, "decay of momentum must be"),
        ({"limit": 0}, "limit must be a whole number"),
        ({"updates": 3000}, "updates must be at most limit, 2500, but 3000"),
        ({"goal": 0}, "goal must be a finite number above 0"),
        ({"place": "here"}, "place must name one of front, start"),
        ({"stat": (1, 2)}, "a setting of the view must name one of start, .* 'stat'"),
    ],
)
def test_what_cannot_be_shown_is_refused(state, message):
    with pytest.raises(ValueError, match=message):
        made(**state)


def test_targets_must_fit_the_inputs():
    with pytest.raises(ValueError, match=r"targets must have the shape \(20\)"):
        explore.surface(TASK.inputs, TASK.targets[:3], picture=bars(), alt="Bars.")


def test_what_was_refused_later_leaves_the_view_as_it_was():
    view = made()
    with pytest.raises(ValueError, match="start must lie on the map"):
        view.start = (13, 0)
    assert view.start == [-1.5, 2.0]


def test_the_default_settings_are_those_of_the_library():
    assert SETTINGS["Rprop"]["delta"] == Rprop().delta
    assert SETTINGS["momentum"]["decay"] == Momentum(1.0).decay


def test_both_questions_have_an_answer():
    rate, threshold = (
        SETTINGS["clipped gradient descent"][k] for k in ("rate", "threshold")
    )
    cliff = made().start
    assert race(Rprop(1e-3), TASK, cliff, 2500).steps == 229
    for slope in (1e-2, 1e-3, 1e-4, 1e-6, 1e-7, 1e-8):
        assert race(GradientDescent(slope), TASK, cliff, 229).steps is None
    # "a learning rate with which it stays": not the one that it begins with
    rate = SETTINGS["gradient descent"]["rate"]
    assert race(GradientDescent(rate), TASK, cliff, 2500).diverged
    assert not race(GradientDescent(1e-7), TASK, cliff, 2500).diverged
    assert (
        race(Clipped(GradientDescent(rate), threshold), TASK, cliff, 2500).steps == 1909
    )
    for start, descent, rprop in (((0.7, 0.4), 27, 258), ((0.9, 0.7), 9, 229)):
        assert race(GradientDescent(rate), TASK, start, 2500).steps == descent
        assert race(Rprop(1e-3), TASK, start, 2500).steps == rprop


def test_the_widget_is_imported_with_the_first_view_only():
    code = (
        "import sys, unrolled.views.explore\n"
        "sys.exit(' '.join({'anywidget', 'matplotlib'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
