"""One window of a character model, in TensorFlow.

These are the functions of the character chapter; :mod:`unrolled.training.text_run_tf`
compiles the very same ones. They are the functions of the echo chapter with two
differences: inputs are the numbers of characters, so that a row of ``W_xh`` is looked
up where one-hot inputs would have been multiplied, and the recurrence is differentiated
in a way that suits wide nets, see :func:`states_over`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from unrolled.cells.cell_tf import CellTF, StateTF, Tensor
from unrolled.training import long_tf
from unrolled.training.window_tf import MemoryTF, ParametersTF, UpdateTF

PARTS = 2
"""Into how many parts a batch is split; see :func:`states_over`."""

FEW_PLACES = 256
"""Up to so many places, a product adds rows faster; see :func:`summed_by_place`."""

SMALLEST_PART = 8
"""A part with fewer rows would not pay."""

MOST_UNROLLED = 200
"""A window of more steps is run by a loop, which takes a moment to compile."""


def look_up(W: Tensor, characters: Tensor) -> Tensor:
    """Return the rows of ``W`` that one-hot characters would pick.

    Backward, each row gets the sum of the gradients of all places where it was used:
    what the transposed product with the one-hot matrix gives, without its zeros.

    Args:
        W: Shape ``(V, N)``.
        characters: Whole numbers ``0 .. V - 1``, of any shape ``S``.

    Returns:
        Shape ``(*S, N)``.
    """

    def forward(W: Tensor) -> tuple[Tensor, Any]:
        def backward(upstream: Tensor) -> Tensor:
            rows = tf.reshape(upstream, (-1, W.shape[1]))
            places = tf.reshape(characters, (-1,))
            return summed_by_place(rows, places, W.shape[0])

        return tf.gather(W, characters), backward

    return tf.custom_gradient(forward)(W)


def summed_by_place(rows: Tensor, places: Tensor, size: int) -> Tensor:
    """Return the sum of all rows with the same place, for each place.

    Args:
        rows: Shape ``(N, M)``.
        places: Whole numbers ``0 .. size - 1``, shape ``(N,)``.
        size: How many places there are.

    Returns:
        Shape ``(size, M)``. A product with a small one-hot matrix is faster than adding
        row by row; with a large one it is slower.
    """
    if size > FEW_PLACES:
        return tf.math.unsorted_segment_sum(rows, places, size)
    return tf.one_hot(places, size, axis=0, dtype=rows.dtype) @ rows


def text_loss(
    parameters: Mapping[str, Tensor],
    state: StateTF,
    characters: Tensor,
    targets: Tensor,
    cell: CellTF,
    kept: Tensor | float = 1.0,
) -> tuple[Tensor, StateTF, Tensor]:
    """Return the mean cross-entropy over a window, its last state and its logits.

    Time comes first inside: the rows of one step then lie side by side in memory.

    Args:
        parameters: ``W_xh`` ``(V, G H)``, ``W_hh``, ``b_h``, ``W_hq`` ``(H, V)``,
            ``b_q``.
        state: The state before the window.
        characters: Whole numbers, shape ``(B, T)``.
        targets: The characters that follow, shape ``(B, T)``.
        cell: The recurrence.
        kept: What the outputs of the cell are multiplied with, shape ``(T, B, H)`` or
            ``(1, B, H)``, if some of them are dropped; see :func:`dropped`.

    Returns:
        The loss in nats per character, the state after the window, and the logits of
        shape ``(T, B, V)``.
    """
    from_inputs = look_up(parameters["W_xh"], tf.transpose(characters))
    hidden, state = states_over(
        from_inputs + parameters["b_h"], state, parameters["W_hh"], cell
    )
    logits = (hidden * kept) @ parameters["W_hq"] + parameters["b_q"]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.transpose(targets), logits
    )
    return tf.reduce_mean(losses), state, logits


def train_text(
    parameters: ParametersTF,
    memory: MemoryTF,
    state: StateTF,
    characters: Tensor,
    targets: Tensor,
    cell: CellTF,
    update: UpdateTF,
    kept: Tensor | float = 1.0,
) -> tuple[ParametersTF, MemoryTF, StateTF, Tensor, ParametersTF]:
    """Make one update from one window of text.

    Args:
        parameters: By name; see :func:`text_loss`.
        memory: What the update rule remembers.
        state: The state before the window; no gradient goes back beyond it.
        characters: Shape ``(B, T)``.
        targets: Shape ``(B, T)``.
        cell: The recurrence.
        update: From parameters, gradients and memory to new parameters and memory.
        kept: See :func:`text_loss`.

    Returns:
        New parameters, new memory, the state after the window, the loss before the
        update, and its gradients.
    """
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        loss, state, _ = text_loss(parameters, state, characters, targets, cell, kept)
    gradients = tape.gradient(loss, parameters)
    parameters, memory = update(parameters, gradients, memory)
    return parameters, memory, state, loss, gradients


def read_characters(
    parameters: Mapping[str, Tensor], state: StateTF, characters: Tensor, cell: CellTF
) -> tuple[StateTF, Tensor]:
    """Read one character of each of some texts, without a gradient.

    Args:
        parameters: By name; see :func:`text_loss`.
        state: Arrays of shape ``(B, H)``.
        characters: Whole numbers, shape ``(B,)``: a character's row of ``W_xh`` is what
            a one-hot input would pick.
        cell: The recurrence.

    Returns:
        The new state, and the logits of the next characters, shape ``(B, V)``.
    """
    from_input = tf.gather(parameters["W_xh"], characters) + parameters["b_h"]
    state = cell.step(from_input, state, parameters["W_hh"])
    return state, state[0] @ parameters["W_hq"] + parameters["b_q"]


def dropped(shape: tuple[int, ...], rate: float, seed: Tensor, dtype: Any) -> Tensor:
    """Draw which outputs of a cell are kept, and by how much they are raised.

    Each is dropped with the probability ``rate``, and the others are divided by
    ``1 - rate``, so that the mean stays as it is (Srivastava et al. 2014). Only what
    goes to the readout is dropped, never what the cell hands on to its next step
    (Zaremba, Sutskever and Vinyals 2014).

    Args:
        shape: Of the outputs.
        rate: At least 0 and below 1.
        seed: Two whole numbers; the same ones draw the same.
        dtype: Of the result.

    Returns:
        0 or ``1 / (1 - rate)`` at each place.
    """
    drawn = tf.random.stateless_uniform(shape, seed)
    return tf.cast(drawn >= rate, dtype) / (1 - rate)


def states_over(
    from_inputs: Tensor, state: StateTF, W_hh: Tensor, cell: CellTF
) -> tuple[Tensor, StateTF]:
    """Run a cell over a window, and know its gradient.

    The states are those of a plain loop. Two things are done for the sake of speed.

    * ``W_hh`` is used in every step, so that its gradient is a sum over steps of
      products ``factor_t^T u_t``, with ``u_t`` the gradient at the pre-activations of
      step ``t``. All ``u_t`` are computed first; the sum is then one product.
    * The rows of a batch do not know of each other. They are split into two parts where
      that pays, so that each of two cores can go through the steps at its own pace.

    The way back over the memory of an LSTM is a loop, see
    :mod:`unrolled.training.long_tf`; so are both ways of any cell over more than
    `MOST_UNROLLED` steps.

    Args:
        from_inputs: ``x_t W_xh + b_h`` for all steps, shape ``(T, B, G H)``.
        state: The state before the window; no gradient goes back to it.
        W_hh: Shape ``(H, G H)``.
        cell: The recurrence.

    Returns:
        The hidden states ``h_1 .. h_T``, shape ``(T, B, H)``, and the state after the
        last step, which passes no gradient on.
    """
    state = tuple(tf.stop_gradient(part) for part in state)

    def run(from_inputs: Tensor, W_hh: Tensor) -> tuple[Any, Any]:
        is_long = from_inputs.shape[0] > MOST_UNROLLED
        if is_long or cell.state_parts > 1:
            return _with_a_loop(from_inputs, state, W_hh, cell, is_long)
        with tf.GradientTape() as tape:
            tape.watch(from_inputs)
            factors, last, hidden = _passes(from_inputs, state, W_hh, cell)

        def backward(upstream: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
            u = tape.gradient(hidden, from_inputs, output_gradients=upstream)
            return u, _weight_gradient(factors, u)

        return (hidden, *last), backward

    hidden, *last = tf.custom_gradient(run)(from_inputs, W_hh)
    return hidden, tuple(tf.stop_gradient(part) for part in last)


def _with_a_loop(
    from_inputs: Tensor, state: StateTF, W_hh: Tensor, cell: CellTF, is_long: bool
) -> tuple[Any, Any]:
    """Return hidden states and last state, and how to go back."""
    begun, before, last = long_tf.forward(from_inputs, state, W_hh, cell, is_long)
    hidden = tf.concat([before[0][1:], last[0][tf.newaxis]], axis=0)

    def backward(upstream: Tensor, *_: Tensor) -> tuple[Tensor, Tensor]:
        u = long_tf.backward(begun, before, W_hh, cell, upstream)
        factors = _factors(cell, from_inputs, before, W_hh)
        rows = tuple(tf.reshape(part, (-1, part.shape[-1])) for part in factors)
        return u, _weight_gradient([rows], u)

    return (hidden, *last), backward


def _passes(
    from_inputs: Tensor, state: StateTF, W_hh: Tensor, cell: CellTF
) -> tuple[list[StateTF], StateTF, Tensor]:
    """Return the factors of all steps, the last state, and the hidden states."""
    parts = _parts(from_inputs.shape[1], cell)
    inputs = [tf.unstack(part) for part in tf.split(from_inputs, parts, axis=1)]
    now = list(zip(*[tf.split(part, parts) for part in state], strict=True))
    factors = []
    hidden = []
    for t in range(from_inputs.shape[0]):
        here = [(part[t], h, W_hh) for part, h in zip(inputs, now, strict=True)]
        # In the same breath as the step, so that the compiler computes gates once.
        factors.append(_joined([_factors(cell, *each) for each in here]))
        now = [cell.step(*each) for each in here]
        hidden.append(tf.concat([h for h, *_ in now], axis=0))
    return factors, _joined(now), tf.stack(hidden)


def _factors(cell: CellTF, from_input: Tensor, state: StateTF, W_hh: Tensor) -> StateTF:
    """Return what the columns of ``W_hh`` are multiplied with, for equal shares."""
    if cell.factors is None:
        return state[:1]
    return cell.factors(from_input, state, W_hh)


def _parts(rows: int, cell: CellTF) -> int:
    """Return into how many parts a batch is split.

    The products of a cell with several blocks are wide enough for two cores; with two
    parts its program would take twice as long to compile.
    """
    wide = cell.blocks > 1 or rows < PARTS * SMALLEST_PART
    return 1 if wide or rows % PARTS else PARTS


def _joined(parts: list[StateTF]) -> StateTF:
    """Lay the states of the parts of a batch under each other."""
    return tuple(tf.concat(rows, axis=0) for rows in zip(*parts, strict=True))


def _weight_gradient(factors: list[StateTF], u: Tensor) -> Tensor:
    """Return the gradient at ``W_hh``, shape ``(H, G H)``.

    Args:
        factors: For each step, what equal shares of the columns are multiplied with;
            shape ``(B, H)`` each.
        u: The gradient at the pre-activations, shape ``(T, B, G H)``.
    """
    stacked = [tf.concat(steps, axis=0) for steps in zip(*factors, strict=True)]
    shares = tf.split(tf.reshape(u, (-1, u.shape[-1])), len(stacked), axis=1)
    return tf.concat(
        [
            tf.matmul(factor, share, transpose_a=True)
            for factor, share in zip(stacked, shares, strict=True)
        ],
        axis=1,
    )
