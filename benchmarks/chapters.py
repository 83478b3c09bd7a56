"""Chapters that are executed from a clean kernel to their last cell."""

import sys
from functools import cache, partial
from pathlib import Path

from benchmarks.environment import call
from benchmarks.measure import Measure, limit
from benchmarks.memory import peak_of_children
from scripts import store
from scripts.notebooks import CHAPTERS, read_notebook

Execution = dict[str, float]


def execute(name: str, folder: str = str(CHAPTERS)) -> Execution:
    """Execute a chapter; its file stays as it is.

    Args:
        name: The chapter.
        folder: Where it is.

    Returns:
        ``seconds``, and ``megabytes``: the most memory that its kernel ever had, or any
        other process that this one has started.
    """
    path = Path(folder, f"{name}.ipynb")
    notebook = read_notebook(path)
    store.clear(notebook)
    seconds = store.run(notebook, path.parent, timeout=store.TIMEOUT_SECONDS)
    return {"seconds": seconds, "megabytes": peak_of_children()}


def execution(name: str, folder: Path = CHAPTERS) -> Execution:
    """Execute a chapter, started by a process that has started nothing else."""
    found: Execution = call(sys.executable, "chapters", "execute", name, str(folder))
    return found


def limit_measures(
    suite: str, name: str, seconds: float, megabytes: float
) -> list[Measure]:
    """Hold a chapter's time and peak memory against limits; it is executed once.

    Args:
        suite: The suite that the claims belong to.
        name: The chapter.
        seconds: The most that it may take.
        megabytes: The most memory that its kernel may ever have.
    """
    found = cache(partial(execution, name))
    return [
        Measure(
            suite=suite,
            measure=f"the chapter {name}, executed",
            against=f"the limit of {seconds:g} s",
            ours=lambda: found()["seconds"],
            theirs=limit(seconds),
            goal=1,
            rounds=1,
        ),
        Measure(
            suite=suite,
            measure=f"peak memory of the chapter {name}, executed",
            against=f"the limit of {megabytes:g} MB",
            ours=lambda: found()["megabytes"],
            theirs=limit(megabytes),
            goal=1,
            rounds=1,
            unit="MB",
        ),
    ]
