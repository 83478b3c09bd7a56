"""The archive for a room without a network: what is in it, and when there is none."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts import bundle
from scripts.notebooks import ROOT, write_notebook

NAME = f"unrolled-{bundle.version()}-classroom"
SECRET = "the secret answer"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "html"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>Unrolled</title>", encoding="utf-8")
    (folder / "assets" / "module.js").write_text("export default 1;", encoding="utf-8")
    (folder / ".buildinfo").write_text("of no use", encoding="utf-8")
    return folder


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of one chapter, with files of the reader's own in data/."""
    root = tmp_path / "course"
    for folder in ("scripts", "data/results", "lib/loom"):
        (root / folder).mkdir(parents=True)
    for name in (*bundle.LICENCES, "README.md", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    shutil.copy(ROOT / "scripts" / "serve.py", root / "scripts")
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\n'
        'build-backend = "setuptools.build_meta"\n'
        '[project]\nname = "loom"\nversion = "9.8"\n'
        '[tool.setuptools.packages.find]\nwhere = ["lib"]\n',
        encoding="utf-8",
    )
    (root / "lib" / "loom" / "__init__.py").write_text("", encoding="utf-8")
    for name in ("README.md", "lyrics_en.txt", "mnist.npz", "results/echo.json"):
        (root / "data" / name).write_text(name, encoding="utf-8")
    output = new_output("stream", name="stdout", text="printed")
    cells = [
        new_code_cell("x = 1", id="one", outputs=[output]),
        new_markdown_cell(SECRET, id="two", metadata={"tags": ["solution"]}),
    ]
    write_notebook(new_notebook(cells=cells), root / "chapters" / "loom.ipynb")
    return root


@pytest.fixture
def unpacked(tmp_path: Path, course: Path, book: Path) -> Path:
    archive = bundle.bundle(tmp_path / "dist", book, root=course)
    assert archive.name == "unrolled-9.8-classroom.zip"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / "elsewhere")
    return tmp_path / "elsewhere" / "unrolled-9.8-classroom"


def test_all_that_a_room_needs_is_there_and_nothing_else(unpacked: Path) -> None:
    found = {
        path.relative_to(unpacked).as_posix()
        for path in unpacked.rglob("*")
        if path.is_file()
    }
    assert found == {
        *bundle.LICENCES,
        "START.md",
        "serve.py",
        "requirements.lock",
        "site/index.html",
        "site/assets/module.js",
        "chapters/loom.ipynb",
        "student/loom.ipynb",
        "data/README.md",
        "data/lyrics_en.txt",
        "data/results/echo.json",
        "packages/loom-9.8-py3-none-any.whl",
    }


def test_students_get_neither_outputs_nor_solutions(unpacked: Path) -> None:
    chapter = (unpacked / "chapters" / "loom.ipynb").read_text(encoding="utf-8")
    assert SECRET in chapter
    assert "printed" in chapter
    copy = (unpacked / "student" / "loom.ipynb").read_text(encoding="utf-8")
    assert SECRET not in copy
    assert "printed" not in copy


def test_the_first_page_names_the_version_and_files_that_exist(unpacked: Path) -> None:
    start = (unpacked / "START.md").read_text(encoding="utf-8")
    assert "Unrolled 9.8" in start
    assert "VERSION" not in start
    for name in ("serve.py", "data/README.md", "requirements.lock", *bundle.LICENCES):
        assert name in start
        assert (unpacked / name).is_file()
    assert "unrolled" in start  # the wheel's name, as pip is asked for it


def test_unpacked_it_speaks_of_its_own_commands(unpacked: Path) -> None:
    """Another Python than the course's own serves it: nothing else is imported."""
    command = [sys.executable, "-I", "-S", str(unpacked / "serve.py"), "no port"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "python3 serve.py 8001" in done.stderr
    assert "make" not in done.stderr


def test_a_book_that_is_not_built_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = tmp_path / "dist"
    assert bundle.main(["--into", str(into)], tmp_path / "html") == 1
    assert "run `make book` first" in capsys.readouterr().err
    assert not into.exists()


def test_where_packages_cannot_be_had_nothing_is_written(
    tmp_path: Path, course: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    lock = course / "requirements.lock"
    lock.write_text(f"no-such-package==1 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    with pytest.raises(
        bundle.BundleError, match=r"(?s)`pip download` failed.*no-such-pac"
    ):
        bundle.bundle(tmp_path / "dist", book, packages=True, root=course)
    assert not (tmp_path / "dist").exists()


def test_packages_are_those_of_the_lock(
    tmp_path: Path, course: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A made-up package is found in a folder, so that no network is needed."""
    shelf = tmp_path / "shelf"
    bundle.add_wheel(shelf, course)
    (made,) = shelf.iterdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    hashed = subprocess.run(
        [sys.executable, "-m", "pip", "hash", str(made)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[-1]
    lock = f"loom==9.8 {hashed}\n"
    (course / "requirements.lock").write_text(lock, encoding="utf-8")
    archive = bundle.bundle(tmp_path / "dist", book, packages=True, root=course)
    with zipfile.ZipFile(archive) as packed:
        assert f"unrolled-9.8-classroom/packages/{made.name}" in packed.namelist()
    # A damaged package is refused.
    (course / "requirements.lock").write_text(
        f"loom==9.8 --hash=sha256:{'0' * 64}\n", encoding="utf-8"
    )
    with pytest.raises(bundle.BundleError, match="DO NOT MATCH THE HASHES"):
        bundle.bundle(tmp_path / "dist", book, packages=True, root=course)


def test_an_archive_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    folder = tmp_path / "content"
    folder.mkdir()
    (folder / "file").write_text("text", encoding="utf-8")
    archive = tmp_path / "archive.zip"
    archive.write_text("the one before", encoding="utf-8")
    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    with pytest.raises(OSError, match="no space"):
        bundle.write_archive(folder, archive)
    assert archive.read_text(encoding="utf-8") == "the one before"
    assert sorted(tmp_path.iterdir()) == [archive, folder]
