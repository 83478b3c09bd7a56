"""A small LSTM that reads an image row by row, in one file, for a page that runs it.

An image of 28 × 28 pixels is a sequence: row ``t`` from the top is the input ``x_t`` of
step ``t``, 28 numbers from 0, paper, to 1, ink. In the course's symbols

    h_t, c_t = LSTM(x_t, h_{t-1}, c_{t-1}),    p_t = softmax(h_t W_hq + b_q),

so that ``p_t`` is the answer if nothing came after row ``t``. Such an answer means
something only if the net was trained to give it. A net whose loss looks at ``p_28``
alone may keep what it knows in whatever form until the end; this one's loss counts
``p_28`` with 0.9 and the mean over all ``p_t`` with 0.1. After the last row it gets
more than 99 % of MNIST's 10,000 test images right, in 8 bits as before rounding; how
many it gets right after each row is in ``data/results/digit_weights.json``.

The file is one of :mod:`unrolled.training.packed`: matrices in 8 bits, vectors in 16.
The page's script, ``views/js/digit_net.js``, computes the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.cells.cell import Parameters
from unrolled.cells.lstm import LSTMCell
from unrolled.tasks.images import WHITE, checked_images
from unrolled.training.losses import softmax
from unrolled.training.packed import joined, parted, shipped_file, tensor_at
from unrolled.validation import Array, finite_array

MAGIC = b"UNRDIGT1"
NAMES = ("W_xh", "W_hh", "b_h", "W_hq", "b_q")
"""The tensors of the net, in the order in which they are stored."""

EXPERIMENT = "digit_weights"
SHIPPED = Path(__file__).with_name("digit_net.bin")
"""The net, made by ``make experiments ONLY=digit_weights``."""

AT_ONCE = 1000
"""How many images are read side by side."""


def shapes(pixels: int, hidden: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor.

    Args:
        pixels: ``D``, in a row of the image.
        hidden: ``H``.
        classes: ``C``.
    """
    return {
        **LSTMCell.shapes(pixels, hidden),
        "W_hq": (hidden, classes),
        "b_q": (classes,),
    }


@dataclass(frozen=True)
class Attribution:
    """Which rows of an image moved the decision of a net.

    Attributes:
        chosen: The most probable class after the last row.
        runner_up: The second most probable one.
        margin: ``log p_chosen - log p_runner_up`` after the last row, in nats.
        rows: By how much the margin is larger than it would be if this row were paper;
            shape ``(T,)``, in nats. Above 0, the row spoke for the decision.
    """

    chosen: int
    runner_up: int
    margin: float
    rows: Array


