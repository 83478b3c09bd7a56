"""Characters as numbers, and numbers as characters: the same in every run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.int64]

Unknown = Literal["refuse", "mark"]
"""What becomes of a character that a vocabulary does not know."""

MARK = "\ufffd"
"""The replacement character of Unicode: what an unknown character decodes to."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The characters of a text in a fixed order; each one's place is its number.

    They are sorted by code point, so that the same text gives the same numbers in every
    run and on every machine. ``list(set(text))`` does not: Python salts the hash of a
    string anew in every process, and with it the order of a set changes. Weights that
    were trained in one run would then speak in the next run of other characters.

    Attributes:
        characters: All that have a number: ``characters[k]`` is character ``k``. If
            unknown ones are marked, the last one is ``MARK``.
        unknown: ``"refuse"``: a character that is not among them is an error.
            ``"mark"``: one entry more, the last, stands for all unknown characters; it
            is shown as U+FFFD.
    """

    characters: str
    unknown: Unknown = "refuse"

    def __post_init__(self) -> None:
        """Check that the characters are in order.

        Raises:
            ValueError: If there are none, they are not sorted, one comes twice, the
                mark is not the last, or ``unknown`` is none of its two values.
        """
        _check_unknown(self.unknown)
        marked = self.unknown == "mark"
        known = self.characters[:-1] if marked else self.characters
        if marked and (self.characters[-1:] != MARK or MARK in known):
            raise ValueError(
                "characters must end in U+FFFD, and hold it nowhere else, if unknown "
                "characters are marked; use Vocabulary.of(text, unknown='mark')."
            )
        if not known or known != "".join(sorted(set(known))):
            raise ValueError(
                f"characters must be sorted by code point, each once and at least one, "
                f"but {_shortened(known)} was given; use Vocabulary.of(text)."
            )

    @classmethod
    def of(cls, text: str, unknown: Unknown = "refuse") -> Vocabulary:
        """Return the vocabulary of a text: each character that occurs in it, once.

        Args:
            text: At least one character.
            unknown: What becomes of other characters; see the class. With ``"mark"``, a
                U+FFFD in the text is an unknown character itself.

        Raises:
            ValueError: If the text has no character, or ``unknown`` is neither value.
        """
        _check_unknown(unknown)
        marked = unknown == "mark"
        known = sorted(set(text) - {MARK} if marked else set(text))
        if not known:
            raise ValueError(
                "text must have at least one character, but it has none; a vocabulary "
                "is made of the characters of a text."
            )
        return cls("".join(known) + marked * MARK, unknown)

    def encode(self, text: str) -> Indices:
        """Return the number of each character of a text.

        Args:
            text: ``N`` characters; may be empty.

        Returns:
            Shape ``(N,)``, from 0 to ``len(self) - 1``.

        Raises:
            ValueError: If a character is not known, and unknown ones are refused.
        """
        codes, own = _code_points(text), _code_points(self._known)
        places = np.minimum(np.searchsorted(own, codes), len(own) - 1)
        strangers = np.flatnonzero(own[places] != codes)
        if strangers.size and self.unknown == "refuse":
            first = int(strangers[0])
            raise ValueError(
                f"text has the character {text[first]!r} (U+{ord(text[first]):04X}) at "
                f"position {first}, counted from 0, which is none of the "
                f"{len(self):,} of this vocabulary; make the vocabulary from a text "
                f"that has it, or with unknown='mark'."
            )
        places[strangers] = len(self) - 1
        return places.astype(np.int64)

    def decode(self, indices: ArrayLike) -> str:
        """Return the characters that belong to numbers; the inverse of ``encode``.

        Args:
            indices: Shape ``(N,)``; may be empty.

        Raises:
            ValueError: If they are not whole numbers from 0 to ``len(self) - 1``, or
                have more axes than one.
        """
        numbers = checked_indices("indices", indices, len(self))
        if numbers.ndim != 1:
            raise ValueError(
                f"indices must have the shape (N,), but an array of shape "
                f"{numbers.shape} was given; decode one row at a time."
            )
        return "".join(self.characters[number] for number in numbers)

    def index(self, character: str) -> int:
        """Return the number of one character.

        Raises:
            ValueError: If it is not known and unknown ones are refused, or it is not
                one character.
        """
        if len(character) != 1:
            raise ValueError(
                f"character must be a single one, but {_shortened(character)} was "
                f"given; encode(text) serves longer texts."
            )
        return int(self.encode(character)[0])

    @property
    def _known(self) -> str:
        """All but the mark."""
        return self.characters[:-1] if self.unknown == "mark" else self.characters

    def __len__(self) -> int:
        """Return how many numbers there are, ``V``, the mark's included."""
        return len(self.characters)

    def __contains__(self, character: object) -> bool:
        """Say whether a character has a number of its own; the mark is none."""
        if not isinstance(character, str) or len(character) != 1:
            return False
        return character in self._known

    def __repr__(self) -> str:
        """Show the size and the first characters."""
        shown = _shortened(self._known)
        return f"Vocabulary({len(self):,} entries: {shown}, unknown={self.unknown!r})"


def checked_indices(name: str, value: ArrayLike, size: int | None = None) -> Indices:
    """Return whole numbers from 0 to ``size - 1`` as a new array of int64.

    Args:
        name: What the caller calls the argument; every message starts with it.
        value: Any shape; may be empty.
        size: How many numbers are allowed, ``V``; left out, there is no upper end.

    Raises:
        ValueError: If one is not whole, or lies outside.
    """
    try:
        array: NDArray[Any] = np.asarray(value)
    except ValueError:  # rows of unequal length
        array = np.array(None)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        kind = type(value).__name__ if array.dtype.kind == "O" else array.dtype
        raise ValueError(
            f"{name} must hold whole numbers, but {kind} was given; "
            f"Vocabulary.encode(text) turns a text into such numbers."
        )
    end = np.iinfo(np.int64).max if size is None else size
    outside = np.argwhere((array < 0) | (array >= end))
    if outside.size:
        place = tuple(int(k) for k in outside[0])
        at = place[0] if len(place) == 1 else place
        wanted = "at least 0" if size is None else f"from 0 to {size - 1}"
        raise ValueError(
            f"{name} must be {wanted}, but {int(array[place])} was given at position "
            f"{at}; take the vocabulary that the text was encoded with."
        )
    return array.astype(np.int64)


def _code_points(text: str) -> NDArray[np.uint32]:
    """Return the code point of each character; its order is that of Python's sort."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))


def _check_unknown(unknown: str) -> None:
    """Raise unless this is something that can become of an unknown character."""
    if unknown not in get_args(Unknown):
        raise ValueError(
            f"unknown must be 'refuse' or 'mark', but {unknown!r} was given."
        )


def _shortened(text: str) -> str:
    """Return the quoted beginning of a text, and dots if there is more."""
    return repr(text) if len(text) <= 12 else repr(text[:12]) + "…"
