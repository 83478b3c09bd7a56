"""The player of a recorded run in a browser, on a page as the site makes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.demo.demo import bars
from tests.site.site_tools import serving
from tests.site.view_tools import (
    ARTIFACTS,
    Tab,
    number_after,
    sharing,
    slide,
    viewing,
    violations,
    write_pages,
)
from unrolled.report import Report
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.running import train
from unrolled.views.live.recorder import Recorder
from unrolled.views.live.view import Watch, unfinished

STEPS = 200


def recorded(reports: list[Report], title: str, words: str = "") -> Watch:
    recorder = Recorder(title)
    for report in reports:
        recorder.add(report)
    record = recorder.record("failed" if words else "finished", words)
    return Watch(title=title, record=record, picture=bars(), alt="Bars.")


def counting_reports() -> list[Report]:
    run = train(ScalarModel(-1.5, 2.0), counting.published(), Rprop(), STEPS)
    return list(run)


def echo_reports() -> list[Report]:
    """Make a run of three sequences whose prediction grows to its target."""
    times = np.linspace(0, 6, 30)
    target = np.stack([np.sin(times + shift) for shift in range(3)])
    return [
        Report(
            step=10 * k,
            epoch=k // 5,
            losses=np.array([2.0 / k]),
            sample={"target": target, "prediction": target * (1 - 0.9**k)},
            panel="sequences",
            steps_per_epoch=50,
        )
        for k in range(1, 41)
    ]


def bit_reports() -> list[Report]:
    """Make a run of six sequences of bits; one prediction less is wrong each time."""
    target = np.random.default_rng(0).integers(0, 2, (6, 15))
    reports = []
    for k in range(4):
        prediction = target.copy()
        prediction.flat[: 3 - k] ^= 1
        sample = {"input": 1 - target, "target": target, "prediction": prediction}
        reports.append(
            Report(k + 1, 0, np.array([0.5]), sample=sample, panel="sequences")
        )
    return reports


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve four views: a race of two weights, sequences, bits, a run without end."""
    folder: Path = tmp_path_factory.mktemp("watch")
    views = [
        recorded(counting_reports(), "Rprop counts"),
        recorded(echo_reports(), "Echo", "ValueError: no more echo"),
        recorded(bit_reports(), "Bits"),
        unfinished("Nothing yet"),
    ]
    write_pages(folder, views)
    with serving(folder) as at:
        yield at


@pytest.fixture(scope="module")
def tab(browser: Browser, address: str) -> Iterator[Tab]:
    with sharing(browser, f"{address}light.html") as shared:
        yield shared


@pytest.fixture
def page(tab: Tab) -> Iterator[Page]:
    with tab.anew() as opened:
        yield opened


def view(page: Page, title: str = "Rprop counts") -> Locator:
    return page.get_by_role("group", name=title, exact=True)


def said(page: Page, title: str = "Rprop counts") -> Locator:
    return view(page, title).locator(".unrolled-summary")


def press(page: Page, name: str, title: str = "Rprop counts") -> None:
    view(page, title).get_by_role("button", name=name, exact=True).click()


def step_of(page: Page) -> int:
    found = re.search(r"Shown: update (\d+)", said(page).inner_text())
    assert found is not None
    return int(found[1])


def number_of(page: Page, name: str) -> float:
    return number_after(name, said(page).inner_text())


def test_the_view_says_that_it_is_a_record(page: Page) -> None:
    expect(view(page)).to_contain_text("recorded run, finished")
    expect(said(page)).to_contain_text("Recorded run, finished at update 200.")
    expect(said(page)).to_contain_text("Shown: update 200 of 200")
    expect(view(page).get_by_role("button", name="Stop")).to_have_count(0)


def test_the_numbers_are_those_of_the_run(page: Page) -> None:
    reports = counting_reports()
    slider = view(page).get_by_role("slider", name="update", exact=True)
    for step in (0, 1, 40, 137, 200):
        slide(slider, step)
        expect(said(page)).to_contain_text(f"Shown: update {step} of 200")
        report = reports[step]
        assert number_of(page, "loss") == pytest.approx(report.loss, rel=6e-3)
        norm = report.metrics["gradient_norm"]
        assert number_of(page, "gradient norm") == pytest.approx(norm, rel=6e-3)
        expect(slider).to_have_attribute("aria-valuetext", str(step))


