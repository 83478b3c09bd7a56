"""The run: an iterator of reports, and what each report promises."""

import math
import time
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import CELLS, assert_all_equal, random_model

from unrolled.cells.linear import LinearCell
from unrolled.cells.tanh import TanhCell
from unrolled.report import Report
from unrolled.tasks import counting
from unrolled.training import running
from unrolled.training.models import RecurrentModel, ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.rules import Clipped, GradientDescent, Momentum, global_norm
from unrolled.training.running import TrainingDiverged, train

TASK = counting.published()
RULES = [GradientDescent(1e-3), Momentum(1e-3), Rprop(), Clipped(Momentum(0.1), 1.0)]
every_rule = pytest.mark.parametrize("rule", RULES, ids=repr)


class Batches:
    """A task with another batch at every step, four steps to the epoch."""

    steps_per_epoch = 4

    def __init__(self, inputs: Any, targets: Any) -> None:
        self.inputs, self.targets = inputs, targets
        self.asked: list[int] = []

    def batch(self, step: int) -> tuple[Any, Any]:
        """Return the data, scaled in a way that tells the steps apart."""
        self.asked.append(step)
        return self.inputs * (1 + step % 4), self.targets


def near_the_optimum() -> ScalarModel:
    return ScalarModel(0.9, 0.95)


# Which reports come


@settings(max_examples=40)
@given(steps=st.integers(0, 30), every=st.integers(1, 12))
def test_reports_come_at_zero_then_every_so_often_and_at_the_end(steps, every):
    reports = list(train(near_the_optimum(), TASK, Rprop(), steps, every=every))
    numbers = [report.step for report in reports]
    assert numbers == sorted({*range(0, steps + 1, every), steps})
    counts = np.diff([-1, *numbers])
    assert [len(report.losses) for report in reports] == list(counts)
    for report, count in zip(reports, counts, strict=True):
        for name in ("w_x", "w_rec"):
            assert len(report.sample["weights"][name]) == count


@every_rule
def test_the_interval_changes_the_reports_and_not_the_run(rule):
    runs = []
    for every in (1, 7):
        model = near_the_optimum()
        reports = list(train(model, TASK, rule, 20, every=every))
        losses = np.concatenate([report.losses for report in reports])
        weights = np.concatenate([r.sample["weights"]["w_rec"] for r in reports])
        runs.append((losses, weights, float(model.parameters["w_x"])))
    for one, seven in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, seven)
    assert len(runs[0][0]) == 21


def test_epochs_are_full_passes_and_every_step_asks_for_its_own_batch():
    model, x, y = random_model(TanhCell, "last", seed=1)
    task = Batches(x, y)
    reports = list(train(model, task, GradientDescent(0.01), 9))
    assert [report.epoch for report in reports] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert task.asked == list(range(10))


def test_every_report_tells_what_is_planned():
    model, x, y = random_model(TanhCell, "last", seed=1)
    reports = list(train(model, Batches(x, y), GradientDescent(0.01), 9, every=2))
    assert {(r.planned, r.steps_per_epoch) for r in reports} == {(9, 4)}


# The contract


@every_rule
def test_a_report_speaks_of_the_weights_that_the_model_holds(rule):
    model = near_the_optimum()
    for report in train(model, TASK, rule, 12, every=5):
        loss, gradients = model.loss_and_gradients(*TASK.batch(report.step))
        assert report.loss == loss
        assert_all_equal(report.sample["gradients"], gradients)
        assert report.metrics["gradient_norm"] == global_norm(gradients)
        for name, value in model.parameters.items():
            assert report.sample["weights"][name][-1] == value


@pytest.mark.parametrize("kind", CELLS)
def test_the_contract_holds_for_every_cell_and_changing_batches(kind):
    model, x, y = random_model(kind, "last", seed=2)
    task = Batches(0.2 * x, y)
    for report in train(model, task, GradientDescent(0.01), 9, every=2):
        inputs, targets = task.batch(report.step)
        assert report.loss == model.loss(inputs, targets)
        for name, value in model.parameters.items():
            np.testing.assert_array_equal(report.sample["weights"][name][-1], value)
    assert report.step == 9


