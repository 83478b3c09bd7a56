"""A plug-in for pytest: outputs that were made from MNIST are compared only with MNIST.

A chapter that finds no MNIST runs on the digits that come with scikit-learn, and prints
other numbers. Its stored outputs are then no measure: its cells are reported as
skipped, with the reason, and never as passed.
"""

from collections.abc import Callable
from typing import Any

import pytest
from nbformat import NotebookNode

from scripts.notebooks import code_cells

SIGN = "Digits(MNIST:"
"""What a cell prints that shows which digits it has."""

REASON = (
    "its stored outputs were made from MNIST, which is neither in the data directory "
    "nor to be fetched; see data/README.md"
)


def shows_mnist(notebook: NotebookNode) -> bool:
    """Say whether the stored outputs of a notebook were made from MNIST."""
    return any(
        SIGN in output.get("text", "")
        for cell in code_cells(notebook)
        for output in cell.get("outputs", [])
    )


def mnist_is_there() -> bool:
    """Find or fetch MNIST."""
    from unrolled.tasks import digits

    return digits.load().name == digits.MNIST.title


def skip_without_mnist(items: list[Any], is_there: Callable[[], bool]) -> None:
    """Mark the cells of notebooks that show MNIST as skipped if it is not there."""
    notebooks = {item.parent.path: item.parent for item in items}
    for path, file in notebooks.items():
        if not shows_mnist(file.nb) or is_there():
            continue
        for item in items:
            if item.parent.path == path:
                item.add_marker(pytest.mark.skip(reason=REASON))


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Look at all cells of notebooks before the first one runs."""
    from nbval.plugin import IPyNbCell

    skip_without_mnist([i for i in items if isinstance(i, IPyNbCell)], mnist_is_there)
