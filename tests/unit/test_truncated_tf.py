"""The engine: many windows in one compiled call, and all that a run promises.

Nearly all runs here share one compiled program: 25 windows of 4 steps in an epoch.
"""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from strategies import assert_all_equal, assert_close

from unrolled.cells.cell_tf import CellTF
from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.report import Report
from unrolled.tasks.echo import Echo
from unrolled.training import truncated_tf
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdagradTF, Only
from unrolled.training.running import TrainingDiverged
from unrolled.training.truncated_tf import (
    MOST_WINDOWS,
    WindowLesson,
    WindowRun,
    WindowTask,
    compiled_chunk,
    train_windows,
)
from unrolled.training.window_tf import train_window
from unrolled.views.live import watch_blocking

PLAIN = Echo(delay=2, window=4, series_length=200, batch=2)
STREAM = replace(PLAIN, stride=2, continuous=True)
RULE = AdagradTF(0.3)
EPOCHS, PER_EPOCH = 2, 25
PLANNED = EPOCHS * PER_EPOCH


def new_net(cell: CellTF = TANH, dtype: str = "float32", seed: int = 1) -> Any:
    return RecurrentNet.draw(cell, 3, seed, dtype=dtype)


def new_run(
    net: RecurrentNet, every: int = 10, task: WindowTask = PLAIN, epochs: int = EPOCHS
) -> WindowRun:
    return train_windows(net, task, RULE, epochs, every=every)


def all_losses(reports: Any) -> np.ndarray:
    return np.concatenate([report.losses for report in reports])


@dataclass
class Course:
    """What a run went through, window by window."""

    losses: list[float]
    norms: list[float]
    logits: list[np.ndarray]
    weights: list[dict[str, np.ndarray]]  # after each window; first those at the start


@cache
def eager(cell: CellTF, dtype: str, task: Echo, epochs: int = EPOCHS) -> Course:
    """Train window by window in plain Python, with the chapter's own function."""
    net = new_net(cell, dtype)
    memory, state = RULE.start(net.parameters), net.zero_state(task.batch)
    course = Course([], [], [], [net.weights])
    for epoch in range(epochs):
        inputs, targets = task.epoch(epoch)
        if not task.continuous:
            state = net.zero_state(task.batch)
        for start in range(0, task.windows_per_epoch * task.stride, task.stride):
            here = slice(start, start + task.window)
            net.parameters, memory, state, loss, logits, gradients = train_window(
                net.parameters,
                memory,
                state,
                tf.constant(inputs[:, here], dtype),
                tf.constant(targets[:, here]),
                cell.step,
                RULE.update,
                task.stride,
            )
            squares = sum(np.sum(np.square(g)) for g in gradients.values())
            course.losses.append(float(loss))
            course.norms.append(math.sqrt(squares))
            course.logits.append(np.array(logits))
            course.weights.append(net.weights)
    return course


