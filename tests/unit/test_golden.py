"""The files that the JavaScript is held against are what the library computes now."""

import json
import subprocess

import pytest

from scripts import golden
from scripts.run_tests import steps
from unrolled.training.rprop import Rprop

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("name", golden.FILES)
def test_a_stored_file_is_what_the_library_computes(name):
    stored = json.loads(golden.FOLDER.joinpath(name).read_text(encoding="utf-8"))
    computed = json.loads(json.dumps(golden.FILES[name]()))
    assert golden.difference(stored, computed, name) == ""


def test_the_files_are_those_that_are_written_and_small():
    found = sorted(path.name for path in golden.FOLDER.iterdir())
    assert found == sorted(golden.FILES)
    assert sum(path.stat().st_size for path in golden.FOLDER.iterdir()) < 300_000


def test_what_is_written_is_read_again(tmp_path):
    golden.write(tmp_path)
    for name, cases in golden.FILES.items():
        written = json.loads(tmp_path.joinpath(name).read_text(encoding="utf-8"))
        assert written == json.loads(json.dumps(cases()))


def test_a_changed_constant_of_the_library_is_noticed(monkeypatch):
    stored = json.loads(golden.FOLDER.joinpath("rules.json").read_text("utf-8"))

    def other(*settings):
        return Rprop(*(settings or (0.001, 1.2000001)))

    monkeypatch.setattr(golden, "Rprop", other)
    changed = json.loads(json.dumps(golden.rule_cases()))
    assert golden.difference(stored, changed).endswith(" has changed")


@pytest.mark.parametrize(
    ("stored", "now"),
    [
        ([1.0, 2.0], [1.0, 2.0 + 3e-12]),
        ([1, 2], [1, 3]),
        (2**31, 2**31 + 1),
        ([1.0, 2.0], [1.0]),
        ([1.0, 2.0], 1.0),
        (1.0, 1.0 + 2e-12),
        ({"a": [1.0]}, {"b": [1.0]}),
        ({"a": {"b": [1.0]}}, {"a": {"b": [1.1]}}),
        ([[1.0], [2.0]], [[1.0], [2.1]]),
        ([[1.0], [2.0]], [[1.0]]),
        ("adam", "rprop"),
        (["adam"], ["rprop"]),
        (None, 0.0),
        ([[1.0], [2.0, 3.0]], 1.0),
        ({"a": 1.0}, [1.0]),
        ([1.0], ["a"]),
        ([1.0], [float("nan")]),
    ],
)
def test_a_difference_is_found(stored, now):
    assert golden.difference(stored, now) != ""


def test_rounding_is_no_difference():
    stored = {"a": [[1e9, 1e-6], [0.0]], "b": "text", "c": 3, "d": ["e", None]}
    now = {"a": [[1e9 + 1e-6, 2e-6], [0.0]], "b": "text", "c": 3, "d": ["e", None]}
    assert golden.difference(stored, now) == ""


def test_the_javascript_fails_against_a_changed_file(tmp_path):
    # The whole step in small: a copy of the tests with one digit changed in a file.
    (step,) = [step for step in steps() if step.name == "js"]
    folder = golden.ROOT / "tests" / "js"
    text = folder.joinpath("numerics_losses.test.js").read_text(encoding="utf-8")
    module = (golden.ROOT / "lib/unrolled/views/js/numerics.js").as_uri()
    text = text.replace("../../lib/unrolled/views/js/numerics.js", module)
    tmp_path.joinpath("copy.test.mjs").write_text(text, encoding="utf-8")
    tools = folder.joinpath("tools.js").read_text(encoding="utf-8")
    tmp_path.joinpath("tools.js").write_text(tools, encoding="utf-8")
    tmp_path.joinpath("package.json").write_text('{"type": "module"}')
    golden.write(tmp_path / "golden")
    command = [*step.command[:-1], str(tmp_path / "copy.test.mjs")]
    assert subprocess.run(command, capture_output=True).returncode == 0
    losses = tmp_path / "golden" / "losses.json"
    cases = json.loads(losses.read_text(encoding="utf-8"))
    cases[0]["gradient"][0] *= 1 + 1e-6
    losses.write_text(json.dumps(cases), encoding="utf-8")
    assert subprocess.run(command, capture_output=True).returncode == 1
