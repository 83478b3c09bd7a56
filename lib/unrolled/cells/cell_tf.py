"""What the recurrences in TensorFlow share.

A cell in TensorFlow is one function, its step, and a few facts about its shapes. The
parameters have the names, shapes and blocks of the NumPy cell of the same name, so that
weights pass from one to the other as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from unrolled.cells.cell import Cell

Tensor = Any
"""A TensorFlow tensor; TensorFlow has no type annotations of its own."""

StateTF = tuple[Tensor, ...]
StepTF = Callable[[Tensor, StateTF, Tensor], StateTF]

SMALL = 1024
"""A matrix with no more entries is multiplied entry by entry; see :func:`product`."""


def product(a: Tensor, W: Tensor) -> Tensor:
    """Return ``a @ W``, summed in the open where the matrix is small.

    The compiler can join a sum with what comes before and after it. A matrix product
    stays a thing of its own, whose overhead is many times its work if the matrix is as
    small as 4 x 4.

    Args:
        a: Shape ``(..., D)``.
        W: Shape ``(D, H)``.

    Returns:
        Shape ``(..., H)``.
    """
    if W.shape[0] * W.shape[1] > SMALL:
        return a @ W
    return tf.reduce_sum(a[..., tf.newaxis] * W, axis=-2)


@dataclass(frozen=True)
class CellTF:
    """A recurrence in TensorFlow.

    Attributes:
        name: What it is called.
        step: Makes one step. It is given ``x_t W_xh + b_h``, shape ``(B, G H)``, the
            state, and ``W_hh``, shape ``(H, G H)``, and returns the new state.
        blocks: ``G``, how many blocks of ``H`` columns the weights have.
        state_parts: How many arrays of shape ``(B, H)`` make up the state; the first
            is ``h``.
        twin: The NumPy cell that computes the same.
        factors: What the ``G`` blocks of ``W_hh`` are multiplied with in a step, given
            what the step is given; None where it is ``h_{t-1}`` for all of them.
    """

    name: str
    step: StepTF
    blocks: int
    state_parts: int
    twin: type[Cell]
    factors: StepTF | None = None

    def __repr__(self) -> str:
        """Show the name."""
        return f"CellTF({self.name!r})"
