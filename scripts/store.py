"""Run chapters from a clean kernel and store their outputs.

    python -m scripts.store [NAME ...]      one chapter or several; all without a name

A chapter is stored only if no cell fails and none writes to stderr; otherwise its
file stays as it was. Two runs on one machine store the same file, apart from the
seconds and the date in the notebook's metadata under "unrolled".
"""

import argparse
import os
import sys
import time
from pathlib import Path

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


def normalise(notebook: NotebookNode) -> None:
    """Bring a notebook that was run into the one form in which it is stored."""
    for cell in notebook.cells:
        for key in VOLATILE_CELL_KEYS:
            cell.metadata.pop(key, None)
    for cell in code_cells(notebook):
        cell.outputs = merge_streams(cell.outputs)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    if not notebook.metadata.get("widgets", {}):
        notebook.metadata.pop("widgets", None)


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
