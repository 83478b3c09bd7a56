"""The one record that passes between the parts of the course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Report:
    """What a training run says about itself when it pauses to speak.

    A training run is an iterator of reports. When a report is yielded, the model holds
    exactly the weights that the report speaks of, and closing the iterator is safe. A
    report's arrays are its own: later steps do not change them.

    Attributes:
        step: Number of weight updates made so far.
        epoch: Number of full passes over the data completed so far.
        losses: The losses since the last report, oldest first, shape ``(n,)``.
        metrics: Other numbers worth showing, by name.
        sample: A small thing to draw: arrays or texts by name. What they mean is known
            to the panel.
        panel: Name of the panel that draws ``sample``; empty if there is none.
        seconds: Time spent computing since the run began; pauses do not count.
        planned: Number of updates that the run is to make in all; 0 if unknown.
        steps_per_epoch: Number of updates in one pass over the data; 0 if unknown.
    """

    step: int
    epoch: int
    losses: NDArray[np.float64]
    metrics: Mapping[str, float] = field(default_factory=dict)
    sample: Mapping[str, Any] = field(default_factory=dict)
    panel: str = ""
    seconds: float = 0.0
    planned: int = 0
    steps_per_epoch: int = 0

    @property
    def loss(self) -> float:
        """The newest loss; NaN if no loss has been computed since the last report."""
        return float(self.losses[-1]) if len(self.losses) else float("nan")

    def __repr__(self) -> str:
        """Leave the time out: it differs from run to run, and this is printed."""
        return f"Report(step={self.step}, epoch={self.epoch}, loss={self.loss:.6g})"
