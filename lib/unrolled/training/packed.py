"""Small trained nets in one file, for a page that runs them itself.

The net is a GRU over characters with one table for both ends. Row ``k`` of ``E`` stands
for character ``k``: it is looked up where the character is read, and compared with
where it is predicted (tied embeddings: Inan, Khosravi and Socher 2017; Press and Wolf
2017). In the course's symbols

    W_xh = E W_eh,    W_hq = W_he E^T,

so that a net with 1,145 characters and 112 units takes 100,000 numbers in place of
550,000.

The file holds whole numbers. A matrix is stored in 8 bits and each of its columns has
a scale: the number ``q`` of column ``j`` stands for ``q s_j``, with ``s_j`` a 32-bit
float. A vector is stored in 16 bits, with one scale. Unpacked, all are 64-bit floats,
in Python and in the page, and the rules of :mod:`unrolled.training.choosing` hold.

From the start of the file:

============  ==================================================================
bytes         what
============  ==================================================================
8             ``MAGIC``
4             CRC-32 of all that follows (little-endian, like all numbers)
4             ``n``, the length of the header
``n``         the header, JSON in UTF-8: for each net its name, what it was
              trained on, its characters, its shapes, units worth a look
the rest      net by net, in the order of ``NAMES``: the scales of a tensor,
              then its whole numbers, row by row
============  ==================================================================
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.cells.cell import Parameters
from unrolled.cells.gru import GRUCell
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.validation import Array, count, finite_array

MAGIC = b"UNRNETS1"
HEAD = struct.Struct("<8sI")
LENGTH = struct.Struct("<I")
NAMES = ("E", "W_eh", "W_hh", "b_h", "W_he", "b_q")
"""The tensors of a net, in the order in which they are stored."""

SHIPPED = Path(__file__).with_name("sampler_nets.bin")
"""Two nets, made by ``make experiments ONLY=sampler_weights``."""

_KINDS: dict[int, tuple[np.dtype[Any], int]] = {
    1: (np.dtype("<i2"), 32767),
    2: (np.dtype("i1"), 127),
}


def shapes(characters: int, embedding: int, hidden: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor.

    Args:
        characters: ``V``.
        embedding: ``e``, how many numbers stand for a character.
        hidden: ``H``.
    """
    columns = 3 * hidden
    return {
        "E": (characters, embedding),
        "W_eh": (embedding, columns),
        "W_hh": (hidden, columns),
        "b_h": (columns,),
        "W_he": (hidden, embedding),
        "b_q": (characters,),
    }


@dataclass(frozen=True, eq=False)
class PackedNet:
    """A character net as it is packed.

    It has what :mod:`unrolled.training.generation` needs of a net.

    Attributes:
        name: Such as ``"English"``.
        about: A sentence on what it was trained on.
        vocabulary: Its characters.
        factors: The tensors ``NAMES``, float64; see :func:`shapes`.
        units: Units worth a look, and what each does, in words.
    """

    name: str
    about: str
    vocabulary: Vocabulary
    factors: Parameters
    units: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        """Check that all shapes fit.

        Raises:
            ValueError: If a tensor is missing, has another shape or holds what is no
                number, or there is no such unit.
        """
        if set(self.factors) != set(NAMES):
            raise ValueError(
                f"factors must be {', '.join(NAMES)}, but {', '.join(self.factors)} "
                f"were given."
            )
        embedding = np.shape(self.factors["W_eh"])[0]
        hidden = np.shape(self.factors["W_hh"])[0]
        wanted = shapes(len(self.vocabulary), embedding, hidden)
        checked = {
            name: finite_array(name, self.factors[name], ", ".join(map(str, shape)))
            for name, shape in wanted.items()
        }
        object.__setattr__(self, "factors", checked)
        for unit, _ in self.units:
            if count("a unit", unit) > hidden:
                raise ValueError(
                    f"a unit must be one of the {hidden} units, counted from 1, but "
                    f"{unit} was given."
                )

    @property
    def hidden_size(self) -> int:
        """``H``, the number of units."""
        return len(self.factors["W_hh"])

    @cached_property
    def weights(self) -> Parameters:
        """The parameters by the names of all nets, the factors multiplied."""
        f = self.factors
        return {
            "W_xh": f["E"] @ f["W_eh"],
            "W_hh": f["W_hh"],
            "b_h": f["b_h"],
            "W_hq": f["W_he"] @ f["E"].T,
            "b_q": f["b_q"],
        }

    def numpy_cell(self) -> GRUCell:
        """Return the recurrence; its reset gate acts before the product."""
        return GRUCell(**{n: self.weights[n] for n in ("W_xh", "W_hh", "b_h")})

    def __repr__(self) -> str:
        """Show the name and the sizes."""
        size = sum(part.size for part in self.factors.values())
        return (
            f"PackedNet({self.name!r}: {len(self.vocabulary):,} characters, "
            f"{self.hidden_size} units, {size:,} numbers)"
        )


def rounded(tensor: ArrayLike) -> Array:
    """Return what is left of a tensor when it has been packed and unpacked.

    Args:
        tensor: Shape ``(n,)`` or ``(n, m)``.

    Raises:
        ValueError: If it has other axes, or holds what is no number.
    """
    whole, scales = _quantised(finite_array("tensor", tensor))
    return _restored(whole, scales)


def pack(nets: Iterable[PackedNet]) -> bytes:
    """Write nets into bytes; their weights are rounded, see :func:`rounded`.

    Args:
        nets: At least one, each with a name of its own.

    Raises:
        ValueError: If there is none, or two have the same name.
    """
    packed = list(nets)
    names = [net.name for net in packed]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"nets must be at least one, each with a name of its own, but the names "
            f"are {names}."
        )
    tensors = (net.factors[name] for net in packed for name in NAMES)
    return joined(MAGIC, {"nets": [_described(net) for net in packed]}, tensors)


