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
from playwright.sync_api import Browser, Locator, Page, expect

from tests.lab.lab_tools import Lab, OpenNotebook, write_notebook
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel

CELLS = {
    "set up": """
import asyncio, json, sys, threading, time
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rules import GradientDescent
from unrolled.training.running import train
from unrolled.views.live import watch

task = counting.published()
ticks, other_ticks = [], []

def run(model, steps=100_000, rate=1e-4, ticks=ticks):
    ticks.clear()
    for report in train(model, task, GradientDescent(rate), steps):
        ticks.append((report.step, time.time()))
        yield report
        time.sleep(0.01)

def tell(history, model, ticks=ticks):
    print(json.dumps({
        "ended": history.ended,
        "steps": history.steps.tolist(),
        "losses": history.losses.tolist(),
        "loss_of_model": model.loss(*task.batch(0)),
        "ticks": ticks,
        "returned": returned,
        "workers": [t.name for t in threading.enumerate() if t.name == "unrolled"],
    }))
""",
    "watch": """
model = ScalarModel(0.0, 0.5)
history = await watch(run(model), title="Slow")
returned = time.time()
history
""",
    "tell": "tell(history, model)",
    "go on": """
history = await watch(run(model, steps=40), title="Slow")
returned = time.time()
""",
    "interrupted": """
returned, came = time.time(), len(ticks)
time.sleep(0.3)
assert len(ticks) == came, "the run goes on"
print(json.dumps({
    "loss_of_model": model.loss(*task.batch(0)),
    "workers": [t.name for t in threading.enumerate() if t.name == "unrolled"],
}))
""",
    "fail": """
model = ScalarModel(-1.5, 2.0)
await watch(run(model, rate=1e-3), title="Slow")
""",
    "tell failure": """
error, returned = sys.last_value, time.time()
print(type(error).__name__, error, sep=": ")
""",
    "tell history of failure": "tell(error.history, model)",
    "two": """
models = ScalarModel(0.0, 0.5), ScalarModel(0.2, 0.4)
histories = await asyncio.gather(
    watch(run(models[0]), title="Slow"),
    watch(run(models[1], ticks=other_ticks), title="Other"),
)
returned = time.time()
""",
    "tell one": "tell(histories[0], models[0])",
    "tell other": "tell(histories[1], models[1], other_ticks)",
}
NUMBERS = {name: number for number, name in enumerate(CELLS)}

STOP_SECONDS = 0.5
"""Within this time after the press a run must have ended."""

PRESSES = """() => {
  window.presses = [];
  addEventListener('click', () => presses.push(Date.now() / 1000), true);
}"""


def loss_at(*weights: float) -> float:
    return ScalarModel(*weights).loss(*counting.published().batch(0))


@contextmanager
def opened(browser: Browser, lab: Lab, name: str) -> Iterator[OpenNotebook]:
    """Open a notebook with all cells and run the first; complaints are errors."""
    write_notebook(lab.folder / name, *CELLS.values())
    with lab.opened(browser, name) as notebook:
        note_presses(notebook.page)
        notebook.run_cell(NUMBERS["set up"])
        yield notebook
        assert notebook.complaints.found == []
        notebook.end_kernel()


def note_presses(page: Page) -> None:
    """Let a page write down when something is pressed, in seconds since 1970."""
    page.evaluate(PRESSES)


@pytest.fixture(scope="module")
def shared(browser: Browser, lab: Lab) -> Iterator[OpenNotebook]:
    with opened(browser, lab, "live.ipynb") as notebook:
        yield notebook


@pytest.fixture
def notebook(shared: OpenNotebook) -> Iterator[OpenNotebook]:
    """Give a notebook that runs nothing, also after a test that failed halfway."""
    yield shared
    if shared.page.locator(".jp-InputPrompt", has_text="[*]").count():
        shared.interrupt()


@dataclass
class Watched:
    """The view of a run below a cell."""

    notebook: OpenNotebook
    cell: str = "watch"
    title: str = "Slow"

    def start(self) -> None:
        """Run the cell and wait until some steps have passed."""
        self.notebook.start_cell(NUMBERS[self.cell])
        self.says(r"Running: update [1-9]\d")

    def wait(self) -> None:
        """Wait until the cell has ended."""
        self.notebook.wait_for_cell(NUMBERS[self.cell])

    @property
    def output(self) -> Locator:
        """All that the cell shows."""
        return self.notebook.output(NUMBERS[self.cell])

    @property
    def view(self) -> Locator:
        """The view itself."""
        return self.output.get_by_role("group", name=self.title, exact=True)

    @property
    def said(self) -> Locator:
        """What it says in words."""
        return self.view.locator(".unrolled-summary")

    def button(self, name: str) -> Locator:
        """Find a button."""
        return self.view.get_by_role("button", name=name, exact=True)

    def says(self, text: str) -> None:
        """Wait until it says something that a regular expression matches."""
        expect(self.said).to_have_text(re.compile(text), timeout=10_000)

    def step(self) -> int:
        """Read from its words at which step it is."""
        found = re.search(r"update (\d+) of", self.said.inner_text())
        assert found is not None
        return int(found[1])

    def press(self, name: str) -> float:
        """Press a button; give the time of the press, in seconds since 1970."""
        self.button(name).click()
        return float(self.notebook.page.evaluate("presses.at(-1)"))


