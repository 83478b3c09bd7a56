"""A text in windows: both samplings by hand, next characters, the one-hot look-up."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import seeds

from unrolled.tasks.text import (
    Text,
    consecutive_rows,
    one_hot,
    random_batches,
    random_examples,
    split,
)

THIRTY = np.arange(30)


@st.composite
def tasks(draw: st.DrawFn, sampling: str | None = None) -> Text:
    """Draw small tasks whose text is 0, 1, 2, ..: a character tells its place."""
    window, batch = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    shortest = batch * (window + 1)
    length = draw(st.integers(shortest, 6 * shortest))
    return Text(
        np.arange(length),
        size=length,
        window=window,
        batch=batch,
        sampling=sampling or draw(st.sampled_from(["consecutive", "random"])),
        seed=draw(seeds),
    )


# Consecutive sampling


def test_thirty_characters_in_two_rows():
    # The published example: batches of 2 rows and 6 steps.
    task = Text(THIRTY, size=30, window=6, batch=2)
    assert (task.windows_per_epoch, task.row_length) == (2, 12)
    inputs, targets = task.epoch(0)
    first, second = inputs[:, :6], inputs[:, 6:]
    assert first.tolist() == [[0, 1, 2, 3, 4, 5], [15, 16, 17, 18, 19, 20]]
    assert second.tolist() == [[6, 7, 8, 9, 10, 11], [21, 22, 23, 24, 25, 26]]
    assert targets[:, :6].tolist() == [[1, 2, 3, 4, 5, 6], [16, 17, 18, 19, 20, 21]]
    np.testing.assert_array_equal(targets, inputs + 1)


def test_what_is_left_over_at_the_end_is_dropped():
    inputs, targets = consecutive_rows(np.arange(11), 3)
    assert inputs.tolist() == [[0, 1], [3, 4], [6, 7]]
    assert targets.tolist() == [[1, 2], [4, 5], [7, 8]]


def test_the_defaults_are_the_published_constants():
    task = Text(np.zeros(10_000, np.int64), size=1027)
    assert (task.window, task.batch, task.sampling) == (35, 32, "consecutive")
    assert (
        task.windows_per_epoch == 8
    )  # rows of 312 characters, 311 of them with a next
    assert replace(task, sampling="random").windows_per_epoch == 8  # 285 examples


@given(tasks("consecutive"), st.integers(0, 3))
def test_a_row_reads_on_where_its_window_before_ended(task, number):
    assert task.carries_state
    inputs, targets = task.epoch(number)
    starts = np.arange(task.batch) * (len(task.indices) // task.batch)
    steps = np.arange(task.row_length)
    np.testing.assert_array_equal(inputs, starts[:, np.newaxis] + steps)
    np.testing.assert_array_equal(targets, inputs + 1)
    # One window more would leave the row.
    longest = len(task.indices) // task.batch - 1
    assert task.row_length <= longest < task.row_length + task.window


# Random sampling


def test_thirty_characters_in_shuffled_examples():
    # The published example: 4 examples of 6 steps, so 2 batches of 2.
    batches = list(random_batches(THIRTY, window=6, batch=2, seed=0, epoch=0))
    assert [x.shape for x, _ in batches] == [(2, 6), (2, 6)]
    rows = sorted(row for x, _ in batches for row in x.tolist())
    assert rows == [list(range(start, start + 6)) for start in (0, 6, 12, 18)]
    for inputs, targets in batches:
        np.testing.assert_array_equal(targets, inputs + 1)


def test_a_last_batch_that_is_not_full_is_dropped():
    batches = list(random_batches(THIRTY, window=6, batch=3, seed=0, epoch=0))
    assert [x.shape for x, _ in batches] == [(3, 6)]


@given(tasks("random"), st.integers(0, 3), st.booleans())
def test_no_example_comes_twice_in_an_epoch(task, number, offset):
    batches = list(
        random_batches(
            task.indices, task.window, task.batch, task.seed, number, offset=offset
        )
    )
    starts = np.concatenate([inputs[:, 0] for inputs, _ in batches])
    assert len(set(starts.tolist())) == len(starts)
    skipped = set((starts % task.window).tolist())
    assert len(skipped) == 1  # all begin a whole number of examples after the first
    assert offset or skipped == {0}
    for inputs, targets in batches:
        np.testing.assert_array_equal(inputs, inputs[:, :1] + np.arange(task.window))
        np.testing.assert_array_equal(targets, inputs + 1)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 5), seeds)
def test_all_examples_are_read_if_batches_come_out_even(window, batch, batches, seed):
    text = np.arange(window * batch * batches + 1)
    read = list(random_batches(text, window, batch, seed, 0))
    assert len(read) == batches
    assert sorted(np.concatenate([x.ravel() for x, _ in read])) == list(text[:-1])


@given(tasks("random"), st.integers(0, 3))
def test_window_n_of_an_epoch_is_batch_n(task, number):
    assert not task.carries_state
    inputs, targets = task.epoch(number)
    batches = list(
        random_batches(task.indices, task.window, task.batch, task.seed, number)
    )
    assert len(batches) == task.windows_per_epoch
    for n, (x, y) in enumerate(batches):
        here = slice(n * task.stride, n * task.stride + task.window)
        np.testing.assert_array_equal(inputs[:, here], x)
        np.testing.assert_array_equal(targets[:, here], y)


def test_seed_and_epoch_decide_the_order():
    def order(seed: int, epoch: int) -> list[int]:
        return random_examples(np.arange(201), 10, seed, epoch)[0][:, 0].tolist()

    drawn = [order(seed, epoch) for seed, epoch in ((0, 0), (0, 1), (1, 0), (1, 1))]
    assert order(0, 1) == drawn[1]
    assert all(a != b for k, a in enumerate(drawn) for b in drawn[:k])
    assert all(sorted(starts) == list(range(0, 200, 10)) for starts in drawn)


def test_an_offset_moves_the_examples_from_epoch_to_epoch():
    def first(epoch: int) -> int:
        batches = random_batches(np.arange(300), 6, 2, 0, epoch, offset=True)
        return min(int(x.min()) for x, _ in batches)

    assert {first(epoch) % 6 for epoch in range(60)} == set(range(6))
    inputs, targets = random_examples(np.arange(30), 6, 0, 0, offset=4)
    assert sorted(inputs[:, 0].tolist()) == [4, 10, 16, 22]
    assert targets.max() == 28


# The task


@given(tasks(), st.integers(0, 3))
def test_rows_have_whole_windows_of_whole_numbers(task, number):
    inputs, targets = task.epoch(number)
    shape = task.batch, task.windows_per_epoch * task.window
    assert inputs.shape == targets.shape == shape
    assert inputs.dtype == targets.dtype == np.int64
    assert task.row_length == shape[1] > 0
    assert task.stride == task.window
    assert not task.continuous


def test_the_shortest_texts_have_one_window():
    consecutive = Text(np.arange(8), size=8, window=3, batch=2)
    assert consecutive.epoch(0)[0].tolist() == [[0, 1, 2], [4, 5, 6]]
    shuffled = Text(np.arange(7), size=8, window=3, batch=2, sampling="random")
    assert sorted(shuffled.epoch(0)[0].tolist()) == [[0, 1, 2], [3, 4, 5]]


def test_a_task_keeps_an_unchangeable_copy_of_its_text():
    text = np.arange(30)
    task = Text(text, size=30, window=6, batch=2)
    text[:] = 0
    assert task.epoch(0)[0][1, 0] == 15
    with pytest.raises(ValueError, match="read-only"):
        task.indices[0] = 1
    with pytest.raises(FrozenInstanceError):
        task.window = 3  # type: ignore[misc]


def test_a_task_shows_its_size_and_not_its_text():
    task = Text(np.zeros(10_000, np.int64), size=1027, seed=3)
    assert repr(task) == (
        "Text(10,000 characters of 1,027 kinds, window=35, batch=32, "
        "sampling='consecutive', seed=3)"
    )
    assert task != Text(np.zeros(10_000, np.int64), size=1027, seed=3)
    assert {task: 1}[task] == 1  # and a task can be a key


# Held-out text


def test_the_last_tenth_is_held_out():
    train, held_out = split(THIRTY)
    assert train.tolist() == list(range(27))
    assert held_out.tolist() == [27, 28, 29]
    assert [len(part) for part in split(np.arange(10_004))] == [9_004, 1_000]


@given(st.integers(2, 60), st.floats(0.01, 0.99))
def test_the_two_parts_are_the_whole_text(length, share):
    if not 0 < round(length * share) < length:
        with pytest.raises(ValueError, match=r"^held_out must leave something"):
            split(np.arange(length), share)
        return
    train, held_out = split(np.arange(length), share)
    assert [*train, *held_out] == list(range(length))
    assert abs(len(held_out) - share * length) <= 0.5


# One-hot rows


def test_ten_numbers_of_two_rows_and_five_steps():
    rows = one_hot(np.arange(10).reshape(2, 5), 10)
    assert rows.shape == (2, 5, 10)
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows.reshape(10, 10), np.eye(10))
    # Step by step, as the published program reads it: five matrices (2, 10).
    third = rows.transpose(1, 0, 2)[2]
    assert third.tolist() == [[0, 0, 1, 0, 0, 0, 0, 0, 0, 0], [0] * 7 + [1, 0, 0]]


@given(st.lists(st.integers(0, 6), max_size=8), seeds)
def test_a_product_with_one_hot_rows_looks_rows_up(numbers, seed):
    table = np.random.default_rng(seed).standard_normal((7, 3))
    looked_up = np.array([table[k] for k in numbers]).reshape(-1, 3)
    np.testing.assert_array_equal(one_hot(numbers, 7) @ table, looked_up)


def test_a_single_number_makes_a_single_row():
    assert one_hot(2, 4).tolist() == [0, 0, 1, 0]


# Bad input


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 0}, r"window must be a whole number of at least 1, but 0 was"),
        ({"batch": 0}, r"batch must be a whole number of at least 1, but 0 was"),
        ({"batch": 2.0}, r"batch must be a whole number of at least 1, but 2.0 was"),
        ({"size": 0}, r"size must be a whole number of at least 1, but 0 was"),
        ({"seed": -1}, r"seed must be a whole number of at least 0, but -1 was"),
        ({"sampling": "shuffled"}, r"sampling must be 'consecutive' or 'random', but"),
        (
            {"size": 29},
            r"indices must be from 0 to 28, but 29 was given at position 29",
        ),
        ({"indices": [0, -3]}, r"indices must be from 0 to 29, but -3 was given at"),
        ({"indices": [0.5]}, r"indices must hold whole numbers, but float64 was"),
        ({"indices": "hello"}, r"indices must hold whole numbers, but <U5 was"),
        ({"indices": THIRTY[None]}, r"indices must have the shape \(N,\), but .*1, 30"),
        (
            {"window": 15},
            r"indices must hold at least 32 .* T = 15 in B = 2 rows, but 30",
        ),
        ({"window": 15, "sampling": "random"}, r"indices must hold at least 31 charac"),
        ({"indices": []}, r"indices must hold at least 14 characters .* but 0 were"),
    ],
)
def test_a_bad_setting_gets_one_sentence(settings, message):
    given_settings = {"indices": THIRTY, "size": 30, "window": 6, "batch": 2} | settings
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        Text(**given_settings)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: consecutive_rows(THIRTY, 0), r"batch must be a whole number"),
        (lambda: consecutive_rows(THIRTY, 16), r"indices must hold at least 32"),
        (lambda: random_examples(THIRTY, 30, 0, 0), r"indices must hold at least 31"),
        (lambda: random_examples(THIRTY, 6, -1, 0), r"seed must be a whole number"),
        (lambda: random_examples(THIRTY, 6, 0, 0, offset=24), r"indices must hold"),
        # At the call, not when the first batch is asked for:
        (lambda: random_batches(THIRTY, 6, 5, 0, 0), r"indices must hold at least 31"),
        (lambda: random_batches(THIRTY, 6, 2, 0, -1), r"epoch must be a whole number"),
        (lambda: split(THIRTY, 0.0), r"held_out must be a finite number above 0"),
        (lambda: split(THIRTY, 1.0), r"held_out must leave something on both sides"),
        (lambda: split([1]), r"held_out must leave something on both sides"),
        (lambda: split([1, -2]), r"indices must be at least 0, but -2 was given at"),
        (lambda: one_hot([3], 3), r"indices must be from 0 to 2, but 3 was given"),
        (lambda: one_hot([0.0], 3), r"indices must hold whole numbers"),
        (lambda: one_hot([0], 0), r"size must be a whole number of at least 1"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("sampling", ["consecutive", "random"])
@pytest.mark.parametrize("number", [-1, 0.5, "1"])
def test_an_epoch_has_a_number(sampling, number):
    task = Text(THIRTY, size=30, window=6, batch=2, sampling=sampling)
    with pytest.raises(ValueError, match=r"^number must be a whole number"):
        task.epoch(number)
