"""Watching a run: the worker and its gate, the history, the bar in a terminal.

What happens in a notebook is tested in test_watch_kernel.py.
"""

import asyncio
import dataclasses
import json
import re
import subprocess
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from unrolled.report import Report
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.rules import GradientDescent
from unrolled.training.running import TrainingDiverged, train
from unrolled.views.live import History, notebook, watch, watch_blocking
from unrolled.views.live.history import Heard, history_of, joined, steps_of_losses
from unrolled.views.live.recorder import Pace, Recorder
from unrolled.views.live.worker import Worker

PATIENCE = 10.0


class Net:
    """Something that is trained, and tells what was done to it."""

    def __init__(self) -> None:
        self.steps = 0
        self.closed = False
        self.threads: set[int] = set()

    def run(
        self, steps: int = 10**9, seconds: float = 0.0, fails_at: int | None = None
    ) -> Iterator[Report]:
        try:
            for step in range(1, steps + 1):
                self.threads.add(threading.get_ident())
                time.sleep(seconds)
                self.steps = step
                if step == fails_at:
                    raise ZeroDivisionError("a step of doom")
                yield Report(step, 0, np.array([1 / step]), planned=steps)
        finally:
            self.closed = True
            self.threads.add(threading.get_ident())


def wait_until(true: Callable[[], Any]) -> None:
    end = time.perf_counter() + PATIENCE
    while not true():
        assert time.perf_counter() < end, "this did not come true in time"
        time.sleep(0.002)


def started(net: Net, **settings: Any) -> Worker:
    worker = Worker(net.run(**settings), Recorder(""))
    worker.start()
    return worker


def header(frame: bytes | None) -> dict[str, Any]:
    assert frame is not None
    return json.loads(frame[8 : 8 + int.from_bytes(frame[4:8], "little")])


def frame_of(worker: Worker) -> dict[str, Any]:
    """Wait for the worker's next frame and return its header."""
    frames: list[bytes | None] = []
    wait_until(lambda: frames.append(worker.take_frame()) or frames[-1])
    return header(frames[-1])


def paused(worker: Worker) -> None:
    """Pause a worker and wait until the report under way has come."""
    worker.pause()
    worker.show_again()
    wait_until(lambda: frame_of(worker)["state"] == "paused")


def ended(worker: Worker) -> Worker:
    worker.stop()
    worker.join(PATIENCE)
    return worker


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


# The worker


def test_every_report_is_heard_in_order():
    recorder = Recorder("")
    worker = Worker(Net().run(1000), recorder)
    worker.start()
    worker.join(PATIENCE)
    assert (worker.ended, worker.error) == ("finished", None)
    assert recorder.heard == 1000
    history = recorder.history("finished")
    assert history.steps.tolist() == list(range(1, 1001))


def test_nothing_is_asked_for_before_the_start():
    net = Net()
    Worker(net.run(), Recorder(""))
    time.sleep(0.05)
    assert net.steps == 0


def test_only_the_workers_thread_touches_the_run():
    net = Net()
    worker = started(net, seconds=0.001)
    wait_until(lambda: net.steps > 3)
    ended(worker)
    assert len(net.threads) == 1
    assert threading.get_ident() not in net.threads


def test_a_paused_run_does_not_move_and_a_resumed_one_does():
    net = Net()
    worker = started(net, seconds=0.001)
    wait_until(lambda: net.steps > 3)
    paused(worker)
    at = net.steps
    time.sleep(0.2)
    assert net.steps == at
    worker.resume()
    wait_until(lambda: net.steps > at + 3)
    ended(worker)


def test_one_step_is_one_report_and_many_presses_are_many():
    net = Net()
    worker = started(net, seconds=0.001)
    paused(worker)
    at = net.steps
    for presses in (1, 3):
        for _ in range(presses):
            worker.step()
        wait_until(lambda want=at + presses: net.steps >= want)
        time.sleep(0.05)
        at += presses
        assert net.steps == at
        assert worker.paused
    ended(worker)


@pytest.mark.parametrize("presses", ["step", "step step step pause"])
def test_a_step_in_a_running_run_and_a_pause_leave_only_the_report_under_way(presses):
    net = Net()
    worker = started(net, seconds=0.05)
    wait_until(lambda: net.steps > 1)
    at = net.steps
    for press in presses.split():
        getattr(worker, press)()
    time.sleep(0.3)
    assert at <= net.steps <= at + 1
    assert worker.paused
    ended(worker)