def unpack(packed: bytes) -> dict[str, PackedNet]:
    """Read what :func:`pack` has written.

    Args:
        packed: All of the file.

    Returns:
        The nets by their names.

    Raises:
        ValueError: If these are no packed nets, or they are damaged.
    """
    header, body = parted(MAGIC, packed, "nets that pack(nets)", "sampler_weights")
    nets, place = {}, 0
    for described in header["nets"]:
        factors = {}
        for name in NAMES:
            shape = tuple(described["shapes"][name])
            factors[name], place = tensor_at(body, place, shape)
        nets[described["name"]] = PackedNet(
            described["name"],
            described["about"],
            Vocabulary(described["characters"]),
            factors,
            tuple((unit, about) for unit, about in described["units"]),
        )
    return nets


def shipped_bytes() -> bytes:
    """Return the nets that come with the course, as they are packed.

    Raises:
        FileNotFoundError: If the file is not there.
    """
    return shipped_file(SHIPPED, "sampler_weights")


def shipped_nets() -> dict[str, PackedNet]:
    """Return the nets that come with the course: ``"English"`` and ``"Chinese"``.

    Raises:
        FileNotFoundError: If their file is not there.
        ValueError: If it is damaged.
    """
    return unpack(shipped_bytes())


# --- any file of this kind ---------------------------------------------------------


def joined(magic: bytes, header: Mapping[str, Any], tensors: Iterable[Array]) -> bytes:
    """Write a header and tensors into bytes, as the module describes it.

    Args:
        magic: The 8 bytes with which such a file begins.
        header: What JSON can hold; it must tell the shapes of the tensors.
        tensors: In the order in which they are to be read.
    """
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    parts = [LENGTH.pack(len(text)), text, *map(_tensor_bytes, tensors)]
    body = b"".join(parts)
    return HEAD.pack(magic, zlib.crc32(body)) + body


def parted(
    magic: bytes, packed: bytes, what: str, experiment: str
) -> tuple[Any, bytes]:
    """Take apart what :func:`joined` has written.

    Args:
        magic: The bytes with which it must begin.
        packed: All of the file.
        what: What it must hold, and which function writes that, for a message.
        experiment: The one that makes it, for a message.

    Returns:
        The header, and the bytes of the tensors, for :func:`tensor_at`.

    Raises:
        ValueError: If it begins with something else, or is damaged.
    """
    if not isinstance(packed, bytes) or packed[: len(magic)] != magic:
        start = packed[:8] if isinstance(packed, bytes) else type(packed).__name__
        raise ValueError(
            f"packed must hold {what} has written, beginning with {magic!r}, but "
            f"{start!r} was given."
        )
    body = packed[HEAD.size :]
    if len(packed) < HEAD.size or zlib.crc32(body) != HEAD.unpack_from(packed)[1]:
        raise ValueError(
            f"packed is damaged: its checksum does not fit its {len(packed):,} bytes; "
            f"fetch it again, or make it with `make experiments ONLY={experiment}`."
        )
    end = LENGTH.size + LENGTH.unpack_from(body)[0]
    return json.loads(body[LENGTH.size : end].decode()), body[end:]


def tensor_at(body: bytes, place: int, shape: tuple[int, ...]) -> tuple[Array, int]:
    """Read a tensor that begins at a place; return it and the place after it.

    Args:
        body: The bytes of all tensors; see :func:`parted`.
        place: Where it begins, counted from 0.
        shape: ``(n,)`` or ``(n, m)``.
    """
    kind, _ = _KINDS[len(shape)]
    columns = shape[1] if len(shape) == 2 else 1
    size = int(np.prod(shape))
    scales = np.frombuffer(body, "<f4", columns, place)
    whole = np.frombuffer(body, kind, size, place + 4 * columns)
    return (
        _restored(whole.reshape(shape), scales),
        place + 4 * columns + kind.itemsize * size,
    )


def shipped_file(path: Path, experiment: str) -> bytes:
    """Return a file that comes with the course.

    Args:
        path: Where it is.
        experiment: The one that makes it.

    Raises:
        FileNotFoundError: If it is not there.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file {path}; make it with "
            f"`make experiments ONLY={experiment}`, or install the course again."
        )
    return path.read_bytes()


# --- parts of it -------------------------------------------------------------------


def _described(net: PackedNet) -> Mapping[str, Any]:
    """Return what the header says of a net."""
    return {
        "name": net.name,
        "about": net.about,
        "characters": net.vocabulary.characters,
        "shapes": {name: net.factors[name].shape for name in NAMES},
        "units": net.units,
    }


def _quantised(tensor: Array) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Return whole numbers and their scales: one a column, or one for a vector."""
    if tensor.ndim not in _KINDS:
        raise ValueError(
            f"tensor must have one axis or two, but its shape is {tensor.shape}."
        )
    kind, most = _KINDS[tensor.ndim]
    largest = np.abs(tensor).max(axis=0, keepdims=True)
    scales = (np.where(largest > 0, largest, 1) / most).astype("<f4")
    # A scale is itself rounded: clipping keeps the largest number inside its bits.
    whole = np.clip(np.rint(tensor / scales.astype(np.float64)), -most, most)
    return whole.astype(kind), scales


def _restored(whole: NDArray[Any], scales: NDArray[np.float32]) -> Array:
    """Return the numbers that whole ones stand for."""
    return whole.astype(np.float64) * scales.astype(np.float64)


def _tensor_bytes(tensor: Array) -> bytes:
    """Write a tensor: its scales, then its whole numbers."""
    whole, scales = _quantised(tensor)
    return scales.tobytes() + whole.tobytes()
