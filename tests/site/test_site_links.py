"""Every internal link leads to a file and to an anchor that exist."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.site.site_tools import PAGES

ATTRIBUTES = {"a": "href", "link": "href", "img": "src", "script": "src"}


@pytest.fixture(scope="module")
def soups(site: Path) -> dict[Path, BeautifulSoup]:
    return {
        page: BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for page in site.rglob("*.html")
        if "_static" not in page.parts
    }


def links(soup: BeautifulSoup) -> list[str]:
    """List what a page links to or loads, in the order of the page."""
    return [
        str(tag[ATTRIBUTES[tag.name]])
        for tag in soup.find_all(list(ATTRIBUTES))
        if tag.get(ATTRIBUTES[tag.name])
    ]


def anchors(soup: BeautifulSoup) -> set[str]:
    """List the ids of a page."""
    return {str(tag["id"]) for tag in soup.find_all(id=True)}


def test_every_page_of_the_book_is_there(soups: dict[Path, BeautifulSoup]) -> None:
    built = {page.as_posix() for page in soups}
    for name in PAGES:
        assert any(page.endswith(f"/{name}.html") for page in built), name


def test_every_internal_link_and_anchor_resolves(
    soups: dict[Path, BeautifulSoup],
) -> None:
    broken, checked = [], 0
    for page, soup in soups.items():
        for link in links(soup):
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            checked += 1
            target = (page.parent / unquote(address.path)).resolve()
            if not address.path:
                target = page
            if not target.is_file():
                broken.append(f"{page.name}: {link} (no such file)")
            elif address.fragment and target.suffix == ".html":
                known = anchors(soups[target])
                if unquote(address.fragment) not in known:
                    broken.append(f"{page.name}: {link} (no such anchor)")
    assert checked > 100
    assert broken == []


def test_no_link_starts_at_the_root_of_the_host(
    soups: dict[Path, BeautifulSoup],
) -> None:
    """Such a link would break a site that is served beneath a path."""
    rooted = [
        f"{page.name}: {link}"
        for page, soup in soups.items()
        for link in links(soup)
        if link.startswith("/")
    ]
    assert rooted == []


def test_no_id_occurs_twice_on_a_page(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        ids = [str(tag["id"]) for tag in soup.find_all(id=True)]
        assert len(ids) == len(set(ids)), (
            page.name,
            sorted({name for name in ids if ids.count(name) > 1}),
        )


def test_no_heading_of_a_table_is_empty(soups: dict[Path, BeautifulSoup]) -> None:
    headings = [(page, th) for page, soup in soups.items() for th in soup.select("th")]
    assert len(headings) > 10
    empty = [page.name for page, th in headings if not th.get_text(strip=True)]
    assert empty == []
