"""What a view shows of a run, kept small however long the run is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.report import Report
from unrolled.views.live.history import Ending, History, history_of, joined
from unrolled.views.live.panels import Arrays
from unrolled.views.live.record import (
    Body,
    Header,
    packed,
    packed_rows,
    packed_series,
    packed_steps,
    plain_series,
)
from unrolled.views.live.thinning import Envelope, EveryFew

RECORD_BYTES = 225_000
"""Longest record: 300 KB when a notebook has written it with 64 letters."""

FRAME_POINTS = 600  # of the curve on the screen, and of the path of the weights
RECORD_LOSSES = 8000
RECORD_WEIGHTS = 4000
RECORD_METRIC = 1000
MOST_METRICS = 8
MOST_SAMPLES = 400
PACE_SECONDS = 3.0

Sample = tuple[int, Arrays]


class Recorder:
    """Hears the reports of one run and tells of it: in frames, as a record, in full."""

    def __init__(self, title: str) -> None:
        """Begin to hear a run with this title."""
        self.last: Report | None = None
        self.heard = 0
        self._title = title
        self._parts: list[History] = []
        self._curve = Envelope(1, FRAME_POINTS)
        self._losses = Envelope(1, RECORD_LOSSES)
        self._metrics: dict[str, Envelope] = {}
        self._weight_names: list[str] = []
        self._path: Envelope | None = None
        self._samples: EveryFew[Sample] = EveryFew(MOST_SAMPLES)
        self._pace = Pace()
        self._trouble = ""

    def add(self, reports: Sequence[Report]) -> None:
        """Hear reports, oldest first.

        Args:
            reports: With samples as :func:`unrolled.views.live.panels.slimmed` leaves
                them.
        """
        if not reports:
            return
        part = history_of(reports, self.last.step if self.last else 0)
        self._parts.append(part)
        for curve in (self._curve, self._losses):
            curve.append(part.steps, part.losses[:, np.newaxis])
        for name, values in part.metrics.items():
            curve = self._metrics.setdefault(name, Envelope(1, RECORD_METRIC))
            curve.append(part.report_steps, values[:, np.newaxis])
        self._follow_weights(reports, part)
        for report in reports:
            self._trouble = report.sample.get("trouble", self._trouble)
            if "sequences" in report.sample:
                self._samples.append((report.step, report.sample["sequences"]))
        self.last = reports[-1]
        self.heard += len(reports)
        self._pace.add(self.last.step)

    def halt(self) -> None:
        """Say that the run stands still: the time until it goes on does not count."""
        self._pace = Pace()

    def history(self, ended: Ending) -> History:
        """Return everything that the reports said.

        Args:
            ended: How the run came to its end.
        """
        return joined(self._parts, ended)

    def frame(self, state: str) -> bytes:
        """Return what the view shows now; its size does not grow with the run.

        Args:
            state: ``"running"``, ``"paused"``, or how the run ended.
        """
        body, last = Body(), self.last
        header = self._header(state) | {
            "live": True,
            "seconds": last.seconds if last else 0.0,
            "rate": self._pace.rate,
            "losses": plain_series(body, *self._curve.points()),
            "samples": _packed_samples(body, self._samples.last),
        }
        if last and last.metrics:
            names = list(last.metrics)[:MOST_METRICS]
            values = np.array([[float(last.metrics[name]) for name in names]])
            series = plain_series(body, np.array([last.step]), values)
            header["metrics"] = [series | {"names": names}]
        if self._path is not None:
            steps, rows = self._path.points()
            few = _evenly(len(steps), FRAME_POINTS)
            series = plain_series(body, steps[few], rows[few])
            header["weights"] = series | {"names": self._weight_names}
        return packed(header, body)

    def record(self, ended: Ending, words: str = "") -> bytes:
        """Return the record of the whole run, at most ``RECORD_BYTES`` long.

        Two runs of the same numbers have the same record: it holds no times.

        Args:
            ended: How the run came to its end.
            words: With which words it failed.
        """
        body = Body()
        steps, rows = self._losses.points()
        header = self._header(ended) | {
            "live": False,
            "words": words[:500],
            "losses": packed_series(body, steps, [rows[:, 0]]),
            "metrics": [
                _packed_metric(body, name, curve)
                for name, curve in list(self._metrics.items())[:MOST_METRICS]
            ],
        }
        if self._path is not None:
            steps, rows = self._path.points()
            series = packed_series(body, steps, list(rows.T))
            header["weights"] = series | {"names": self._weight_names}
        most = _samples_that_fit(
            self._samples, RECORD_BYTES - 10_000 - len(bytes(body))
        )
        header["samples"] = _packed_samples(body, self._samples.items(most))
        return packed(header, body)

    def _header(self, state: str) -> Header:
        """Return what frames and records have in common."""
        last = self.last
        return {
            "title": self._title,
            "state": state,
            "step": last.step if last else 0,
            "epoch": last.epoch if last else 0,
            "planned": last.planned if last else 0,
            "steps_per_epoch": last.steps_per_epoch if last else 0,
            "panel": last.panel if last else "",
            "trouble": self._trouble,
        }

    def _follow_weights(self, reports: Sequence[Report], part: History) -> None:
        """Add the weights of some reports to the path, if it is still the same one."""
        told = [report.sample for report in reports if report.sample.get("names")]
        if not told:
            return
        if self._path is None:
            self._weight_names = told[0]["names"]
            self._path = Envelope(len(self._weight_names), RECORD_WEIGHTS)
        rows = np.concatenate([sample["columns"] for sample in told])
        if rows.shape == (len(part.steps), len(self._weight_names)):
            self._path.append(part.steps, rows)


class Pace:
    """How many steps a second a run makes, over its last few seconds."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def add(self, step: int) -> None:
        """Hear that the run has come to ``step``, now."""
        now = time.perf_counter()
        self._marks.append((now, step))
        while now - self._marks[0][0] > PACE_SECONDS and len(self._marks) > 2:
            self._marks.popleft()

    @property
    def rate(self) -> float | None:
        """Steps per second; None as long as that cannot be said."""
        if len(self._marks) < 2:
            return None
        (before, first), (now, last) = self._marks[0], self._marks[-1]
        return (last - first) / (now - before) if now > before else None


