"""Stored outputs that were made from MNIST are not compared with those of others."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts import nbval_data
from unrolled.tasks import digits


class Item:
    """A cell of a notebook, as pytest collects it."""

    def __init__(self, file: Any) -> None:
        self.parent, self.markers = file, []

    def add_marker(self, marker: Any) -> None:
        self.markers.append(marker)


def notebook(printed: str) -> NotebookNode:
    output = new_output("stream", name="stdout", text=printed)
    return new_notebook(
        cells=[new_markdown_cell("Digits(MNIST:"), new_code_cell(outputs=[output])]
    )


def cells(name: str, printed: str) -> list[Item]:
    file = SimpleNamespace(path=Path(name), nb=notebook(printed))
    return [Item(file), Item(file)]


def test_only_outputs_tell_which_digits_a_chapter_has() -> None:
    assert nbval_data.shows_mnist(notebook("Digits(MNIST: 60,000 images)"))
    assert not nbval_data.shows_mnist(notebook("Digits(scikit-learn's digits: 1,540)"))


def test_what_is_looked_for_is_what_a_chapter_prints() -> None:
    embedded = digits.load_embedded()
    assert nbval_data.SIGN not in repr(embedded)
    object.__setattr__(embedded, "name", digits.MNIST.title)
    assert nbval_data.SIGN in repr(embedded)


def test_without_mnist_a_chapter_is_skipped_with_the_reason_and_no_other() -> None:
    mnist, others = cells("a.ipynb", "Digits(MNIST: 6)"), cells("b.ipynb", "h = 1")
    nbval_data.skip_without_mnist([*mnist, *others], lambda: False)
    assert [len(item.markers) for item in (*mnist, *others)] == [1, 1, 0, 0]
    assert mnist[0].markers[0].name == "skip"
    assert "data/README.md" in mnist[0].markers[0].kwargs["reason"]


def test_with_mnist_nothing_is_skipped() -> None:
    items = cells("a.ipynb", "Digits(MNIST: 6)")
    nbval_data.skip_without_mnist(items, lambda: True)
    assert not any(item.markers for item in items)


def test_nobody_looks_for_mnist_in_vain() -> None:
    def is_there() -> bool:
        pytest.fail("no chapter needs it")

    nbval_data.skip_without_mnist(cells("b.ipynb", "h = 1"), is_there)
