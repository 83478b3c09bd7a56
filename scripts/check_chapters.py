"""Say where a chapter breaks the rules that every chapter keeps.

    python -m scripts.check_chapters [NAME ...]

The rules are listed in CONTRIBUTING.md; each function here checks one of them and
returns a list of sentences, empty if all is well.
"""

import argparse
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

from scripts import library_cells
from scripts.nbval_pictures import VIEW
from scripts.notebooks import (
    NotebookError,
    chosen_paths,
    code_cells,
    failing_outputs,
    read_notebook,
    tags,
)
from scripts.store import WIDGET_STATE, WIDGET_VIEW

LONGEST_CELL = 25
MEDIAN_LESSON_CELL = 8
LARGEST_FILE = 1_500_000
OPENING_CELLS = 5
FEWEST_WENT_WRONG = 2

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?")
EXERCISE = re.compile(r"^\s*[`:~]{3,}\{exercise(?:-start)?\}(.*)$", re.MULTILINE)
SOLUTION = re.compile(r"^\s*[`:~]{3,}\{solution(?:-start)?\}\s*(\S+)", re.MULTILINE)
LABEL = re.compile(r"^\s*:label:\s*(\S+)\s*$", re.MULTILINE)

OPENING = {
    "the objectives": re.compile(r"objectives|will be able to", re.IGNORECASE),
    "the time needed": re.compile(r"time needed|\b(minutes|hours)\b", re.IGNORECASE),
    "the prerequisites": re.compile(r"prerequisites|(should|need to) know", re.I),
}


def check_ids(notebook: NotebookNode) -> list[str]:
    """Every cell has an id of its own that a person chose."""
    counts = Counter(cell.id for cell in notebook.cells)
    found = [f"the id {name} is used {n} times" for name, n in counts.items() if n > 1]
    for name in counts:
        if not SLUG.fullmatch(name) or RANDOM_ID.fullmatch(name):
            found.append(
                f"the id {name} is not a slug; use words, like toy-forward-pass"
            )
    return found


def check_clean_run(notebook: NotebookNode) -> list[str]:
    """The outputs come from one run from top to bottom, without error or stderr."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    found = failing_outputs(notebook)
    if counts != list(range(1, len(counts) + 1)):
        found.append(
            f"the execution counts are {counts}, not 1 to {len(counts)}; "
            "store the outputs again with `make store`"
        )
    if "unrolled" not in notebook.metadata:
        found.append("there is no execution record; run `make store`")
    return found


def length(cell: NotebookNode) -> int:
    """Count a cell's lines that are not blank."""
    return sum(1 for line in cell.source.splitlines() if line.strip())


def check_lengths(notebook: NotebookNode) -> list[str]:
    """No cell is long, and the typical cell of the lesson is short."""
    found = [
        f"cell {cell.id} has {length(cell)} lines; {LONGEST_CELL} are the most"
        for cell in code_cells(notebook)
        if length(cell) > LONGEST_CELL
    ]
    found += [
        f"cell {cell.id} is empty" for cell in notebook.cells if not cell.source.strip()
    ]
    lesson = [
        length(cell)
        for cell in code_cells(notebook)
        if not tags(cell) & {"test", "solution", "check"}
    ]
    if lesson and statistics.median(lesson) > MEDIAN_LESSON_CELL:
        found.append(
            f"the median lesson cell has {statistics.median(lesson):g} lines; "
            f"it should have at most {MEDIAN_LESSON_CELL}"
        )
    return found


