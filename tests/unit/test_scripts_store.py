"""Storing a chapter: clean runs only, the same file every time, never half a file."""

import base64
import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts import notebooks, store
from scripts.notebooks import NotebookError


def write(path: Path, *sources: str) -> Path:
    cells = [new_markdown_cell("# Title", id="the-title")]
    cells += [new_code_cell(s, id=f"cell-{i}") for i, s in enumerate(sources, 1)]
    path.write_text(nbformat.writes(new_notebook(cells=cells)), encoding="utf-8")
    return path


def without_record(path: Path) -> dict:
    content = json.loads(path.read_text(encoding="utf-8"))
    record = content["metadata"].pop("unrolled")
    del record["seconds"], record["date"]
    return content | {"record": record}


def test_a_clean_run_is_stored_with_its_record(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "x = 6", "print('ones:', x * 7)", "x")
    store.store(path)
    stored = nbformat.read(path, as_version=4)
    code = notebooks.code_cells(stored)
    assert [cell.id for cell in code] == ["cell-1", "cell-2", "cell-3"]
    assert [cell.execution_count for cell in code] == [1, 2, 3]
    assert code[1].outputs[0].text == "ones: 42\n"
    assert code[2].outputs[0].data["text/plain"] == "6"
    record = stored.metadata["unrolled"]
    assert set(record) == {"seconds", "date", "python", "versions", "processor"}
    assert 0 < record["seconds"] < 600
    assert record["versions"]["numpy"]
    assert not any("execution" in cell.metadata for cell in stored.cells)


def test_a_second_run_stores_the_same_file(tmp_path: Path) -> None:
    # Printing with a flush makes the kernel cut its text into several pieces.
    source = "for n in range(3):\n    print(n, flush=True)"
    path = write(tmp_path / "a.ipynb", source, "{'b': 1}")
    store.store(path)
    first = without_record(path)
    assert len(first["cells"][1]["outputs"]) == 1
    store.store(path)
    assert without_record(path) == first


def test_old_outputs_counts_and_timestamps_do_not_survive(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "1 + 1")
    notebook = nbformat.read(path, as_version=4)
    cell = notebook.cells[1]
    cell.execution_count = 17
    cell.outputs = [new_output("stream", name="stdout", text="old")]
    cell.metadata["execution"] = {"iopub.status.busy": "2020-01-01T00:00:00Z"}
    cell.metadata["tags"] = ["hide-input"]
    notebook.metadata["language_info"] = {"name": "python", "version": "3.0"}
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    store.store(path)
    stored = nbformat.read(path, as_version=4)
    assert stored.cells[1].execution_count == 1
    assert stored.cells[1].metadata == {"tags": ["hide-input"]}
    assert "old" not in path.read_text(encoding="utf-8")
    assert stored.metadata["language_info"] == {"name": "python"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ValueError('no ones')", "cell cell-2: ValueError: no ones"),
        ("import sys; print('oops', file=sys.stderr)", "cell cell-2 writes to stderr"),
        ("import warnings; warnings.warn('beware')", "cell cell-2 writes to stderr"),
        ("import os; os._exit(1)", "kernel died"),
    ],
)
def test_a_bad_run_is_refused_and_leaves_the_file(
    tmp_path: Path, source: str, said: str
) -> None:
    path = write(tmp_path / "a.ipynb", "1", source)
    before = path.read_bytes()
    with pytest.raises(NotebookError, match="is not stored") as caught:
        store.store(path)
    assert said in str(caught.value)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_that_is_allowed_by_a_tag_is_refused_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "1 / 0")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["tags"] = ["raises-exception"]
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    with pytest.raises(NotebookError, match="cell-1: ZeroDivisionError"):
        store.store(path)


def test_a_cell_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "import time; time.sleep(60)")
    with pytest.raises(NotebookError, match="more than 1 s"):
        store.store(path, timeout=1)


def test_a_run_never_sees_a_gpu(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "import os; os.environ['CUDA_VISIBLE_DEVICES']")
    store.store(path)
    stored = nbformat.read(path, as_version=4)
    assert stored.cells[1].outputs[0].data["text/plain"] == "'-1'"


