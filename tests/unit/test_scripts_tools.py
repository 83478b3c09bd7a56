"""The smaller tools: Python's version, the lock, pictures, test run, machine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import (
    browser,
    check_python,
    lock,
    machine,
    nbval_pictures,
    notebooks,
    run_tests,
    store,
)


@pytest.mark.parametrize("version", [(3, 11), (3, 12, 1), (3, 13, 0, "final", 0)])
def test_a_supported_python_is_accepted(version: tuple) -> None:
    assert check_python.problem(version) == ""


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13), (3, 14, 0), (4, 0)])
def test_another_python_is_refused_with_a_way_out(version: tuple) -> None:
    message = check_python.problem(version)
    assert f"This is Python {version[0]}.{version[1]};" in message
    assert "3.11 to 3.13" in message
    assert "make PYTHON=" in message


def test_the_supported_pythons_are_those_of_the_package() -> None:
    text = Path(lock.ROOT, "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={lock.supported_pythons()[0]}"' in text
    assert lock.supported_pythons() == ["3.11", "3.12", "3.13"]


HASH = "    --hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    "text",
    [
        f"numpy==2.4.6 \\\n{HASH}\n",
        f"# by hand\nnumpy==2.4.6 ; sys_platform == 'win32' \\\n{HASH} \\\n{HASH}\n"
        "    # via keras\n",
    ],
)
def test_a_sound_lock_is_accepted(text: str) -> None:
    assert lock.problems(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no pinned package"),
        ("numpy==2.4.6\n", "neither a pin nor a hash"),
        (f"numpy==2.4.6 \\\nkeras==3.15.1 \\\n{HASH}\n", "line 1 has no hash"),
        (f"numpy>=2 \\\n{HASH}\n", "neither a pin nor a hash"),
        (f"numpy==2.4.6 \\\n{HASH[:-1]}\n", "has no hash"),
        (f"--index-url https://a.example/simple\nnumpy==1 \\\n{HASH}\n", "line 1"),
        (f"# from https://a.example/simple\nnumpy==1 \\\n{HASH}\n", "names a host"),
        (f"numpy @ file:///wheels/numpy.whl \\\n{HASH}\n", "neither a pin nor a hash"),
    ],
)
def test_an_unsound_lock_is_noticed(text: str, said: str) -> None:
    assert any(said in problem for problem in lock.problems(text))


PICTURE = (
    '<svg width="10.5pt"><defs><path id="m0123456789" d="M 1.234567 -0.000001"/></defs>'
    '<use xlink:href="#m0123456789" x="57.6" style="fill: #0072b2"/>'
    '<g clip-path="url(#pabcdef0123)"/><!-- 0.123456 --><text>0.123456</text></svg>'
)


def test_a_picture_survives_the_last_digits_of_another_processor() -> None:
    other = (
        PICTURE.replace("1.234567", "1.234566")
        .replace("-0.000001", "0.0")
        .replace("m0123456789", "m9876543210")
    )
    assert other != PICTURE
    assert nbval_pictures.comparable_picture(
        other
    ) == nbval_pictures.comparable_picture(PICTURE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1.234567", "1.334567"),
        ("57.6", "57.7"),
        ("#0072b2", "#d55e00"),
        ("<!-- 0.123456 -->", "<!-- 0.123457 -->"),
        ("<text>0.123456", "<text>0.123457"),
        ('"#m0123456789"', '"#pabcdef0123"'),
        ("M ", "L "),
    ],
)
def test_a_picture_that_looks_different_stays_different(old: str, new: str) -> None:
    assert old in PICTURE
    assert nbval_pictures.comparable_picture(
        PICTURE.replace(old, new)
    ) != nbval_pictures.comparable_picture(PICTURE)


def test_two_views_differ_by_their_names_alone() -> None:
    gates, surface, other = (
        nbval_pictures.comparable_picture(
            f'<div class="unrolled-view" data-view="{name}" data-model="{model}">'
        )
        for name, model in (("gates", "a"), ("surface", "a"), ("gates", "b"))
    )
    assert gates == other != surface


def test_text_that_is_no_picture_is_left_alone() -> None:
    text = "w_x = 1.00135554721 <p id='m0123456789'>"
    assert nbval_pictures.comparable_picture(text) == text


def notebook_with(source: str, text: str) -> str:
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    output = new_output("stream", name="stdout", text=text)
    cell = new_code_cell(source, id="a", outputs=[output], execution_count=1)
    return nbformat.writes(new_notebook(cells=[cell]))


def compared(path: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook as the step `notebooks` does and compare its outputs."""
    (step,) = [step for step in run_tests.steps() if step.name == "notebooks"]
    options = [word for word in step.command if not word.endswith(".ipynb")]
    options = [word for word in options if word not in ("-n", "--dist", "loadfile")]
    options = [word for word in options if not word.isdigit()]
    return subprocess.run(
        [*options, str(path)], cwd=lock.ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("source", "stored", "passes"),
    [
        ("print('took 1.25 s')", "took 3.5 s\n", True),
        ("print('/device:CPU:0')", "/device:GPU:1\n", True),
        ("print('loss 0.98')", "loss 0.98\n", True),
        ("print('loss 0.98')", "loss 0.97\n", False),
        ("print('5 steps')", "6 steps\n", False),
        ("1 / 0", "", False),
    ],
)
def test_notebooks_are_compared_apart_from_times_and_devices(
    tmp_path: Path, source: str, stored: str, passes: bool
) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(notebook_with(source, stored), encoding="utf-8")
    done = compared(path)
    assert (done.returncode == 0) is passes, done.stdout


