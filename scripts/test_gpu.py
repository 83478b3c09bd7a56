"""Check that the course computes on a GPU what it computes on the processor.

    python -m scripts.test_gpu

What to expect on a machine with an NVIDIA GPU that TensorFlow sees: the first line
names it; then each line ends in "passed". The nets of the echo and the MNIST chapter
lose on the GPU what they lose on the processor, to 1e-3 over 20 updates; Keras's fused
LSTM agrees with its loop, to 1e-4; `fit` trains in half precision, and compiled by XLA,
with a loss that stays finite. Last come images per second of `fit`, for each way: of
these nothing is expected. It takes a few minutes, most of them for compiling.

Without such a GPU it says so in one line, and the exit status is 2: nothing was tested.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

UPDATES = 20
TOLERANCE = 1e-3
FUSED_TOLERANCE = 1e-4
WAYS: dict[str, dict[str, Any]] = {
    "float32": {"dtype": "float32", "jit_compile": False},
    "mixed_float16": {"dtype": "mixed_float16", "jit_compile": False},
    "float32, XLA": {"dtype": "float32", "jit_compile": True},
}
Found = dict[str, Any]


def echo_losses() -> list[float]:
    """Train the net of the echo chapter for some windows."""
    from unrolled.cells.tanh_tf import TANH
    from unrolled.tasks.echo import Echo
    from unrolled.training.nets_tf import RecurrentNet
    from unrolled.training.rules_tf import AdagradTF
    from unrolled.training.truncated_tf import train_windows

    net = RecurrentNet.draw(TANH, 4, seed=0, inputs=1, outputs=2)
    losses: list[float] = []
    for report in train_windows(net, Echo(), AdagradTF(0.3), 1, every=UPDATES):
        losses.extend(report.losses.tolist())
        if len(losses) >= UPDATES:
            break
    return losses[:UPDATES]


def image_losses() -> list[float]:
    """Train the net of the MNIST chapter on the digits that need no network."""
    from unrolled.cells.lstm_tf import LSTM
    from unrolled.tasks.digits import load_embedded
    from unrolled.tasks.images import Images
    from unrolled.training.image_run_tf import train_image_batches
    from unrolled.training.image_weights import image_weights
    from unrolled.training.nets_tf import RecurrentNet
    from unrolled.training.rules_tf import GradientDescentTF

    digits = load_embedded()
    task = Images(digits.train_images, digits.train_labels, batch=64)
    net = RecurrentNet(LSTM, image_weights(LSTM, 64, seed=0))
    run = train_image_batches(
        net, task, GradientDescentTF(0.1), 1, updates=UPDATES, every=UPDATES
    )
    return [loss for report in run for loss in report.losses.tolist()]


def fused_distance() -> float:
    """Return how far Keras's fused LSTM and its loop are apart."""
    import keras

    images = np.random.default_rng(0).random((8, 28, 28), dtype=np.float32)
    fused, loop = (keras.layers.LSTM(32, use_cudnn=use) for use in ("auto", False))
    fused.build(images.shape)
    loop.build(images.shape)
    loop.set_weights(fused.get_weights())
    return float(np.abs(np.asarray(fused(images)) - np.asarray(loop(images))).max())


def fitted(dtype: str, jit_compile: bool, images: int = 12_800) -> dict[str, float]:
    """Train by `fit`; return the last loss, and images per second of the second epoch.

    Args:
        dtype: Keras's policy, such as ``"mixed_float16"``.
        jit_compile: Whether XLA compiles the step.
        images: In an epoch; noise, with random labels.
    """
    import keras

    generator = np.random.default_rng(0)
    pixels = generator.random((images, 28, 28), dtype=np.float32)
    labels = generator.integers(0, 10, images)
    layers = keras.layers.LSTM(128, dtype=dtype), keras.layers.Dense(10)
    model = keras.Sequential([keras.Input((28, 28)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, jit_compile=jit_compile)
    model.fit(pixels, labels, batch_size=128, verbose=0)
    started = time.perf_counter()
    history = model.fit(pixels, labels, batch_size=128, verbose=0)
    per_second = images / (time.perf_counter() - started)
    return {"loss": history.history["loss"][0], "images_per_second": per_second}


def measure(images: int = 12_800) -> Found:
    """Compute all of this on whatever TensorFlow chooses."""
    from unrolled import device

    return {
        "device": device.describe(),
        "echo": echo_losses(),
        "images": image_losses(),
        "fused": fused_distance(),
        "fit": {name: fitted(**way, images=images) for name, way in WAYS.items()},
    }


def losses_on_the_processor() -> Found:
    """Compute the losses in a process that sees no GPU."""
    code = (
        "import json; from scripts.test_gpu import echo_losses, image_losses; "
        "print(json.dumps({'echo': echo_losses(), 'images': image_losses()}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
        check=True,
        capture_output=True,
        text=True,
    )
    found: Found = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def verdicts(found: Found, wanted: Found) -> dict[str, bool]:
    """Say of each expectation whether it is met."""
    said = {
        f"{name}: the losses of {UPDATES} updates agree to {TOLERANCE:g}": bool(
            np.allclose(found[name], wanted[name], rtol=0, atol=TOLERANCE)
        )
        for name in ("echo", "images")
    }
    said[f"the fused LSTM agrees with the loop to {FUSED_TOLERANCE:g}"] = (
        found["fused"] <= FUSED_TOLERANCE
    )
    for name, fit in found["fit"].items():
        said[f"fit, {name}: the loss is finite"] = bool(np.isfinite(fit["loss"]))
    return said


def main() -> int:
    """Test on the GPU; return the exit status."""
    from unrolled import device

    print(device.describe())
    if not device.describe().startswith("GPU"):
        print("There is no GPU to test on: nothing was tested.", file=sys.stderr)
        return 2
    found = measure()
    said = verdicts(found, losses_on_the_processor())
    for words, is_met in said.items():
        print(f"{words}: {'passed' if is_met else 'FAILED'}")
    for name, fit in found["fit"].items():
        print(f"fit, {name}: {fit['images_per_second']:,.0f} images per second")
    return 0 if all(said.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
