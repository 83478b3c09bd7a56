"""Records of runs as Python writes them, beside what the runs really said.

A part of :mod:`scripts.golden`, which writes it to tests/js/golden/watch.json.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.report import Report
from unrolled.validation import Array
from unrolled.views.live.history import Ending
from unrolled.views.live.recorder import Recorder

LONG = 9001
"""Steps of a run whose record leaves some out."""


def long_loss(steps: Array) -> Array:
    """Return a loss that the test in JavaScript computes too; no logarithm is near."""
    return 3.0 / (1.0 + steps) + (steps % 97) / 97 + 0.25


def record_of(
    reports: Sequence[Report], title: str, ended: Ending, words: str = ""
) -> dict[str, Any]:
    """Return the record of a run, and the end of its last frame."""
    recorder = Recorder(title)
    for report in reports:
        recorder.add(report)
    return {
        "title": title,
        "ended": ended,
        "words": words,
        "record": base64.b64encode(recorder.record(ended, words)).decode(),
        "frame": base64.b64encode(recorder.frame("paused")).decode(),
    }


def numbers(values: Any) -> list[Any]:
    """Return numbers that JSON can hold; the others as text."""
    return [v if np.isfinite(v) else str(v) for v in np.asarray(values).tolist()]


def weights_case() -> dict[str, Any]:
    """Return a run with two weights, in chunks, with losses over many decades."""
    losses = np.array([6.2e5, 3e4, 120.0, 0.5, 1e-9, 0.0, np.inf, np.nan, 2e-3])
    w_x = np.linspace(-1.5, 1.0, 9)
    w_rec = np.array([2.0, 1.9, 0.2, -0.3, -1e-3, 0.0, 0.4, 0.8, 1.0])
    reports = []
    for start in range(0, 9, 3):
        chunk = slice(start, start + 3)
        weights = {"w_x": w_x[chunk], "w_rec": w_rec[chunk]}
        sample, norm = {"weights": weights}, {"gradient_norm": float(10.0**-start)}
        told: dict[str, Any] = {"planned": 20, "steps_per_epoch": 4, "panel": "weights"}
        reports.append(
            Report(start + 2, start // 4, losses[chunk], norm, sample, **told)
        )
    reports[-1] = Report(
        **(vars(reports[-1]) | {"metrics": {"gradient_norm": 1e-6, "late": -2.0}})
    )
    return record_of(reports, "Rprop ↘", "failed", "ArithmeticError: too – steep") | {
        "steps": list(range(9)),
        "losses": numbers(losses),
        "weights": {"w_x": w_x.tolist(), "w_rec": w_rec.tolist()},
        "metrics": {"gradient_norm": [1.0, 1e-3, 1e-6], "late": ["nan", "nan", -2.0]},
        "report_steps": [2, 5, 8],
    }


def sequences_case() -> dict[str, Any]:
    """Return a run with sequences: an input that stays and a prediction that moves."""
    times = np.arange(5.0)
    given = np.stack([times % 2, 1 - times % 2])
    predictions = [given * part - 0.1 * part * times for part in (0.0, 0.3, 1.0, 40.0)]
    steps = [10, 20, 30, 33]
    reports = [
        Report(
            step,
            0,
            np.array([-1.0 / step]),
            sample={"input": given[..., np.newaxis], "prediction": prediction},
            panel="sequences",
        )
        for step, prediction in zip(steps, predictions, strict=True)
    ]
    return record_of(reports, "echo", "stopped") | {
        "steps": steps,
        "losses": numbers([-1.0 / step for step in steps]),
        "samples": {
            "input": [given.ravel().tolist()] * 4,
            "prediction": [p.ravel().tolist() for p in predictions],
        },
    }


def text_case() -> dict[str, Any]:
    """Return a run whose net writes in Chinese and English, and twice the same."""
    written = [
        *(("分开", "的的的 的的"), ("分开", "的的的 的的"), ("分开", "后\n雨 还在下")),
        *(("We part", " “so it is”\t\u2028\0 🌧\\"), ("分开", "的的的 的的"), ("", "")),
    ]
    steps = [300, 600, 900, 1200, 2400, 20_000]
    reports = [
        Report(
            step,
            step // 300,
            np.array([7.0 / step]),
            {"perplexity": float(1 + 2100 / step), "gradient_norm": 0.5},
            {"prefix": prefix, "text": text},
            "text",
            planned=20_000,
            steps_per_epoch=300,
        )
        for step, (prefix, text) in zip(steps, written, strict=True)
    ]
    return record_of(reports, "歌词", "finished") | {
        "steps": steps,
        "changes": [300, 900, 1200, 2400, 20_000],
        "written": [list(pair) for pair in written[:1] + written[2:]],
    }


def long_case() -> dict[str, Any]:
    """Return a run that is too long for its record to hold every loss."""
    steps = np.arange(LONG)
    losses = long_loss(steps.astype(np.float64))
    losses[4321], losses[1234] = 77.0, 0.125
    ends: Mapping[str, Any] = {"planned": LONG - 1}
    reports = [
        Report(int(part[-1]), 0, losses[part], **ends)
        for part in np.array_split(steps, 50)
    ]
    return record_of(reports, "long", "finished") | {
        "count": LONG,
        "extremes": {"4321": 77.0, "1234": 0.125},
    }


def empty_case() -> dict[str, Any]:
    """Return a run that said nothing."""
    return record_of([], "", "stopped") | {"steps": [], "losses": []}


def watch_cases() -> list[dict[str, Any]]:
    """Return runs with their records."""
    cases = [weights_case(), sequences_case(), long_case(), empty_case()]
    return [*cases, text_case()]
