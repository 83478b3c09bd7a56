"""The cells in Keras on every backend: taken, run, compared; the environments."""

import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from scripts import environments
from scripts import test_backends as backends
from scripts.notebooks import (
    NotebookError,
    chapter_paths,
    code_cells,
    read_notebook,
    tags,
)
from scripts.test_backends import BackendError, Cell

VERDICT = "training perplexity at most 1.3: True\n"


def cell(name: str, *outputs: dict, tag: str = "keras", source: str = "") -> dict:
    return new_code_cell(
        source, id=name, metadata={"tags": [tag]}, outputs=list(outputs)
    )


def printed(text: str, name: str = "stdout") -> dict:
    return new_output("stream", name=name, text=text)


def test_the_tagged_cells_are_taken_in_order() -> None:
    notebook = new_notebook(
        cells=[
            cell("later", printed("no"), tag="test"),
            cell("net", source="import keras"),
            cell("fit", printed("one\n"), printed(VERDICT), source="print()"),
        ]
    )
    assert backends.keras_cells(notebook) == [
        Cell("net", "import keras", ""),
        Cell("fit", "print()", "one\n" + VERDICT),
    ]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([], "No code cell is tagged 'keras'"),
        ([cell("fit", printed(VERDICT), tag="test")], "No code cell is tagged"),
        ([cell("net"), cell("fit")], "have printed nothing to compare a run with"),
        (
            [cell("fit", printed(VERDICT), new_output("execute_result"))],
            "Cell fit has an output that it did not print (execute_result)",
        ),
        (
            [cell("fit", printed(VERDICT), printed("beware", "stderr"))],
            "Cell fit has an output that it did not print (stream)",
        ),
    ],
)
def test_cells_that_prove_nothing_are_refused(cells: list[dict], said: str) -> None:
    with pytest.raises(NotebookError) as refusal:
        backends.keras_cells(new_notebook(cells=cells))
    assert said in str(refusal.value)


def test_what_the_cells_find_is_there_without_a_framework() -> None:
    names = "V, vocabulary.decode(indices[:3]) == text[:3], task.epoch(0)[0].shape"
    asked = ("ask", f"import sys; print('keras' in sys.modules, {names})")
    prelude = backends.PRELUDES["char_lm"]
    _, words = backends.run_on("jax", [("set-up", prelude), asked], python())
    assert words == "False 1012 True (32, 280)\n"


def test_every_chapter_with_cells_in_keras_is_known() -> None:
    tagged = {
        path.stem
        for path in chapter_paths()
        if any(backends.TAG in tags(c) for c in code_cells(read_notebook(path)))
    }
    assert tagged == set(backends.PRELUDES)


def python() -> str:
    return sys.executable


def test_cells_share_their_names_and_print_apart() -> None:
    sources = [("a", "x = 'χ'"), ("b", "print(x)"), ("c", "print(x * 2, end='')")]
    assert backends.run_on("jax", sources, python()) == ["", "χ\n", "χχ"]


@pytest.mark.parametrize("backend", backends.BACKENDS)
def test_a_backend_is_set_and_no_gpu_is_seen(backend: str) -> None:
    names = "KERAS_BACKEND", "CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"
    source = f"import os; print([os.environ[name] for name in {names}])"
    (words,) = backends.run_on(backend, [("a", source)], python())
    assert words == f"{[backend, '-1', 'cpu']}\n"


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_tensorflow_is_out_of_reach_on_another_backend(backend: str) -> None:
    with pytest.raises(BackendError, match="import of tensorflow halted"):
        backends.run_on(backend, [("a", "import tensorflow")], python())


def test_a_cell_that_fails_is_named() -> None:
    with pytest.raises(BackendError) as failure:
        backends.run_on("jax", [("a", "x = 1"), ("fit", "x = 2\nx / 0")], python())
    first, *rest = str(failure.value).splitlines()
    assert first == "ZeroDivisionError: division by zero"
    assert 'File "fit", line 2' in "\n".join(rest)


CELLS = [Cell("net", "", ""), Cell("fit", "", f"took 3 s\n{VERDICT}")]


