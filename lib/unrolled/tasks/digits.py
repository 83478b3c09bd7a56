"""Handwritten digits: MNIST, found or fetched; without a network, smaller ones.

MNIST is fetched when it is first asked for, and checked by its digest.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.tasks.corpora import data_folders
from unrolled.tasks.digit_frame import centred
from unrolled.tasks.digits_files import (
    NPZ,
    PARTS,
    Arrays,
    Part,
    read_folder,
    read_npz,
    write_npz,
)
from unrolled.tasks.fetching import (
    NotFetchedError,
    download,
    fetched_once,
    first_served,
)
from unrolled.validation import count

Bytes = NDArray[np.uint8]
Labels = NDArray[np.int32]

PATIENCE = 10.0
"""How long a server may keep silent, in seconds."""

LONGEST_WAIT = 600.0
"""How long another process that fetches MNIST is waited for, in seconds."""

EMBEDDED_SEED = 0
"""Decides which of scikit-learn's digits are kept for the test."""

TEST_SHARE = 7
"""One in so many digits is for the test, as of MNIST's 70,000."""

VALIDATION_SHARE = 12
"""One in so many training images is held out, as published: 5,000 of 60,000."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Images of handwritten digits, and which digits they are.

    The arrays cannot be changed; take a copy for that.

    Attributes:
        train_images: Grey values from 0, paper, to 255, ink; uint8, ``(N, 28, 28)``.
        train_labels: The digits, 0 to 9; int32, ``(N,)``.
        test_images: Those that are kept for the test, ``(M, 28, 28)``.
        test_labels: Their digits, ``(M,)``.
        name: ``"MNIST"`` or ``"scikit-learn's digits"``.
        origin: A sentence on where they come from and what their licence is.
    """

    train_images: Bytes
    train_labels: Labels
    test_images: Bytes
    test_labels: Labels
    name: str
    origin: str

    def __post_init__(self) -> None:
        """Keep views that cannot be written to."""
        for part in PARTS:
            view = getattr(self, part.name).view()
            view.setflags(write=False)
            object.__setattr__(self, part.name, view)

    def __repr__(self) -> str:
        """Show which digits they are and how many."""
        _, height, width = self.train_images.shape
        return (
            f"Digits({self.name}: {len(self.train_images):,} images to learn from, "
            f"{len(self.test_images):,} to test on, {height} × {width} pixels)"
        )


@dataclass(frozen=True, eq=False)
class Split:
    """Training images, some of them held out.

    Attributes:
        train_images: Shape ``(N, 28, 28)``, uint8.
        train_labels: Shape ``(N,)``, int32.
        validation_images: Shape ``(V, 28, 28)``, uint8.
        validation_labels: Shape ``(V,)``, int32.
    """

    train_images: Bytes
    train_labels: Labels
    validation_images: Bytes
    validation_labels: Labels

    def __repr__(self) -> str:
        """Show how many images there are."""
        return (
            f"Split({len(self.train_images):,} images to learn from, "
            f"{len(self.validation_images):,} held out)"
        )


@dataclass(frozen=True)
class PublicDigits:
    """Digits that are fetched when they are first asked for.

    Attributes:
        title: As a sentence names them.
        parts: Their arrays.
        addresses: Where they are to be had, tried in this order: a file in Keras's
            format ends in ``.npz``, a folder with IDX files in ``/``.
        origin: See :class:`Digits`.
    """

    title: str
    parts: tuple[Part, ...]
    addresses: tuple[str, ...]
    origin: str


MNIST = PublicDigits(
    title="MNIST",
    parts=PARTS,
    addresses=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    origin="The MNIST database of handwritten digits by Y. LeCun, C. Cortes and "
    "C. J. C. Burges, made from databases of NIST; Creative Commons "
    "Attribution-ShareAlike 3.0.",
)
"""The digits that are fetched."""

EMBEDDED_NAME = "scikit-learn's digits"

EMBEDDED_ORIGIN = (
    "The digits that come with scikit-learn (BSD 3-Clause): the test set of the "
    "Optical Recognition of Handwritten Digits by E. Alpaydin and C. Kaynak, UCI "
    "Machine Learning Repository (1998), Creative Commons Attribution 4.0; scaled up "
    "here."
)


def load(data: str | Path | None = None) -> Digits:
    """Return MNIST; if it is not to be had, the digits that scikit-learn brings.

    It is looked for as ``mnist.npz``, Keras's file, or as the four IDX files under
    their published names (``train-images-idx3-ubyte``, or with ``.idx3`` in place of
    ``-idx3``, packed as ``.gz`` or not). If it is not there, it is fetched (11 MB) and
    kept as ``mnist.npz`` (55 MB, unpacked). If it cannot be fetched, one line says so,
    and :func:`load_embedded` serves in its place.

    Args:
        data: The data directory, in which the files are looked for, and where what is
            fetched is kept. Left out, it is the folder that the environment variable
            ``UNROLLED_DATA`` names, and without that the course's own.

    Raises:
        ValueError: If there is no such folder; if a file that is there is damaged or
            holds something else, or some of the four are missing; if all addresses
            send something else.
    """
    folders = data_folders(data)
    for folder in folders:
        arrays = read_folder(folder, MNIST.parts)
        if arrays is not None:
            return _digits(arrays)
    path = folders[0] / NPZ
    try:
        fetched_once(path, lambda: _download(path), LONGEST_WAIT)
    except NotFetchedError as reason:
        print(
            f"{MNIST.title} cannot be fetched ({reason}); {EMBEDDED_NAME}, 1,797 "
            f"smaller ones, serve instead."
        )
        return load_embedded()
    return _digits(read_npz(path, MNIST.parts))


