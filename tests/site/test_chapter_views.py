"""The views of the chapters on the built site: no kernel, as a reader meets them.

What each control does is tested in test_views_*.py, on pages made for it; here the
views stand where they belong, between the chapter's text, with what is stored there.

A chapter takes long to load, and its views to mount: all that is asked of it at a desk
is asked of one load, and all that is asked of it on a phone of another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.site_tools import (
    CUT_OFF,
    WITHOUT_FORMULAS,
    chapters,
    opened,
    show_in,
    unfold_everything,
    width_of,
)
from tests.site.view_tools import (
    ARTIFACTS,
    number_after,
    press,
    ranging,
    said,
    slide,
    violations,
)
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.running import train

CHARACTERS = "chapters/char_lm"
ECHO = "chapters/echo_rnn"
IMAGES = "chapters/mnist_lstm"
LINEAR = "chapters/linear_rnn"
THEORY = "chapters/theory"
CLIFF = (-1.5, 2.0)
CHAPTERS = pytest.mark.parametrize("chapter", chapters())
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
OF_THE_COURSE = {
    "chapters/char_lm": {"watch", "sampler"},
    "chapters/echo_rnn": {"watch", "echo"},
    "chapters/linear_rnn": {"watch", "surface"},
    "chapters/mnist_lstm": {"watch", "digit"},
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
    "digit": "First row",
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
    expect(said(view)).to_be_visible(timeout=30_000)
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


# --- at a desk --------------------------------------------------------------------


def check_that_views_take_their_pictures_places(page: Page, names: list[str]) -> None:
    """All views are there, in the order of the notebook, and no stand-in is seen."""
    mount_all(page)
    places = page.locator("[data-view]")
    assert places.evaluate_all("all => all.map(e => e.dataset.view)") == names
    expect(places.filter(visible=True)).to_have_count(0)


def check_that_a_view_answers(view: Locator, name: str) -> None:
    """A press of a button changes what a view says, and it has a picture to show."""
    before = told(view)
    assert before.strip(), f"{name} says nothing"
    view.get_by_role("button", name=re.compile(f"^{ANSWERS[name]}")).first.click()
    for _ in range(50):
        if told(view) != before:
            break
        view.page.wait_for_timeout(50)
    assert told(view) != before, f"{name} does not answer"
    pictures = view.locator("canvas, svg").filter(visible=True).all()
    boxes = [picture.bounding_box() for picture in pictures]
    large = [box for box in boxes if box and min(box["width"], box["height"]) > 100]
    assert large, f"{name} has no picture"


def check_that_views_are_accessible_in_both_themes(page: Page) -> None:
    page.evaluate(WITHOUT_FORMULAS)  # they are no part of the views
    for theme in ("light", "dark"):
        show_in(page, theme)
        assert violations(page, ".unrolled-mounted") == [], theme


def check_the_replay_of_a_published_run(page: Page) -> None:
    """The run of the linear chapter is replayed, scrubbed and stepped."""
    reports = list(train(ScalarModel(*CLIFF), counting.published(), Rprop(1e-3), 500))
    view = mounted(page.locator("[data-view=watch]").first)

    def shows(step: int) -> None:
        expect(said(view)).to_contain_text(f"Shown: update {step} of 500,")
        text, report = said(view).inner_text(), reports[step]
        assert number_after("loss", text) == pytest.approx(report.loss, rel=6e-3)
        norm = report.metrics["gradient_norm"]
        assert number_after("gradient norm", text) == pytest.approx(norm, rel=6e-3)

    expect(said(view)).to_contain_text("Recorded run, finished at update 500.")
    shows(500)
    for button, step in (("To the start", 0), ("Next", 1)):
        press(view, button)
        shows(step)
    slide(ranging(view, "update"), 137)
    shows(137)
    press(view, "Back")
    shows(136)
    press(view, "Play")
    expect(said(view)).to_contain_text(re.compile(r"update (?!136)\d+ of"))
    press(view, "Pause")
    found = re.search(r"update (\d+) of", said(view).inner_text())
    assert found is not None
    assert int(found[1]) > 136
    shows(int(found[1]))


def check_that_the_answers_to_the_race_are_folded(page: Page) -> None:
    section = page.locator("#race-them-yourself")
    answer = section.get_by_text(re.compile("258"))
    assert answer.count() == 2, "in words and printed"
    for each in answer.all():
        expect(each).to_be_hidden()
    bend = page.locator("#watch-it-happen").get_by_text("comes to the corner")
    expect(bend).to_be_hidden()
    section.get_by_text("Our answers").click()
    expect(answer.filter(visible=True)).to_have_count(1)


def check_the_replay_of_the_echo_with_its_five_sequences(page: Page) -> None:
    view = mounted(page.locator("[data-view=watch]"))
    canvas = view.get_by_role("img").nth(1)

    def shows_the_end() -> None:
        expect(said(view)).to_contain_text("Shown: update 66600 of 66600, epoch 100")
        right = "5 sequences of 15 steps after update 66600: 0 of 75 predictions"
        expect(canvas).to_have_attribute("aria-label", re.compile(right))

    shows_the_end()
    view.get_by_role("button", name="To the start").click()
    expect(canvas).to_have_attribute(
        "aria-label", re.compile(r"5 sequences .* after update [1-9]\d{2}: \d+ of 75")
    )
    ranging(view, "update").press("End")
    shows_the_end()


def check_the_replay_of_what_the_net_of_characters_wrote(page: Page) -> None:
    view = mounted(page.locator("[data-view=watch]"))
    expect(said(view)).to_contain_text("Shown: update 400 of 400, epoch 50")
    written = view.locator(".watch-words:not([aria-hidden] *)").first
    expect(written).to_contain_text("分开")
    last = written.inner_text()
    assert len(last) >= 52
    view.get_by_role("button", name="To the start").click()
    expect(written).not_to_have_text(last)
    expect(written).to_contain_text("分开")
    ranging(view, "update").press("End")
    expect(written).to_have_text(last)


AT_A_DESK: dict[str, list[Callable[[Page], None]]] = {
    LINEAR: [
        check_that_the_answers_to_the_race_are_folded,
        check_the_replay_of_a_published_run,
    ],
    ECHO: [check_the_replay_of_the_echo_with_its_five_sequences],
    CHARACTERS: [check_the_replay_of_what_the_net_of_characters_wrote],
}
"""What is asked of a chapter's own views; they are left so that "Back" leads on."""