def test_writing_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(notebooks.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        notebooks.write_text("new", path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_command_reports_each_notebook_and_fails_if_one_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good.ipynb", "1")
    bad = write(tmp_path / "bad.ipynb", "1 / 0")
    assert store.main([str(bad), str(good)]) == 1
    printed = capsys.readouterr()
    assert "good.ipynb: stored after" in printed.out
    assert "bad.ipynb is not stored: cell cell-1: ZeroDivisionError" in printed.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "not a valid notebook"),
        ('{"nbformat": 4, "nbformat_minor": 5}', "not a valid notebook"),
        (
            '{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}',
            "cells have ids from format 4.5 on",
        ),
    ],
)
def test_a_file_that_is_no_current_notebook_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotebookError, match=said):
        notebooks.read_notebook(path)


def test_an_unknown_chapter_is_named_with_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path / "theory.ipynb", "1")
    assert notebooks.chosen_paths(["theory"], tmp_path) == [tmp_path / "theory.ipynb"]
    with pytest.raises(NotebookError, match=r"no notebook teory; .* are: theory"):
        notebooks.chosen_paths(["teory"], tmp_path)
    with pytest.raises(NotebookError, match="no notebook in"):
        notebooks.chosen_paths([], tmp_path / "empty")


DEMO = f"""
import sys
sys.path.insert(0, {str(notebooks.ROOT)!r})
from IPython.display import display
from tests.demo.demo import Demo
demo = Demo(count=5)
"""


def widget_states(path: Path) -> dict:
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    return metadata["widgets"][store.WIDGET_STATE]["state"]


def test_a_view_is_stored_with_its_state_under_a_lasting_name(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.ipynb", f"{DEMO}hidden = Demo()", "demo", "demo.count = 7"
    )
    store.store(path)
    output = notebooks.code_cells(nbformat.read(path, as_version=4))[1].outputs[0]
    assert output.data[store.WIDGET_VIEW]["model_id"] == "cell-2-1"
    assert 'data-view="demo" data-model="cell-2-1"' in output.data["text/html"]
    models = widget_states(path)
    assert set(models) == {"cell-2-1", "cell-2-2"}  # the hidden one is not among them
    state = models["cell-2-1"]["state"]
    assert (state["count"], state["view"]) == (7, "demo")
    assert state["layout"] == "IPY_MODEL_cell-2-2"
    assert models["cell-2-2"]["model_name"] == "LayoutModel"
    (buffer,) = models["cell-2-1"]["buffers"]
    record = np.frombuffer(base64.b64decode(buffer["data"]), "<f4")
    assert (buffer["path"], record.tolist()) == (["record"], [1.0, 2.0, 3.0])


def test_a_second_run_stores_the_same_views(tmp_path: Path) -> None:
    sources = DEMO, "display(Demo(), demo)", "demo"
    path = write(tmp_path / "a.ipynb", *sources)
    store.store(path)
    first = without_record(path)
    store.store(path)
    assert without_record(path) == first
    shown = [
        output["data"][store.WIDGET_VIEW]["model_id"]
        for cell in first["cells"][1:]
        for output in cell["outputs"]
    ]
    assert shown == ["cell-2-1", "cell-2-2", "cell-2-2"]


def test_a_display_that_was_updated_is_stored_in_its_last_form(tmp_path: Path) -> None:
    show = f"{DEMO}handle = display(demo, display_id=True)"
    change = "demo.alt = 'Three bars at the end.'\nhandle.update(demo)"
    path = write(tmp_path / "a.ipynb", show, change)
    store.store(path)
    code = notebooks.code_cells(nbformat.read(path, as_version=4))
    (output,) = code[0].outputs
    assert 'alt="Three bars at the end."' in output.data["text/html"]
    assert output.data[store.WIDGET_VIEW]["model_id"] == "cell-1-1"
    assert code[1].outputs == []


def test_a_notebook_without_a_view_keeps_no_state(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", DEMO, "demo")
    store.store(path)
    write(path, DEMO)
    store.store(path)
    assert "widgets" not in nbformat.read(path, as_version=4).metadata
