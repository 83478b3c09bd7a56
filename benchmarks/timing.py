"""Times one of a suite's programs, after holding its losses against ours.

The programs of a suite are the modules of a folder, such as `echo_programs`. Each has a
function ``prepare(start)`` that returns a function: given the number of an epoch, it
trains that epoch and returns the loss of every window before its update, in nats. Where
all of them start from is told by the folder's module `start`.

Start-up, compiling and the first epochs do not count. Only NumPy is needed here, so
that each program can run in its own environment.
"""

import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Losses = NDArray[np.floating[Any]]
TrainEpoch = Callable[[int], Losses]

START, LOSSES = "start.npz", "losses.npy"
"""Files that lie in the folder of a race: where all start from, our first losses."""

WARM_UP = 2
"""At least so many epochs do not count; the first compiles."""

AT_LEAST = 2.0
"""The fewest seconds over which the speed is measured."""

TOLERANCE = 1e-4
"""How far the losses of two programs may be apart, in nats."""


def seconds_per_window(train: TrainEpoch, first: int) -> float:
    """Train epochs from number ``first`` on, and time them."""
    windows, started = 0, time.perf_counter()
    while True:
        windows += len(train(first))
        elapsed = time.perf_counter() - started
        if elapsed >= AT_LEAST:
            return elapsed / windows
        first += 1


def first_losses(train: TrainEpoch, windows: int) -> tuple[Losses, int]:
    """Train whole epochs, from the first on, until they have so many windows.

    Returns:
        The losses of these windows, and how many epochs that took.
    """
    found: list[Losses] = []
    while sum(map(len, found)) < windows:
        found.append(train(len(found)))
    return np.concatenate(found)[:windows], len(found)


def check(losses: Losses, wanted: Losses) -> None:
    """Hold the first losses of a program against ours.

    32-bit numbers that are added up in another order drift apart in the long run, so
    that only the first windows can be compared.

    Raises:
        AssertionError: They differ by more than ``TOLERANCE``.
    """
    np.testing.assert_allclose(losses, wanted, rtol=0, atol=TOLERANCE)


def check_and_time(programs: str, name: str, folder: str) -> float:
    """Hold the first losses of a program against ours, then time it.

    Args:
        programs: The folder of the programs, such as ``"echo_programs"``.
        name: The program.
        folder: Where `START` and `LOSSES` are.

    Returns:
        Seconds for a window.
    """
    program = importlib.import_module(f"benchmarks.{programs}.{name}")
    start = importlib.import_module(f"benchmarks.{programs}.start")
    train: TrainEpoch = program.prepare(start.read(Path(folder)))
    wanted = np.load(Path(folder) / LOSSES)
    losses, epochs = first_losses(train, len(wanted))
    check(losses, wanted)
    for epoch in range(epochs, WARM_UP):
        train(epoch)
    return seconds_per_window(train, max(epochs, WARM_UP))
