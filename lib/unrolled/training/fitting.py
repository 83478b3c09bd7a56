"""Keras's ``fit`` as an iterator of reports.

``fit`` pushes: it runs to its end and calls back. A run here is pulled: nothing goes on
unless somebody asks for the next report. ``fit_reports`` turns one into the other, so
that the same view can show, pause, step and stop both.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from unrolled.report import Report
from unrolled.training.running import Stopwatch
from unrolled.validation import count

Sample = Callable[[Any], Mapping[str, Any]]


class _Stopped(Exception):
    """Ends a part of ``fit`` that ``stop_training`` does not end."""


def fit_reports(
    model: Any,
    *args: Any,
    every: int = 1,
    sample: Sample | None = None,
    panel: str = "",
    **settings: Any,
) -> Iterator[Report]:
    """Run ``model.fit(...)`` in a thread, yielding a report every few batches.

    While the caller holds a report, ``fit`` waits, and the model holds the weights that
    the report speaks of. Nothing happens before the first report is asked for. Closing
    the iterator ends ``fit`` by ``stop_training`` and waits until it has ended.

    A loss is that of one batch, worked out from the running mean of the epoch, which is
    all that Keras tells: after n batches of an epoch its relative error is about
    n times 1e-7. At the end of each epoch there is one more report, without a loss if
    it has none to tell, whose metrics are those of the epoch, also of its validation.

    Args:
        model: A compiled Keras model.
        *args: Passed on to ``fit``.
        every: Number of batches between two reports; at least 1.
        sample: Called with the model for each report, in the thread of ``fit``; gives
            the report's sample.
        panel: Name of the panel that draws the sample.
        **settings: Passed on to ``fit``; ``verbose`` is 0 if not given.

    Yields:
        Reports. Step counts batches, from 1 on.

    Raises:
        ValueError: If ``every`` is out of range (at the call).
        Exception: Whatever ``fit`` or ``sample`` raises.
    """
    interval = count("every", every)
    return _fit_reports(model, args, settings, interval, sample, panel)


def _fit_reports(
    model: Any,
    args: tuple[Any, ...],
    settings: dict[str, Any],
    every: int,
    sample: Sample | None,
    panel: str,
) -> Iterator[Report]:
    """Run ``fit`` as :func:`fit_reports` says, on checked settings."""
    handover = _Handover()
    callback = _reporter(handover, every, sample, panel)
    callbacks = [*(settings.pop("callbacks", None) or []), callback]
    settings = {"verbose": 0, **settings, "callbacks": callbacks}
    thread = threading.Thread(
        target=handover.work, args=(model.fit, args, settings), daemon=True
    )
    thread.start()
    try:
        while (report := handover.take()) is not None:
            yield report
            handover.go_on()
    finally:
        handover.stop()
        thread.join()
    if handover.error is not None:
        raise handover.error


class _Handover:
    """Passes one report at a time from the thread of ``fit`` to whoever asks."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.stopping = False
        self._reports: queue.SimpleQueue[Report | None] = queue.SimpleQueue()
        self._wanted = threading.Semaphore(0)

    def take(self) -> Report | None:
        """Wait for the next report; None when ``fit`` has ended."""
        return self._reports.get()

    def go_on(self) -> None:
        """Say that the report is no longer held, and the next one is wanted."""
        self._wanted.release()

    def stop(self) -> None:
        """Say that no report is wanted any more."""
        self.stopping = True
        self._wanted.release()

    def give(self, report: Report) -> None:
        """Hand over a report and wait until it is no longer held."""
        self._reports.put(report)
        self._wanted.acquire()

    def work(
        self, fit: Callable[..., Any], args: tuple[Any, ...], settings: dict[str, Any]
    ) -> None:
        """Run ``fit``, and tell when it has ended."""
        try:
            fit(*args, **settings)
        except _Stopped:
            pass
        except BaseException as error:  # raised again where the reports are asked for
            self.error = error
        self._reports.put(None)


def _reporter(
    handover: _Handover, every: int, sample: Sample | None, panel: str
) -> Any:
    """Return the Keras callback that makes the reports."""
    from keras.callbacks import Callback

    class Reporter(Callback):  # type: ignore[misc]
        """Hears from ``fit`` after each batch and each epoch."""

        def on_train_begin(self, logs: Any = None) -> None:
            self.clock = Stopwatch()
            self.step = self.epoch = self.steps_per_epoch = self.epoch_begin = 0
            self.losses: list[float] = []

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch_begin = self.step
            self.mean = _BatchLoss(self.model)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.step = self.epoch_begin + batch + 1
            self.losses.append(self.mean.newest(logs or {}))
            if len(self.losses) >= every:
                self.tell(logs)

        def on_test_begin(self, logs: Any = None) -> None:
            if handover.stopping:  # a validation that nobody waits for
                raise _Stopped

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if handover.stopping:
                return
            self.epoch += 1
            self.steps_per_epoch = self.step - self.epoch_begin
            self.tell(logs)

        def tell(self, logs: Any) -> None:
            self.clock.pause()
            handover.give(self.report(logs or {}))
            self.clock.resume()
            self.losses = []
            if handover.stopping:
                self.model.stop_training = True

        def report(self, logs: Mapping[str, Any]) -> Report:
            steps = self.params.get("steps") or self.steps_per_epoch
            return Report(
                step=self.step,
                epoch=self.epoch,
                losses=np.array(self.losses, np.float64),
                metrics={name: float(value) for name, value in logs.items()},
                sample=sample(self.model) if sample else {},
                panel=panel,
                seconds=self.clock.seconds,
                planned=steps * self.params.get("epochs", 0),
                steps_per_epoch=steps,
            )

    return Reporter()


class _BatchLoss:
    """Works the loss of each batch out of the running mean over an epoch."""

    def __init__(self, model: Any) -> None:
        self._tracker = next((m for m in model.metrics if m.name == "loss"), None)
        self._total = self._count = 0.0

    def newest(self, logs: Mapping[str, Any]) -> float:
        """Return the mean loss of the samples seen since the last call."""
        if self._tracker is None:  # a model that keeps no mean: its loss is the batch's
            return float(logs.get("loss", float("nan")))
        total, seen = float(self._tracker.total), float(self._tracker.count)
        batch = (total - self._total) / (seen - self._count)
        self._total, self._count = total, seen
        return batch