VIEW = f"""
import sys
sys.path.insert(0, {str(lock.ROOT)!r})
from unrolled.views.figures.diagrams_forward import folded_and_unrolled
from tests.demo.demo import Broken, Demo
demo = Demo()
"""
OTHER_PICTURE = "demo.picture = folded_and_unrolled(); demo.alt = 'Other.'; demo"


@pytest.fixture(scope="module")
def stored_view(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a notebook whose one output is a view."""
    path = tmp_path_factory.mktemp("view") / "a.ipynb"
    path.write_text(notebook_with(f"{VIEW}demo", ""), encoding="utf-8")
    store.store(path)
    return path


@pytest.mark.parametrize(
    ("last_line", "passes"),
    [(OTHER_PICTURE, True), ("Broken()", False), ("print(demo)", False)],
)
def test_a_view_is_compared_by_its_name(
    stored_view: Path, tmp_path: Path, last_line: str, passes: bool
) -> None:
    notebook = notebooks.read_notebook(stored_view)
    assert "Demo: an interactive figure" in str(notebook.cells[0].outputs)
    notebook.cells[0].source = VIEW + last_line
    notebooks.write_notebook(notebook, tmp_path / "a.ipynb")
    done = compared(tmp_path / "a.ipynb")
    assert (done.returncode == 0) is passes, done.stdout


def test_a_test_run_goes_on_after_a_failure_and_sums_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = run_tests.Step(
        "good", (sys.executable, "-c", "print('== 3 passed in 1s ==')")
    )
    bad = run_tests.Step("bad", (sys.executable, "-c", "raise SystemExit(3)"))
    outcomes = [run_tests.run(step) for step in (bad, good)]
    text = run_tests.summary(outcomes)
    assert re.search(r"bad +FAILED \(exit status 3\)", text)
    assert re.search(r"good +passed: 3 passed in 1s", text)
    assert text.endswith("FAILED: bad")
    assert run_tests.summary(outcomes[1:]).endswith("All steps passed.")
    assert "== 3 passed in 1s ==" in capsys.readouterr().out


def test_the_counts_of_the_javascript_tests_enter_the_summary() -> None:
    lines = ["✔ adds up", "ℹ tests 14", "ℹ pass 12", "ℹ fail 0", "ℹ skipped 2"]
    words = ""
    for line in lines:
        words = run_tests.last_words(line, words)
    assert words == "12 pass, 2 skipped"
    code = "print('\\x1b[34mℹ pass 3\\x1b[39m')"
    outcome = run_tests.run(run_tests.Step("js", (sys.executable, "-c", code)))
    assert "passed: 3 pass [" in run_tests.summary([outcome])


def test_the_javascript_is_tested_by_the_node_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (step,) = [step for step in run_tests.steps() if step.name == "js"]
    assert step.command[-1] == "tests/js/*.test.js"
    monkeypatch.setenv("PATH", "")
    tests = tmp_path / "tests" / "js"
    tests.mkdir(parents=True)
    good = "import { test } from 'node:test'; test('good', () => {});"
    tests.joinpath("good.test.js").write_text(good)
    outcome = run_tests.run(step, tmp_path)
    assert (outcome.status, outcome.closing) == (0, "1 pass")
    bad = "import { test } from 'node:test'; test('bad', () => { throw 1; });"
    tests.joinpath("bad.test.js").write_text(bad)
    outcome = run_tests.run(step, tmp_path)
    assert (outcome.status, outcome.closing) == (1, "1 pass, 1 fail")
    assert len(list(lock.ROOT.glob(step.command[-1]))) >= 5, "no test is no success"


def test_the_steps_of_a_test_run_never_see_a_gpu_nor_a_keyboard() -> None:
    code = (
        "import os, sys; assert os.environ['CUDA_VISIBLE_DEVICES'] == '-1'; "
        "assert sys.stdin.read() == ''"
    )
    step = run_tests.Step("environment", (sys.executable, "-c", code))
    assert run_tests.run(step).passed


def test_a_test_run_covers_everything() -> None:
    commands = [" ".join(step.command[1:]) for step in run_tests.steps()]
    for part in ("ruff format", "ruff check", "mypy", "tests/unit", "tests/chapters"):
        assert any(part in command for command in commands)
    assert any("--nbval" in c and "--dist loadfile" in c for c in commands)
    for part in ("tests/site", "tests/lab"):
        assert any(part in command for command in commands)
    assert any("--test" in command and "tests/js" in command for command in commands)


def test_an_unknown_step_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_tests.main(["unti"])
    assert "there is no step 'unti'" in capsys.readouterr().err


def test_a_browser_is_taken_from_the_variable_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "chromium"
    mine.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    assert browser.system_browser() == str(mine)
    assert browser.system_browser(["no-such-browser"]) is None
    monkeypatch.setenv(browser.VARIABLE, str(tmp_path / "absent"))
    assert browser.system_browser() is None
    monkeypatch.setenv(browser.VARIABLE, sys.executable)
    assert browser.system_browser() == sys.executable


def test_a_missing_browser_is_named_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []
    monkeypatch.setattr(browser, "find_browser", lambda: None)
    monkeypatch.setattr(browser.subprocess, "run", lambda words: tried.append(words))
    assert "playwright install chromium" in browser.ensure_browser()
    assert tried[0][-3:] == ["playwright", "install", "chromium"]


def test_the_machine_is_described(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("processor : 0\nmodel name\t: Toy CPU 9\n", encoding="utf-8")
    assert machine.processor(info).startswith("Toy CPU 9, ")
    assert machine.processor(tmp_path / "absent")
    assert set(machine.record()) == {"date", "python", "versions", "processor"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", machine.today())
    assert machine.versions(["numpy", "no-such-package"]).keys() == {"numpy"}
