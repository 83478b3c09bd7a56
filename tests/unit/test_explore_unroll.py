"""The view "Unroll" from Python: what it starts from, accepts, refuses and stores."""

from typing import Any

import numpy as np
import pytest

from unrolled.views import explore
from unrolled.views.bundling import bundle
from unrolled.views.explore.unroll_view import STAGES, Unroll
from unrolled.views.figures.diagrams import folded_and_unrolled


@pytest.fixture(scope="module")
def view() -> Unroll:
    return explore.unroll(picture=folded_and_unrolled(), alt="A net, unrolled.")


def test_it_starts_from_the_net_of_the_chapter(view: Unroll) -> None:
    assert (view.mode, view.activation, view.stage) == ("short", "tanh", 0)
    assert (view.x, view.h_0, view.y) == ([1.0, 2.0], [0.0, 0.0], [0.0, 1.0])
    assert (view.W_xh, view.W_hh) == ([[0.5, 0.6]], [[0.1, 0.2], [0.3, 0.4]])
    assert (view.b_h, view.W_hq, view.b_q) == ([0.1, -0.1], [[0.1], [0.2]], [0.1])


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("mode", "long", "long"),
        ("activation", "linear", "linear"),
        ("stage", STAGES, STAGES),
        ("x", np.array([3, -1]), [3.0, -1.0]),
        ("W_hh", ((1, 2), (3, 4)), [[1.0, 2.0], [3.0, 4.0]]),
        ("W_hq", np.array([[1.5], [2.5]]), [[1.5], [2.5]]),
        ("b_q", (-10,), [-10.0]),
        ("w_x", 0, 0.0),
        ("w_rec", np.float64(-1.5), -1.5),
        ("steps", 50, 50),
        ("drive", "noise", "noise"),
        ("seed", 2**32 - 1, 2**32 - 1),
        ("reached", 50, 50),
    ],
)
def test_settings_are_read_back_as_plain_numbers(
    view: Unroll, name: str, given: Any, kept: Any
) -> None:
    before = getattr(view, name)
    setattr(view, name, given)
    assert getattr(view, name) == kept
    assert type(getattr(view, name)) is type(kept)
    setattr(view, name, before)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("mode", "both", r"mode must be one of 'short', 'long', but 'both' was given"),
        ("activation", "relu", "activation must be one of 'tanh', 'linear'"),
        ("drive", "", "drive must be one of 'constant', 'noise'"),
        ("stage", STAGES + 1, "stage must be at most 15, but 16 was given"),
        ("stage", -1, "stage must be a whole number of at least 0"),
        ("x", [1, 2, 3], r"x must have the shape \(2\)"),
        ("W_hh", [0.1, 0.2], r"W_hh must have the shape \(2, 2\)"),
        ("W_xh", [[0.1, float("nan")]], "W_xh must hold finite numbers"),
        ("b_h", [0, 10.5], "every number of b_h must be .* at most 10, but 10.5"),
        ("w_x", -0.1, "w_x must be a finite number of at least 0"),
        ("w_rec", float("inf"), "w_rec must be a finite number"),
        ("steps", 51, "steps must be at most 50, but 51 was given"),
        ("steps", 1, "steps must be a whole number of at least 2"),
        ("seed", 0.5, "seed must be a whole number"),
        ("seed", 2**32, "seed must be at most 4294967295"),
        ("reached", -1, "reached must be a whole number of at least 0"),
    ],
)
def test_a_value_that_cannot_be_shown_is_refused(
    view: Unroll, name: str, given: Any, message: str
) -> None:
    before = getattr(view, name)
    with pytest.raises(ValueError, match=message):
        setattr(view, name, given)
    assert getattr(view, name) == before


def test_a_setting_can_be_given_from_the_start() -> None:
    view = explore.unroll(
        picture=folded_and_unrolled(), alt="A net.", mode="long", w_rec=1.2, steps=40
    )
    assert (view.mode, view.w_rec, view.steps) == ("long", 1.2, 40)


def test_two_views_do_not_share_their_numbers(view: Unroll) -> None:
    other = explore.unroll(picture=folded_and_unrolled(), alt="Another net.")
    other.x = [0.0, 0.0]
    assert view.x == [1.0, 2.0]


def test_its_script_and_its_stand_in(view: Unroll) -> None:
    forms = view._repr_mimebundle_()
    assert forms is not None
    html = forms[0]["text/html"]
    assert 'data-view="unroll"' in html
    assert 'alt="A net, unrolled."' in html
    assert repr(view) == forms[0]["text/plain"] == "Unroll: an interactive figure"
    assert bundle("unroll").rstrip().endswith("export default{render};")
