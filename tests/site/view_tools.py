"""A page with views as the site makes it, without building the book."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, ViewportSize

from tests.site.site_tools import AXE, ROOT, Complaints
from unrolled.views.widget import View

ARTIFACTS = ROOT / "tests" / "artifacts"
NOT_ON_A_PAGE = ("_esm", "_css", "layout")
PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Views</title>
<link rel="icon" href="data:,">
<style>
  body {{
    --pst-font-family-base: "Segoe UI", "Helvetica Neue", Arial, sans-serif;
    margin: 0; padding: 16px; font-family: Arial, sans-serif;
  }}
  [data-theme=dark] body {{ background: #14181e; color: #e8eaed; }}
  img {{ max-width: 100%; height: auto; }}
  .unrolled-replaced {{ display: none; }}
</style>
<main><h1>Views</h1>{views}</main>
<script type="application/vnd.jupyter.widget-state+json">{state}</script>
<script type="module" src="views_mount.js"></script>
</html>"""

# Notes the work that a page does in each frame, in milliseconds, and when frames begin.
WATCH_FRAMES = """() => {
  const ask = window.requestAnimationFrame.bind(window);
  window.frames_seen = new Map();
  window.requestAnimationFrame = (callback) => ask((time) => {
    const start = performance.now();
    callback(time);
    const spent = performance.now() - start;
    frames_seen.set(time, (frames_seen.get(time) ?? 0) + spent);
  });
}"""


def write_pages(folder: Path, views: Sequence[View]) -> None:
    """Write light.html and dark.html with stand-ins for some views, and their state."""
    scripts = ROOT / "lib" / "unrolled" / "views" / "js"
    (folder / "unrolled").symlink_to(scripts, target_is_directory=True)
    (folder / "views_mount.js").symlink_to(ROOT / "site" / "assets" / "views_mount.js")
    forms = [view._repr_mimebundle_() for view in views]
    html = "".join(form[0]["text/html"] for form in forms if form is not None)
    models = {view.model_id: stored_model(view) for view in views}
    state = json.dumps({"state": models}).replace("<", "\\u003c")
    for theme in ("light", "dark"):
        text = PAGE.format(theme=theme, views=html, state=state)
        folder.joinpath(f"{theme}.html").write_text(text, encoding="utf-8")


def stored_model(view: View) -> dict[str, Any]:
    """Return a view's model as a notebook stores it, bytes apart from the rest."""
    state = page_state(view)
    binary = [name for name, value in state.items() if isinstance(value, bytes)]
    buffers = [
        {
            "path": [name],
            "encoding": "base64",
            "data": base64.b64encode(state.pop(name)).decode(),
        }
        for name in binary
    ]
    return {"state": state, "buffers": buffers}


def page_state(view: View) -> dict[str, Any]:
    """Return of a view's state what its script reads."""
    state = view.get_state()
    return {name: part for name, part in state.items() if name not in NOT_ON_A_PAGE}


@contextmanager
def viewing(
    browser: Browser,
    address: str,
    width: int = 1000,
    height: int = 844,
    script: str = "",
    **options: Any,
) -> Iterator[Page]:
    """Open a page in a fresh profile; whatever it complains about is an error.

    Args:
        browser: The browser.
        address: Of the page.
        width: Of the window, in pixels.
        height: Of the window, in pixels.
        script: A function that is called before the page's own scripts.
        **options: Of the profile, such as ``has_touch=True``.
    """
    size: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=size, **options)
    if script:
        context.add_init_script(f"({script})()")
    page, complaints = context.new_page(), Complaints()
    complaints.watch(page)
    page.goto(address)
    yield page
    assert complaints.found == []
    context.close()


@dataclass(frozen=True)
class Tab:
    """A window that the tests of a module share; each of them loads its page anew.

    This spares them a fresh profile, for which a browser compiles all scripts again.
    """

    page: Page
    address: str
    size: ViewportSize
    complaints: Complaints

    @contextmanager
    def anew(self) -> Iterator[Page]:
        """Load the page; whatever it complains about from then on is an error."""
        self.page.mouse.move(0, 0)
        self.page.set_viewport_size(self.size)
        self.page.emulate_media(color_scheme="light")
        self.page.goto("about:blank")
        self.complaints.found.clear()
        self.page.goto(self.address)
        yield self.page
        assert self.complaints.found == []


