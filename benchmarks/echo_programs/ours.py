"""The course's way: `train_windows`, one report for each epoch.

It draws its bits itself, which the others are spared.
"""

import numpy as np

from benchmarks.echo_programs.start import (
    BATCH,
    BITS,
    DELAY,
    INITIAL,
    RATE,
    SEED,
    WINDOW,
    Losses,
    Start,
    TrainEpoch,
)
from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.echo import Echo
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdagradTF
from unrolled.training.truncated_tf import train_windows

ENDLESS = 10**6
"""More epochs than anybody waits for."""


def task(bits: int = BITS) -> Echo:
    """Give the published task, or one with a longer series."""
    return Echo(DELAY, WINDOW, series_length=bits, batch=BATCH, seed=SEED)


def epochs_of(net: RecurrentNet, echo: Echo, epochs: int = ENDLESS) -> TrainEpoch:
    """Give a function that trains the next epoch of a run."""
    every = echo.windows_per_epoch
    run = train_windows(net, echo, AdagradTF(RATE, INITIAL), epochs, every=every)

    def train(epoch: int) -> Losses:
        losses = []
        for report in run:
            losses.append(report.losses)
            if report.step == (epoch + 1) * every:
                break
        return np.concatenate(losses)

    return train


def prepare(start: Start) -> TrainEpoch:
    """Train as the chapter does."""
    return epochs_of(RecurrentNet(TANH, start.weights), task())