@CHAPTERS
def test_every_view_takes_its_pictures_place_answers_and_is_accessible(
    browser: Browser, site: Path, sub_address: str, chapter: str
) -> None:
    """Beneath a path, where an address that starts at the host's root would fail."""
    names = [name for name, _ in stored(site, chapter)]
    with opened(browser, f"{sub_address}{chapter}.html") as (page, complaints):
        for check in AT_A_DESK.get(chapter, []):
            check(page)
        check_that_views_take_their_pictures_places(page, names)
        for name, view in zip(names, mount_all(page), strict=True):
            check_that_a_view_answers(view, name)
        assert complaints.found == []
        check_that_views_are_accessible_in_both_themes(page)


def test_views_answer_at_the_root_of_a_host_too(
    browser: Browser, site: Path, address: str
) -> None:
    names = [name for name, _ in stored(site, ECHO)]
    with opened(browser, f"{address}{ECHO}.html") as (page, complaints):
        check_that_views_take_their_pictures_places(page, names)
        for name, view in zip(names, mount_all(page), strict=True):
            check_that_a_view_answers(view, name)
        assert complaints.found == []


# --- on a phone --------------------------------------------------------------------

# Of each view and of the boxes around it: those that are wider than what they show.
SCROLLING = """views => views.flatMap((view) => {
  const boxes = [];
  for (let e = view; e; e = e.parentElement) boxes.push(e);
  return boxes.filter((e) => e.scrollWidth > e.clientWidth && e.clientWidth > 0)
    .map((e) => `${e.tagName}.${e.className}: ${e.scrollWidth} in ${e.clientWidth}`);
})"""

# Code of solutions that is wider than the page, and that no keyboard can scroll.
OUT_OF_REACH = """() => [...document.querySelectorAll('.solution pre')]
  .filter(e => e.scrollWidth > e.clientWidth && e.tabIndex < 0)
  .map(e => e.textContent.slice(0, 80))"""

# Of the theory chapter: what the text and the code say of a figure's question.
ANSWERS_IN_WORDS = (
    "a weight that multiplied a zero has no part in the result",
    "weights between",
    "Open the input gate at step 5 and at no other",
)
ANSWERS_IN_NUMBERS = ("step 1 gives W_hh", "26 weights, of size 0.93", "h_50 = 0.7616")


def folded_answers(page: Page, chapter: str) -> list[Locator]:
    """Find the answers that a chapter must keep folded, and see that it does."""
    if chapter != THEORY:
        return []
    answers = [page.locator("p", has_text=text) for text in ANSWERS_IN_WORDS]
    answers += [page.locator("pre", has_text=text) for text in ANSWERS_IN_NUMBERS]
    for answer in answers:
        expect(answer).to_have_count(1)
        expect(answer).to_be_hidden()
    return answers


