"""Stop with one clear sentence if this Python cannot run the course.

This file keeps to syntax that very old versions of Python understand, so that
they reach the message instead of a syntax error.
"""

import sys

OLDEST = (3, 11)
NEWEST = (3, 13)


def problem(version):
    """Say what is wrong with a Python version, or return an empty string.

    Args:
        version: (major, minor, ...) as in `sys.version_info`.
    """
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return ""
    return (
        "This is Python %d.%d; the course needs Python %d.%d to %d.%d. "
        "Install one of these and name it, for example: make PYTHON=python%d.%d"
    ) % (tuple(version[:2]) + OLDEST + NEWEST + NEWEST)


def missing_module():
    """Say which part of the standard library is absent, or return an empty string."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return (
            "This Python cannot make a virtual environment: the modules venv and "
            "ensurepip are missing. On Debian or Ubuntu install the package "
            "python3-venv, then try again."
        )
    return ""


if __name__ == "__main__":
    message = problem(sys.version_info) or missing_module()
    if message:
        sys.exit(message)
