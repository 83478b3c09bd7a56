"""MNIST's files, read with care: Keras's ``mnist.npz`` and the four IDX files.

It is the decoded arrays that are checked by their digest, so that any file which holds
the true data is accepted, however it is packed, and no other. Nothing is unpickled, and
nothing is unpacked further than the true data reach.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from unrolled.tasks.fetching import in_words, place

Bytes = NDArray[np.uint8]

Arrays = dict[str, Bytes]
"""MNIST's arrays by the names of :class:`Part`."""

NPZ = "mnist.npz"
"""The name of Keras's file, in which all four arrays are."""

HEADER = 10_000
"""How many bytes may stand before an array, at most: NumPy writes 128, IDX 16."""

UNSIGNED_BYTES = 8
"""What the third byte of an IDX file says of numbers from 0 to 255."""

ADVICE = "move it away, and MNIST will be fetched, or bring the right one"


@dataclass(frozen=True)
class Part:
    """One of MNIST's four arrays.

    Attributes:
        name: The course's.
        key: Keras's, in ``mnist.npz``.
        file: The name of its IDX file, without ``.gz``.
        shape: Of an array of uint8.
        sha256: The digest of its bytes, 64 hexadecimal digits.
    """

    name: str
    key: str
    file: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def size(self) -> int:
        """Its bytes."""
        return math.prod(self.shape)

    @property
    def files(self) -> list[str]:
        """The names that its IDX file goes by."""
        spellings = self.file, self.file.replace("-idx", ".idx")
        return [name + ending for name in spellings for ending in ("", ".gz")]