@cache
def uninterrupted() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return all losses and the last weights of the run that most tests make."""
    net = new_net()
    return all_losses(new_run(net)), net.weights


def check_uninterrupted(net: RecurrentNet, losses: np.ndarray) -> None:
    """Demand that a run ended as the uninterrupted one, bit by bit."""
    wanted, weights = uninterrupted()
    np.testing.assert_array_equal(losses, wanted[len(wanted) - len(losses) :])
    assert_all_equal(net.weights, weights)


# The same as an eager loop


@pytest.mark.parametrize("task", [PLAIN, STREAM], ids=["plain", "stream"])
@pytest.mark.parametrize("cell", [TANH, LSTM, GRU], ids=lambda cell: cell.name)
def test_the_compiled_run_is_the_eager_loop_in_64_bits(cell, task):
    net = new_net(cell, "float64")
    course = eager(cell, "float64", task)
    reports = list(new_run(net, task=task))
    losses = all_losses(reports)
    assert len(losses) == EPOCHS * task.windows_per_epoch >= 50
    np.testing.assert_allclose(losses, course.losses, rtol=1e-8)
    for name, wanted in course.weights[-1].items():
        assert_close(net.weights[name], wanted, 1e-8, 0)
    assert np.mean(losses[-10:]) < np.mean(losses[:10])  # and something was learnt


def test_the_compiled_run_is_the_eager_loop_in_32_bits_for_a_while():
    losses = all_losses(new_run(new_net(), epochs=1))[:20]
    course = eager(TANH, "float32", PLAIN, epochs=1)
    np.testing.assert_allclose(losses, course.losses[:20], rtol=1e-5)


def test_the_state_begins_anew_with_each_epoch_unless_the_task_goes_on():
    # Learning nothing, the second epoch of the same bits tells what it started from.
    class Same(Repeated):
        continuous = False

    class GoesOn(Repeated):
        continuous = True

    rule = AdagradTF(0.0)
    same, on = (
        all_losses(train_windows(new_net(), task, rule, 2)).reshape(2, PER_EPOCH)
        for task in (Same(), GoesOn())
    )
    np.testing.assert_array_equal(same[0], same[1])
    np.testing.assert_array_equal(on[0], same[0])
    assert on[1, 0] != on[0, 0]


class Repeated:
    """The same bits in every epoch."""

    window, stride, windows_per_epoch, batch = 4, 4, PER_EPOCH, 2

    def epoch(self, number: int) -> tuple[Any, Any]:
        return PLAIN.epoch(0)


def test_two_runs_are_equal_bit_by_bit():
    net = new_net()
    check_uninterrupted(net, all_losses(new_run(net)))


# Reports


@pytest.mark.parametrize("every", [1, 7, 25, 1000])
def test_the_interval_changes_the_reports_and_not_the_run(every, monkeypatch):
    monkeypatch.setattr(truncated_tf, "MOST_SECONDS", 1000.0)  # however busy we are
    net = new_net()
    reports = list(new_run(net, every))
    check_uninterrupted(net, all_losses(reports))
    ends = [*range(every, PER_EPOCH, every), PER_EPOCH]
    steps = [first + end for first in (0, PER_EPOCH) for end in ends]
    assert [report.step for report in reports] == steps
    assert [len(r.losses) for r in reports] == list(np.diff([0, *steps]))


def test_a_report_comes_early_if_the_windows_take_long(monkeypatch):
    monkeypatch.setattr(truncated_tf, "MOST_SECONDS", 0.0)
    net = new_net()
    reports = list(new_run(net, every=25))
    # One call each: first as many as are tried, then one by one.
    steps = [16, *range(17, PLANNED + 1)]
    assert [report.step for report in reports] == steps
    check_uninterrupted(net, all_losses(reports))


def test_a_report_tells_of_its_own_window():
    course = eager(TANH, "float32", PLAIN)
    net, seconds = new_net(), 0.0
    for report in new_run(net, every=1):
        epoch, last = divmod(report.step - 1, PER_EPOCH)
        inputs, targets = PLAIN.epoch(epoch)
        here = slice(4 * last, 4 * last + 4)
        sample = report.sample
        np.testing.assert_array_equal(sample["input"], inputs[:, here, 0])
        np.testing.assert_array_equal(sample["target"], targets[:, here])
        told = course.logits[report.step - 1].argmax(axis=-1)
        np.testing.assert_array_equal(sample["prediction"], told)
        assert report.metrics["accuracy"] == np.mean(told == targets[:, here])
        norm = course.norms[report.step - 1]
        assert report.metrics["gradient_norm"] == pytest.approx(norm, rel=1e-3)
        assert report.loss == pytest.approx(course.losses[report.step - 1], rel=1e-3)
        assert report.epoch == report.step // PER_EPOCH
        assert (report.planned, report.steps_per_epoch) == (PLANNED, PER_EPOCH)
        assert report.panel == "sequences"
        assert report.seconds > seconds
        seconds = report.seconds


def test_the_sample_of_overlapping_windows_is_the_last_one():
    task = replace(PLAIN, stride=2, continuous=True)
    for report in new_run(new_net(dtype="float64"), every=5, task=task, epochs=1):
        start = 2 * (report.step - 1)
        inputs, targets = task.epoch(0)
        np.testing.assert_array_equal(
            report.sample["input"], inputs[:, start : start + 4, 0]
        )
        np.testing.assert_array_equal(
            report.sample["target"], targets[:, start : start + 4]
        )


def test_the_accuracy_of_a_report_is_that_of_all_its_windows():
    course = eager(TANH, "float32", PLAIN)
    reports = list(new_run(new_net(), every=7))
    previous = 0
    for report in reports:
        shares = []
        for window in range(previous, report.step):
            epoch, number = divmod(window, PER_EPOCH)
            targets = PLAIN.epoch(epoch)[1][:, 4 * number : 4 * number + 4]
            shares.append(np.mean(course.logits[window].argmax(axis=-1) == targets))
        assert report.metrics["accuracy"] == pytest.approx(np.mean(shares), abs=1e-12)
        previous = report.step


def test_the_net_holds_the_weights_of_the_report():
    course = eager(TANH, "float64", PLAIN)
    net = new_net(dtype="float64")
    run = new_run(net, every=6)
    assert_all_equal(net.weights, course.weights[0])  # nothing happens before
    for report in run:
        assert run.step == report.step
        for name, wanted in course.weights[report.step].items():
            assert_close(net.weights[name], wanted, 1e-8, 0)


def test_the_arrays_of_a_report_are_its_own():
    run = new_run(new_net(), every=1)
    first = next(run)
    kept = {n: np.array(a) for n, a in first.sample.items()}
    losses = first.losses.copy()
    for _ in range(5):
        next(run)
    assert_all_equal(first.sample, kept)
    np.testing.assert_array_equal(first.losses, losses)


def test_more_windows_than_a_call_can_hold_are_made_in_several(monkeypatch):
    monkeypatch.setattr(truncated_tf, "MOST_SECONDS", 1000.0)
    windows = 2 * MOST_WINDOWS + 100
    task = Echo(delay=1, window=1, series_length=2 * windows, batch=2)
    (whole,) = list(train_windows(new_net(), task, RULE, 1, every=10_000))
    pieces = all_losses(train_windows(new_net(), task, RULE, 1, every=500))
    assert len(whole.losses) == windows
    assert whole.losses.all()  # all of them were written down
    np.testing.assert_array_equal(whole.losses, pieces)


# Iterating and closing


def test_a_run_says_how_far_it_is():
    run = new_run(new_net(), every=10)
    assert repr(run) == "WindowRun(step 0 of 50)"
    next(run)
    assert re.fullmatch(r"WindowRun\(step \d+ of 50\)", repr(run))
    assert iter(run) is run
    assert isinstance(run, Iterator)


@pytest.mark.parametrize("reports", [0, 1, 3])
def test_closing_is_safe_at_any_time(reports):
    net = new_net()
    run = new_run(net, every=1)
    for _ in range(reports):
        next(run)
    kept = net.weights
    run.close()
    run.close()
    assert list(run) == []
    assert_all_equal(net.weights, kept)
    assert run.step == reports


def test_closing_after_the_end_is_safe():
    net = new_net()
    run = new_run(net)
    losses = all_losses(run)
    assert list(run) == []
    run.close()
    assert list(run) == []
    check_uninterrupted(net, losses)


def test_two_runs_in_turn_do_not_disturb_each_other():
    nets = [new_net(), new_net()]
    runs = [new_run(nets[0], every=7), new_run(nets[1], every=3)]
    told: list[list[Report]] = [[], []]
    for _ in range(3):
        for run, reports in zip(runs, told, strict=True):
            reports.append(next(run))
    for net, run, reports in zip(nets, runs, told, strict=True):
        check_uninterrupted(net, all_losses([*reports, *run]))


def test_the_views_can_watch_a_run(capsys):
    net = new_net()
    run = new_run(net, every=5)
    history = watch_blocking(run)
    assert history.ended == "finished"
    check_uninterrupted(net, history.losses)
    assert {"accuracy", "gradient_norm"} <= set(history.metrics)
    assert list(run) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, r"^epochs must be a whole number of at least 1, but 0 was"),
        ({"epochs": 1.5}, r"^epochs must be a whole number of at least 1, but 1.5"),
        ({"every": 0}, r"^every must be a whole number of at least 1, but 0 was"),
        ({"every": -3}, r"^every must be a whole number of at least 1, but -3 was"),
    ],
)
def test_a_bad_setting_gets_one_sentence_at_the_call(settings, message):
    with pytest.raises(ValueError, match=message):
        train_windows(**({"net": new_net(), "task": PLAIN, "rule": RULE, "epochs": 1}
                         | settings))  # fmt: skip


# Compiling


def test_how_many_windows_a_call_makes_is_not_compiled_in():
    chunk: Any = compiled_chunk(WindowLesson(TANH.step, RULE, 4), 4, 4)
    all_losses(new_run(new_net()))
    traced = chunk.experimental_get_tracing_count()
    for every in (1, 2, 3, 11):
        all_losses(new_run(new_net(seed=every), every))
    all_losses(new_run(new_net(), epochs=3))
    assert chunk.experimental_get_tracing_count() == traced
    same = WindowLesson(TANH.step, AdagradTF(0.3), 4)
    assert compiled_chunk(same, 4, 4) is chunk


def test_nothing_is_compiled_again_for_another_number_or_place():
    # A number that were part of the program would be compiled in without a new trace.
    rule = AdagradTF(0.25)
    started = time.perf_counter()
    first = train_windows(new_net(), PLAIN, rule, 1, every=1)
    next(first)
    compiling = time.perf_counter() - started
    started = time.perf_counter()
    all_losses(first)  # 24 other places
    for every in (2, 3, 5):
        next(train_windows(new_net(), PLAIN, rule, 1, every=every))
    assert time.perf_counter() - started < 4 * compiling  # 27 would take 27 times


# Saving and going on


def test_a_run_goes_on_from_any_report_as_if_nothing_had_been(tmp_path):
    path = tmp_path / "run.npz"
    run = new_run(new_net(), every=7)
    steps = [0]
    while True:
        run.save(path)
        net = new_net(seed=9)  # its own weights do not matter
        resumed = new_run(net, every=11)
        resumed.load(path)
        assert resumed.step == run.step
        reports = list(resumed)
        check_uninterrupted(net, all_losses(reports) if reports else np.zeros(0))
        if run.step == PLANNED:
            break
        steps.append(next(run).step)
    assert {0, PER_EPOCH, PLANNED} < set(steps)  # the end of an epoch among them


@pytest.mark.parametrize("cell", [LSTM, GRU], ids=lambda cell: cell.name)
def test_state_and_sums_of_every_cell_are_saved_too(cell, tmp_path):
    path = tmp_path / "run.npz"
    nets = [new_net(cell, "float64"), new_net(cell, "float64", seed=9)]
    run, resumed = (new_run(net, every=5, task=STREAM) for net in nets)
    for _ in range(3):
        next(run)
    run.save(path)
    resumed.load(path)
    np.testing.assert_array_equal(all_losses(resumed), all_losses(run))
    assert_all_equal(nets[1].weights, nets[0].weights)


def test_saving_changes_nothing_and_a_saved_run_may_go_back(tmp_path):
    path = tmp_path / "run.npz"
    net = new_net()
    run = new_run(net, every=7)
    reports = [next(run), next(run)]
    run.save(path)
    step = run.step
    reports += run
    check_uninterrupted(net, all_losses(reports))
    run.load(path)  # the same run, from there once more
    assert run.step == step
    check_uninterrupted(net, all_losses(run))


def test_the_seconds_go_on_where_they_were(tmp_path):
    path = tmp_path / "run.npz"
    run = new_run(new_net())
    seconds = next(run).seconds
    run.save(path)
    resumed = new_run(new_net())
    resumed.load(path)
    assert next(resumed).seconds > seconds


def test_more_epochs_may_follow_a_finished_run(tmp_path):
    path = tmp_path / "run.npz"
    short, long = new_net(), new_net()
    run = new_run(short, epochs=1)
    all_losses(run)
    run.save(path)
    resumed = new_run(long, epochs=EPOCHS)
    resumed.load(path)
    check_uninterrupted(long, all_losses(resumed))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Save the common run at a report in the middle of its first epoch."""
    path = tmp_path / "run.npz"
    run = new_run(new_net(), every=7)
    next(run)
    run.save(path)
    return path


