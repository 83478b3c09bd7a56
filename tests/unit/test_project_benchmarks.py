"""The benchmarks' machinery: turns, records, tables, environments of their own."""

import importlib
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks import chapters, environment, linear, measure, run, timing
from benchmarks.echo_programs import ours, start
from unrolled.cells.linear import forward
from unrolled.cells.tanh_tf import TANH
from unrolled.tasks import counting
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.surface import cost_surface


def record(suite: str, ratio: float, goal: float = 2.0) -> measure.Record:
    fixed = {"measure": "work", "against": "other work", "theirs": ratio, "ours": 1.0}
    return {"suite": suite, "ratio": ratio, "goal": goal, **fixed}


def test_ours_and_theirs_take_turns_and_medians_are_recorded() -> None:
    calls = []

    def seconds(name: str, times: list[float]):
        def one() -> float:
            calls.append(name)
            return times.pop(0)

        return one

    claim = measure.Measure(
        "toy", "work", "other work",
        ours=seconds("ours", [1.0, 9.0, 2.0]),
        theirs=seconds("theirs", [8.0, 4.0, 5.0]),
        goal=2, rounds=3,
    )  # fmt: skip
    assert measure.take_turns(claim) == {
        "suite": "toy",
        "measure": "work",
        "against": "other work",
        "ours": 2.0,
        "theirs": 5.0,
        "ratio": 2.5,
        "goal": 2,
    }
    assert calls == ["theirs", "ours"] * 3


def test_short_work_is_timed_over_many_calls() -> None:
    calls = []
    seconds = measure.timed(lambda: calls.append(1), at_least=0.01)()
    assert len(calls) > 100
    assert 0 < seconds < 1e-4


def test_the_table_says_what_was_reached_and_what_was_missed() -> None:
    text = measure.table([record("a", 2.0), record("b", 1.99)])
    _, reached, missed = text.splitlines()
    assert reached.endswith("reached")
    assert missed.endswith("MISSED")


def test_a_unit_is_told_where_it_is_not_seconds() -> None:
    sides = {"ours": lambda: 2.0, "theirs": lambda: 4.0, "goal": 1, "rounds": 1}
    memory = measure.Measure("toy", "peak memory", "another", unit="MB", **sides)
    taken = measure.take_turns(memory)
    assert taken["unit"] == "MB"
    text = measure.table([taken, record("a", 2.0)])
    _, with_unit, seconds = text.splitlines()
    assert "2 MB" in with_unit
    assert "4 MB" in with_unit
    assert "1 s" in seconds


@pytest.mark.parametrize("suite", run.SUITES)
def test_every_suite_lists_measures_and_is_described(suite: str) -> None:
    assert callable(importlib.import_module(f"benchmarks.{suite}").measures)
    folder = environment.FOLDER
    assert f"\n**{suite}**\n" in (folder / "README.md").read_text(encoding="utf-8")


def test_frameworks_to_compare_with_are_pinned_and_never_required() -> None:
    folder = environment.FOLDER
    lines = environment.requirements(environment.FRAMEWORKS).read_text(encoding="utf-8")
    pins = [line for line in lines.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z]+==[\d.]+", pin) for pin in pins)
    for name in ("requirements.txt", "requirements-dev.txt", "requirements.lock"):
        text = (folder.parent / name).read_text(encoding="utf-8")
        assert not re.search(r"^(jax|numba|torch)\b", text, re.MULTILINE)


def test_all_echo_programs_start_from_the_same_weights_and_rows(tmp_path: Path) -> None:
    drawn = ours.draw_start()
    drawn.write(tmp_path)
    found = start.read(tmp_path)
    assert found.windows == 666
    assert set(found.weights) == {"W_xh", "W_hh", "b_h", "W_hq", "b_q"}
    for name, value in drawn.weights.items():
        np.testing.assert_array_equal(found.weights[name], value)
        assert found.weights[name].dtype == np.float32
    bits, echoes = ours.task().epoch(1)
    for epoch in (1, 1 + start.ROWS_STORED):  # read again from the beginning
        inputs, targets = found.rows(epoch)
        np.testing.assert_array_equal(inputs, bits[:, :9990, 0])
        np.testing.assert_array_equal(targets, echoes[:, :9990])


def test_a_program_that_computes_something_else_is_not_timed() -> None:
    wanted = np.linspace(0.7, 0.1, 100)
    far = wanted.copy()
    timing.check(wanted + 0.9 * timing.TOLERANCE, wanted)
    far[-1] += 1.1 * timing.TOLERANCE
    with pytest.raises(AssertionError):
        timing.check(far, wanted)
    with pytest.raises(AssertionError):
        timing.check(wanted[:50], wanted)


def test_a_program_is_checked_timed_and_only_then_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def prepare(read: str) -> timing.TrainEpoch:
        assert read == f"start in {tmp_path}"

        def train(epoch: int) -> timing.Losses:
            asked.append(epoch)
            return epoch + np.array([0.5, 0.4, 0.3, 0.2])

        return train

    names = "benchmarks.toy_programs.plain", "benchmarks.toy_programs.start"
    begin = SimpleNamespace(read=lambda folder: f"start in {folder}")
    for name, module in zip(
        names, (SimpleNamespace(prepare=prepare), begin), strict=True
    ):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(timing, "AT_LEAST", 0.0)
    wanted = np.array([0.5, 0.4, 0.3, 0.2, 1.5, 1.4, 1.3, 1.2, 2.5])
    arguments = "toy_programs", "plain", str(tmp_path)
    for windows, epochs in ((9, [0, 1, 2, 3]), (3, [0, 1, 2])):  # two always warm up
        np.save(tmp_path / timing.LOSSES, wanted[:windows])
        asked.clear()
        assert timing.check_and_time(*arguments) > 0
        assert asked == epochs
    np.save(tmp_path / timing.LOSSES, wanted + 0.1)
    with pytest.raises(AssertionError):
        timing.check_and_time(*arguments)


