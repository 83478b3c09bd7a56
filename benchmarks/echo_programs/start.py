"""Where all programs start from: the published settings, one set of weights and rows.

Only NumPy is needed here, so that each program can run in its own environment.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import START

BATCH, WINDOW, HIDDEN, DELAY, BITS = 5, 15, 4, 3, 50_000
RATE, INITIAL = 0.3, 0.1
SEED = 0
ROWS_STORED = 4
"""How many epochs of rows are stored; a longer run reads them again."""

CHECKED = 100
"""How many windows are held against ours."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Start:
    """What a program is given.

    Attributes:
        weights: ``W_xh`` (1, 4), ``W_hh`` (4, 4), ``b_h`` (4,), ``W_hq`` (4, 2) and
            ``b_q`` (2,).
        inputs: Rows of bits, shape (epochs, B, L).
        targets: Their echoes, shape (epochs, B, L).
    """

    weights: dict[str, Floats]
    inputs: Floats
    targets: NDArray[np.int32]

    @property
    def windows(self) -> int:
        """How many windows an epoch has."""
        return int(self.inputs.shape[2]) // WINDOW

    def rows(self, epoch: int) -> tuple[Floats, NDArray[np.int32]]:
        """Give the rows of an epoch, cut to whole windows; shape (B, L)."""
        stored, used = epoch % len(self.inputs), self.windows * WINDOW
        return self.inputs[stored, :, :used], self.targets[stored, :, :used]

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
