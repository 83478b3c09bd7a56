"""What the tests of the site share: building the book, serving it, opening pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.browser import ADVICE, find_browser
from scripts.serve import Handler, bind

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BUILT = "UNROLLED_SITE"
"""An environment variable: a fresh build of the book to test in place of a new one."""

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    # Every host but this machine is unknown: no request leaves it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

# The formulas take the colour of the text around them, and axe-core takes long to look
# at each of their parts.
WITHOUT_FORMULAS = "document.querySelectorAll('mjx-container').forEach(e => e.remove())"

# Until what moves has come to rest: what is unfolded fades in, and so do colours.
RESTED = """async () => {
  const ends = (a) => a.effect.getComputedTiming().endTime < Infinity;
  const moving = document.getAnimations().filter(ends);
  await Promise.allSettled(moving.map((animation) => animation.finished));
}"""

# Formulas that are drawn wider than their place: how they overflow, how they begin.
CUT_OFF = """() => [...document.querySelectorAll('article span.math')]
  .filter(e => e.clientWidth > 0)
  .filter(e => e.querySelector('mjx-math').getBoundingClientRect().width
               > e.clientWidth + 1)
  .map(e => [getComputedStyle(e).overflowX, e.textContent.slice(0, 40)])"""

# Called once a page has loaded: waits until its formulas and its icons are drawn.
SETTLED = """async () => {
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  await document.fonts.ready;
}"""


# --- the book -----------------------------------------------------------------


def documents(root: Path = ROOT) -> list[str]:
    """List the pages that _toc.yml names, in the order of the book."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    names = [toc["root"]]
    for part in toc["parts"]:
        names += [chapter["file"] for chapter in part["chapters"]]
    return names


def chapters() -> list[str]:
    """List the pages that are notebooks."""
    return [name for name in documents() if (ROOT / f"{name}.ipynb").is_file()]


PAGES = [*documents(), "search"]


@dataclass(frozen=True)
class Build:
    """How a build of the book ended."""

    status: int
    output: str
    html: Path


def build_book(output: Path, source: Path = ROOT, config: Path | None = None) -> Build:
    """Build the book as `make book` does, but into another folder.

    Args:
        output: The folder to build in.
        source: The book's root.
        config: A configuration to use in place of the book's own.
    """
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build"]
    command += ["-W", "-n", "--keep-going", "--path-output", str(output)]
    if config is not None:
        command += ["--config", str(config)]
    done = subprocess.run(
        [*command, str(source)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    text = COLOURS.sub("", done.stdout)
    return Build(done.returncode, text, output / "_build" / "html")


def build_variant(folder: Path, changes: dict[str, Any]) -> Build:
    """Build the book with some top-level entries of its configuration updated."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    for key, values in changes.items():
        config[key] = {**config[key], **values}
    # Paths to extensions are relative to the configuration, which lies elsewhere here.
    config["sphinx"]["local_extensions"] = {"unrolled_site": str(ROOT / "site")}
    path = folder / "variant.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return build_book(folder, config=path)


def given_build() -> Build | None:
    """Return the build that the environment names, if it names one."""
    folder = os.environ.get(BUILT)
    return Build(0, "", Path(folder)) if folder else None


# --- serving and browsing -------------------------------------------------------


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder at a free port while the context lasts; yield its address."""
    with bind(0, partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start a headless Chromium; a machine without one gets advice, not silence."""
    path = find_browser()
    if path is None:
        raise RuntimeError(ADVICE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@dataclass
class Complaints:
    """All that a page complains about while it is open."""

    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note errors, answers of 400 and above, and requests off this machine."""
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("response", self._response)
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.found.append(f"console: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.found.append(f"{response.status}: {response.url}")

    def _request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            self.found.append(f"request off this machine: {request.url}")


@contextmanager
def opened(
    browser: Browser,
    address: str,
    theme: str = "light",
    width: int = 1440,
    height: int = 900,
    **options: Any,
) -> Iterator[tuple[Page, Complaints]]:
    """Open a page in a fresh profile and wait until it has settled.

    Args:
        browser: The browser.
        address: The page's address.
        theme: "light" or "dark", as a reader would have chosen it.
        width: Of the window, in pixels.
        height: Of the window, in pixels.
        **options: Of the profile, such as ``has_touch=True``.
    """
    size: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=size, **options)
    context.add_init_script(
        f"localStorage.setItem('mode', '{theme}');"
        f"localStorage.setItem('theme', '{theme}');"
    )
    page, complaints = context.new_page(), Complaints()
    complaints.watch(page)
    page.goto(address, wait_until="load")
    page.evaluate(SETTLED)
    yield page, complaints
    context.close()


def show_in(page: Page, theme: str) -> None:
    """Show a page that is open in another theme, "light" or "dark"."""
    page.evaluate(
        "theme => Object.assign(document.documentElement.dataset,"
        " { theme, mode: theme })",
        theme,
    )
    page.evaluate(RESTED)


def width_of(page: Page) -> int:
    """Return how many pixels wide a page's contents are: its window, if they fit."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


def unfold_everything(page: Page) -> None:
    """Open every folded cell and every solution of a page."""
    page.evaluate(
        """() => {
          document.querySelectorAll('details').forEach(d => { d.open = true; });
          document.querySelectorAll('.toggle-hidden > .admonition-title')
            .forEach(title => title.click());
        }"""
    )
    page.evaluate(RESTED)
