"""What the tests of all exercise modules share."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import numpy as np

from unrolled.exercises import Verdict

SHAPES = ((1,), (2,), (3,), (4,), (5,), (10,), (2, 1), (1, 2), (2, 2), (3, 3), (2, 3))


def trivial_values() -> list[Any]:
    """Return values that anybody can hand in without a thought."""
    numbers: list[Any] = [0, 1, -1, 2, 0.5, 0.0, 1.0, 10, 100, 1e9, True, False]
    numbers += [float("nan"), float("inf"), 1j]
    texts: list[Any] = ["", "1", "yes", "no idea"]
    containers: list[Any] = [[], [0], [1, 2], [[1, 0], [0, 1]], (), (0, 1), {}, set()]
    containers += [{"a": 1}, ["a", "b"], [[1], [1, 2]], [None], {0: ...}]
    arrays: list[Any] = [
        make(shape) for shape in SHAPES for make in (np.zeros, np.ones)
    ]
    return numbers + texts + containers + arrays + [np.eye(2), np.eye(3), object()]


def trivial_functions() -> list[Callable[..., Any]]:
    """Return functions that ignore the question: a constant, or an argument as is."""
    constants = [_constant(value) for value in [None, *trivial_values()]]
    return constants + [_argument(position) for position in range(8)]


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *arguments: value


def _argument(position: int) -> Callable[..., Any]:
    return lambda *arguments: arguments[position]


def tagged_cells(chapter: Path, tag: str) -> dict[str, str]:
    """Return the code cells of a chapter that have a tag: their text by their id."""
    notebook = nbformat.read(chapter, as_version=4)
    return {
        cell.id: cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])
    }


def run_cell_with(source: str, space: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """Run a cell with some names; return its names and the verdict on its last line."""
    *statements, last = source.rstrip().split("\n")
    exec("\n".join(statements), space)
    return space, eval(last, space)


def hint_keys(module: ModuleType) -> Counter[str]:
    """Count the ``HintError("key", ...)`` in a module's source, by key."""
    keys: Counter[str] = Counter()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "HintError"
        ):
            key = node.args[0]
            assert isinstance(key, ast.Constant), "a hint's key is written out"
            assert isinstance(key.value, str)
            keys[key.value] += 1
    return keys


def reached_keys(cases: list[tuple[str, Any, str]]) -> Counter[str]:
    """Count in how many exercises each hint is expected by a table of mistakes."""
    return Counter(hint for _, hint in {(name, hint) for name, _, hint in cases})


def assert_is_a_hint(verdict: Verdict, hint: str = "") -> None:
    """Demand a wrong verdict in whole sentences, of the given kind if one is given."""
    assert not verdict.passed, verdict
    assert verdict.hint
    if hint:
        assert verdict.hint == hint, verdict
    assert verdict.message.endswith((".", "?")), verdict
    assert "Traceback" not in verdict.message


def verdicts(shown: dict[str, Any]) -> dict[str, Verdict]:
    """Return the verdicts among what cells have shown, by exercise."""
    return {v.exercise: v for v in shown.values() if isinstance(v, Verdict)}
