"""The benchmarks' machinery: turns, records, tables, environments of their own."""

import json
from pathlib import Path

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks import environment, linear, measure, run
from unrolled.cells.linear import forward
from unrolled.tasks import counting
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
