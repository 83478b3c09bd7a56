"""A view in a real JupyterLab: with a kernel, and opened again without running."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from scripts.store import store
from tests.demo.demo import ALT
from tests.lab.lab_tools import ROOT, Lab, running_lab, write_notebook

IMPORT = (
    f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom tests.demo.demo import Demo"
)
CELLS = IMPORT, "demo = Demo(count=3)\ndemo", "demo.count"
NOT_FOUND = "Error displaying widget: model not found"


def write_stored(lab: Lab, name: str) -> str:
    """Store a notebook with a view in a lab's folder; give its name."""
    # An output of its own, so that no other notebook's signature fits it.
    store(write_notebook(lab.folder / name, *CELLS, f"print({name!r})"))
    return name


def test_the_lab_starts_without_an_error(lab: Lab) -> None:
    start, _, _ = lab.log.read_text(encoding="utf-8").partition("is running at")
    assert "Error" not in start


def test_a_view_and_its_kernel_hear_each_other(browser: Browser, lab: Lab) -> None:
    write_notebook(lab.folder / "live.ipynb", *CELLS, "demo.count = 40")
    with lab.opened(browser, "live.ipynb") as notebook:
        notebook.run_cell(0)
        notebook.run_cell(1)
        expect(notebook.status(1)).to_have_text("count 3, sum 6")
        button = notebook.output(1).get_by_role("button", name="Count on")
        assert button.evaluate("e => getComputedStyle(e).backgroundColor") == (
            "rgb(0, 114, 178)"
        )
        button.click()
        expect(notebook.status(1)).to_have_text("count 4, sum 6")
        notebook.run_cell(2)
        expect(notebook.output(2)).to_contain_text("4")
        notebook.run_cell(3)
        expect(notebook.status(1)).to_have_text("count 40, sum 6")
        assert notebook.complaints.found == []
        notebook.end_kernel()


def test_a_stored_view_works_without_running(browser: Browser, lab: Lab) -> None:
    lab.trust(write_stored(lab, "stored.ipynb"))
    with lab.opened(browser, "stored.ipynb") as notebook:
        expect(notebook.status(1)).to_have_text("count 3, sum 6")
        notebook.output(1).get_by_role("button").click()
        expect(notebook.status(1)).to_have_text("count 4, sum 6")
        assert notebook.complaints.found == []
        notebook.end_kernel()


def test_a_notebook_that_is_not_trusted_shows_the_picture(
    browser: Browser, lab: Lab
) -> None:
    write_stored(lab, "doubtful.ipynb")
    with lab.opened(browser, "doubtful.ipynb") as notebook:
        picture = notebook.output(1).get_by_role("img", name=ALT)
        expect(picture).to_be_visible()
        assert picture.evaluate("e => e.decode().then(() => e.naturalWidth)") > 300
        box = picture.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 100
        expect(notebook.output(1)).to_contain_text("interactive on the course's site")
        assert notebook.complaints.found == []
        notebook.end_kernel()


def run_count_and_save(browser: Browser, lab: Lab, name: str) -> None:
    """Run all, count once, save, and end the kernel."""
    with lab.opened(browser, name) as notebook:
        notebook.run_all()
        notebook.output(1).get_by_role("button").click()
        expect(notebook.status(1)).to_have_text("count 4, sum 6")
        notebook.save()
        notebook.end_kernel()


def test_a_readers_own_run_is_kept_by_make_lab(browser: Browser, lab: Lab) -> None:
    run_count_and_save(browser, lab, write_stored(lab, "own.ipynb"))
    with lab.opened(browser, "own.ipynb") as notebook:
        expect(notebook.status(1)).to_have_text("count 4, sum 6")
        assert notebook.complaints.found == []
        notebook.end_kernel()


def test_elsewhere_a_readers_own_run_is_lost_until_it_is_run_again(
    browser: Browser, plain_lab: Lab
) -> None:
    """A limit of JupyterLab: it says "model not found" and offers no other form."""
    run_count_and_save(browser, plain_lab, write_stored(plain_lab, "own.ipynb"))
    with plain_lab.opened(browser, "own.ipynb") as notebook:
        expect(notebook.output(1)).to_contain_text(NOT_FOUND)
        notebook.run_all()
        expect(notebook.status(1)).to_have_text("count 3, sum 6")
        notebook.end_kernel()


def test_a_lab_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"did not start:(.|\n)*no-such-option"),
        running_lab(tmp_path, tmp_path, options=["--no-such-option"]),
    ):
        pass
