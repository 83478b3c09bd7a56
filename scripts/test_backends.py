"""Run chapters' cells in backend-neutral Keras on TensorFlow, JAX and PyTorch.

    python -m scripts.test_backends [--notebook NOTEBOOK] [BACKEND ...]

The cells tagged `keras` must print on each of them what is stored in the notebook. JAX
and PyTorch get an environment of their own under .venv/backends, which adds that one
framework to the course's packages. PyTorch's usual wheel for Linux brings several GB of
CUDA libraries with it; set PIP_EXTRA_INDEX_URL to the address of PyTorch's own index of
wheels without them, and pip takes one of those.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass

from nbformat import NotebookNode
from nbval.plugin import get_sanitize_patterns

from scripts.environments import ENVIRONMENTS, python_with
from scripts.notebooks import (
    ROOT,
    NotebookError,
    chosen_paths,
    code_cells,
    read_notebook,
    tags,
)
from scripts.run_tests import QUIET_ENVIRONMENT

TAG = "keras"
BACKENDS = {"tensorflow": "", "jax": "jax==0.10.2", "torch": "torch==2.13.0"}
"""What each needs beside the course's packages."""

SETTINGS = {
    "JAX_PLATFORMS": "cpu",
    "KERAS_TORCH_DEVICE": "cpu",
    "OMP_NUM_THREADS": "1",  # on a busy machine more of them take ten times as long
}

PRELUDES = {
    "char_lm": """
import numpy as np
from unrolled.tasks.corpora import load, prepare
from unrolled.tasks.text import Text
from unrolled.tasks.vocabulary import Vocabulary

text = prepare(load("lyrics_zh").text, 10_000)
vocabulary = Vocabulary.of(text)
indices, V = vocabulary.encode(text), len(vocabulary)
task = Text(indices, V, window=35, batch=32)
""",
    "mnist_lstm": """
import keras
import numpy as np
from unrolled.tasks import digits

data = digits.load()
parts = digits.split(data)
few = slice(0, 13_750)
x_train, y_train = digits.scaled(parts.train_images[few]), parts.train_labels[few]
""",
}
"""For each notebook, what its cells find in place of the cells before them."""

ASK = "import keras; print(keras.__version__, keras.backend.backend(), end='')"

RUN = """
import contextlib, io, json, sys
sys.modules.update(dict.fromkeys(sys.argv[1:]))  # an import of these fails
names, printed = {"__name__": "__main__"}, []
for name, source in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as words:
        exec(compile(source, name, "exec"), names)
    printed.append(words.getvalue())
print(json.dumps(printed))
"""
"""A program that reads named pieces of code, runs them in turn, and writes as its last
line what each of them has printed. Its arguments are modules that it cannot import."""


class BackendError(Exception):
    """The cells do not do on a backend what is stored; the message says what."""


@dataclass(frozen=True)
class Cell:
    """A cell to be run: its id, its source, and what it printed when it was stored."""

    name: str
    source: str
    printed: str


def keras_cells(notebook: NotebookNode) -> list[Cell]:
    """Take the cells tagged `keras` from a notebook, with what they are to print.

    Raises:
        NotebookError: There is none, none of them printed anything, or one has an
            output of another kind, which would not be compared.
    """
    cells = []
    for cell in code_cells(notebook):
        if TAG not in tags(cell):
            continue
        for output in cell.outputs:
            if output.output_type != "stream" or output.name != "stdout":
                raise NotebookError(
                    f"Cell {cell.id} has an output that it did not print "
                    f"({output.output_type}), and only what is printed is compared; "
                    f"let it print everything."
                )
        printed = "".join(output.text for output in cell.outputs)
        cells.append(Cell(cell.id, cell.source, printed))
    if not cells:
        raise NotebookError(
            f"No code cell is tagged {TAG!r}, so there is nothing to run."
        )
    if not any(cell.printed for cell in cells):
        raise NotebookError(
            f"The cells tagged {TAG!r} have printed nothing to compare a run with; let "
            f"one print a verdict, and store the notebook's outputs."
        )
    return cells


