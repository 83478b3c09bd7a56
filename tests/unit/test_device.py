"""The line that says which device is used, and why."""

import os
import subprocess
import sys
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


def starts(code, **settings):
    """Run Python in a fresh process; return what it writes to stdout and to stderr."""
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", **settings}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120
    )
    return done.stdout, done.stderr


def test_tensorflow_starts_without_its_log_unless_that_is_asked_for():
    code = (
        "import os; from unrolled import device; device.start(); print('on')\n"
        "os.write(2, b'later')"
    )
    assert starts(code, TF_CPP_MIN_LOG_LEVEL="3") == ("on\n", "later")
    assert "oneDNN" in starts(code, TF_CPP_MIN_LOG_LEVEL="0")[1]


def test_what_a_failed_import_writes_is_shown(tmp_path):
    tmp_path.joinpath("tensorflow.py").write_text(
        "import os; os.write(2, b'no such driver'); raise ImportError('no')"
    )
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from unrolled import device\n"
        "try: device.start()\n"
        "except ImportError as error: print(error)"
    )
    assert starts(code) == ("no\n", "no such driver")