def load_embedded() -> Digits:
    """Return the 1,797 digits that come with scikit-learn, which need no network.

    They have 8 × 8 pixels and 17 grey values, and are brought into MNIST's frame as a
    drawing is, by :func:`unrolled.tasks.digit_frame.centred`. One in seven of each
    digit, drawn with a fixed seed, is kept for the test. The same people wrote both
    parts, so that the test is easier than MNIST's, whose writers are others.
    """
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]

    small = load_digits()
    images = np.array([centred(image / 16) for image in small.images])
    labels = small.target.astype(np.int32)
    order = np.random.default_rng(EMBEDDED_SEED).permutation(len(labels))
    tested = _one_in_each(labels[order], TEST_SHARE)
    train, test = order[~tested], order[tested]
    return Digits(
        images[train], labels[train], images[test], labels[test],
        EMBEDDED_NAME, EMBEDDED_ORIGIN,
    )  # fmt: skip


def split(digits: Digits, validation: int | None = None) -> Split:
    """Hold out the first training images, to measure on them while choosing settings.

    The published programs train on 55,000 images and keep 5,000. They read MNIST with
    TensorFlow 1 (``read_data_sets``), which keeps the *first* 5,000 of the 60,000; so
    does this.

    Args:
        digits: Any digits; the test images are left alone.
        validation: How many are held out; left out, one in twelve, rounded: 5,000 of
            MNIST's.

    Raises:
        ValueError: If nothing would be held out, or nothing be left.
    """
    images, labels = digits.train_images, digits.train_labels
    usual = round(len(images) / VALIDATION_SHARE)
    most = len(images) - 1
    held = count(
        "validation", usual if validation is None else validation, at_most=most
    )
    return Split(images[held:], labels[held:], images[:held], labels[:held])


def scaled(images: ArrayLike) -> NDArray[np.float32]:
    """Return grey values as numbers from 0, paper, to 1, ink.

    Args:
        images: Whole numbers from 0 to 255, any shape.

    Returns:
        float32, the same shape.

    Raises:
        ValueError: If they are no such numbers, for example because they were scaled
            already.
    """
    grey = np.asarray(images)
    whole = grey.dtype.kind in "ui"
    if not whole or (grey.size and not 0 <= grey.min() <= grey.max() <= 255):
        reach = f" from {grey.min()} to {grey.max()}" if whole else ""
        raise ValueError(
            f"images must be whole numbers from 0 to 255, but they hold {grey.dtype}"
            f"{reach}; pass them as they were loaded, and only once."
        )
    ink: NDArray[np.float32] = np.divide(grey, np.float32(255), dtype=np.float32)
    return ink


def epoch_order(size: int, batch: int, epoch: int, seed: int) -> NDArray[np.int64]:
    """Return which images each batch of an epoch holds.

    Args:
        size: How many images there are, ``N``.
        batch: Images in a batch, ``B``.
        epoch: Counted from 0.
        seed: With the number of the epoch, it decides the order.

    Returns:
        Indices, shape ``(N // B, B)``; a last batch that would not be full is dropped.

    Raises:
        ValueError: If a number is out of range, or there is not one full batch.
    """
    images, rows = count("size", size), count("batch", batch)
    key = [count("seed", seed, at_least=0), count("epoch", epoch, at_least=0)]
    batches = images // rows
    if batches == 0:
        raise ValueError(
            f"batch must be at most size, but batch = {rows} and size = {images} were "
            f"given; take a smaller batch or more images."
        )
    order = np.random.default_rng(key).permutation(images)
    return order[: batches * rows].reshape(batches, rows)


def _digits(arrays: Arrays) -> Digits:
    """Return MNIST's arrays with their name."""
    return Digits(
        arrays["train_images"], arrays["train_labels"].astype(np.int32),
        arrays["test_images"], arrays["test_labels"].astype(np.int32),
        MNIST.title, MNIST.origin,
    )  # fmt: skip


def _download(path: Path) -> None:
    """Fetch MNIST from the first address that gives it, and keep it."""
    arrays = first_served(MNIST.addresses, lambda address: _served(address, path))
    write_npz(path, arrays, MNIST.parts)


def _served(address: str, path: Path) -> Arrays:
    """Return MNIST from one address, by way of a folder that is deleted again."""
    with tempfile.TemporaryDirectory() as folder:
        for source, name in _sources(address):
            download(source, Path(folder, name), PATIENCE, progress=True)
        try:
            arrays = read_folder(Path(folder), MNIST.parts)
        except ValueError:
            arrays = None
    if arrays is None:
        raise ValueError(
            f"What came from {address} is not {MNIST.title}, and it was deleted; try "
            f"again later, bring the file as {path}, or take load_embedded()."
        )
    return arrays


def _sources(address: str) -> list[tuple[str, str]]:
    """Return what is to be fetched from an address, and the names to give it."""
    if address.endswith(".npz"):
        return [(address, NPZ)]
    return [(f"{address}{part.file}.gz", f"{part.file}.gz") for part in MNIST.parts]


def _one_in_each(labels: Labels, share: int) -> NDArray[np.bool_]:
    """Choose of each kind of label the first, one in ``share``."""
    chosen = np.zeros(len(labels), np.bool_)
    for kind in np.unique(labels):
        places = np.flatnonzero(labels == kind)
        chosen[places[: round(len(places) / share)]] = True
    return chosen
