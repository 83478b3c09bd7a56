"""The update rules: pure functions with the algebra that their formulas promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import assert_all_equal, parameter_sets

from unrolled.training.rprop import Rprop
from unrolled.training.rules import (
    Clipped,
    GradientDescent,
    Momentum,
    clip_by_global_norm,
    global_norm,
)

RULES = [
    GradientDescent(0.1),
    Momentum(0.1, 0.9),
    Rprop(),
    Clipped(GradientDescent(0.1), 1.0),
    Clipped(Momentum(0.1), 0.5),
]


def flat(gradients: dict) -> np.ndarray:
    return np.concatenate([np.ravel(value) for value in gradients.values()])


# The global norm and clipping


@given(parameter_sets())
def test_the_global_norm_is_that_of_one_long_vector(gradients):
    np.testing.assert_allclose(
        global_norm(gradients), math.hypot(*flat(gradients)), rtol=1e-14
    )


def test_the_global_norm_of_three_and_four_is_five():
    assert global_norm({"a": np.array([3.0, 0.0]), "b": np.array(-4.0)}) == 5.0


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_the_global_norm_exists_where_a_square_would_not(size):
    norm = global_norm({"a": np.array([3 * size]), "b": np.array(4 * size)})
    np.testing.assert_allclose(norm, 5 * size, rtol=1e-14)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_global_norm_hides_no_nan_and_no_infinity(value):
    for gradients in ({"a": value, "b": 0.0}, {"a": 0.0, "b": value}):
        assert not np.isfinite(global_norm(gradients))


@given(parameter_sets(), st.floats(1e-3, 1e3))
def test_clipping_bounds_the_norm_and_keeps_the_direction(gradients, threshold):
    clipped = clip_by_global_norm(gradients, threshold)
    norm = global_norm(gradients)
    assert global_norm(clipped) <= threshold * (1 + 1e-12)
    np.testing.assert_allclose(
        flat(clipped) * max(norm, threshold),
        flat(gradients) * threshold,
        rtol=1e-12,
        atol=1e-300,
    )


@given(parameter_sets())
def test_a_short_gradient_is_not_clipped_at_all(gradients):
    threshold = max(global_norm(gradients), 1e-3)
    assert_all_equal(clip_by_global_norm(gradients, threshold), gradients)


def test_a_gradient_whose_square_overflows_is_clipped_and_not_lost():
    gradients = {"a": np.array([3e200, 0.0]), "b": np.array(-4e200)}
    clipped = clip_by_global_norm(gradients, 1.0)
    np.testing.assert_allclose(flat(clipped), [0.6, 0.0, -0.8], rtol=1e-14)


# One step of each rule


@given(parameter_sets(), parameter_sets(), st.floats(0, 2))
def test_gradient_descent_goes_against_the_gradient(parameters, gradients, rate):
    moved, _ = GradientDescent(rate).update(parameters, gradients, {})
    for name, value in parameters.items():
        np.testing.assert_array_equal(moved[name], value - rate * gradients[name])


@given(parameter_sets(), st.lists(parameter_sets(), min_size=1, max_size=4))
def test_momentum_without_memory_is_gradient_descent(parameters, gradients):
    plain, slow = GradientDescent(0.1), Momentum(0.1, decay=0.0)
    ours, theirs = parameters, parameters
    memory = slow.start(parameters)
    for gradient in gradients:
        ours, _ = plain.update(ours, gradient, {})
        theirs, memory = slow.update(theirs, gradient, memory)
    assert_all_equal(theirs, ours)


def test_momentum_gathers_speed_on_a_constant_slope():
    rule, place = Momentum(rate=0.5, decay=0.5), {"w": np.array(0.0)}
    memory, steps = rule.start(place), []
    for _ in range(4):
        moved, memory = rule.update(place, {"w": np.array(2.0)}, memory)
        steps.append(float(moved["w"] - place["w"]))
        place = moved
    assert steps == [-1.0, -1.5, -1.75, -1.875]


def test_a_clipped_rule_sees_the_clipped_gradient():
    place, gradients = {"w": np.zeros(2)}, {"w": np.array([30.0, 40.0])}
    rule = Clipped(GradientDescent(1.0), threshold=5.0)
    moved, _ = rule.update(place, gradients, rule.start(place))
    np.testing.assert_allclose(moved["w"], [-3.0, -4.0], rtol=1e-14)


def test_a_clipped_rule_hands_on_the_memory_of_the_inner_one():
    place, gradients = {"w": np.array(0.0)}, {"w": np.array(10.0)}
    inner, clipped = Momentum(1.0, 0.5), Clipped(Momentum(1.0, 0.5), 1.0)
    memory, theirs = inner.start(place), clipped.start(place)
    for _ in range(3):
        wanted, memory = inner.update(place, {"w": np.array(1.0)}, memory)
        moved, theirs = clipped.update(place, gradients, theirs)
        assert moved == wanted


# Purity


@pytest.mark.parametrize("rule", RULES, ids=repr)
@given(data=st.data())
def test_a_rule_changes_none_of_its_arguments(rule, data):
    parameters = data.draw(parameter_sets())
    memory = rule.start(parameters)
    for gradients in data.draw(st.lists(parameter_sets(), min_size=2, max_size=3)):
        arguments = [parameters, gradients, *memory.values()]
        before = [{n: v.copy() for n, v in each.items()} for each in arguments]
        moved, fresh = rule.update(parameters, gradients, memory)
        for old, new in zip(before, arguments, strict=True):
            assert_all_equal(new, old)
        parameters, memory = moved, fresh


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_rule_never_hands_back_the_array_it_was_given(rule):
    parameters = {"W": np.ones((2, 2)), "b": np.ones(2)}
    moved, _ = rule.update(parameters, parameters, rule.start(parameters))
    for name, value in parameters.items():
        assert not np.shares_memory(moved[name], value)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_rule_moves_whole_numbers_too(rule):
    place, slope = {"w": np.array([1, 2])}, {"w": np.array([1.0, -1.0])}
    moved, _ = rule.update(place, slope, rule.start(place))
    assert moved["w"][0] < 1 < 2 < moved["w"][1]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_two_runs_of_a_rule_from_one_start_are_the_same(rule):
    parameters = {"W": np.ones((2, 2)), "b": np.array(-1.0)}
    memory = rule.start(parameters)
    once, _ = rule.update(parameters, parameters, memory)
    again, _ = rule.update(parameters, parameters, memory)
    assert_all_equal(again, once)
