"""The line that says which device is used, and why."""

from types import SimpleNamespace

import tensorflow as tf

from unrolled import device


def test_a_hidden_gpu_is_said_to_be_hidden(monkeypatch):
    for value in ("-1", ""):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
        assert device.describe() == "CPU: CUDA_VISIBLE_DEVICES hides any GPU"


def test_without_a_gpu_the_line_says_that_there_is_none(monkeypatch):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [])
    for value in (None, "0"):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if value:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
        assert device.describe() == "CPU: TensorFlow sees no GPU"


def test_a_gpu_is_named(monkeypatch):
    asked = []

    def devices(kind):
        asked.append(kind)
        return [SimpleNamespace(name=f"{kind}:0")]

    monkeypatch.setattr(tf.config, "list_logical_devices", devices)
    monkeypatch.setattr(tf.config, "list_physical_devices", devices)
    details = {"device_name": "Abacus 9"}
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda found: details
    )
    assert "GPU (Abacus 9)" in device.describe()
    assert set(asked) == {"GPU"}
    details.clear()
    assert "GPU (a GPU of unknown name)" in device.describe()
    assert "\n" not in device.describe()
