"""Images as sequences: what is read at which step, and batches that lose nothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.tasks.images import (
    Images,
    as_sequences,
    checked_images,
    checked_labels,
    shifted,
)

# Image k has the rows (10k, 10k + 1), (10k + 2, 10k + 3), (10k + 4, 10k + 5).
SIX = (10 * np.arange(7)[:, None] + np.arange(6)).reshape(7, 3, 2).astype(np.uint8)
TASK = Images(SIX, np.arange(7), batch=2, seed=3)


def test_rows_columns_and_pixels_are_read_in_their_order() -> None:
    image = SIX[:1]
    assert as_sequences(image).tolist() == [[[0, 1], [2, 3], [4, 5]]]
    assert as_sequences(image, "columns").tolist() == [[[0, 2, 4], [1, 3, 5]]]
    pixels = as_sequences(image, "pixels")
    assert pixels.shape == (1, 6, 1)
    assert pixels.ravel().tolist() == [0, 1, 2, 3, 4, 5]


def test_steps_can_be_taken_in_another_order() -> None:
    assert as_sequences(SIX[:1], order=(2, 0, 1)).tolist() == [[[4, 5], [0, 1], [2, 3]]]


@pytest.mark.parametrize(
    ("reading", "shape"), [("rows", (3, 2)), ("columns", (2, 3)), ("pixels", (6, 1))]
)
def test_an_epoch_lays_the_images_of_a_batch_side_by_side(
    reading: Any, shape: tuple[int, int]
) -> None:
    task = replace(TASK, reading=reading)
    assert task.shape == shape
    assert (task.window, task.stride) == (shape[0], shape[0])
    pixels, labels = task.epoch(0)
    assert pixels.shape == (2, 3 * shape[0], shape[1])
    assert labels.shape == (2, 3 * shape[0])
    seen = []
    for batch in range(task.windows_per_epoch):
        here = slice(batch * task.window, (batch + 1) * task.window)
        for row in range(task.batch):
            label = labels[row, here]
            assert len(set(label.tolist())) == 1
            wanted = as_sequences(SIX[label[:1]], reading)[0]
            np.testing.assert_array_equal(pixels[row, here], wanted)
            seen.append(int(label[0]))
    assert len(set(seen)) == 6, "no image comes twice, and what is left over is one"


def test_epochs_differ_and_a_seed_repeats_them() -> None:
    orders = [TASK.epoch(number)[1].tolist() for number in range(4)]
    assert len({str(order) for order in orders}) > 1
    again = Images(SIX, np.arange(7), batch=2, seed=3)
    assert [again.epoch(number)[1].tolist() for number in range(4)] == orders
    others = [replace(TASK, seed=4).epoch(n)[1].tolist() for n in range(4)]
    assert others != orders


def test_images_are_moved_anew_in_each_epoch_and_their_order_is_the_same() -> None:
    still = Images(np.full((4, 3, 3), 9, np.uint8), np.arange(4), batch=4)
    moving = replace(still, shift=1)
    inks = set()
    for number in range(10):
        pixels, labels = moving.epoch(number)
        assert labels.tolist() == still.epoch(number)[1].tolist()
        inks |= set(np.count_nonzero(pixels, axis=(1, 2)).tolist())
    assert inks == {4, 6, 9}, "nobody, one edge, or a corner of two is moved out"


def test_a_move_is_downwards_and_to_the_right() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    image[:, 1, 1] = 7
    moved = shifted(image, [[1, 0], [0, -1]])
    assert moved[0, 2, 1] == 7
    assert moved[1, 1, 0] == 7
    assert moved.sum() == 14


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_what_stays_on_the_paper_comes_back(down: int, right: int) -> None:
    image = np.zeros((1, 9, 9), np.uint8)
    image[0, 3:6, 3:6] = np.arange(1, 10).reshape(3, 3)
    there = shifted(image, [[down, right]])
    np.testing.assert_array_equal(shifted(there, [[-down, -right]]), image)
    rows, columns = np.nonzero(there[0])
    assert (rows.min(), columns.min()) == (3 + down, 3 + right)


def test_settings_and_images_are_told() -> None:
    other = SIX.copy()
    other[0, 0, 0] += 1
    texts = {
        repr(TASK),
        repr(replace(TASK, images=other)),
        repr(replace(TASK, seed=4)),
        repr(replace(TASK, reading="pixels")),
        repr(replace(TASK, shift=1)),
    }
    assert len(texts) == 5
    assert repr(Images(SIX.copy(), np.arange(7), batch=2, seed=3)) == repr(TASK)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 8}, "at least a batch of 8, but there are 7"),
        ({"reading": "diagonals"}, "reading must be one of"),
        ({"order": (0, 1)}, "each of the steps 0 to 2 once"),
        ({"order": (0, 1, 1)}, "each of the steps 0 to 2 once"),
        ({"shift": -1}, "shift must be a whole number of at least 0"),
        ({"labels": np.arange(6)}, "labels must be 7 whole numbers"),
        ({"labels": np.arange(7) - 1}, "labels must be 7 whole numbers"),
        ({"labels": np.arange(7) * 1.0}, "labels must be 7 whole numbers"),
        ({"images": SIX[0]}, r"axes \(N, height, width\)"),
        ({"images": SIX / 255}, "whole numbers of 0 to 255"),
        ({"images": SIX.astype(int) + 250}, "whole numbers of 0 to 255"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(TASK, **changes)


def test_a_move_is_needed_for_each_image() -> None:
    with pytest.raises(ValueError, match="two for each image"):
        shifted(SIX, [[0, 0]])


def test_wider_whole_numbers_become_bytes() -> None:
    assert checked_images(SIX.astype(np.int64)).dtype == np.uint8
    assert checked_labels(np.arange(7, dtype=np.uint8), 7).dtype == np.int32
