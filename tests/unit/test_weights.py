"""Recurrent matrices with a chosen spectrum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import seeds

from unrolled.training.weights import gaussian_with_radius, scaled_orthogonal

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
    values = [np.linalg.norm(gaussian_with_radius(200, 1.0, s), 2) for s in range(5)]
    assert 1.7 < np.mean(values) < 2.2


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
