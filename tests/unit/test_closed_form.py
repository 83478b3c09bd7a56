"""The closed form of the linear net against backpropagation and enumeration."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.cells import linear
from unrolled.tasks import counting
from unrolled.training.closed_form import (
    curvature_at_optimum,
    expected_error,
    mean_squared_gradient,
    output_and_slopes,
)
from unrolled.training.models import ScalarModel

WEIGHTS = st.floats(-2.5, 2.5, allow_subnormal=False)


@given(WEIGHTS, WEIGHTS, st.integers(1, 12), st.integers(0, 50))
def test_output_is_the_last_state(w_x, w_rec, steps, seed):
    bits = counting.random(5, steps, seed).inputs
    outputs, _, _ = output_and_slopes(bits, w_x, w_rec)
    states = linear.forward(bits, w_x, w_rec)
    np.testing.assert_allclose(outputs, states[:, -1], rtol=1e-12, atol=1e-12)


@given(WEIGHTS, WEIGHTS, st.integers(1, 12), st.integers(0, 50))
def test_gradient_agrees_with_backpropagation(w_x, w_rec, steps, seed):
    task = counting.random(5, steps, seed, noise=1.0)
    _, expected = ScalarModel(w_x, w_rec).loss_and_gradients(*task.batch(0))
    gradient = mean_squared_gradient(task.inputs, task.targets, w_x, w_rec)
    wanted = [float(expected["w_x"]), float(expected["w_rec"])]
    size = np.abs(wanted).max()
    np.testing.assert_allclose(gradient, wanted, rtol=1e-10, atol=1e-11 * (1 + size))


def test_no_nan_at_a_recurrent_weight_of_zero():
    task = counting.published()
    gradient = mean_squared_gradient(task.inputs, task.targets, 0.5, 0.0)
    np.testing.assert_allclose(gradient, (-7.0, -3.1))


@pytest.mark.parametrize(("samples", "steps"), [(20, 10), (6, 3)])
def test_curvature_is_the_slope_of_the_gradient(samples, steps):
    task = counting.random(samples, steps, seed=4)
    width, columns = 1e-6, []
    for shift in width * np.eye(2):
        high = mean_squared_gradient(task.inputs, task.targets, *(1 + shift))
        low = mean_squared_gradient(task.inputs, task.targets, *(1 - shift))
        columns.append((np.array(high) - np.array(low)) / (2 * width))
    np.testing.assert_allclose(curvature_at_optimum(task.inputs), columns, rtol=1e-6)


@pytest.mark.parametrize(("w_x", "w_rec"), [(1.2, 0.8), (0.9, -1.1), (1.0, 1.0)])
def test_expected_error_agrees_with_all_sequences(w_x, w_rec):
    every = np.array(list(product([0.0, 1.0], repeat=7)))
    errors = linear.forward(every, w_x, w_rec)[:, -1] - every.sum(axis=1)
    mean, deviation = expected_error(w_x, w_rec, 7)
    np.testing.assert_allclose(mean, errors.mean(), atol=1e-12)
    np.testing.assert_allclose(deviation, errors.std(), atol=1e-12)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: mean_squared_gradient([[1, 0]], [1, 2], 1.0, 1.0), "targets"),
        (lambda: mean_squared_gradient([1, 0], [1], 1.0, 1.0), "inputs"),
        (lambda: mean_squared_gradient([[1, 0]], [1], np.nan, 1.0), "w_x"),
        (lambda: mean_squared_gradient([[1, 0]], [1], 1.0, np.inf), "w_rec"),
        (lambda: curvature_at_optimum([[np.nan]]), "inputs"),
        (lambda: curvature_at_optimum(np.zeros((0, 3))), "inputs"),
        (lambda: expected_error(1.0, 1.0, 0), "steps"),
        (lambda: expected_error("a", 1.0, 3), "w_x"),
    ],
)
def test_bad_input_is_named(call, name):
    with pytest.raises(ValueError, match=f"^{name} "):
        call()