def test_step_and_back_go_one_step(page: Page) -> None:
    press(page, "To the start")
    expect(said(page)).to_contain_text("Shown: update 0 of 200")
    press(page, "Next")
    expect(said(page)).to_contain_text("Shown: update 1 of 200")
    press(page, "Next")
    press(page, "Back")
    expect(said(page)).to_contain_text("Shown: update 1 of 200")
    press(page, "Back")
    press(page, "Back")
    expect(said(page)).to_contain_text("Shown: update 0 of 200")


def test_a_replay_runs_pauses_and_ends(page: Page) -> None:
    press(page, "Play")
    expect(said(page)).to_contain_text(re.compile("update [1-9][0-9] of"))
    press(page, "Pause")
    at = step_of(page)
    assert 0 < at < 200
    page.wait_for_timeout(700)
    assert step_of(page) == at
    slide(view(page).get_by_role("slider", name="replay speed"), 1000)
    press(page, "Play")
    expect(said(page)).to_contain_text("Shown: update 200 of 200")
    expect(view(page).get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_after_the_end_play_begins_anew(page: Page) -> None:
    for _ in range(2):
        slide(view(page).get_by_role("slider", name="replay speed"), 700)
        press(page, "Play")
        expect(said(page)).to_contain_text(re.compile(r"Shown: update (?!200)\d+ of"))
        expect(said(page)).to_contain_text("Shown: update 200 of 200")


def test_the_loss_axis_and_the_smoothing_are_chosen(page: Page) -> None:
    canvas = view(page).get_by_role("img").first
    expect(canvas).to_have_attribute("aria-label", re.compile("logarithmic axis"))
    view(page).get_by_role("radio", name="linear").check()
    expect(canvas).to_have_attribute("aria-label", re.compile("linear axis"))
    before = canvas.evaluate("c => c.toDataURL()")
    press(page, "Smooth")
    page.wait_for_function(
        "([c, b]) => c.toDataURL() !== b", arg=[canvas.element_handle(), before]
    )
    smooth = view(page).get_by_role("button", name="Smooth")
    expect(smooth).to_have_attribute("aria-pressed", "true")


def test_two_weights_are_a_path_or_curves(page: Page) -> None:
    canvas = view(page).get_by_role("img").nth(1)
    slide(view(page).get_by_role("slider", name="update", exact=True), 0)
    expect(canvas).to_have_attribute("aria-label", re.compile("are −1.5 and 2 here"))
    view(page).get_by_role("radio", name="over the updates").check()
    expect(canvas).to_have_attribute("aria-label", re.compile("over the updates"))


def test_sequences_are_chosen_and_follow_the_step(page: Page) -> None:
    canvas = view(page, "Echo").get_by_role("img").nth(1)
    expect(canvas).to_have_attribute(
        "aria-label", "Sequence 1 after update 400: target, prediction."
    )
    view(page, "Echo").get_by_role("radio", name="3").check()
    press(page, "To the start", "Echo")
    expect(canvas).to_have_attribute(
        "aria-label", "Sequence 3 after update 10: target, prediction."
    )


def test_bits_are_drawn_all_at_once_and_wrong_ones_are_counted(page: Page) -> None:
    canvas = view(page, "Bits").get_by_role("img").nth(1)
    said_of = "5 sequences of 15 steps after update {}: {} of 75 predictions are wrong."
    expect(canvas).to_have_attribute("aria-label", said_of.format(4, 0))
    assert inked(canvas) > 1000
    press(page, "To the start", "Bits")
    expect(canvas).to_have_attribute("aria-label", said_of.format(1, 3))
    press(page, "Next", "Bits")
    expect(canvas).to_have_attribute("aria-label", said_of.format(2, 2))
    key = view(page, "Bits").locator(".unrolled-legend").last
    expect(key).to_contain_text("input 1target 1prediction 1wrong")


def inked(canvas: Locator) -> int:
    """Count the pixels of a canvas that are not empty."""
    return int(
        canvas.evaluate(
            """c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data
                .filter((value, index) => index % 4 === 3 && value > 0).length"""
        )
    )


def test_a_failure_is_told_with_its_words(page: Page) -> None:
    expect(said(page, "Echo")).to_contain_text(
        "failed at update 400. It failed with ValueError: no more echo."
    )


def test_two_views_do_not_disturb_each_other(page: Page) -> None:
    press(page, "To the start", "Echo")
    expect(said(page, "Echo")).to_contain_text("Shown: update 10, epoch 0, loss 2.")
    expect(said(page)).to_contain_text("Shown: update 200 of 200")


def test_a_run_without_a_record_says_so(page: Page) -> None:
    expect(said(page, "Nothing yet")).to_have_text("No report has come yet.")


def test_the_keyboard_alone_plays_steps_and_scrubs(page: Page) -> None:
    slider = view(page).get_by_role("slider", name="update", exact=True)
    slider.focus()
    page.keyboard.press("Home")
    expect(said(page)).to_contain_text("Shown: update 0 of 200")
    page.keyboard.press("ArrowRight")
    expect(said(page)).to_contain_text("Shown: update 1 of 200")
    page.keyboard.press("Tab")
    expect(view(page).get_by_role("button", name="Play", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(view(page).get_by_role("button", name="Pause", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    expect(view(page).get_by_role("button", name="Play", exact=True)).to_be_focused()


def test_less_motion_is_a_replay_in_few_pictures(
    browser: Browser, address: str
) -> None:
    with viewing(browser, f"{address}light.html", reduced_motion="reduce") as page:
        slide(view(page).get_by_role("slider", name="replay speed"), 500)
        seen = set()
        press(page, "Play")
        for _ in range(60):
            value = view(page).get_by_role("slider", name="update", exact=True)
            seen.add(value.get_attribute("aria-valuetext"))
            page.wait_for_timeout(20)
        assert 2 <= len(seen) <= 6
        expect(said(page)).to_contain_text(re.compile("Shown: update"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_in_both_themes(
    browser: Browser, address: str, theme: str
) -> None:
    with viewing(browser, f"{address}{theme}.html", height=1400) as page:
        expect(said(page)).to_contain_text("Shown")
        assert violations(page) == []
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"watch-{theme}.png", full_page=True)


def test_it_fits_a_phone(browser: Browser, address: str) -> None:
    options = {"width": 390, "has_touch": True, "is_mobile": True}
    with viewing(browser, f"{address}light.html", **options) as page:
        expect(said(page)).to_contain_text("Shown")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        small = page.evaluate("""() => [...document.querySelectorAll(
            ".unrolled-watch :is(button, input[type=range], .unrolled-segments)")]
          .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 39.5)
          .map((e) => e.outerHTML.slice(0, 80))""")
        assert small == []
        view(page).get_by_role("button", name="To the start").tap()
        expect(said(page)).to_contain_text("Shown: update 0 of 200")
        page.screenshot(path=ARTIFACTS / "watch-phone.png", full_page=True)


def test_on_a_phone_the_slider_and_all_drawings_are_in_view_at_once(
    browser: Browser, address: str
) -> None:
    options = {"width": 390, "has_touch": True, "is_mobile": True}
    with viewing(browser, f"{address}light.html", **options) as page:
        expect(said(page)).to_contain_text("Shown")
        parts = [
            view(page).get_by_role("slider", name="update", exact=True),
            view(page).get_by_role("button", name="Play", exact=True),
            *view(page).get_by_role("img").all(),
            said(page),
        ]
        boxes = [part.bounding_box() for part in parts]
        tops = [box["y"] for box in boxes if box]
        ends = [box["y"] + box["height"] for box in boxes if box]
        assert len(tops) == 5, "slider, player, curve, path, words"
        assert max(ends) - min(tops) < 720, "there is the browser's own bar, too"


PLACES = """view => [...view.querySelectorAll(
    'button, input, canvas, .unrolled-summary, .unrolled-choice')]
  .filter((e) => e.offsetParent)
  .map((e) => Math.round(e.getBoundingClientRect().top + scrollY))"""


@pytest.mark.parametrize("width", [390, 1000])
def test_nothing_moves_whatever_is_shown(
    browser: Browser, address: str, width: int
) -> None:
    with viewing(browser, f"{address}light.html", width=width) as page:
        expect(said(page)).to_contain_text("Shown")
        before = view(page).evaluate(PLACES)
        slider = view(page).get_by_role("slider", name="update", exact=True)
        for step in (0, 40, 137):
            slide(slider, step)
            expect(said(page)).to_contain_text(f"Shown: update {step} of 200")
            assert view(page).evaluate(PLACES) == before
        view(page).get_by_role("radio", name="over the updates").check()
        page.wait_for_timeout(100)
        assert view(page).evaluate(PLACES) == before
