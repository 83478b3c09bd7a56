"""The suite of the character chapter: what its programs share, and what it claims."""

import itertools
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import chapters, charlm, timing
from benchmarks.charlm_programs import ours, product, published, start, writing
from unrolled.cells.tanh_tf import TANH
from unrolled.training.generation import generate
from unrolled.training.nets_tf import RecurrentNet

FEW = 23
"""Characters of a vocabulary that is quickly computed with."""


@pytest.fixture(scope="module")
def drawn() -> start.Start:
    return ours.start_of(ours.drawn(ours.task(), "small"))


def lively_start() -> start.Start:
    """Return the start of a net whose text does not settle at once."""
    normal, hidden = np.random.default_rng(4).standard_normal, start.HIDDEN
    weights = {
        "W_xh": normal((FEW, hidden)),
        "W_hh": 1.6 / np.sqrt(hidden) * normal((hidden, hidden)),
        "b_h": normal(hidden),
        "W_hq": normal((hidden, FEW)),
        "b_q": normal(FEW),
    }
    rows = np.zeros((start.BATCH, start.WINDOW), np.int32)  # nobody trains it
    narrow = {name: value.astype(np.float32) for name, value in weights.items()}
    return start.Start(narrow, rows, rows)


def test_all_programs_start_from_the_same_weights_and_text(
    tmp_path: Path, drawn: start.Start
) -> None:
    drawn.write(tmp_path)
    found = start.read(tmp_path)
    assert (found.windows, found.size) == (8, 1012)
    assert tuple(sorted(found.weights)) == tuple(sorted(start.NAMES))
    for name, value in drawn.weights.items():
        np.testing.assert_array_equal(found.weights[name], value)
        assert found.weights[name].dtype == np.float32
    assert 0.0099 < found.weights["W_hq"].std() < 0.0101
    inputs, targets = ours.task().epoch(0)
    rows = zip(*(found.window(number) for number in range(8)), strict=True)
    for side, wanted in zip(rows, (inputs, targets), strict=True):
        np.testing.assert_array_equal(np.concatenate(side, axis=1), wanted)


def test_the_published_program_has_our_losses(drawn: start.Start) -> None:
    wanted, _ = timing.first_losses(ours.prepare(drawn), 10)  # beyond the first epoch
    losses, _ = timing.first_losses(published.prepare(drawn), 10)
    timing.check(losses, wanted)
    assert losses[0] == pytest.approx(np.log(1012), abs=0.01)
    assert np.ptp(losses) > 0.5  # it does learn, by steps that are long


def test_the_published_function_writes_our_text() -> None:
    begin = lively_start()
    prefix = np.array([3, 20, 7])
    text = published.writer(begin)(prefix, 40)
    assert len(set(text.tolist())) > 5
    np.testing.assert_array_equal(text, ours.writer(begin)(prefix, 40))
    net = RecurrentNet(TANH, begin.weights)
    np.testing.assert_array_equal(text, generate(net, prefix, 40))


def test_a_program_that_writes_something_else_is_not_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = lively_start()
    begin.write(tmp_path)
    monkeypatch.setattr(writing, "AT_LEAST", 0.0)
    monkeypatch.setattr(writing, "AT_ONCE", 10)
    prefix = np.array([1, 2])
    text = np.concatenate([prefix, ours.writer(begin)(prefix, 30)])
    np.save(tmp_path / writing.TEXT, text)
    for program in ("ours", "published"):
        assert writing.check_and_time(program, str(tmp_path)) > 0
    text[-1] = (text[-1] + 1) % FEW
    np.save(tmp_path / writing.TEXT, text)
    for program in ("ours", "published"):
        with pytest.raises(AssertionError):
            writing.check_and_time(program, str(tmp_path))


def test_writing_is_timed_over_whole_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "AT_LEAST", 0.25)
    monkeypatch.setattr(writing, "AT_ONCE", 10)
    asked: list[int] = []
    clock = SimpleNamespace(perf_counter=lambda: 5 + 0.1 * len(asked))
    monkeypatch.setattr(writing, "time", clock)

    def write(prefix: np.ndarray, length: int) -> np.ndarray:
        asked.append(length)
        return np.zeros(length, np.int64)

    assert writing.seconds_per_character(write, np.array([0])) == pytest.approx(0.01)
    assert asked == [10, 10, 10]


