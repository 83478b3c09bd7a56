"""Where all programs start from: one set of weights, and an epoch of images in batches.

Only NumPy is needed here, so that each program can run in its own environment.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import START

HIDDEN, BATCH, RATE = 128, 128, 0.001
WHITE = 255
SEED = 0

EPSILON = 1e-12
"""Adam's. The published program has TensorFlow's default, which is the same."""

CHECKED = 20
"""How many windows, which are batches here, are held against ours."""

BATCHES = 40
"""In an epoch of the race: all programs are given the same images again and again."""

NAMES = ("W_xh", "W_hh", "b_h", "W_hq", "b_q")

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Start:
    """What a program is given.

    Attributes:
        weights: ``W_xh`` (28, 512), ``W_hh`` (128, 512), ``b_h`` (512,), in the blocks
            ``i, f, g, o``; ``W_hq`` (128, 10) and ``b_q`` (10,).
        images: The batches of an epoch, shape (N, 128, 28, 28).
        labels: Their classes, shape (N, 128).
    """

    weights: dict[str, Floats]
    images: Pixels
    labels: Labels

    def scaled(self) -> Floats:
        """Give the images with pixels from 0 to 1, as most programs keep them."""
        return self.images.astype(np.float32) / np.float32(WHITE)

    def write(self, folder: Path) -> None:
        """Store it for the programs."""
        data = {"images": self.images, "labels": self.labels}
        np.savez(folder / START, **data, **self.weights)  # type: ignore[arg-type]


def read(folder: Path) -> Start:
    """Read what `Start.write` has stored."""
    with np.load(folder / START, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return Start(
        images=arrays.pop("images"), labels=arrays.pop("labels"), weights=arrays
    )
