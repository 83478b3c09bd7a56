"""The widget in which a run is watched, and which is its record afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from IPython.display import display

from unrolled.views.figures.style import Drawing
from unrolled.views.live.history import History
from unrolled.views.live.kernels import let_messages_through
from unrolled.views.live.recorder import Recorder
from unrolled.views.live.thinning import Envelope
from unrolled.views.live.worker import Worker
from unrolled.views.widget import View

PICTURE_POINTS = 1000

BLANK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 40" width="560" '
    'height="40" role="img"><text x="8" y="26" font-family="sans-serif" '
    'font-size="15" fill="#6b6b6b">This run was not watched to its end.</text></svg>'
)


class Watch(View):
    """Shows one run: while it computes by frames, afterwards by its record.

    Only the event loop sends; what the reader presses only moves the worker's gate, and
    may arrive on any thread.
    """

    module = "watch"
    frames_per_second = 32.0

    title = traitlets.Unicode().tag(sync=True)
    record = traitlets.Bytes().tag(sync=True)

    def __init__(
        self, recorder: Recorder, worker: Worker, kernel: Any, title: str
    ) -> None:
        """Display the view of a run that is about to begin."""
        super().__init__(
            picture=_Blank(), alt=f"{title}: the run has not ended.", title=title
        )
        self._recorder, self._worker, self._kernel = recorder, worker, kernel
        self._greetings = 0  # how often a page said that it is there
        self._state = ""
        self._shown: tuple[object, ...] = ()
        self.on_msg(self._hear)
        self._place: Any = display(self, display_id=True)  # type: ignore[no-untyped-call]

    async def show(self) -> None:
        """Hear what the reader pressed, and send a frame if there is anything new."""
        await let_messages_through(self._kernel)
        self._send_news()

    def finish(self, history: History, words: str) -> None:
        """Send the end of the run, and keep its record as the state of the view."""
        self._state = history.ended
        self._send_frame()
        self.record = self._recorder.record(history.ended, words)
        if not self._greetings:  # nobody looks on: what is shown is what will be stored
            self.picture, self.alt = _picture(history, self.title)
            self._place.update(self)

    def _hear(self, _: Any, content: Any, __: Any) -> None:
        """Do what the reader wants."""
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "hello":
            self._greetings += 1
        elif kind == "speed":
            self._worker.limit_speed(_speed(content.get("reports_per_second")))
        elif kind in ("pause", "resume", "step", "stop"):
            getattr(self._worker, kind)()

    def _send_news(self) -> None:
        """Send a frame unless the page has seen all there is."""
        state = "paused" if self._worker.paused else "running"
        if self._worker.stopping:
            state = "stopping"
        if state != self._state:
            self._recorder.halt()
        self._state = state
        news = (self._recorder.heard, state, self._greetings)
        if news != self._shown:
            self._shown = news
            self._send_frame()

    def _send_frame(self) -> None:
        """Send all that is to be seen of the run."""
        self.send({"kind": "frame"}, [self._recorder.frame(self._state)])


class _Blank(Drawing):
    """Stands in for the view as long as there is no curve to draw."""

    def __init__(self) -> None:
        self.title, self._svg = "", BLANK


def _speed(value: Any) -> float | None:
    """Read a speed in reports per second; None, for no limit, if it is none."""
    return float(value) if isinstance(value, (int, float)) and value > 0 else None


def _picture(history: History, title: str) -> tuple[Drawing, str]:
    """Draw a finished run, and say in words what the drawing shows."""
    from unrolled.views.figures.training import in_words, loss_curve

    curve = Envelope(1, PICTURE_POINTS)
    curve.append(history.steps, history.losses[:, np.newaxis])
    steps, rows = curve.points()
    words = in_words(history.steps, history.losses, history.ended, title)
    return loss_curve(steps, rows[:, 0], history.ended, title), words
