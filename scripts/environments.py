"""Environments of their own, which add a few packages to the course's."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ENVIRONMENTS = Path(__file__).resolve().parent.parent / ".venv"


def python_with(home: Path, *wanted: str) -> str:
    """Return a Python that has the course's packages and more, set up if need be.

    Its own packages come first, then the course's. An environment is made once; it is
    made anew when something else is wanted or when making it was interrupted.

    Args:
        home: The folder of the environment.
        wanted: What pip is told to install, such as ``"--no-deps"`` and
            ``"ipykernel==7.4.*"``.

    Raises:
        RuntimeError: It cannot be installed.
    """
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, line = home / ".installed", " ".join(wanted)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == line:
        return str(python)
    make = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(home)]
    subprocess.run(make, check=True)
    packages = "import sysconfig; print(sysconfig.get_path('purelib'))"
    ask = subprocess.run(
        [python, "-c", packages], capture_output=True, text=True, check=True
    )
    course = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    Path(ask.stdout.strip(), "course.pth").write_text(course, encoding="utf-8")
    # What the course has already is not installed again: this Python's pip sees it.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    if subprocess.run([*pip, *wanted]).returncode:
        raise RuntimeError(f"{wanted[-1]} could not be installed; see above.")
    stamp.write_text(line, encoding="utf-8")
    return str(python)
