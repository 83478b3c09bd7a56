"""A watched run that nobody looks on: stored by nbclient, held by nbval."""

import base64
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from test_record import assert_within_bound, header_of, values_of

from scripts import store
from scripts.notebooks import ROOT, read_notebook, write_notebook
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.running import train
from unrolled.views.live import watch_blocking

CELLS = (
    """from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.running import train
from unrolled.views.live import watch""",
    """run = train(ScalarModel(-1.5, 2.0), counting.published(), Rprop(), 300)
history = await watch(run, title="Rprop")
print(history)""",
    "history",
)
PRINTED = "History(finished at step 300, loss 6.16e+05 → 0.00017)"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Store the same notebook twice."""
    paths = [tmp_path_factory.mktemp(name) / "watched.ipynb" for name in "ab"]
    for path in paths:
        cells = [new_code_cell(code, id=f"cell-{k}") for k, code in enumerate(CELLS)]
        write_notebook(new_notebook(cells=cells), path)
        store.store(path)
    return paths


def model_of(path: Path) -> dict[str, Any]:
    widgets = read_notebook(path).metadata["widgets"]
    state = widgets["application/vnd.jupyter.widget-state+json"]["state"]
    (model,) = [m for m in state.values() if m["state"].get("view") == "watch"]
    return model


def record_of(path: Path) -> bytes:
    (buffer,) = [b for b in model_of(path)["buffers"] if b["path"] == ["record"]]
    return base64.b64decode(buffer["data"])


def test_the_stored_view_holds_the_record_of_the_run(stored):
    raw = record_of(stored[0])
    header = header_of(raw)
    assert (header["state"], header["step"], header["planned"]) == (
        "finished",
        300,
        300,
    )
    run = train(ScalarModel(-1.5, 2.0), counting.published(), Rprop(), 300)
    (entry,) = header["losses"]["columns"]
    assert_within_bound(entry, values_of(raw, entry), watch_blocking(run).losses)


def test_the_picture_that_stands_in_is_that_of_the_finished_run(stored):
    outputs = read_notebook(stored[0]).cells[1].outputs
    assert [output.output_type for output in outputs] == ["display_data", "stream"]
    html = outputs[0].data["text/html"]
    alt = re.search(r'<img alt="([^"]*)"', html)
    assert alt is not None
    assert alt[1].startswith("Rprop: the loss at 301 updates on a logarithmic axis.")
    assert "at update 300, where the run finished" in alt[1]
    assert 'src="data:image/svg+xml' in html


def test_the_history_is_printed_without_times(stored):
    cells = read_notebook(stored[0]).cells
    assert cells[1].outputs[1].text == PRINTED + "\n"
    assert cells[2].outputs[0].data["text/plain"] == PRINTED


def test_two_runs_store_the_same_file(stored):
    def lasting(path: Path) -> str:
        text = path.read_text(encoding="utf-8")
        return re.sub(r'"(seconds|date)": [^\n]*', "", text)

    assert lasting(stored[0]) == lasting(stored[1])


def compared(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook anew and compare its outputs, as `make test` does."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "scripts.nbval_pictures",
        "--nbval",
    ]
    command += ["--nbval-current-env", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_a_fresh_run_leaves_no_difference(stored, tmp_path):
    shutil.copy(stored[0], tmp_path)
    done = compared(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_nbval_notices_a_run_that_was_not_watched(stored, tmp_path):
    notebook = read_notebook(stored[0])
    notebook.cells[1].source = notebook.cells[1].source.replace("300)", "299)")
    write_notebook(notebook, tmp_path / "changed.ipynb")
    assert compared(tmp_path).returncode == 1