def answer(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Let the cells have printed something, without running them."""
    monkeypatch.setattr(backends, "run_on", lambda *given: ["", *words])


def test_cells_that_print_the_same_apart_from_times_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, "", f"took 41.5 s\n{VERDICT}", "3.15.1 jax")
    assert backends.check("jax", CELLS, "", "") == "3.15.1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("", "took 3 s\n", "3.15.1 jax"), "Cell fit prints 'took 3 s"),
        (("", VERDICT.replace("T", "F"), "3.15.1 jax"), "Cell fit prints 'training"),
        (("1", f"took 3 s\n{VERDICT}", "3.15.1 jax"), "Cell net prints '1'; stored"),
        (("", f"took 3 s\n{VERDICT}", "3.15.1 tensorflow"), "Keras ran on tensorflow"),
    ],
)
def test_cells_that_print_something_else_fail(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    answer(monkeypatch, *words)
    with pytest.raises(BackendError) as failure:
        backends.check("jax", CELLS, "", "")
    assert said in str(failure.value)


@pytest.fixture
def notebook(tmp_path: Path) -> str:
    path = tmp_path / "a.ipynb"
    stored = new_notebook(cells=[cell("fit", printed(VERDICT))])
    path.write_text(nbformat.writes(stored), encoding="utf-8")
    return str(path)


def test_every_backend_gets_its_line_even_if_one_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], notebook: str
) -> None:
    def check(backend: str, cells: list[Cell], python: str, prelude: str) -> str:
        assert prelude == ""
        assert python == f"python for {backend}"
        if backend == "jax":
            raise BackendError("Cell fit prints something else.")
        return "3.15.1"

    monkeypatch.setattr(backends, "check", check)
    monkeypatch.setattr(backends, "python_for", lambda name: f"python for {name}")
    assert backends.main(["--notebook", notebook]) == 1
    *lines, empty, verdict = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["tensorflow", "passed"],
        ["jax", "FAILED"],
        ["torch", "passed"],
    ]
    assert "Cell fit prints something else." in lines[1]
    assert (empty, verdict) == ("", "FAILED")
    assert backends.main(["--notebook", notebook, "torch"]) == 0
    line, empty, verdict = capsys.readouterr().out.splitlines()
    assert line.startswith("torch      passed in 0 s: a, 1 cells: Keras 3.15.1")
    assert verdict == "All backends passed."


def test_a_framework_that_cannot_be_installed_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], notebook: str
) -> None:
    def python_for(backend: str) -> str:
        raise RuntimeError(f"{backend} could not be installed; see above.")

    monkeypatch.setattr(backends, "python_for", python_for)
    assert backends.main(["--notebook", notebook, "jax", "torch"]) == 1
    shown = capsys.readouterr().out
    assert "jax could not be installed" in shown
    assert "torch could not be installed" in shown


def test_what_is_unknown_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit):
        backends.main(["jaks"])
    said = capsys.readouterr().err
    assert "no backend 'jaks'; the backends are tensorflow, jax, torch" in said
    assert backends.main(["--notebook", str(tmp_path / "absent.ipynb")]) == 1
    assert "There is no notebook" in capsys.readouterr().err


def test_tensorflow_runs_in_the_course_s_own_environment() -> None:
    assert backends.python_for("tensorflow") == sys.executable


def wheel(folder: Path, version: str) -> str:
    """Write a package of one module that says its version; return the file."""
    path = folder / f"toy-{version}-py3-none-any.whl"
    info = f"toy-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("toy.py", f"version = '{version}'\n")
        text = f"Metadata-Version: 2.1\nName: toy\nVersion: {version}\n"
        file.writestr(f"{info}/METADATA", text + "Requires-Dist: numpy\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return str(path)


def answer_of(python: str, code: str) -> str:
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return done.stdout + done.stderr


def test_an_environment_adds_a_package_to_the_course_s(tmp_path: Path) -> None:
    home, offline = tmp_path / "toy", "--no-index"  # NumPy is there already
    python = environments.python_with(home, offline, wheel(tmp_path, "1.0"))
    assert "No module named" in answer_of(sys.executable, "import toy")
    code = "import numpy, toy, unrolled, sys; print(toy.version, numpy.__file__)"
    version, place = answer_of(python, code).split()
    assert version == "1.0"
    assert not Path(place).is_relative_to(tmp_path)

    mark = home / "mark"
    mark.touch()
    assert environments.python_with(home, offline, wheel(tmp_path, "1.0")) == python
    assert mark.exists(), "an environment is made once"
    environments.python_with(home, offline, wheel(tmp_path, "2.0"))
    assert not mark.exists(), "other packages need another one"
    assert answer_of(python, code).startswith("2.0 ")


def test_an_environment_that_cannot_be_made_is_tried_again(tmp_path: Path) -> None:
    home, absent = tmp_path / "toy", str(tmp_path / "toy-1.0-py3-none-any.whl")
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"toy-1\.0.* could not be installed"):
            environments.python_with(home, "--no-index", absent)
    environments.python_with(home, "--no-index", wheel(tmp_path, "1.0"))
