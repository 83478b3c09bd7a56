"""Every chapter keeps the rules of scripts/check_chapters.py."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from scripts import check_chapters, library_cells, store, student
from scripts.notebooks import chapter_paths, code_cells, read_notebook, tags

CHAPTERS = chapter_paths()
EVERY_CHAPTER = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def library_tagged(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in code_cells(notebook) if "library" in tags(cell)]


def test_there_are_the_chapters_that_the_course_promises() -> None:
    assert {path.stem for path in CHAPTERS} >= {
        "theory",
        "linear_rnn",
        "echo_rnn",
        "char_lm",
        "mnist_lstm",
    }


@pytest.mark.parametrize("check", check_chapters.CHECKS, ids=lambda c: c.__name__)
@EVERY_CHAPTER
def test_the_chapter_keeps_the_rule(path: Path, check) -> None:
    assert check(read_notebook(path)) == []


@EVERY_CHAPTER
def test_the_file_is_small(path: Path) -> None:
    assert check_chapters.check_size(path) == []


@EVERY_CHAPTER
def test_the_chapter_shows_functions_of_the_library(path: Path) -> None:
    assert library_tagged(read_notebook(path))


class Nudge(ast.NodeTransformer):
    """Changes the first operator, comparison, number or call that it meets."""

    def __init__(self) -> None:
        self.done = False

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if self.done:
            return node
        self.done = True
        match node:
            case ast.BinOp(op=ast.Add()):
                node.op = ast.Sub()
            case ast.BinOp():
                node.op = ast.Add()
            case ast.Constant(value=int() | float()):
                node.value += 1
            case ast.Call():
                return ast.UnaryOp(op=ast.USub(), operand=node)
            case _:
                self.done = False
                return super().generic_visit(node)
        return node


@EVERY_CHAPTER
def test_a_changed_library_cell_would_be_noticed(path: Path) -> None:
    notebook = read_notebook(path)
    for cell in library_tagged(notebook):
        nudge = Nudge()
        changed = nudge.visit(ast.parse(cell.source))
        assert nudge.done, f"nothing to change in cell {cell.id}"
        cell.source = ast.unparse(ast.fix_missing_locations(changed))
    found = library_cells.problems(notebook)
    for cell in library_tagged(notebook):
        assert any(f"cell {cell.id} has a function" in text for text in found)


SHORT_TRAINING = """
from unrolled import device

device.start()
from unrolled.training import image_run_tf, truncated_tf

whole_run = truncated_tf.WindowRun.__init__
whole_image_run = image_run_tf.ImageRun.__init__


def brief_run(run, net, task, rule, epochs, *others):
    whole_run(run, net, task, rule, min(epochs, 2), *others)


def brief_image_run(run, net, task, rule, epochs, updates, *others):
    whole_image_run(run, net, task, rule, epochs, min(updates or 20, 20), *others)


truncated_tf.WindowRun.__init__ = brief_run
image_run_tf.ImageRun.__init__ = brief_image_run

import keras

whole_fit = keras.Model.fit
keras.Model.fit = lambda *parts, **named: whole_fit(*parts, **{**named, "epochs": 1})
"""
"""Nets are trained in full where the outputs are compared (nbval); here it is enough
that the cells run."""


@EVERY_CHAPTER
def test_the_student_copy_runs_from_top_to_bottom(path: Path) -> None:
    chapter = read_notebook(path)
    checks = {c.id for c in code_cells(chapter) if "check" in tags(c)}
    copy = student.student_copy(chapter)
    assert {c.id for c in code_cells(copy) if "check" in tags(c)} == checks
    assert not any({"solution", "test"} & tags(cell) for cell in copy.cells)
    assert "{solution" not in check_chapters.markdown_text(copy)
    source = "".join(cell.source for cell in code_cells(copy))
    if "text_run_tf" in source or "image_run_tf" in source:
        copy.cells.insert(0, nbformat.v4.new_code_cell(SHORT_TRAINING))
    assert store.run(copy, path.parent, timeout=120) > 0
