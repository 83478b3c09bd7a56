"""What the tools share about notebooks: finding, reading, writing, tags, problems."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"


class NotebookError(Exception):
    """A notebook cannot be used as it is; the message says why and what to do."""


def chapter_paths(folder: Path = CHAPTERS) -> list[Path]:
    """List the notebooks of a folder in alphabetical order."""
    return sorted(folder.glob("*.ipynb"))


def chosen_paths(names: Iterable[str], folder: Path = CHAPTERS) -> list[Path]:
    """Turn the names given on a command line into paths; no name means all chapters.

    Args:
        names: Chapter names ("theory") or paths of notebooks.
        folder: Where the chapters are.

    Raises:
        NotebookError: A name fits no notebook, or there is no chapter at all.
    """
    known = {path.stem: path for path in chapter_paths(folder)}
    chosen = [known.get(name, Path(name)) for name in names] or list(known.values())
    if not chosen:
        raise NotebookError(f"There is no notebook in {folder}.")
    for path in chosen:
        if not path.is_file():
            raise NotebookError(
                f"There is no notebook {path}; the chapters are: "
                f"{', '.join(known) or 'none yet'}."
            )
    return chosen


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook of format 4.5 or later, whose cells have ids.

    Raises:
        NotebookError: The file is not such a notebook.
    """
    try:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise NotebookError(f"{path} is not a valid notebook: {reason}") from error
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        raise NotebookError(
            f"{path} has notebook format {notebook.nbformat}.{notebook.nbformat_minor};"
            " cells have ids from format 4.5 on: open and save it in JupyterLab."
        )
    return notebook


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook so that no reader ever sees half of it.

    The text goes to a temporary file beside `path`, which then takes its place in
    one step; whatever fails before that leaves the old file untouched.
    """
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    write_text(text if text.endswith("\n") else text + "\n", path)


def write_text(text: str, path: Path) -> None:
    """Replace a file by `text` (UTF-8, line feeds) in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; a file of the course is readable by all.
        os.chmod(temporary, path.stat().st_mode if path.exists() else 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def tags(cell: NotebookNode) -> set[str]:
    """Give a cell's tags."""
    return set(cell.metadata.get("tags", []))


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Give a notebook's code cells in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def failing_outputs(notebook: NotebookNode) -> list[str]:
    """Describe every output that is an error or was written to stderr."""
    problems = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(f"cell {cell.id}: {output.ename}: {output.evalue}")
            elif output.output_type == "stream" and output.name == "stderr":
                first_line = (output.text.strip().splitlines() or ["(blank)"])[0]
                problems.append(f"cell {cell.id} writes to stderr: {first_line}")
    return problems