def _evenly(length: int, most: int) -> Any:
    """Return at most ``most`` indices into ``length`` things, with both ends."""
    few = min(length, most)
    return np.linspace(0, max(length - 1, 0), few).round().astype(int)


def _packed_metric(body: Body, name: str, curve: Envelope) -> Header:
    """Add a metric to a body."""
    steps, rows = curve.points()
    return packed_series(body, steps, [rows[:, 0]]) | {"names": [name]}


def _samples_that_fit(samples: EveryFew[Sample], room: int) -> int:
    """Return how many samples may go into so many bytes; at least 2."""
    numbers = sum(array.size for _, arrays in samples.last for array in arrays.values())
    # Two bytes for each number, and up to 80 for ends, the step and the padding.
    return min(max(room // max(2 * numbers + 80, 1), 2), MOST_SAMPLES)


def _packed_samples(body: Body, samples: Sequence[Sample]) -> Header:
    """Add samples of sequences to a body; those of another shape are left out."""
    if not samples:
        return {"steps": packed_steps(body, np.zeros(0, np.int64)), "arrays": {}}
    shapes = {name: array.shape for name, array in samples[-1][1].items()}
    alike = [
        (step, arrays)
        for step, arrays in samples
        if {name: array.shape for name, array in arrays.items()} == shapes
    ]
    return {
        "steps": packed_steps(body, np.array([step for step, _ in alike])),
        "arrays": {
            name: packed_rows(body, np.stack([arrays[name] for _, arrays in alike]))
            for name in shapes
        },
    }
