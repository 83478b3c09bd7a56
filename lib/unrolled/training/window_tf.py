"""One window of truncated backpropagation through time, in TensorFlow.

These are the functions of the echo chapter. Run as they are, they work step by step;
:mod:`unrolled.training.truncated_tf` compiles the very same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from unrolled.cells.cell_tf import StateTF, StepTF, Tensor, product

ParametersTF = dict[str, Tensor]
MemoryTF = Any
"""What an update rule remembers: tensors, in any nest of dictionaries and tuples."""

UpdateTF = Callable[[ParametersTF, ParametersTF, MemoryTF], tuple[ParametersTF, Any]]


def unroll(
    inputs: Tensor, state: StateTF, parameters: Mapping[str, Tensor], step: StepTF
) -> list[StateTF]:
    """Run a cell over a window.

    What comes from the inputs needs no state: it is one product for all steps.

    Args:
        inputs: Shape ``(B, T, D)``.
        state: The state before the window, a tuple of arrays of shape ``(B, H)``.
        parameters: At least ``W_xh``, ``W_hh`` and ``b_h``.
        step: The cell's step, such as :func:`unrolled.cells.tanh_tf.tanh_step`.

    Returns:
        The states after each of the ``T`` steps.
    """
    from_inputs = product(inputs, parameters["W_xh"]) + parameters["b_h"]
    states = []
    for t in range(inputs.shape[1]):
        state = step(from_inputs[:, t], state, parameters["W_hh"])
        states.append(state)
    return states


def window_loss(
    parameters: Mapping[str, Tensor],
    state: StateTF,
    inputs: Tensor,
    targets: Tensor,
    step: StepTF,
) -> tuple[Tensor, list[StateTF], Tensor]:
    """Return the mean cross-entropy over a window, its states and its logits.

    Args:
        parameters: ``W_xh``, ``W_hh``, ``b_h``, ``W_hq`` of shape ``(H, C)`` and
            ``b_q`` of shape ``(C,)``.
        state: The state before the window.
        inputs: Shape ``(B, T, D)``.
        targets: Classes ``0 .. C - 1``, whole numbers of shape ``(B, T)``.
        step: The cell's step.

    Returns:
        The loss in nats, the states, and the logits of shape ``(B, T, C)``.
    """
    states = unroll(inputs, state, parameters, step)
    hidden = tf.stack([parts[0] for parts in states], axis=1)
    logits = product(hidden, parameters["W_hq"]) + parameters["b_q"]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    return tf.reduce_mean(losses), states, logits


def adagrad(
    parameters: ParametersTF,
    gradients: ParametersTF,
    squares: ParametersTF,
    rate: float,
) -> tuple[ParametersTF, ParametersTF]:
    """Step by the gradient over the root of its sum of squares (Duchi et al. 2011).

    Args:
        parameters: By name.
        gradients: By name.
        squares: The sums so far; above 0, or a gradient of 0 would be divided by 0.
        rate: The learning rate.

    Returns:
        The new parameters and the new sums.
    """
    squares = {name: squares[name] + gradients[name] ** 2 for name in parameters}
    moved = {
        name: parameters[name] - rate * gradients[name] / tf.sqrt(squares[name])
        for name in parameters
    }
    return moved, squares


def train_window(
    parameters: ParametersTF,
    memory: MemoryTF,
    state: StateTF,
    inputs: Tensor,
    targets: Tensor,
    step: StepTF,
    update: UpdateTF,
    stride: int,
) -> tuple[ParametersTF, MemoryTF, StateTF, Tensor, Tensor, ParametersTF]:
    """Make one update from one window.

    The state comes in as a number like any other. The tape does not watch it, so that
    no gradient goes back beyond the window: that is the truncation.

    Args:
        parameters: By name; see :func:`window_loss`.
        memory: What the update rule remembers.
        state: The state before the window.
        inputs: Shape ``(B, T, D)``.
        targets: Shape ``(B, T)``.
        step: The cell's step.
        update: From parameters, gradients and memory to new parameters and memory.
        stride: How many steps later the next window begins, 1 to ``T``.

    Returns:
        New parameters, new memory, the state before the next window, the loss before
        the update, its logits, and its gradients.
    """
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        loss, states, logits = window_loss(parameters, state, inputs, targets, step)
    gradients = tape.gradient(loss, parameters)
    parameters, memory = update(parameters, gradients, memory)
    return parameters, memory, states[stride - 1], loss, logits, gradients
