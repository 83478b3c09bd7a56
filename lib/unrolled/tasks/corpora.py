"""Texts to learn from: those that ship with the course, public ones, your own.

Nothing is unpacked to the disk, and a text that is fetched takes its place in one step:
whatever goes wrong, nothing half-written is left behind.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from unrolled.tasks.fetching import (
    NotFetchedError,
    download,
    fetched_once,
    first_served,
)
from unrolled.validation import count

KINDS = (".txt", ".zip")
"""How the name of a reader's own file may end."""

LARGEST = 64 * 10**6
"""What a zip may unpack to, in bytes; a few kilobytes can hold gigabytes of zeros."""

PATIENCE = 10.0
"""How long a server may keep silent, in seconds."""

LONGEST_WAIT = 120.0
"""How long another process that fetches the same text is waited for, in seconds."""


@dataclass(frozen=True)
class Corpus:
    """A text, and where it comes from.

    Attributes:
        name: As it was asked for, or the file's.
        text: All of it, or its beginning.
        origin: A sentence on where it comes from and what its licence is.
    """

    name: str
    text: str
    origin: str

    def __repr__(self) -> str:
        """Show the name and the size, not the text."""
        kinds = len(set(self.text))
        size = f"{len(self.text):,} characters, {kinds:,} different ones"
        return f"Corpus({self.name!r}: {size})"


@dataclass(frozen=True)
class PublicText:
    """A text in the public domain that is fetched when it is first asked for.

    Attributes:
        title: As a sentence names it.
        file: Its usual name in the data directory.
        sha256: The digest of the file's bytes, 64 hexadecimal digits.
        addresses: Where it is to be had, tried in this order.
        origin: See :class:`Corpus`.
    """

    title: str
    file: str
    sha256: str
    addresses: tuple[str, ...]
    origin: str


SHIPPED = {
    "lyrics_zh": (
        "lyrics_zh.txt",
        "Song lyrics in Chinese, written for this course and dedicated to the public "
        "domain (CC0 1.0).",
    ),
    "lyrics_en": (
        "lyrics_en.txt",
        "Song lyrics in English, written for this course and dedicated to the public "
        "domain (CC0 1.0).",
    ),
}
"""File and origin of the texts that come with the course, by name."""

PUBLIC = {
    "shakespeare": PublicText(
        title="The Shakespeare text",
        file="tinyshakespeare.txt",
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        addresses=(
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/"
            "tinyshakespeare/input.txt",
            "https://cdn.jsdelivr.net/gh/karpathy/char-rnn@master/data/"
            "tinyshakespeare/input.txt",
            "https://storage.googleapis.com/download.tensorflow.org/data/"
            "shakespeare.txt",
        ),
        origin="From the plays of William Shakespeare, as A. Karpathy put them "
        "together for char-rnn (2015); in the public domain.",
    ),
}
"""The texts that are fetched, by name."""


def load(
    name: str | Path, data: str | Path | None = None, limit: int | None = None
) -> Corpus:
    """Return a text by its name, or one from a file of your own.

    Line ends stay as they are; :func:`prepare` turns them into spaces. If a public text
    is not in the data directory and cannot be fetched, one line says so, and the
    course's own English lyrics are returned in its place.

    Args:
        name: ``"lyrics_zh"``, ``"lyrics_en"``, a name in ``PUBLIC`` such as
            ``"shakespeare"``, or a file that ends in ``.txt`` or ``.zip``: one in the
            data directory, such as ``"jaychou_lyrics.txt.zip"``, or any other by its
            path. A zip holds one text.
        data: The data directory, in which files are looked for, and where what is
            fetched is kept. Left out, it is the folder that the environment variable
            ``UNROLLED_DATA`` names, and without that the course's own.
        limit: How many characters at the start are wanted, at most; left out, all.

    Raises:
        ValueError: If there is no such text or folder; if a file is empty, not UTF-8,
            not the one that was expected, or a zip that does not hold one text of
            ordinary size.
    """
    most = None if limit is None else count("limit", limit)
    corpus = _loaded(name, data_folders(data))
    return replace(corpus, text=corpus.text[:most])


def prepare(text: str, limit: int | None = None) -> str:
    r"""Return the text as the published experiment uses it.

    Args:
        text: Any text.
        limit: How many characters are kept; left out, all.

    Returns:
        Its first ``limit`` characters, each line end (``\n`` or ``\r``) a space.

    Raises:
        ValueError: If ``limit`` is not a whole number of at least 1.
    """
    most = None if limit is None else count("limit", limit)
    return text.replace("\n", " ").replace("\r", " ")[:most]


def data_folders(data: str | Path | None = None) -> list[Path]:
    """Return the folders in which texts are looked for: the data directory comes first.

    The course's own folder, which holds the texts that ship with it, is the last. It is
    the first folder ``data`` with the English lyrics that is found in the present
    folder and those above it.

    Args:
        data: The data directory; see :func:`load`.

    Raises:
        ValueError: If the data directory does not exist, or none is known.
    """
    here = Path.cwd()
    lyrics = Path("data", SHIPPED["lyrics_en"][0])
    own = [
        (up / lyrics).parent for up in (here, *here.parents) if (up / lyrics).exists()
    ]
    named = data if data is not None else os.environ.get("UNROLLED_DATA") or None
    if named is None:
        if own:
            return own[:1]
        raise ValueError(
            f"The course's folder data is neither in {here} nor above it; run this in "
            f"the course's folder, or name a folder with data=... or the environment "
            f"variable UNROLLED_DATA."
        )
    folder = Path(named)
    if not folder.is_dir():
        source = "UNROLLED_DATA" if data is None else "data"
        raise ValueError(
            f"{source} must name a folder, but there is no folder {str(folder)!r}; "
            f"make it first, or mend the path."
        )
    return [folder, *own[:1]]


