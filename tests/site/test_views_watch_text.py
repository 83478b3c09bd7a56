"""The text that a net writes while it is trained, replayed and live, in a browser."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.site_tools import serving
from tests.site.test_views_watch import press, recorded, said, view
from tests.site.view_tools import (
    ARTIFACTS,
    Tab,
    sharing,
    slide,
    viewing,
    violations,
    write_pages,
)
from unrolled.report import Report
from unrolled.views.live.recorder import Recorder

PLANNED = 20_000
CHINESE = "窗外的雨还在下 你的名字写在信里 我把灯留到天亮 等一封没有寄出的回信 "
ENGLISH = "the rain is still at the window, and your name is in the letter; "
RAINS = (1, 2, 3, 4, 40, 5)
SIZES = [(width, theme) for width in (390, 1280) for theme in ("light", "dark")]


def learnt(goal: str, part: float, length: int) -> str:
    """Return a text whose first part is right; the rest is one character."""
    whole = (goal * (length // len(goal) + 1))[:length]
    right = round(part * length)
    return whole[:right] + goal[1] * (length - right)


def writing(prefix: str, goal: str, length: int) -> Iterator[Report]:
    """Make a run that reports at every 100 updates and writes at every 1,000."""
    written = ""
    for step in range(100, PLANNED + 1, 100):
        part = step / PLANNED
        if step % 1000 == 0:
            written = learnt(goal, part, length)
        loss = 7.0 * (1 - part) + 0.05
        yield Report(
            step,
            step // 1000,
            np.array([loss]),
            {"perplexity": float(np.exp(loss)), "gradient_norm": 0.5 + part},
            {"prefix": prefix, "text": written},
            "text",
            planned=PLANNED,
            steps_per_epoch=1000,
        )


def rising() -> Iterator[Report]:
    """Make a run whose text is one line longer each time, and at last shorter."""
    for k in RAINS:
        sample = {"prefix": "We part", "text": "\nand so it rains" * k}
        yield Report(k, 0, np.array([1 / k]), sample=sample, panel="text")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve three views: a short text in Chinese, a longer one in English, a poem."""
    folder: Path = tmp_path_factory.mktemp("text")
    views = [
        recorded(list(writing("分开", CHINESE, 50)), "Lyrics"),
        recorded(list(writing("We part and ", ENGLISH, 300)), "English"),
        recorded(list(rising())[:4], "Verse"),
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
        expect(said(opened, "Verse")).to_contain_text("Shown")  # the last of them
        yield opened


def text(page: Page, title: str = "Lyrics") -> Locator:
    return view(page, title).get_by_role("group", name="Text", exact=True)


def scrub(page: Page, place: int, title: str = "Lyrics") -> None:
    """Go to a report of a run; the first is number 0."""
    slide(view(page, title).get_by_role("slider", name="update", exact=True), place)


def test_the_text_is_that_of_the_step(page: Page) -> None:
    shown = view(page, "Lyrics").locator(".watch-when")
    expect(text(page)).to_have_text("分开" + learnt(CHINESE, 1, 50))
    expect(shown).to_have_text("after 20,000 of 20,000 updates")
    for step, written in ((1000, 1000), (1900, 1000), (2000, 2000), (12_300, 12_000)):
        scrub(page, step // 100 - 1)
        expect(said(page, "Lyrics")).to_contain_text(f"Shown: update {step} of 20000")
        wanted = "分开" + learnt(CHINESE, written / PLANNED, 50)
        expect(text(page)).to_have_text(wanted, use_inner_text=True)
        expect(shown).to_have_text(f"after {written:,} of 20,000 updates")


def test_before_anything_is_written_there_is_the_prefix_alone(page: Page) -> None:
    press(page, "To the start", "Lyrics")
    expect(text(page)).to_have_text("分开")
    expect(view(page, "Lyrics").locator(".watch-when")).to_have_text(
        "nothing written yet"
    )


def test_the_perplexity_stands_beside_the_loss(page: Page) -> None:
    expect(said(page, "Lyrics")).to_contain_text("loss 0.05, perplexity 1.05, gradient")


def test_spaces_and_line_breaks_stay_and_a_replay_goes_to_the_end(page: Page) -> None:
    poem = "We part" + "\nand so it rains" * 4
    expect(text(page, "Verse")).to_have_text(poem, use_inner_text=True)
    press(page, "Play", "Verse")
    expect(said(page, "Verse")).to_contain_text("Shown: update 2")
    expect(said(page, "Verse")).to_contain_text("Shown: update 4")
    assert text(page, "Verse").inner_text() == poem


def test_the_prefix_is_set_apart_in_colour_and_without(page: Page) -> None:
    prefix, written = text(page).locator("span").all()
    assert prefix.inner_text() == "分开"
    look = "e => [getComputedStyle(e).textDecorationLine, getComputedStyle(e).color]"
    assert prefix.evaluate(look) == ["underline", "rgb(0, 114, 178)"]
    assert written.evaluate(look) == ["none", "rgb(26, 26, 26)"]


def test_the_text_can_be_selected_and_no_language_is_claimed(page: Page) -> None:
    text(page).evaluate("e => getSelection().selectAllChildren(e)")
    chosen = page.evaluate("getSelection().toString()")
    assert chosen == text(page).inner_text() == "分开" + learnt(CHINESE, 1, 50)
    assert view(page, "Lyrics").locator("[lang], .watch-text canvas").count() == 0


def test_what_keeps_changing_is_no_live_region(page: Page) -> None:
    live = "ancestor-or-self::*[@aria-live or @role='status' or self::output]"
    for part in (text(page), view(page, "Lyrics").locator(".watch-when")):
        assert part.locator(f"xpath={live}").count() == 0
    assert said(page, "Lyrics").locator(f"xpath={live}").count() == 1


def heights(page: Page, title: str, places: range) -> set[float]:
    """Return the heights that a view takes while its run is gone through."""
    found = set()
    for place in places:
        scrub(page, place, title)
        box = view(page, title).bounding_box()
        assert box is not None
        found.add(box["height"])
    return found


@pytest.mark.parametrize("width", [390, 1280])
def test_the_height_is_that_of_the_longest_text_from_the_first_on(
    browser: Browser, address: str, width: int
) -> None:
    with viewing(browser, f"{address}light.html", width=width) as page:
        expect(said(page, "Lyrics")).to_contain_text("Shown")
        assert len(heights(page, "Lyrics", range(0, 200, 7))) == 1
        assert len(heights(page, "English", range(0, 200, 7))) == 1
        assert len(heights(page, "Verse", range(4))) == 1
        for title in ("Lyrics", "English", "Verse"):
            scrub(page, 199, title)
            assert_nothing_to_scroll(text(page, title))
        five = text(page, "Verse").bounding_box()
        assert five is not None
        assert five["height"] == pytest.approx(5 * 24 + 18, abs=1)


def assert_nothing_to_scroll(box: Locator) -> None:
    for side in ("Width", "Height"):
        size = "(e, side) => e['scroll' + side] - e['client' + side]"
        assert box.evaluate(size, side) <= 0
    assert box.get_attribute("tabindex") is None


def test_another_width_needs_another_height(page: Page) -> None:
    expect(said(page, "English")).to_contain_text("Shown")
    found = []
    for width in (1000, 390, 700, 1000):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(150)
        assert_nothing_to_scroll(text(page, "English"))
        found.append(text(page, "English").evaluate("e => e.clientHeight"))
    assert found[0] == found[3]
    assert len({found[0], found[1]}) == 2, (
        "a phone needs fewer lines: it has one column"
    )


# Live: what a kernel would send


def frames(reports: Iterator[Report]) -> list[str]:
    """Return the frames that a view is sent, one after each report, and the record."""
    recorder, sent = Recorder("Live"), []
    for report in reports:
        recorder.add(report)
        sent.append(recorder.frame("running"))
    sent.append(recorder.record("finished"))
    return [base64.b64encode(each).decode() for each in sent]


def begin_live(page: Page, sent: list[str]) -> None:
    """Put a view without a record on the page, and let it be sent frames."""
    page.evaluate(
        """async (sent) => {
          const { PageModel } = await import('./views_mount.js');
          const { default: view } = await import('./unrolled/watch.js');
          const el = document.createElement('div');
          document.querySelector('main').append(el);
          const model = new PageModel({ title: 'Live' });
          const listeners = {};
          model.on = (event, listener) => { listeners[event] = listener; };
          window.close = view.render({ model, el });
          const bytes = (k) => new DataView(
            Uint8Array.from(atob(sent[k]), (sign) => sign.charCodeAt(0)).buffer);
          window.sendFrame = (k) => new Promise((done) => {
            listeners['msg:custom']({ kind: 'frame' }, [bytes(k)]);
            requestAnimationFrame(() => requestAnimationFrame(done));
          });
          window.sendRecord = (k) => {
            model.set('record', bytes(k));
            listeners['change:record']();
          };
        }""",
        sent,
    )


def test_a_live_text_comes_and_its_box_never_shrinks(page: Page) -> None:
    sent = frames(rising())
    begin_live(page, sent)
    tall = []
    for k in range(6):
        page.evaluate("k => sendFrame(k)", k)
        tall.append(text(page, "Live").evaluate("e => e.offsetHeight"))
        wanted = "We part" + "\nand so it rains" * RAINS[k]
        assert text(page, "Live").inner_text()[:300] == wanted[:300]
    assert [after - before for before, after in pairwise(tall)][:3] == [24, 24, 24]
    assert tall[4] == tall[5] == 16 * 24 + 18, "a very long one scrolls"
    expect(text(page, "Live")).to_have_attribute("tabindex", "0")
    page.evaluate("k => sendRecord(k)", len(sent) - 1)
    expect(view(page, "Live")).to_contain_text("recorded run, finished")
    assert text(page, "Live").evaluate("e => e.offsetHeight") == tall[5]
    assert violations(page) == []
    page.evaluate("close()")


def test_what_is_selected_stays_while_the_text_stays(page: Page) -> None:
    begin_live(page, frames(writing("分开", CHINESE, 50)))
    page.evaluate("sendFrame(30)")
    text(page, "Live").evaluate("e => getSelection().selectAllChildren(e)")
    chosen = page.evaluate("getSelection().toString()")
    assert chosen.startswith("分开窗外")
    page.evaluate("sendFrame(33)")
    assert page.evaluate("getSelection().toString()") == chosen


# How it looks


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_it_is_accessible_and_fits(
    browser: Browser, address: str, width: int, theme: str
) -> None:
    with viewing(browser, f"{address}{theme}.html", width=width) as page:
        expect(said(page, "Verse")).to_contain_text("Shown")
        scrub(page, 130)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        curve = view(page, "Lyrics").get_by_role("img").first.bounding_box()
        box = text(page).bounding_box()
        assert curve is not None
        assert box is not None
        below = box["y"] > curve["y"] + curve["height"]
        beside = box["x"] > curve["x"] + curve["width"]
        assert (below, beside) == (width == 390, width == 1280)
        ARTIFACTS.mkdir(exist_ok=True)
        file = ARTIFACTS / f"watch-text-{width}-{theme}.png"
        page.screenshot(path=file, full_page=True)


def test_on_a_phone_slider_curve_text_and_words_are_in_view_at_once(
    browser: Browser, address: str
) -> None:
    options = {"width": 390, "has_touch": True, "is_mobile": True}
    with viewing(browser, f"{address}light.html", **options) as page:
        expect(said(page, "Lyrics")).to_contain_text("Shown")
        parts = [
            view(page, "Lyrics").get_by_role("slider", name="update", exact=True),
            view(page, "Lyrics").get_by_role("img").first,
            text(page),
            said(page, "Lyrics"),
        ]
        boxes = [part.bounding_box() for part in parts]
        tops = [box["y"] for box in boxes if box]
        ends = [box["y"] + box["height"] for box in boxes if box]
        assert len(tops) == 4
        assert max(ends) - min(tops) < 720, "there is the browser's own bar, too"
