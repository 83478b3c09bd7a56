"""The course's way: `train_windows`, one report for each epoch.

It draws its bits itself, which the others are spared.
"""

from pathlib import Path

import numpy as np

from benchmarks.echo_programs.start import (
    BATCH,
    BITS,
    CHECKED,
    DELAY,
    HIDDEN,
    INITIAL,
    RATE,
    ROWS_STORED,
    SEED,
    WINDOW,
    Start,
)
from benchmarks.memory import peak
from benchmarks.timing import (
    LOSSES,
    Losses,
    TrainEpoch,
    first_losses,
    seconds_per_window,
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


def draw_start() -> Start:
    """Draw the weights of the course's own scheme, and the published task's rows."""
    net = RecurrentNet.draw(TANH, HIDDEN, SEED)
    pairs = [task().epoch(epoch) for epoch in range(ROWS_STORED)]
    return Start(
        weights={name: value.astype(np.float32) for name, value in net.weights.items()},
        inputs=np.stack([bits[:, :, 0] for bits, _ in pairs]).astype(np.float32),
        targets=np.stack([echoes for _, echoes in pairs]).astype(np.int32),
    )


def write_start(folder: str) -> float:
    """Leave in a folder what the programs start from, and the losses of our epoch 0.

    Returns:
        The last of these losses.
    """
    start = draw_start()
    start.write(Path(folder))
    losses, _ = first_losses(prepare(start), CHECKED)
    np.save(Path(folder) / LOSSES, losses)
    return float(losses[-1])


def seconds_in_a_series(bits: str) -> float:
    """Time a window of a series of another length, after an epoch that compiles."""
    train = epochs_of(RecurrentNet.draw(TANH, HIDDEN, SEED), task(int(bits)))
    train(0)
    return seconds_per_window(train, 1)


def peak_memory(epochs: str) -> float:
    """Make a run and return the most memory that this process ever had, in MB."""
    train = epochs_of(RecurrentNet.draw(TANH, HIDDEN, SEED), task(), int(epochs))
    for epoch in range(int(epochs)):
        train(epoch)
    return peak()
