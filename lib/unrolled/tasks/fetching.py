"""Fetching a file that does not ship with the course: once, whole, or not at all.

Of several processes that share a folder, such as those of a class on one server, one
fetches and the others wait. A file takes its place in one step.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

Got = TypeVar("Got")

CHUNK = 2**16
"""How many bytes are taken from a server at a time."""


class NotFetchedError(Exception):
    """No address gave anything; the message says why, as a part of a sentence."""


def fetched_once(path: Path, fetch: Callable[[], object], longest_wait: float) -> Path:
    """Return a file that is fetched if it is not there; of several processes, one does.

    Args:
        path: Where it shall be.
        fetch: Puts it there.
        longest_wait: How long another process is waited for, in seconds.

    Raises:
        NotFetchedError: If ``fetch`` raises it, the folder cannot be written to, or
            another process takes too long.
        ValueError: If ``fetch`` raises it.
    """
    from filelock import FileLock  # only now, for most data need no network

    lock = FileLock(path.parent / f".{path.name}.lock", timeout=longest_wait)
    try:
        with lock:
            if not path.is_file():  # another process may have been faster
                fetch()
    except OSError as error:
        raise NotFetchedError(f"{path.parent}: {in_words(error)}") from None
    return path


def first_served(addresses: Sequence[str], fetch: Callable[[str], Got]) -> Got:
    """Return what the first address gives that gives the right thing.

    Args:
        addresses: Tried in this order, at least one.
        fetch: Fetches from an address. It raises an OSError if nothing came, and a
            ValueError if something else came than was wanted.

    Raises:
        NotFetchedError: If no address gives anything.
        ValueError: If at least one gave something else, and none the right thing.
    """
    other: ValueError | None = None
    failures = []
    for address in addresses:
        try:
            return fetch(address)
        except OSError as error:  # no network, no such server, no such page
            failures.append(in_words(error))
        except ValueError as error:
            other = error
    if other is not None:
        raise other
    raise NotFetchedError(f"no address answers, {len(failures)} tried: {failures[-1]}")


def download(
    address: str,
    path: Path,
    patience: float,
    *,
    sha256: str | None = None,
    progress: bool = False,
) -> None:
    """Fetch a file from one address.

    pooch writes to a temporary file beside ``path``, renames it if its digest is right,
    and deletes it if not.

    Args:
        address: Where it is to be had.
        path: Where it shall be.
        patience: How long the server may keep silent, in seconds.
        sha256: The digest of its bytes; left out, none is asked for.
        progress: Whether a bar shows how much has come.

    Raises:
        OSError: If nothing, or not all of it, came.
        ValueError: If its digest is another.
    """
    import pooch  # type: ignore[import-untyped]

    bar = _Bar(path.name) if progress else None
    server = pooch.HTTPDownloader(
        progressbar=bar, chunk_size=CHUNK, timeout=patience
    )  # fmt: skip
    digest = None if sha256 is None else f"sha256:{sha256}"
    try:
        with _quiet(pooch.get_logger()):
            pooch.retrieve(address, digest, path.name, path.parent, downloader=server)
    finally:
        if bar is not None:
            bar.close()


def place(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file that is seen by others only when all of it is there.

    To be called within :func:`fetched_once`: what is written first is a file beside it
    that has the same name in all processes.

    Args:
        path: Where it shall be; what is there is replaced.
        write: Writes to an open file.

    Raises:
        OSError: If it cannot be written; then nothing is left.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            write(file)
        os.replace(part, path)
    except BaseException:  # the reader's own interruption too
        part.unlink(missing_ok=True)
        raise


def in_words(error: OSError) -> str:
    """Return in a few words what went wrong."""
    return error.strerror or type(error).__name__


class _Bar:
    """A bar of progress that appears when the first bytes do, and then goes away.

    Where nothing comes, nothing is drawn. It has what pooch asks of a bar.
    """

    def __init__(self, title: str) -> None:
        self.total = 0
        self._title = title
        self._bar: Any = None

    def update(self, count: int) -> None:
        """Draw that so many more bytes came."""
        from tqdm.auto import tqdm  # type: ignore[import-untyped]

        if self._bar is None:
            self._bar = tqdm(
                desc=self._title, total=self.total or None, unit="B", unit_scale=True,
                leave=False,
            )  # fmt: skip
        self._bar.update(count)

    def reset(self) -> None:
        """Begin anew."""
        if self._bar is not None:
            self._bar.reset()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep a logger's notes of progress off the page."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
