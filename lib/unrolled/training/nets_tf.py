"""A recurrent classifier whose parameters are TensorFlow's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from unrolled.cells.cell import Cell, Parameters, Trace
from unrolled.cells.cell_tf import CellTF, StateTF
from unrolled.random import Generator
from unrolled.training.window_tf import ParametersTF
from unrolled.validation import Array, count, finite_array

Scheme = Literal["course", "published", "small", "characters"]
Draw = Callable[[tuple[int, ...]], Array]


class RecurrentNet:
    """A cell with a linear readout ``o_t = h_t W_hq + b_q``, whose outputs are logits.

    Attributes:
        cell: The recurrence.
        parameters: ``W_xh`` ``(D, G H)``, ``W_hh`` ``(H, G H)``, ``b_h`` ``(G H,)``,
            ``W_hq`` ``(H, C)`` and ``b_q`` ``(C,)``, with ``G`` blocks as the cell
            has; and, if each step goes through a linear layer first, ``W_in``
            ``(d, D)`` and ``b_in`` ``(D,)``. Tensors never change; training puts new
            ones in their place.
    """

    def __init__(
        self,
        cell: CellTF,
        parameters: Mapping[str, ArrayLike],
        dtype: str = "float32",
    ) -> None:
        """Join cell and parameters.

        Raises:
            ValueError: If a name or shape is wrong, or a value is not finite.
        """
        self.cell = cell
        checked = _checked(cell, parameters)
        self.parameters: ParametersTF = {
            name: tf.constant(value, dtype) for name, value in checked.items()
        }

    @classmethod
    def draw(
        cls,
        cell: CellTF,
        hidden: int,
        seed: int,
        *,
        inputs: int = 1,
        outputs: int = 2,
        scheme: Scheme = "course",
        in_page: bool = False,
        dtype: str = "float32",
    ) -> RecurrentNet:
        """Return a net with random weights; see :func:`draw_weights`."""
        weights = draw_weights(cell, hidden, seed, inputs, outputs, scheme, in_page)
        return cls(cell, weights, dtype)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """``D``, ``H`` and ``C``."""
        W_xh, W_hq = self.parameters["W_xh"], self.parameters["W_hq"]
        return int(W_xh.shape[0]), int(W_hq.shape[0]), int(W_hq.shape[1])

    @property
    def inputs(self) -> int:
        """How many numbers a step of a sequence has: ``D``, or ``d`` with a layer."""
        first = "W_in" if "W_in" in self.parameters else "W_xh"
        return int(self.parameters[first].shape[0])

    @property
    def weights(self) -> Parameters:
        """The parameters as NumPy arrays of 64-bit floats."""
        return {n: np.array(p, np.float64) for n, p in self.parameters.items()}

    def zero_state(self, batch: int) -> StateTF:
        """Return the all-zero state for ``batch`` sequences."""
        dtype = self.parameters["W_hh"].dtype
        zeros = tf.zeros((batch, self.sizes[1]), dtype)
        return (zeros,) * self.cell.state_parts

    def numpy_cell(self) -> Cell:
        """Return the NumPy cell that computes the same states."""
        names = self.cell.twin.shapes(1, 1)
        weights = self.weights
        return self.cell.twin(**{name: weights[name] for name in names})

    def trace(self, inputs: ArrayLike, state: tuple[Array, ...] | None = None) -> Trace:
        """Run the NumPy twin over sequences of shape ``(B, T, D)``.

        Args:
            inputs: The sequences; as long as you like. If there is a layer before the
                cell, they have ``d`` numbers in each step.
            state: The initial state; zeros if left out.
        """
        if "W_in" in self.parameters:
            weights = self.weights
            inputs = finite_array("inputs", inputs, "B, T, d")
            inputs = inputs @ weights["W_in"] + weights["b_in"]
        return self.numpy_cell().forward(inputs, state)

    def logits(self, hidden: Array) -> Array:
        """Return ``h W_hq + b_q`` for states of shape ``(..., H)``."""
        weights = self.weights
        read: Array = hidden @ weights["W_hq"] + weights["b_q"]
        return read

    def __repr__(self) -> str:
        """Show the cell, the sizes and the number of parameters."""
        inputs, hidden, outputs = self.sizes
        size = sum(int(np.prod(p.shape)) for p in self.parameters.values())
        return (
            f"RecurrentNet({self.cell.name}, inputs={inputs}, hidden={hidden}, "
            f"outputs={outputs}, parameters={size})"
        )


def draw_weights(
    cell: CellTF,
    hidden: int,
    seed: int,
    inputs: int = 1,
    outputs: int = 2,
    scheme: Scheme = "course",
    in_page: bool = False,
) -> Parameters:
    """Draw the weights of a net.

    ``"published"`` draws all weights uniformly from [0, 1) and sets the biases to zero,
    as the published program does. ``"course"`` draws them from normal distributions of
    mean 0, with standard deviation 1 for ``W_xh``, ``0.5 / sqrt(H)`` for ``W_hh`` and
    0.5 for ``W_hq``, so that units differ and a state neither grows nor saturates; and
    it sets ``b_h`` to minus half the sum of each column of ``W_xh``, so that an input
    of 0 and one of 1 push the units equally hard in opposite directions.

    The two other schemes are for character models, whose inputs are one-hot, and set
    the biases to zero. ``"small"`` draws all weights from a normal distribution of
    standard deviation 0.01, as the published character model does. ``"characters"``
    draws ``W_xh`` with standard deviation 0.3 and the others with ``1 / sqrt(H)``, so
    that what comes from the state and the logits are neither lost nor saturate.

    Args:
        cell: The recurrence.
        hidden: ``H``.
        seed: Seed of the generator; a whole number of at least 0.
        inputs: ``D``.
        outputs: ``C``.
        scheme: ``"course"`` or ``"published"``.
        in_page: If true, draw with the generator that a page's script has too: these
            are the weights of the Echo lab with this seed.

    Raises:
        ValueError: If a size is below 1, the seed is negative, or the scheme is
            unknown.
    """
    units, columns = count("hidden", hidden), cell.blocks * hidden
    shapes = {
        "W_xh": (count("inputs", inputs), columns),
        "W_hh": (units, columns),
        "W_hq": (units, count("outputs", outputs)),
    }
    whole = count("seed", seed, at_least=0)
    uniforms, normals = (_drawn_in_page if in_page else _drawn_here)(whole)
    if scheme == "published":
        weights = {name: uniforms(shape) for name, shape in shapes.items()}
        b_h = np.zeros(columns)
    elif scheme == "course":
        sizes = {"W_xh": 1.0, "W_hh": 0.5 / np.sqrt(units), "W_hq": 0.5}
        weights = {name: sizes[name] * normals(shape) for name, shape in shapes.items()}
        b_h = -weights["W_xh"].sum(axis=0) / 2
    elif scheme in ("small", "characters"):
        spread = 0.01 if scheme == "small" else 1 / np.sqrt(units)
        sizes = dict.fromkeys(shapes, spread)
        if scheme == "characters":
            sizes["W_xh"] = 0.3
        weights = {name: sizes[name] * normals(shape) for name, shape in shapes.items()}
        b_h = np.zeros(columns)
    else:
        raise ValueError(
            f"scheme must be one of {', '.join(map(repr, get_args(Scheme)))}, but "
            f"{scheme!r} was given."
        )
    return {**weights, "b_h": b_h, "b_q": np.zeros(shapes["W_hq"][1])}


def _drawn_here(seed: int) -> tuple[Draw, Draw]:
    """Return how to draw uniform and normal numbers with NumPy."""
    generator = np.random.default_rng(seed)
    return generator.random, generator.standard_normal


def _drawn_in_page(seed: int) -> tuple[Draw, Draw]:
    """Return how to draw them as a page's script does."""
    generator = Generator(seed)
    return generator.uniforms, generator.normals


