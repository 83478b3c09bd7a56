"""What stands in for the view where there is none: one line that moves."""

from __future__ import annotations

from tqdm import tqdm  # type: ignore[import-untyped]

from unrolled.views.live.history import History
from unrolled.views.live.recorder import Recorder


class Bar:
    """Shows a run in a terminal: steps, rate, time left and the newest loss."""

    frames_per_second = 10.0

    def __init__(self, recorder: Recorder, title: str) -> None:
        """Make the line; it appears with the first report."""
        self._recorder = recorder
        self._title = title
        self._bar: tqdm[None] | None = None

    async def show(self) -> None:
        """Show the newest report."""
        self._move()

    def _move(self) -> None:
        """Bring the line to the newest report."""
        last = self._recorder.last
        if last is None:
            return
        if self._bar is None:
            total = last.planned or None
            self._bar = tqdm(total=total, desc=self._title or None, unit=" updates")
        self._bar.update(last.step - self._bar.n)
        self._bar.set_postfix({"loss": f"{last.loss:.4g}"}, refresh=False)

    def finish(self, history: History, words: str) -> None:
        """Show the last report and leave the line as it is."""
        self._move()
        if self._bar is not None:
            self._bar.refresh()
            self._bar.close()
