"""An environment of its own for the frameworks that suites compare with.

They are listed in benchmarks/requirements-NAME.txt, and never enter the course's own
environment.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
FRAMEWORKS = "frameworks"

CALL = f"""
import importlib, json, sys
sys.path.insert(0, {str(FOLDER.parent)!r})
module, function, *arguments = sys.argv[1:]
module = importlib.import_module("benchmarks." + module)
print(json.dumps(getattr(module, function)(*arguments)))
"""


def requirements(name: str, folder: Path = FOLDER) -> Path:
    """Give the file that lists what an environment holds; it need not exist."""
    return folder / f"requirements-{name}.txt"


def python_for(name: str, folder: Path = FOLDER) -> str:
    """Give the Python of an environment, set up if need be.

    Without a requirements file this is the course's own Python. An environment is
    made once; it is made anew when the requirements change or when making it was
    interrupted.

    Raises:
        RuntimeError: The frameworks cannot be installed.
    """
    wanted = requirements(name, folder)
    if not wanted.is_file():
        return sys.executable
    environment = folder / f".venv-{name}"
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


def call(python: str, module: str, function: str, *arguments: str) -> Any:
    """Call a function of a module of this folder in a process of its own.

    Args:
        python: The Python to run it with, see `python_for`.
        module: Its name within `benchmarks`.
        function: The name of the function; it returns what JSON can hold.
        arguments: What it is called with.

    Raises:
        RuntimeError: The function fails.
    """
    return answer(python, CALL, module, function, *arguments)


def ask(python: str, script: str, *arguments: str) -> float:
    """Run a script that prints a number as its last line; return it.

    Args:
        python: The Python to run it with, see `python_for`.
        script: Python source.
        arguments: What the script finds in `sys.argv[1:]`.

    Raises:
        RuntimeError: The script fails.
    """
    return float(answer(python, script, *arguments))


def answer(python: str, script: str, *arguments: str) -> Any:
    """Run a script and return what its last line says in JSON; see `ask`."""
    command = [python, "-c", script, *arguments]
    quiet = os.environ | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet)
    if done.returncode:
        raise RuntimeError(f"A benchmark's script failed:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])