def _checked(cell: CellTF, parameters: Mapping[str, Any]) -> Parameters:
    """Return the parameters as arrays whose names and shapes fit the cell."""
    wanted = {"W_xh", "W_hh", "b_h", "W_hq", "b_q"}
    layer = {"W_in", "b_in"} & set(parameters)
    if set(parameters) != wanted | ({"W_in", "b_in"} if layer else set()):
        raise ValueError(
            f"parameters must have the names {sorted(wanted)}, but "
            f"{sorted(parameters)} were given."
        )
    inputs = len(finite_array("W_xh", parameters["W_xh"], "D, columns"))
    hidden = len(finite_array("W_hh", parameters["W_hh"], "H, columns"))
    outputs = finite_array("b_q", parameters["b_q"], "C").size
    columns = cell.blocks * hidden
    shapes = {
        "W_xh": (inputs, columns),
        "W_hh": (hidden, columns),
        "b_h": (columns,),
        "W_hq": (hidden, outputs),
        "b_q": (outputs,),
    }
    if layer:
        first = len(finite_array("W_in", parameters["W_in"], "d, D"))
        shapes |= {"W_in": (first, inputs), "b_in": (inputs,)}
    return {
        name: finite_array(name, parameters[name], ", ".join(map(str, shape)))
        for name, shape in shapes.items()
    }