def test_a_program_is_timed_over_whole_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "AT_LEAST", 0.05)
    asked: list[int] = []
    clock = SimpleNamespace(perf_counter=lambda: 7 + 0.02 * len(asked))
    monkeypatch.setattr(timing, "time", clock)

    def train(epoch: int) -> timing.Losses:
        asked.append(epoch)
        return np.zeros(10)

    assert timing.seconds_per_window(train, 2) == pytest.approx(0.002)
    assert asked == [2, 3, 4]


def test_our_program_trains_one_epoch_at_a_time() -> None:
    train = ours.epochs_of(RecurrentNet.draw(TANH, 4, 0), ours.task())
    for epoch in range(2):
        losses = train(epoch)
        assert losses.shape == (666,)
        assert losses.all()


def test_results_of_other_suites_are_kept(tmp_path: Path) -> None:
    run.write_results([record("a", 1.0), record("b", 1.0)], tmp_path)
    run.write_results([record("b", 3.0)], tmp_path)
    latest = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    assert [(r["suite"], r["ratio"]) for r in latest] == [("a", 1.0), ("b", 3.0)]
    assert all(
        set(r) == {"suite", "measure", "against", "ours", "theirs", "ratio", "goal"}
        for r in latest
    )
    machines = json.loads((tmp_path / "machines.json").read_text(encoding="utf-8"))
    assert set(machines) == {"a", "b"}


def test_an_unknown_suite_is_named_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run.main(["liner"]) == 1
    assert "no suite 'liner'; the suites are linear" in capsys.readouterr().err


def test_a_missed_goal_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "write_results", lambda records: None)
    for ratio, status in ((2.0, 0), (1.9, 1)):
        monkeypatch.setattr(run, "measure_suite", lambda s, r=ratio: [record(s, r)])
        assert run.main([]) == status


def test_a_suite_with_requirements_gets_an_environment_once(tmp_path: Path) -> None:
    assert environment.python_for("toy", tmp_path) == environment.sys.executable
    wanted = tmp_path / "requirements-toy.txt"
    wanted.write_text("# nothing yet\n", encoding="utf-8")
    python = environment.python_for("toy", tmp_path)
    assert Path(python).is_relative_to(tmp_path / ".venv-toy")
    script = "import sys; print(float(sys.prefix == sys.base_prefix))"
    assert environment.ask(python, script) == 0.0
    marker = tmp_path / ".venv-toy" / "marker"
    marker.touch()
    assert environment.python_for("toy", tmp_path) == python
    assert marker.exists(), "the same requirements must not be installed again"
    (tmp_path / ".venv-toy" / ".installed").unlink()
    environment.python_for("toy", tmp_path)
    assert not marker.exists(), "an interrupted installation must be done again"


def test_a_function_is_called_in_a_process_of_its_own() -> None:
    python = environment.sys.executable
    assert environment.call(python, "environment", "python_for", "toy") == python
    with pytest.raises(RuntimeError, match="positional arguments"):
        environment.call(python, "environment", "python_for", "toy", "b", "c")


def test_a_script_that_fails_is_reported() -> None:
    with pytest.raises(RuntimeError, match="no_such_name"):
        environment.ask(environment.sys.executable, "no_such_name")


def test_the_double_loop_is_the_definition_of_the_cost() -> None:
    task = counting.published(samples=4, steps=3)
    across, upward = np.array([0.5, 1.0, -2.0]), np.array([-1.0, 1.5])
    costs = linear.double_loop(task.inputs, task.targets, across, upward)
    for row, w_rec in enumerate(upward):
        for column, w_x in enumerate(across):
            outputs = forward(task.inputs, w_x, w_rec)[:, -1]
            expected = np.mean((task.targets - outputs) ** 2)
            assert costs[row, column] == pytest.approx(expected, rel=1e-12)
    ours = cost_surface(task.inputs, task.targets, across, upward)
    np.testing.assert_allclose(ours, costs, rtol=1e-9)


def test_a_chapter_is_executed_and_its_memory_told(tmp_path: Path) -> None:
    cells = [new_code_cell('text = b"x" * 400_000_000'), new_code_cell("text[:3]")]
    path = tmp_path / "toy.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    before = path.read_bytes()
    found = chapters.execution("toy", tmp_path)
    assert 400 < found["megabytes"] < 800
    assert 0 < found["seconds"] < 60
    assert path.read_bytes() == before


def test_the_imports_of_a_chapter_are_found() -> None:
    sources = [
        "%config InlineBackend.figure_formats = ['svg']\nimport numpy as np",
        "from unrolled.tasks import counting\nimport unrolled.cells.linear as cell",
        "x = 1\nfrom unrolled.tasks import counting",
    ]
    cells = [new_code_cell(source) for source in sources]
    assert linear.library_imports(new_notebook(cells=cells)).splitlines() == [
        "import unrolled",
        "from unrolled.tasks import counting",
        "import unrolled.cells.linear as cell",
    ]
