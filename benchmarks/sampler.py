"""The suite of the sampler: how fast a trained net writes in the reader's browser.

All is measured in Chromium, on a page as the site makes it, without a GPU.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from benchmarks.measure import Measure, limit
from tests.site.site_tools import browsing, serving
from tests.site.view_tools import viewing, write_pages
from unrolled.training.packed import shipped_bytes, shipped_nets
from unrolled.views import explore
from unrolled.views.explore.sampler_view import LONGEST
from unrolled.views.figures.sampler import next_character

SUITE = "sampler"
CHARACTERS = 500
"""Characters a second that are claimed."""

# From the press on Play to the frame that says that the text is finished.
WRITE_ALL = """async (view) => {
  const buttons = [...view.querySelectorAll('button')];
  const play = buttons.find((button) => button.textContent === 'Play');
  const start = performance.now();
  play.click();
  await new Promise((done) => {
    const look = () => (play.disabled ? done() : requestAnimationFrame(look));
    look();
  });
  return (performance.now() - start) / 1000;
}"""

# The same text without a picture of it.
COMPUTE_ALL = """async ([language, length]) => {
  const { unpackNets } = await import('./unrolled/sampler_nets.js');
  const { SamplerRun } = await import('./unrolled/sampler_model.js');
  const { readState } = await import('./views_mount.js');
  const script = document.querySelector('script[type*=widget-state]');
  const [stored] = Object.values(JSON.parse(script.textContent).state);
  const nets = unpackNets(readState(stored).weights);
  const net = nets.find(({ name }) => name === language);
  const settings = { temperature: 1, topK: 100, nucleus: 0.95, seed: 1 };
  const run = new SamplerRun(net, [1], settings);
  const start = performance.now();
  run.upTo(length);
  return (performance.now() - start) / 1000 / length;
}"""


@contextmanager
def sampler_page(language: str, behind: str) -> Iterator[Page]:
    """Open a page with a sampler that has written nothing yet."""
    shares = np.array([0.5, 0.5])
    view = explore.sampler(
        shipped_bytes(),
        picture=next_character("ab", shares, shares),
        alt="Two bars.",
        language=language,
        behind=behind,
    )
    with tempfile.TemporaryDirectory() as folder:
        write_pages(Path(folder), [view])
        with (
            serving(Path(folder)) as at,
            browsing() as browser,
            viewing(browser, f"{at}light.html") as page,
        ):
            expect(page.locator(".sampler-view")).to_have_count(1)
            yield page


def seconds_to_write(language: str, behind: str) -> float:
    """Return the seconds for 500 characters, each frame drawn."""
    with sampler_page(language, behind) as page:
        page.get_by_role("slider", name="speed").press("End")
        seconds = page.locator(".sampler-view").evaluate(WRITE_ALL)
        return float(seconds) * CHARACTERS / LONGEST


def seconds_to_compute(language: str) -> float:
    """Return the seconds that a character takes without any drawing."""
    with sampler_page(language, "unit") as page:
        return float(page.evaluate(COMPUTE_ALL, [language, LONGEST]))


def measures() -> list[Measure]:
    """List the claims of this suite."""
    nets = shipped_nets()
    drawn = [
        Measure(
            SUITE,
            f"{CHARACTERS} characters of the {language} net in the page, {words}",
            "a second",
            partial(seconds_to_write, language, behind),
            limit(1.0),
            goal=1,
        )
        for language in nets
        for behind, words in (
            ("unit", "a unit behind the text"),
            ("saliency", "what matters behind the text"),
        )
    ]
    computed = [
        Measure(
            SUITE,
            f"one character of the {language} net, all settings on, not drawn",
            "a millisecond",
            partial(seconds_to_compute, language),
            limit(1e-3),
            goal=1,
        )
        for language in nets
    ]
    return drawn + computed
