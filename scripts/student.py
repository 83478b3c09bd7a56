"""Write student copies of the chapters into student/: no outputs, no solutions.

    python -m scripts.student [--into FOLDER] [NAME ...]

Removed: outputs; cells tagged `solution`; everything from a {solution-start}
directive to its {solution-end}, over as many cells as it spans; {solution}
directives; the course's own hidden assertions (cells tagged `test`). Kept:
exercises, and the cells tagged `check` that answer an attempt.

The folder student/ lies beside chapters/, so that links and data paths still work.
"""

import argparse
import re
import sys
from pathlib import Path

from nbformat import NotebookNode

from scripts.notebooks import (
    ROOT,
    NotebookError,
    chosen_paths,
    read_notebook,
    tags,
    write_notebook,
)
from scripts.store import clear

FOLDER = ROOT / "student"

# ```{solution} label   or   ::::{solution-start} label
DIRECTIVE = re.compile(r"^\s*(?P<fence>`{3,}|:{3,}|~{3,})\{(?P<name>[\w-]+)\}")


def closes(line: str, fence: str) -> bool:
    """Say whether a line closes a fence: the same sign, at least as many of them."""
    stripped = line.strip()
    return len(stripped) >= len(fence) and set(stripped) == {fence[0]}


def directive_end(lines: list[str], start: int) -> int:
    """Find the index just after the fence that opens at `lines[start]`.

    Raises:
        NotebookError: The fence is never closed.
    """
    match = DIRECTIVE.match(lines[start])
    assert match is not None, "called only for a line that opens a directive"
    for index in range(start + 1, len(lines)):
        if closes(lines[index], match["fence"]):
            return index + 1
    raise NotebookError(f"the directive {lines[start].strip()!r} is never closed")


class SolutionFilter:
    """Removes solutions from markdown, and remembers across cells if one is open."""

    def __init__(self) -> None:
        self.open_since: str | None = None

    def kept_text(self, cell: NotebookNode) -> str:
        """Give a markdown cell's text without the parts that belong to a solution.

        Raises:
            NotebookError: A solution starts inside another, ends without having
                started, or its directive is never closed.
        """
        lines, kept, index = cell.source.split("\n"), [], 0
        while index < len(lines):
            match = DIRECTIVE.match(lines[index])
            name = match["name"] if match else ""
            if name in ("solution", "solution-start", "solution-end"):
                after = directive_end(lines, index)
                if name != "solution":
                    self._pass_gate(name, cell)
                index = after
                continue
            if self.open_since is None:
                kept.append(lines[index])
            index += 1
        return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()

    def _pass_gate(self, name: str, cell: NotebookNode) -> None:
        """Open or close a gated solution."""
        if name == "solution-start":
            if self.open_since is not None:
                raise NotebookError(
                    f"cell {cell.id} starts a solution inside the one of cell "
                    f"{self.open_since}; end that one first with {{solution-end}}"
                )
            self.open_since = cell.id
        elif self.open_since is None:
            raise NotebookError(f"cell {cell.id} ends a solution that never started")
        else:
            self.open_since = None


def student_copy(notebook: NotebookNode) -> NotebookNode:
    """Turn a chapter into its student copy, in place, and return it.

    Raises:
        NotebookError: The solutions are not marked in a way that can be removed
            without a doubt.
    """
    clear(notebook)
    notebook.metadata.pop("unrolled", None)
    solutions, kept = SolutionFilter(), []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            before = cell.source
            try:
                cell.source = solutions.kept_text(cell)
            except NotebookError as error:
                raise NotebookError(f"cell {cell.id}: {error}") from error
            if before.strip() and not cell.source:
                continue
        elif solutions.open_since is not None:
            continue
        if not tags(cell) & {"solution", "test"}:
            kept.append(cell)
    if solutions.open_since is not None:
        raise NotebookError(
            f"the solution that starts in cell {solutions.open_since} never ends; "
            "add a {solution-end} directive"
        )
    notebook.cells = kept
    return notebook


def main(arguments: list[str] | None = None) -> int:
    """Write the student copies named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="student", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--into", type=Path, default=FOLDER, metavar="FOLDER")
    options = parser.parse_args(arguments)
    failures = 0
    try:
        paths = chosen_paths(options.names)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    for path in paths:
        try:
            copy = options.into / path.name
            if copy.resolve() == path.resolve():
                raise NotebookError(f"--into {options.into} would overwrite {path}")
            write_notebook(student_copy(read_notebook(path)), copy)
            print(f"{copy}: student copy of {path.name}")
        except NotebookError as error:
            print(f"{path} has no student copy: {error}", file=sys.stderr)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