@dataclass(frozen=True, eq=False)
class DigitNet:
    """An LSTM that classifies images.

    Attributes:
        name: Of the data that it was trained on.
        about: A sentence on it.
        parameters: The tensors ``NAMES``, float64; see :func:`shapes`.
    """

    name: str
    about: str
    parameters: Parameters

    def __post_init__(self) -> None:
        """Check that all shapes fit.

        Raises:
            ValueError: If a tensor is missing, has another shape or holds what is no
                number.
        """
        if set(self.parameters) != set(NAMES):
            raise ValueError(
                f"parameters must be {', '.join(NAMES)}, but "
                f"{', '.join(self.parameters)} were given."
            )
        pixels, hidden, classes = (
            np.shape(self.parameters[name])[0] for name in ("W_xh", "W_hh", "b_q")
        )
        checked = {
            name: finite_array(name, self.parameters[name], ", ".join(map(str, shape)))
            for name, shape in shapes(pixels, hidden, classes).items()
        }
        object.__setattr__(self, "parameters", checked)

    @property
    def pixels(self) -> int:
        """``D``, the pixels in a row."""
        return len(self.parameters["W_xh"])

    @property
    def hidden_size(self) -> int:
        """``H``, the number of units."""
        return len(self.parameters["W_hh"])

    def numpy_cell(self) -> LSTMCell:
        """Return the recurrence."""
        return LSTMCell(**{n: self.parameters[n] for n in ("W_xh", "W_hh", "b_h")})

    def hidden_states(self, images: ArrayLike) -> Array:
        """Return the hidden states ``h_1 .. h_T``, each image read from the state 0.

        Args:
            images: Whole numbers of 0, paper, to 255, ink; shape ``(B, T, D)``.

        Returns:
            Shape ``(B, T, H)``.

        Raises:
            ValueError: If the images are no such numbers, or their rows have another
                length than the net reads.
        """
        inputs = checked_images(images) / WHITE
        if inputs.shape[2] != self.pixels:
            raise ValueError(
                f"images must have rows of {self.pixels} pixels, but their shape is "
                f"{inputs.shape}."
            )
        cell = self.numpy_cell()
        state, hidden = cell.zero_state(len(inputs)), []
        for t in range(inputs.shape[1]):
            # A trace of the whole pass would keep ten times as much.
            state, _ = cell.step(inputs[:, t], state)
            hidden.append(state[0])
        return np.stack(hidden, axis=1)

    def logits(self, images: ArrayLike) -> Array:
        """Return ``h_t W_hq + b_q`` after each row, shape ``(B, T, C)``.

        Raises:
            ValueError: See :meth:`hidden_states`.
        """
        checked = checked_images(images)
        # The states of all test images at once would take a third of a gigabyte.
        W_hq, b_q = self.parameters["W_hq"], self.parameters["b_q"]
        return np.concatenate(
            [
                self.hidden_states(checked[start : start + AT_ONCE]) @ W_hq + b_q
                for start in range(0, max(len(checked), 1), AT_ONCE)
            ]
        )

    def probabilities(self, images: ArrayLike) -> Array:
        """Return how probable each class is after each row.

        Args:
            images: Whole numbers of 0, paper, to 255, ink; shape ``(B, T, D)``.

        Returns:
            Shape ``(B, T, C)``; ``[:, -1]`` is the answer after the whole image.

        Raises:
            ValueError: See :meth:`hidden_states`.
        """
        logits = self.logits(images)
        return softmax(logits.reshape(-1, logits.shape[2])).reshape(logits.shape)

    def classes(self, images: ArrayLike) -> NDArray[np.intp]:
        """Return the most probable class of each image, shape ``(B,)``.

        Raises:
            ValueError: See :meth:`hidden_states`.
        """
        found: NDArray[np.intp] = self.logits(images)[:, -1].argmax(axis=1)
        return found

    def attribution(self, image: ArrayLike) -> Attribution:
        """Say which rows moved the decision: each is replaced by paper in turn.

        The image is read once more for each row. What is lost of the margin between the
        chosen class and the runner-up was due to that row (occlusion: M. D. Zeiler and
        R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014).

        Args:
            image: Shape ``(T, D)``; see :meth:`hidden_states`.

        Raises:
            ValueError: See :meth:`hidden_states`.
        """
        (whole,) = checked_images(np.asarray(image)[np.newaxis])
        variants = np.repeat(whole[np.newaxis], len(whole) + 1, axis=0)
        rows = np.arange(len(whole))
        variants[rows, rows] = 0  # the last one stays as it is
        last = self.logits(variants)[:, -1]
        # As in the page: of equal ones, the first comes first.
        chosen, runner_up = np.argsort(-last[-1], kind="stable")[:2].tolist()
        margins = last[:, chosen] - last[:, runner_up]
        return Attribution(
            chosen, runner_up, float(margins[-1]), margins[-1] - margins[:-1]
        )

    def __repr__(self) -> str:
        """Show the data and the sizes."""
        size = sum(p.size for p in self.parameters.values())
        return (
            f"DigitNet({self.name!r}: rows of {self.pixels} pixels, "
            f"{self.hidden_size} units, {size:,} numbers)"
        )


def pack(net: DigitNet) -> bytes:
    """Write a net into bytes; see :func:`unrolled.training.packed.rounded`."""
    header = {
        "name": net.name,
        "about": net.about,
        "shapes": {name: net.parameters[name].shape for name in NAMES},
    }
    return joined(MAGIC, header, (net.parameters[name] for name in NAMES))


def unpack(packed: bytes) -> DigitNet:
    """Read what :func:`pack` has written.

    Args:
        packed: All of the file.

    Raises:
        ValueError: If this is no packed net, or it is damaged.
    """
    header, body = parted(MAGIC, packed, "a net that pack(net)", EXPERIMENT)
    parameters, place = {}, 0
    for name in NAMES:
        shape = tuple(header["shapes"][name])
        parameters[name], place = tensor_at(body, place, shape)
    return DigitNet(header["name"], header["about"], parameters)


def shipped_bytes() -> bytes:
    """Return the net that comes with the course, as it is packed.

    Raises:
        FileNotFoundError: If the file is not there.
    """
    return shipped_file(SHIPPED, EXPERIMENT)


def shipped_net() -> DigitNet:
    """Return the net that comes with the course.

    Raises:
        FileNotFoundError: If its file is not there.
        ValueError: If it is damaged.
    """
    return unpack(shipped_bytes())