def check_images(notebook: NotebookNode) -> list[str]:
    """Every image says in words what it shows."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found += [f"cell {cell.id}: {text}" for text in bare_images(cell.source)]
        elif cell.cell_type == "code":
            found += [f"cell {cell.id}: {text}" for text in bare_outputs(cell)]
    return found


def bare_images(markdown: str) -> list[str]:
    """List the images of a markdown text that have no alternative text."""
    found = [
        f"![]({url}) has no text" for url in re.findall(r"!\[\s*\]\((.*?)\)", markdown)
    ]
    for tag in re.findall(r"<img\b[^>]*>", markdown):
        if not re.search(r"""\balt\s*=\s*["'][^"']*\w""", tag):
            found.append(f"{tag} has no alt")
    lines = markdown.splitlines()
    for index, line in enumerate(lines):
        match = re.match(r"\s*([`:~]{3,})\{(image|figure)\}", line)
        if match and not directive_has_alt(lines[index + 1 :]):
            found.append(f"{line.strip()} has no :alt:")
    return found


def directive_has_alt(lines: list[str]) -> bool:
    """Say whether the options at the start of a directive's body include an :alt:."""
    for line in lines:
        if re.match(r"\s*:alt:\s*\S", line):
            return True
        if not re.match(r"\s*:[\w-]+:", line):
            return False
    return False


def bare_outputs(cell: NotebookNode) -> list[str]:
    """List the pictures among a cell's outputs that have no alternative text.

    A picture gets it from the cell's metadata: `{"mystnb": {"image": {"alt": ...}}}`;
    a drawing inside HTML carries its own (`aria-label`, or a `<title>`).
    """
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    found = []
    for output in cell.outputs:
        data = output.get("data", {})
        html = data.get("text/html", "")
        if any(kind.startswith("image/") for kind in data) and not str(alt).strip():
            found.append("its picture has no text; set metadata mystnb.image.alt")
        for tag in re.findall(r"<svg\b[^>]*>(?:\s*<title>[^<]+)?", html):
            if "aria-label" not in tag and "<title>" not in tag:
                found.append("a drawing in its HTML has neither aria-label nor title")
        found += bare_images(html)
    return found


def check_views(notebook: NotebookNode) -> list[str]:
    """Every interactive view has a stand-in, and its state is stored with it."""
    stored = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {})
    found = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            if WIDGET_VIEW not in data:
                continue
            if not VIEW.match(data.get("text/html", "")):
                found.append(
                    f"cell {cell.id} shows a widget that is no view of the course: "
                    "the site and the printed page cannot show it"
                )
            if data[WIDGET_VIEW]["model_id"] not in stored.get("state", {}):
                found.append(
                    f"the state of the view in cell {cell.id} is not stored; "
                    "run `make store`"
                )
    return found


def check_size(path: Path) -> list[str]:
    """The file stays small enough to open and to share."""
    size = path.stat().st_size
    if size < LARGEST_FILE:
        return []
    return [f"the file has {size / 1e6:.2f} MB; it must stay under 1.5 MB"]


def markdown_text(notebook: NotebookNode, cells: int | None = None) -> str:
    """Join the text of the markdown cells among the first `cells` cells, or of all."""
    return "\n\n".join(
        cell.source for cell in notebook.cells[:cells] if cell.cell_type == "markdown"
    )


def check_opening(notebook: NotebookNode) -> list[str]:
    """A chapter begins with its objectives, the time it takes and what it builds on."""
    opening = markdown_text(notebook, OPENING_CELLS)
    return [
        f"the first {OPENING_CELLS} cells do not give {what}"
        for what, pattern in OPENING.items()
        if not pattern.search(opening)
    ]


def exercise_labels(text: str) -> list[str]:
    """Give the label of every exercise, or an empty string for one without."""
    labels = []
    for match in EXERCISE.finditer(text):
        options = []
        for line in text[match.end() :].lstrip("\n").splitlines():
            if not re.match(r"\s*:[\w-]+:", line):
                break
            options.append(line)
        label = LABEL.search("\n".join(options))
        labels.append(label[1] if label else "")
    return labels


def check_exercises(notebook: NotebookNode) -> list[str]:
    """Every exercise has a label, one solution and a check that stays in the copies."""
    text = markdown_text(notebook)
    labels, solved = exercise_labels(text), Counter(SOLUTION.findall(text))
    checks = "\n".join(c.source for c in code_cells(notebook) if "check" in tags(c))
    found = [] if labels else ["there is no exercise"]
    for label in labels:
        if not label.startswith("ex-"):
            found.append(
                f"an exercise has the label {label!r}; use one like ex-theory-1"
            )
            continue
        name = label.removeprefix("ex-")
        if solved[label] != 1:
            found.append(f"the exercise {label} has {solved[label]} solutions, not 1")
        if not re.search(rf"""["']{re.escape(name)}["']""", checks):
            found.append(f"no cell tagged `check` checks {name!r}")
    found += [
        f"a solution is for {x}, which is no exercise"
        for x in solved
        if x not in labels
    ]
    return found


def check_went_wrong(notebook: NotebookNode) -> list[str]:
    """A chapter runs and measures classic mistakes."""
    boxes = re.findall(
        r"^\s*(?:#+\s|[`:~]{3,}\{).*what goes wrong",
        markdown_text(notebook),
        re.IGNORECASE | re.MULTILINE,
    )
    if len(boxes) >= FEWEST_WENT_WRONG:
        return []
    return [f"there are {len(boxes)} boxes 'What goes wrong', not {FEWEST_WENT_WRONG}"]


CHECKS: tuple[Callable[[NotebookNode], list[str]], ...] = (
    check_ids,
    check_clean_run,
    library_cells.problems,
    check_lengths,
    check_images,
    check_views,
    check_opening,
    check_exercises,
    check_went_wrong,
)


def main(arguments: list[str] | None = None) -> int:
    """Check the chapters named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="check_chapters", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    failures = 0
    try:
        for path in chosen_paths(parser.parse_args(arguments).names):
            notebook = read_notebook(path)
            found = check_size(path)
            for check in CHECKS:
                found += check(notebook)
            for problem in found:
                print(f"{path.name}: {problem}")
            failures += len(found)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
