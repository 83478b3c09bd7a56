"""The most memory that a process ever had."""

import resource
import sys


def peak() -> float:
    """Return the most memory that this process ever had, in MB."""
    return _megabytes(resource.RUSAGE_SELF)


def peak_of_children() -> float:
    """Return the most that any process had that this one started and saw end, in MB."""
    return _megabytes(resource.RUSAGE_CHILDREN)


def _megabytes(whose: int) -> float:
    most = resource.getrusage(whose).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return most * unit / 1e6
