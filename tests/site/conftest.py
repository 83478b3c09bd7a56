"""The site, built once for all tests, and a browser to look at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.site_tools import Build, browsing, build_book, given_build, serving

SUBPATH = "some/where"


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    done = given_build() or build_book(tmp_path_factory.mktemp("book"))
    if not (done.html / "intro.html").is_file():
        pytest.fail(f"The book was not built:\n{done.output[-4000:]}")
    return done


@pytest.fixture(scope="session")
def site(build: Build) -> Path:
    return build.html


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Address of the site, served at the root of a host; ends with a slash."""
    with serving(site) as at:
        yield at


@pytest.fixture(scope="session")
def sub_address(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the same site, served beneath a path; ends with a slash."""
    host = tmp_path_factory.mktemp("host")
    (host / SUBPATH).parent.mkdir(parents=True)
    (host / SUBPATH).symlink_to(site, target_is_directory=True)
    with serving(host) as at:
        yield f"{at}{SUBPATH}/"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started
