"""The gradient check: it passes what is right and finds what is wrong."""

import numpy as np
import pytest
from strategies import CELLS, random_model

from unrolled.training.checking import (
    GradientCheck,
    gradient_check,
    numerical_gradient,
)
from unrolled.training.models import RecurrentModel, ScalarModel


def cubic(p: dict) -> float:
    return float(np.sum(p["W"] ** 3) + 2 * p["b"])


PLACE = {"W": np.array([[1.0, -2.0, 0.5]]), "b": np.array(4.0)}
SLOPE = {"W": 3 * PLACE["W"] ** 2, "b": np.array(2.0)}


def model_loss(model: RecurrentModel, x: np.ndarray, y: np.ndarray):
    p = model.parameters
    other = RecurrentModel(model.cell, p["W_hq"], p["b_q"], model.loss_at)

    def loss(parameters: dict) -> float:
        other.parameters = parameters
        return other.loss(x, y)

    return loss


def test_the_numerical_gradient_of_a_polynomial_is_its_derivative():
    numerical = numerical_gradient(cubic, PLACE)
    for name, gradient in SLOPE.items():
        np.testing.assert_allclose(numerical[name], gradient, rtol=1e-8)


def test_the_error_of_a_central_difference_falls_with_the_square_of_its_width():
    errors = [
        numerical_gradient(lambda p: float(p["b"] ** 3), {"b": np.array(1.0)}, width)[
            "b"
        ]
        - 3.0
        for width in (1e-2, 1e-3)
    ]
    np.testing.assert_allclose(errors, [1e-4, 1e-6], rtol=1e-4)


def test_the_published_check_passes_at_the_published_place():
    x = np.random.default_rng(0).integers(0, 2, (20, 10)).astype(float)
    y = x.sum(axis=1)
    model = ScalarModel(1.2, 1.2)
    _, gradients = model.loss_and_gradients(x, y)

    def loss(p: dict) -> float:
        return ScalarModel(float(p["w_x"]), float(p["w_rec"])).loss(x, y)

    assert gradient_check(loss, model.parameters, gradients, 1e-7).largest < 1e-6


@pytest.mark.parametrize("loss_at", ["last", "every"])
@pytest.mark.parametrize("kind", CELLS)
def test_every_cell_passes_the_check(kind, loss_at):
    model, x, y = random_model(kind, loss_at, seed=1)
    _, gradients = model.loss_and_gradients(x, y)
    result = gradient_check(model_loss(model, x, y), model.parameters, gradients)
    assert set(result.errors) == set(model.parameters)
    assert result.largest < 1e-6


@pytest.mark.parametrize("name", ["W_xh", "W_hh", "b_h", "W_hq", "b_q"])
@pytest.mark.parametrize("fault", [0.0, -1.0, 1.01], ids=["zero", "sign", "1 %"])
def test_a_wrong_gradient_is_found_and_named(name, fault):
    model, x, y = random_model(CELLS[2], "last", seed=2)
    _, gradients = model.loss_and_gradients(x, y)
    wrong = {**gradients, name: fault * gradients[name]}
    result = gradient_check(model_loss(model, x, y), model.parameters, wrong)
    assert max(result.errors, key=lambda key: result.errors[key]) == name
    assert result.largest > 5e-3
    assert sorted(result.errors.values())[-2] < 1e-6


def test_the_error_is_relative_to_the_larger_gradient():
    half = gradient_check(cubic, PLACE, {**SLOPE, "b": np.array(1.0)})
    double = gradient_check(cubic, PLACE, {**SLOPE, "b": np.array(4.0)})
    np.testing.assert_allclose([half.errors["b"], double.errors["b"]], 0.5, rtol=1e-8)


def test_two_gradients_of_zero_agree():
    result = gradient_check(lambda p: 1.0, PLACE, {"W": np.zeros((1, 3)), "b": 0.0})
    assert result.errors == {"W": 0.0, "b": 0.0}


def test_checking_changes_no_parameter():
    before = {name: value.copy() for name, value in PLACE.items()}
    gradient_check(cubic, PLACE, SLOPE)
    for name, value in before.items():
        np.testing.assert_array_equal(PLACE[name], value)


def test_a_gradient_that_would_only_be_broadcast_is_refused():
    with pytest.raises(ValueError, match=r"^gradients\['W'\] must have its parameter"):
        gradient_check(cubic, PLACE, {**SLOPE, "W": SLOPE["W"][0]})


def test_a_loss_of_nan_cannot_pass_for_agreement():
    with pytest.raises(ValueError, match=r"^loss must return finite numbers"):
        gradient_check(lambda p: float("nan"), PLACE, SLOPE)


def test_the_result_is_shown_with_the_largest_error_first():
    shown = repr(GradientCheck({"W_xh": 1e-9, "b_h": 0.25}))
    assert shown.splitlines() == [
        "GradientCheck:",
        "  b_h      relative error 2.5e-01",
        "  W_xh     relative error 1.0e-09",
    ]
