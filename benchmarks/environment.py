"""An environment of its own for the frameworks that a suite compares with.

A suite that needs such frameworks lists them in benchmarks/requirements-SUITE.txt.
They never enter the course's own environment.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def requirements(suite: str, folder: Path = FOLDER) -> Path:
    """Give the file in which a suite lists its frameworks; it need not exist."""
    return folder / f"requirements-{suite}.txt"


def python_for(suite: str, folder: Path = FOLDER) -> str:
    """Give the Python that runs what a suite compares with, set up if need be.

    Without a requirements file this is the course's own Python. An environment is
    made once; it is made anew when the requirements change or when making it was
    interrupted.

    Raises:
        RuntimeError: The frameworks cannot be installed.
    """
    wanted = requirements(suite, folder)
    if not wanted.is_file():
        return sys.executable
    environment = folder / f".venv-{suite}"
    stamp = environment / ".installed"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return str(python)
    shutil.rmtree(environment, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(environment)],
        [str(python), "-m", "pip", "install", "--quiet", "-r", str(wanted)],
    ):
        if subprocess.run(command).returncode:
            raise RuntimeError(
                f"The frameworks of {wanted.name} could not be installed; see above."
            )
    stamp.write_text(digest, encoding="utf-8")
    return str(python)


def ask(python: str, script: str, *arguments: str) -> float:
    """Run a script that prints a number as its last line; return it.

    Args:
        python: The Python to run it with, see `python_for`.
        script: Python source.
        arguments: What the script finds in `sys.argv[1:]`.

    Raises:
        RuntimeError: The script fails.
    """
    command = [python, "-c", script, *arguments]
    quiet = os.environ | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet)
    if done.returncode:
        raise RuntimeError(f"A benchmark's script failed:\n{done.stderr}")
    return float(json.loads(done.stdout.strip().splitlines()[-1]))
