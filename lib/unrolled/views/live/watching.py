"""Watch a training run: ``history = await watch(train(...))``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Protocol

from unrolled.report import Report
from unrolled.views.live.history import History
from unrolled.views.live.kernels import current_kernel
from unrolled.views.live.recorder import Recorder
from unrolled.views.live.worker import Worker

JOIN_SECONDS = 5.0
"""How long an interrupted cell waits for the piece of work under way."""


class Screen(Protocol):
    """Where a run is shown: a widget in a notebook, a line in a terminal."""

    frames_per_second: float

    async def show(self) -> None:
        """Show what is new, and hear what the reader wants."""

    def finish(self, history: History, words: str) -> None:
        """Show the run that has ended; ``words`` say why, if it failed."""


async def watch(run: Iterator[Report], *, title: str = "Training") -> History:
    """Show a training run while it computes, and return what its reports said.

    In a notebook the view has buttons: pause, one step, stop, and the speed. Stopping
    ends the run cleanly, and the history up to there is returned; the model holds the
    weights of the last report and can be trained on. Interrupting the cell stops the
    run too. When the run has ended, the view is its record and can be replayed. In a
    terminal there is a progress bar instead.

    The run computes in a thread of its own; other coroutines go on meanwhile, so that
    two runs can be watched at once: ``await asyncio.gather(watch(a), watch(b))``.

    Args:
        run: An iterator of reports, such as :func:`unrolled.training.running.train`
            returns. It is closed at the end.
        title: What the view is called.

    Returns:
        All losses and metrics, and how the run ended.

    Raises:
        TypeError: If ``run`` is not an iterator, or yields something else than reports.
        Exception: Whatever the run raises, as it is. Its attribute ``history`` holds
            the history up to there.
    """
    recorder = Recorder(title)
    worker = Worker(_checked_run(run), recorder)
    screen = _screen(recorder, worker, title)
    worker.start()
    try:
        await _show_until_the_end(screen, worker)
    finally:  # also if the cell is interrupted, or the view breaks
        worker.stop()
        worker.join(JOIN_SECONDS)
        history = recorder.history(worker.ended or "stopped")
        screen.finish(history, _words(worker.error))
    if worker.error is not None:
        with contextlib.suppress(AttributeError):  # some exceptions take no attributes
            worker.error.history = history  # type: ignore[attr-defined]
        raise worker.error
    return history


def watch_blocking(run: Iterator[Report], *, title: str = "Training") -> History:
    """Do the same as :func:`watch` in a script, where nothing can be awaited.

    Args:
        run: An iterator of reports.
        title: What the run is called.

    Raises:
        RuntimeError: If an event loop is running, as in a notebook.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(watch(run, title=title))
    raise RuntimeError(
        "watch_blocking cannot wait inside a running event loop, such as a notebook's; "
        "write `history = await watch(run)` instead."
    )


async def _show_until_the_end(screen: Screen, worker: Worker) -> None:
    """Let the screen show what is new, so many times a second."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while worker.ended is None:
        await screen.show()
        due = max(due + 1 / screen.frames_per_second, loop.time())
        await asyncio.sleep(due - loop.time())


def _screen(recorder: Recorder, worker: Worker, title: str) -> Screen:
    """Choose the widget where there is a kernel, and the line where there is none."""
    kernel = current_kernel()
    if kernel is None:
        from unrolled.views.live.terminal import Bar

        return Bar(recorder, title)
    from unrolled.views.live.notebook import Notebook

    return Notebook(recorder, worker, kernel, title)


def _checked_run(run: object) -> Iterator[Report]:
    """Return ``run`` if it is an iterator.

    Raises:
        TypeError: It is something else.
    """
    if isinstance(run, Iterator):
        return run
    raise TypeError(
        f"run must be an iterator of reports, such as train(...) returns, but a value "
        f"of type {type(run).__name__} was given; call the function that trains, and "
        f"pass on what it returns."
    )


def _words(error: BaseException | None) -> str:
    """Say in one line what went wrong; nothing if nothing did."""
    if error is None:
        return ""
    said = str(error).strip()
    name = type(error).__name__
    return f"{name}: {said.splitlines()[0]}" if said else name
