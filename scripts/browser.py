"""Find the browser in which the site's tests run, and fetch one if there is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

VARIABLE = "UNROLLED_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

ADVICE = (
    "The tests of the site need the browser Chromium, which is missing here and could "
    "not be fetched. Install it with `python -m playwright install chromium` in the "
    "course's environment (or, on Debian, `apt-get install chromium`), or set "
    f"{VARIABLE} to the path of Chromium or Chrome; then run `make test` again."
)


def system_browser(names: Iterable[str] = NAMES) -> str | None:
    """Give the path of a Chromium or Chrome that is installed on this machine.

    The environment variable UNROLLED_BROWSER comes first, then the search path.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return chosen if Path(chosen).is_file() else None
    return next((path for name in names if (path := shutil.which(name))), None)


def playwright_browser() -> str | None:
    """Give the path of the Chromium that Playwright has downloaded, if it has."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def find_browser() -> str | None:
    """Give the path of a browser for the tests, or None."""
    return system_browser() or playwright_browser()


def ensure_browser() -> str:
    """Fetch a browser if there is none; return what to do if that failed, else ''."""
    if find_browser():
        return ""
    print("No Chromium found; Playwright fetches one.", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])
    return "" if find_browser() else ADVICE


if __name__ == "__main__":
    sys.exit(ensure_browser() or 0)