def test_operations_are_those_of_three_products_with_each_matrix() -> None:
    # Of 256 numbers with 256 x 256 and with 256 x 1012, a multiplication and an
    # addition each.
    assert start.operations(1012) == 3 * (2 * 256 * 256 + 2 * 256 * 1012)


def test_our_arithmetic_is_told_by_the_operation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(ours, "check_and_time", lambda *a: asked.append(a) or 0.02)
    a_window = 32 * 35 * start.operations(1012)
    assert ours.seconds_per_operation("here") == pytest.approx(0.02 / a_window)
    assert asked == [("charlm_programs", "ours", "here")]


def test_a_product_is_told_by_the_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "SIZE", 16)
    monkeypatch.setattr(product, "AT_LEAST", 2.5)
    ticks = itertools.count()  # three products take three seconds
    clock = SimpleNamespace(perf_counter=lambda: float(next(ticks)))
    monkeypatch.setattr(product, "time", clock)
    assert product.seconds_per_operation() == pytest.approx(1 / (2 * 16**3))


def test_a_run_ends_at_the_goal_or_says_that_it_is_out_of_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, epochs = ours.to_the_goal()
    assert 10 < epochs < 60
    assert net.sizes == (1012, 256, 1012)
    # The mean of an epoch counts: 3, 1.31, and a little below 1.3.
    curve = np.log([[9.0, 1.0], [1.31, 1.31], [1.31, 1.29]])
    monkeypatch.setattr(ours, "epochs", lambda *settings: iter(curve))
    assert ours.to_the_goal()[1] == 3
    monkeypatch.setattr(ours, "MOST_EPOCHS", 2)
    with pytest.raises(RuntimeError, match=r"perplexity of 1\.3 .* in 2 epochs"):
        ours.to_the_goal()


def stored(folder: Path, goal: float, reached: int | None) -> None:
    curve = {"epochs": [25, 50], "training": [9.0, 1.2], "epochs_to_goal": reached}
    content = {"result": {"goal": goal, "consecutive": curve}}
    (folder / "toy.json").write_text(json.dumps(content), encoding="utf-8")


def test_how_many_epochs_are_needed_is_what_an_experiment_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="toy"):
        charlm.epochs_needed("toy", tmp_path)
    stored(tmp_path, start.GOAL, 37)
    assert charlm.epochs_needed("toy", tmp_path) == (37, True)
    stored(tmp_path, start.GOAL, None)
    assert charlm.epochs_needed("toy", tmp_path) == (50, False)
    stored(tmp_path, 2.0, 37)
    with pytest.raises(
        RuntimeError, match=r"toy must have the goal 1\.3, but it has 2"
    ):
        charlm.epochs_needed("toy", tmp_path)


def test_the_published_run_is_told_from_some_of_its_windows(
    tmp_path: Path, drawn: start.Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn.write(tmp_path)
    monkeypatch.setattr(charlm, "seconds_per_window", lambda *arguments: 0.1)
    folder = SimpleNamespace(name=str(tmp_path))
    assert charlm.published_seconds(folder, 30) == pytest.approx(30 * 8 * 0.1)


def test_the_chapter_is_executed_once_for_time_and_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def execution(name: str) -> dict[str, float]:
        asked.append(name)
        return {"seconds": 90.0, "megabytes": 1000.0}

    monkeypatch.setattr(chapters, "execution", execution)
    took, held = chapters.limit_measures(
        charlm.SUITE, charlm.CHAPTER, charlm.CHAPTER_SECONDS, charlm.CHAPTER_MEGABYTES
    )
    assert (took.ours(), took.theirs(), took.unit) == (90.0, 180.0, "s")
    assert (held.ours(), held.theirs(), held.unit) == (1000.0, 2000.0, "MB")
    assert asked == ["char_lm"]


def test_what_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charlm, "prepared", lambda function: function)
    monkeypatch.setattr(charlm, "python_for", lambda name: name)
    found = {"charlm_published": (2500, False), "charlm_fading": (436, True)}
    monkeypatch.setattr(charlm, "epochs_needed", found.get)
    claims = charlm.measures()
    assert [claim.goal for claim in claims] == [8, 1, 1, 0.7, 20, 20, 50, 1, 1]
    assert {claim.suite for claim in claims} == {"charlm"}
    in_vain, reached = claims[4:6]
    assert in_vain.against.endswith("2,500 epochs, which do not reach it")
    assert reached.against.endswith("436 epochs")
