"""The cost surface against the double loop that it replaces."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import arrays, seeds

from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.surface import cost_surface


@settings(max_examples=20)
@given(
    samples=st.integers(1, 4), steps=st.integers(1, 6), grid=arrays((5,), 3), seed=seeds
)
def test_the_surface_equals_the_double_loop(samples, steps, grid, seed):
    normal = np.random.default_rng(seed).standard_normal
    x, y = normal((samples, steps)), normal(samples)
    across, upward = grid[:2], grid[2:]
    wanted = [[ScalarModel(a, u).loss(x, y) for a in across] for u in upward]
    costs = cost_surface(x, y, across, upward)
    assert costs.shape == (3, 2)
    np.testing.assert_allclose(costs, wanted, rtol=1e-9, atol=1e-12)


def test_the_published_surface_equals_the_double_loop():
    task, ticks = counting.published(), np.linspace(-3, 3, 13)
    wanted = [[ScalarModel(a, u).loss(*task.batch(0)) for a in ticks] for u in ticks]
    costs = cost_surface(task.inputs, task.targets, ticks, ticks)
    np.testing.assert_allclose(costs, wanted, rtol=1e-9)


def test_the_lowest_point_of_the_published_surface_is_the_optimum():
    task, ticks = counting.published(), np.linspace(0, 2, 21)
    costs = cost_surface(task.inputs, task.targets, ticks, ticks)
    row, column = np.unravel_index(np.argmin(costs), costs.shape)
    np.testing.assert_allclose([ticks[column], ticks[row]], 1.0, rtol=1e-12)


def test_rows_follow_the_recurrent_weight_and_columns_the_input_weight():
    task = counting.published()
    costs = cost_surface(task.inputs, task.targets, [1.0, 5.0, 9.0], [1.0, 2.0])
    assert costs.shape == (2, 3)
    assert costs[0, 0] < 1e-12
    assert costs[1, 0] == ScalarModel(1, 2).loss(task.inputs, task.targets)


def test_one_pair_of_weights_and_whole_numbers_are_enough():
    costs = cost_surface([[1, 0]], [1], [1], [2])
    np.testing.assert_array_equal(costs, [[1.0]])
