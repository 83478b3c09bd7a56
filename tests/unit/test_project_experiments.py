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


def stored_starts() -> dict:
    path = run.RESULTS / "linear_starts.json"
    return json.loads(path.read_text(encoding="utf-8"))["result"]


@pytest.mark.parametrize(
    ("rule", "size", "w_x", "w_rec"),
    [
        ("rprop", 1e-3, -1.0, 2.0),
        ("rprop", 1e-3, 2.0, -1.0),
        ("momentum", 1e-3, 0.5, 0.5),
        ("gradient descent", 1e-1, 2.0, 2.0),
    ],
)
def test_the_stored_starts_can_be_repeated(
    rule: str, size: float, w_x: float, w_rec: float
) -> None:
    result = stored_starts()
    row, column = result["weights"].index(w_rec), result["weights"].index(w_x)
    runs = result["outcomes"][rule][result["sizes"].index(size)]["runs"]
    repeated, stored = linear_starts.one(rule, size, w_x, w_rec), runs[row][column]
    if isinstance(stored, int):
        # Another processor may cross the goal one update earlier or later.
        assert repeated == pytest.approx(stored, abs=2)
    else:
        assert repeated == stored


def test_the_stored_starts_hold_every_setting_and_add_up() -> None:
    result = stored_starts()
    assert result["sizes"] == list(linear_starts.SIZES)
    assert set(result["outcomes"]) == set(linear_starts.RULES)
    starts = len(result["weights"]) ** 2
    for settings in result["outcomes"].values():
        assert [setting["size"] for setting in settings] == result["sizes"]
        for setting in settings:
            assert sum(setting["endings"].values()) == starts
            reached = [n for row in setting["runs"] for n in row if isinstance(n, int)]
            assert len(reached) == setting["endings"].get("reached", 0)
