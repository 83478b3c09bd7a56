"""Photograph the built book, for people to look at.

    python -m tests.site.screenshots [PAGE ...]     every page, or those named
    python -m tests.site.screenshots --readme       the pictures in the README

The pictures of the pages, at 390 and 1440 pixels, light and dark, are written into
tests/artifacts/, which git ignores; those of the README into site/pictures/. The book
in _build/html is used, so build it first.
"""

import sys

from playwright.sync_api import Browser, Locator, expect

from tests.site.site_tools import PAGES, ROOT, browsing, opened, serving
from tests.site.view_tools import said

ARTIFACTS = ROOT / "tests" / "artifacts"
BOOK = ROOT / "_build" / "html"
PICTURES = ROOT / "site" / "pictures"
WATCHED = 4_000
"""Milliseconds in which a view that was started does something."""

README = {
    "digit": ("chapters/mnist_lstm", None),
    "sampler": ("chapters/char_lm", "Play"),
    "echo": ("chapters/echo_rnn", "Train"),
    "surface": ("chapters/linear_rnn", "Play"),
}
"""For each view: its chapter, and the button to press before the picture."""


def photograph_pages(names: list[str]) -> None:
    """Photograph the pages named, or all."""
    ARTIFACTS.mkdir(exist_ok=True)
    with serving(BOOK) as address, browsing() as browser:
        for name in names or PAGES:
            for width in (390, 1440):
                for theme in ("light", "dark"):
                    at = f"{address}{name}.html"
                    with opened(browser, at, theme=theme, width=width) as (page, _):
                        file = f"{name.replace('/', '-')}-{width}-{theme}.png"
                        page.screenshot(path=ARTIFACTS / file, full_page=True)
                        print(ARTIFACTS / file)


def press_and_wait(view: Locator, button: str) -> None:
    """Press a button of a view, and again when something has happened."""
    view.get_by_role("button", name=button).first.click()
    view.page.wait_for_timeout(WATCHED)
    pause = view.get_by_role("button", name="Pause")
    if pause.count():
        pause.first.click()


def photograph_views(browser: Browser, address: str) -> None:
    """Photograph the views that the README shows, in their chapters."""
    PICTURES.mkdir(exist_ok=True)
    for name, (chapter, button) in README.items():
        at = f"{address}{chapter}.html"
        with opened(browser, at, width=1440, device_scale_factor=1.5) as (page, _):
            place = page.locator(f"[data-view={name}]").first
            place.evaluate("e => e.scrollIntoView({block: 'center'})")
            view = place.locator("+ .unrolled-mounted > .unrolled-view")
            expect(said(view)).to_be_visible(timeout=30_000)
            if button:
                press_and_wait(view, button)
            view.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
            print(PICTURES / f"{name}.png")


def main(arguments: list[str]) -> None:
    """Photograph what is asked for."""
    if arguments == ["--readme"]:
        with serving(BOOK) as address, browsing() as browser:
            photograph_views(browser, address)
    else:
        photograph_pages(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