def check_that_nothing_around_a_view_scrolls_sideways(page: Page) -> None:
    mount_all(page)
    assert width_of(page) <= 390
    views = page.locator(".unrolled-mounted > .unrolled-view")
    assert views.evaluate_all(SCROLLING) == []


def check_that_rprop_wins_the_race_from_the_cliff(page: Page) -> None:
    view = mounted(page.locator("[data-view=surface]"))
    expect(said(view)).to_contain_text("from (−1.5, 2). Ready: gradient descent")
    view.get_by_role("checkbox", name="Rprop", exact=True).tap()
    view.get_by_role("button", name="Play", exact=True).tap()
    expect(said(view)).to_contain_text("Rprop wins", timeout=20_000)
    expect(said(view)).to_contain_text("Diverged: gradient descent")
    assert width_of(page) <= 390
    view.screenshot(path=ARTIFACTS / "chapter-race-phone.png")


def check_that_one_step_more_teaches_the_echo(page: Page) -> None:
    view = mounted(page.locator("[data-view=echo]"))
    expect(said(view)).to_contain_text("Not trained yet. The gradient ends too")
    view.get_by_role("button", name="Increase width of a window").tap()
    expect(said(view)).to_contain_text("1 of a window’s 4 targets has the input")
    view.get_by_role("slider", name="speed", exact=True).press("End")
    view.get_by_role("button", name="Play", exact=True).tap()
    expect(said(view)).to_contain_text("learnt", timeout=30_000)
    assert width_of(page) <= 390
    page.screenshot(path=ARTIFACTS / "chapter-echo-phone.png")


def check_that_the_gates_are_worked_under_their_plot(page: Page) -> None:
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
        own = button.bounding_box()
        watch = view.locator(".gates-watch").bounding_box()
        assert own is not None
        assert watch is not None
        # It is not beneath the site's bar.
        assert watch["y"] >= bar["y"] + bar["height"] - 1
        assert watch["y"] + watch["height"] <= own["y"]
        button.tap()
    expect(view.locator(".gates-state").last).to_have_text("o1 = 1.00, open")
    page.screenshot(path=ARTIFACTS / "chapter-gates-phone.png")


def check_that_the_sampler_writes_chinese(page: Page) -> None:
    view = mounted(page.locator("[data-view=sampler]"))
    view.get_by_role("radio", name="中文").check()
    expect(view.get_by_role("textbox", name="Prefix")).to_have_value("分开")
    for _ in range(3):
        view.get_by_role("button", name="Step", exact=True).tap()
    expect(said(view)).to_contain_text("3")
    assert width_of(page) <= 390
    view.screenshot(path=ARTIFACTS / "chapter-sampler-phone.png")


def check_that_a_digit_is_drawn_with_a_finger(page: Page) -> None:
    view = mounted(page.locator("[data-view=digit]"))
    before = said(view).inner_text()
    pad = view.locator(".digit-pad")
    pad.scroll_into_view_if_needed()  # a finger meets nothing beyond the screen
    box = pad.bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(said(view)).not_to_have_text(before)
    expect(view.get_by_role("button", name="Clear")).to_be_enabled()
    assert width_of(page) <= 390
    view.screenshot(path=ARTIFACTS / "chapter-digit-phone.png")


ON_A_PHONE: dict[str, Callable[[Page], None]] = {
    THEORY: check_that_the_gates_are_worked_under_their_plot,
    LINEAR: check_that_rprop_wins_the_race_from_the_cliff,
    ECHO: check_that_one_step_more_teaches_the_echo,
    CHARACTERS: check_that_the_sampler_writes_chinese,
    IMAGES: check_that_a_digit_is_drawn_with_a_finger,
}
"""What is asked of a chapter's own views on a phone."""


@CHAPTERS
def test_on_a_phone_a_chapter_fits_and_its_view_is_worked_with_a_finger(
    browser: Browser, address: str, chapter: str
) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    with opened(browser, f"{address}{chapter}.html", **PHONE) as (page, complaints):
        wide = page.evaluate(CUT_OFF)
        assert [formula for formula in wide if formula[0] != "auto"] == []
        answers = folded_answers(page, chapter)
        unfold_everything(page)
        assert width_of(page) <= 390
        assert page.evaluate(OUT_OF_REACH) == []
        for answer in answers:
            expect(answer).to_be_visible()
        check_that_nothing_around_a_view_scrolls_sideways(page)
        if chapter in ON_A_PHONE:
            ON_A_PHONE[chapter](page)
        assert complaints.found == []


# --- without scripts ----------------------------------------------------------------


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
