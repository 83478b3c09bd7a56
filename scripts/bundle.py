"""Pack the course for a room without a network: an archive that serves itself.

    python -m scripts.bundle [--packages] [--into FOLDER]

Needs the built book. The archive holds the site and the one script that serves it, the
chapters, their copies for students, the data that may be passed on, and the library as
a wheel. With --packages it also holds every package of requirements.lock, as it was
made for this system and this version of Python, so that the notebooks run where
nothing can be downloaded. The archive takes its place only when it is whole.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from scripts.notebooks import (
    CHAPTERS,
    ROOT,
    NotebookError,
    chapter_paths,
    read_notebook,
    write_notebook,
)
from scripts.serve import BOOK
from scripts.student import student_copy

DISTRIBUTED = ROOT / "dist"
START = Path(__file__).resolve().parent / "bundle_start.md"
LICENCES = ("LICENSE", "LICENSE-TEXT", "CITATION.cff")
DATA = ("README.md", "lyrics_en.txt", "lyrics_zh.txt", "results/*.json")
"""What ships of data/: readers keep files of their own there."""

UNNEEDED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info")


class BundleError(Exception):
    """The course cannot be packed; the message says why and what to do."""


def version(root: Path = ROOT) -> str:
    """Return the version of the course."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def run_pip(*arguments: str) -> None:
    """Run pip, and say what it said if it fails.

    Raises:
        BundleError: It failed.
    """
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise BundleError(
            f"Nothing was written: `pip {arguments[0]}` failed. Mend what it names and "
            f"run `make bundle` again. It said:\n{said}"
        )


def add_wheel(into: Path, root: Path = ROOT) -> None:
    """Build the library as a wheel into a folder, without a network."""
    with tempfile.TemporaryDirectory() as folder:
        # In a copy: building leaves folders behind that would enter the next wheel.
        source = Path(folder, "source")
        shutil.copytree(root / "lib", source / "lib", ignore=UNNEEDED)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(root / name, source)
        options = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(into))
        run_pip("wheel", *options, str(source))


def add_packages(into: Path, root: Path = ROOT) -> None:
    """Download every package of the lock, for this system and Python."""
    lock = str(root / "requirements.lock")
    run_pip("download", "--require-hashes", "--dest", str(into), "--requirement", lock)


def add_data(into: Path, root: Path = ROOT) -> None:
    """Copy the data that may be passed on, and nothing else that lies there."""
    for pattern in DATA:
        for path in sorted((root / "data").glob(pattern)):
            place = into / path.relative_to(root / "data")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)


def add_notebooks(into: Path, chapters: Path = CHAPTERS) -> None:
    """Copy the chapters, and write their copies without outputs and solutions."""
    (into / "chapters").mkdir()
    for path in chapter_paths(chapters):
        shutil.copy(path, into / "chapters")
        copy = student_copy(read_notebook(path))
        write_notebook(copy, into / "student" / path.name)


def lay_out(into: Path, book: Path, packages: bool, root: Path = ROOT) -> None:
    """Put all that the archive holds into a folder.

    Args:
        into: An empty folder.
        book: The built book.
        packages: Whether to add all packages.
        root: The course's top folder.

    Raises:
        BundleError: The book is not built, or a part cannot be made.
        NotebookError: A chapter cannot be read.
    """
    if not (book / "index.html").is_file():
        raise BundleError(f"There is no built book in {book}; run `make book` first.")
    shutil.copytree(book, into / "site", ignore=UNNEEDED)
    shutil.copy(root / "scripts" / "serve.py", into)
    add_notebooks(into, root / "chapters")
    add_data(into / "data", root)
    for name in (*LICENCES, "requirements.lock"):
        shutil.copy(root / name, into)
    (into / "packages").mkdir()
    add_wheel(into / "packages", root)
    if packages:
        add_packages(into / "packages", root)
    start = START.read_text(encoding="utf-8").replace("VERSION", version(root))
    (into / "START.md").write_text(start, encoding="utf-8")


def write_archive(folder: Path, archive: Path) -> None:
    """Write a folder as a zip file, which appears when it is whole."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    part = archive.with_suffix(".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    packed.write(path, path.relative_to(folder.parent))
        part.replace(archive)
    finally:
        part.unlink(missing_ok=True)


def bundle(
    into: Path = DISTRIBUTED,
    book: Path = BOOK,
    packages: bool = False,
    root: Path = ROOT,
) -> Path:
    """Pack the course and return the archive.

    Args:
        into: The folder that the archive goes to.
        book: The built book.
        packages: Whether to add all packages.
        root: The course's top folder.

    Raises:
        BundleError: The book is not built, or a part cannot be made.
        NotebookError: A chapter cannot be read.
    """
    name = f"unrolled-{version(root)}-classroom"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, name)
        folder.mkdir()
        lay_out(folder, book, packages, root)
        archive = into / f"{name}.zip"
        write_archive(folder, archive)
    return archive


def main(arguments: list[str] | None = None, book: Path = BOOK) -> int:
    """Pack the course as the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="bundle", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument(
        "--packages", action="store_true", help="add every package of the lock"
    )
    parser.add_argument("--into", type=Path, default=DISTRIBUTED, metavar="FOLDER")
    options = parser.parse_args(arguments)
    try:
        archive = bundle(options.into, book, options.packages)
    except (BundleError, NotebookError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{archive}: {archive.stat().st_size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
