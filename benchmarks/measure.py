"""One speed claim: how to time ours, how to time theirs, and the ratio to reach."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
SecondsOf = Callable[[], float]
SECONDS = "s"


@dataclass(frozen=True)
class Measure:
    """A claim that something takes less time than something else.

    Attributes:
        suite: The suite it belongs to.
        measure: What is timed, in words.
        against: What it is compared with, in words.
        ours: Does our work once and returns the seconds it took.
        theirs: Does the other work once and returns its seconds; for a time limit,
            see `limit`.
        goal: The ratio theirs / ours that is claimed.
        rounds: How often ours and theirs take turns.
        unit: Of both sides, if they are something else than seconds.
    """

    suite: str
    measure: str
    against: str
    ours: SecondsOf
    theirs: SecondsOf
    goal: float
    rounds: int = 5
    unit: str = SECONDS


def limit(seconds: float) -> SecondsOf:
    """Give the other side of a claim that is a time limit, not a competitor."""
    return lambda: seconds


def timed(work: Callable[[], object], at_least: float = 0.05) -> SecondsOf:
    """Turn work into a timing: the mean over as many calls as fill `at_least` seconds.

    Args:
        work: What is timed; its result is thrown away.
        at_least: The fewest seconds that one timing lasts.
    """

    def seconds() -> float:
        calls, started = 0, time.perf_counter()
        while True:
            work()
            calls += 1
            elapsed = time.perf_counter() - started
            if elapsed >= at_least:
                return elapsed / calls

    return seconds


def take_turns(measure: Measure) -> Record:
    """Time ours and theirs in turn and return the medians as a record.

    Taking turns spreads whatever else the machine does over both sides.
    """
    ours, theirs = [], []
    for _ in range(measure.rounds):
        theirs.append(measure.theirs())
        ours.append(measure.ours())
    our_median, their_median = statistics.median(ours), statistics.median(theirs)
    unit = {} if measure.unit == SECONDS else {"unit": measure.unit}
    return {
        "suite": measure.suite,
        "measure": measure.measure,
        "against": measure.against,
        "ours": our_median,
        "theirs": their_median,
        "ratio": their_median / our_median,
        "goal": measure.goal,
        **unit,
    }


def table(records: Iterable[Record]) -> str:
    """Write records as a table of medians."""
    head = ("suite", "measure", "against", "ours", "theirs", "ratio", "goal", "")
    rows = [head]
    for record in records:
        unit = record.get("unit", SECONDS)
        reached = record["ratio"] >= record["goal"]
        rows.append(
            (
                record["suite"],
                record["measure"],
                record["against"],
                f"{record['ours']:.4g} {unit}",
                f"{record['theirs']:.4g} {unit}",
                f"{record['ratio']:.3g}",
                f"{record['goal']:g}",
                "reached" if reached else "MISSED",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )
