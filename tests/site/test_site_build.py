"""The book builds without a warning, or says in one sentence why it cannot."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.site.site_tools import ROOT, Build, build_book

HOSTS = ("https://cdn", "jsdelivr", "unpkg", "cdnjs", "googleapis", "bootstrapcdn")


def test_the_book_builds_without_a_warning(build: Build) -> None:
    assert build.status == 0, build.output[-4000:]
    assert "WARNING" not in build.output


def test_no_page_names_a_host_for_scripts_styles_or_fonts(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    found = [
        f"{page.name}: {host}"
        for page in pages
        for host in HOSTS
        if host in page.read_text(encoding="utf-8")
    ]
    assert pages
    assert not found


def test_mathjax_comes_with_the_fonts_and_extensions_that_it_fetches(
    site: Path,
) -> None:
    folder = site / "_static" / "mathjax"
    assert (folder / "tex-mml-chtml.js").is_file()
    assert len(list(folder.glob("output/chtml/fonts/woff-v2/*.woff"))) >= 20
    assert (folder / "input/tex/extensions/mathtools.js").is_file()
    assert (folder / "sre/mathmaps/en.json").is_file()


def small_book(folder: Path) -> Path:
    """Write a book of one page, without node_modules, that uses our extension."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"]["local_extensions"] = {"unrolled_site": str(ROOT / "site")}
    config["html"].pop("favicon")
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: intro\n")
    (folder / "intro.md").write_text("# A page\n")
    shutil.copy(ROOT / "references.bib", folder)
    return folder


def test_a_build_without_mathjax_stops_with_one_sentence(tmp_path: Path) -> None:
    done = build_book(tmp_path / "out", source=small_book(tmp_path))
    assert done.status != 0
    assert "MathJax is missing" in done.output
    assert "npm ci" in done.output
    assert not (done.html / "intro.html").exists()


def test_a_notebook_without_a_record_is_a_warning(tmp_path: Path) -> None:
    book = small_book(tmp_path)
    (book / "node_modules").symlink_to(ROOT / "node_modules")
    notebook = book / "bare.ipynb"
    notebook.write_text(
        '{"cells": [{"cell_type": "markdown", "id": "a", "metadata": {},'
        ' "source": "# Bare"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    (book / "intro.md").write_text("# A page\n\n```{run-status}\n```\n")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - file: bare\n"
    )
    done = build_book(tmp_path / "out", source=book)
    assert done.status != 0
    assert "no record of a clean run" in done.output


@pytest.mark.parametrize("name", ["package-lock.json", "_config.yml", "site"])
def test_no_file_of_the_site_names_a_package_registry(name: str) -> None:
    path = ROOT / name
    files = [path] if path.is_file() else sorted(path.rglob("*.*"))
    assert files
    for file in files:
        if file.suffix in (".json", ".yml", ".py", ".html", ".css"):
            assert "registry" not in file.read_text(encoding="utf-8"), file
