"""A run watched in a real JupyterLab: every button, the ways it can end, a new page.

What the kernel does with the messages is tested with every ipykernel in
tests/unit/test_watch_kernel.py; here a reader presses real buttons. The run writes down
when it makes a report, so that the view's own words are not the only witness.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.lab.lab_tools import Lab, OpenNotebook, write_notebook
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel

SET_UP = """
import asyncio, json, sys, threading, time
import numpy as np
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rules import GradientDescent
from unrolled.training.running import train
from unrolled.views.live import watch

task = counting.published()
ticks, other_ticks = [], []

def run(model, steps=100_000, rate=1e-4, seconds=0.01, ticks=ticks):
    for report in train(model, task, GradientDescent(rate), steps):
        ticks.append((report.step, time.time()))
        yield report
        time.sleep(seconds)

def say(**values):
    print(json.dumps(values))

def workers():
    return [t.name for t in threading.enumerate() if t.name == "unrolled"]

model = ScalarModel(0.0, 0.5)
"""
WATCH = """
history = await watch(run(model), title="Slow")
returned = time.time()
history
"""
TELL = """
say(
    ended=history.ended,
    steps=history.steps.tolist(),
    loss=history.losses[-1],
    loss_of_model=model.loss(*task.batch(0)),
    ticks=ticks,
    returned=returned,
    workers=workers(),
)
"""
STOP_SECONDS = 0.5
"""Within this time after the press a run must have ended."""

START = ScalarModel(0.0, 0.5).loss(*counting.published().batch(0))
PRESSES = """() => {
  window.presses = [];
  addEventListener('click', () => presses.push(Date.now() / 1000), true);
}"""


@dataclass
class Watched:
    """A notebook in which a run is watched, and the view of one of its cells."""

    notebook: OpenNotebook
    cell: int = 1
    title: str = "Slow"

    @property
    def view(self) -> Locator:
        """The view itself."""
        output = self.notebook.output(self.cell)
        return output.get_by_role("group", name=self.title, exact=True)

    @property
    def said(self) -> Locator:
        """What it says in words."""
        return self.view.locator(".unrolled-summary")

    def button(self, name: str) -> Locator:
        """Find a button."""
        return self.view.get_by_role("button", name=name, exact=True)

    def says(self, text: str) -> None:
        """Wait until it says something that begins with a regular expression."""
        expect(self.said).to_have_text(re.compile(f"^{text}"), timeout=10_000)

    def step(self) -> int:
        """Read from its words at which step it is."""
        found = re.search(r"step (\d+) of", self.said.inner_text())
        assert found is not None
        return int(found[1])

    def press(self, name: str) -> float:
        """Press a button; give the time of the press, in seconds since 1970."""
        self.button(name).click()
        return float(self.notebook.page.evaluate("presses.at(-1)"))

    def told(self, cell: int) -> dict[str, Any]:
        """Run a cell and read what it says about the run."""
        self.notebook.run_cell(cell)
        return json.loads(self.notebook.printed(cell))


@contextmanager
def watching(
    browser: Browser, lab: Lab, name: str, *cells: str, **view: Any
) -> Iterator[Watched]:
    """Open a notebook, set up, and run its second cell until the view is running."""
    write_notebook(lab.folder / f"{name}.ipynb", SET_UP, *cells)
    with lab.opened(browser, f"{name}.ipynb") as notebook:
        notebook.page.evaluate(PRESSES)
        notebook.run_cell(0)
        notebook.start_cell(1)
        yield Watched(notebook, **view)
        assert notebook.complaints.found == []
        notebook.end_kernel()


def ticks_between(told: dict[str, Any], since: float, until: float) -> list[int]:
    """List the steps of the reports that the run made between two times."""
    return [step for step, at in told["ticks"] if since < at < until]


def check_consistent(told: dict[str, Any], ended: str = "stopped") -> None:
    """Demand that history, model and run agree on what was done."""
    assert told["ended"] == ended
    assert told["steps"] == [step for step, _ in told["ticks"]]
    assert told["steps"] == list(range(len(told["steps"])))
    assert told["loss_of_model"] == pytest.approx(told["loss"], rel=1e-12)
    assert told["workers"] == []


# --- the buttons ------------------------------------------------------------------


def test_a_run_is_paused_stepped_resumed_and_stopped(
    browser: Browser, lab: Lab
) -> None:
    with watching(browser, lab, "buttons", WATCH, TELL) as watched:
        watched.says(r"Running: step [1-9]\d")

        watched.press("Pause")
        watched.says("Paused: step")
        step, paused = watched.step(), time.time()
        time.sleep(0.7)
        assert watched.step() == step

        for count in (1, 2):
            stepped = watched.press("One step")
            watched.says(f"Paused: step {step + count} of")
        time.sleep(0.3)
        assert watched.step() == step + 2

        resumed = watched.press("Resume")
        watched.says("Running: step")
        expect(watched.button("Pause")).to_be_visible()
        time.sleep(0.3)

        stopped = watched.press("Stop")
        watched.notebook.wait_for_cell(1)
        told = watched.told(2)
        assert told["returned"] - stopped < STOP_SECONDS
        assert told["ticks"][-1][1] - stopped < STOP_SECONDS
        check_consistent(told)
        assert ticks_between(told, paused, resumed) == [step + 1, step + 2]
        assert ticks_between(told, stepped, resumed) == [step + 2]
        assert len(ticks_between(told, resumed, stopped)) > 10

        last = told["steps"][-1]
        watched.says(f"Recorded run, stopped at step {last} ")
        expect(watched.notebook.output(1)).to_contain_text(
            f"History(stopped at step {last}, loss {START:.3g} → {told['loss']:.3g})"
        )


GO_ON = """
before = history.losses[-1]
ticks.clear()
history = await watch(run(model, steps=40), title="Slow")
returned = time.time()
"""


def test_training_goes_on_after_a_stop_and_the_end_is_a_player(
    browser: Browser, lab: Lab
) -> None:
    cells = WATCH, TELL, GO_ON, TELL
    with watching(browser, lab, "go_on", *cells) as watched:
        watched.says(r"Running: step [1-9]\d")
        watched.press("Stop")
        watched.notebook.wait_for_cell(1)
        first = watched.told(2)

        watched.notebook.run_cell(3)
        second = watched.told(4)
        check_consistent(second, "finished")
        assert len(second["steps"]) == 41
        assert second["loss"] < first["loss"]

        again = Watched(watched.notebook, cell=3)
        again.says("Recorded run, finished at step 40 ")
        assert again.button("Stop").count() == 0
        again.press("Reset")
        again.says(f".*Shown: step 0 of 40, loss {first['loss']:.4g},")
        again.press("Step")
        again.says(".*Shown: step 1 of 40")
        again.press("Play")
        expect(again.button("Pause")).to_be_visible()
        again.says(".*Shown: step 40 of 40")
        expect(again.button("Play")).to_be_visible()


def test_the_speed_is_chosen(browser: Browser, lab: Lab) -> None:
    with watching(browser, lab, "speed", WATCH, TELL) as watched:
        watched.says("Running")
        times = {}
        for speed, seconds in (("10 reports/s", 1.5), ("full", 0.7)):
            watched.view.get_by_label("speed").select_option(speed)
            time.sleep(0.3)
            since = time.time()
            time.sleep(seconds)
            times[speed] = since, since + seconds
        watched.press("Stop")
        watched.notebook.wait_for_cell(1)
        told = watched.told(2)
        assert 10 <= len(ticks_between(told, *times["10 reports/s"])) <= 16
        assert len(ticks_between(told, *times["full"])) > 25


def test_the_keyboard_alone_pauses_steps_and_stops(browser: Browser, lab: Lab) -> None:
    with watching(browser, lab, "keys", WATCH, TELL) as watched:
        watched.says("Running")
        keyboard = watched.notebook.page.keyboard
        for _ in range(5):
            keyboard.press("Tab")
            if watched.button("Pause").evaluate("e => e === document.activeElement"):
                break
        keyboard.press("Space")
        watched.says("Paused")
        step = watched.step()
        keyboard.press("Tab")
        expect(watched.button("One step")).to_be_focused()
        keyboard.press("Enter")
        watched.says(f"Paused: step {step + 1} of")
        keyboard.press("Shift+Tab")
        expect(watched.button("Resume")).to_be_focused()
        keyboard.press("Space")
        watched.says("Running")
        for _ in range(3):
            keyboard.press("Tab")
        expect(watched.view.get_by_label("speed")).to_be_focused()
        keyboard.press("ArrowDown")
        expect(watched.view.get_by_label("speed")).to_have_value("30")
        keyboard.press("Shift+Tab")
        expect(watched.button("Stop")).to_be_focused()
        keyboard.press("Enter")
        watched.notebook.wait_for_cell(1)
        watched.says("Recorded run, stopped")
        # Whoever pressed Stop is still at the view, and plays what was recorded.
        expect(watched.button("Play")).to_be_focused()
        check_consistent(watched.told(2))


# --- the other ways to end --------------------------------------------------------

INTERRUPTED = """
at = len(ticks)
time.sleep(0.3)
say(workers=workers(), came=len(ticks) - at, model=model.loss(*task.batch(0)))
"""


def test_an_interrupted_cell_stops_its_run(browser: Browser, lab: Lab) -> None:
    with watching(browser, lab, "interrupt", WATCH, INTERRUPTED) as watched:
        watched.says(r"Running: step [1-9]\d")
        watched.notebook.interrupt()
        watched.notebook.wait_for_cell(1)
        told = watched.told(2)
        assert (told["workers"], told["came"]) == ([], 0)
        assert 0 < told["model"] < START
        watched.says("Recorded run, stopped at step")
        assert watched.button("Play").is_enabled()
        expect(watched.notebook.output(1)).to_contain_text("KeyboardInterrupt")


FAIL = """
model = ScalarModel(-1.5, 2.0)
await watch(run(model, rate=1e-3), title="Slow")
"""
TELL_FAILURE = """
error = sys.last_value
say(
    kind=type(error).__name__,
    words=str(error),
    ended=error.history.ended,
    losses=error.history.losses.tolist(),
    weights=[float(value) for value in model.parameters.values()],
    workers=workers(),
)
"""


def test_a_run_that_fails_says_so_in_the_view_and_in_the_cell(
    browser: Browser, lab: Lab
) -> None:
    with watching(browser, lab, "failure", FAIL, TELL_FAILURE) as watched:
        watched.notebook.wait_for_cell(1)
        told = watched.told(2)
        assert (told["kind"], told["ended"]) == ("TrainingDiverged", "failed")
        assert told["losses"][0] == ScalarModel(-1.5, 2.0).loss(
            *counting.published().batch(0)
        )
        assert all(abs(weight) < 1e300 for weight in told["weights"])
        assert told["workers"] == []
        words = f"{told['kind']}: {told['words']}"
        last = len(told["losses"]) - 1
        watched.says(f"Recorded run, failed at step {last} .*")
        expect(watched.said).to_contain_text(f"It failed with {words}")
        expect(watched.view).to_contain_text("recorded run, failed")
        expect(watched.notebook.output(1)).to_contain_text("TrainingDiverged")
        expect(watched.notebook.output(1)).to_contain_text(words)


# --- several runs, several pages --------------------------------------------------

TWO = """
models = ScalarModel(0.0, 0.5), ScalarModel(0.2, 0.4)
history, other = await asyncio.gather(
    watch(run(models[0]), title="Slow"),
    watch(run(models[1], ticks=other_ticks), title="Other"),
)
returned, model = time.time(), models[0]
"""
TELL_OTHER = TELL.replace("history", "other").replace("=ticks", "=other_ticks")


def test_two_runs_are_watched_at_once(browser: Browser, lab: Lab) -> None:
    cells = TWO, TELL, f"model = models[1]\n{TELL_OTHER}"
    with watching(browser, lab, "two", *cells) as one:
        two = Watched(one.notebook, title="Other")
        one.says("Running")
        two.says("Running")
        one.press("Pause")
        one.says("Paused")
        since, step = time.time(), two.step()
        two.says(rf"Running: step (?!{step} )")
        two.press("Stop")
        two.says("Recorded run, stopped")
        one.says("Paused")
        until = one.press("Resume")
        one.says("Running")
        one.press("Stop")
        one.notebook.wait_for_cell(1)
        told, other = one.told(2), one.told(3)
        check_consistent(told)
        check_consistent(other)
        assert ticks_between(told, since, until) == []
        assert ticks_between(other, since, until)


def test_a_page_that_is_opened_again_finds_the_run(browser: Browser, lab: Lab) -> None:
    with watching(browser, lab, "again", WATCH, TELL) as watched:
        watched.says(r"Running: step [1-9]\d")
        watched.notebook.save()
        left = time.time()
        watched.notebook.reload()
        watched.notebook.page.evaluate(PRESSES)
        watched.says("Running: step")
        found, step = time.time(), watched.step()
        watched.press("Pause")
        watched.says("Paused")
        watched.press("Stop")
        watched.says("Recorded run, stopped")
        told = watched.told(2)
        check_consistent(told)
        went_on = ticks_between(told, left, found)
        assert len(went_on) > 20
        assert went_on[0] < step <= went_on[-1]
