"""Photograph the built book, for people to look at.

    python -m tests.site.screenshots [PAGE ...]     every page, or those named
    python -m tests.site.screenshots --readme       the pictures in the README

The pictures of the pages, at 390 and 1440 pixels, light and dark, are written into
tests/artifacts/, which git ignores; those of the README into site/pictures/. The book
in _build/html is used, so build it first.
"""

import re
import sys
from typing import Any

from playwright.sync_api import Browser, Locator, expect

from tests.site.site_tools import PAGES, ROOT, browsing, opened, serving
from tests.site.view_tools import said

ARTIFACTS = ROOT / "tests" / "artifacts"
BOOK = ROOT / "_build" / "html"
PICTURES = ROOT / "site" / "pictures"
WATCHED = 5_000
"""Milliseconds in which a view that was started does something."""

TALLEST = 620
"""Of the README's pictures, in pixels of the page: what matters is on top."""

README = {
    "digit": ("chapters/mnist_lstm", "radio", r"Image 16,", ""),
    "sampler": ("chapters/char_lm", "", "", "Play"),
    "echo": ("chapters/echo_rnn", "button", r"\+1 window", "Play"),
    "surface": ("chapters/linear_rnn", "checkbox", "", "Play"),
}
"""For each view: its chapter; the role and the name of what is chosen first, all of
them; and the button to press before the picture."""


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


def choose(view: Locator, role: Any, name: str) -> None:
    """Choose or press everything of a view that has a role and a name."""
    for element in view.get_by_role(role, name=re.compile(name)).all():
        if role == "button":
            element.click()
        else:
            element.check()


def press_and_wait(view: Locator, button: str) -> None:
    """Press a button of a view, and pause when something has happened."""
    view.get_by_role("button", name=button).first.click()
    view.page.wait_for_timeout(WATCHED)
    pause = view.get_by_role("button", name="Pause")
    if pause.count():
        pause.first.click()


def photograph_views(browser: Browser, address: str) -> None:
    """Photograph the views that the README shows, in their chapters."""
    PICTURES.mkdir(exist_ok=True)
    for view_name, (chapter, role, name, button) in README.items():
        at = f"{address}{chapter}.html"
        size = {"width": 1440, "height": 2_000, "device_scale_factor": 1.25}
        with opened(browser, at, **size) as (page, _):
            place = page.locator(f"[data-view={view_name}]").first
            place.evaluate("e => e.scrollIntoView({block: 'center'})")
            view = place.locator("+ .unrolled-mounted > .unrolled-view")
            expect(said(view)).to_be_visible(timeout=30_000)
            if role:
                choose(view, role, name)
            if button:
                press_and_wait(view, button)
            box = view.bounding_box()
            assert box is not None, "it is visible"
            box["height"] = min(box["height"], TALLEST)
            page.screenshot(path=PICTURES / f"{view_name}.png", clip=box)
            print(PICTURES / f"{view_name}.png")


def main(arguments: list[str]) -> None:
    """Photograph what is asked for."""
    if arguments == ["--readme"]:
        with serving(BOOK) as address, browsing() as browser:
            photograph_views(browser, address)
    else:
        photograph_pages(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
