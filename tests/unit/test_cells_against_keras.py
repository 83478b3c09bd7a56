"""The cells against TensorFlow's automatic gradients, and against Keras's layers."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from strategies import CELLS, Problem, assert_close, random_problem

from unrolled.cells.cell import Cell, Parameters
from unrolled.cells.gru import GRUCell, GRUResetAfterCell
from unrolled.cells.linear import LinearCell
from unrolled.cells.lstm import LSTMCell
from unrolled.cells.tanh import TanhCell

SIZES = [(1, 1, 1, 1), (3, 5, 2, 4), (2, 7, 3, 1), (1, 4, 1, 3)]  # B, T, D, H


# The recurrences once more, in TensorFlow, gate by gate


def blocks(p: dict[str, Any], count: int) -> list[list[Any]]:
    """Cut every parameter into its gates' columns."""
    return [tf.split(value, count, axis=-1) for value in p.values()]


def linear_step(x, state, p):
    return (tf.matmul(x, p["W_xh"]) + tf.matmul(state[0], p["W_hh"]),)


def tanh_step(x, state, p):
    return (tf.tanh(x @ p["W_xh"] + state[0] @ p["W_hh"] + p["b_h"]),)


def lstm_step(x, state, p):
    h, c = state
    W, U, b = blocks(p, 4)
    z_i, z_f, z_g, z_o = (x @ W[k] + h @ U[k] + b[k] for k in range(4))
    c = tf.sigmoid(z_f) * c + tf.sigmoid(z_i) * tf.tanh(z_g)
    return tf.sigmoid(z_o) * tf.tanh(c), c


def gru_step(x, state, p):
    (h,) = state
    W, U, b = blocks(p, 3)
    z = tf.sigmoid(x @ W[0] + h @ U[0] + b[0])
    r = tf.sigmoid(x @ W[1] + h @ U[1] + b[1])
    g = tf.tanh(x @ W[2] + (r * h) @ U[2] + b[2])
    return (z * h + (1 - z) * g,)


def gru_reset_after_step(x, state, p):
    (h,) = state
    W, U, b_x, b_h = blocks(p, 3)
    z = tf.sigmoid(x @ W[0] + b_x[0] + h @ U[0] + b_h[0])
    r = tf.sigmoid(x @ W[1] + b_x[1] + h @ U[1] + b_h[1])
    g = tf.tanh(x @ W[2] + b_x[2] + r * (h @ U[2] + b_h[2]))
    return (z * h + (1 - z) * g,)


STEPS: dict[type[Cell], Callable[..., tuple[Any, ...]]] = {
    LinearCell: linear_step,
    TanhCell: tanh_step,
    LSTMCell: lstm_step,
    GRUCell: gru_step,
    GRUResetAfterCell: gru_reset_after_step,
}


def autodiff(problem: Problem) -> tuple[Any, Parameters, Any, list[Any]]:
    """Return TensorFlow's outputs and gradients (parameters, inputs, first state)."""
    step = STEPS[type(problem.cell)]
    p = {name: tf.constant(value) for name, value in problem.cell.parameters.items()}
    x, start = tf.constant(problem.inputs), [tf.constant(s) for s in problem.state]
    with tf.GradientTape() as tape:
        tape.watch([p, x, start])
        state, outputs = tuple(start), []
        for t in range(problem.inputs.shape[1]):
            state = step(x[:, t], state, p)
            outputs.append(state[0])
        stacked = tf.stack(outputs, axis=1)
        loss = tf.reduce_sum(stacked * problem.direct)
    grads = tape.gradient(loss, [p, x, start])
    return stacked, grads[0], grads[1], grads[2]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", CELLS)
