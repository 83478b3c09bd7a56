"""The archive for a room without a network, unpacked, served and run far from here."""

import os
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Browser, expect

from scripts.bundle import bundle
from tests.site.site_tools import opened
from tests.site.view_tools import said

SOON = 20_000  # milliseconds


@pytest.fixture(scope="module")
def unpacked(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("room")
    with zipfile.ZipFile(bundle(folder, site)) as packed:
        packed.extractall(folder)
    (found,) = (path for path in folder.iterdir() if path.is_dir())
    return found


@pytest.fixture(scope="module", params=[(), ("--room",)], ids=["alone", "room"])
def served(request: pytest.FixtureRequest, unpacked: Path) -> Iterator[str]:
    """Serve with a Python that sees no package at all; yield the address it prints."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-I", "-S", "serve.py", *request.param, str(port)],
        cwd=unpacked,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    said = server.stdout.readline()
    found = re.search(rf"http://(\S+):{port}/", said)
    assert found, said
    if request.param:
        assert found[1] != "127.0.0.1", "an address that other machines know"
    yield f"http://127.0.0.1:{port}/"
    server.terminate()
    server.wait(timeout=10)


def test_what_is_served_is_the_site(served: str, browser: Browser) -> None:
    """A page and a net that runs in it; the other pages are the same files."""
    with opened(browser, f"{served}intro.html") as (page, complaints):
        expect(page.locator("main h1").first).to_contain_text("Unrolled")
        assert complaints.found == []
    with opened(browser, f"{served}chapters/mnist_lstm.html") as (page, complaints):
        place = page.locator("[data-view=digit]").first
        place.evaluate("e => e.scrollIntoView({block: 'center'})")
        view = place.locator("+ .unrolled-mounted > .unrolled-view")
        expect(said(view)).to_be_visible(timeout=SOON)
        assert complaints.found == []


def test_every_file_of_the_site_is_there(unpacked: Path, site: Path) -> None:
    for path in site.rglob("*"):
        name = path.relative_to(site)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            copy = unpacked / "site" / name
            assert copy.is_file(), name


def test_a_chapter_runs_with_the_librarys_wheel_alone(
    unpacked: Path, tmp_path: Path
) -> None:
    """The library comes from the archive, not from this course's folder."""
    (wheel,) = (unpacked / "packages").glob("unrolled-*.whl")
    library = tmp_path / "library"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(library)
    path = unpacked / "student" / "linear_rnn.ipynb"
    notebook = nbformat.read(path, as_version=4)
    where = nbformat.v4.new_code_cell("import unrolled; print(unrolled.__file__)")
    notebook.cells.insert(0, where)
    client = NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute(env=os.environ | {"PYTHONPATH": str(library)})
    assert str(library) in notebook.cells[0].outputs[0].text
