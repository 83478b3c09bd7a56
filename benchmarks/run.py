"""Measure the speed claims of the course.

    python -m benchmarks.run [SUITE ...]

Prints a table of medians and writes benchmarks/results/latest.json; the records of
suites that are not measured this time stay in it. The exit status is 1 if a goal is
missed.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path

from benchmarks.measure import Record, table, take_turns
from scripts import machine
from scripts.notebooks import write_text

SUITES = ("linear", "views", "echo", "charlm", "mnist", "sampler")
RESULTS = Path(__file__).resolve().parent / "results"


def measure_suite(suite: str) -> list[Record]:
    """Measure one suite and return its records."""
    module = importlib.import_module(f"benchmarks.{suite}")
    records = []
    for measure in module.measures():
        print(f"{suite}: {measure.measure}, against {measure.against} ...", flush=True)
        records.append(take_turns(measure))
    return records


def merged(old: list[Record], new: list[Record]) -> list[Record]:
    """Replace the records of the suites that were measured; keep the others."""
    measured = {record["suite"] for record in new}
    return [record for record in old if record["suite"] not in measured] + new


def read_json(path: Path, default: object) -> object:
    """Read a JSON file, or return the default where there is none yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else default


def write_results(records: list[Record], folder: Path = RESULTS) -> None:
    """Write the records, and beside them what each suite was measured on."""
    old = read_json(folder / "latest.json", [])
    machines = read_json(folder / "machines.json", {})
    assert isinstance(old, list), "this function writes a list"
    assert isinstance(machines, dict), "this function writes a dictionary"
    machines |= {record["suite"]: machine.record() for record in records}
    for name, content in (
        ("latest.json", merged(old, records)),
        ("machines.json", machines),
    ):
        text = json.dumps(content, indent=2, ensure_ascii=False)
        write_text(text + "\n", folder / name)


def main(arguments: list[str] | None = None) -> int:
    """Measure the suites named on the command line, or all; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="bench", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    chosen = parser.parse_args(arguments).suites or list(SUITES)
    unknown = [suite for suite in chosen if suite not in SUITES]
    if unknown:
        print(
            f"There is no suite {unknown[0]!r}; the suites are {', '.join(SUITES)}.",
            file=sys.stderr,
        )
        return 1
    records = [record for suite in chosen for record in measure_suite(suite)]
    write_results(records)
    print(f"\n{table(records)}\n\nMeasured on {machine.processor()}.")
    return 0 if all(record["ratio"] >= record["goal"] for record in records) else 1


if __name__ == "__main__":
    sys.exit(main())
