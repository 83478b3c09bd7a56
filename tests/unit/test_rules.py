"""The update rules: pure functions with the algebra that their formulas promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import assert_all_equal, parameter_sets

from unrolled.training.rprop import Rprop
from unrolled.training.rules import (
    Adagrad,
    Adam,
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
    Adagrad(0.1),
    Adagrad(0.1, initial=0.1, epsilon=0.0),
    Adam(0.1),
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


# Adagrad and Adam


def slopes(updates: int) -> list[dict]:
    generator = np.random.default_rng(5)
    return [
        {"W": generator.standard_normal((2, 3)), "b": np.array(generator.normal())}
        for _ in range(updates)
    ]


def assert_moves_as_keras(rule, optimizer, before_update=lambda step: None):
    """Demand 1e-10 over twenty updates, in float64 on both sides.

    Keras passes its settings through float32, so that they must fit in there.
    """
    import keras

    start = {"W": np.arange(6.0).reshape(2, 3), "b": np.array(-1.0)}
    theirs = {
        n: keras.Variable(value, dtype="float64", name=n) for n, value in start.items()
    }
    ours, memory = start, rule.start(start)
    optimizer.build(list(theirs.values()))
    for step, gradients in enumerate(slopes(20), start=1):
        before_update(step)
        ours, memory = rule.update(ours, gradients, memory)
        optimizer.apply_gradients(
            [(keras.ops.convert_to_tensor(gradients[n], "float64"), theirs[n])
             for n in start]
        )  # fmt: skip
        for name in start:
            np.testing.assert_allclose(ours[name], theirs[name].numpy(), rtol=1e-10)


@pytest.fixture
def keras_in_float64():
    keras = pytest.importorskip("keras")
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield keras
    keras.config.set_floatx(before)


def test_adagrad_is_that_of_keras_whose_epsilon_stands_under_the_root(
    keras_in_float64,
):
    optimizer = keras_in_float64.optimizers.Adagrad(
        0.25, initial_accumulator_value=0.125, epsilon=0.5
    )
    assert_moves_as_keras(Adagrad(0.25, initial=0.625, epsilon=0.0), optimizer)


def test_adam_is_that_of_keras_whose_epsilon_is_not_corrected(keras_in_float64):
    optimizer = keras_in_float64.optimizers.Adam(2**-6, beta_1=0.75, beta_2=0.9375)

    def correct_epsilon(step):
        optimizer.epsilon = np.float64(0.1 * math.sqrt(1 - 0.9375**step))

    rule = Adam(2**-6, beta_1=0.75, beta_2=0.9375, epsilon=0.1)
    assert_moves_as_keras(rule, optimizer, correct_epsilon)


def test_adagrad_by_hand():
    rule, place = Adagrad(rate=1.0, initial=7.0, epsilon=1.0), {"w": np.array(0.0)}
    memory, path = rule.start(place), []
    for gradient in (3.0, -3.0, 0.0):
        place, memory = rule.update(place, {"w": np.array(gradient)}, memory)
        path.append(float(place["w"]))
    first, second = -3 / (1 + 4), 3 / (1 + 5)
    np.testing.assert_allclose(path, [first, first + second, first + second])
    assert memory == {"squares": {"w": 25.0}}


def test_adam_by_hand():
    rule, place = Adam(rate=1.0, beta_1=0.5, beta_2=0.75, epsilon=1.0), {"w": 0.0}
    memory, path = rule.start(place), []
    for gradient in (4.0, 0.0):
        place, memory = rule.update(place, {"w": np.array(gradient)}, memory)
        path.append(float(place["w"]))
    first = -4 / (4 + 1)  # corrected for their start, both means are that of 4
    second = -(1 / 0.75) / (math.sqrt(3 / (1 - 0.75**2)) + 1)
    np.testing.assert_allclose(path, [first, first + second], rtol=1e-14)
    assert memory["updates"] == {"w": 2}


@given(parameter_sets(), st.floats(1e-3, 1e3))
def test_without_epsilon_the_unit_of_the_loss_does_not_count(gradients, unit):
    place = {"W": np.zeros((2, 3)), "b": np.array(0.0)}
    nonzero = {n: np.where(np.abs(g) < 1e-3, 1.0, g) for n, g in gradients.items()}
    scaled = {n: unit * g for n, g in nonzero.items()}
    for rule in (Adagrad(0.1, epsilon=1e-300), Adam(0.1, epsilon=1e-300)):
        moved, _ = rule.update(place, nonzero, rule.start(place))
        same, _ = rule.update(place, scaled, rule.start(place))
        np.testing.assert_allclose(flat(same), flat(moved), rtol=1e-12)
        np.testing.assert_allclose(np.abs(flat(moved)), 0.1, rtol=1e-12)


def test_the_settings_published_are_the_default_ones():
    assert Adam() == Adam(rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8)
    assert Adagrad(0.1).initial == 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Adagrad(-0.1),
        lambda: Adagrad(0.1, initial=-1.0),
        lambda: Adagrad(0.1, initial=1.0, epsilon=-1e-8),
        lambda: Adagrad(0.1, initial=0.0, epsilon=0.0),
        lambda: Adam(rate=-0.1),
        lambda: Adam(beta_1=1.0),
        lambda: Adam(beta_1=-0.1),
        lambda: Adam(beta_2=1.0),
        lambda: Adam(epsilon=0.0),
    ],
)
def test_settings_of_adagrad_and_adam_that_make_no_sense_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()


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