def printed(notebook: OpenNotebook, cell: str) -> str:
    """Run a cell and read what it prints."""
    notebook.run_cell(NUMBERS[cell])
    return notebook.printed(NUMBERS[cell])


def told(notebook: OpenNotebook, cell: str = "tell") -> dict[str, Any]:
    """Run a cell that tells of a run."""
    return json.loads(printed(notebook, cell))


def ticks_between(run: dict[str, Any], since: float, until: float) -> list[int]:
    """List the steps of the reports that a run made between two times."""
    return [step for step, at in run["ticks"] if since < at < until]


def check_consistent(run: dict[str, Any], ended: str = "stopped") -> None:
    """Demand that history, model and run agree on what was done."""
    assert run["ended"] == ended
    assert run["steps"] == [step for step, _ in run["ticks"]]
    assert run["steps"] == list(range(len(run["losses"])))
    assert run["loss_of_model"] == pytest.approx(run["losses"][-1], rel=1e-12)
    assert run["workers"] == []


# --- the buttons ------------------------------------------------------------------


def test_a_run_is_paused_stepped_resumed_and_stopped(notebook: OpenNotebook) -> None:
    watched = Watched(notebook)
    watched.start()

    watched.press("Pause")
    watched.says("^Paused: update")
    step, paused = watched.step(), time.time()
    time.sleep(0.7)
    assert watched.step() == step

    for count in (1, 2):
        stepped = watched.press("One update")
        watched.says(f"^Paused: update {step + count} of")
    time.sleep(0.3)
    assert watched.step() == step + 2

    resumed = watched.press("Resume")
    watched.says("^Running: update")
    expect(watched.button("Pause")).to_be_visible()
    time.sleep(0.3)

    stopped = watched.press("Stop")
    watched.wait()
    run = told(notebook)
    assert run["returned"] - stopped < STOP_SECONDS
    check_consistent(run)
    assert ticks_between(run, paused, resumed) == [step + 1, step + 2]
    assert ticks_between(run, stepped, resumed) == [step + 2]
    assert len(ticks_between(run, resumed, stopped)) > 10

    last, loss = run["steps"][-1], run["losses"][-1]
    watched.says(f"^Recorded run, stopped at update {last} ")
    expect(watched.output).to_contain_text(
        f"History(stopped at step {last}, loss {loss_at(0, 0.5):.3g} → {loss:.3g})"
    )


def test_training_goes_on_after_a_stop_and_the_end_is_a_player(
    notebook: OpenNotebook,
) -> None:
    watched = Watched(notebook)
    watched.start()
    watched.press("Stop")
    watched.wait()
    first = told(notebook)

    watched = Watched(notebook, "go on")
    notebook.run_cell(NUMBERS["go on"])
    second = told(notebook)
    check_consistent(second, "finished")
    assert len(second["steps"]) == 41
    assert second["losses"][0] == first["losses"][-1]
    assert second["losses"][-1] < first["losses"][-1]

    watched.says("^Recorded run, finished at update 40 ")
    assert watched.button("Stop").count() == 0
    watched.press("To the start")
    watched.says(f"Shown: update 0 of 40, loss {second['losses'][0]:.4g},")
    watched.press("Next")
    watched.says(f"Shown: update 1 of 40, loss {second['losses'][1]:.4g},")
    watched.press("Play")
    expect(watched.button("Pause")).to_be_visible()
    watched.view.get_by_role("slider", name="replay speed").press("End")
    watched.says("Shown: update 40 of 40")
    expect(watched.button("Play")).to_be_visible()


def test_the_speed_is_chosen(notebook: OpenNotebook) -> None:
    watched = Watched(notebook)
    watched.start()
    times = {}
    for speed, seconds in (("10 reports/s", 1.5), ("full", 0.7)):
        watched.view.get_by_label("speed").select_option(speed)
        time.sleep(0.3)
        since = time.time()
        time.sleep(seconds)
        times[speed] = since, since + seconds
    watched.press("Stop")
    watched.wait()
    run = told(notebook)
    assert 10 <= len(ticks_between(run, *times["10 reports/s"])) <= 16
    assert len(ticks_between(run, *times["full"])) > 25