@pytest.mark.parametrize("first", ["pause", "limit", "nothing"])
def test_stopping_closes_the_run_at_once(first):
    net = Net()
    worker = started(net, seconds=0.001)
    if first == "pause":
        worker.pause()
    if first == "limit":
        worker.limit_speed(0.1)
    time.sleep(0.05)
    begin = time.perf_counter()
    ended(worker)
    assert time.perf_counter() - begin < 0.2
    assert (worker.ended, net.closed) == ("stopped", True)


def test_the_speed_is_limited_and_set_free_again():
    net = Net()
    worker = started(net)
    worker.limit_speed(50)
    time.sleep(0.02)
    before = net.steps
    time.sleep(0.5)
    assert 10 <= net.steps - before <= 27
    worker.limit_speed(None)
    wait_until(lambda: net.steps > before + 1000)
    ended(worker)


def test_the_first_frame_comes_before_the_first_report():
    worker = started(Net(), seconds=0.5)
    first = frame_of(worker)
    assert (first["step"], first["state"], first["live"]) == (0, "running", True)
    ended(worker)


def test_a_frame_is_made_when_it_is_asked_for_and_there_is_news():
    worker = started(Net(), seconds=0.002)
    steps = [frame_of(worker)["step"] for _ in range(5)]
    assert steps == sorted(set(steps))
    paused(worker)
    time.sleep(0.1)
    assert worker.take_frame() is None, "a run that stands still has no news"
    ended(worker)


def test_pausing_resuming_and_stepping_are_news():
    net = Net()
    worker = started(net, seconds=0.002)
    wait_until(lambda: net.steps > 3)
    paused(worker)
    at = net.steps
    worker.step()
    frame = frame_of(worker)
    assert (frame["step"], frame["state"]) == (at + 1, "paused")
    worker.resume()
    wait_until(lambda: frame_of(worker)["state"] == "running")
    ended(worker)


def test_a_page_that_comes_later_gets_a_frame_of_a_run_that_stands_still():
    net = Net()
    worker = started(net, seconds=0.002)
    paused(worker)
    time.sleep(0.05)
    assert worker.take_frame() is None
    worker.show_again()
    assert frame_of(worker)["step"] == net.steps
    ended(worker)


def test_the_pace_begins_anew_after_a_pause():
    class Listener(Recorder):
        halts = 0

        def halt(self) -> None:
            super().halt()
            self.halts += 1

    recorder = Listener("")
    worker = Worker(Net().run(seconds=0.002), recorder)
    worker.start()
    wait_until(lambda: frame_of(worker)["rate"] is not None)
    assert recorder.halts == 0
    paused(worker)
    assert recorder.halts == 1
    worker.resume()
    wait_until(lambda: recorder.halts == 2)
    ended(worker)


def test_reports_are_not_kept_until_somebody_looks():
    recorder, losses = Recorder(""), []
    for step in range(1, 1001):
        loss = np.ones(1)
        losses.append(weakref.ref(loss))
        recorder.add(Report(step, 0, loss))
        del loss
    assert sum(loss() is not None for loss in losses) < 300


def test_a_whole_sample_is_not_kept():
    samples = []

    def run() -> Iterator[Report]:
        for step in range(1, 20):
            weights = np.zeros((1, 500, 500))
            samples.append(weakref.ref(weights))
            yield Report(
                step, 0, np.ones(1), sample={"weights": {"w": weights}}, panel="weights"
            )
            del weights

    recorder = Recorder("")
    worker = Worker(run(), recorder)
    worker.start()
    worker.join(PATIENCE)
    assert recorder.heard == 19
    assert [sample() for sample in samples[:-1]] == [None] * 18


def test_what_is_no_report_ends_the_run_in_words():
    for given, words in (
        ("text", "yielded a value of type str"),
        (Report(1, 0, 0.5), "they have the shape ()"),  # type: ignore[arg-type]
    ):
        net = Net()

        def run(net: Net = net, given: Any = given) -> Iterator[Any]:
            try:
                yield given
                yield given
            finally:
                net.closed = True

        worker = Worker(run(), Recorder(""))
        worker.start()
        worker.join(PATIENCE)
        assert worker.ended == "failed"
        assert isinstance(worker.error, TypeError)
        assert words in str(worker.error)
        assert net.closed


# The history


