"""Runs one of the programs in a process of its own, and times it.

What it prints last is one number: seconds for a window. Start-up, compiling and the
first epochs do not count.
"""

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.echo_programs.start import Losses, TrainEpoch, read

WARM_UP = 2
"""Epochs that do not count; the first compiles."""

AT_LEAST = 2.0
"""The fewest seconds over which the speed is measured."""

TOLERANCE = 1e-4
CHECKED = 100


def seconds_per_window(train: TrainEpoch, first: int, at_least: float) -> float:
    """Train epochs from number ``first`` on, and time them."""
    windows, started = 0, time.perf_counter()
    while True:
        windows += len(train(first))
        elapsed = time.perf_counter() - started
        if elapsed >= at_least:
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


def main(name: str, folder: str, at_least: str = str(AT_LEAST)) -> None:
    """Check and time the program ``name``; ``ours`` leaves the losses to check."""
    program = importlib.import_module(f"benchmarks.echo_programs.{name}")
    train = program.prepare(read(Path(folder) / "start.npz"))
    losses = train(0)
    if name == "ours":
        np.save(Path(folder) / "losses.npy", losses)
    check(losses, np.load(Path(folder) / "losses.npy"))
    for epoch in range(1, WARM_UP):
        train(epoch)
    print(json.dumps(seconds_per_window(train, WARM_UP, float(at_least))))


if __name__ == "__main__":
    main(*sys.argv[1:])
