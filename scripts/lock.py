"""Write requirements.lock: exact versions and hashes of everything, and try it out.

    python -m scripts.lock [--check]

Without an option the lock is written anew and then checked; with --check it is only
checked: it must resolve for every supported Python on Linux, macOS and Windows.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.check_python import NEWEST, OLDEST
from scripts.notebooks import ROOT, write_text

LOCK = ROOT / "requirements.lock"
SOURCES = ("requirements.txt", "requirements-dev.txt")
PLATFORMS = ("linux", "macos", "windows")
HEAD = "# Exact versions with hashes for every supported Python, by `make lock`.\n"

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)( ;[^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def supported_pythons() -> list[str]:
    """List the versions of Python that the course supports."""
    return [f"{OLDEST[0]}.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]


def problems(text: str) -> list[str]:
    """Say what is wrong with a lock's text: a pin without hash, a host, a path."""
    found, pins = [], 0
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            if "://" in line:
                found.append(f"line {index + 1} names a host: {line.strip()}")
            continue
        if PIN.match(line):
            pins += 1
            if index + 1 == len(lines) or not HASH.match(lines[index + 1]):
                found.append(f"line {index + 1} has no hash: {line}")
        elif not HASH.match(line):
            found.append(f"line {index + 1} is neither a pin nor a hash: {line}")
    return found if pins else [*found, "there is no pinned package"]


def uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run uv in the repository's root and return what it said."""
    command = [sys.executable, "-m", "uv", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def compile_lock() -> None:
    """Write the lock anew.

    Raises:
        SystemExit: No set of versions satisfies the requirements.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "requirements.lock")
        done = uv(
            "pip", "compile", *SOURCES, "--universal", "--no-header",
            "--python-version", supported_pythons()[0], "--generate-hashes",
            "--no-emit-package", "unrolled", "--output-file", str(output),
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"The requirements cannot be locked:\n{done.stderr}")
        write_text(HEAD + output.read_text(encoding="utf-8"), LOCK)


def unresolved() -> list[str]:
    """List the combinations of Python and platform for which the lock fails."""
    found = []
    for python in supported_pythons():
        for platform in PLATFORMS:
            with tempfile.TemporaryDirectory() as empty:
                done = uv(
                    "pip", "install", "--dry-run", "--target", empty,
                    "--python-version", python, "--python-platform", platform,
                    "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK),
                )  # fmt: skip
            resolves = done.returncode == 0
            print(f"Python {python} on {platform}: {'yes' if resolves else 'NO'}")
            if not resolves:
                found.append(f"Python {python} on {platform}:\n{done.stderr}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Write and check the lock; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="lock", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="only check the lock")
    if not parser.parse_args(arguments).check:
        compile_lock()
    found = problems(LOCK.read_text(encoding="utf-8")) + unresolved()
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
