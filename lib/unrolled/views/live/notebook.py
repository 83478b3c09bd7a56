"""A run shown in a notebook: what its view is sent, and what the reader presses."""

from __future__ import annotations

from typing import Any

from IPython.display import display

from unrolled.views.live.history import History
from unrolled.views.live.kernels import message_pump
from unrolled.views.live.recorder import Recorder
from unrolled.views.live.view import Watch, picture_of, unfinished
from unrolled.views.live.worker import Worker


class Notebook:
    """Shows one run in a view below the cell: by frames, and then by its record.

    Only the event loop sends; what the reader presses only moves the worker's gate, and
    may arrive on any thread.
    """

    frames_per_second = 32.0

    def __init__(
        self, recorder: Recorder, worker: Worker, kernel: Any, title: str
    ) -> None:
        """Display the view of a run that is about to begin."""
        self.view = unfinished(title)
        self._recorder, self._worker = recorder, worker
        self._pump = message_pump(kernel)
        self._greeted = False  # whether a page has said that it is there
        self.view.on_msg(self._hear)
        self._place: Any = display(self.view, display_id=True)  # type: ignore[no-untyped-call]

    async def show(self) -> None:
        """Hear what the reader pressed, and send a frame if there is one."""
        await self._pump()
        frame = self._worker.take_frame()
        if frame is not None:
            self._send(frame)

    def finish(self, history: History, words: str) -> None:
        """Send the end of the run, and keep its record as the state of the view."""
        self._send(self._recorder.frame(history.ended))
        self.view.record = self._recorder.record(history.ended, words)
        if not self._greeted:  # nobody looks on: what is shown is what will be stored
            picture = picture_of(history, self.view.title, self._recorder.written)
            self.view.picture, self.view.alt = picture
            self._place.update(self.view)

    def _hear(self, view: Watch, content: Any, buffers: Any) -> None:
        """Do what the reader wants."""
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "hello":
            self._greeted = True
            self._worker.show_again()
        elif kind == "speed":
            self._worker.limit_speed(_speed(content.get("reports_per_second")))
        elif kind in ("pause", "resume", "step", "stop"):
            getattr(self._worker, kind)()

    def _send(self, frame: bytes) -> None:
        """Send all that is to be seen of the run."""
        self.view.send({"kind": "frame"}, [frame])


def _speed(value: Any) -> float | None:
    """Read a speed in reports per second; None, for no limit, if it is none."""
    return float(value) if isinstance(value, (int, float)) and value > 0 else None
