"""Every page, in a real browser: quiet, accessible, and never wider than the window."""

import pytest
from playwright.sync_api import Browser, Page

from tests.site.site_tools import (
    PAGES,
    WITHOUT_FORMULAS,
    Complaints,
    chapters,
    opened,
    show_in,
    unfold_everything,
    width_of,
)
from tests.site.view_tools import violations

# This rule takes a heading that is a formula for an empty one; a test of our own, in
# test_site_links.py, stands in for it.
BLIND = ["empty-table-header"]

# On a phone, whether the chapters fit is asked in test_chapter_views.py. The frame is
# all else that changes there, so a few pages stand for all.
OTHER_PAGES = [name for name in PAGES if name not in chapters()]
ACCESSIBLE_ON_A_PHONE = (PAGES[0], chapters()[0], "search")


def check_arrival(page: Page, complaints: Complaints, address: str) -> None:
    """A page is where it was asked for, has a heading, and complains about nothing."""
    assert page.url == address
    assert page.locator("main h1:visible").first.inner_text().strip()
    assert complaints.found == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_without_a_complaint_and_is_accessible(
    browser: Browser, address: str, name: str
) -> None:
    at = f"{address}{name}.html"
    with opened(browser, at) as (page, complaints):
        check_arrival(page, complaints, at)
        unfold_everything(page)
        assert violations(page, blind=BLIND) == [], f"{name} in the light"
        page.evaluate(WITHOUT_FORMULAS)
        show_in(page, "dark")  # colours are all that changes
        found = violations(page, rules=["color-contrast"])
        assert found == [], f"{name} in the dark"


@pytest.mark.parametrize("name", PAGES)
def test_beneath_a_path_a_page_loads_without_a_complaint(
    browser: Browser, sub_address: str, name: str
) -> None:
    at = f"{sub_address}{name}.html"
    with opened(browser, at) as (page, complaints):
        check_arrival(page, complaints, at)


def test_a_complaint_would_be_heard(browser: Browser, address: str) -> None:
    """The tests above are only worth something if errors and requests are noticed."""
    with opened(browser, f"{address}search.html") as (page, complaints):
        page.evaluate(
            """async () => {
              console.error('spoken');
              setTimeout(() => { throw new Error('thrown'); });
              await fetch('no-such-file').catch(() => {});
              await fetch('https://example.org/far').catch(() => {});
            }"""
        )
        page.wait_for_timeout(100)
    heard = "\n".join(complaints.found)
    for word in ("console: spoken", "thrown", "404", "https://example.org/far"):
        assert word in heard


@pytest.mark.parametrize("mount", ["address", "sub_address"])
def test_the_address_alone_leads_to_the_first_page(
    request: pytest.FixtureRequest, browser: Browser, mount: str
) -> None:
    at = request.getfixturevalue(mount)
    complaints = Complaints()
    page = browser.new_page()
    complaints.watch(page)
    page.goto(at)
    page.wait_for_url(f"{at}intro.html")
    assert page.locator("main h1:visible").first.inner_text().startswith("Unrolled")
    page.close()
    assert complaints.found == []


def test_axe_would_find_a_violation(browser: Browser, address: str) -> None:
    """The tests above are only worth something if the tool sees what is wrong."""
    with opened(browser, f"{address}pages/how_to_use.html") as (page, _):
        page.evaluate("document.querySelector('article').innerHTML += '<img src=x>'")
        assert "image-alt" in "\n".join(violations(page, blind=BLIND))
        # As on a page whose theme was switched: the dark pass sees colours alone.
        dark = "<p style='color: #222'>Dark on dark.</p>"
        add = "html => document.querySelector('article').insertAdjacentHTML"
        page.evaluate(f"{add}('beforeend', html)", dark)
        assert violations(page, rules=["color-contrast"]) == []
        show_in(page, "dark")
        assert violations(page, rules=["color-contrast"]) != []


@pytest.mark.parametrize("name", [*OTHER_PAGES, chapters()[0]])
def test_a_page_does_not_scroll_sideways_on_a_phone(
    browser: Browser, address: str, name: str
) -> None:
    with opened(browser, f"{address}{name}.html", width=390) as (page, _):
        unfold_everything(page)
        assert width_of(page) <= 390
        if name in ACCESSIBLE_ON_A_PHONE:
            assert violations(page, blind=BLIND) == []
