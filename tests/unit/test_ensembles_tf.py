"""Nets trained side by side are those trained one after the other."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from strategies import assert_all_equal, assert_close

from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.echo import Echo
from unrolled.training.ensembles_tf import train_side_by_side
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdagradTF
from unrolled.training.truncated_tf import train_windows

PLAIN = Echo(delay=2, window=4, series_length=200, batch=2)
STREAM = replace(PLAIN, stride=2, continuous=True)
RULE = AdagradTF(0.3)


def draw(cell: Any, count: int, dtype: str = "float64") -> list[RecurrentNet]:
    return [RecurrentNet.draw(cell, 3, seed, dtype=dtype) for seed in range(count)]


def seeded(task: Echo, count: int) -> list[Echo]:
    return [replace(task, seed=seed) for seed in range(count)]


@pytest.mark.parametrize(
    ("cell", "task"),
    [(TANH, PLAIN), (TANH, STREAM), (LSTM, STREAM)],
    ids=["tanh-plain", "tanh-stream", "lstm-stream"],
)
def test_side_by_side_is_one_after_the_other(cell, task):
    nets, alone, tasks = draw(cell, 3), draw(cell, 3), seeded(task, 3)
    losses = train_side_by_side(nets, tasks, RULE, 2)
    assert losses.shape == (2 * task.windows_per_epoch, 3)
    for number, net in enumerate(alone):
        reports = train_windows(net, tasks[number], RULE, 2)
        wanted = np.concatenate([report.losses for report in reports])
        np.testing.assert_allclose(losses[:, number], wanted, rtol=1e-8)
        for name, value in net.weights.items():
            assert_close(nets[number].weights[name], value, 1e-8, 0)
    assert np.ptp(losses[0]) > 0  # they are different nets


def test_a_net_alone_is_an_ensemble_too_and_nets_may_share_a_task():
    nets, pair = draw(TANH, 1), draw(TANH, 1) + draw(TANH, 1)
    alone = train_side_by_side(nets, [PLAIN], RULE, 1)
    both = train_side_by_side(pair, [PLAIN, PLAIN], RULE, 1)
    np.testing.assert_allclose(both, np.repeat(alone, 2, axis=1), rtol=1e-12)
    assert nets[0].sizes == (1, 3, 2)


def test_a_net_that_breaks_down_does_not_touch_the_others():
    sound, tasks = draw(TANH, 3), seeded(PLAIN, 3)
    wanted = train_side_by_side(sound, tasks, RULE, 2)
    nets = draw(TANH, 3)
    broken = tf.constant([np.nan, 0.0], tf.float64)
    nets[1].parameters = nets[1].parameters | {"b_q": broken}
    losses = train_side_by_side(nets, tasks, RULE, 2)
    assert np.isnan(losses[:, 1]).all()
    for number in (0, 2):
        np.testing.assert_array_equal(losses[:, number], wanted[:, number])
        assert_all_equal(nets[number].weights, sound[number].weights)


@pytest.mark.parametrize(
    ("nets", "tasks", "message"),
    [
        (
            draw(TANH, 2),
            [PLAIN],
            r"^nets and tasks must be equally many, .* 2 nets and",
        ),
        ([], [], r"^nets and tasks must be equally many, and at least one"),
        (
            draw(TANH, 1) + draw(LSTM, 1),
            [PLAIN] * 2,
            r"^nets must have one cell, .*RecurrentNet\(lstm",
        ),
        (
            draw(TANH, 1) + draw(TANH, 1, "float32"),
            [PLAIN] * 2,
            r"^nets must have one cell, the same sizes and one type .*float32",
        ),
        (
            draw(TANH, 2),
            [PLAIN, replace(PLAIN, window=5, stride=4)],
            r"^tasks must have the same window, but 4 and 5 were given",
        ),
        (
            draw(TANH, 2),
            [PLAIN, replace(PLAIN, series_length=400)],
            r"^tasks must have the same windows_per_epoch, but 25 and 50 were",
        ),
        (
            draw(TANH, 2),
            [PLAIN, replace(PLAIN, continuous=True)],
            r"^tasks must have the same continuous, but False and True were",
        ),
    ],
)
def test_what_cannot_stand_side_by_side_gets_one_sentence(nets, tasks, message):
    before = [net.weights for net in nets]
    with pytest.raises(ValueError, match=message):
        train_side_by_side(nets, tasks, RULE, 1)
    for net, kept in zip(nets, before, strict=True):
        assert_all_equal(net.weights, kept)


def test_there_is_at_least_one_epoch():
    with pytest.raises(ValueError, match=r"^epochs must be a whole number of at least"):
        train_side_by_side(draw(TANH, 1), [PLAIN], RULE, 0)
