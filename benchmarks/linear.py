"""The suite of the linear chapter: its cost surface, its imports, the two chapters."""

import ast
from functools import partial

import numpy as np
from nbformat import NotebookNode

from benchmarks.chapters import execution
from benchmarks.environment import ask, python_for
from benchmarks.measure import Measure, limit, timed
from scripts.notebooks import CHAPTERS, code_cells, read_notebook
from unrolled.tasks import counting
from unrolled.training.surface import cost_surface
from unrolled.validation import Array

SUITE = "linear"
POINTS = 100
FACTOR = 100
IMPORT_LIMIT = 0.6
CHAPTER_LIMIT = 15.0

TIME_IMPORTS = """
import sys, time
started = time.perf_counter()
exec(sys.argv[1])
print(time.perf_counter() - started)
"""


def double_loop(inputs: Array, targets: Array, w_x: Array, w_rec: Array) -> Array:
    """Compute the cost surface in the published way: one pair of weights at a time.

    Args:
        inputs: Sequences, shape (B, T).
        targets: Shape (B,).
        w_x: Input weights, shape (N,).
        w_rec: Recurrent weights, shape (M,).

    Returns:
        The mean squared cost of each pair, shape (M, N).
    """
    costs = np.zeros((len(w_rec), len(w_x)))
    for row, recurrent_weight in enumerate(w_rec):
        for column, input_weight in enumerate(w_x):
            states = np.zeros((inputs.shape[0], inputs.shape[1] + 1))
            for t in range(inputs.shape[1]):
                states[:, t + 1] = (
                    inputs[:, t] * input_weight + states[:, t] * recurrent_weight
                )
            costs[row, column] = np.mean((targets - states[:, -1]) ** 2)
    return costs


def surface_measure() -> Measure:
    """Compare the two ways to the cost surface, after holding their values together.

    Raises:
        AssertionError: The two surfaces differ by more than 1e-9 relative.
    """
    task = counting.published()
    weights = np.linspace(-3, 3, POINTS)
    arguments = (task.inputs, task.targets, weights, weights)
    np.testing.assert_allclose(
        cost_surface(*arguments), double_loop(*arguments), rtol=1e-9, atol=0
    )
    return Measure(
        suite=SUITE,
        measure=f"cost surface, {POINTS} x {POINTS} weights",
        against="the published double loop",
        ours=timed(partial(cost_surface, *arguments)),
        theirs=timed(partial(double_loop, *arguments)),
        goal=FACTOR,
    )


def library_imports(notebook: NotebookNode) -> str:
    """Give the statements with which a chapter imports the library."""
    found = ["import unrolled"]
    for cell in code_cells(notebook):
        # A line that is not Python, such as %config, imports nothing.
        lines = [line for line in cell.source.splitlines() if line[:1] not in "%!"]
        for statement in ast.parse("\n".join(lines)).body:
            names = []
            if isinstance(statement, ast.ImportFrom):
                names = [statement.module or ""]
            elif isinstance(statement, ast.Import):
                names = [alias.name for alias in statement.names]
            if any(name.split(".")[0] == "unrolled" for name in names):
                found.append(ast.unparse(statement))
    return "\n".join(dict.fromkeys(found))


def import_measures() -> list[Measure]:
    """Time the imports of the linear chapter in a fresh process."""
    imports = library_imports(read_notebook(CHAPTERS / "linear_rnn.ipynb"))
    python = python_for(SUITE)
    ours = partial(ask, python, TIME_IMPORTS, imports)
    tensorflow = partial(ask, python, TIME_IMPORTS, "import tensorflow")
    name = "import of the linear chapter's library"
    return [
        Measure(
            SUITE, name, f"the limit of {IMPORT_LIMIT} s", ours, limit(IMPORT_LIMIT), 1
        ),
        Measure(SUITE, name, "import tensorflow", ours, tensorflow, 1, rounds=3),
    ]


def chapter_measure(name: str) -> Measure:
    """Time one chapter from a clean kernel to its last cell."""
    return Measure(
        suite=SUITE,
        measure=f"the chapter {name}, executed",
        against=f"the limit of {CHAPTER_LIMIT:g} s",
        ours=lambda: execution(name)["seconds"],
        theirs=limit(CHAPTER_LIMIT),
        goal=1,
        rounds=3,
    )


def measures() -> list[Measure]:
    """List the claims of this suite."""
    return [
        surface_measure(),
        *import_measures(),
        chapter_measure("theory"),
        chapter_measure("linear_rnn"),
    ]