def test_history_holds_every_loss_and_metric_at_full_precision():
    model, task = ScalarModel(-1.5, 2.0), counting.published()
    history = watch_blocking(train(model, task, Rprop(), 50, every=7))
    reports = list(train(ScalarModel(-1.5, 2.0), task, Rprop(), 50, every=7))
    losses = np.concatenate([report.losses for report in reports])
    np.testing.assert_array_equal(history.losses, losses)
    np.testing.assert_array_equal(history.steps, np.arange(51))
    np.testing.assert_array_equal(history.report_steps, [r.step for r in reports])
    norms = [report.metrics["gradient_norm"] for report in reports]
    np.testing.assert_array_equal(history.metrics["gradient_norm"], norms)
    assert history.ended == "finished"
    assert history.seconds > 0


def test_a_history_is_printed_without_times_and_cannot_be_rewritten():
    reports = [Heard(k, np.array([2.0 / k]), {}, 9.0 * k) for k in (1, 2, 3)]
    history = joined([history_of(reports)], "stopped")
    assert repr(history) == "History(stopped at step 3, loss 2 → 0.667)"
    assert repr(joined([], "failed")) == "History(failed, no losses)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        history.ended = "finished"  # type: ignore[misc]


@pytest.mark.parametrize("cut", range(6))
def test_a_history_in_parts_is_the_history_of_the_whole(cut):
    reports = [
        Heard(4, np.array([5.0, 4.0]), {"a": 1.0}, 1.0),
        Heard(5, np.array([]), {"b": 2.0}, 2.0),
        Heard(8, np.array([3.0, 2.0, 1.0]), {"a": 3.0}, 3.0),
        Heard(8, np.array([]), {}, 3.0),
        Heard(9, np.array([0.5]), {"b": 4.0}, 4.0),
    ]
    first = history_of(reports[:cut])
    second = history_of(reports[cut:], reports[cut - 1].step if cut else 0)
    history = joined([first, second], "finished")
    assert history.steps.tolist() == [2, 4, 6, 7, 8, 9]
    assert history.losses.tolist() == [5.0, 4.0, 3.0, 2.0, 1.0, 0.5]
    assert history.report_steps.tolist() == [4, 5, 8, 8, 9]
    np.testing.assert_array_equal(history.metrics["a"], [1, np.nan, 3, np.nan, np.nan])
    np.testing.assert_array_equal(history.metrics["b"], [np.nan, 2, np.nan, np.nan, 4])
    assert history.seconds == 4.0


@pytest.mark.parametrize(
    ("previous", "step", "losses", "steps"),
    [
        (0, 0, 1, [0]),
        (0, 3, 3, [1, 2, 3]),
        (0, 3, 4, [0, 1, 2, 3]),
        (10, 20, 2, [15, 20]),
        (10, 20, 0, []),
        (7, 7, 1, [7]),
        (0, 10, 3, [3, 7, 10]),
    ],
)
def test_each_loss_has_its_step(previous, step, losses, steps):
    assert steps_of_losses(previous, step, losses).tolist() == steps


