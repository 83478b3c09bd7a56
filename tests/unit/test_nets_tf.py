"""The recurrent classifier in TensorFlow: its weights, its twin, its checks."""

import numpy as np
import pytest
import tensorflow as tf
from strategies import assert_all_equal, assert_close

from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.training.nets_tf import RecurrentNet, draw_weights
from unrolled.training.window_tf import window_loss

CELLS = [TANH, LSTM, GRU]
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)


@every_cell
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_net_knows_its_sizes_and_its_kind_of_number(cell, dtype):
    net = RecurrentNet.draw(cell, 5, seed=1, inputs=2, outputs=3, dtype=dtype)
    assert net.sizes == (2, 5, 3)
    assert {p.dtype.name for p in net.parameters.values()} == {dtype}
    state = net.zero_state(4)
    assert [part.shape for part in state] == [(4, 5)] * cell.state_parts
    assert all(part.dtype.name == dtype and not np.any(part) for part in state)
    assert all(p.dtype == np.float64 for p in net.weights.values())
    size = cell.blocks * 5 * (2 + 5 + 1) + 5 * 3 + 3
    assert repr(net) == (
        f"RecurrentNet({cell.name}, inputs=2, hidden=5, outputs=3, parameters={size})"
    )


def test_the_published_net_has_34_parameters():
    assert "parameters=34)" in repr(RecurrentNet.draw(TANH, 4, seed=0))


@every_cell
def test_the_twin_computes_the_same_logits(cell):
    net = RecurrentNet.draw(cell, 4, seed=2, dtype="float64")
    generator = np.random.default_rng(3)
    inputs = generator.integers(0, 2, (3, 6, 1)).astype(float)
    start = tuple(generator.standard_normal((3, 4)) for _ in range(cell.state_parts))
    targets = tf.zeros((3, 6), tf.int32)
    for state in (None, start):
        trace = net.trace(inputs, state)
        tensors = tuple(map(tf.constant, state)) if state else net.zero_state(3)
        _, _, logits = window_loss(
            net.parameters, tensors, tf.constant(inputs), targets, cell.step
        )
        assert_close(net.logits(trace.outputs), logits, 1e-12, 0)
    assert type(net.numpy_cell()) is cell.twin


def test_the_weights_that_are_handed_out_are_copies():
    net = RecurrentNet.draw(TANH, 4, seed=4)
    kept = net.weights
    net.weights["W_xh"][:] = 0
    assert_all_equal(net.weights, kept)


# Drawing


@every_cell
@pytest.mark.parametrize("scheme", ["course", "published"])
def test_the_seed_decides_the_weights(cell, scheme):
    one, same, other = (draw_weights(cell, 4, s, scheme=scheme) for s in (5, 5, 6))
    assert_all_equal(one, same)
    assert all(np.any(one[n] != other[n]) for n in ("W_xh", "W_hh", "W_hq"))
    net = RecurrentNet.draw(cell, 4, 5, scheme=scheme, dtype="float64")
    assert_all_equal(net.weights, {n: one[n] for n in net.weights})


def test_the_published_weights_are_uniform_from_0_to_1_with_biases_of_zero():
    weights = draw_weights(TANH, 200, 7, scheme="published")
    for name in ("W_xh", "W_hh", "W_hq"):
        assert 0 <= weights[name].min() < 0.02
        assert 0.98 < weights[name].max() < 1
    assert abs(weights["W_hh"].mean() - 0.5) < 0.01
    assert not np.any(weights["b_h"])
    assert not np.any(weights["b_q"])


@every_cell
def test_the_courses_weights_have_the_sizes_that_are_written_down(cell):
    weights = draw_weights(cell, 400, 8, inputs=50, outputs=40)
    assert weights["W_xh"].std() == pytest.approx(1, abs=0.03)
    assert weights["W_hh"].std() == pytest.approx(0.5 / 20, rel=0.03)
    assert weights["W_hq"].std() == pytest.approx(0.5, rel=0.03)
    assert not np.any(weights["b_q"])


@every_cell
def test_inputs_of_0_and_1_push_the_units_equally_hard_both_ways(cell):
    weights = draw_weights(cell, 4, 9)
    zero, one = (x * weights["W_xh"][0] + weights["b_h"] for x in (0, 1))
    np.testing.assert_allclose(zero, -one, rtol=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": 0}, "^hidden must be a whole number of at least 1, but 0 was"),
        ({"seed": -1}, "^seed must be a whole number of at least 0, but -1 was"),
        ({"inputs": 0}, "^inputs must be a whole number of at least 1, but 0 was"),
        ({"outputs": -2}, "^outputs must be a whole number of at least 1, but -2"),
        ({"scheme": "lucky"}, "^scheme must be one of .*, but 'lucky'"),
    ],
)
def test_a_bad_setting_gets_one_sentence(settings, message):
    with pytest.raises(ValueError, match=message):
        RecurrentNet.draw(TANH, **({"hidden": 4, "seed": 0} | settings))


# Joining


def test_parameters_must_fit_the_cell():
    weights = draw_weights(LSTM, 4, 10)
    with pytest.raises(ValueError, match=r"^W_xh must have the shape"):
        RecurrentNet(TANH, weights)
    with pytest.raises(ValueError, match=r"^W_hq must have the shape"):
        RecurrentNet(LSTM, weights | {"W_hq": np.zeros((3, 2))})
    with pytest.raises(ValueError, match=r"^b_h must have the shape"):
        RecurrentNet(LSTM, weights | {"b_h": np.zeros(4)})
    with pytest.raises(ValueError, match=r"^parameters must have the names"):
        RecurrentNet(LSTM, {n: w for n, w in weights.items() if n != "b_q"})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_parameters_must_be_finite(value):
    weights = draw_weights(TANH, 4, 11)
    with pytest.raises(ValueError, match=r"^b_q must hold finite numbers"):
        RecurrentNet(TANH, weights | {"b_q": np.array([0, value])})


def test_the_weights_of_the_page_follow_the_same_schemes():
    course = draw_weights(TANH, 40, 1, in_page=True)
    assert np.array_equal(course["b_h"], -course["W_xh"][0] / 2)
    assert 0.9 < course["W_hh"].std() / (0.5 / np.sqrt(40)) < 1.1
    published = draw_weights(TANH, 40, 1, scheme="published", in_page=True)
    assert ((published["W_hh"] >= 0) & (published["W_hh"] < 1)).all()
    assert not np.array_equal(course["W_hh"], draw_weights(TANH, 40, 1)["W_hh"])
