"""The stored results of the echo experiments: found, and repeated in a small part."""

import json

import numpy as np
import pytest

from experiments import echo_luck, echo_windows
from unrolled.training.stored import stored_result


def test_a_result_is_found_from_a_folder_below(tmp_path, monkeypatch) -> None:
    results = tmp_path / "data" / "results"
    results.mkdir(parents=True)
    (results / "loom.json").write_text(json.dumps({"result": [1, 2]}), "utf-8")
    below = tmp_path / "chapters"
    below.mkdir()
    monkeypatch.chdir(below)
    assert stored_result("loom") == [1, 2]


def test_a_missing_result_says_how_to_make_it(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="make experiments ONLY=loom"):
        stored_result("loom", tmp_path)


def test_the_width_of_the_window_decides_again_as_stored() -> None:
    stored = {
        (run["delay"], run["window"], run["stride"]): run["accuracy"]
        for run in stored_result("echo_windows")["runs"]
    }
    again = echo_windows.accuracies(3, 4, 4)
    assert min(again) > 0.99
    assert min(stored[3, 4, 4]) > 0.99
    assert np.mean(stored[3, 3, 3]) < 0.9
    assert stored_result("echo_windows")["hidden"] == echo_windows.HIDDEN


def test_the_course_s_weights_learn_again_as_stored() -> None:
    stored = stored_result("echo_luck")["schemes"]["course"]["bits_wrong"]
    again = echo_luck.of_scheme("course", range(2))["bits_wrong"]
    assert max(stored) <= 5
    assert len(stored) == echo_luck.SEEDS
    assert max(again) <= 5
