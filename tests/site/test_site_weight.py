"""What a reader's device has to fetch for a page, as a static host would send it."""

import gzip
import re

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.site.site_tools import PAGES, unfold_everything

PAGE_LIMIT = 1_500_000
"""Bytes for a page with all that it loads."""

SCRIPTS_LIMIT = 120_000
"""Bytes for the course's own scripts among them."""

COMPRESSED = re.compile(r"text/|javascript|json|svg|xml")
OWN_SCRIPT = re.compile(r"/_static/(unrolled/\w+|views_mount|scrolling)\.js(\?|$)")


def transferred(response: Response) -> int:
    """Give the size of an answer's body, compressed where a host would compress it."""
    body = response.body()
    kind = response.headers.get("content-type", "")
    return len(gzip.compress(body, 6)) if COMPRESSED.search(kind) else len(body)


def read_to_the_end(page: Page) -> None:
    """Unfold and scroll through a page, so that all loads that waits to be seen."""
    unfold_everything(page)
    page.evaluate(
        """async () => {
          for (let y = 0; y < document.documentElement.scrollHeight; y += 500) {
            window.scrollTo(0, y);
            await new Promise(requestAnimationFrame);
          }
        }"""
    )
    page.wait_for_load_state("networkidle")


def weigh(browser: Browser, address: str) -> dict[str, int]:
    """Give the bytes transferred for each address that a page loads."""
    responses: list[Response] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("response", lambda answer: responses.append(answer))
    page.goto(address, wait_until="networkidle")
    read_to_the_end(page)
    found = [answer for answer in responses if answer.status == 200]
    sizes = {answer.url: transferred(answer) for answer in found}
    context.close()
    return sizes


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light(browser: Browser, address: str, name: str) -> None:
    sizes = weigh(browser, f"{address}{name}.html")
    own = sum(size for url, size in sizes.items() if OWN_SCRIPT.search(url))
    total = sum(sizes.values())
    print(f"{name}: {total / 1e3:.0f} kB, of which own scripts {own / 1e3:.1f} kB")
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    assert total <= PAGE_LIMIT, heaviest
    assert 0 < own <= SCRIPTS_LIMIT, heaviest
