"""A straightforward JAX program: a scan over steps within a scan over windows."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.echo_programs.start import (
    BATCH,
    HIDDEN,
    INITIAL,
    RATE,
    WINDOW,
    Start,
)
from benchmarks.timing import Losses, TrainEpoch


def window_loss(weights: Any, state: Any, inputs: Any, targets: Any) -> Any:
    """Return the loss of a window and the state after it; axes are (T, B)."""

    def step(state: Any, inputs: Any) -> Any:
        from_input = inputs[:, None] @ weights["W_xh"] + weights["b_h"]
        state = jnp.tanh(from_input + state @ weights["W_hh"])
        return state, state

    state, states = lax.scan(step, state, inputs)
    logs = jax.nn.log_softmax(states @ weights["W_hq"] + weights["b_q"])
    return -jnp.take_along_axis(logs, targets[..., None], axis=-1).mean(), state


def train_epoch(weights: Any, squares: Any, inputs: Any, targets: Any) -> Any:
    """Train on windows of shape (windows, T, B)."""

    def window(carried: Any, rows: Any) -> Any:
        weights, squares, state = carried
        slope = jax.value_and_grad(window_loss, has_aux=True)
        (loss, state), gradients = slope(weights, state, *rows)
        squares = jax.tree.map(lambda s, g: s + g**2, squares, gradients)
        weights = jax.tree.map(
            lambda w, g, s: w - RATE * g / jnp.sqrt(s), weights, gradients, squares
        )
        return (weights, squares, state), loss

    state = jnp.zeros((BATCH, HIDDEN))
    carried = weights, squares, state
    (weights, squares, _), losses = lax.scan(window, carried, (inputs, targets))
    return weights, squares, losses


def prepare(start: Start) -> TrainEpoch:
    """Compile the epoch at its first use."""
    compiled = jax.jit(train_epoch)
    weights = jax.tree.map(jnp.asarray, start.weights)
    squares = jax.tree.map(lambda w: jnp.full_like(w, INITIAL), weights)

    def windows(rows: Any) -> Any:
        return rows.reshape(BATCH, start.windows, WINDOW).transpose(1, 2, 0)

    def train(epoch: int) -> Losses:
        nonlocal weights, squares
        inputs, targets = (windows(rows) for rows in start.rows(epoch))
        weights, squares, losses = compiled(weights, squares, inputs, targets)
        return np.asarray(losses)

    return train
