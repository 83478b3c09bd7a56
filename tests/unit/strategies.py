"""Random problems for the property tests: sizes, arrays, cells, models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from unrolled.cells.cell import Cell, Parameters, State
from unrolled.cells.gru import GRUCell, GRUResetAfterCell
from unrolled.cells.linear import LinearCell
from unrolled.cells.lstm import LSTMCell
from unrolled.cells.tanh import TanhCell
from unrolled.training.models import RecurrentModel
from unrolled.validation import Array

CELLS: tuple[type[Cell], ...] = (
    LinearCell,
    TanhCell,
    LSTMCell,
    GRUCell,
    GRUResetAfterCell,
)
SQUASHING_CELLS = CELLS[1:]
LOSSES = ("last", "every")

seeds = st.integers(0, 2**32 - 1)


@dataclass(frozen=True, eq=False)
class Problem:
    """A cell with sequences to run it on, and a loss.

    The loss is the inner product of the hidden states with ``direct``, so that
    ``direct`` is its gradient with respect to them.
    """

    cell: Cell
    inputs: Array
    state: State
    direct: Array

    def __repr__(self) -> str:
        """Show the sizes: all that a failing example needs, beside its seed."""
        return f"Problem({self.cell!r}, inputs of shape {self.inputs.shape})"


def random_cell(kind: type[Cell], inputs: int, hidden: int, seed: int) -> Cell:
    """Return a cell whose gates are neither shut nor wide open."""
    generator = np.random.default_rng(seed)
    shapes = kind.shapes(inputs, hidden)
    return kind(**{n: 0.7 * generator.standard_normal(s) for n, s in shapes.items()})


def random_problem(
    kind: type[Cell], batch: int, steps: int, inputs: int, hidden: int, seed: int
) -> Problem:
    """Return a cell with Gaussian inputs, initial state and direct gradients."""
    normal = np.random.default_rng([seed, 1]).standard_normal
    cell = random_cell(kind, inputs, hidden, seed)
    state = tuple(normal((batch, hidden)) for _ in range(cell.state_parts))
    x, direct = normal((batch, steps, inputs)), normal((batch, steps, hidden))
    return Problem(cell, x, state, direct)


def problems(kind: type[Cell], min_steps: int = 1) -> st.SearchStrategy[Problem]:
    """Draw problems of all small sizes, down to one sequence, step, input and unit."""
    return st.builds(
        random_problem,
        st.just(kind),
        batch=st.integers(1, 4),
        steps=st.integers(min_steps, 6),
        inputs=st.integers(1, 3),
        hidden=st.integers(1, 4),
        seed=seeds,
    )


def random_model(
    kind: type[Cell], loss_at: Any, seed: int, outputs: int = 2
) -> tuple[RecurrentModel, Array, Array]:
    """Return a model with inputs (5, 6, 3) and the targets that its loss asks for."""
    normal = np.random.default_rng([seed, 2]).standard_normal
    cell = random_cell(kind, 3, 4, seed)
    model = RecurrentModel(cell, normal((4, outputs)), normal(outputs), loss_at)
    shape = (5, outputs) if loss_at == "last" else (5, 6, outputs)
    return model, normal((5, 6, 3)), normal(shape)


def arrays(shape: Any, largest: float = 100.0) -> st.SearchStrategy[Array]:
    """Draw arrays of ordinary numbers: no NaN, and nothing so small as 1e-100."""
    numbers = st.floats(-largest, largest, allow_nan=False).map(
        lambda value: value if abs(value) > 1e-100 else 0.0
    )
    return npst.arrays(np.float64, shape, elements=numbers)


def parameter_sets() -> st.SearchStrategy[Parameters]:
    """Draw one matrix and one number, by name, as a model's parameters are."""
    return st.fixed_dictionaries({"W": arrays((2, 3)), "b": arrays(())})


def slope(loss: Callable[[Array], float], place: Array) -> Array:
    """Return a gradient by central differences, apart from the library's own."""
    gradient = np.zeros(place.shape)
    for index in np.ndindex(place.shape):
        nudge = np.zeros(place.shape)
        nudge[index] = 1e-5
        gradient[index] = (loss(place + nudge) - loss(place - nudge)) / 2e-5
    return gradient


def assert_close(given: Any, wanted: Any, relative: float, absolute: float) -> None:
    """Demand equal shapes and a small distance, measured over the whole array."""
    assert np.shape(given) == np.shape(wanted)
    distance = np.linalg.norm(np.subtract(given, wanted))
    assert distance <= relative * np.linalg.norm(wanted) + absolute


def assert_all_equal(given: Parameters, wanted: Parameters) -> None:
    """Demand the same names and the same numbers, bit by bit."""
    assert list(given) == list(wanted)
    for name, value in wanted.items():
        np.testing.assert_array_equal(given[name], value)
