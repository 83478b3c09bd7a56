"""The echo task: the published constants, the rows, the stream across epochs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import seeds

from unrolled.tasks.echo import Echo, echo

SMALL = Echo(delay=3, window=4, series_length=60, batch=3)


@st.composite
def tasks(draw: st.DrawFn, *, continuous: bool = False) -> Echo:
    """Draw small tasks of all kinds, down to a row of one bit."""
    batch, row = draw(st.integers(1, 4)), draw(st.integers(1, 24))
    window = draw(st.integers(1, row))
    return Echo(
        delay=draw(st.integers(0, batch * row - 1)),
        window=window,
        stride=draw(st.integers(0, window)),
        series_length=batch * row,
        batch=batch,
        seed=draw(seeds),
        continuous=continuous,
    )


# The published constants


def test_the_defaults_are_the_published_constants():
    task = Echo()
    assert (task.delay, task.window, task.stride, task.batch) == (3, 15, 15, 5)
    assert (task.series_length, task.row_length) == (50_000, 10_000)
    assert task.windows_per_epoch == 666
    inputs, targets = task.epoch(0)
    assert inputs.shape == (5, 10_000, 1)
    assert targets.shape == (5, 10_000)
    assert inputs.dtype == np.float64
    assert targets.dtype == np.int64


def test_the_published_drawing_has_three_windows_of_three():
    task = Echo(window=3, series_length=36, batch=3)
    assert task.windows_per_epoch == 4
    steps = np.arange(36).reshape(3, 12)
    second = steps[:, task.stride : task.stride + task.window] + 1  # counted from 1
    assert second.tolist() == [[4, 5, 6], [16, 17, 18], [28, 29, 30]]


def test_the_bits_are_fair():
    inputs, _ = Echo(seed=4).epoch(0)
    assert abs(inputs.mean() - 0.5) < 0.01


# Rows and echoes


@given(tasks(), st.integers(0, 5))
def test_rows_are_the_series_cut_in_row_order_and_targets_are_its_echo(task, number):
    inputs, targets = task.epoch(number)
    assert inputs.shape == (task.batch, task.row_length, 1)
    series = inputs.ravel()  # row after row
    assert set(series) <= {0.0, 1.0}
    rolled = np.roll(series, task.delay)
    rolled[: task.delay] = 0
    np.testing.assert_array_equal(targets.ravel(), rolled)


def test_a_row_begins_with_echoes_of_the_row_above():
    inputs, targets = SMALL.epoch(2)
    assert targets[0, :3].tolist() == [0, 0, 0]
    np.testing.assert_array_equal(targets[1:, :3], inputs[:-1, -3:, 0])


@given(st.lists(st.integers(0, 1), max_size=20), st.data())
def test_an_echo_is_the_bit_of_some_steps_before(bits, data):
    delay = data.draw(st.integers(0, len(bits)))
    series = np.array(bits, np.int64)
    echoes = echo(series, delay).tolist()
    assert echoes == [0] * delay + bits[: len(bits) - delay]
    assert series.tolist() == bits  # the caller's array is left alone


@pytest.mark.parametrize("continuous", [False, True])
def test_seed_and_epoch_decide_every_bit(continuous):
    task = replace(SMALL, continuous=continuous)
    again = replace(SMALL, continuous=continuous)
    again.epoch(7)  # what was asked before does not matter
    for ours, theirs in zip(task.epoch(2), again.epoch(2), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    drawn = [task.epoch(number)[0].tolist() for number in range(6)]
    drawn.append(replace(task, seed=1).epoch(0)[0].tolist())
    assert all(a != b for k, a in enumerate(drawn) for b in drawn[:k])


# Windows


@given(tasks())
def test_the_windows_fill_a_row_and_one_more_would_not_fit(task):
    last = (task.windows_per_epoch - 1) * task.stride
    assert last + task.window <= task.row_length
    assert last + task.stride + task.window > task.row_length


def test_a_stride_of_zero_stands_for_the_window():
    assert SMALL.stride == 4
    assert replace(SMALL, stride=0, window=6).stride == 6
    assert replace(SMALL, stride=0) == SMALL


# The endless streams


@given(tasks(continuous=True), st.integers(2, 4))
def test_every_echo_in_a_stream_is_the_bit_that_was_seen_before(task, epochs):
    read = task.windows_per_epoch * task.stride
    pairs = [task.epoch(number) for number in range(epochs)]
    stream = np.concatenate([inputs[:, :read, 0] for inputs, _ in pairs], axis=1)
    assert stream.shape == (task.batch, read * epochs)
    for number, (inputs, targets) in enumerate(pairs):
        assert inputs.shape == (*targets.shape, 1)
        # Long enough for every window of the epoch:
        assert targets.shape[1] == read - task.stride + task.window
        here = np.arange(targets.shape[1]) + number * read
        known = here < stream.shape[1]
        np.testing.assert_array_equal(inputs[:, known, 0], stream[:, here[known]])
        source = here - task.delay
        told = (source >= 0) & (source < stream.shape[1])
        np.testing.assert_array_equal(targets[:, told], stream[:, source[told]])
        assert not targets[:, source < 0].any()


def test_each_row_of_a_stream_is_its_own():
    inputs, _ = Echo(continuous=True).epoch(0)
    rows = inputs[:, :, 0]
    agreement = [(rows[0] == row).mean() for row in rows[1:]]
    assert all(abs(share - 0.5) < 0.05 for share in agreement)


# Bad settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"delay": 60}, r"delay must be shorter than the series, but delay = 60 and"),
        ({"delay": -1}, r"delay must be a whole number of at least 0, but -1 was"),
        ({"delay": 1.5}, r"delay must be a whole number of at least 0, but 1.5 was"),
        ({"window": 0}, r"window must be a whole number of at least 1, but 0 was"),
        ({"window": 21}, r"window must not be longer than a row, but window = 21"),
        ({"stride": -1}, r"stride must be a whole number of at least 0, but -1 was"),
        ({"stride": 5}, r"stride must not be longer than the window, but stride = 5"),
        ({"batch": 7}, r"batch must divide series_length, but 60 bits cannot"),
        ({"batch": 0}, r"batch must be a whole number of at least 1, but 0 was"),
        ({"series_length": 0}, r"series_length must be a whole number of at least 1"),
        ({"seed": -1}, r"seed must be a whole number of at least 0, but -1 was"),
        ({"seed": True}, r"seed must be a whole number of at least 0, but True was"),
    ],
)
def test_a_bad_setting_gets_one_sentence(settings, message):
    given_settings = {"window": 4, "series_length": 60, "batch": 3} | settings
    with pytest.raises(ValueError, match=rf"^{message}") as caught:
        Echo(**given_settings)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("number", [-1, 0.5, "1"])
def test_an_epoch_has_a_number(number):
    with pytest.raises(ValueError, match=r"^number must be a whole number"):
        SMALL.epoch(number)


def test_settings_that_numpy_counted_are_the_same_settings():
    counted = Echo(delay=np.int64(3), window=np.int32(4), series_length=60, batch=3)
    assert repr(counted) == repr(SMALL)


def test_the_bits_of_the_page_are_fair_and_echoed_and_others():
    here, page = (Echo(seed=3, in_page=choice) for choice in (False, True))
    bits, echoes = page.epoch(1)
    series = bits.ravel().astype(int)
    assert np.array_equal(echoes.ravel(), echo(series, 3))
    assert abs(series.mean() - 0.5) < 0.01
    for other in (here.epoch(1), page.epoch(0), Echo(seed=4, in_page=True).epoch(1)):
        assert 0.48 < np.mean(other[0] == bits) < 0.52
    assert np.array_equal(page.epoch(1)[0], bits)
