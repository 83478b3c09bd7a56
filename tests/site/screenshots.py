"""Photograph every page, for people to look at.

    python -m tests.site.screenshots [PAGE ...]

The pictures of the pages, at 390 and 1440 pixels, light and dark, are written into
tests/artifacts/, which git ignores. The book in _build/html is used, so build it first.
"""

import sys

from tests.site.site_tools import PAGES, ROOT, browsing, opened, serving

ARTIFACTS = ROOT / "tests" / "artifacts"
BOOK = ROOT / "_build" / "html"


def main(names: list[str]) -> None:
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


if __name__ == "__main__":
    main(sys.argv[1:])
