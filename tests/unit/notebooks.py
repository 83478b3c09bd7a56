"""Run single cells of a notebook, without a kernel, and see what they show."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat

CHAPTERS = Path(__file__).parents[2] / "chapters"


def code_cells(
    path: Path, tag: str = "", needed: Container[str] = ()
) -> dict[str, str]:
    """Return the sources of a notebook's code cells by id, in their order.

    Args:
        path: The notebook.
        tag: Keep only cells with this tag; all code cells if empty.
        needed: Ids of cells to keep as well, for what the tagged cells rest on.
    """
    notebook = nbformat.read(path, as_version=4)
    return {
        cell["id"]: cell.source
        for cell in notebook.cells
        if cell.cell_type == "code"
        and (not tag or tag in cell.metadata.get("tags", []) or cell["id"] in needed)
    }


def run_cell(source: str, namespace: dict[str, Any], name: str = "cell") -> Any:
    """Execute a cell in ``namespace`` and return the value that it would show.

    That is the value of its last statement, if this is an expression, and else None.
    """
    tree = ast.parse(source, filename=name)
    shown = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        shown = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
    exec(compile(tree, name, "exec"), namespace)
    return eval(compile(shown, name, "eval"), namespace) if shown else None


def run_cells(
    cells: Mapping[str, str] | Iterable[tuple[str, str]], namespace: dict[str, Any]
) -> dict[str, Any]:
    """Execute cells one after the other; return by id what each would show."""
    return {
        name: run_cell(source, namespace, name) for name, source in dict(cells).items()
    }