@contextmanager
def sharing(
    browser: Browser, address: str, width: int = 1000, height: int = 844
) -> Iterator[Tab]:
    """Open a window for the tests of a module.

    Args:
        browser: The browser.
        address: Of the page.
        width: Of the window, in pixels.
        height: Of the window, in pixels.
    """
    size: ViewportSize = {"width": width, "height": height}
    context = browser.new_context(viewport=size)
    page, complaints = context.new_page(), Complaints()
    complaints.watch(page)
    yield Tab(page, address, size, complaints)
    context.close()


def resize(page: Page, width: int) -> None:
    """Make a window wider or narrower, and wait until the page has followed."""
    size = page.viewport_size or {"width": 0, "height": 844}
    page.set_viewport_size({"width": width, "height": size["height"]})
    draw(page)


def draw(page: Page) -> None:
    """Wait for a few frames: before the first one, plots have not met their width."""
    page.evaluate(
        """async () => {
          for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
        }"""
    )


def said(view: Locator) -> Locator:
    """Return the line in which a view says in words what it shows."""
    return view.locator(".unrolled-summary")


def press(view: Locator, name: str, times: int = 1) -> None:
    """Press a button of a view."""
    for _ in range(times):
        view.get_by_role("button", name=name, exact=True).click()


def ranging(view: Locator, name: str) -> Locator:
    """Return a slider of a view."""
    return view.get_by_role("slider", name=name, exact=True)


def violations(
    page: Page,
    within: str = "html",
    rules: Sequence[str] = (),
    blind: Sequence[str] = (),
) -> list[str]:
    """List what axe-core finds on a page, briefly.

    Args:
        page: The page.
        within: A selector of the elements to look at.
        rules: Only these rules; none given: all.
        blind: Rules to leave out.
    """
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    options |= {"rules": {rule: {"enabled": False} for rule in blind}}
    if rules:
        options |= {"runOnly": list(rules)}
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    run = "([within, options]) => axe.run(within, options)"
    found = page.evaluate(run, [within, options])["violations"]
    return [
        f"{each['id']}: {node['target']} {node['html'][:120]}"
        for each in found
        for node in each["nodes"]
    ]


def number_after(name: str, text: str) -> float:
    """Read a number from a view's summary: after "loss 6.16×10⁵" it is 616000.

    Raises:
        ValueError: If there is none.
    """
    found = re.search(rf"{name} ([−\d.]+)?(?:×?10([⁻⁰¹²³⁴-⁹]+))?", text)
    if found is None or not any(found.groups()):
        raise ValueError(f"There is no number after {name!r} in {text!r}.")
    factor, power = found[1] or "1", found[2] or "⁰"
    signs = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
    return float(f"{factor.rstrip('.,').translate(signs)}e{power.translate(signs)}")


def slide(slider: Locator, value: float) -> None:
    """Put a slider somewhere, as a drag ends."""
    slider.evaluate(
        """(input, value) => {
          input.value = value;
          for (const kind of ['input', 'change']) {
            input.dispatchEvent(new Event(kind, { bubbles: true }));
          }
        }""",
        str(value),
    )


def third_with_a_kernel(page: Page, module: str) -> Locator:
    """Add a view to a page, on a model that counts what a kernel would be told.

    The page then knows the `model`, how often it was `saved`, how many listeners it
    has in `heard`, and how to `close` the view.

    Args:
        page: With two views of the module; the state of the first is used.
        module: The name of the view's ES module.
    """
    page.evaluate(
        """async (module) => {
          const { PageModel, readState } = await import('./views_mount.js');
          const { default: view } = await import(`./unrolled/${module}.js`);
          const script = document.querySelector('script[type*=widget-state]');
          const [stored] = Object.values(JSON.parse(script.textContent).state);
          const el = document.createElement('div');
          el.id = 'third';
          document.querySelector('main').append(el);
          window.model = new PageModel(readState(stored));
          window.saved = 0;
          model.save_changes = () => (saved += 1);
          window.heard = 0;
          for (const [name, step] of [['on', 1], ['off', -1]]) {
            const inner = model[name].bind(model);
            model[name] = (...args) => { heard += step; inner(...args); };
          }
          window.close = view.render({ model, el });
        }""",
        module,
    )
    return page.locator(f"#third .{module}-view")