PARTS = (
    Part(
        "train_images", "x_train", "train-images-idx3-ubyte", (60_000, 28, 28),
        "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    ),
    Part(
        "train_labels", "y_train", "train-labels-idx1-ubyte", (60_000,),
        "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    ),
    Part(
        "test_images", "x_test", "t10k-images-idx3-ubyte", (10_000, 28, 28),
        "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    ),
    Part(
        "test_labels", "y_test", "t10k-labels-idx1-ubyte", (10_000,),
        "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    ),
)  # fmt: skip
"""MNIST's arrays."""


def read_folder(folder: Path, parts: Sequence[Part]) -> Arrays | None:
    """Return MNIST from a folder, or None if none of its files is there.

    Args:
        folder: Where ``mnist.npz`` or the four IDX files may be; the first goes first.
        parts: The arrays that are expected.

    Raises:
        ValueError: If a file cannot be read, is damaged or holds something else, or if
            some of the four IDX files are missing.
    """
    npz = folder / NPZ
    if npz.is_file():
        return read_npz(npz, parts)
    found = {part.name: _first_file(folder, part.files) for part in parts}
    files = {name: path for name, path in found.items() if path is not None}
    if not files:
        return None
    missing = [part.file for part in parts if part.name not in files]
    if missing:
        raise ValueError(
            f"{folder} holds {len(files)} of MNIST's {len(parts)} files, but not "
            f"{', '.join(missing)}; add what is missing, or move the others away, and "
            f"MNIST will be fetched."
        )
    return {part.name: _read_idx_file(files[part.name], part) for part in parts}


def read_npz(path: Path, parts: Sequence[Part]) -> Arrays:
    """Return MNIST from a file such as Keras's.

    Raises:
        ValueError: If it cannot be read, is damaged or holds something else.
    """
    with _told_if_damaged(path, "npz file"), zipfile.ZipFile(path) as archive:
        members = {part.name: _member(archive, part, path) for part in parts}
        contents = {
            part.name: _opened(archive, members[part.name], part, path)
            for part in parts
        }
    return {
        part.name: _checked(_npy(contents[part.name], part, path), part, path)
        for part in parts
    }


def write_npz(path: Path, arrays: Mapping[str, Bytes], parts: Sequence[Part]) -> None:
    """Write MNIST as Keras's file holds it, but unpacked, in one step.

    Unpacking would be most of the time that it takes to read it.

    Raises:
        OSError: If it cannot be written; then nothing is left.
    """
    named: dict[str, Any] = {part.key: arrays[part.name] for part in parts}
    place(path, lambda file: np.savez(file, **named))


def read_idx(content: bytes, name: str) -> Bytes:
    """Return the array that an IDX file holds.

    The format, of which MNIST's authors wrote on its page: two zeros, a byte for the
    type of the numbers, a byte for how many axes there are, the length of each in four
    bytes of which the first counts most, and then the numbers, the last axis running
    fastest.

    Args:
        content: The file's bytes, unpacked.
        name: What messages call the file.

    Raises:
        ValueError: If it is no such file, is cut off, goes on too long, or holds other
            numbers than whole ones from 0 to 255.
    """
    if len(content) < 4 or content[:2] != b"\0\0":
        raise ValueError(
            f"{name} is no IDX file: its first bytes are "
            f"{content[:4].hex(' ') or 'missing'}, but two zeros, a type and a number "
            f"of axes are expected; {ADVICE}."
        )
    kind, axes = content[2], content[3]
    start = 4 + 4 * axes
    if kind != UNSIGNED_BYTES or not 1 <= axes <= 3:
        raise ValueError(
            f"{name} holds numbers of the type {kind:#04x} along {axes} axes, but "
            f"bytes from 0 to 255, {UNSIGNED_BYTES:#04x}, along 1 to 3 axes are "
            f"expected; {ADVICE}."
        )
    if len(content) < start:
        raise ValueError(
            f"{name} is cut off: it has {len(content)} bytes, but {start} are expected "
            f"before the numbers begin; {ADVICE}."
        )
    shape = struct.unpack_from(f">{axes}I", content, 4)
    whole = start + math.prod(shape)
    if len(content) != whole:
        raise ValueError(
            f"{name} has {len(content):,} bytes, but its beginning announces an array "
            f"of the shape {shape}, for which {whole:,} are expected; {ADVICE}."
        )
    return np.frombuffer(memoryview(content)[start:], np.uint8).reshape(shape)


def _first_file(folder: Path, names: Sequence[str]) -> Path | None:
    """Return the first of some files that is there."""
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _read_idx_file(path: Path, part: Part) -> Bytes:
    """Return an array from its IDX file, packed or not, whatever the name says."""
    with _told_if_damaged(path, "gzip file"), path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        source: IO[bytes] | gzip.GzipFile = gzip.GzipFile(fileobj=file)
        content = _limited(source if packed else file, part, path)
    return _checked(read_idx(content, str(path)), part, path)


def _member(archive: zipfile.ZipFile, part: Part, path: Path) -> zipfile.ZipInfo:
    """Return where an array is in an archive."""
    members = {member.filename: member for member in archive.infolist()}
    member = members.get(f"{part.key}.npy")
    if member is None:
        there = ", ".join(name.removesuffix(".npy") for name in sorted(members)[:6])
        raise _ToldError(
            f"{path} is not MNIST: it holds no array {part.key}, but "
            f"{there or 'nothing at all'}; {ADVICE}."
        )
    return member


def _opened(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, part: Part, path: Path
) -> bytes:
    """Return a member of an archive, unpacked."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Other ways unpack without a limit, and NumPy uses none of them.
        raise _ToldError(
            f"{path} is packed in a way that NumPy does not use (number "
            f"{member.compress_type}); {ADVICE}."
        )
    with archive.open(member) as file:
        return _limited(file, part, path)


def _limited(file: Any, part: Part, path: Path) -> bytes:
    """Read a file, but no further than the true one could reach."""
    most = part.size + HEADER
    content: bytes = file.read(most + 1)  # the size that a file declares may be a lie
    if len(content) > most:
        raise _ToldError(
            f"{path} is not MNIST: {part.key} unpacks to more than {most:,} bytes, but "
            f"{part.size:,} and a short header are expected; {ADVICE}."
        )
    return content


def _npy(content: bytes, part: Part, path: Path) -> Bytes:
    """Return the array of an npy file, if it has the right type and shape.

    NumPy's own reader would set aside as much memory as the header asks for.
    """
    file = io.BytesIO(content)
    with _told_if_damaged(path, "npz file"):
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, by_columns, kind = read(file)
    if kind.hasobject:
        raise ValueError(
            f"{path} holds Python objects in {part.key}, which could run code when "
            f"read and are never unpickled, but whole numbers (uint8) are expected; "
            f"{ADVICE}."
        )
    if kind != np.uint8 or shape != part.shape:
        raise _other(path, part, shape, kind)
    if len(content) - file.tell() != part.size:
        raise ValueError(
            f"{path} is damaged: {part.key} has {len(content) - file.tell():,} bytes, "
            f"but {part.size:,} are expected; {ADVICE}."
        )
    numbers = np.frombuffer(content, np.uint8, offset=file.tell())
    return numbers.reshape(shape, order="F" if by_columns else "C")


def _checked(array: Bytes, part: Part, path: Path) -> Bytes:
    """Return an array if it is the right one."""
    if array.shape != part.shape:
        raise _other(path, part, array.shape, array.dtype)
    numbers = np.ascontiguousarray(array)
    digest = hashlib.sha256(numbers.data).hexdigest()
    if digest != part.sha256:
        raise ValueError(
            f"{path} is not MNIST, or it is damaged: the SHA-256 of {part.key} is "
            f"{digest[:12]}…, but {part.sha256[:12]}… is expected; {ADVICE}."
        )
    return numbers


def _other(path: Path, part: Part, shape: tuple[int, ...], kind: Any) -> ValueError:
    """Say that an array is not the one that is expected."""
    return ValueError(
        f"{path} is not MNIST: {part.key} has the shape {shape} and the type {kind}, "
        f"but {part.shape} and uint8 are expected; {ADVICE}."
    )


class _ToldError(ValueError):
    """A sentence that says already what is wrong with a file."""


@contextmanager
def _told_if_damaged(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a reader makes of a damaged file into one sentence."""
    try:
        yield
    except _ToldError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise ValueError(
                f"{path} cannot be read ({in_words(error)}); mend that, or {ADVICE}."
            ) from None
        raise _damaged(path, kind, error) from None  # such as gzip's
    except Exception as error:
        raise _damaged(path, kind, error) from None


def _damaged(path: Path, kind: str, error: Exception) -> ValueError:
    """Say that a file cannot be made sense of."""
    return ValueError(
        f"{path} is no {kind}, or a damaged one ({type(error).__name__}); {ADVICE}."
    )
