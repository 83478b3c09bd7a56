"""Keras's fit as an iterator of reports: the same contract as our own training loop."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from unrolled.training.fitting import fit_reports

keras = pytest.importorskip("keras")

SAMPLES, BATCH, EPOCHS = 40, 16, 3
STEPS = 3  # batches of 16, 16 and 8


def data() -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    inputs = random.normal(size=(SAMPLES, 2)).astype("float32")
    return inputs, inputs @ np.array([[1.0], [-2.0]], "float32")


def small_model(**compiled: Any) -> Any:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.array([[0.5], [0.5]], "float32")])
    settings = {"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"}
    model.compile(**(settings | compiled))
    return model


def reports_of(model: Any, **settings: Any) -> Iterator[Any]:
    wanted = {"batch_size": BATCH, "epochs": EPOCHS, "shuffle": False} | settings
    return fit_reports(model, *data(), **wanted)


def workers() -> list[str]:
    return [t.name for t in threading.enumerate() if "work" in t.name]


def weights_of(model: Any) -> Any:
    return model.get_weights()[0].copy()


def test_a_loss_for_every_batch_and_a_word_at_the_end_of_each_epoch():
    reports = list(reports_of(small_model()))
    assert [report.step for report in reports] == [1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9]
    assert [report.epoch for report in reports] == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3]
    assert [len(r.losses) for r in reports] == [1, 1, 1, 0] * EPOCHS
    assert {(r.planned, r.steps_per_epoch) for r in reports} == {(9, 3)}
    assert workers() == []


def test_the_losses_are_those_of_single_batches():
    model = small_model()
    inputs, targets = data()
    weights, expected = np.array([[0.5], [0.5]]), []
    for _ in range(EPOCHS):
        for start in range(0, SAMPLES, BATCH):
            x, y = inputs[start : start + BATCH], targets[start : start + BATCH]
            error = x @ weights - y
            expected.append(np.mean(error**2))
            weights = weights - 0.1 * 2 * x.T @ error / len(x)
    losses = np.concatenate([report.losses for report in reports_of(model)])
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    np.testing.assert_allclose(weights_of(model), weights, rtol=1e-4)


def test_several_batches_make_one_report():
    reports = list(reports_of(small_model(), every=2))
    assert [len(r.losses) for r in reports] == [2, 1] * EPOCHS
    assert [r.step for r in reports] == [2, 3, 5, 6, 8, 9]


def test_the_run_is_the_one_of_fit():
    ours, theirs = small_model(), small_model()
    list(reports_of(ours))
    theirs.fit(*data(), batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
    np.testing.assert_array_equal(weights_of(ours), weights_of(theirs))


def test_nothing_happens_before_the_first_report_is_asked_for():
    model = small_model()
    before = weights_of(model)
    run = reports_of(model)
    np.testing.assert_array_equal(weights_of(model), before)
    run.close()
    assert workers() == []


def test_fit_waits_while_a_report_is_held():
    model = small_model()
    run = reports_of(model)
    for _ in range(2):
        next(run)
        held = weights_of(model)
        time.sleep(0.1)
        np.testing.assert_array_equal(weights_of(model), held)
    next(run)
    assert not np.array_equal(weights_of(model), held)
    run.close()


def test_closing_ends_fit_and_keeps_the_weights_of_the_last_report():
    model = small_model()
    run = reports_of(model, epochs=10**6)
    reports = [next(run) for _ in range(5)]
    held = weights_of(model)
    run.close()
    assert workers() == []
    np.testing.assert_array_equal(weights_of(model), held)
    assert reports[-1].step == 4
    more = list(reports_of(model, epochs=1))
    assert more[-1].step == STEPS


def test_closing_does_not_wait_for_a_validation():
    validated = []

    class Watcher(keras.callbacks.Callback):
        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            validated.append(batch)

    run = reports_of(small_model(), validation_data=data(), callbacks=[Watcher()])
    for report in run:
        if report.step == STEPS:
            break
    run.close()
    assert validated == []


def test_a_validation_is_told_with_its_epoch():
    reports = list(reports_of(small_model(), validation_data=data()))
    ends = [r for r in reports if len(r.losses) == 0]
    assert len(ends) == EPOCHS
    assert all("val_loss" in r.metrics for r in ends)
    assert ends[-1].metrics["val_loss"] < ends[0].metrics["val_loss"]


def test_an_exception_in_fit_reaches_the_caller_as_itself():
    class Breaks(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 1:
                raise ZeroDivisionError("the batch of doom")

    reports = []
    with pytest.raises(ZeroDivisionError, match="the batch of doom"):
        reports.extend(reports_of(small_model(), callbacks=[Breaks()]))
    assert workers() == []


def test_an_exception_of_keras_reaches_the_caller_too():
    with pytest.raises(ValueError, match="compile"):
        next(fit_reports(keras.Sequential([keras.layers.Dense(1)]), *data()))


def test_a_sample_is_taken_while_fit_waits():
    def sample(model: Any) -> dict[str, Any]:
        return {"weights": weights_of(model)}

    model = small_model()
    for report in reports_of(model, sample=sample, panel="some"):
        np.testing.assert_array_equal(report.sample["weights"], weights_of(model))
        assert report.panel == "some"


def test_seconds_count_computing_and_not_pauses():
    run = reports_of(small_model())
    first = next(run)
    time.sleep(0.5)
    second = next(run)
    run.close()
    assert 0 < first.seconds < second.seconds < first.seconds + 0.4


def test_data_of_unknown_length_plan_nothing_until_an_epoch_has_passed():
    x, y = data()

    def batches() -> Iterator[Any]:
        for start in range(0, SAMPLES, BATCH):
            yield x[start : start + BATCH], y[start : start + BATCH]

    reports = list(fit_reports(small_model(), batches()))
    assert [r.planned for r in reports] == [0, 0, 0, 3]


def test_the_interval_is_checked_at_the_call():
    with pytest.raises(ValueError, match=r"^every must be a whole number"):
        reports_of(small_model(), every=0)