def test_all_gradients_agree_with_automatic_differentiation(kind, sizes):
    problem = random_problem(kind, *sizes, seed=sum(sizes))
    trace = problem.cell.forward(problem.inputs, problem.state)
    gradients = problem.cell.backward(trace, problem.direct)
    outputs, parameters, inputs, state = autodiff(problem)
    assert_close(trace.outputs, outputs, 1e-12, 0)
    for name, wanted in parameters.items():
        assert_close(gradients.parameters[name], wanted, 1e-10, 0)
    assert_close(gradients.inputs, inputs, 1e-10, 0)
    for part, wanted in zip(gradients.states, state, strict=True):
        assert_close(part[:, 0], wanted, 1e-10, 0)


# Keras's layers, with our weights copied over


@dataclass(frozen=True)
class Twin:
    """A Keras layer that computes what one of our cells does."""

    cell: type[Cell]
    layer: type[keras.layers.Layer]
    options: dict[str, Any]

    def weights(self, p: Parameters) -> list[Any]:
        """Return our parameters (or their gradients) as Keras keeps its weights."""
        if self.cell is GRUResetAfterCell:
            return [p["W_xh"], p["W_hh"], np.stack([p["b_x"], p["b_h"]])]
        bias = [p["b_h"]] if "b_h" in p else []
        return [p["W_xh"], p["W_hh"], *bias]

    def build(self, cell: Cell) -> keras.layers.Layer:
        """Return the layer, in float64, with the cell's weights."""
        layer = self.layer(
            cell.hidden_size, return_sequences=True, dtype="float64", **self.options
        )
        layer.build((None, None, cell.input_size))
        layer.set_weights(self.weights(cell.parameters))
        return layer


TWINS = [
    Twin(TanhCell, keras.layers.SimpleRNN, {}),
    Twin(LinearCell, keras.layers.SimpleRNN, {"activation": None, "use_bias": False}),
    Twin(LSTMCell, keras.layers.LSTM, {}),
    Twin(GRUCell, keras.layers.GRU, {"reset_after": False}),
    Twin(GRUResetAfterCell, keras.layers.GRU, {}),
]


@pytest.mark.parametrize("sizes", SIZES[1:3])
@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.cell.__name__)
def test_outputs_and_gradients_are_those_of_the_keras_layer(twin, sizes):
    problem = random_problem(twin.cell, *sizes, seed=5)
    trace = problem.cell.forward(problem.inputs, problem.state)
    gradients = problem.cell.backward(trace, problem.direct)

    layer = twin.build(problem.cell)
    x, start = tf.constant(problem.inputs), [tf.constant(s) for s in problem.state]
    with tf.GradientTape() as tape:
        tape.watch([x, start])
        outputs = layer(x, initial_state=start)
        loss = tf.reduce_sum(outputs * problem.direct)
    weights, inputs, state = tape.gradient(loss, [layer.trainable_weights, x, start])

    assert outputs.dtype == tf.float64
    assert_close(trace.outputs, outputs, 1e-12, 0)
    for ours, theirs in zip(twin.weights(gradients.parameters), weights, strict=True):
        assert_close(ours, theirs, 1e-10, 0)
    assert_close(gradients.inputs, inputs, 1e-10, 0)
    for part, wanted in zip(gradients.states, state, strict=True):
        assert_close(part[:, 0], wanted, 1e-10, 0)


def test_the_final_state_is_what_keras_returns_as_state():
    problem = random_problem(LSTMCell, 2, 5, 3, 4, seed=6)
    layer = keras.layers.LSTM(4, return_state=True, dtype="float64")
    layer.build((None, None, 3))
    layer.set_weights(list(problem.cell.parameters.values()))
    last, h, c = layer(tf.constant(problem.inputs))
    ours = problem.cell.forward(problem.inputs).final_state
    assert_close(ours[0], last, 1e-12, 0)
    assert_close(ours[0], h, 1e-12, 0)
    assert_close(ours[1], c, 1e-12, 0)


def test_keras_resets_after_the_product_by_default_as_our_docstrings_say():
    default = inspect.signature(keras.layers.GRU).parameters["reset_after"].default
    assert default is True
    assert keras.layers.GRU(1).reset_after is True
    assert "Keras's default form" in (GRUResetAfterCell.__doc__ or "")
    assert "not its default" in " ".join((GRUCell.__doc__ or "").split())
