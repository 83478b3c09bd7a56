"""Which device TensorFlow computes on, and why."""

from __future__ import annotations

import os


def describe() -> str:
    """Say in one line which device is used, and why."""
    import tensorflow as tf

    found = tf.config.list_logical_devices("GPU")
    if found:
        physical = tf.config.list_physical_devices("GPU")[0]
        details = tf.config.experimental.get_device_details(physical)
        name = details.get("device_name", "a GPU of unknown name")
        return f"GPU ({name}): TensorFlow sees it and uses it by itself"
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return "CPU: CUDA_VISIBLE_DEVICES hides any GPU"
    return "CPU: TensorFlow sees no GPU"
