"""Times one of the programs, after holding its losses against ours.

Start-up, compiling and the first epochs do not count.
"""

import importlib
import time
from pathlib import Path

import numpy as np

from benchmarks.echo_programs.start import LOSSES, Losses, TrainEpoch, read

WARM_UP = 2
"""Epochs that do not count; the first compiles."""

AT_LEAST = 2.0
"""The fewest seconds over which the speed is measured."""

TOLERANCE = 1e-4
CHECKED = 100


def seconds_per_window(train: TrainEpoch, first: int) -> float:
    """Train epochs from number ``first`` on, and time them."""
    windows, started = 0, time.perf_counter()
    while True:
        windows += len(train(first))
        elapsed = time.perf_counter() - started
        if elapsed >= AT_LEAST:
            return elapsed / windows
        first += 1


def check(losses: Losses, wanted: Losses) -> None:
    """Hold the first losses of a program against ours.

    32-bit numbers that are added up in another order drift apart in the long run, so
    that only the first windows can be compared.

    Raises:
        AssertionError: They differ by more than ``TOLERANCE``.
    """
    np.testing.assert_allclose(
        losses[:CHECKED], wanted[:CHECKED], rtol=0, atol=TOLERANCE
    )


def check_and_time(name: str, folder: str) -> float:
    """Hold the first losses of a program against ours, then time it."""
    program = importlib.import_module(f"benchmarks.echo_programs.{name}")
    train: TrainEpoch = program.prepare(read(Path(folder)))
    check(train(0), np.load(Path(folder) / LOSSES))
    for epoch in range(1, WARM_UP):
        train(epoch)
    return seconds_per_window(train, WARM_UP)
