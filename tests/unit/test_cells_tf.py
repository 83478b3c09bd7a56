"""The cells in TensorFlow against their NumPy twins, and against Keras's layers."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from strategies import Problem, assert_close, problems, random_problem

from unrolled.cells import cell_tf
from unrolled.cells.cell_tf import SMALL, CellTF, product
from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.training.window_tf import unroll

CELLS = [TANH, LSTM, GRU]
every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)

LAYERS = {
    "tanh": (keras.layers.SimpleRNN, {}),
    "lstm": (keras.layers.LSTM, {}),
    "gru": (keras.layers.GRU, {"reset_after": False}),
}


def states_of(cell: CellTF, problem: Problem) -> list[np.ndarray]:
    """Return each part of the state after every step, shape (B, T, H)."""
    parameters = {n: tf.constant(p) for n, p in problem.cell.parameters.items()}
    start = tuple(tf.constant(part) for part in problem.state)
    states = unroll(tf.constant(problem.inputs), start, parameters, cell.step)
    assert all(len(state) == cell.state_parts for state in states)
    return [np.stack(parts, axis=1) for parts in zip(*states, strict=True)]


def check_against_the_twin(cell: CellTF, problem: Problem) -> None:
    trace = problem.cell.forward(problem.inputs, problem.state)
    for ours, part in zip(states_of(cell, problem), trace.states, strict=True):
        assert_close(ours, part[:, 1:], 1e-12, 0)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_states_are_those_of_the_numpy_twin(cell):
    @settings(max_examples=15)
    @given(problems(cell.twin))
    def check(problem: Problem) -> None:
        check_against_the_twin(cell, problem)

    check()


@every_cell
def test_states_are_those_of_the_twin_where_matrices_are_multiplied_whole(cell):
    hidden = 40
    assert hidden * hidden * cell.blocks > SMALL
    check_against_the_twin(cell, random_problem(cell.twin, 3, 5, 2, hidden, seed=1))


@every_cell
@pytest.mark.parametrize("hidden", [4, 40])
def test_outputs_are_those_of_the_keras_layer(cell, hidden):
    problem = random_problem(cell.twin, 3, 6, 2, hidden, seed=2)
    kind, options = LAYERS[cell.name]
    layer = kind(hidden, return_sequences=True, dtype="float64", **options)
    layer.build((None, None, 2))
    layer.set_weights([problem.cell.parameters[n] for n in ("W_xh", "W_hh", "b_h")])
    start = [tf.constant(part) for part in problem.state]
    outputs = layer(tf.constant(problem.inputs), initial_state=start)
    assert_close(states_of(cell, problem)[0], outputs, 1e-12, 0)


@every_cell
def test_a_cell_tells_the_shapes_that_its_twin_has(cell):
    shapes = cell.twin.shapes(2, 5)
    assert shapes["W_hh"] == (5, 5 * cell.blocks)
    assert cell.state_parts == cell.twin.state_parts
    assert repr(cell) == f"CellTF({cell.name!r})"
    assert replace(cell) == cell


# The product


@pytest.mark.parametrize("shape", [(4, 4), (1, SMALL), (32, 32), (33, 32), (40, 40)])
@pytest.mark.parametrize("lead", [(3,), (2, 5)], ids=repr)
def test_a_product_is_the_matrix_product_on_both_sides_of_small(shape, lead):
    normal = np.random.default_rng(3).standard_normal
    a, W = normal((*lead, shape[0])), normal(shape)
    ours = product(tf.constant(a), tf.constant(W))
    assert_close(ours, a @ W, 1e-13, 0)


def test_what_is_small_is_decided_by_the_matrix_alone(monkeypatch):
    a, W = tf.ones((2, 3)), tf.ones((3, 4))
    whole = []

    def matmul(x, y):
        whole.append((x.shape, y.shape))
        return tf.linalg.matmul(x, y)

    monkeypatch.setattr(type(a), "__matmul__", matmul)
    for small, times in ((12, 0), (11, 1)):
        monkeypatch.setattr(cell_tf, "SMALL", small)
        np.testing.assert_array_equal(product(a, W), 3 * np.ones((2, 4)))
        assert len(whole) == times
