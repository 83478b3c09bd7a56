"""A straightforward JAX program: a scan over steps within a scan over windows."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.charlm_programs.start import (
    BATCH,
    HIDDEN,
    RATE,
    THRESHOLD,
    WINDOW,
    Start,
)
from benchmarks.timing import Losses, TrainEpoch


def window_loss(weights: Any, state: Any, characters: Any, following: Any) -> Any:
    """Return the loss of a window and the state after it; axes are (T, B)."""

    def step(state: Any, from_input: Any) -> Any:
        state = jnp.tanh(from_input + state @ weights["W_hh"])
        return state, state

    from_inputs = weights["W_xh"][characters] + weights["b_h"]
    state, states = lax.scan(step, state, from_inputs)
    logs = jax.nn.log_softmax(states @ weights["W_hq"] + weights["b_q"])
    return -jnp.take_along_axis(logs, following[..., None], axis=-1).mean(), state


def train_epoch(weights: Any, inputs: Any, targets: Any) -> Any:
    """Train on windows of shape (windows, T, B)."""

    def window(carried: Any, rows: Any) -> Any:
        weights, state = carried
        slope = jax.value_and_grad(window_loss, has_aux=True)
        (loss, state), gradients = slope(weights, state, *rows)
        squares = jax.tree.map(lambda g: jnp.sum(g**2), gradients)
        norm = jnp.sqrt(sum(jax.tree.leaves(squares)))
        step = RATE * jnp.minimum(THRESHOLD / norm, 1)
        weights = jax.tree.map(lambda w, g: w - step * g, weights, gradients)
        return (weights, state), loss

    carried = weights, jnp.zeros((BATCH, HIDDEN))
    (weights, _), losses = lax.scan(window, carried, (inputs, targets))
    return weights, losses


def prepare(start: Start) -> TrainEpoch:
    """Compile the epoch at its first use."""
    compiled = jax.jit(train_epoch)
    weights = jax.tree.map(jnp.asarray, start.weights)

    def windows(rows: Any) -> Any:
        return rows.reshape(BATCH, start.windows, WINDOW).transpose(1, 2, 0)

    def train(epoch: int) -> Losses:
        nonlocal weights
        inputs, targets = windows(start.inputs), windows(start.targets)
        weights, losses = compiled(weights, inputs, targets)
        return np.asarray(losses)

    return train
