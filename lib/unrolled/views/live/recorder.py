"""What a view shows of a run, kept small however long the run is."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence

import numpy as np

from unrolled.report import Report
from unrolled.validation import Array
from unrolled.views.live.history import Ending, Heard, History, history_of, joined
from unrolled.views.live.panels import (
    Arrays,
    Followed,
    Written,
    sequence_arrays,
    written_text,
)
from unrolled.views.live.record import (
    Body,
    Header,
    packed,
    packed_rows,
    packed_series,
    packed_steps,
    packed_texts,
    plain_series,
    text_length,
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
MOST_WAITING = 256  # reports
PACE_SECONDS = 3.0

Sample = tuple[int, Arrays]
Text = tuple[int, Written]


class Recorder:
    """Hears the reports of one run and tells of it: in frames, as a record, in full."""

    def __init__(self, title: str) -> None:
        """Begin to hear a run with this title."""
        self.last: Report | None = None
        self.heard = 0
        self._title = title
        self._waiting: list[Heard] = []
        self._waiting_weights: list[Array] = []
        self._parts: list[History] = []
        self._curve = Envelope(1, FRAME_POINTS)
        self._losses = Envelope(1, RECORD_LOSSES)
        self._metrics: dict[str, Envelope] = {}
        self._followed: Followed | None = None
        self._path = Envelope(1, 1)
        self._samples: EveryFew[Sample] = EveryFew(MOST_SAMPLES)
        self._texts: EveryFew[Text] = EveryFew(MOST_SAMPLES)
        self._pace = Pace()
        self._trouble = ""

    def add(self, report: Report) -> None:
        """Hear the next report, and keep of its sample only what a view draws."""
        self.last = report
        self.heard += 1
        heard = Heard(report.step, report.losses, report.metrics, report.seconds)
        self._waiting.append(heard)
        try:
            if report.panel == "weights":
                self._follow_weights(report)
            elif report.panel == "sequences":
                self._samples.append((report.step, sequence_arrays(report)))
            elif report.panel == "text":
                self._read_text(report)
        except (KeyError, TypeError, ValueError) as error:
            self._trouble = str(error)  # a picture amiss is no reason to end a run
        if len(self._waiting) >= MOST_WAITING:
            self._settle()

    def _follow_weights(self, report: Report) -> None:
        """Add the weights of a report to the path."""
        if self._followed is None:
            self._followed = Followed(report)
            self._path = Envelope(len(self._followed.names), RECORD_WEIGHTS)
        self._waiting_weights.append(self._followed.columns(report))

    def _read_text(self, report: Report) -> None:
        """Add the text of a report, unless it is still the one before."""
        written = written_text(report)
        if written != self.written:
            self._texts.append((report.step, written))

    @property
    def written(self) -> Written | None:
        """The newest text; None if there is none."""
        return self._texts.last[0][1] if self._texts.last else None

    def _settle(self) -> None:
        """Take in the reports that wait: many at once cost little more than one."""
        reports, self._waiting = self._waiting, []
        weights, self._waiting_weights = self._waiting_weights, []
        if not reports:
            return
        before = self._parts[-1].report_steps[-1] if self._parts else 0
        part = history_of(reports, int(before))
        self._parts.append(part)
        for curve in (self._curve, self._losses):
            curve.append(part.steps, part.losses[:, np.newaxis])
        for name, values in part.metrics.items():
            curve = self._metrics.setdefault(name, Envelope(1, RECORD_METRIC))
            curve.append(part.report_steps, values[:, np.newaxis])
        rows = np.concatenate(weights) if weights else np.zeros((0, 0))
        if len(rows) == len(part.steps):  # not so where a sample was amiss
            self._path.append(part.steps, rows)
        self._pace.add(reports[-1].step)

    def halt(self) -> None:
        """Say that the run stands still: the time until it goes on does not count."""
        self._pace = Pace()

    def history(self, ended: Ending) -> History:
        """Return everything that the reports said.

        Args:
            ended: How the run came to its end.
        """
        self._settle()
        return joined(self._parts, ended)

    def frame(self, state: str) -> bytes:
        """Return what the view shows now; its size does not grow with the run.

        Args:
            state: ``"running"``, ``"paused"``, or how the run ended.
        """
        self._settle()
        body, last = Body(), self.last
        header = self._header(state) | {
            "live": True,
            "seconds": last.seconds if last else 0.0,
            "rate": self._pace.rate,
            "losses": plain_series(body, *self._curve.points()),
            "newest": _newest_metrics(last),
        }
        if self._followed is not None:
            steps, rows = self._path.points()
            if len(steps) > FRAME_POINTS:
                few = np.linspace(0, len(steps) - 1, FRAME_POINTS).astype(int)
                steps, rows = steps[few], rows[few]
            series = plain_series(body, steps, rows)
            header["weights"] = series | {"names": self._followed.names}
        if self._samples.last:
            header["samples"] = _packed_samples(body, self._samples.last)
        if self._texts.last:
            header["texts"] = _packed_texts(body, self._texts.last)
        return packed(header, body)

    def record(self, ended: Ending, words: str = "") -> bytes:
        """Return the record of the whole run, at most ``RECORD_BYTES`` long.

        Two runs of the same numbers have the same record: it holds no times.

        Args:
            ended: How the run came to its end.
            words: With which words it failed.
        """
        self._settle()
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
        if self._followed is not None:
            steps, rows = self._path.points()
            series = packed_series(body, steps, list(rows.T))
            header["weights"] = series | {"names": self._followed.names}
        room = RECORD_BYTES - 10_000 - len(bytes(body))
        if self._samples.last:
            most = _samples_that_fit(self._samples, room)
            header["samples"] = _packed_samples(body, self._samples.items(most))
        if self._texts.last:
            room = RECORD_BYTES - 10_000 - len(bytes(body))
            most = _texts_that_fit(self._texts, room)
            header["texts"] = _packed_texts(body, self._texts.items(most))
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


def _newest_metrics(report: Report | None) -> list[tuple[str, float]]:
    """Return names and values of the newest metrics that JSON can hold."""
    if report is None:
        return []
    pairs = [(name, float(value)) for name, value in report.metrics.items()]
    return [pair for pair in pairs if math.isfinite(pair[1])][:MOST_METRICS]


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


def _texts_that_fit(texts: EveryFew[Text], room: int) -> int:
    """Return how many texts may go into so many bytes; at least 2."""
    lengths = [sum(map(text_length, written)) for _, written in texts.held]
    # Up to 20 for commas, the step and which text it is.
    return min(max(room // (max(lengths) + 20), 2), MOST_SAMPLES)


def _packed_texts(body: Body, texts: Sequence[Text]) -> Header:
    """Add texts and what they go on from to a body."""
    return {
        "steps": packed_steps(body, np.array([step for step, _ in texts])),
        "prefix": packed_texts(body, [written.prefix for _, written in texts]),
        "text": packed_texts(body, [written.text for _, written in texts]),
    }