def _loaded(name: str | Path, folders: list[Path]) -> Corpus:
    """Return the text of :func:`load` in full."""
    if name in PUBLIC:
        return _public(str(name), folders)
    if name in SHIPPED:
        file, origin = SHIPPED[str(name)]
        return Corpus(str(name), _read(_find(file, folders)), origin)
    path = _find(name, folders)
    origin = f"A file of your own, {path.name}; you know its origin and its licence."
    return Corpus(path.name, _read(path), origin)


def _find(name: str | Path, folders: list[Path]) -> Path:
    """Return where a file is: in one of the folders, or at its path."""
    path = Path(name)
    if path.suffix.lower() not in KINDS:
        raise ValueError(
            f"name must be one of {', '.join([*SHIPPED, *PUBLIC])}, or a file that "
            f"ends in .txt or .zip, but {str(name)!r} was given."
        )
    for place in (*folders, Path()):
        if (place / path).is_file():
            return place / path
    there = sorted(
        file.name
        for folder in folders
        for file in folder.iterdir()
        if file.suffix.lower() in KINDS
    )
    raise ValueError(
        f"There is no file {str(name)!r}, neither by that path nor in {folders[0]}, "
        f"where the texts are: {', '.join(there) or 'none'}."
    )


def _public(name: str, folders: list[Path]) -> Corpus:
    """Return a public text, or the English lyrics if it is not to be had."""
    source = PUBLIC[name]
    kept = [folder / source.file for folder in folders]
    try:
        path = next((path for path in kept if path.is_file()), None)
        path = path or _fetch(source, folders[0])
    except NotFetchedError as reason:
        print(
            f"{source.title} cannot be fetched ({reason}); the course's own English "
            f"lyrics serve instead."
        )
        return _loaded("lyrics_en", folders)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != source.sha256:
        raise ValueError(
            f"{path} is not the text that belongs under this name: its SHA-256 is "
            f"{digest[:12]}… and not {source.sha256[:12]}…; move it away, and the "
            f"right one will be fetched."
        )
    return Corpus(name, _decoded(content, source.file), source.origin)


def _fetch(source: PublicText, folder: Path) -> Path:
    """Fetch a public text; of several processes at once, one does.

    Raises:
        NotFetchedError: If no address answers, or the folder cannot be written to.
        ValueError: If all that was sent has another digest.
    """
    path = folder / source.file
    return fetched_once(path, lambda: _download(source, path), LONGEST_WAIT)


def _download(source: PublicText, path: Path) -> None:
    """Try one address after the other."""

    def from_address(address: str) -> None:
        try:
            download(address, path, PATIENCE, sha256=source.sha256)
        except ValueError:
            raise ValueError(
                f"{source.title} came with a wrong digest: its SHA-256 is not "
                f"{source.sha256[:12]}…, and it was deleted; try again later, or bring "
                f"the file as {path}."
            ) from None

    first_served(source.addresses, from_address)


def _read(path: Path) -> str:
    """Return the text of a file, or of the one file in a zip."""
    zipped = path.suffix.lower() == ".zip"
    return _decoded(_unzipped(path) if zipped else path.read_bytes(), path.name)


def _decoded(content: bytes, name: str) -> str:
    """Return bytes as text; a byte order mark at the start is no part of it."""
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not UTF-8: byte {error.start}, counted from 0, is "
            f"0x{content[error.start]:02X}, which cannot stand there; save the text as "
            f"UTF-8."
        ) from None
    if not text.strip():
        raise ValueError(f"{name} is empty; a text has at least one character.")
    return text


def _unzipped(path: Path) -> bytes:
    """Return the one file in a zip, without writing it anywhere."""
    with _told_if_damaged(path.name):
        archive = zipfile.ZipFile(path)
    with archive:
        member = _only_member(archive, path.name)
        with _told_if_damaged(path.name), archive.open(member) as file:
            content = file.read(LARGEST + 1)  # the size that it declares may be a lie
    if len(content) > LARGEST:
        raise ValueError(_too_large(path.name))
    return content


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return the one file of an archive, if it is fit to be read."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1:
        raise ValueError(
            f"{name} must hold one text, but it holds {len(members)} files; make a zip "
            f"of the text alone."
        )
    (member,) = members
    if _leads_outside(member.orig_filename):
        raise ValueError(
            f"{name} holds a file named {member.orig_filename!r}, which leads out of "
            f"the folder that it would be unpacked to; make the zip anew."
        )
    if member.flag_bits & 1:
        raise ValueError(
            f"{name} is encrypted; make a zip of the text without a password."
        )
    if member.file_size > LARGEST:
        raise ValueError(_too_large(name))
    return member


def _leads_outside(member: str) -> bool:
    """Say whether a name is absolute on some system, or goes up a folder."""
    parts = member.replace("\\", "/").split("/")
    return parts[0] == "" or ":" in parts[0] or ".." in parts


def _too_large(name: str) -> str:
    """Say that a zip unpacks to more than is allowed."""
    return (
        f"{name} would unpack to more than {LARGEST // 10**6} MB; take a shorter text, "
        f"or unpack it yourself."
    )


@contextmanager
def _told_if_damaged(name: str) -> Iterator[None]:
    """Turn whatever a reader of archives makes of a damaged one into one sentence."""
    try:
        yield
    except Exception as error:
        raise ValueError(
            f"{name} is no zip, or a damaged one ({type(error).__name__}); fetch or "
            f"make it again."
        ) from None
