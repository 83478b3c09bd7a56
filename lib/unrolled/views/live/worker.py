"""The thread that advances a run, and the gate that pauses, steps and stops it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator

import numpy as np

from unrolled.report import Report
from unrolled.views.live.history import Ending
from unrolled.views.live.recorder import Recorder


class Worker:
    """Advances an iterator of reports in a thread of its own.

    Only the thread touches the iterator and, until it has ended, the recorder; all
    methods may be called from any other thread and return at once. No report is asked
    for while the worker is paused.

    The thread makes the frames too, between two reports: if another thread made them
    meanwhile, both would wait for Python's global lock, many times a frame.
    """

    def __init__(self, run: Iterator[Report], recorder: Recorder) -> None:
        """Take the run and who hears it; nothing happens before :meth:`start`."""
        self.ended: Ending | None = None
        self.error: BaseException | None = None
        self._run, self._recorder = run, recorder
        self._gate = threading.Condition()
        self._paused = self._stopping = False
        self._steps_allowed = 0
        self._interval = 0.0  # seconds between two reports at least
        self._not_before = -math.inf
        self._frame: bytes | None = None
        self._frame_wanted = True
        self._shown = -1, "running"  # reports, and state
        self._show_again = False
        # A daemon: a run that never yields again must not keep Python from leaving.
        self._thread = threading.Thread(target=self._work, daemon=True, name="unrolled")

    def start(self) -> None:
        """Begin to advance the run."""
        self._thread.start()

    @property
    def paused(self) -> bool:
        """Whether the run is held."""
        return self._paused

    def pause(self) -> None:
        """Hold the run once the report under way has come."""
        with self._gate:
            self._paused, self._steps_allowed = True, 0
            self._gate.notify_all()

    def resume(self) -> None:
        """Let the run go on."""
        with self._gate:
            self._paused = False
            self._gate.notify_all()

    def step(self) -> None:
        """Let a paused run make one report; pause a running one."""
        with self._gate:
            self._steps_allowed += self._paused
            self._paused = True
            self._gate.notify_all()

    def limit_speed(self, reports_per_second: float | None) -> None:
        """Let at most so many reports pass in a second; None for no limit."""
        with self._gate:
            self._interval = 1 / reports_per_second if reports_per_second else 0.0
            self._not_before = time.perf_counter() + self._interval
            self._gate.notify_all()

    def stop(self) -> None:
        """End the run once the report under way has come."""
        with self._gate:
            self._stopping = True
            self._gate.notify_all()

    def take_frame(self) -> bytes | None:
        """Return a frame if there is one that was not taken yet, and ask for the next.

        Another one comes when there is news: a report, a pause, the end of a pause.
        """
        with self._gate:
            frame, self._frame = self._frame, None
            if not self._frame_wanted:
                self._frame_wanted = True
                self._gate.notify_all()
        return frame

    def show_again(self) -> None:
        """Ask for a frame even if there is no news."""
        with self._gate:
            self._show_again = self._frame_wanted = True
            self._gate.notify_all()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended, at most ``timeout`` seconds."""
        self._thread.join(timeout)

    def _work(self) -> None:
        """Advance the run until it ends, one way or another, and close it."""
        ended: Ending
        try:
            try:
                ended = self._advance()
            finally:
                _close(self._run)
        except BaseException as error:  # handed to whoever waits for the run
            self.error, ended = error, "failed"
        self.ended = ended

    def _advance(self) -> Ending:
        """Ask for one report after the other, as long as the gate lets it."""
        while self._may_go():
            try:
                report = next(self._run)
            except StopIteration:
                return "finished"
            self._recorder.add(_checked(report))
        return "stopped"

    def _may_go(self) -> bool:
        """Wait at the gate; return False when the run is to end."""
        with self._gate:
            while not self._stopping:
                if self._frame_wanted:
                    self._make_frame()
                wait = self._wait_needed()
                if wait == 0:
                    self._steps_allowed = max(self._steps_allowed - 1, 0)
                    self._not_before = time.perf_counter() + self._interval
                    return True
                self._gate.wait(None if wait == math.inf else wait)
        return False

    def _wait_needed(self) -> float:
        """Return for how many seconds the gate stays closed; inf if until further."""
        if self._paused:
            return 0.0 if self._steps_allowed else math.inf
        return max(self._not_before - time.perf_counter(), 0.0) if self._interval else 0

    def _make_frame(self) -> None:
        """Make a frame if there is news."""
        state = "paused" if self._paused else "running"
        news = self._recorder.heard, state
        if news == self._shown and not self._show_again:
            return
        if state != self._shown[1]:
            self._recorder.halt()
        self._frame, self._shown = self._recorder.frame(state), news
        self._frame_wanted = self._show_again = False


def _checked(report: object) -> Report:
    """Return ``report`` if it is one.

    Raises:
        TypeError: It is something else, or its losses are no list of numbers.
    """
    if not isinstance(report, Report):
        raise TypeError(
            f"run must yield reports (unrolled.report.Report), but it yielded a value "
            f"of type {type(report).__name__}; yield one Report for each piece of work."
        )
    if np.ndim(report.losses) != 1:
        raise TypeError(
            f"the losses of a report must be an array of shape (n,), but they have the "
            f"shape {np.shape(report.losses)}; a single loss is np.array([loss])."
        )
    return report


def _close(run: Iterator[Report]) -> None:
    """Close an iterator that can be closed, such as a generator."""
    close = getattr(run, "close", None)
    if close is not None:
        close()
