"""How the net of the pad is trained, and that the shipped file is the result."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments import digit_weights
from experiments.digit_weights import Plan, distorted, drawn_weights, looked_up
from unrolled.tasks import digits
from unrolled.training.digit_net import DigitNet, shipped_bytes, shipped_net
from unrolled.training.losses import log_softmax
from unrolled.training.stored import stored_result

LARGEST = 300_000
STILL = Plan(shift=0, turn=0, slant=0, stretch=0)


def blobs(number=64):
    """Draw images with a blob high or low: classes 0 and 1."""
    generator = np.random.default_rng(3)
    images = np.zeros((number, 28, 28), np.uint8)
    labels = generator.integers(0, 2, number)
    for image, label in zip(images, labels, strict=True):
        image[6 + 10 * label : 12 + 10 * label, 8:20] = 230
    return images, labels


# --- images ------------------------------------------------------------------------


def test_what_is_not_distorted_stays():
    images, _ = blobs()
    found = distorted(images, STILL, np.random.default_rng(0))
    np.testing.assert_array_equal(found, images)


def test_what_is_distorted_keeps_its_ink():
    images, _ = blobs()
    found = distorted(images, Plan(), np.random.default_rng(0))
    assert (found != images).any(axis=(1, 2)).all()
    ink = found.sum(axis=(1, 2)) / images.sum(axis=(1, 2))
    assert 0.75 < ink.min() <= ink.max() < 1.35
    assert found.dtype == np.uint8


def test_between_pixels_there_is_their_mean():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10, 10] = 200
    rows, columns = np.meshgrid(np.arange(28.0), np.arange(28.0), indexing="ij")
    shifted = looked_up(
        image, (rows + 0.5)[None].astype("f4"), (columns - 1)[None].astype("f4")
    )
    assert shifted[0, 9:11, 11].tolist() == [100, 100]
    assert shifted.sum() == 200
    beyond = looked_up(image + 9, rows[None] - 40, columns[None])
    assert (beyond == 0).all()


# --- training ----------------------------------------------------------------------


def test_the_loss_counts_the_last_row_and_all_rows():
    images, labels = blobs(8)
    weights = drawn_weights(replace(STILL, hidden=4))
    found = float(
        digit_weights.loss_of(weights, images, labels.astype(np.int32), early=0.25)
    )
    net = DigitNet("toy", "", {n: w.astype(float) for n, w in weights.items()})
    logits = net.logits(images)
    logs = log_softmax(logits.reshape(-1, 10)).reshape(logits.shape)
    losses = -logs[np.arange(8), :, labels]
    wanted = 0.75 * losses[:, -1].mean() + 0.25 * losses.mean()
    assert found == pytest.approx(wanted, rel=1e-5)


def test_the_first_weights_have_the_wanted_size():
    weights = drawn_weights(Plan(forget=2.0))
    assert weights["W_hh"].std() == pytest.approx(128**-0.5, rel=0.02)
    assert weights["W_xh"].std() == pytest.approx(28**-0.5, rel=0.02)
    assert np.unique(weights["b_h"][128:256]).tolist() == [2.0]
    assert weights["b_h"].sum() == 2.0 * 128


# --- the stored result, and the shipped file ---------------------------------------


@pytest.fixture(scope="module")
def result():
    return stored_result("digit_weights")


def test_the_shipped_file_is_the_one_that_was_made(result):
    content = shipped_bytes()
    assert hashlib.sha256(content).hexdigest() == result["sha256"]
    assert len(content) == result["bytes"] <= LARGEST
    assert result["plan"]["epochs"] == Plan().epochs == len(result["training_losses"])


def test_it_is_as_right_as_is_said(result):
    rounded = result["rounded"]
    assert rounded["images"] == 10_000
    assert rounded["accuracy"] > 0.99, "as the docstring of digit_net has it"
    assert abs(rounded["accuracy"] - result["exact"]["accuracy"]) < 1e-3
    after = rounded["accuracy_after_rows"]
    assert len(after) == 28
    assert after[-1] == pytest.approx(rounded["accuracy"], abs=1e-4)
    assert f"{100 * rounded['accuracy']:.1f} %" in shipped_net().about
    assert len(rounded["wrong"]) == round(10_000 * (1 - rounded["accuracy"]))


def test_the_net_does_as_stored(result):
    folder = Path(os.environ.get("UNROLLED_DATA") or "none")
    if not (folder / "mnist.npz").is_file():
        pytest.skip("MNIST (mnist.npz) is not in the data directory UNROLLED_DATA")
    _, _, images, labels = digit_weights.data()
    number = digit_weights.SLICE
    right = shipped_net().classes(images[:number]) == labels[:number]
    assert right.mean() == pytest.approx(result["rounded"]["accuracy_slice"], abs=1e-4)
    wrong = [k for k in result["rounded"]["wrong"] if k < number]
    assert np.flatnonzero(~right).tolist() == wrong


def test_without_mnist_nothing_is_trained(monkeypatch):
    other = digits.load_embedded()
    monkeypatch.setattr(digits, "load", lambda: other)
    with pytest.raises(ValueError, match="made from MNIST, but it is not to be had"):
        digit_weights.data()
