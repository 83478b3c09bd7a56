"""The suite of the MNIST chapter: what its programs share, and what it claims."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import mnist, timing
from benchmarks.measure import Measure
from benchmarks.mnist_programs import keras_fit, ours, profile, start
from unrolled.cells.lstm_tf import LSTM
from unrolled.report import Report
from unrolled.tasks import digits
from unrolled.training.image_weights import image_weights

FEW = 4
"""Batches of an epoch that is quickly trained."""


@pytest.fixture(scope="module")
def few() -> start.Start:
    found = digits.load_embedded()
    size = FEW * start.BATCH
    drawn = image_weights(LSTM, start.HIDDEN, start.SEED)
    return start.Start(
        {name: value.astype(np.float32) for name, value in drawn.items()},
        found.train_images[:size].reshape(FEW, start.BATCH, 28, 28),
        found.train_labels[:size].reshape(FEW, start.BATCH),
    )


def test_what_is_written_is_read(tmp_path: Path, few: start.Start) -> None:
    few.write(tmp_path)
    again = start.read(tmp_path)
    assert sorted(again.weights) == sorted(start.NAMES)
    for name, value in few.weights.items():
        np.testing.assert_array_equal(again.weights[name], value)
    np.testing.assert_array_equal(again.images, few.images)
    np.testing.assert_array_equal(again.labels, few.labels)
    assert again.scaled().dtype == np.float32
    assert (again.scaled().min(), again.scaled().max()) == (0, 1)


def test_every_program_is_given_the_same_batches(few: start.Start) -> None:
    """Ours lays them out in rows; each epoch has them in the order of the others."""
    images = few.images.reshape(-1, 28, 28)
    same = ours.InOrder(images, few.labels.reshape(-1), start.BATCH)
    for epoch in (0, 3):
        rows, classes = same.epoch(epoch)
        for number in range(FEW):
            here = slice(28 * number, 28 * (number + 1))
            np.testing.assert_array_equal(rows[:, here], few.images[number])
            np.testing.assert_array_equal(classes[:, 28 * number], few.labels[number])
            assert (np.ptp(classes[:, here], axis=1) == 0).all()


def test_keras_has_our_losses(few: start.Start) -> None:
    wanted, epochs = timing.first_losses(ours.prepare(few), 2 * FEW)
    assert epochs == 2
    losses, _ = timing.first_losses(keras_fit.prepare(few), FEW)
    timing.check(losses, wanted[:FEW])
    assert wanted[-1] < wanted[0] - 0.01  # it does learn


def test_a_run_is_timed_to_the_first_look_that_satisfies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = iter([0.5, 0.96, 0.97, 0.99])
    monkeypatch.setattr(ours, "_mnist", SimpleNamespace(accuracy=lambda _: next(known)))

    def run() -> list[Report]:
        return [
            Report(step, 0, np.ones(1), seconds=step / 10) for step in range(5, 101, 5)
        ]

    seconds = ours.seconds_to(0.97, None, run())  # type: ignore[arg-type]
    assert seconds == pytest.approx(3 * ours.EVERY / 10)
    known = iter([0.5] * 20)
    with pytest.raises(RuntimeError, match=r"0\.999 was not reached"):
        ours.seconds_to(0.999, None, run())  # type: ignore[arg-type]


def test_the_claims_are_those_of_the_course(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "python_for", lambda name: name)
    folder = SimpleNamespace(name="folder")
    monkeypatch.setattr(mnist, "prepared", lambda: folder)
    claims: list[Measure] = mnist.measures()
    assert {claim.suite for claim in claims} == {"mnist"}
    goals = [claim.goal for claim in claims]
    assert goals == [2.0, 1.0, 1.0, 2, 1.2, 0.4, 1 / 1.2, 1.2, 2.0, 1, 1, 1]
    limits = {claim.against for claim in claims if "limit" in claim.against}
    assert limits == {
        "the limit of 0.5 s",
        "the limit of 240 s",
        "the limit of 2000 MB",
    }


def test_all_ways_of_the_profile_compute_the_same() -> None:
    given = profile.arrays(4)
    wanted, *found = (
        profile.WAYS[name]()(*given) for name in ("written out", "looped", "halves")
    )
    for other in found:
        for one, two in zip(wanted, other, strict=True):
            np.testing.assert_allclose(one, two, rtol=0, atol=1e-4)
    assert np.abs(wanted[1]).max() > 1


def test_our_speed_is_measured_as_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(mnist, "python_for", lambda name: f"python of {name}")
    monkeypatch.setattr(mnist, "call", lambda *a: asked.append(a) or 0.02)
    folder = SimpleNamespace(name="folder")
    for claim in mnist.race_measures(folder):  # type: ignore[arg-type]
        assert claim.ours() == claim.theirs() == 0.02
    assert {arguments[1:4] for arguments in asked} == {
        ("timing", "check_and_time", "mnist_programs")
    }
    programs = [arguments[4] for arguments in asked]
    assert programs == ["ours", "keras_fit", "ours", "keras_xla", "ours", "torch_lstm"]
