"""Run experiments and store their results.

    python -m experiments.run [NAME ...]

Each experiment is a module of this folder with a function `run()` that returns what
it found as numbers, texts, lists and dictionaries. The result goes to
data/results/NAME.json together with the date, the time it took, the versions and the
processor.
"""

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

from scripts import machine
from scripts.notebooks import ROOT, write_text

FOLDER = Path(__file__).resolve().parent
RESULTS = ROOT / "data" / "results"


class ExperimentError(Exception):
    """An experiment cannot be run or stored; the message says why."""


def names(folder: Path = FOLDER) -> list[str]:
    """List the experiments in alphabetical order."""
    return sorted(
        path.stem
        for path in folder.glob("*.py")
        if path.stem != "run" and not path.stem.startswith("_")
    )


def run(name: str, package: str = "experiments", results: Path = RESULTS) -> Path:
    """Run one experiment, store its result and return the file.

    Args:
        name: The experiment's module.
        package: The package that the module is in.
        results: Where the file goes.

    Raises:
        ExperimentError: The module has no `run`, or its result is not plain JSON.
    """
    module = importlib.import_module(f"{package}.{name}")
    if not callable(getattr(module, "run", None)):
        raise ExperimentError(f"The experiment {name} has no function run().")
    started = time.perf_counter()
    result = module.run()
    seconds = round(time.perf_counter() - started, 1)
    content = {
        "experiment": name,
        "about": (module.__doc__ or "").strip().split("\n")[0],
        "command": f"make experiments ONLY={name}",
        "seconds": seconds,
        **machine.record(),
        "result": result,
    }
    try:
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ExperimentError(
            f"The result of {name} cannot be stored as JSON ({error}); return only "
            "finite numbers, texts, lists, dictionaries and None."
        ) from error
    path = results / f"{name}.json"
    write_text(text + "\n", path)
    print(f"{name}: {seconds} s, stored in {path}")
    return path


def main(arguments: list[str] | None = None) -> int:
    """Run the experiments named on the command line, or all; return the status."""
    parser = argparse.ArgumentParser(
        prog="experiments", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    known = names()
    chosen = parser.parse_args(arguments).names or known
    unknown = [name for name in chosen if name not in known]
    try:
        if unknown:
            raise ExperimentError(
                f"There is no experiment {unknown[0]!r}; "
                f"there are: {', '.join(known) or 'none yet'}."
            )
        for name in chosen:
            run(name)
    except ExperimentError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
