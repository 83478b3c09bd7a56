"""Which device TensorFlow computes on, and why."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any


def describe() -> str:
    """Say in one line which device is used, and why."""
    tf = start()
    found = tf.config.list_logical_devices("GPU")
    if found:
        physical = tf.config.list_physical_devices("GPU")[0]
        details = tf.config.experimental.get_device_details(physical)
        name = details.get("device_name", "a GPU of unknown name")
        return f"GPU ({name}): TensorFlow sees it and uses it by itself"
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return "CPU: CUDA_VISIBLE_DEVICES hides any GPU"
    return "CPU: TensorFlow sees no GPU"


def start() -> Any:
    """Import TensorFlow without its start-up log, and return it.

    The first import in a process writes several lines to stderr, which no setting of
    TensorFlow 2.21 prevents; later imports are silent. What it writes is shown all the
    same if the import fails, or if ``TF_CPP_MIN_LOG_LEVEL`` is 0. Its later advice is
    kept back too: it warns of programs that compile many functions, and a course that
    compares update rules has to.

    Raises:
        ImportError: If TensorFlow cannot be imported.
    """
    with contextlib.ExitStack() as stack:
        first = "tensorflow" not in sys.modules
        if first and os.environ.get("TF_CPP_MIN_LOG_LEVEL") != "0":
            stack.enter_context(_errors_kept_back())
        import tensorflow
    if first:
        tensorflow.get_logger().setLevel("ERROR")
    return tensorflow


@contextlib.contextmanager
def _errors_kept_back() -> Iterator[None]:
    """Keep back what is written to stderr, by C++ too; show it if the block fails."""
    sys.stderr.flush()
    ours = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(ours, 2)
            kept.seek(0)
            sys.stderr.write(kept.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(ours, 2)
            os.close(ours)
