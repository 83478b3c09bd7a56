"""What a reader does with the site: search, unfold, download, launch."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from tests.site.site_tools import (
    CUT_OFF,
    ROOT,
    Build,
    build_variant,
    chapters,
    opened,
)
from tests.site.view_tools import violations

HUB = "https://hub.example.org"
CODE_HOST = "https://github.com/example/course"


# --- reading --------------------------------------------------------------------


def test_the_search_page_finds_a_word(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}search.html?q=gradient") as (page, complaints):
        results = page.locator("#search-results li a")
        expect(results.first).to_be_visible(timeout=10_000)
        assert any("theory" in str(a.get_attribute("href")) for a in results.all())
        assert complaints.found == []


def test_the_search_field_leads_to_the_results(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}pages/notation.html") as (page, _):
        page.locator(".bd-sidebar-primary .search-button-field").click()
        field = page.locator("#pst-search-dialog input[type=search]")
        expect(field).to_be_visible()
        field.fill("recurrent")
        field.press("Enter")
        page.wait_for_url(re.compile(r"search\.html\?q=recurrent"))
        expect(page.locator("#search-results li a").first).to_be_visible()


def check_that_formulas_are_set_by_the_local_mathjax(page: Page) -> None:
    assert page.locator("mjx-container").count() > 0
    assert page.locator("mjx-merror").count() == 0
    assert page.evaluate("MathJax.version") == "3.2.2"
    source = page.locator("script[src*='mathjax']").first.get_attribute("src")
    assert str(source).split("?")[0].endswith("_static/mathjax/tex-mml-chtml.js")
    loaded = page.evaluate(
        "[...document.fonts].filter(f => f.status == 'loaded').map(f => f.family)"
    )
    assert any("MJXTEX" in family for family in loaded)


def check_that_no_formula_is_cut_off_nor_has_to_scroll(page: Page) -> None:
    assert page.evaluate(CUT_OFF) == []
    assert page.locator("article .unrolled-wide").count() == 0


@pytest.mark.parametrize("name", ["intro", "pages/notation"])
def test_formulas_are_set_by_the_local_mathjax_and_not_cut_off(
    browser: Browser, sub_address: str, name: str
) -> None:
    with opened(browser, f"{sub_address}{name}.html") as (page, complaints):
        check_that_formulas_are_set_by_the_local_mathjax(page)
        check_that_no_formula_is_cut_off_nor_has_to_scroll(page)
        assert complaints.found == []


LONG = rf"\(a{'+ b' * 60}\)"
WIDE_FORMULA = f"<p>as in <span class='math'>{LONG}</span>.</p>"


def test_a_formula_wider_than_a_phone_scrolls_by_itself(
    browser: Browser, address: str
) -> None:
    with opened(browser, f"{address}pages/notation.html", width=390) as (page, _):
        own = page.evaluate(CUT_OFF)
        assert [formula for formula in own if formula[0] != "auto"] == []
        page.evaluate(
            """async html => {
              document.querySelector('article').insertAdjacentHTML('afterbegin', html);
              await MathJax.typesetPromise();
              window.dispatchEvent(new Event('resize'));
            }""",
            WIDE_FORMULA,
        )
        formula = page.locator("article span.math").first
        assert formula.evaluate("e => getComputedStyle(e).overflowX") == "auto"
        assert formula.evaluate("e => e.getBoundingClientRect().right <= 390")
        formula.locator("mjx-container").focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "() => document.querySelector('article span.math').scrollLeft > 0"
        )


def test_the_switch_changes_the_colours_and_is_remembered(
    browser: Browser, address: str
) -> None:
    with opened(browser, f"{address}pages/notation.html") as (page, _):
        assert page.locator("html").get_attribute("data-theme") == "light"
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        switch = page.locator(".theme-switch-button")
        for _ in range(3):  # light, dark and the system's choice, in a circle
            switch.click()
            if page.locator("html").get_attribute("data-mode") == "dark":
                break
        assert page.locator("html").get_attribute("data-theme") == "dark"
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert dark != light
        assert page.evaluate("localStorage.getItem('theme')") == "dark"


def test_a_page_opens_in_the_theme_that_was_chosen(
    browser: Browser, address: str
) -> None:
    at, ground = f"{address}pages/how_to_use.html", []
    for theme in ("light", "dark"):
        with opened(browser, at, theme=theme) as (page, complaints):
            assert page.locator("html").get_attribute("data-theme") == theme
            assert violations(page, rules=["color-contrast"]) == [], theme
            ground.append(
                page.evaluate("getComputedStyle(document.body).backgroundColor")
            )
            assert complaints.found == []
    assert ground[0] != ground[1]


# --- chapters -------------------------------------------------------------------


def check_that_solutions_are_folded_and_open_on_a_click(page: Page) -> None:
    solutions = page.locator("div.admonition.solution")
    assert solutions.count() > 0
    for solution in solutions.all():
        body = solution.locator(".admonition-title + *").first
        expect(body).to_be_hidden()
        solution.locator("> .admonition-title").click()
        expect(body).to_be_visible()


def check_that_the_notebook_can_be_downloaded(
    page: Page, name: str, folder: Path
) -> None:
    button = page.get_by_role("link", name="Download notebook")
    with page.expect_download() as waiting:
        button.click()
    assert waiting.value.suggested_filename == f"{Path(name).name}.ipynb"
    waiting.value.save_as(folder / "downloaded.ipynb")
    downloaded = json.loads((folder / "downloaded.ipynb").read_text("utf-8"))
    assert downloaded == json.loads((ROOT / f"{name}.ipynb").read_text("utf-8"))


@pytest.mark.parametrize("name", chapters())
def test_a_chapters_formulas_solutions_and_download(
    browser: Browser, sub_address: str, tmp_path: Path, name: str
) -> None:
    """All on one load. What is wide on a phone is in test_chapter_views.py."""
    with opened(browser, f"{sub_address}{name}.html") as (page, complaints):
        check_that_formulas_are_set_by_the_local_mathjax(page)
        check_that_no_formula_is_cut_off_nor_has_to_scroll(page)
        check_that_solutions_are_folded_and_open_on_a_click(page)
        check_that_the_notebook_can_be_downloaded(page, name, tmp_path)
        assert complaints.found == []


@pytest.mark.parametrize("name", chapters())
def test_every_solution_follows_its_exercise(site: Path, name: str) -> None:
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(text, "html.parser")
    order = [
        "exercise" if "exercise" in box["class"] else "solution"
        for box in soup.select("div.admonition.exercise, div.admonition.solution")
    ]
    assert order.count("exercise") == order.count("solution") > 0
    assert order == ["exercise", "solution"] * order.count("exercise")


def test_a_page_that_is_no_notebook_has_no_download(site: Path) -> None:
    assert "Download notebook" not in (site / "intro.html").read_text("utf-8")


def test_the_status_page_shows_what_the_notebooks_recorded(site: Path) -> None:
    text = (site / "pages" / "status.html").read_text(encoding="utf-8")
    rows = [
        [cell.get_text(strip=True) for cell in row.find_all("td")]
        for row in BeautifulSoup(text, "html.parser").select("table tr")
    ]
    for name in chapters():
        notebook = json.loads((ROOT / f"{name}.ipynb").read_text("utf-8"))
        record = notebook["metadata"]["unrolled"]
        times = [f"{record['seconds']:.1f} s", record["date"], record["processor"]]
        assert times in [row[1:] for row in rows]
        for package, version in record["versions"].items():
            assert [package, version] in [row[:2] for row in rows]


# --- launching ------------------------------------------------------------------


def hrefs(html: Path, name: str) -> list[str]:
    """List the addresses of the links in the header of a page."""
    text = (html / f"{name}.html").read_text(encoding="utf-8")
    buttons = BeautifulSoup(text, "html.parser").select(".article-header-buttons a")
    return [str(button["href"]) for button in buttons]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Build:
    changes = {
        "repository": {"url": CODE_HOST, "branch": "main"},
        "launch_buttons": {"jupyterhub_url": HUB},
    }
    return build_variant(tmp_path_factory.mktemp("published"), changes)


def test_an_unpublished_book_has_no_launch_buttons(site: Path) -> None:
    for name in ["intro", *chapters()]:
        assert [link for link in hrefs(site, name) if "://" in link] == []
        text = (site / f"{name}.html").read_text("utf-8")
        assert "pip install git" not in text
        assert "executablebooks" not in text


def test_a_published_book_builds_without_a_warning(published: Build) -> None:
    assert published.status == 0, published.output[-3000:]


@pytest.mark.parametrize("name", chapters())
def test_a_published_chapter_can_be_launched(published: Build, name: str) -> None:
    found = hrefs(published.html, name)
    binder = f"https://mybinder.org/v2/gh/example/course/main?urlpath=lab/tree/{name}"
    colab = "https://colab.research.google.com/github/example/course/blob/main/"
    assert f"{binder}.ipynb" in found
    assert f"{colab}{name}.ipynb" in found
    assert any(link.startswith(f"{HUB}/hub/user-redirect/git-pull?") for link in found)
    assert CODE_HOST in found
    text = (published.html / f"{name}.html").read_text("utf-8")
    assert f"%pip install git+{CODE_HOST}@main" in text


def test_a_published_page_that_is_no_notebook_is_not_launched(
    published: Build,
) -> None:
    found = hrefs(published.html, "intro")
    assert CODE_HOST in found
    assert not [link for link in found if "colab" in link or "binder" in link]


def test_another_host_has_no_colab_button_and_the_wheel_is_named(
    tmp_path: Path,
) -> None:
    wheel = "https://files.example.org/unrolled-0.1.0-py3-none-any.whl"
    config = build_config(wheel)
    done = build_variant(
        tmp_path,
        {"repository": {"url": "https://gitlab.com/example/course"}, "sphinx": config},
    )
    assert done.status == 0, done.output[-3000:]
    found = hrefs(done.html, chapters()[0])
    assert not [link for link in found if "colab" in link]
    assert [link for link in found if "mybinder.org/v2/gl/" in link]
    text = (done.html / f"{chapters()[0]}.html").read_text("utf-8")
    assert f"%pip install {wheel}" in text


def build_config(wheel: str) -> dict[str, object]:
    """Return the section `sphinx` of the configuration with the wheel's address set."""
    import yaml

    text = (ROOT / "_config.yml").read_text(encoding="utf-8")
    section: dict[str, object] = yaml.safe_load(text)["sphinx"]
    config = section["config"]
    assert isinstance(config, dict)
    config["unrolled_wheel"] = wheel
    return section
