"""Files of arrays: plain numbers and text, nothing that runs when it is read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

NOTES = "notes"
"""The name under which the notes are stored, beside the arrays."""


def write_arrays(
    path: str | Path, arrays: Mapping[str, NDArray[Any]], notes: Mapping[str, Any]
) -> None:
    """Write arrays and notes to a file, which takes its place in one step.

    They go to a temporary file in the same folder first. Who is interrupted meanwhile
    leaves the old file as it was.

    Args:
        path: Of the file; it ends in ``.npz``, and its folder exists.
        arrays: By name; none is called ``notes``.
        notes: Anything that JSON can hold.

    Raises:
        ValueError: If the path ends otherwise, or an array holds objects.
        FileNotFoundError: If the folder does not exist.
    """
    target = Path(path)
    if target.suffix != ".npz":
        raise ValueError(f"path must end in .npz, but {str(path)!r} was given.")
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"path must be in a folder that exists, but there is no folder "
            f"{target.parent}; make it first."
        )
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(
                f"arrays must hold numbers, but {name!r} holds Python objects."
            )
    text = np.array(json.dumps(dict(notes)))
    handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".npz.part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **{NOTES: text}, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())  # the content is there before the name is
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_arrays(path: str | Path) -> tuple[Arrays, dict[str, Any]]:
    """Read what :func:`write_arrays` has written.

    Args:
        path: Of the file.

    Returns:
        The arrays by name, and the notes.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is none of these, or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
            notes = dict(json.loads(str(arrays.pop(NOTES))))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"path must be of a saved run, but there is no file {path}; save a run "
            f"there first, or mend the path."
        ) from None
    except Exception as error:  # whatever a reader of archives makes of a damaged one
        raise ValueError(
            f"path must be of a saved run, but {path} is not one, or is damaged "
            f"({error}); save the run again."
        ) from None
    return arrays, notes
