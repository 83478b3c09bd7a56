"""Live training in a real JupyterLab: what a reader presses, and what happens."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.lab.lab_tools import Lab, OpenNotebook, write_notebook

ANSWER_SECONDS = 0.5
SET_UP = """import asyncio, threading, time
import numpy as np
from unrolled.report import Report
from unrolled.views.live import watch

class Net:
    steps = 0

def run(net, steps=10**6, fails_at=None):
    for step in range(1, steps + 1):
        time.sleep(0.01)
        net.steps = step
        if step == fails_at:
            raise ArithmeticError("the loss is no number")
        yield Report(step, 0, np.array([1 / step]), planned=steps)

net, other = Net(), Net()"""
CELLS = (
    SET_UP,
    "begin = time.time()\n"
    'history = await watch(run(net), title="First")\n'
    "print(history.ended, len(history.losses) == net.steps, threading.active_count())",
    'await watch(run(net, fails_at=30), title="Fails")',
    'pair = await asyncio.gather(watch(run(net), title="One"),\n'
    '    watch(run(other, 60), title="Two"))\n'
    "print([history.ended for history in pair])",
    'await watch(run(net), title="Interrupted")',
    "before = net.steps\ntime.sleep(0.3)\nprint(net.steps - before, 'steps more')",
)


@pytest.fixture
def notebook(browser: Browser, lab: Lab) -> Iterator[OpenNotebook]:
    write_notebook(lab.folder / "watch.ipynb", *CELLS)
    with lab.opened(browser, "watch.ipynb") as opened:
        opened.run_cell(0)
        yield opened
        opened.end_kernel()


def view(notebook: OpenNotebook, cell: int, title: str) -> Locator:
    return notebook.output(cell).get_by_role("group", name=title, exact=True)


def said(shown: Locator) -> Locator:
    return shown.locator(".unrolled-summary")


def step_of(shown: Locator) -> int:
    found = re.search(r"update (\d+)", said(shown).inner_text())
    assert found is not None
    return int(found[1])


def press(shown: Locator, name: str) -> None:
    shown.get_by_role("button", name=name, exact=True).click()


def test_pause_step_resume_and_stop(notebook: OpenNotebook) -> None:
    notebook.start_cell(1)
    shown = view(notebook, 1, "First")
    expect(said(shown)).to_contain_text("updates per second")
    press(shown, "Pause")
    expect(said(shown)).to_contain_text("Paused: update")
    at = step_of(shown)
    notebook.page.wait_for_timeout(1200)
    assert step_of(shown) == at, "no step may pass while the run is paused"

    press(shown, "One update")
    expect(said(shown)).to_contain_text(f"Paused: update {at + 1} ")
    press(shown, "Resume")
    expect(said(shown)).to_contain_text("Running: update")
    notebook.page.wait_for_timeout(800)
    assert step_of(shown) > at + 5

    begin = time.monotonic()
    press(shown, "Stop")
    expect(shown).to_contain_text("recorded run, stopped")
    assert time.monotonic() - begin < ANSWER_SECONDS + 0.2  # the last for the browser
    notebook.wait_for_cell(1)
    expect(notebook.output(1)).to_contain_text("stopped True")
    expect(shown.get_by_role("button", name="Play", exact=True)).to_be_focused()
    press(shown, "To the start")
    expect(said(shown)).to_contain_text("Shown: update 1 of")
    assert notebook.complaints.found == []


def test_the_speed_is_chosen(notebook: OpenNotebook) -> None:
    notebook.start_cell(1)
    shown = view(notebook, 1, "First")
    shown.get_by_role("combobox", name="speed").select_option("3 reports/s")
    notebook.page.wait_for_timeout(700)
    at = step_of(shown)
    notebook.page.wait_for_timeout(2000)
    assert 3 <= step_of(shown) - at <= 9
    press(shown, "Stop")
    notebook.wait_for_cell(1)


def test_a_failing_run_says_so_and_its_exception_is_the_cells(
    notebook: OpenNotebook,
) -> None:
    notebook.start_cell(2)
    shown = view(notebook, 2, "Fails")
    expect(shown).to_contain_text("recorded run, failed")
    expect(said(shown)).to_contain_text(
        "failed at update 29. It failed with ArithmeticError: the loss is no number."
    )
    expect(notebook.output(2)).to_contain_text("ArithmeticError: the loss is no number")


def test_two_runs_at_once(notebook: OpenNotebook) -> None:
    notebook.start_cell(3)
    one, two = view(notebook, 3, "One"), view(notebook, 3, "Two")
    press(one, "Pause")
    expect(said(one)).to_contain_text("Paused")
    expect(two).to_contain_text("recorded run, finished")
    expect(one).to_contain_text("live, paused")
    press(one, "Stop")
    notebook.wait_for_cell(3)
    expect(notebook.output(3)).to_contain_text("['stopped', 'finished']")


def test_interrupting_the_cell_stops_the_run(notebook: OpenNotebook) -> None:
    notebook.start_cell(4)
    shown = view(notebook, 4, "Interrupted")
    expect(said(shown)).to_contain_text("Running")
    notebook.interrupt()
    expect(shown).to_contain_text("recorded run, stopped")
    notebook.wait_for_cell(4)
    notebook.run_cell(5)
    expect(notebook.output(5)).to_contain_text("0 steps more")


def test_a_page_that_is_loaded_anew_catches_up(
    notebook: OpenNotebook, browser: Browser, lab: Lab
) -> None:
    notebook.start_cell(1)
    expect(said(view(notebook, 1, "First"))).to_contain_text("Running")
    notebook.save()
    notebook.page.reload()
    shown = view(notebook, 1, "First")
    expect(said(shown)).to_contain_text("Running", timeout=30_000)
    at = step_of(shown)
    notebook.page.wait_for_timeout(1200)
    assert step_of(shown) > at > 50, "the run went on meanwhile"
    press(shown, "Stop")
    expect(shown).to_contain_text("recorded run, stopped")