def damage(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


OTHER_RUNS: dict[str, Callable[[], WindowRun]] = {
    "net": lambda: new_run(RecurrentNet.draw(TANH, 4, 1)),
    "cell": lambda: new_run(new_net(GRU)),
    "numbers": lambda: new_run(new_net(dtype="float64")),
    "task": lambda: new_run(new_net(), task=replace(PLAIN, seed=1)),
    "rule": lambda: train_windows(new_net(), PLAIN, AdagradTF(0.1), EPOCHS),
}


@pytest.mark.parametrize("other", OTHER_RUNS.values(), ids=OTHER_RUNS.keys())
def test_the_file_of_another_run_is_refused(saved, other):
    run = other()
    with pytest.raises(ValueError, match=r"^path must be of a run with the settings"):
        run.load(saved)
    assert run.step == 0


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (damage, ValueError, r"^path must be of a saved run, but .*run.npz is not one"),
        (Path.unlink, FileNotFoundError, r"^path must be of a saved run, but there is"),
        (
            lambda path: np.savez(path, notes=np.array(json.dumps({"step": 3}))),
            ValueError,
            r"^path must be of a run with the settings .* holds none",
        ),
    ],
    ids=["damaged", "missing", "of something else"],
)
def test_a_file_that_cannot_be_loaded_changes_nothing(saved, spoil, error, message):
    spoil(saved)
    net = new_net()
    run = new_run(net)
    first = next(run)
    kept = net.weights
    with pytest.raises(error, match=message) as caught:
        run.load(saved)
    assert "\n" not in str(caught.value)
    assert_all_equal(net.weights, kept)
    assert run.step == first.step
    check_uninterrupted(net, all_losses([first, *run]))


