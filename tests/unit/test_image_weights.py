"""How weights for images are drawn: by what the sources of each scheme promise."""

import numpy as np
import pytest

from unrolled.cells.cell_tf import CellTF
from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.training.image_weights import (
    glorot,
    image_weights,
    orthogonal,
    published_image_weights,
    published_readout_weights,
)
from unrolled.training.nets_tf import RecurrentNet


@pytest.mark.parametrize("cell", [TANH, GRU, LSTM], ids=repr)
def test_they_fit_the_cell_and_come_again_from_their_seed(cell: CellTF) -> None:
    net = RecurrentNet(cell, image_weights(cell, 16, seed=5))
    assert net.sizes == (28, 16, 10)
    again, other = (image_weights(cell, 16, seed=seed) for seed in (5, 6))
    for name, drawn in image_weights(cell, 16, seed=5).items():
        np.testing.assert_array_equal(drawn, again[name])
    assert not np.array_equal(other["W_xh"], again["W_xh"])


def test_only_the_forget_gates_of_an_lstm_begin_with_a_bias() -> None:
    b_h = image_weights(LSTM, 4, 0, forget_bias=2.5)["b_h"]
    assert b_h.tolist() == [0] * 4 + [2.5] * 4 + [0] * 8
    for cell in (TANH, GRU):
        assert not image_weights(cell, 4, 0)["b_h"].any()


def test_glorot_fills_its_interval_evenly() -> None:
    drawn = glorot(np.random.default_rng(0), (100, 200))
    bound = np.sqrt(6 / 300)
    assert np.abs(drawn).max() == pytest.approx(bound, rel=1e-3)
    assert drawn.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)


@pytest.mark.parametrize("shape", [(4, 16), (16, 4), (5, 5)])
def test_rows_or_columns_are_orthonormal(shape: tuple[int, int]) -> None:
    drawn = orthogonal(np.random.default_rng(1), shape)
    assert drawn.shape == shape
    product = drawn @ drawn.T if shape[0] <= shape[1] else drawn.T @ drawn
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_orthogonal_matrices_have_no_preferred_sign() -> None:
    generator = np.random.default_rng(2)
    corners = [orthogonal(generator, (3, 3))[0, 0] for _ in range(400)]
    assert abs(np.mean(corners)) < 0.1


def test_the_published_layer_and_readout_are_standard_normal() -> None:
    weights = published_image_weights(LSTM, 3)
    assert weights["W_in"].shape == (28, 128)
    assert weights["W_xh"].shape == weights["W_hh"].shape == (128, 512)
    drawn = np.concatenate(
        [weights[name].ravel() for name in ("W_in", "b_in", "W_hq", "b_q")]
    )
    assert drawn.mean() == pytest.approx(0, abs=0.05)
    assert drawn.std() == pytest.approx(1, abs=0.05)
    bound = np.sqrt(6 / (256 + 512))
    for name in ("W_xh", "W_hh"):
        assert np.abs(weights[name]).max() == pytest.approx(bound, rel=1e-3)
    assert weights["b_h"].sum() == 128


def test_the_published_readout_is_cut_at_two_deviations() -> None:
    weights = published_readout_weights(LSTM, 3)
    assert weights["W_hq"].shape == (100, 10)
    assert 0.19 < np.abs(weights["W_hq"]).max() <= 0.2
    assert weights["W_hq"].std() == pytest.approx(0.088, abs=0.006)
    assert set(weights["b_q"].tolist()) == {0.1}
    np.testing.assert_array_equal(weights["W_hh"], image_weights(LSTM, 100, 3)["W_hh"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": 0, "seed": 0}, "hidden"),
        ({"hidden": 4, "seed": -1}, "seed"),
        ({"hidden": 4, "seed": 0, "forget_bias": float("nan")}, "forget_bias"),
    ],
)
def test_numbers_out_of_range_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        image_weights(LSTM, **settings)
