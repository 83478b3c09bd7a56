"""The parts of site/unrolled_site.py that need no build."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from sphinx.errors import ExtensionError

from tests.site.site_tools import ROOT

sys.path.insert(0, str(ROOT / "site"))
import unrolled_site

RECORD = {
    "seconds": 3.25,
    "date": "2025-01-31",
    "python": "3.11.9",
    "versions": {"numpy": "2.4.6"},
    "processor": "two cores",
}


def write_notebook(folder: Path, metadata: dict[str, object]) -> Path:
    path = folder / "chapter.ipynb"
    path.write_text(json.dumps({"metadata": metadata}), encoding="utf-8")
    return path


def test_a_record_is_read_from_the_metadata(tmp_path: Path) -> None:
    path = write_notebook(tmp_path, {"unrolled": RECORD})
    record = unrolled_site.read_run_record(path, "chapters/chapter")
    assert (record.seconds, record.date) == (3.25, "2025-01-31")
    assert record.versions == {"numpy": "2.4.6"}


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({}, "no record of a clean run"),
        ({"unrolled": "yesterday"}, "no record of a clean run"),
        ({"unrolled": {**RECORD, "seconds": "long"}}, "incomplete"),
        ({"unrolled": {**RECORD, "versions": None}}, "incomplete"),
        ({"unrolled": {"seconds": 1.0}}, "incomplete"),
    ],
)
def test_a_bad_record_is_named(
    tmp_path: Path, metadata: dict[str, object], words: str
) -> None:
    path = write_notebook(tmp_path, metadata)
    with pytest.raises(ValueError, match=words) as caught:
        unrolled_site.read_run_record(path, "chapters/chapter")
    assert "chapters/chapter" in str(caught.value)
    assert "scripts/store.py" in str(caught.value)


def record(docname: str, numpy: str) -> unrolled_site.RunRecord:
    return unrolled_site.RunRecord(
        docname, 1.0, "2025-01-31", "3.11.9", "two cores", {"numpy": numpy}
    )


def test_chapters_that_share_a_version_share_a_row() -> None:
    rows = unrolled_site.version_rows([record("a", "2.4"), record("b", "2.4")])
    assert rows == [("numpy", "2.4", ["a", "b"]), ("Python", "3.11.9", ["a", "b"])]


def test_chapters_with_different_versions_have_rows_of_their_own() -> None:
    rows = unrolled_site.version_rows([record("a", "2.4"), record("b", "2.5")])
    assert ("numpy", "2.4", ["a"]) in rows
    assert ("numpy", "2.5", ["b"]) in rows


@pytest.mark.parametrize(
    ("address", "wheel", "line"),
    [
        ("", "", None),
        ("", "https://example.org/a.whl", None),
        ("https://github.com/a/b", "", "%pip install git+https://github.com/a/b@main"),
        (
            "https://github.com/a/b",
            "https://example.org/a.whl",
            "%pip install https://example.org/a.whl",
        ),
    ],
)
def test_the_line_for_colab_depends_on_what_the_publisher_has_set(
    address: str, wheel: str, line: str | None
) -> None:
    config = SimpleNamespace(
        html_theme_options={"repository_url": address}, unrolled_wheel=wheel
    )
    assert unrolled_site.install_line(config) == line


def test_missing_mathjax_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExtensionError, match=r"MathJax is missing .*`npm ci`"):
        unrolled_site.find_mathjax(tmp_path)


def test_the_page_that_leads_on_has_the_icon_of_the_book() -> None:
    page = unrolled_site.redirect_page("A & B", "first.html", "site/assets/mine.svg")
    assert '<link rel="icon" href="_static/mine.svg">' in page
    assert 'content="0; url=first.html"' in page
    assert "<title>A &amp; B</title>" in page


def test_a_book_without_an_icon_asks_its_host_for_none() -> None:
    page = unrolled_site.redirect_page("A", "first.html", None)
    assert '<link rel="icon" href="data:,">' in page