def test_nothing_happens_before_the_first_report_is_asked_for():
    model, task = near_the_optimum(), Batches(TASK.inputs, TASK.targets)
    before = dict(model.parameters)
    run = train(model, task, Rprop(), 10)
    assert task.asked == []
    assert model.parameters == before
    first = next(run)
    assert first.step == 0
    assert model.parameters == before


def test_closing_a_run_leaves_the_weights_of_the_last_report_and_a_usable_model():
    model = near_the_optimum()
    run = train(model, TASK, Rprop(), 100)
    for report in run:
        if report.step == 7:
            break
    held = dict(model.parameters)
    run.close()
    assert list(run) == []
    assert model.parameters == held
    assert model.loss(TASK.inputs, TASK.targets) == report.loss
    *_, last = train(model, TASK, Rprop(), 300)
    assert last.loss < report.loss


def test_stopping_and_going_on_with_a_rule_without_memory_is_one_run():
    whole, halves = near_the_optimum(), near_the_optimum()
    rule = GradientDescent(1e-3)
    list(train(whole, TASK, rule, 10))
    list(train(halves, TASK, rule, 4))
    list(train(halves, TASK, rule, 6))
    assert whole.parameters == halves.parameters


@every_rule
def test_two_runs_are_equal_bit_by_bit(rule):
    first, second = ([*train(near_the_optimum(), TASK, rule, 30)] for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.losses, other.losses)
        for part in ("weights", "gradients"):
            assert_all_equal(one.sample[part], other.sample[part])


def test_what_a_reader_does_to_a_report_does_not_reach_the_run():
    calm, meddled = near_the_optimum(), near_the_optimum()
    list(train(calm, TASK, Momentum(1e-3), 5))
    for report in train(meddled, TASK, Momentum(1e-3), 5):
        for part in ("weights", "gradients"):
            for value in report.sample[part].values():
                value[...] = 99.0
        report.losses[:] = 99.0
    assert calm.parameters == meddled.parameters


def test_a_kept_report_is_not_changed_by_later_steps():
    model, x, y = random_model(TanhCell, "last", seed=3)
    run = train(model, Batches(x, y), Momentum(0.01), 5)
    first = next(run)
    weights = {n: w.copy() for n, w in first.sample["weights"].items()}
    gradients = {n: g.copy() for n, g in first.sample["gradients"].items()}
    list(run)
    assert_all_equal(first.sample["weights"], weights)
    assert_all_equal(first.sample["gradients"], gradients)


def test_the_weights_given_to_a_model_are_not_changed_in_place():
    model, x, y = random_model(TanhCell, "last", seed=4)
    given_arrays = model.parameters
    copies = {name: value.copy() for name, value in given_arrays.items()}
    list(train(model, Batches(x, y), Momentum(0.01), 5))
    assert_all_equal(given_arrays, copies)


def test_training_learns():
    model, x, y = random_model(TanhCell, "last", seed=5)
    first, *_, last = train(model, Batches(x, y), GradientDescent(0.05), 200)
    assert last.loss < 0.5 * first.loss


# Time


def test_seconds_count_computing_and_not_pauses(monkeypatch):
    now = [0.0]
    clock = SimpleNamespace(perf_counter=lambda: now[0])
    monkeypatch.setattr(running, "time", clock)

    class Slow(ScalarModel):
        def loss_and_gradients(self, inputs, targets):
            now[0] += 1.0
            return super().loss_and_gradients(inputs, targets)

    now[0] = 50.0
    run = train(Slow(0.9, 0.95), TASK, Rprop(), 6, every=2)
    now[0] = 100.0  # a pause before the first report
    seconds = []
    for report in run:
        seconds.append(report.seconds)
        now[0] += 1000.0  # the reader looks at the report
    assert seconds == [1.0, 3.0, 5.0, 7.0]


