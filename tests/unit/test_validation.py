"""Bad input: one clear sentence that names the argument; good input passes."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, random_cell, random_model, random_problem

from unrolled.cells.gru import GRUCell, GRUResetAfterCell
from unrolled.cells.linear import LinearCell
from unrolled.cells.lstm import LSTMCell
from unrolled.cells.tanh import TanhCell
from unrolled.exercises import check
from unrolled.tasks import counting
from unrolled.training.checking import gradient_check, numerical_gradient
from unrolled.training.models import RecurrentModel, ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.rules import (
    Clipped,
    GradientDescent,
    Momentum,
    clip_by_global_norm,
)
from unrolled.training.running import train
from unrolled.training.surface import cost_surface
from unrolled.training.truncation import (
    gradient_by_lag,
    gradient_norms,
    truncation_errors,
)
from unrolled.training.weights import (
    gaussian_with_radius,
    random_lstm_cell,
    random_tanh_cell,
    scaled_orthogonal,
)
from unrolled.validation import check_name, count, finite_array, number, one_of
from unrolled.views.figures.style import canvas

NAN, INF = float("nan"), float("inf")
BITS, SUMS = [[0.0, 1.0], [1.0, 1.0]], [1.0, 2.0]
TASK = counting.published()

TANH = random_cell(TanhCell, 3, 4, seed=1)
LSTM = random_problem(LSTMCell, 2, 5, 3, 4, seed=1)
LSTM_TRACE = LSTM.cell.forward(LSTM.inputs)
MODEL, X, Y = random_model(TanhCell, "last", seed=1)
SCALAR = ScalarModel(1, 1)


def square(p: dict) -> float:
    return float(np.sum(p["w"] ** 2))


PLACE, SLOPE = {"w": np.ones(2)}, {"w": 2 * np.ones(2)}


def cell(**changes: Any) -> TanhCell:
    good = {"W_xh": np.ones((2, 3)), "W_hh": np.ones((3, 3)), "b_h": np.ones(3)}
    return TanhCell(**(good | changes))


# Which argument is wrong, and a call that says so.
BAD_CALLS = [
    # The parameters of a cell
    ("W_xh", lambda: cell(W_xh=np.ones(3))),
    ("W_xh", lambda: cell(W_xh=np.full((2, 3), NAN))),
    ("W_xh", lambda: cell(W_xh="weights")),
    ("W_xh", lambda: cell(W_xh=np.ones((2, 3)) * 1j)),
    ("W_xh", lambda: cell(W_xh=[[1, 2, 3], [4]])),
    ("W_xh", lambda: cell(W_xh=np.ones((0, 3)))),
    ("W_xh", lambda: LinearCell(W_xh=np.ones((2, 0)), W_hh=np.ones((0, 0)))),
    ("W_hh", lambda: cell(W_hh=np.ones((3, 4)))),
    ("W_hh", lambda: cell(W_hh=INF * np.ones((3, 3)))),
    ("W_hh", lambda: LSTMCell(W_xh=[[1] * 4], W_hh=[[1]], b_h=[1] * 4)),
    ("b_h", lambda: cell(b_h=np.ones((3, 1)))),
    ("b_h", lambda: cell(b_h=None)),
    ("b_h", lambda: GRUCell(W_xh=[[1] * 3], W_hh=[[1] * 3], b_h=[1])),
    ("b_h", lambda: LinearCell(W_xh=[[1]], W_hh=[[1]], b_h=[1])),
    ("b_x", lambda: GRUResetAfterCell(W_xh=[[1] * 3], W_hh=[[1] * 3], b_h=[1] * 3)),
    ("W_hh", lambda: TANH.with_parameters({"W_xh": np.ones((3, 4))})),
    # Sequences and states
    ("inputs", lambda: TANH.forward(np.ones((2, 5)))),
    ("inputs", lambda: TANH.forward(np.ones((2, 5, 2)))),
    ("inputs", lambda: TANH.forward(np.ones((2, 0, 3)))),
    ("inputs", lambda: TANH.forward(np.ones((0, 5, 3)))),
    ("inputs", lambda: TANH.forward(np.full((2, 5, 3), INF))),
    ("inputs", lambda: TANH.forward(None)),
    ("inputs", lambda: TANH.forward([[["a", "b", "c"]]])),
    ("state", lambda: TANH.forward(np.ones((2, 5, 3)), np.ones((2, 4)))),
    ("state", lambda: TANH.forward(np.ones((2, 5, 3)), [np.ones((2, 4))])),
    ("state", lambda: TANH.forward(np.ones((2, 5, 3)), 0.0)),
    ("state", lambda: LSTM.cell.forward(LSTM.inputs, (np.ones((2, 4)),))),
    ("state[0]", lambda: TANH.forward(np.ones((2, 5, 3)), (np.ones((1, 4)),))),
    ("state[0]", lambda: TANH.forward(np.ones((2, 5, 3)), (np.ones(4),))),
    (
        "state[1]",
        lambda: LSTM.cell.forward(LSTM.inputs, (np.ones((2, 4)), np.full((2, 4), NAN))),
    ),
    ("batch", lambda: TANH.zero_state(0)),
    ("batch", lambda: TANH.zero_state(2.0)),
    ("grad_outputs", lambda: LSTM.cell.backward(LSTM_TRACE, LSTM.direct[:, 1:])),
    ("grad_outputs", lambda: LSTM.cell.backward(LSTM_TRACE, NAN * LSTM.direct)),
    ("grad_outputs", lambda: LSTM.cell.backward(LSTM_TRACE, 1.0)),
    # Tasks
    ("samples", lambda: counting.published(samples=0)),
    ("steps", lambda: counting.published(steps=2.5)),
    ("samples", lambda: counting.random(-1, 2, seed=0)),
    ("steps", lambda: counting.random(1, 0, seed=0)),
    ("steps", lambda: counting.random(1, True, seed=0)),
    ("seed", lambda: counting.random(1, 1, seed=-1)),
    ("seed", lambda: counting.random(1, 1, seed="one")),
    ("noise", lambda: counting.random(1, 1, seed=0, noise=-0.1)),
    ("noise", lambda: counting.random(1, 1, seed=0, noise=NAN)),
    ("inputs", lambda: counting.from_bits([0, 1])),
    ("inputs", lambda: counting.from_bits([[0, 2]])),
    ("inputs", lambda: counting.from_bits([[]])),
    ("inputs", lambda: counting.from_bits([[0.5, NAN]])),
    # Models
    ("w_x", lambda: ScalarModel(NAN, 1)),
    ("w_rec", lambda: ScalarModel(1, "1")),
    ("w_rec", lambda: ScalarModel(1, [1.0, 2.0])),
    ("w_rec", lambda: ScalarModel(1, 1j)),
    ("w_rec", lambda: ScalarModel(1, 10**400)),
    ("inputs", lambda: SCALAR.predict([0, 1])),
    ("inputs", lambda: SCALAR.loss(np.ones((2, 0)), SUMS)),
    ("inputs", lambda: SCALAR.loss_and_gradients([[INF, 0]], [1])),
    ("targets", lambda: SCALAR.loss(BITS, [1.0])),
    ("targets", lambda: SCALAR.loss(BITS, np.ones((2, 1)))),
    ("targets", lambda: SCALAR.loss_and_gradients(BITS, [1.0, NAN])),
    ("cell", lambda: RecurrentModel(TanhCell, np.ones((4, 2)), [0, 0])),
    ("W_hq", lambda: RecurrentModel(TANH, np.ones((3, 2)), [0, 0])),
    ("W_hq", lambda: RecurrentModel(TANH, np.ones(4), [0])),
    ("b_q", lambda: RecurrentModel(TANH, np.ones((4, 2)), [0])),
    ("b_q", lambda: RecurrentModel(TANH, np.ones((4, 1)), [NAN])),
    ("loss_at", lambda: RecurrentModel(TANH, np.ones((4, 1)), [0], "first")),
    ("loss_at", lambda: RecurrentModel(TANH, np.ones((4, 1)), [0], None)),
    ("inputs", lambda: MODEL.predict(X[0])),
    ("targets", lambda: MODEL.loss(X, Y[:, 0])),
    ("targets", lambda: MODEL.loss_and_gradients(X, Y[1:])),
    ("targets", lambda: MODEL.loss_and_gradients(X, Y[:, None])),
    ("parameters", lambda: setattr(MODEL, "parameters", {"W_xh": np.ones((3, 4))})),
    # Gradients split by lag
    ("grad_outputs", lambda: gradient_by_lag(LSTM.cell, LSTM_TRACE, np.ones(3))),
    ("grad_outputs", lambda: gradient_by_lag(LSTM.cell, LSTM_TRACE, NAN * LSTM.direct)),
    ("grad_last", lambda: gradient_norms(LSTM.cell, LSTM_TRACE, np.ones((4, 2)))),
    ("grad_last", lambda: gradient_norms(LSTM.cell, LSTM_TRACE, np.full((2, 4), INF))),
    ("by_lag", lambda: truncation_errors([{"w": np.zeros(2)}])),
    ("by_lag", lambda: truncation_errors([])),
    # The gradient check
    ("epsilon", lambda: numerical_gradient(square, PLACE, 0.0)),
    ("epsilon", lambda: gradient_check(square, PLACE, SLOPE, -1e-6)),
    ("epsilon", lambda: gradient_check(square, PLACE, SLOPE, NAN)),
    ("w", lambda: numerical_gradient(square, {"w": [NAN]})),
    ("loss", lambda: numerical_gradient(lambda p: INF, PLACE)),
    ("parameters", lambda: gradient_check(square, {}, {})),
    ("gradients", lambda: gradient_check(square, PLACE, {"v": np.ones(2)})),
    ("gradients['w']", lambda: gradient_check(square, PLACE, {"w": [1.0]})),
    ("gradients['w']", lambda: gradient_check(square, PLACE, {"w": [1.0, NAN]})),
    # Rules and runs
    ("rate", lambda: GradientDescent(-0.1)),
    ("rate", lambda: GradientDescent(NAN)),
    ("rate", lambda: GradientDescent("0.1")),
    ("rate", lambda: GradientDescent(None)),
    ("rate", lambda: Momentum(INF)),
    ("decay", lambda: Momentum(0.1, decay=1.0)),
    ("decay", lambda: Momentum(0.1, decay=-0.1)),
    ("decay", lambda: Momentum(0.1, decay=1.5)),
    ("threshold", lambda: Clipped(GradientDescent(0.1), 0.0)),
    ("threshold", lambda: clip_by_global_norm(SLOPE, -1.0)),
    ("delta", lambda: Rprop(delta=0.0)),
    ("delta", lambda: Rprop(delta=-0.001)),
    ("eta_plus", lambda: Rprop(eta_plus=0.9)),
    ("eta_minus", lambda: Rprop(eta_minus=0.0)),
    ("eta_minus", lambda: Rprop(eta_minus=1.1)),
    ("steps", lambda: train(SCALAR, TASK, Rprop(), -1)),
    ("steps", lambda: train(SCALAR, TASK, Rprop(), "ten")),
    ("every", lambda: train(SCALAR, TASK, Rprop(), 1, every=0)),
    # The surface
    ("inputs", lambda: cost_surface([1, 0], SUMS, [1], [1])),
    ("targets", lambda: cost_surface(BITS, [1.0], [1], [1])),
    ("w_x", lambda: cost_surface(BITS, SUMS, [], [1])),
    ("w_x", lambda: cost_surface(BITS, SUMS, 1.0, [1])),
    ("w_rec", lambda: cost_surface(BITS, SUMS, [1], [[1]])),
    ("w_rec", lambda: cost_surface(BITS, SUMS, [1], [NAN])),
    # Random matrices, figures, exercises
    ("hidden", lambda: scaled_orthogonal(0, 1.0, seed=0)),
    ("radius", lambda: scaled_orthogonal(2, -1.0, seed=0)),
    ("hidden", lambda: gaussian_with_radius(1.5, 1.0, seed=0)),
    ("radius", lambda: gaussian_with_radius(2, INF, seed=0)),
    ("seed", lambda: scaled_orthogonal(2, 1.0, seed=-1)),
    ("seed", lambda: gaussian_with_radius(2, 1.0, seed=1.5)),
    ("W_hh", lambda: random_tanh_cell(np.ones((2, 3)), 1.0, seed=0)),
    ("W_hh", lambda: random_tanh_cell(1.0, 1.0, seed=0)),
    ("input_scale", lambda: random_tanh_cell(np.ones((2, 2)), -1.0, seed=0)),
    ("seed", lambda: random_tanh_cell(np.ones((2, 2)), 1.0, seed=None)),
    ("hidden", lambda: random_lstm_cell(0, 1.0, seed=0)),
    ("forget_bias", lambda: random_lstm_cell(2, INF, seed=0)),
    ("seed", lambda: random_lstm_cell(2, 1.0, seed=-1)),
    ("height", lambda: canvas(0.0)),
    ("width", lambda: canvas(2.0, width=-1)),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "call"), BAD_CALLS, ids=[f"{i}-{n}" for i, (n, _) in enumerate(BAD_CALLS)]
)
def test_bad_input_gets_one_sentence_that_names_the_argument(name, call):
    with pytest.raises(ValueError, match=re.escape(name)) as caught:
        call()
    assert type(caught.value) is ValueError
    message = str(caught.value)
    assert re.search(rf"(^|\W){re.escape(name)}(\W|$)", message)
    assert re.match(rf"{re.escape(name)} |\w+Cell takes the parameters \[", message)
    assert message.endswith(".")
    assert not re.search(r"[.!?]\s", message), "more than one sentence"
    assert "\n" not in message
    assert len(message) < 600


def test_an_unknown_exercise_is_refused_by_its_name(monkeypatch):
    monkeypatch.setattr("unrolled.exercises.checking.CHAPTERS", {})
    monkeypatch.setattr("unrolled.exercises.checking._checkers", {"theory-1": None})
    with pytest.raises(ValueError, match=r"^name must be one of theory-1, but 'x' was"):
        check("x", 1)


# What passes


@given(arrays((2, 3)))
def test_an_array_of_floats_comes_back_as_it_is(array):
    assert finite_array("a", array, "B, D") is array


@pytest.mark.parametrize(
    "value", [3, 2.5, True, [1, 2], (1.0,), [[True]], np.float32(1), range(3)]
)
def test_whatever_numpy_reads_as_real_numbers_becomes_float64(value):
    array = finite_array("a", value)
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, np.array(value))


@pytest.mark.parametrize("shape", ["2, 3", "B, 3", "B, D", "2,D", ""])
def test_axes_are_named_or_numbered(shape):
    assert finite_array("a", np.ones((2, 3)), shape).shape == (2, 3)


@pytest.mark.parametrize("shape", ["3, 2", "B", "B, T, D", "B, 2", "3, D"])
def test_other_axes_are_refused_with_both_shapes_in_the_message(shape):
    with pytest.raises(ValueError, match=r"^a must have the shape \(.*\)") as caught:
        finite_array("a", np.ones((2, 3)), shape)
    assert "(2, 3)" in str(caught.value)


def test_the_number_of_bad_values_is_told():
    with pytest.raises(ValueError, match="2 of its 4 are NaN or infinite"):
        finite_array("a", [1.0, NAN, INF, 2.0])


@given(st.floats(-5, 5))
def test_a_number_inside_its_bounds_comes_back(value):
    assert number("a", value, at_least=-5, at_most=5) == value
    assert number("a", np.float64(value)) == value
    assert number("a", np.array(value)) == value


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ({}, "a finite number"),
        ({"above": 0}, "a finite number above 0"),
        ({"at_least": 0}, "a finite number of at least 0"),
        ({"at_most": 1}, "a finite number at most 1"),
        ({"above": 0, "at_most": 1}, "a finite number above 0 and at most 1"),
        ({"at_least": 0, "at_most": 1}, "a finite number of at least 0 and at most 1"),
    ],
)
def test_the_bounds_of_a_number_are_told(bounds, text):
    with pytest.raises(ValueError, match=f"^a must be {text}, but nan was given"):
        number("a", NAN, **bounds)


def test_a_bound_belongs_to_what_is_allowed_unless_it_must_be_above():
    assert number("a", 0, at_least=0) == 0
    assert number("a", 1, at_most=1) == 1
    with pytest.raises(ValueError, match="above 0"):
        number("a", 0, above=0)


@pytest.mark.parametrize("value", [1, np.int64(1), np.uint8(1)])
def test_whole_numbers_of_any_type_are_counts(value):
    assert count("a", value) == 1
    assert type(count("a", value)) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True, NAN, np.array([1])])
def test_everything_else_is_no_count(value):
    with pytest.raises(ValueError, match=r"^a must be a whole number of at least 1"):
        count("a", value)


@pytest.mark.parametrize("value", [2, np.int64(9)])
def test_a_whole_number_inside_both_bounds_is_returned(value):
    assert count("steps", value, at_least=2, at_most=9) == int(value)


@pytest.mark.parametrize("value", [10, np.int64(10)])
def test_a_whole_number_above_its_bound_is_named_with_it(value):
    with pytest.raises(ValueError, match=r"^steps must be at most 9, but 10 was given"):
        count("steps", value, at_most=9)


def test_a_word_that_is_not_known_is_answered_with_those_that_are():
    assert one_of("mode", "long", ("short", "long")) == "long"
    with pytest.raises(
        ValueError, match=r"^mode must be one of short, long, but 3 was"
    ):
        one_of("mode", 3, ("short", "long"))
    check_name("racers", "Rprop", {"Rprop": 1})
    with pytest.raises(
        ValueError, match=r"^racers must name one of Rprop, but \['x'\]"
    ):
        check_name("racers", ["x"], {"Rprop": 1})