def test_a_name_that_does_not_end_in_npz_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"^path must end in .npz"):
        new_run(new_net()).save(tmp_path / "run.pkl")


def test_an_interrupt_while_saving_leaves_file_and_run_as_they_were(saved, monkeypatch):
    net = new_net()
    run = new_run(net)
    run.load(saved)
    step = run.step

    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    report = next(run)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run.save(saved)
    again = new_run(new_net())
    again.load(saved)
    assert again.step == step
    run.save(saved)
    again.load(saved)
    assert again.step == report.step
    check_uninterrupted(net, all_losses([report, *run]))


ELSEWHERE = """
import os, signal, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import test_truncated_tf as tests

net = tests.new_net(seed=4)
run = tests.new_run(net, every=3)
run.load(sys.argv[2])
losses = tests.all_losses(run)
np.savez(sys.argv[3], losses=losses, **net.weights)

def write_a_half_and_die(file, *arrays, **named):
    file.write(b"PK" + bytes(5000))
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

np.savez = write_a_half_and_die
run.save(sys.argv[2])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows knows no SIGKILL")
def test_another_process_goes_on_and_is_killed_while_saving(saved):
    result = saved.with_name("result.npz")
    folder = Path(__file__).resolve().parent
    command = [sys.executable, "-c", ELSEWHERE, str(folder), str(saved), str(result)]
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet)
    assert done.returncode == -signal.SIGKILL, done.stderr
    wanted, weights = uninterrupted()
    with np.load(result) as found:
        losses = found["losses"]
        np.testing.assert_array_equal(losses, wanted[-len(losses) :])
        for name, value in weights.items():
            np.testing.assert_array_equal(found[name], value)
    # The half-written file is left; the one from before still opens, and is replaced.
    assert len(list(saved.parent.glob("*.part"))) == 1
    net = new_net(seed=9)
    run = new_run(net)
    run.load(saved)
    assert 0 < run.step < PER_EPOCH
    report = next(run)
    run.save(saved)
    check_uninterrupted(net, all_losses([report, *run]))


# Diverging


class Spoiled(Repeated):
    """An input that is no number, from one window on."""

    continuous = False

    def __init__(self, window: int) -> None:
        self.first = window

    def epoch(self, number: int) -> tuple[Any, Any]:
        inputs, targets = PLAIN.epoch(number)
        inputs[1, 4 * self.first + 1 :] = np.nan
        return inputs, targets


@pytest.mark.parametrize("every", [1, 4, 25])
def test_a_loss_that_is_no_number_stops_the_run_at_its_window(every):
    course = eager(TANH, "float32", PLAIN, epochs=1)
    net = new_net()
    run = new_run(net, every, task=Spoiled(9))
    reports = []
    with pytest.raises(TrainingDiverged, match=r"^training diverged at step 10:") as e:
        reports += iter(run.__next__, None)
    message = str(e.value)
    told = float(re.findall(r"gradient norm until then was ([\d.e+-]+)\)", message)[0])
    assert told == pytest.approx(max(course.norms[:9]), rel=1e-2)
    for remedy in ("learning rate", "clip the gradient", "smaller weights"):
        assert remedy in message
    for name, wanted in course.weights[9].items():
        assert_close(net.weights[name], wanted, 1e-4, 0)
    assert run.step == 9
    assert all(np.isfinite(report.losses).all() for report in reports)
    assert list(run) == []  # as a generator would


def test_weights_that_are_no_numbers_stop_the_run_at_once():
    net = new_net()
    broken = net.parameters | {"b_q": tf.constant([np.nan, 0.0])}
    net.parameters = broken
    with pytest.raises(TrainingDiverged, match=r"at step 1: .*no gradient was finite"):
        next(new_run(net))
    assert_all_equal(net.weights, {n: np.array(p, float) for n, p in broken.items()})


def test_a_rate_that_blows_up_stops_the_run_with_finite_weights():
    net = new_net()
    run = train_windows(net, PLAIN, AdagradTF(3e38), EPOCHS)
    with pytest.raises(TrainingDiverged, match=r"largest gradient norm until then was"):
        all_losses(run)
    assert all(np.isfinite(value).all() for value in net.weights.values())


@dataclass(frozen=True)
class TooFar:
    """Makes one parameter infinite, although loss and gradient are finite."""

    update_number: int

    def start(self, parameters: Any) -> Any:
        return tf.constant(0)

    def update(self, parameters: Any, gradients: Any, memory: Any) -> Any:
        far = parameters["b_q"] + tf.where(memory == self.update_number, -np.inf, 0.0)
        return parameters | {"b_q": far}, memory + 1


@pytest.mark.parametrize("updates", [0, 2])
def test_an_infinite_weight_is_noticed_before_it_is_taken_over(updates):
    net = new_net()
    kept = net.weights
    run = train_windows(net, PLAIN, TooFar(updates), EPOCHS)
    message = rf"^training diverged at step {updates + 1}: .* gradient norm until then"
    with pytest.raises(TrainingDiverged, match=message):  # its gradient was finite
        all_losses(run)
    assert_all_equal(net.weights, kept)
    assert run.step == updates


def test_a_run_that_diverged_can_still_be_saved(tmp_path):
    path = tmp_path / "run.npz"
    net = new_net()
    run = new_run(net, task=(task := Spoiled(9)))
    with pytest.raises(TrainingDiverged):
        all_losses(run)
    run.save(path)
    again = new_net(seed=9)
    resumed = new_run(again, task=task)
    resumed.load(path)
    assert resumed.step == 9
    assert_all_equal(again.weights, net.weights)


def test_only_the_named_parameters_are_trained():
    net, names = new_net(), ("W_hh", "b_q")
    before = net.weights
    for _ in train_windows(net, PLAIN, Only(RULE, names), 1):
        pass
    for name, value in net.weights.items():
        assert np.array_equal(value, before[name]) == (name not in names), name


def test_training_all_by_name_is_training_all():
    named, plain = new_net(), new_net()
    for net, rule in ((named, Only(RULE, tuple(plain.weights))), (plain, RULE)):
        for _ in train_windows(net, PLAIN, rule, 1):
            pass
    assert_all_equal(named.weights, plain.weights)


def test_a_name_that_no_parameter_has_is_refused():
    with pytest.raises(ValueError, match=r"names must be among W_xh, .* 'W_xx' was"):
        Only(RULE, ("W_xx",)).start(new_net().parameters)
