"""Many nets trained side by side: the same window step, mapped over all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from unrolled.cells.cell_tf import StepTF, Tensor
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import RuleTF
from unrolled.training.truncated_tf import Carried, WindowTask
from unrolled.training.window_tf import train_window
from unrolled.validation import Array, count

Compiled = Callable[..., tuple[Carried, Tensor]]


def train_side_by_side(
    nets: Sequence[RecurrentNet],
    tasks: Sequence[WindowTask],
    rule: RuleTF,
    epochs: int,
) -> Array:
    """Train each net on its task, all of them in one compiled program.

    The result is that of training them one after the other, up to rounding. A net
    whose loss is no longer finite stays with the others; its losses say so.

    Args:
        nets: Of one cell, with the same sizes; their parameters are replaced.
        tasks: As many as nets, with the same window, stride, batch and lengths.
        rule: How a gradient becomes a step.
        epochs: Number of passes; at least 1.

    Returns:
        The loss of every window before its update, shape ``(windows, nets)``.

    Raises:
        ValueError: If there are no nets, or not as many tasks, or if they differ in
            more than weights and bits.
    """
    _check(nets, tasks)
    first = tasks[0]
    chunk = _compiled(
        nets[0].cell.step, rule, first.window, first.stride, first.windows_per_epoch
    )
    carried = _start(nets, rule, first.batch)
    zero_state = carried.state
    losses = []
    for epoch in range(count("epochs", epochs)):
        if epoch and not first.continuous:
            carried = carried._replace(state=zero_state)
        rows = _rows(tasks, epoch, nets[0].parameters["W_xh"].dtype)
        carried, told = chunk(carried, *rows)
        losses.append(np.asarray(told, np.float64))
    for number, net in enumerate(nets):
        net.parameters = {n: p[number] for n, p in carried.parameters.items()}
    return np.concatenate(losses)


def _check(nets: Sequence[RecurrentNet], tasks: Sequence[WindowTask]) -> None:
    """Raise unless the nets, and the tasks, can be stacked."""
    if not nets or len(nets) != len(tasks):
        raise ValueError(
            f"nets and tasks must be equally many, and at least one of each, but "
            f"{len(nets)} nets and {len(tasks)} tasks were given."
        )
    kinds = {f"{net}, {net.parameters['W_xh'].dtype.name}" for net in nets}
    if len(kinds) > 1:
        raise ValueError(
            f"nets must have one cell, the same sizes and one type of number, but "
            f"{' and '.join(sorted(kinds))} were given; train them in groups."
        )
    names = ("window", "stride", "windows_per_epoch", "batch", "continuous")
    for name in names:
        values = {getattr(task, name) for task in tasks}
        if len(values) > 1:
            raise ValueError(
                f"tasks must have the same {name}, but "
                f"{' and '.join(map(str, sorted(values)))} were given; train them in "
                f"groups."
            )


def _start(nets: Sequence[RecurrentNet], rule: RuleTF, batch: int) -> Carried:
    """Stack what the nets carry before their first window; nets are the first axis."""
    starts = [
        Carried(net.parameters, rule.start(net.parameters), net.zero_state(batch))
        for net in nets
    ]
    stacked: Carried = tf.nest.map_structure(lambda *parts: tf.stack(parts), *starts)
    return stacked


def _rows(tasks: Sequence[WindowTask], epoch: int, dtype: Any) -> tuple[Tensor, Tensor]:
    """Stack the rows of all tasks: ``(nets, B, L, D)`` and ``(nets, B, L)``."""
    inputs, targets = zip(*(task.epoch(epoch) for task in tasks), strict=True)
    return tf.constant(np.stack(inputs), dtype), tf.constant(
        np.stack(targets), tf.int32
    )


@cache
def _compiled(
    step: StepTF, rule: RuleTF, window: int, stride: int, windows: int
) -> Compiled:
    """Compile an epoch of all nets."""

    def of_one_net(parts: tuple[Carried, tuple[Tensor, Tensor]]) -> tuple[Any, ...]:
        return train_window(*parts[0], *parts[1], step, rule.update, stride)

    def epoch(
        carried: Carried, inputs: Tensor, targets: Tensor
    ) -> tuple[Carried, Tensor]:
        def one(done: Tensor, carried: Carried, losses: Tensor) -> tuple[Any, ...]:
            here = done * stride + tf.range(window)
            rows = tf.gather(inputs, here, axis=2), tf.gather(targets, here, axis=2)
            *after, loss, _, _ = tf.vectorized_map(of_one_net, (carried, rows))
            losses = tf.tensor_scatter_nd_update(losses, [[done]], [loss])
            return done + 1, Carried(*after), losses

        nothing = tf.zeros((windows, inputs.shape[0]), inputs.dtype)
        _, carried, losses = tf.while_loop(
            lambda done, *_: done < windows, one, (tf.constant(0), carried, nothing)
        )
        return carried, losses

    compiled: Compiled = tf.function(epoch, jit_compile=True, autograph=False)
    return compiled
