"""The rules for chapters: each is kept by a sound notebook, and notices its breach."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts import check_chapters, library_cells, store

OPENING = """\
# Counting

After this chapter you will be able to count.

Time needed: 40 minutes. Prerequisites: matrices.

## What goes wrong: counting twice

```{admonition} What goes wrong
Counting backwards.
```

![Three ones in a row](ones.svg)

```{exercise} Count
:label: ex-counting-1
Count.
```

```{solution} ex-counting-1
:class: dropdown
One, two, three.
```
"""

KERNEL = dedent(
    '''
    """A module of the library."""

    import numpy as np

    from unrolled.validation import finite_array, number


    def step(x: float, h: float, w: float = 1.5) -> float:
        """Make one step.

        Raises:
            ValueError: If the weight is negative.
        """
        if w < 0:
            raise ValueError("w must not be negative.")
        z: float = x + w * h  # the pre-activation
        return z


    def forward(inputs, w):
        """Run."""
        xs = finite_array("inputs", inputs, "T")
        w = number("w", w)
        h = 0.0
        for x in xs:
            h = step(x, h, w)
        return h
    '''
)

STEP_CELL = "def step(x, h, w=1.5):\n    z = x + w * h\n    return z"
FORWARD_CELL = (
    "def forward(inputs, w):\n    h = 0.0\n"
    "    for x in inputs:\n        h = step(x, h, w)\n    return h"
)


def chapter(*, library: str | None = None) -> NotebookNode:
    """Make a small notebook that keeps every rule."""
    check = new_code_cell('check("counting-1", 3)', id="check-count")
    check.metadata["tags"] = ["check"]
    cells = [
        new_markdown_cell(OPENING, id="counting"),
        new_code_cell("1 + 2", id="add-ones"),
        check,
    ]
    if library is not None:
        metadata = {"tags": ["library"], "library": "unrolled.cells.toy"}
        cells.append(new_code_cell(library, id="toy-step", metadata=metadata))
    for count, cell in enumerate(cells[1:], 1):
        cell.execution_count = count
    return new_notebook(cells=cells, metadata={"unrolled": {"seconds": 0.1}})


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "unrolled" / "cells"
    folder.mkdir(parents=True)
    (folder / "toy.py").write_text(KERNEL, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("check", check_chapters.CHECKS)
def test_a_sound_chapter_keeps_every_rule(check: Callable) -> None:
    assert check(chapter()) == []


def change_id(name: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        notebook.cells[1].id = name

    return change


def append_output(**fields: object) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        notebook.cells[1].outputs.append(new_output(**fields))

    return change


def replace_text(old: str, new: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        assert old in notebook.cells[0].source
        notebook.cells[0].source = notebook.cells[0].source.replace(old, new)

    return change


def replace_source(index: int, source: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        notebook.cells[index].source = source

    return change


def set_count(count: int | None) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        notebook.cells[1].execution_count = count

    return change


def untag(notebook: NotebookNode) -> None:
    notebook.cells[2].metadata["tags"] = []


def forget_record(notebook: NotebookNode) -> None:
    del notebook.metadata["unrolled"]


PICTURE = {"image/svg+xml": "<svg></svg>"}
DRAWING = {"text/html": '<svg viewBox="0 0 1 1"><path/></svg>'}
VIEW_HTML = (
    '<div class="unrolled-view" data-view="demo" data-model="add-ones-1" role="group" '
    'aria-label="Demo"><img alt="A line" src="data:image/svg+xml,%3Csvg/%3E"></div>'
)
VIEW = {
    "text/plain": "Demo: an interactive figure",
    "text/html": VIEW_HTML,
    store.WIDGET_VIEW: {"model_id": "add-ones-1"},
}


def show_view(**changes: object) -> Callable[[NotebookNode], None]:
    """Show a view, with parts of its output changed, and store its state."""

    def change(notebook: NotebookNode) -> None:
        data = nbformat.from_dict(VIEW | changes)
        notebook.cells[1].outputs.append(new_output("display_data", data=data))
        state = {"state": {"add-ones-1": {"state": {}}}}
        notebook.metadata["widgets"] = nbformat.from_dict({store.WIDGET_STATE: state})

    return change


NINE_LINES = "\n".join(["x = 1"] * 9)

BREACHES = [
    ("check_ids", change_id("counting"), "used 2 times"),
    ("check_ids", change_id("Add_Ones"), "not a slug"),
    ("check_ids", change_id("1f0c77ab"), "not a slug"),
    ("check_ids", change_id("9d5ab0f4-26a4-4c3e-8e0c-1f2e3d4c5b6a"), "not a slug"),
    ("check_clean_run", set_count(None), "execution counts"),
    ("check_clean_run", set_count(3), "execution counts"),
    ("check_clean_run", forget_record, "no execution record"),
    (
        "check_clean_run",
        append_output(output_type="stream", name="stderr", text="Warning: x"),
        "cell add-ones writes to stderr: Warning: x",
    ),
    (
        "check_clean_run",
        append_output(output_type="error", ename="E", evalue="v", traceback=[]),
        "cell add-ones: E: v",
    ),
    ("check_lengths", replace_source(1, "\n".join(["x = 1"] * 26)), "26 lines"),
    ("check_lengths", replace_source(1, NINE_LINES), "median lesson cell has 9"),
    ("check_lengths", replace_source(1, " \n"), "cell add-ones is empty"),
    ("check_images", replace_text("[Three ones in a row]", "[ ]"), "has no text"),
    ("check_images", replace_text("# Counting", '<img src="a.png">'), "has no alt"),
    (
        "check_images",
        replace_text("# Counting", "```{figure} a.svg\n:width: 3em\nOnes\n```"),
        "has no :alt:",
    ),
    (
        "check_images",
        append_output(output_type="display_data", data=PICTURE),
        "mystnb.image.alt",
    ),
    (
        "check_images",
        append_output(output_type="display_data", data=DRAWING),
        "neither aria-label nor title",
    ),
    (
        "check_images",
        show_view(**{"text/html": VIEW_HTML.replace('alt="A line" ', "")}),
        "has no alt",
    ),
    (
        "check_views",
        show_view(**{"text/html": "<b>bars</b>"}),
        "cell add-ones shows a widget that is no view",
    ),
    (
        "check_views",
        show_view(**{store.WIDGET_VIEW: {"model_id": "another"}}),
        "the state of the view in cell add-ones is not stored",
    ),
    ("check_opening", replace_text("you will be able to", "one can"), "the objectives"),
    ("check_opening", replace_text("Time needed: 40 minutes. ", ""), "the time needed"),
    ("check_opening", replace_text("Prerequisites", "Before"), "the prerequisites"),
    ("check_exercises", replace_text("{exercise}", "{note}"), "no exercise"),
    (
        "check_exercises",
        replace_text(":label: ex-counting-1\n", ""),
        "has the label ''",
    ),
    ("check_exercises", replace_text("{solution}", "{note}"), "has 0 solutions"),
    (
        "check_exercises",
        replace_text("{solution} ex-counting-1", "{solution} ex-counting-2"),
        "a solution is for ex-counting-2, which is no exercise",
    ),
    ("check_exercises", untag, "no cell tagged `check` checks 'counting-1'"),
    (
        "check_exercises",
        replace_source(2, 'check("counting-11", 3)'),
        "no cell tagged `check` checks 'counting-1'",
    ),
    (
        "check_went_wrong",
        replace_text("## What goes wrong", "## Beware"),
        "are 1 boxes",
    ),
]


@pytest.mark.parametrize(("rule", "change", "said"), BREACHES)
def test_a_breach_is_noticed(
    rule: str, change: Callable[[NotebookNode], None], said: str
) -> None:
    notebook = chapter()
    change(notebook)
    found = getattr(check_chapters, rule)(notebook)
    assert any(said in text for text in found), found


def test_pictures_with_words_are_accepted() -> None:
    notebook = chapter()
    cell = notebook.cells[1]
    cell.metadata["mystnb"] = {"image": {"alt": "A line that rises."}}
    cell.outputs = [
        new_output("display_data", data=PICTURE),
        new_output("display_data", data={"text/html": '<svg aria-label="A line"/>'}),
        new_output("display_data", data={"text/html": "<svg><title>A line</title>"}),
    ]
    notebook.cells[0].source += "\n```{figure} a.svg\n:width: 3em\n:alt: Ones\n```"
    assert check_chapters.check_images(notebook) == []


def test_a_view_that_is_stored_whole_is_accepted() -> None:
    notebook = chapter()
    show_view()(notebook)
    assert check_chapters.check_images(notebook) == []
    assert check_chapters.check_views(notebook) == []


def test_a_large_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(b" " * 1_499_999)
    assert check_chapters.check_size(path) == []
    path.write_bytes(b" " * 1_500_001)
    assert check_chapters.check_size(path) == [
        "the file has 1.50 MB; it must stay under 1.5 MB"
    ]


def test_the_command_names_file_and_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = chapter()
    path = tmp_path / "a.ipynb"
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    assert check_chapters.main([str(path)]) == 0
    store.clear(notebook)
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    assert check_chapters.main([str(path)]) == 1
    assert "a.ipynb: the execution counts are" in capsys.readouterr().out


@pytest.mark.parametrize(
    "cell",
    [
        STEP_CELL,
        FORWARD_CELL,
        f"{STEP_CELL}\n\n\n{FORWARD_CELL}",
        STEP_CELL.replace("z = x + w * h", "z = (x + (w * h))  # a comment"),
        STEP_CELL.replace("x, h,", "x: float, h: float,"),
        STEP_CELL.replace("    z", '    """A docstring of its own."""\n    z', 1),
        FORWARD_CELL.replace("inputs", "bits")
        .replace("bits, w):", "inputs, w):")
        .replace(
            "\n    h = 0.0", '\n    bits = finite_array("bits", inputs)\n    h = 0.0'
        ),
    ],
)
def test_a_cell_like_the_library_is_accepted(library: Path, cell: str) -> None:
    assert library_cells.problems(chapter(library=cell), library) == []


@pytest.mark.parametrize(
    "cell",
    [
        STEP_CELL.replace("+", "-"),
        STEP_CELL.replace("w * h", "h * w"),
        STEP_CELL.replace("1.5", "1.0"),
        STEP_CELL.replace("w=1.5", "w"),
        STEP_CELL.replace("x, h,", "h, x,"),
        STEP_CELL.replace(
            "    return z", "    if z < 0:\n        raise ValueError\n    return z"
        ),
        STEP_CELL.replace("return z", "return h"),
        STEP_CELL.replace("\n    return z", ""),
        FORWARD_CELL.replace("0.0", "1.0"),
        FORWARD_CELL.replace("in inputs", "in inputs[1:]"),
        f"@cached\n{STEP_CELL}",
        f"{STEP_CELL}\n\n\n{FORWARD_CELL.replace('0.0', '1.0')}",
    ],
)
def test_a_cell_unlike_the_library_is_noticed(library: Path, cell: str) -> None:
    (problem,) = library_cells.problems(chapter(library=cell), library)
    assert "unlike the one of unrolled.cells.toy" in problem


def test_a_change_of_the_library_is_noticed(library: Path) -> None:
    path = library / "unrolled" / "cells" / "toy.py"
    path.write_text(KERNEL.replace("x + w * h", "x + w * h * h"), encoding="utf-8")
    assert library_cells.problems(chapter(library=STEP_CELL), library)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            f"{STEP_CELL}\n\nprint(step(1, 2))",
            "holds more than functions (line 5: print",
        ),
        (
            f"import numpy as np\n{STEP_CELL}",
            "holds more than functions (line 1: import",
        ),
        ("def stop(x):\n    return x", "has a function stop that"),
        ("def step(x:", "is not valid Python"),
        ("# nothing", "is empty"),
    ],
)
def test_a_cell_with_other_content_is_noticed(
    library: Path, cell: str, said: str
) -> None:
    (problem,) = library_cells.problems(chapter(library=cell), library)
    assert said in problem


def test_module_and_tag_belong_together(library: Path) -> None:
    notebook = chapter(library=STEP_CELL)
    cell = notebook.cells[-1]
    cell.metadata["library"] = "unrolled.cells.other"
    assert "does not exist" in library_cells.problems(notebook, library)[0]
    del cell.metadata["library"]
    assert "has no module" in library_cells.problems(notebook, library)[0]
    cell.metadata = {"library": "unrolled.cells.toy"}
    assert "lacks the tag" in library_cells.problems(notebook, library)[0]
