"""Run chapters from a clean kernel and store their outputs.

    python -m scripts.store [NAME ...]      one chapter or several; all without a name

A chapter is stored only if no cell fails and none writes to stderr; otherwise its
file stays as it was. Two runs on one machine store the same file, apart from the
seconds and the date in the notebook's metadata under "unrolled". The state of the
views that are shown is stored with them: a reader sees them work without a kernel.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from scripts import machine
from scripts.notebooks import (
    NotebookError,
    chosen_paths,
    code_cells,
    failing_outputs,
    read_notebook,
    write_notebook,
)

TIMEOUT_SECONDS = 600.0

KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}

# What a run or a front end leaves behind in a cell's metadata.
VOLATILE_CELL_KEYS = ("ExecuteTime", "collapsed", "execution", "scrolled")

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
MODEL_REFERENCE = "IPY_MODEL_"

# A stored run never depends on a GPU, and TensorFlow's start-up log is no output.
# One thread: small products gain nothing from two, and sums keep their order.
QUIET_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def clear(notebook: NotebookNode) -> None:
    """Remove in place everything that an earlier run left in a notebook."""
    for cell in notebook.cells:
        for key in VOLATILE_CELL_KEYS:
            cell.metadata.pop(key, None)
    for cell in code_cells(notebook):
        cell.outputs = []
        cell.execution_count = None
    notebook.metadata.pop("widgets", None)


def run(notebook: NotebookNode, folder: Path, timeout: float) -> float:
    """Run a notebook in place from a clean kernel; return the seconds it took.

    Args:
        notebook: A notebook without outputs.
        folder: The working directory of the run.
        timeout: The most seconds that one cell may take.

    Raises:
        NotebookError: A cell fails, writes to stderr or takes too long.
    """
    client = NotebookClient(
        notebook,
        kernel_name=KERNEL["name"],
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
        timeout=timeout,
    )
    started = time.perf_counter()
    try:
        client.execute(env=os.environ | QUIET_ENVIRONMENT)
    except CellTimeoutError as error:
        raise NotebookError(f"a cell took more than {timeout:g} s") from error
    except (CellExecutionError, DeadKernelError) as error:
        found = failing_outputs(notebook)
        raise NotebookError("; ".join(found) or "the kernel died") from error
    seconds = time.perf_counter() - started
    found = failing_outputs(notebook)
    if found:
        raise NotebookError("; ".join(found))
    return seconds


def merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of printed text.

    How a kernel cuts its text into pieces depends on timing; the text does not.
    """
    merged: list[NotebookNode] = []
    for output in outputs:
        before = merged[-1] if merged else None
        if (
            before is not None
            and output.output_type == before.output_type == "stream"
            and output.name == before.name
        ):
            before.text += output.text
        else:
            merged.append(output)
    return merged


def shown_models(cell: NotebookNode) -> list[str]:
    """List the identifiers of the widgets that a cell's outputs show."""
    views = (output.get("data", {}).get(WIDGET_VIEW) for output in cell.outputs)
    return [view["model_id"] for view in views if view]


def models_within(value: Any) -> Iterator[str]:
    """Yield the identifiers of the models that a widget's state refers to."""
    if isinstance(value, str) and value.startswith(MODEL_REFERENCE):
        yield value.removeprefix(MODEL_REFERENCE)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from models_within(value[key])
    elif isinstance(value, list):
        for item in value:
            yield from models_within(item)


def lasting_names(notebook: NotebookNode, models: dict[str, Any]) -> dict[str, str]:
    """Give every model that is shown, or needed by one, a name for good.

    Args:
        notebook: A notebook that was run.
        models: The state of each model of that run.

    Returns:
        Names by the identifiers of the run: the cell's id and a running number.
    """
    names: dict[str, str] = {}
    for cell in code_cells(notebook):
        waiting, number = shown_models(cell), 0
        while waiting:
            model = waiting.pop(0)
            if model in models and model not in names:
                number += 1
                names[model] = f"{cell.id}-{number}"
                waiting += models_within(models[model]["state"])
    return names


def renamed(value: Any, names: dict[str, str]) -> Any:
    """Return a copy of a JSON value in which models bear their names for good."""
    text = json.dumps(value)
    for identifier, name in names.items():  # 32 random digits: found nowhere else
        text = text.replace(identifier, name)
    return nbformat.from_dict(json.loads(text))


def normalise_widgets(notebook: NotebookNode) -> None:
    """Keep in place the state of the widgets that are shown, under lasting names."""
    found = notebook.metadata.pop("widgets", {}).get(WIDGET_STATE, {})
    models = found.get("state", {})
    names = lasting_names(notebook, models)
    if not names:
        return
    for cell in code_cells(notebook):
        if shown_models(cell):
            cell.outputs = renamed(cell.outputs, names)
    kept = {model: models[model] for model in names}
    for state in kept.values():
        state.get("buffers", []).sort(key=lambda buffer: buffer["path"])
    notebook.metadata["widgets"] = {
        WIDGET_STATE: found | {"state": renamed(kept, names)}
    }


def normalise(notebook: NotebookNode) -> None:
    """Bring a notebook that was run into the one form in which it is stored."""
    for cell in notebook.cells:
        for key in VOLATILE_CELL_KEYS:
            cell.metadata.pop(key, None)
    for cell in code_cells(notebook):
        cell.outputs = merge_streams(cell.outputs)
    normalise_widgets(notebook)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}


def store(path: Path, timeout: float = TIMEOUT_SECONDS) -> float:
    """Run one notebook and store its outputs; return the seconds the run took.

    Raises:
        NotebookError: The notebook is not valid or its run has an error or writes
            to stderr. The file is then as it was.
    """
    notebook = read_notebook(path)
    clear(notebook)
    try:
        seconds = run(notebook, path.parent, timeout)
    except NotebookError as error:
        raise NotebookError(f"{path} is not stored: {error}") from error
    normalise(notebook)
    notebook.metadata["unrolled"] = {"seconds": round(seconds, 1)} | machine.record()
    write_notebook(notebook, path)
    return seconds


def main(arguments: list[str] | None = None) -> int:
    """Store the chapters named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="store", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--timeout", type=float, default=TIMEOUT_SECONDS)
    options = parser.parse_args(arguments)
    try:
        paths = chosen_paths(options.names)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    failures = 0
    for path in paths:
        try:
            print(f"{path}: stored after {store(path, options.timeout):.1f} s")
        except NotebookError as error:
            print(error, file=sys.stderr)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
