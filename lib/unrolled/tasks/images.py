"""Images as sequences: which pixels a net is shown at which step.

Pixels stay whole numbers of 0 to 255, a byte each, until they reach the net: an epoch
of MNIST is then 43 MB and not 172.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.tasks.digits import epoch_order
from unrolled.validation import count, one_of

Bytes = NDArray[np.uint8]
Labels = NDArray[np.int32]

Reading = Literal["rows", "columns", "pixels"]
"""How an image becomes a sequence."""

WHITE = 255
"""The largest value of a pixel."""


def as_sequences(
    images: ArrayLike, reading: str = "rows", order: ArrayLike | None = None
) -> Bytes:
    """Read images step by step.

    Args:
        images: Whole numbers of 0 to 255, shape ``(N, height, width)``.
        reading: ``"rows"`` from top to bottom, ``"columns"`` from left to right, or
            ``"pixels"``, one by one, row after row.
        order: In which order the steps are taken, a permutation of ``0 .. T - 1``; as
            they come, if left out.

    Returns:
        Shape ``(N, T, D)``: ``T = height`` steps of ``D = width`` pixels for rows, the
        other way round for columns, ``T = height * width`` steps of one for pixels.

    Raises:
        ValueError: If the images are no such numbers, the reading is unknown, or the
            order leaves a step out.
    """
    checked = checked_images(images)
    one_of("reading", reading, get_args(Reading))
    if reading == "rows":
        steps = checked
    elif reading == "columns":
        steps = checked.transpose(0, 2, 1)
    else:
        steps = checked.reshape(len(checked), -1, 1)
    return steps if order is None else steps[:, _permutation(order, steps.shape[1])]


@dataclass(frozen=True, eq=False)
class Images:
    """Labelled images that are read in batches, each epoch in another order.

    To the training engine, an epoch is ``B`` long rows of images laid end to end, and
    a window is one image of each row: the batch.

    Attributes:
        images: Whole numbers of 0 to 255, shape ``(N, height, width)``.
        labels: Classes ``0 .. C - 1``, shape ``(N,)``.
        batch: Images that are read side by side, ``B``. What is left over at the end of
            an epoch is not used in it.
        seed: With the number of the epoch, it decides order and shifts.
        reading: See :func:`as_sequences`.
        order: See :func:`as_sequences`.
        shift: By how many pixels an image may be moved in each direction, anew in each
            epoch; the margin is filled with 0.
    """

    images: Bytes
    labels: Labels
    batch: int = 128
    seed: int = 0
    reading: Reading = "rows"
    order: tuple[int, ...] | None = None
    shift: int = 0

    def __post_init__(self) -> None:
        """Check that all fits.

        Raises:
            ValueError: If a number is out of range, the images are fewer than a batch,
                or images and labels differ in number.
        """
        images = checked_images(self.images)
        labels = checked_labels(self.labels, len(images))
        for name, least in (("batch", 1), ("seed", 0), ("shift", 0)):
            whole = count(name, getattr(self, name), at_least=least)
            object.__setattr__(self, name, whole)
        if len(images) < self.batch:
            raise ValueError(
                f"images must be at least a batch of {self.batch}, but there are "
                f"{len(images)}; take a smaller batch."
            )
        as_sequences(images[:1], self.reading, self.order)  # raises for what is wrong
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "labels", labels)

    @property
    def window(self) -> int:
        """Steps in which an image is read, ``T``."""
        return self.shape[0]

    @property
    def shape(self) -> tuple[int, int]:
        """Steps and pixels in a step, ``(T, D)``."""
        _, height, width = self.images.shape
        shapes = {
            "rows": (height, width),
            "columns": (width, height),
            "pixels": (height * width, 1),
        }
        return shapes[self.reading]

    @property
    def stride(self) -> int:
        """Steps from the start of an image to that of the next: they just touch."""
        return self.window

    @property
    def windows_per_epoch(self) -> int:
        """Batches in an epoch."""
        return len(self.images) // self.batch

    @property
    def continuous(self) -> bool:
        """Whether the state goes on from epoch to epoch: images have no past."""
        return False

    def epoch(self, number: int) -> tuple[Bytes, Labels]:
        """Return the images of an epoch in rows, and their classes.

        Args:
            number: The epoch, counted from 0.

        Returns:
            Pixels of shape ``(B, L, D)`` and classes of shape ``(B, L)``, with ``L``
            the number of batches times ``T``; a class stands at each step of its image.

        Raises:
            ValueError: If ``number`` is not a whole number of at least 0.
        """
        which = count("number", number, at_least=0)
        # Image k of batch n becomes the n-th image of row k.
        order = epoch_order(len(self.images), self.batch, which, self.seed).T
        chosen = self.images[order.ravel()]
        if self.shift:
            chosen = shifted(chosen, self._moves(which))
        steps = as_sequences(chosen, self.reading, self.order)
        labels = self.labels[order]
        pixels = steps.reshape(self.batch, -1, self.shape[1])
        return pixels, np.repeat(labels, self.window, axis=1)

    def _moves(self, epoch: int) -> NDArray[np.int64]:
        """Draw how far each image of an epoch is moved."""
        generator = np.random.default_rng([self.seed, epoch, 1])
        images = self.windows_per_epoch * self.batch
        return generator.integers(-self.shift, self.shift, (images, 2), endpoint=True)

    def __repr__(self) -> str:
        """Tell the settings, and the images by a checksum."""
        digest = zlib.crc32(np.ascontiguousarray(self.images).tobytes())
        return (
            f"Images({len(self.images):,} images {digest:08x}, batch={self.batch}, "
            f"seed={self.seed}, reading={self.reading!r}, order={self.order}, "
            f"shift={self.shift})"
        )


def shifted(images: ArrayLike, moves: ArrayLike) -> Bytes:
    """Move images over their paper; what is moved out is lost, what comes in is 0.

    Args:
        images: Shape ``(N, height, width)``.
        moves: Whole numbers, shape ``(N, 2)``: pixels downwards and to the right.

    Returns:
        Images of the same shape.

    Raises:
        ValueError: If there is not one move for each image.
    """
    checked = checked_images(images)
    by = np.asarray(moves)
    if by.shape != (len(checked), 2) or by.dtype.kind not in "iu":
        raise ValueError(
            f"moves must be whole numbers of shape ({len(checked)}, 2), two for each "
            f"image, but their shape is {by.shape} and their type {by.dtype}."
        )
    margin = int(np.abs(by).max(initial=0))
    _, height, width = checked.shape
    wide = np.pad(checked, ((0, 0), (margin, margin), (margin, margin)))
    rows = margin - by[:, :1] + np.arange(height)
    columns = margin - by[:, 1:] + np.arange(width)
    each = np.arange(len(checked))[:, np.newaxis, np.newaxis]
    moved: Bytes = wide[each, rows[:, :, np.newaxis], columns[:, np.newaxis]]
    return moved


def checked_images(images: ArrayLike) -> Bytes:
    """Return images as bytes, shape ``(N, height, width)``.

    Raises:
        ValueError: If they are no whole numbers of 0 to 255, or have other axes.
    """
    given = np.asarray(images)
    if given.ndim != 3 or given.size == 0:
        raise ValueError(
            f"images must have the axes (N, height, width), but their shape is "
            f"{given.shape}; for one image, give image[None]."
        )
    if given.dtype == np.uint8:
        return given
    if given.dtype.kind not in "iu" or given.min() < 0 or given.max() > 255:
        raise ValueError(
            f"images must be whole numbers of 0 to 255, but their type is "
            f"{given.dtype} and they reach from {given.min():g} to {given.max():g}; "
            f"give the pixels as they are in the file."
        )
    return given.astype(np.uint8)


def checked_labels(labels: ArrayLike, images: int) -> Labels:
    """Return classes as whole numbers, shape ``(N,)``.

    Raises:
        ValueError: If they are no whole numbers of at least 0, one for each image.
    """
    given = np.asarray(labels)
    if given.shape != (images,) or given.dtype.kind not in "iu" or given.min() < 0:
        raise ValueError(
            f"labels must be {images} whole numbers of at least 0, one for each image, "
            f"but their shape is {given.shape} and their type {given.dtype}."
        )
    return given.astype(np.int32)


def _permutation(order: ArrayLike, steps: int) -> NDArray[Any]:
    """Return the order as an array."""
    given = np.asarray(order)
    if given.shape != (steps,) or sorted(given.tolist()) != list(range(steps)):
        raise ValueError(
            f"order must hold each of the steps 0 to {steps - 1} once, but it has the "
            f"shape {given.shape}."
        )
    return given