def test_the_pace_is_that_of_the_last_seconds(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    pace = Pace()
    assert pace.rate is None
    for step in range(0, 200, 10):
        pace.add(step)
        now[0] += 0.5
    assert pace.rate == pytest.approx(20.0)
    for step in range(200, 300, 1):
        now[0] += 0.5
        pace.add(step)
    assert pace.rate == pytest.approx(2.0)


def test_a_frame_does_not_grow_with_the_run():
    recorder = Recorder("long")
    sizes = []
    for step in range(1, 40_001, 40):
        recorder.add(Report(step + 39, 0, np.random.default_rng(step).random(40)))
        if step % 4000 == 1:
            sizes.append(len(recorder.frame("running")))
    assert max(sizes) < 6000


# Watching without a kernel


def test_a_terminal_shows_a_bar_and_returns_the_same_history(capsys):
    net = Net()
    history = watch_blocking(net.run(60, seconds=0.005), title="in a terminal")
    assert repr(history) == "History(finished at step 60, loss 1 → 0.0167)"
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "in a terminal: 100%" in shown.err
    assert "60/60" in shown.err
    assert "loss=0.01667" in shown.err
    assert net.closed


def test_a_run_that_writes_moves_the_bar_and_nothing_more(capsys):
    def run() -> Iterator[Report]:
        for step in range(1, 21):
            sample = {"prefix": "分开", "text": f"\n第{step}行\r\n\0"}
            told = {"perplexity": 9.0}
            yield Report(step, 0, np.ones(1), told, sample, "text", planned=20)

    history = watch_blocking(run(), title="writing")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "writing: 100%" in shown.err
    assert "分" not in shown.err
    assert history.metrics["perplexity"].tolist() == [9.0] * 20


def test_what_a_net_wrote_is_told_where_no_script_runs(monkeypatch):
    shown: list[Any] = []
    monkeypatch.setattr(
        notebook, "display", lambda view, **_: SimpleNamespace(update=shown.append)
    )
    recorder = Recorder("")
    for step, text in enumerate(["雨", "分开\n以后"], 1):
        sample = {"prefix": "分开", "text": text}
        recorder.add(Report(step, 0, np.ones(1), sample=sample, panel="text"))
    worker = Worker(iter(()), recorder)
    screen = notebook.Notebook(recorder, worker, object(), "Lyrics")
    screen.finish(recorder.history("finished"), "")
    (view,) = shown
    assert "Given “分开”, the net wrote in the end: “分开\n以后”." in view.alt
    assert "“分开”" in view._repr_mimebundle_()[0]["text/html"]


def test_a_run_that_ends_at_once_is_shown_to_its_end(capsys):
    watch_blocking(Net().run(3), title="short")
    assert "3/3" in capsys.readouterr().err


def test_other_coroutines_go_on_meanwhile():
    async def both() -> tuple[History, int]:
        ticks = 0
        task = asyncio.create_task(watch(Net().run(30, seconds=0.01)))
        while not task.done():
            await asyncio.sleep(0.005)
            ticks += 1
        return task.result(), ticks

    history, ticks = asyncio.run(both())
    assert history.ended == "finished"
    assert ticks > 20


def test_two_runs_are_watched_at_once():
    arrived = [threading.Event(), threading.Event()]

    def run(own: int, steps: int) -> Iterator[Report]:
        for report in Net().run(steps):
            arrived[own].set()
            assert arrived[1 - own].wait(PATIENCE), "the other run never began"
            yield report

    async def both() -> list[History]:
        return await asyncio.gather(watch(run(0, 40)), watch(run(1, 60)))

    assert [len(history.losses) for history in asyncio.run(both())] == [40, 60]


def test_a_cancelled_watch_stops_its_run_and_joins_the_thread():
    net = Net()

    async def cancelled() -> None:
        task = asyncio.create_task(watch(net.run(seconds=0.005)))
        await asyncio.sleep(0.2)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert net.closed
    at = net.steps
    time.sleep(0.1)
    assert net.steps == at > 3
    assert "unrolled" not in threads()


def test_an_exception_of_the_run_reaches_the_caller_as_itself():
    net = Net()
    with pytest.raises(ZeroDivisionError, match="a step of doom") as caught:
        watch_blocking(net.run(fails_at=8))
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "run" in frames
    history = caught.value.history  # type: ignore[attr-defined]
    assert repr(history) == "History(failed at step 7, loss 1 → 0.143)"
    assert "unrolled" not in threads()


def test_a_diverging_run_keeps_the_last_sound_weights():
    model, task = ScalarModel(-1.5, 2.0), counting.published()
    with pytest.raises(TrainingDiverged) as caught:
        watch_blocking(train(model, task, GradientDescent(0.01), 1000))
    history = caught.value.history  # type: ignore[attr-defined]
    assert model.loss(task.inputs, task.targets) == history.losses[-1]


def test_a_run_that_says_nothing_has_an_empty_history():
    history = watch_blocking(iter(()))
    assert repr(history) == "History(finished, no losses)"
    assert history.seconds == 0.0


def test_a_run_can_be_watched_from_its_middle():
    run = Net().run(10)
    for _ in range(4):
        next(run)
    assert watch_blocking(run).steps.tolist() == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize(
    ("given", "kind"), [(train, "function"), ([], "list"), (None, "NoneType")]
)
def test_what_is_no_iterator_is_named(given, kind):
    message = rf"^run must be an iterator of reports.*type {kind} was given; call"
    with pytest.raises(TypeError, match=message):
        watch_blocking(given)


def test_inside_a_running_loop_the_other_way_is_named():
    async def inside() -> None:
        watch_blocking(Net().run(3))

    with pytest.raises(RuntimeError, match=re.escape("`history = await watch(run)`")):
        asyncio.run(inside())


def test_the_chapters_need_not_wait_for_widgets_or_matplotlib():
    heavy = "{'ipywidgets', 'anywidget', 'matplotlib', 'tqdm', 'IPython', 'keras'}"
    code = f"import sys, unrolled.views.live; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n"
