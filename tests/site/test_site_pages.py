"""Every page, in a real browser: quiet, accessible, and never wider than the window."""

import pytest
from playwright.sync_api import Browser

from tests.site.site_tools import (
    AXE,
    PAGES,
    Complaints,
    chapters,
    opened,
    unfold_everything,
)

# Colours are all that changes in the dark, and the frame all that changes on a phone.
CASES = [
    *((name, "light", 1440, None) for name in PAGES),
    *((name, "dark", 1440, ["color-contrast"]) for name in PAGES),
    *((name, "light", 390, None) for name in (PAGES[0], chapters()[0], "search")),
]


# This rule takes a heading that is a formula for an empty one; a test of our own, in
# test_site_links.py, stands in for it.
BLIND = {"empty-table-header": {"enabled": False}}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("mount", ["address", "sub_address"])
def test_a_page_loads_without_a_complaint(
    request: pytest.FixtureRequest, browser: Browser, mount: str, name: str
) -> None:
    at = request.getfixturevalue(mount)
    with opened(browser, f"{at}{name}.html") as (page, complaints):
        assert page.url == f"{at}{name}.html"
        assert page.locator("main h1:visible").first.inner_text().strip()
        assert complaints.found == []


def test_a_complaint_would_be_heard(browser: Browser, address: str) -> None:
    """The test above is only worth something if errors and requests are noticed."""
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


def violations(
    browser: Browser, address: str, theme: str, width: int, rules: list[str] | None
) -> list[str]:
    """List what axe-core finds on a page with everything unfolded, briefly."""
    options: dict[str, object] = {"resultTypes": ["violations"], "rules": BLIND}
    if rules is not None:
        options = {"resultTypes": ["violations"], "runOnly": rules}
    with opened(browser, address, theme=theme, width=width) as (page, _):
        unfold_everything(page)
        page.wait_for_timeout(400)  # the unfolding fades in
        page.evaluate(AXE.read_text(encoding="utf-8"))
        result = page.evaluate("options => axe.run(options)", options)
    return [
        f"{found['id']}: {node['target']} {node['html'][:120]}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize(("name", "theme", "width", "rules"), CASES)
def test_a_page_is_accessible(
    browser: Browser,
    address: str,
    name: str,
    theme: str,
    width: int,
    rules: list[str] | None,
) -> None:
    assert violations(browser, f"{address}{name}.html", theme, width, rules) == []


def test_axe_would_find_a_violation(browser: Browser, address: str) -> None:
    """The test above is only worth something if the tool sees what is wrong."""
    with opened(browser, f"{address}pages/notation.html") as (page, _):
        page.evaluate("document.querySelector('article').innerHTML += '<img src=x>'")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert "image-alt" in [violation["id"] for violation in found]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_scroll_sideways_on_a_phone(
    browser: Browser, address: str, name: str
) -> None:
    with opened(browser, f"{address}{name}.html", width=390) as (page, _):
        unfold_everything(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
