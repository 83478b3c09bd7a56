"""Recurrent matrices and random cells with a chosen spectrum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import seeds

from unrolled.training.weights import (
    gaussian_with_radius,
    random_lstm_cell,
    random_tanh_cell,
    scaled_orthogonal,
)

sizes = st.integers(1, 20)
radii = st.floats(0.0, 3.0)
both = pytest.mark.parametrize("make", [scaled_orthogonal, gaussian_with_radius])


@given(sizes, radii, seeds)
def test_a_scaled_orthogonal_matrix_stretches_every_direction_alike(
    hidden, radius, seed
):
    matrix = scaled_orthogonal(hidden, radius, seed)
    np.testing.assert_allclose(
        matrix @ matrix.T, radius**2 * np.eye(hidden), rtol=0, atol=1e-12
    )


@given(sizes, radii, seeds)
def test_a_gaussian_matrix_has_the_spectral_radius_asked_for(hidden, radius, seed):
    matrix = gaussian_with_radius(hidden, radius, seed)
    largest = np.abs(np.linalg.eigvals(matrix)).max()
    np.testing.assert_allclose(largest, radius, rtol=1e-9, atol=1e-12)


def test_a_gaussian_matrix_is_not_normal_and_its_singular_value_about_twice_as_large():
    values = [np.linalg.norm(gaussian_with_radius(60, 1.0, s), 2) for s in range(8)]
    assert 1.6 < np.mean(values) < 2.2


def test_orthogonal_matrices_are_drawn_from_both_orientations():
    signs = {np.sign(np.linalg.det(scaled_orthogonal(3, 1, s))) for s in range(20)}
    assert signs == {-1.0, 1.0}


def test_the_angle_of_an_orthogonal_matrix_prefers_no_sign():
    corners = [scaled_orthogonal(4, 1.0, seed)[0, 0] for seed in range(400)]
    assert abs(np.mean(corners)) < 0.1
    np.testing.assert_allclose(np.var(corners), 1 / 4, rtol=0.2)


@both
def test_a_seed_fixes_the_matrix_and_another_seed_draws_another(make):
    np.testing.assert_array_equal(make(5, 0.9, seed=1), make(5, 0.9, seed=1))
    assert not np.allclose(make(5, 0.9, seed=1), make(5, 0.9, seed=2))


@both
def test_the_radius_scales_the_same_draw(make):
    np.testing.assert_allclose(make(6, 2.0, 3), 4 * make(6, 0.5, 3), rtol=1e-13)


def test_a_random_tanh_cell_keeps_the_recurrence_and_scales_the_inputs():
    W_hh = scaled_orthogonal(50, 0.9, seed=1)
    one, ten = (random_tanh_cell(W_hh, scale, seed=2).parameters for scale in (1, 10))
    np.testing.assert_array_equal(one["W_hh"], W_hh)
    np.testing.assert_allclose(ten["W_xh"], 10 * one["W_xh"], rtol=1e-14)
    assert one["W_xh"].shape == (1, 50)
    assert (one["b_h"] == 0).all()
    assert 0.7 < one["W_xh"].std() < 1.3


def test_a_random_lstm_cell_has_the_bias_at_the_forget_gate_alone():
    cell = random_lstm_cell(40, forget_bias=2.5, seed=3)
    p = cell.parameters
    np.testing.assert_array_equal(p["b_h"], np.repeat([0.0, 2.5, 0.0, 0.0], 40))
    np.testing.assert_allclose(p["W_hh"].std(), 0.5 / np.sqrt(40), rtol=0.05)
    np.testing.assert_allclose(p["W_xh"].std(), 0.5, rtol=0.2)
    other = random_lstm_cell(40, forget_bias=0.0, seed=3).parameters
    np.testing.assert_array_equal(other["W_hh"], p["W_hh"])
