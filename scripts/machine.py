"""What a measurement was made on: date, Python, package versions, processor."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("unrolled", "numpy", "matplotlib", "tensorflow", "keras")


def today() -> str:
    """Give today's date in UTC as YYYY-MM-DD."""
    return datetime.now(UTC).date().isoformat()


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Give the installed version of each package; leave out what is not installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def processor(cpu_info: Path = Path("/proc/cpuinfo")) -> str:
    """Name the processor and how many of its cores this process may use.

    Args:
        cpu_info: Where Linux describes the processor; other systems are asked
            through `platform`.
    """
    name = platform.processor() or platform.machine() or "unknown processor"
    if cpu_info.is_file():
        for line in cpu_info.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                name = value.strip()
                break
    cores = usable_cores()
    return f"{name}, {cores} core{'s' if cores != 1 else ''}"


def usable_cores() -> int:
    """Count the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def record() -> dict[str, object]:
    """Describe this machine and moment, ready for JSON."""
    return {
        "date": today(),
        "python": platform.python_version(),
        "versions": versions(),
        "processor": processor(),
    }
