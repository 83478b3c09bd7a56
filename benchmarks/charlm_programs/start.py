"""Where all programs start from: the published settings, one set of weights, one text.

Only NumPy is needed here, so that each program can run in its own environment.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import START

CHARACTERS, WINDOW, BATCH, HIDDEN = 10_000, 35, 32, 256
RATE, THRESHOLD = 100.0, 0.01
GOAL = 1.3
"""The training perplexity to reach: the exponential of an epoch's mean loss."""

SEED = 3
"""Of the first weights: here rounding changes the first losses by 2e-6, with other
seeds by up to 0.2."""

CHECKED = 20
"""How many windows are held against ours."""

NAMES = ("W_xh", "W_hh", "b_h", "W_hq", "b_q")

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


@dataclass(frozen=True)
class Start:
    """What a program is given.

    Attributes:
        weights: ``W_xh`` (V, 256), ``W_hh`` (256, 256), ``b_h`` (256,), ``W_hq``
            (256, V) and ``b_q`` (V,).
        inputs: The characters of an epoch, shape (B, L); all epochs are the same.
        targets: Those that follow them, shape (B, L).
    """

    weights: dict[str, Floats]
    inputs: Indices
    targets: Indices

    @property
    def size(self) -> int:
        """``V``, the size of the vocabulary."""
        return len(self.weights["b_q"])

    @property
    def windows(self) -> int:
        """How many windows an epoch has."""
        return int(self.inputs.shape[1]) // WINDOW

    def window(self, number: int) -> tuple[Indices, Indices]:
        """Give the inputs and targets of a window, shape (B, T)."""
        here = slice(number * WINDOW, (number + 1) * WINDOW)
        return self.inputs[:, here], self.targets[:, here]

    def write(self, folder: Path) -> None:
        """Store it for the programs."""
        rows = {"inputs": self.inputs, "targets": self.targets}
        np.savez(folder / START, **rows, **self.weights)  # type: ignore[arg-type]


def read(folder: Path) -> Start:
    """Read what `Start.write` has stored."""
    with np.load(folder / START, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return Start(
        inputs=arrays.pop("inputs"), targets=arrays.pop("targets"), weights=arrays
    )


def operations(size: int) -> int:
    """Count the arithmetic that training needs for one character.

    A product of the state with ``W_hh`` or ``W_hq`` multiplies and adds once for each
    entry of the matrix. Each is made three times: forward, backward to the state, and
    backward to the matrix. The input is a look-up, and all else is small beside these.

    Args:
        size: ``V``, the size of the vocabulary.
    """
    return 3 * 2 * HIDDEN * (HIDDEN + size)
