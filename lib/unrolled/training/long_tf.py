"""A cell run over a window, and back in a loop: one step is compiled, and repeated.

What flows back along the memory of an LSTM, ``c_t = f c_{t-1} + i g``, is a sum of
products whose number grows from step to step. Where all steps are written out, a
compiler that would rather compute a product again than keep it does several times the
work. In a loop, what a step hands on is computed once; and its program does not grow
with the window.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from unrolled.cells.cell_tf import CellTF, StateTF, Tensor, product


def forward(
    from_inputs: Tensor, state: StateTF, W_hh: Tensor, cell: CellTF, looped: bool
) -> tuple[Tensor, StateTF, StateTF]:
    """Run a cell over a window, and keep what the way back needs.

    Args:
        from_inputs: ``x_t W_xh + b_h`` for all steps, shape ``(T, B, G H)``.
        state: The state before the window.
        W_hh: Shape ``(H, G H)``.
        cell: The recurrence.
        looped: Whether this way is a loop, too, or written out: a little faster to run,
            and for windows of many steps much slower to compile.

    Returns:
        What each step began with, see :func:`_begin`, shape ``(T, B, G H)``; for each
        part of the state, what it was before each step, shape ``(T, B, H)``; and the
        state after the last step.
    """
    if not looped:
        return _written_out(from_inputs, state, W_hh, cell)
    steps = from_inputs.shape[0]

    def step(t: Tensor, now: StateTF, kept: Any) -> tuple[Tensor, StateTF, Any]:
        a = _begin(cell, from_inputs[t], now, W_hh)
        kept = [
            array.write(t, part) for array, part in zip(kept, (a, *now), strict=True)
        ]
        return t + 1, _finish(cell, a, now, W_hh), kept

    kinds = from_inputs[0], *state
    empty = [tf.TensorArray(k.dtype, steps, element_shape=k.shape) for k in kinds]
    _, last, kept = tf.while_loop(
        lambda t, *_: t < steps, step, (0, state, empty), maximum_iterations=steps
    )
    begun, *parts = (array.stack() for array in kept)
    return begun, tuple(parts), last


def _written_out(
    from_inputs: Tensor, state: StateTF, W_hh: Tensor, cell: CellTF
) -> tuple[Tensor, StateTF, StateTF]:
    """Do the same as :func:`forward`, one step after the other."""
    begun, before = [], []
    for t in range(from_inputs.shape[0]):
        begun.append(_begin(cell, from_inputs[t], state, W_hh))
        before.append(state)
        state = _finish(cell, begun[-1], state, W_hh)
    parts = tuple(tf.stack(part) for part in zip(*before, strict=True))
    return tf.stack(begun), parts, state


def backward(
    begun: Tensor, before: StateTF, W_hh: Tensor, cell: CellTF, upstream: Tensor
) -> Tensor:
    """Go back over a window, computing each step anew from what it began with.

    Args:
        begun: What :func:`forward` has kept.
        before: The states that it has kept.
        W_hh: Shape ``(H, G H)``.
        cell: The recurrence.
        upstream: The direct gradient at each ``h_t``, shape ``(T, B, H)``.

    Returns:
        The gradient at ``from_inputs``, of its shape.
    """
    steps = begun.shape[0]
    W_back = tf.transpose(W_hh)

    def step(t: Tensor, after: StateTF, found: Any) -> tuple[Tensor, StateTF, Any]:
        a, state = begun[t], tuple(part[t] for part in before)
        with tf.GradientTape() as tape:
            tape.watch((a, state))
            now = _finish(cell, a, state, W_hh)
        arriving = (after[0] + upstream[t], *after[1:])
        u, earlier = tape.gradient(now, (a, state), arriving)
        if cell.factors is None:
            earlier = (product(u, W_back), *earlier[1:])
        return t - 1, earlier, found.write(t, u)

    nothing = tuple(tf.zeros_like(part[0]) for part in before)
    empty = tf.TensorArray(begun.dtype, steps, element_shape=begun.shape[1:])
    *_, found = tf.while_loop(
        lambda t, *_: t >= 0,
        step,
        (steps - 1, nothing, empty),
        maximum_iterations=steps,
    )
    return found.stack()


def _begin(cell: CellTF, from_input: Tensor, state: StateTF, W_hh: Tensor) -> Tensor:
    """Return the pre-activations, of a cell that multiplies ``h_{t-1}`` with ``W_hh``.

    A cell with other factors is given its ``from_input``, and multiplies in its step.
    """
    return from_input + product(state[0], W_hh) if cell.factors is None else from_input


def _finish(cell: CellTF, begun: Tensor, state: StateTF, W_hh: Tensor) -> StateTF:
    """Make the rest of a step.

    If the product is in the pre-activations already, the step is made with a state of
    no units, which adds nothing to them.
    """
    if cell.factors is None:
        state = (state[0][:, :0], *state[1:])
        W_hh = W_hh[:0]
    return cell.step(begun, state, W_hh)
