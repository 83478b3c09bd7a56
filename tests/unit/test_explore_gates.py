"""The view "Gates" from Python: what it starts from, accepts, refuses and stores."""

from typing import Any

import numpy as np
import pytest

from unrolled.cells.lstm import LSTMCell
from unrolled.views import explore
from unrolled.views.bundling import bundle
from unrolled.views.explore.gates_view import LEVELS, PULSES, STEPS, Gates
from unrolled.views.figures.diagrams import lstm_cell


@pytest.fixture
def view() -> Gates:
    return explore.gates(picture=lstm_cell(), alt="An LSTM cell.")


def test_it_starts_with_nothing_of_the_answer(view: Gates) -> None:
    assert (view.drive, view.step, view.c_0, view.w_rec) == ("pulses", 1, 0.0, 1.0)
    assert view.levels == {"i": 1.0, "f": 1.0, "g": 1.0, "o": 1.0}
    assert view.pulses == {"i": [], "f": [], "o": []}
    assert "step 5" in view.question
    assert "step 50" in view.question


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("drive", "held", "held"),
        ("levels", {"f": 0.9}, {**LEVELS, "f": 0.9}),
        ("levels", {"g": np.float64(-1), "i": 0}, {**LEVELS, "g": -1.0, "i": 0.0}),
        ("pulses", {"f": range(6, 51)}, {**PULSES, "f": list(range(6, 51))}),
        (
            "pulses",
            {"i": (9, 5, 9), "o": np.array([50])},
            {"i": [5, 9], "f": [], "o": [50]},
        ),
        ("c_0", -1, -1.0),
        ("w_rec", np.float64(1.1), 1.1),
        ("step", STEPS, STEPS),
    ],
)
def test_settings_are_completed_and_read_back_as_plain_values(
    view: Gates, name: str, given: Any, kept: Any
) -> None:
    setattr(view, name, given)
    read = getattr(view, name)
    assert read == kept
    assert type(read) is type(kept)
    assert view.get_state()[name] == kept
    if name == "pulses":
        assert {type(step) for steps in read.values() for step in steps} == {int}


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("drive", "open", "drive must be 'pulses' or 'held', but 'open' was given"),
        ("levels", {"f": 1.1}, "the level of f must be .* at most 1, but 1.1"),
        ("levels", {"i": -0.1}, "the level of i must be .* at least 0 .* but -0.1"),
        ("levels", {"g": -1.1}, "the level of g must be .* at least -1"),
        ("levels", {"h": 1}, "levels must be named by i, f, g, o, but 'h' was given"),
        ("levels", 0.9, "levels must be a dictionary .* i, f, g, o, but 0.9"),
        ("pulses", {"g": [1]}, "pulses must be named by i, f, o, but 'g' was given"),
        ("pulses", {"i": [0]}, "a pulse of i must be a whole number of at least 1"),
        ("pulses", {"i": [51]}, "a pulse of i must be at most 50, but 51 was given"),
        ("pulses", {"i": [2.5]}, "a pulse of i must be a whole number"),
        ("pulses", {"i": 5}, "the pulses of i must be a list of steps, but 5"),
        ("c_0", 1.5, "c_0 must be .* at most 1, but 1.5"),
        ("w_rec", -0.1, "w_rec must be .* at least 0"),
        ("w_rec", 2.1, "w_rec must be .* at most 2"),
        ("step", 0, "step must be a whole number of at least 1"),
        ("step", 51, "step must be at most 50"),
    ],
)
def test_a_value_that_cannot_be_shown_is_refused(
    view: Gates, name: str, given: Any, message: str
) -> None:
    before = getattr(view, name)
    with pytest.raises(ValueError, match=message):
        setattr(view, name, given)
    assert getattr(view, name) == before


def test_two_views_do_not_share_their_state(view: Gates) -> None:
    other = explore.gates(
        picture=lstm_cell(), alt="Another.", levels={"f": 0.5}, pulses={"i": [1]}
    )
    assert (view.levels["f"], view.pulses["i"]) == (1.0, [])
    assert (other.levels["f"], other.pulses["i"]) == (0.5, [1])
    assert PULSES["i"] == []


def test_a_second_one_can_be_made(view: Gates) -> None:
    again = explore.gates(picture=lstm_cell(), alt="An LSTM cell.")
    assert isinstance(again, Gates)
    assert again is not view


def test_its_script_and_its_stand_in(view: Gates) -> None:
    forms = view._repr_mimebundle_()
    assert forms is not None
    html = forms[0]["text/html"]
    assert 'data-view="gates"' in html
    assert 'alt="An LSTM cell."' in html
    assert repr(view) == forms[0]["text/plain"] == "Gates: an interactive figure"
    assert bundle("gates").rstrip().endswith("export default{render};")


def test_the_cell_that_the_module_speaks_of_is_set_by_its_inputs() -> None:
    gates = np.array([0.25, 0.9, np.tanh(0.5), 0.75])
    z = [np.log(1 / 3), np.log(9), 0.5, np.log(3)]
    cell = LSTMCell(W_xh=np.eye(4), W_hh=np.zeros((1, 4)), b_h=np.zeros(4))
    (_, (c,)), cache = cell.step(np.array([z]), (np.zeros((1, 1)), np.ones((1, 1))))
    i, f, g, o = np.ravel(cache[4:])
    np.testing.assert_allclose([i, f, g, o], gates, rtol=1e-12)
    np.testing.assert_allclose(c, 0.9 + 0.25 * np.tanh(0.5), rtol=1e-12)