def comparable(text: str) -> str:
    """Replace what may differ between two runs, as the step `notebooks` does."""
    rules = ROOT.joinpath("tests", "chapters", "sanitize.cfg")
    for pattern, replacement in get_sanitize_patterns(rules.read_text("utf-8")):
        text = re.sub(pattern, replacement, text)
    return text


def run_on(backend: str, sources: list[tuple[str, str]], python: str) -> list[str]:
    """Run named pieces of code with Keras on one backend; return what each printed.

    No GPU is seen, of whatever kind, and TensorFlow only where it is the backend.

    Raises:
        BackendError: One of them fails.
    """
    hidden = [] if backend == "tensorflow" else ["tensorflow"]
    done = subprocess.run(
        [python, "-c", RUN, *hidden],
        input=json.dumps(sources),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=os.environ | QUIET_ENVIRONMENT | SETTINGS | {"KERAS_BACKEND": backend},
    )
    if done.returncode:
        words = done.stderr.strip() or f"exit status {done.returncode}"
        raise BackendError(f"{words.splitlines()[-1]}\n{words}")
    printed: list[str] = json.loads(done.stdout.splitlines()[-1])
    return printed


def check(backend: str, cells: list[Cell], python: str, prelude: str) -> str:
    """Run the cells on one backend, compare, and return the version of Keras.

    Args:
        backend: Keras's name of it.
        cells: What is run.
        python: With what it is run.
        prelude: What is run first, see `PRELUDES`.

    Raises:
        BackendError: A cell fails or prints something else, or Keras ran on another
            backend than the one that was asked for.
    """
    sources = [(cell.name, cell.source) for cell in cells]
    first, last = ("the set-up before the cells", prelude), ("the backend", ASK)
    _, *printed, keras = run_on(backend, [first, *sources, last], python)
    version, found = keras.split()
    if found != backend:
        raise BackendError(
            f"Keras ran on {found}; the backend {backend} was asked for."
        )
    for cell, words in zip(cells, printed, strict=True):
        if comparable(words) != comparable(cell.printed):
            raise BackendError(
                f"Cell {cell.name} prints {words!r}; stored is {cell.printed!r}."
            )
    return version


def python_for(backend: str) -> str:
    """Return a Python that has the framework of one backend, set up if need be.

    Raises:
        RuntimeError: It cannot be installed.
    """
    wanted = BACKENDS[backend]
    if not wanted:
        return sys.executable
    return python_with(ENVIRONMENTS / "backends" / backend, wanted)


def report(backend: str, name: str, cells: list[Cell]) -> bool:
    """Check a notebook on one backend, print a line, and say whether it passed."""
    started = time.perf_counter()
    try:
        prelude = PRELUDES.get(name, "")
        version = check(backend, cells, python_for(backend), prelude)
        word = "passed"
        reason = f"{name}, {len(cells)} cells: Keras {version} prints what is stored"
    except (BackendError, RuntimeError) as problem:
        word, reason = "FAILED", str(problem)
    seconds = time.perf_counter() - started
    print(f"{backend:<10} {word} in {seconds:.0f} s: {reason}", flush=True)
    return word == "passed"


def main(arguments: list[str] | None = None) -> int:
    """Check the backends named on the command line, or all; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="test_backends", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--notebook", help=f"instead of {', '.join(PRELUDES)}")
    parser.add_argument("backends", nargs="*", metavar="BACKEND")
    options = parser.parse_args(arguments)
    for backend in options.backends:
        if backend not in BACKENDS:
            parser.error(
                f"there is no backend {backend!r}; the backends are "
                f"{', '.join(BACKENDS)}"
            )
    try:
        names = [options.notebook] if options.notebook else list(PRELUDES)
        notebooks = {
            path.stem: keras_cells(read_notebook(path)) for path in chosen_paths(names)
        }
    except NotebookError as problem:
        print(problem, file=sys.stderr)
        return 1
    passed = [
        report(backend, name, cells)
        for backend in options.backends or BACKENDS
        for name, cells in notebooks.items()
    ]
    print("\nAll backends passed." if all(passed) else "\nFAILED")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
