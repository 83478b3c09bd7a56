"""The project's own promises: who may import whom, the lock, the wheel, the files."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from scripts import lock
from scripts.bundle import add_wheel

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARY = ROOT / "lib" / "unrolled"

# A part may import itself, and besides:
MAY_IMPORT = {
    "report": set(),
    "validation": set(),
    "random": {"validation"},
    "device": set(),
    "cells": {"validation"},
    "tasks": {"random", "validation"},
    "training": {"cells", "tasks", "random", "report", "validation"},
    "views": {"report", "validation"},
    "exercises": {"cells", "tasks", "training", "random", "report", "validation"},
}

# Modules that may need TensorFlow carry it in their name, such as cells.lstm_tf.
NUMPY_HALF = sorted(
    path
    for path in LIBRARY.rglob("*.py")
    if not path.stem.endswith("_tf") and "live" not in path.parts
)


def module_name(path: Path) -> str:
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(source: str, module: str, *, package: bool) -> set[str]:
    """List the full names of all that a module's source imports, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                kept = parts[: len(parts) - node.level + package]
                base = ".".join([*kept, *filter(None, [node.module])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def part_of(module: str) -> str | None:
    """Give the part of the library that a module belongs to: cells, tasks, ..."""
    names = module.split(".")
    known = len(names) > 1 and names[0] == "unrolled" and names[1] in MAY_IMPORT
    return names[1] if known else None


def forbidden_imports(source: str, module: str, *, package: bool = False) -> set[str]:
    """List the imports of a module's source that its part may not make."""
    part = part_of(module)
    imported = imported_modules(source, module, package=package)
    outside = {
        name
        for name in imported
        if name.split(".")[0] in {"chapters", "scripts", "tests", "benchmarks"}
    }
    if part is None:
        return outside | {name for name in imported if part_of(name)}
    allowed = MAY_IMPORT[part] | {part}
    return outside | {n for n in imported if part_of(n) and part_of(n) not in allowed}


def test_every_part_of_the_library_has_a_place_in_the_rule() -> None:
    parts = {path.stem for path in LIBRARY.iterdir() if path.name != "py.typed"}
    assert parts - {"__init__", "__pycache__"} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=module_name)
def test_a_module_imports_only_what_its_part_may(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    package = path.name == "__init__.py"
    assert forbidden_imports(source, module_name(path), package=package) == set()


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        (
            "unrolled.cells.tanh",
            "from unrolled.tasks import counting",
            "unrolled.tasks",
        ),
        ("unrolled.cells.tanh", "import unrolled.training.rules", "unrolled.training"),
        ("unrolled.cells.tanh", "from ..report import Report", "unrolled.report"),
        (
            "unrolled.tasks.counting",
            "from unrolled.cells import tanh",
            "unrolled.cells",
        ),
        ("unrolled.training.rules", "from unrolled import views", "unrolled.views"),
        ("unrolled.views.figures.a", "from ...cells import tanh", "unrolled.cells"),
        ("unrolled.views.a", "def f():\n    import unrolled.tasks", "unrolled.tasks"),
        ("unrolled.exercises.a", "import unrolled.views.figures", "unrolled.views"),
        ("unrolled.report", "from unrolled.cells.cell import State", "unrolled.cells"),
        ("unrolled.random", "from unrolled.tasks import counting", "unrolled.tasks"),
        ("unrolled.cells.tanh", "from unrolled import random", "unrolled.random"),
        ("unrolled", "from unrolled import cells", "unrolled.cells"),
        ("unrolled.cells.tanh", "import chapters.theory", "chapters.theory"),
    ],
)
def test_a_forbidden_import_is_noticed(module: str, source: str, found: str) -> None:
    names = forbidden_imports(source, module, package=module == "unrolled")
    assert any(name.startswith(found) for name in names)


def python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_importing_the_package_imports_none_of_its_parts() -> None:
    code = "import sys, unrolled; print([m for m in sys.modules if 'unrolled.' in m])"
    assert python(code).stdout.strip() == "[]"


@pytest.mark.parametrize("name", [module_name(path) for path in NUMPY_HALF])
def test_the_numpy_half_does_not_import_tensorflow(name: str) -> None:
    code = (
        f"import sys, {name}\n"
        "sys.exit(' '.join({'tensorflow', 'keras'} & set(sys.modules)) or 0)"
    )
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_lock_has_a_hash_for_everything_and_names_no_host() -> None:
    assert lock.problems((ROOT / "requirements.lock").read_text(encoding="utf-8")) == []


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("source", lock.SOURCES)
def test_the_lock_holds_every_requirement(source: str) -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = {normalised(m["name"]) for m in map(lock.PIN.match, text.splitlines()) if m}
    for line in (ROOT / source).read_text(encoding="utf-8").splitlines():
        match = re.match(r"[A-Za-z0-9][\w.-]*", line)
        if match:
            assert normalised(match[0]) in pins


def test_jupyter_book_stays_on_the_first_line() -> None:
    assert "jupyter-book>=1.0.4,<2" in (ROOT / "requirements.txt").read_text("utf-8")
    assert re.search(
        r"^jupyter-book==1\.", (ROOT / "requirements.lock").read_text("utf-8"), re.M
    )


def test_the_library_builds_as_a_wheel_that_is_typed_and_complete(
    tmp_path: Path,
) -> None:
    add_wheel(tmp_path)
    (wheel,) = tmp_path.glob("unrolled-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"unrolled/py.typed", "unrolled/training/sampler_nets.bin"} <= names
    modules = {path.relative_to(LIBRARY.parent).as_posix() for path in NUMPY_HALF}
    assert modules <= names
    assert not any(name.startswith(("tests", "scripts", "chapters")) for name in names)


def test_there_is_an_extra_for_gpus() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (requirement,) = project["optional-dependencies"]["gpu"]
    assert requirement.startswith("tensorflow[and-cuda]")


def test_both_licences_are_there() -> None:
    assert "BSD 3-Clause License" in (ROOT / "LICENSE").read_text("utf-8")
    text = (ROOT / "LICENSE-TEXT").read_text("utf-8")
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in text


def targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):(?!=)", text, re.MULTILINE))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "Makefile"])
def test_every_command_that_is_named_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^|\")make ([a-z]+)", text, re.MULTILINE))
    assert named
    assert named <= targets()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_tool_that_is_named_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    modules = set(re.findall(r"-m ((?:scripts|benchmarks|experiments)\.\w+)", text))
    assert modules
    for module in modules:
        assert ROOT.joinpath(*module.split(".")).with_suffix(".py").is_file()