def test_the_keyboard_alone_pauses_steps_stops_and_replays(
    notebook: OpenNotebook,
) -> None:
    watched, keyboard = Watched(notebook), notebook.page.keyboard
    watched.start()
    for _ in range(5):
        keyboard.press("Tab")
        if watched.button("Pause").evaluate("e => e === document.activeElement"):
            break
    keyboard.press("Space")
    watched.says("^Paused")
    step = watched.step()
    keyboard.press("Tab")
    expect(watched.button("One update")).to_be_focused()
    keyboard.press("Enter")
    watched.says(f"^Paused: update {step + 1} of")
    keyboard.press("Shift+Tab")
    expect(watched.button("Resume")).to_be_focused()
    keyboard.press("Space")
    watched.says("^Running")
    for _ in range(3):
        keyboard.press("Tab")
    speed = watched.view.get_by_label("speed")
    expect(speed).to_be_focused()
    keyboard.press("ArrowDown")
    expect(speed).to_have_value("30")
    keyboard.press("Shift+Tab")
    expect(watched.button("Stop")).to_be_focused()
    keyboard.press("Enter")
    watched.says("^Recorded run, stopped")
    # Whoever pressed Stop is still at the view, and goes through what was recorded.
    expect(watched.button("Play")).to_be_focused()
    keyboard.press("Shift+Tab")
    keyboard.press("Home")
    watched.says("Shown: update 0 of")
    keyboard.press("ArrowUp")
    watched.says("Shown: update 1 of")
    watched.wait()
    check_consistent(told(notebook))


# --- the other ways to end --------------------------------------------------------


def test_an_interrupted_cell_stops_its_run(notebook: OpenNotebook) -> None:
    watched = Watched(notebook)
    watched.start()
    notebook.interrupt()
    watched.wait()
    run = told(notebook, "interrupted")
    assert run["workers"] == []
    assert 0 < run["loss_of_model"] < loss_at(0, 0.5)
    watched.says("^Recorded run, stopped at update")
    expect(watched.button("Play")).to_be_enabled()
    # Which of the two it is, the kernel decides; a cell that sleeps has the same.
    expect(watched.output).to_contain_text(
        re.compile("KeyboardInterrupt|CancelledError")
    )


def test_a_run_that_fails_says_so_in_the_view_and_in_the_cell(
    notebook: OpenNotebook,
) -> None:
    watched = Watched(notebook, "fail")
    notebook.run_cell(NUMBERS["fail"])
    words = printed(notebook, "tell failure").strip()
    run = told(notebook, "tell history of failure")
    check_consistent(run, "failed")
    assert run["losses"][0] == loss_at(-1.5, 2)
    assert words.startswith("TrainingDiverged: training diverged at step")
    watched.says(rf"^Recorded run, failed at update {run['steps'][-1]}\b")
    expect(watched.said).to_contain_text(f"It failed with {words}")
    expect(watched.view).to_contain_text("recorded run, failed")
    error = watched.output.locator("[data-mime-type$=stderr], [data-mime-type$=error]")
    expect(error).to_contain_text(words)


# --- several runs, several pages --------------------------------------------------


def test_two_runs_are_watched_at_once(notebook: OpenNotebook) -> None:
    one, other = Watched(notebook, "two"), Watched(notebook, "two", "Other")
    one.start()
    other.says("^Running")
    one.press("Pause")
    one.says("^Paused")
    since, step = time.time(), other.step()
    other.says(rf"^Running: update (?!{step} )")
    other.press("Stop")
    other.says("^Recorded run, stopped")
    one.says("^Paused")
    until = one.press("Resume")
    one.says("^Running")
    one.press("Stop")
    one.wait()
    runs = told(notebook, "tell one"), told(notebook, "tell other")
    for run in runs:
        check_consistent(run)
    assert ticks_between(runs[0], since, until) == []
    assert ticks_between(runs[1], since, until)


def test_a_page_that_is_opened_again_finds_the_run(browser: Browser, lab: Lab) -> None:
    with opened(browser, lab, "again.ipynb") as notebook:
        watched = Watched(notebook)
        watched.start()
        notebook.save()
        left = time.time()
        notebook.reload()
        note_presses(notebook.page)
        watched.says("^Running: update")
        found, step = time.time(), watched.step()
        watched.press("Pause")
        watched.says("^Paused")
        watched.press("Stop")
        watched.says("^Recorded run, stopped")
        run = told(notebook)
        check_consistent(run)
        meanwhile = ticks_between(run, left, found)
        assert len(meanwhile) > 20
        assert meanwhile[0] < step <= meanwhile[-1]