def test_the_real_clock_runs_too():
    run = train(near_the_optimum(), TASK, Rprop(), 2)
    begin = time.perf_counter()
    seconds = [report.seconds for report in run]
    assert 0 < seconds[0] < seconds[1] < seconds[2] < time.perf_counter() - begin


# Divergence


def long_ones() -> Batches:
    return Batches(np.ones((2, 30, 1)), np.ones((2, 1)))


def linear_net(weight: float) -> RecurrentModel:
    return RecurrentModel(LinearCell(W_xh=[[1]], W_hh=[[weight]]), [[1]], [0])


DIVERGING = {
    "the scalar model, its loss overflows": lambda: (
        ScalarModel(-1.5, 2.0),
        TASK,
        GradientDescent(0.01),
    ),
    "a linear cell, its states overflow": lambda: (
        linear_net(1.5),
        long_ones(),
        GradientDescent(0.01),
    ),
    "a tanh cell, its weights overflow": lambda: (
        RecurrentModel(TanhCell(W_xh=[[1]], W_hh=[[1]], b_h=[0]), [[1]], [0]),
        long_ones(),
        GradientDescent(1e308),
    ),
    "weights beyond the largest float": lambda: (
        linear_net(2.0),
        long_ones(),
        GradientDescent(1.7e308),
    ),
}


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("case", DIVERGING)
def test_a_diverging_run_stops_and_keeps_the_last_sound_weights(case):
    model, task, rule = DIVERGING[case]()
    reports: list[Report] = []
    with pytest.raises(TrainingDiverged) as caught:
        collect(train(model, task, rule, 1000), reports)
    last = reports[-1]
    for name, value in model.parameters.items():
        np.testing.assert_array_equal(value, last.sample["weights"][name][-1])
    assert math.isfinite(model.loss(*task.batch(last.step)))

    message = str(caught.value)
    assert f"at step {last.step + 1}:" in message
    assert f"norm one step before was {last.metrics['gradient_norm']:.3g}" in message
    for remedy in ("lower the learning rate", "clip the gradient", "start elsewhere"):
        assert remedy in message


def collect(run: Iterable[Report], kept: list[Report]) -> None:
    """Keep what a run yields, also if it breaks down in the end."""
    for report in run:
        kept.append(report)


def test_a_model_that_diverged_can_be_trained_on():
    model = ScalarModel(-1.5, 2.0)
    with pytest.raises(TrainingDiverged):
        list(train(model, TASK, GradientDescent(0.01), 1000))
    model.parameters = ScalarModel(0.9, 0.95).parameters
    *_, last = train(model, TASK, Rprop(), 200)
    assert last.loss < 1e-3


def test_a_run_that_starts_beyond_all_floats_says_so_and_keeps_the_weights():
    model = ScalarModel(1.0, 1e200)
    with pytest.raises(TrainingDiverged, match=r"at step 0.*no update was made yet"):
        next(train(model, TASK, Rprop(), 5))
    assert float(model.parameters["w_rec"]) == 1e200


def test_weights_between_two_reports_are_sound_ones_too():
    model = ScalarModel(-1.5, 2.0)
    with pytest.raises(TrainingDiverged, match="at step 2"):
        list(train(model, TASK, GradientDescent(0.01), 1000, every=100))
    assert float(model.parameters["w_x"]) != -1.5
    assert math.isfinite(model.loss(TASK.inputs, TASK.targets))


def test_clipping_brings_the_same_run_through():
    model = ScalarModel(-1.5, 2.0)
    rule = Clipped(GradientDescent(0.01), 1.0)
    *_, last = train(model, TASK, rule, 500)
    assert math.isfinite(last.loss)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("steps", {"steps": -1}),
        ("steps", {"steps": 2.0}),
        ("every", {"steps": 2, "every": 0}),
    ],
)
def test_settings_are_checked_at_the_call_and_not_at_the_first_step(name, settings):
    with pytest.raises(ValueError, match=f"^{name} must be a whole number"):
        train(near_the_optimum(), TASK, Rprop(), **settings)
