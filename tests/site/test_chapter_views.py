"""The views of the chapters on the built site: no kernel, as a reader meets them.

What each control does is tested in test_views_*.py, on pages made for it; here the
views stand where they belong, between the chapter's text, with what is stored there.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.site_tools import chapters, opened, unfold_everything
from tests.site.view_tools import ARTIFACTS, number_after, said, slide, violations
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.running import train

CHARACTERS = "chapters/char_lm"
ECHO = "chapters/echo_rnn"
LINEAR = "chapters/linear_rnn"
THEORY = "chapters/theory"
CLIFF = (-1.5, 2.0)
MOUNTS = pytest.mark.parametrize("mount", ["address", "sub_address"])
CHAPTERS = pytest.mark.parametrize("chapter", chapters())
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
OF_THE_COURSE = {
    "chapters/char_lm": {"watch", "sampler"},
    "chapters/echo_rnn": {"watch", "echo"},
    "chapters/linear_rnn": {"watch", "surface"},
    "chapters/theory": {"unroll", "gates"},
}
"""Views that a chapter must have; it may have others."""

# What to press in a view, so that it says something else.
ANSWERS = {
    "watch": "Back",
    "surface": "Next",
    "unroll": "Step",
    "gates": "Open",
    "echo": r"\+1 window",
    "sampler": "Step",
}


def stored(site: Path, chapter: str) -> list[tuple[str, str]]:
    """List the views of a built notebook: module, and words for its picture."""
    notebook = nbformat.read(site / "_sources" / f"{chapter}.ipynb", as_version=4)
    html = [
        output.data["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    found = BeautifulSoup("".join(html), "html.parser").select("[data-view]")
    return [(view["data-view"], view.img["alt"]) for view in found]


def mounted(place: Locator) -> Locator:
    """Go to where a view belongs, and wait until it is there."""
    place.evaluate("e => e.scrollIntoView({block: 'center'})")
    view = place.locator("+ .unrolled-mounted > .unrolled-view")
    expect(said(view)).to_be_visible(timeout=10_000)
    return view


def mount_all(page: Page) -> list[Locator]:
    """Unfold a page and go to each of its views."""
    unfold_everything(page)
    return [mounted(place) for place in page.locator("[data-view]").all()]


def told(view: Locator) -> str:
    """Read all that a view says in words and numbers."""
    return " ".join(view.locator("output, .unrolled-summary").all_inner_texts())


def test_the_chapters_have_the_views_of_the_course(site: Path) -> None:
    for chapter, wanted in OF_THE_COURSE.items():
        assert wanted <= {name for name, _ in stored(site, chapter)}


@CHAPTERS
@MOUNTS
def test_every_view_takes_its_pictures_place_and_answers(
    request: pytest.FixtureRequest,
    browser: Browser,
    site: Path,
    mount: str,
    chapter: str,
) -> None:
    at = request.getfixturevalue(mount)
    with opened(browser, f"{at}{chapter}.html") as (page, complaints):
        views = mount_all(page)
        names = [name for name, _ in stored(site, chapter)]
        places = page.locator("[data-view]")
        assert places.evaluate_all("all => all.map(e => e.dataset.view)") == names
        expect(places.filter(visible=True)).to_have_count(0)
        for name, view in zip(names, views, strict=True):
            before = told(view)
            assert before.strip()
            button = re.compile(f"^{ANSWERS[name]}")
            view.get_by_role("button", name=button).first.click()
            for _ in range(50):
                if told(view) != before:
                    break
                page.wait_for_timeout(50)
            assert told(view) != before, f"{name} does not answer"
            pictures = view.locator("canvas, svg").filter(visible=True).all()
            boxes = [picture.bounding_box() for picture in pictures]
            assert any(box and min(box["width"], box["height"]) > 100 for box in boxes)
        assert complaints.found == []


@MOUNTS
def test_the_run_of_the_chapter_is_replayed_scrubbed_and_stepped(
    request: pytest.FixtureRequest, browser: Browser, mount: str
) -> None:
    task, at = counting.published(), request.getfixturevalue(mount)
    reports = list(train(ScalarModel(*CLIFF), task, Rprop(1e-3), 500))
    with opened(browser, f"{at}{LINEAR}.html") as (page, complaints):
        view = mounted(page.locator("[data-view=watch]").first)
        scrub = view.get_by_role("slider", name="update", exact=True)

        def press(name: str) -> None:
            view.get_by_role("button", name=name, exact=True).click()

        def shows(step: int) -> None:
            expect(said(view)).to_contain_text(f"Shown: update {step} of 500,")
            text, report = said(view).inner_text(), reports[step]
            assert number_after("loss", text) == pytest.approx(report.loss, rel=6e-3)
            norm = report.metrics["gradient_norm"]
            assert number_after("gradient norm", text) == pytest.approx(norm, rel=6e-3)

        expect(said(view)).to_contain_text("Recorded run, finished at update 500.")
        shows(500)
        press("To the start")
        shows(0)
        press("Next")
        shows(1)
        slide(scrub, 137)
        shows(137)
        press("Back")
        shows(136)
        press("Play")
        expect(said(view)).to_contain_text(re.compile(r"update (?!136)\d+ of"))
        press("Pause")
        found = re.search(r"update (\d+) of", said(view).inner_text())
        assert found is not None
        assert int(found[1]) > 136
        shows(int(found[1]))
        assert complaints.found == []


def test_on_a_phone_rprop_wins_the_race_from_the_cliff(
    browser: Browser, address: str
) -> None:
    with opened(browser, f"{address}{LINEAR}.html", **PHONE) as (page, complaints):
        view = mounted(page.locator("[data-view=surface]"))
        expect(said(view)).to_contain_text("from (−1.5, 2). Ready: gradient descent")
        view.get_by_role("checkbox", name="Rprop", exact=True).tap()
        view.get_by_role("button", name="Play", exact=True).tap()
        expect(said(view)).to_contain_text("Rprop wins", timeout=20_000)
        expect(said(view)).to_contain_text("Diverged: gradient descent")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        ARTIFACTS.mkdir(exist_ok=True)
        view.screenshot(path=ARTIFACTS / "chapter-race-phone.png")
        assert complaints.found == []


def test_the_echo_run_is_replayed_with_its_five_sequences(
    browser: Browser, address: str
) -> None:
    with opened(browser, f"{address}{ECHO}.html") as (page, complaints):
        view = mounted(page.locator("[data-view=watch]"))
        canvas = view.get_by_role("img").nth(1)
        expect(said(view)).to_contain_text("Shown: update 66600 of 66600, epoch 100")
        right = "5 sequences of 15 steps after update 66600: 0 of 75 predictions"
        expect(canvas).to_have_attribute("aria-label", re.compile(right))
        view.get_by_role("button", name="To the start").click()
        expect(canvas).to_have_attribute(
            "aria-label",
            re.compile(r"5 sequences .* after update [1-9]\d{2}: \d+ of 75"),
        )
        assert complaints.found == []


def test_on_a_phone_one_step_more_teaches_the_echo(
    browser: Browser, address: str
) -> None:
    with opened(browser, f"{address}{ECHO}.html", **PHONE) as (page, complaints):
        view = mounted(page.locator("[data-view=echo]"))
        expect(said(view)).to_contain_text("Not trained yet. The gradient ends too")
        view.get_by_role("button", name="Increase width of a window").tap()
        expect(said(view)).to_contain_text("1 of a window’s 4 targets has the input")
        view.get_by_role("slider", name="speed", exact=True).press("End")
        view.get_by_role("button", name="Play", exact=True).tap()
        expect(said(view)).to_contain_text("learnt", timeout=30_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / "chapter-echo-phone.png")
        assert complaints.found == []


# Of the theory chapter: what the text and the code say of a figure's question.
ANSWERS_IN_WORDS = (
    "a weight that multiplied a zero has no part in the result",
    "weights between",
    "Open the input gate at step 5 and at no other",
)
ANSWERS_IN_NUMBERS = ("step 1 gives W_hh", "weights from -1.16", "h_50 = 0.7616")


def test_the_theory_chapter_keeps_its_answers_folded(
    browser: Browser, address: str
) -> None:
    with opened(browser, f"{address}{THEORY}.html", **PHONE) as (page, complaints):
        answers = [page.locator("p", has_text=text) for text in ANSWERS_IN_WORDS]
        answers += [page.locator("pre", has_text=text) for text in ANSWERS_IN_NUMBERS]
        for answer in answers:
            expect(answer).to_have_count(1)
            expect(answer).to_be_hidden()
        unfold_everything(page)
        for answer in answers:
            expect(answer).to_be_visible()
        assert complaints.found == []


def test_on_a_phone_the_gates_are_worked_under_their_plot(
    browser: Browser, address: str
) -> None:
    with opened(browser, f"{address}{THEORY}.html", **PHONE) as (page, complaints):
        view = mounted(page.locator("[data-view=gates]"))
        expect(view.locator(".gates-task li.is-done")).to_have_count(0)
        bar = page.locator(".bd-header-article").bounding_box()
        assert bar is not None
        for name in (
            "Open the output gate at step 1",
            "Increase tanh unit: weight w rec",
        ):
            button = view.get_by_role("button", name=name)
            button.evaluate("e => e.scrollIntoView({ block: 'center' })")
            own, watch = (
                button.bounding_box(),
                view.locator(".gates-watch").bounding_box(),
            )
            assert own is not None
            assert watch is not None
            assert (
                watch["y"] >= bar["y"] + bar["height"] - 1
            )  # not beneath the site's bar
            assert watch["y"] + watch["height"] <= own["y"]
            button.tap()
        expect(view.locator(".gates-state").last).to_have_text("o1 = 1.00, open")
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / "chapter-gates-phone.png")
        assert complaints.found == []


def test_the_answers_to_the_race_are_folded_until_they_are_asked_for(
    browser: Browser, address: str
) -> None:
    with opened(browser, f"{address}{LINEAR}.html") as (page, _):
        section = page.locator("#race-them-yourself")
        answer = section.get_by_text(re.compile("258"))
        assert answer.count() == 2, "in words and printed"
        for each in answer.all():
            expect(each).to_be_hidden()
        bend = page.locator("#watch-it-happen").get_by_text("comes to the corner")
        expect(bend).to_be_hidden()
        section.get_by_text("Our answers").click()
        expect(answer.filter(visible=True)).to_have_count(1)


# The formulas are no part of the views, and axe-core takes long to look past them.
WITHOUT_FORMULAS = "document.querySelectorAll('mjx-container').forEach(e => e.remove())"


@CHAPTERS
def test_the_views_of_a_chapter_are_accessible_in_both_themes(
    browser: Browser, address: str, chapter: str
) -> None:
    with opened(browser, f"{address}{chapter}.html") as (page, _):
        mount_all(page)
        page.evaluate(WITHOUT_FORMULAS)
        for theme in ("light", "dark"):
            page.evaluate(
                "theme => document.documentElement.dataset.theme = theme", theme
            )
            page.wait_for_timeout(400)  # what is unfolded fades in
            assert violations(page, ".unrolled-mounted") == []


# Of each view and of the boxes around it: those that are wider than what they show.
SCROLLING = """views => views.flatMap((view) => {
  const boxes = [];
  for (let e = view; e; e = e.parentElement) boxes.push(e);
  return boxes.filter((e) => e.scrollWidth > e.clientWidth && e.clientWidth > 0)
    .map((e) => `${e.tagName}.${e.className}: ${e.scrollWidth} in ${e.clientWidth}`);
})"""


@CHAPTERS
def test_nothing_around_a_view_scrolls_sideways_on_a_phone(
    browser: Browser, address: str, chapter: str
) -> None:
    with opened(browser, f"{address}{chapter}.html", width=390) as (page, _):
        mount_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        views = page.locator(".unrolled-mounted > .unrolled-view")
        assert views.evaluate_all(SCROLLING) == []


@CHAPTERS
def test_without_scripts_there_are_pictures_with_words(
    browser: Browser, site: Path, address: str, chapter: str
) -> None:
    profile = browser.new_context(java_script_enabled=False)
    page = profile.new_page()
    page.goto(f"{address}{chapter}.html")
    places = page.locator("[data-view]").all()
    for place, (_, alt) in zip(places, stored(site, chapter), strict=True):
        picture = place.get_by_role("img", name=alt, exact=True)
        expect(picture).to_be_visible()
        box = picture.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 100
        expect(place).to_contain_text("This figure is interactive")
    assert page.locator(".unrolled-mounted").count() == 0
    profile.close()


def test_the_character_run_is_replayed_with_what_the_net_wrote(
    browser: Browser, address: str
) -> None:
    with opened(browser, f"{address}{CHARACTERS}.html") as (page, complaints):
        view = mounted(page.locator("[data-view=watch]"))
        expect(said(view)).to_contain_text("Shown: update 400 of 400, epoch 50")
        written = view.locator(".watch-words:not([aria-hidden] *)").first
        expect(written).to_contain_text("分开")
        last = written.inner_text()
        assert len(last) >= 52
        view.get_by_role("button", name="To the start").click()
        expect(written).not_to_have_text(last)
        expect(written).to_contain_text("分开")
        assert complaints.found == []


def test_on_a_phone_the_sampler_writes_chinese(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}{CHARACTERS}.html", **PHONE) as (page, complaints):
        view = mounted(page.locator("[data-view=sampler]"))
        view.get_by_role("radio", name="中文").check()
        expect(view.get_by_role("textbox", name="Prefix")).to_have_value("分开")
        for _ in range(3):
            view.get_by_role("button", name="Step", exact=True).tap()
        expect(said(view)).to_contain_text("3")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        ARTIFACTS.mkdir(exist_ok=True)
        view.screenshot(path=ARTIFACTS / "chapter-sampler-phone.png")
        assert complaints.found == []
