"""Reading and learning images in TensorFlow, held against NumPy and a plain loop.

Nearly all runs share one compiled program: 6 batches of 4 small images in an epoch.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from strategies import assert_close as assert_within

from unrolled.cells.cell_tf import CellTF
from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.report import Report
from unrolled.tasks.images import Images
from unrolled.training import images_tf, truncated_tf
from unrolled.training.image_run_tf import (
    PARTS,
    SMALLEST_PART,
    ImageLesson,
    train_image_batches,
)
from unrolled.training.image_weights import image_weights, published_image_weights
from unrolled.training.images_tf import (
    image_logits,
    image_loss,
    probabilities,
    train_images,
)
from unrolled.training.losses import cross_entropy, softmax
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdagradTF, GradientDescentTF
from unrolled.training.window_tf import window_loss

generator = np.random.default_rng(0)
LABELS = np.arange(24) % 3
# A bright column tells the class; the rest is noise.
PIXELS = generator.integers(0, 100, (24, 5, 3), dtype=np.uint8)
PIXELS[np.arange(24), :, LABELS] += 150
TASK = Images(PIXELS, LABELS, batch=4)
RULE = AdagradTF(0.3)
EPOCHS, PER_EPOCH = 3, 6

all_cells = pytest.mark.parametrize("cell", [TANH, GRU, LSTM], ids=repr)


def new_net(
    cell: CellTF = LSTM, dtype: str = "float64", layer: bool = False
) -> RecurrentNet:
    sizes = {"inputs": 3, "classes": 3}
    weights = image_weights(cell, 6, 1, **sizes)  # type: ignore[arg-type]
    if layer:
        weights = published_image_weights(cell, 1, hidden=6, **sizes)  # type: ignore[arg-type]
    return RecurrentNet(cell, weights, dtype)


def new_run(net: RecurrentNet, task: Images = TASK, **others: Any) -> Any:
    settings: dict[str, Any] = {"rule": RULE, "epochs": EPOCHS, "every": 6}
    return train_image_batches(net, task, **(settings | others))


def all_losses(reports: Iterable[Report]) -> np.ndarray:
    return np.concatenate([report.losses for report in reports])


def assert_close(given: Any, wanted: Any, distance: float) -> None:
    assert_within(given, wanted, distance, distance)


def logits_by_numpy(net: RecurrentNet, images: np.ndarray) -> np.ndarray:
    """Return the logits after each step, ``(B, T, C)``."""
    return net.logits(net.trace(images).outputs)


def batches(task: Images, epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
    pixels, labels = task.epoch(epoch)
    n, T = task.windows_per_epoch, task.window
    return [(pixels[:, k * T : (k + 1) * T] / 255, labels[:, k * T]) for k in range(n)]


# --- reading -------------------------------------------------------------------------


@all_cells
@pytest.mark.parametrize("layer", [False, True])
def test_logits_are_those_of_numpy(cell: CellTF, layer: bool) -> None:
    net, images = new_net(cell, layer=layer), PIXELS / 255
    wanted = logits_by_numpy(net, images)
    state = net.zero_state(len(images))
    every, _ = image_logits(net.parameters, state, tf.constant(images), cell, True)
    last, after = image_logits(net.parameters, state, tf.constant(images), cell)
    assert_close(np.swapaxes(every, 0, 1), wanted, 1e-12)
    assert_close(last, wanted[:, -1], 1e-12)
    assert_close(after[0], net.trace(images).outputs[:, -1], 1e-12)


def test_probabilities_need_no_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images_tf, "ROWS", 10)
    net = new_net()
    wanted = softmax(logits_by_numpy(net, PIXELS / 255))
    assert_close(probabilities(net, PIXELS, every_step=True), wanted, 1e-12)
    assert_close(probabilities(net, PIXELS), wanted[:, -1], 1e-12)
    assert_close(probabilities(net, PIXELS[:3]), wanted[:3, -1], 1e-12)


def test_an_order_of_the_steps_counts() -> None:
    net, order = new_net(), (4, 2, 0, 1, 3)
    there = probabilities(net, PIXELS[:, order])
    assert_close(probabilities(net, PIXELS, order=order), there, 1e-15)
    assert np.abs(there - probabilities(net, PIXELS)).max() > 1e-3


def test_images_must_fit_the_net() -> None:
    with pytest.raises(
        ValueError, match="as the net reads, but read by columns they give 5"
    ):
        probabilities(new_net(), PIXELS, "columns")


# --- learning ------------------------------------------------------------------------


@all_cells
def test_the_gradient_is_that_of_a_plain_loop(cell: CellTF) -> None:
    net = new_net(cell)
    images, labels = batches(TASK, 0)[0]
    x, y = tf.constant(images), tf.constant(labels)
    zeros, parameters = net.zero_state(4), net.parameters
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        steps = tf.repeat(y[:, tf.newaxis], x.shape[1], axis=1)
        _, _, logits = window_loss(parameters, zeros, x, steps, cell.step)
        wanted = image_loss(logits[:, -1], y)
    gradients = tape.gradient(wanted, parameters)
    *_, loss, last, found = train_images(
        parameters, {}, zeros, x, y, cell, GradientDescentTF(0.0).update
    )
    assert_close(loss, wanted, 1e-12)
    assert_close(last, logits[:, -1], 1e-12)
    for name, gradient in gradients.items():
        assert_close(found[name], gradient, 1e-10)


def test_a_layer_before_the_cell_has_a_gradient() -> None:
    net = new_net(layer=True)
    images, labels = batches(TASK, 0)[0]
    arguments = (net.zero_state(4), tf.constant(images), tf.constant(labels), LSTM)
    still = GradientDescentTF(0.0).update
    *_, gradients = train_images(net.parameters, {}, *arguments, still)
    step = 1e-6
    for name, place in (("W_in", (1, 2)), ("b_in", (3,))):
        losses = []
        for sign in (1, -1):
            moved = {n: np.array(p) for n, p in net.parameters.items()}
            moved[name][place] += sign * step
            logits, _ = image_logits(
                {n: tf.constant(p) for n, p in moved.items()},
                arguments[0],
                arguments[1],
                LSTM,
            )
            losses.append(float(image_loss(logits, arguments[2])))
        slope = (losses[0] - losses[1]) / (2 * step)
        assert_close(gradients[name][place], slope, 1e-7)


def test_early_answers_count_as_told() -> None:
    logits = generator.standard_normal((5, 4, 3))
    labels = np.array([0, 2, 1, 1])
    by_step = [cross_entropy(step, labels)[0] for step in logits]
    found = image_loss(tf.constant(logits), tf.constant(labels), early=0.25)
    assert_close(found, 0.75 * by_step[-1] + 0.25 * np.mean(by_step), 1e-12)
    alone = image_loss(tf.constant(logits[-1]), tf.constant(labels))
    assert_close(alone, by_step[-1], 1e-12)


def test_the_softmax_taken_twice_bounds_the_loss_from_below() -> None:
    """Probabilities as logits differ by 1 at most: see the chapter."""
    net = new_net()
    images, labels = batches(TASK, 0)[0]
    *_, loss, _, _ = train_images(
        *(net.parameters, {}, net.zero_state(4)),
        *(tf.constant(images), tf.constant(labels), LSTM),
        GradientDescentTF(0.0).update,
        softmax_twice=True,
    )
    told = softmax(logits_by_numpy(net, images)[:, -1])
    assert_close(loss, cross_entropy(told, labels)[0], 1e-12)
    assert float(loss) > np.log(1 + 2 / np.e)


# --- runs ----------------------------------------------------------------------------


def by_hand(
    net: RecurrentNet, task: Images, **settings: Any
) -> tuple[list[float], dict[str, Any]]:
    parameters, memory = net.parameters, RULE.start(net.parameters)
    losses = []
    for epoch in range(EPOCHS):
        for images, labels in batches(task, epoch):
            parameters, memory, _, loss, _, _ = train_images(
                *(parameters, memory, net.zero_state(task.batch)),
                *(tf.constant(images), tf.constant(labels), net.cell, RULE.update),
                **settings,
            )
            losses.append(float(loss))
    return losses, parameters


@pytest.mark.parametrize("settings", [{}, {"early": 0.2}, {"softmax_twice": True}])
def test_a_run_makes_the_updates_of_the_lesson(settings: dict[str, Any]) -> None:
    net = new_net()
    wanted, parameters = by_hand(new_net(), TASK, **settings)
    assert_close(all_losses(new_run(net, **settings)), wanted, 1e-10)
    assert_close(net.parameters["W_hh"], parameters["W_hh"], 1e-10)


@all_cells
def test_a_batch_in_parts_teaches_what_it_teaches_as_a_whole(cell: CellTF) -> None:
    size = PARTS * SMALLEST_PART
    many = np.tile(PIXELS, (4, 1, 1))[: 2 * size]
    task = Images(many, np.tile(LABELS, 4)[: 2 * size], batch=size)
    net = new_net(cell)
    wanted, parameters = by_hand(new_net(cell), task)
    reports = list(new_run(net, task))
    assert_close(all_losses(reports), wanted, 1e-10)
    for name, value in parameters.items():
        assert_close(net.parameters[name], value, 1e-9)
    told = probabilities(new_net(cell), task.epoch(0)[0][:, : task.window])
    right = told.argmax(axis=1) == task.epoch(0)[1][:, 0]
    first = next(new_run(new_net(cell), task, every=1))
    assert first.metrics["accuracy"] == right.mean()


def test_a_part_carries_its_own_images_state() -> None:
    size = PARTS * SMALLEST_PART
    many = np.tile(PIXELS, (4, 1, 1))[: 2 * size]
    task = Images(many, np.tile(LABELS, 4)[: 2 * size], batch=size)
    net = new_net()
    run = new_run(net, task, rule=GradientDescentTF(0.0), epochs=1, carry=True)
    found = all_losses(run)
    (first, _), (images, labels) = batches(task, 0)
    trace = net.trace(images, net.trace(first, None).final_state)
    wanted = cross_entropy(net.logits(trace.outputs[:, -1]), labels)[0]
    assert_close(found[1], wanted, 1e-10)


def test_a_run_learns_and_tells_how_far_it_is() -> None:
    net = new_net()
    reports = list(new_run(net, epochs=20))
    assert [report.step for report in reports][-1] == 120
    assert reports[0].steps_per_epoch == 6
    assert reports[-1].planned == 120
    assert reports[-1].metrics["accuracy"] == 1.0
    assert (probabilities(net, PIXELS).argmax(axis=1) == LABELS).all()


def test_a_run_can_end_within_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truncated_tf, "MOST_SECONDS", 1000.0)
    run = new_run(new_net(), updates=8, every=5)
    reports = list(run)
    assert [report.step for report in reports] == [5, 6, 8]
    assert {report.planned for report in reports} == {8}
    whole = all_losses(new_run(new_net(), every=5))
    np.testing.assert_array_equal(all_losses(reports), whole[:8])


def test_the_accuracy_is_that_before_each_update() -> None:
    still = new_net()
    report = next(iter(new_run(still, rule=GradientDescentTF(0.0), epochs=1)))
    order = TASK.epoch(0)[1][:, :: TASK.window]
    told = [
        logits_by_numpy(still, images)[:, -1].argmax(axis=1)
        for images, _ in batches(TASK, 0)
    ]
    assert report.metrics["accuracy"] == np.mean(order == np.array(told).T)


def test_a_carried_state_is_the_end_of_the_image_before() -> None:
    net = new_net()
    run = new_run(net, rule=GradientDescentTF(0.0), epochs=1, carry=True)
    found = all_losses(run)
    state, wanted = None, []
    for images, labels in batches(TASK, 0):
        trace = net.trace(images, state)
        state = trace.final_state
        wanted.append(cross_entropy(net.logits(trace.outputs[:, -1]), labels)[0])
    assert_close(found, wanted, 1e-10)


def test_pixels_can_be_left_as_they_are() -> None:
    net = new_net()
    found = all_losses(new_run(net, rule=GradientDescentTF(0.0), epochs=1, white=1.0))
    images, labels = batches(TASK, 0)[0]
    logits = logits_by_numpy(net, 255 * images)[:, -1]
    assert_close(found[0], cross_entropy(logits, labels)[0], 1e-10)


def test_a_saved_run_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    whole = all_losses(new_run(new_net()))
    first = new_run(new_net())
    next(first)
    first.save(tmp_path / "run.npz")
    again = new_run(new_net())
    again.load(tmp_path / "run.npz")
    rest = all_losses(again)
    np.testing.assert_array_equal(rest, whole[len(whole) - len(rest) :])
    other = new_run(new_net(), early=0.5)
    with pytest.raises(ValueError, match="early"):
        other.load(tmp_path / "run.npz")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="read 5 pixels in each step"):
        new_run(new_net(), replace(TASK, reading="columns"))
    with pytest.raises(ValueError, match="there is an image of class 3"):
        new_run(new_net(), replace(TASK, labels=np.arange(24) % 4))
    for settings, message in (
        ({"early": 1.5}, "early must be a share"),
        ({"white": 0.0}, "white"),
        ({"updates": 0}, "updates"),
    ):
        with pytest.raises(ValueError, match=message):
            new_run(new_net(), **settings)
    assert ImageLesson(LSTM, RULE) == ImageLesson(LSTM, RULE), "compiled once"
