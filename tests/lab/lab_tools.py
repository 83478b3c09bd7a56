"""A real JupyterLab with a real browser before it, for tests of views with a kernel.

    with running_lab(folder) as lab, lab.opened(browser, "a.ipynb") as notebook:
        notebook.run_all()
        notebook.output(2).get_by_role("button", name="Pause").click()

The lab has a home of its own and keeps off the network; cells are counted from 0.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.site_tools import ROOT, Complaints

START_SECONDS = 60.0
RUN_SECONDS = 60.0
LAB_CONFIGURATION = ROOT / "scripts" / "jupyter"
"""What `make lab` sets for a reader's JupyterLab."""

# Nothing is fetched from elsewhere, and no dialog asks for it.
QUIET_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
}
OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--expose-app-in-browser",
    "--IdentityProvider.token=",
    "--ServerApp.port_retries=0",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
]


def write_notebook(path: Path, *cells: str | tuple[str, str]) -> Path:
    """Write a notebook: code as text, markdown as a pair ("markdown", text)."""
    made = []
    for number, cell in enumerate(cells):
        if isinstance(cell, str):
            made.append(new_code_cell(cell, id=f"cell-{number}"))
        else:
            made.append(new_markdown_cell(cell[1], id=f"cell-{number}"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = new_notebook(cells=made, metadata={"kernelspec": kernel})
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return path


def free_port() -> int:
    """Give the number of a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lab_environment(home: Path, saves_state: bool) -> dict[str, str]:
    """Give the environment of a lab whose settings and files lie in `home`.

    Args:
        home: An empty folder.
        saves_state: Whether the lab stores the state of views with a notebook, as the
            one of `make lab` does; a JupyterLab that nobody has set up does not.
    """
    folders = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }
    if saves_state:
        folders["JUPYTER_CONFIG_PATH"] = LAB_CONFIGURATION
    settings = home / "config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(QUIET_SETTINGS), encoding="utf-8")
    paths = {name: str(path) for name, path in folders.items()}
    return os.environ | paths | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1"}


@dataclass
class Lab:
    """A running JupyterLab.

    Attributes:
        address: Where it answers; ends with a slash.
        folder: The folder that it shows.
        environment: Of its process.
        log: The file that it writes to.
    """

    address: str
    folder: Path
    environment: dict[str, str]
    log: Path

    @contextmanager
    def opened(
        self, browser: Browser, name: str, **context: Any
    ) -> Iterator[OpenNotebook]:
        """Open a notebook of the lab's folder in a fresh profile of a browser.

        Args:
            browser: The browser.
            name: The notebook's file name.
            **context: Options of the profile, such as `color_scheme="dark"`.
        """
        profile = browser.new_context(
            viewport={"width": 1400, "height": 1000}, **context
        )
        page, complaints = profile.new_page(), Complaints()
        complaints.watch(page)
        page.goto(f"{self.address}doc/tree/{name}?reset")
        notebook = OpenNotebook(page, complaints)
        expect(notebook.cell(0)).to_be_visible(timeout=START_SECONDS * 1000)
        yield notebook
        profile.close()

    def trust(self, name: str) -> None:
        """Sign a notebook, as a reader does who trusts its stored outputs."""
        command = [sys.executable, "-m", "jupyter", "trust", str(self.folder / name)]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)


class OpenNotebook:
    """A notebook that is open in a browser.

    Attributes:
        page: The page that shows it.
        complaints: All that the page complains about.
    """

    def __init__(self, page: Page, complaints: Complaints) -> None:
        """Keep the page."""
        self.page, self.complaints = page, complaints

    def command(self, name: str, **arguments: Any) -> None:
        """Give JupyterLab a command, such as "notebook:run-all-cells", and wait."""
        self.page.evaluate(
            "([name, arguments]) => jupyterapp.commands.execute(name, arguments)",
            [name, arguments],
        )

    def wait_for_kernel(self) -> None:
        """Wait until the kernel has started and has nothing to do."""
        self.page.wait_for_function(
            """() => jupyterapp.shell.currentWidget?.sessionContext
                       ?.session?.kernel?.status === 'idle'""",
            timeout=START_SECONDS * 1000,
        )

    def run_all(self) -> None:
        """Run all cells and wait until the last one has ended."""
        self.wait_for_kernel()
        self.command("notebook:run-all-cells")

    def start_cell(self, number: int) -> None:
        """Run one cell and do not wait."""
        self.wait_for_kernel()
        self.page.evaluate(
            """number => {
              jupyterapp.shell.currentWidget.content.activeCellIndex = number;
              jupyterapp.commands.execute('notebook:run-cell');
            }""",
            number,
        )

    def run_cell(self, number: int) -> None:
        """Run one cell and wait until it has ended."""
        self.start_cell(number)
        self.wait_for_cell(number)

    def wait_for_cell(self, number: int, seconds: float = RUN_SECONDS) -> None:
        """Wait until a cell that was started has ended."""
        prompt = self.cell(number).locator(".jp-InputPrompt")
        expect(prompt).not_to_have_text("[*]:", timeout=seconds * 1000)
        expect(prompt).not_to_have_text("[ ]:", timeout=seconds * 1000)

    def interrupt(self) -> None:
        """Interrupt the kernel, as the stop button does."""
        self.command("notebook:interrupt-kernel")

    def reload(self) -> None:
        """Load the page again; the kernel and what it runs go on."""
        self.page.reload()
        expect(self.cell(0)).to_be_visible(timeout=START_SECONDS * 1000)

    def save(self) -> None:
        """Write the notebook to its file."""
        self.command("docmanager:save")

    def end_kernel(self) -> None:
        """Shut the kernel down, so that nothing is left of a run but the file."""
        self.page.evaluate(
            "() => jupyterapp.shell.currentWidget.sessionContext.shutdown()"
        )

    def use_dark_theme(self) -> None:
        """Choose JupyterLab's dark theme."""
        self.command("apputils:change-theme", theme="JupyterLab Dark")
        expect(self.page.locator("body")).to_have_attribute(
            "data-jp-theme-light", "false"
        )

    def cell(self, number: int) -> Locator:
        """Find a cell."""
        return self.page.locator(f".jp-Cell[data-windowed-list-index='{number}']")

    def output(self, number: int) -> Locator:
        """Find what a cell shows, below its code."""
        return self.cell(number).locator(".jp-Cell-outputArea")

    def printed(self, number: int) -> str:
        """Read what a cell has printed."""
        return self.output(number).locator("[data-mime-type$=stdout]").inner_text()

    def status(self, number: int) -> Locator:
        """Find the text summary of the view that a cell shows."""
        return self.output(number).get_by_role("status")

    def screenshot(self, path: Path, number: int | None = None) -> None:
        """Take a picture of one cell's output, or of the window."""
        path.parent.mkdir(parents=True, exist_ok=True)
        shown = self.page if number is None else self.output(number)
        shown.screenshot(path=path)


@contextmanager
def running_lab(
    folder: Path, home: Path, saves_state: bool = True, options: Sequence[str] = ()
) -> Iterator[Lab]:
    """Run a JupyterLab while the context lasts.

    Args:
        folder: The folder that it shows.
        home: An empty folder for its settings and its log.
        saves_state: See `lab_environment`.
        options: More options of its command line.
    """
    environment, port = lab_environment(home, saves_state), free_port()
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS, f"--port={port}"]
    command += [f"--ServerApp.root_dir={folder}", *options]
    log = home / "lab.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, env=environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL
        )
    try:
        lab = Lab(f"http://127.0.0.1:{port}/", folder, environment, log)
        wait_for_server(lab.address, process, log)
        yield lab
    finally:
        process.terminate()  # the server ends its kernels first
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_server(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers.

    Raises:
        RuntimeError: It ended, or did not answer in time; with its log.
    """
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}api", timeout=1).close()
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-4000:]}")
