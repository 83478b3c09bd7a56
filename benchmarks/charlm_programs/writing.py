"""Times how fast a program writes text, after holding its text against ours.

Start-up and compiling do not count.
"""

import importlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.charlm_programs.start import read
from benchmarks.timing import AT_LEAST

TEXT = "text.npy"
"""The file with the text that all are to write, after a prefix."""

PREFIX = 2
"""How many of the file's characters are the prefix."""

AT_ONCE = 5_000
"""How many characters are written in one go when it is timed."""

Write = Callable[[NDArray[np.int64], int], NDArray[np.int64]]


def seconds_per_character(write: Write, prefix: NDArray[np.int64]) -> float:
    """Write texts after a prefix, and time them."""
    written, started = 0, time.perf_counter()
    while True:
        written += len(write(prefix, AT_ONCE))
        elapsed = time.perf_counter() - started
        if elapsed >= AT_LEAST:
            return elapsed / written


def check_and_time(name: str, folder: str) -> float:
    """Hold the text of a program against ours, then time it.

    Args:
        name: The program; its function ``writer(start)`` returns a function that writes
            a text of a given length after a prefix.
        folder: Where the files are.

    Returns:
        Seconds for a character.

    Raises:
        AssertionError: The program writes something else.
    """
    program = importlib.import_module(f"benchmarks.charlm_programs.{name}")
    write: Write = program.writer(read(Path(folder)))
    prefix, text = np.split(np.load(Path(folder) / TEXT), [PREFIX])
    np.testing.assert_array_equal(write(prefix, len(text)), text)
    return seconds_per_character(write, prefix)
