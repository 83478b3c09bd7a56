"""Student copies: no outputs, no trace of a solution, checks and exercises kept."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts import student
from scripts.notebooks import NotebookError

SECRET = "the secret answer"


def markdown(source: str, *tags: str, name: str = "some-text") -> nbformat.NotebookNode:
    return new_markdown_cell(source, id=name, metadata={"tags": list(tags)})


def code(source: str, *tags: str, name: str = "some-code") -> nbformat.NotebookNode:
    output = new_output("stream", name="stdout", text=f"printed by {source}")
    return new_code_cell(
        source, id=name, metadata={"tags": list(tags)}, outputs=[output]
    )


def copied(*cells: nbformat.NotebookNode) -> list[str]:
    notebook = student.student_copy(new_notebook(cells=list(cells)))
    text = nbformat.writes(notebook)
    assert SECRET not in text
    assert "printed by" not in text
    return [cell.source for cell in notebook.cells]


def test_outputs_go_and_the_rest_of_a_lesson_stays() -> None:
    assert copied(markdown("# Title"), code("x = 1")) == ["# Title", "x = 1"]


def test_cells_tagged_solution_or_test_go_and_checks_stay() -> None:
    kept = copied(
        code("attempt = None", name="attempt"),
        code("check('theory-1', attempt)", "check", name="check"),
        code(f"answer = '{SECRET}'", "solution", name="solution"),
        markdown(f"Because of {SECRET}", "solution", name="why"),
        code(f"assert answer == '{SECRET}'", "test", "remove-cell", name="test"),
    )
    assert kept == ["attempt = None", "check('theory-1', attempt)"]


@pytest.mark.parametrize("fence", ["```", "````", ":::", "::::", "~~~"])
def test_solution_directives_go_and_text_around_them_stays(fence: str) -> None:
    exercise = f"{fence}{{exercise}} Title\n:label: ex-a-1\nDo it.\n{fence}"
    source = (
        f"Before.\n\n{exercise}\n\n"
        f"{fence}{{solution}} ex-a-1\n:class: dropdown\n{SECRET}\n{fence}\n\nAfter."
    )
    (kept,) = copied(markdown(source))
    assert kept == f"Before.\n\n{exercise}\n\nAfter."


def test_a_longer_fence_may_hold_code() -> None:
    source = (
        f"````{{solution}} ex-a-1\n```python\n{SECRET}\n```\n{SECRET}\n````\nAfter."
    )
    assert copied(markdown(source)) == ["After."]


def test_a_gated_solution_goes_with_all_its_cells() -> None:
    kept = copied(
        markdown(
            "Ask.\n\n```{solution-start} ex-a-1\n:class: dropdown\n```\n" + SECRET
        ),
        code(f"answer = '{SECRET}'", name="answer"),
        markdown(SECRET, name="explanation"),
        markdown(f"{SECRET}\n```{{solution-end}}\n```\n\nNext.", name="end"),
        code("x = 2", name="next"),
    )
    assert kept == ["Ask.", "Next.", "x = 2"]


def test_a_gated_exercise_stays() -> None:
    source = "```{exercise-start}\n:label: ex-a-1\n```"
    assert copied(markdown(source), code("x = ...")) == [source, "x = ..."]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["```{solution-start} a\n```"], "never ends"),
        (["```{solution-end}\n```"], "never started"),
        (["```{solution} a\ntext"], "never closed"),
        (
            ["```{solution-start} a\n```", "```{solution-start} b\n```"],
            "inside the one",
        ),
    ],
)
def test_a_solution_that_is_not_marked_without_a_doubt_is_refused(
    cells: list[str], said: str
) -> None:
    with pytest.raises(NotebookError, match=said):
        copied(*(markdown(s, name=f"text-{i}") for i, s in enumerate(cells)))


def test_the_command_writes_copies_and_never_over_a_chapter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chapter = tmp_path / "a.ipynb"
    cells = [code("x = 1"), code(SECRET, "solution", name="solution")]
    notebook = new_notebook(cells=cells, metadata={"unrolled": {"seconds": 1.0}})
    chapter.write_text(nbformat.writes(notebook), encoding="utf-8")
    before = chapter.read_bytes()
    assert student.main(["--into", str(tmp_path / "out"), str(chapter)]) == 0
    copy = nbformat.read(tmp_path / "out" / "a.ipynb", as_version=4)
    assert [cell.source for cell in copy.cells] == ["x = 1"]
    assert "unrolled" not in copy.metadata
    assert student.main(["--into", str(tmp_path), str(chapter)]) == 1
    assert "would overwrite" in capsys.readouterr().err
    assert chapter.read_bytes() == before
