"""The runner of the experiments: what it stores, and what it refuses."""

import json
import sys
from pathlib import Path

import pytest

from experiments import linear_starts, run


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "toy_experiments"
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("toy_experiments")]:
        del sys.modules[name]


def write(package: Path, name: str, body: str) -> None:
    (package / f"{name}.py").write_text(f'"""Counts ones."""\n{body}', encoding="utf-8")


def test_a_result_is_stored_with_its_origin(package: Path, tmp_path: Path) -> None:
    write(package, "ones", "def run():\n    return {'ones': [1, 1.5, None]}")
    path = run.run("ones", package="toy_experiments", results=tmp_path / "results")
    assert path == tmp_path / "results" / "ones.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["result"] == {"ones": [1, 1.5, None]}
    assert content["about"] == "Counts ones."
    assert content["command"] == "make experiments ONLY=ones"
    assert {"date", "seconds", "python", "versions", "processor"} <= set(content)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("run = 3", "has no function run"),
        ("def run():\n    return {1.0, 2.0}", "cannot be stored as JSON"),
        ("def run():\n    return float('nan')", "cannot be stored as JSON"),
    ],
)
def test_what_cannot_be_stored_is_refused(
    package: Path, tmp_path: Path, body: str, said: str
) -> None:
    write(package, "bad", body)
    with pytest.raises(run.ExperimentError, match=said):
        run.run("bad", package="toy_experiments", results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_helpers_and_the_runner_are_no_experiments(package: Path) -> None:
    for name in ("run", "_helper", "__init__", "ones"):
        write(package, name, "")
    assert run.names(package) == ["ones"]


def test_an_unknown_experiment_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["no_such_experiment"]) == 1
    assert "There is no experiment 'no_such_experiment'" in capsys.readouterr().err


@pytest.mark.parametrize("name", run.names())
def test_every_experiment_has_a_stored_result(name: str) -> None:
    path = run.RESULTS / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["experiment"] == name
    assert content["result"]


@pytest.mark.parametrize(("w_x", "w_rec"), [(-1.0, 2.0), (0.5, 0.5), (2.0, -1.0)])
def test_the_stored_starts_can_be_repeated(w_x: float, w_rec: float) -> None:
    path = run.RESULTS / "linear_starts.json"
    result = json.loads(path.read_text(encoding="utf-8"))["result"]
    row, column = result["weights"].index(w_rec), result["weights"].index(w_x)
    stored = result["outcomes"]["rprop"]["steps"][row][column]
    repeated = linear_starts.one("rprop", w_x, w_rec).steps
    # Another processor may cross the goal one update earlier or later.
    assert repeated == pytest.approx(stored, abs=2)


def test_the_stored_starts_add_up() -> None:
    path = run.RESULTS / "linear_starts.json"
    result = json.loads(path.read_text(encoding="utf-8"))["result"]
    assert set(result["outcomes"]) == set(linear_starts.RULES)
    for outcome in result["outcomes"].values():
        assert sum(outcome["endings"].values()) == result["starts"]
        reached = [n for row in outcome["steps"] for n in row if n is not None]
        assert len(reached) == outcome["endings"].get("reached", 0)
