"""Draw a digit: a trained LSTM reads it row by row, in the page.

What it is to make plain to a beginner: to a recurrent net an image is a sequence of
rows, read from the top to the bottom. All that it knows of the rows above is in its
state. So its answer can be asked for after each row, and one sees doubt turn into
certainty; and one can ask of each row what the answer would be without it.

The net comes with the course, see :mod:`unrolled.training.digit_net`. The page unpacks
it, brings a drawing into MNIST's frame as :func:`unrolled.tasks.digit_frame.centred`
does, and computes what :class:`unrolled.training.digit_net.DigitNet` computes. So a
cell after the view can go on from where the reader is::

    net.probabilities(centred(view.drawing)[np.newaxis])

A test image stands in MNIST's frame already; the page reads it as it is.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from unrolled.validation import check_name, count, one_of
from unrolled.views.figures.style import Drawing
from unrolled.views.widget import View

QUESTION = (
    "To the net an image is a sequence of rows, read from top to bottom. After which "
    "row does it know your digit, and which row changed its mind?"
)

SIDE = 28
"""Cells along a side of the pad, and pixels along a side of an image."""

CELLS = SIDE * SIDE

TOOLS = ("draw", "erase")

STATE: dict[str, Any] = {
    "ink": bytes(CELLS),
    "chosen": None,
    "row": SIDE,
    "tool": "draw",
    "data": "MNIST’s test images",
    "question": QUESTION,
}
"""What the reader finds at first, unless something else is given."""

MOST_IMAGES = 100

MAGIC = b"UNRDIGT"


def _as_bytes(value: Any, _: Any) -> Any:
    """Take what a page sends, a view of memory, for bytes."""
    return bytes(value) if isinstance(value, memoryview) else value


class Digit(View):
    """A pad, and a net that reads what is on it; see the module.

    All attributes are shared with the script: what the reader changes can be read here,
    and what is assigned here is shown.

    Attributes:
        weights: The net, as :func:`unrolled.training.digit_net.pack` writes it.
        images: Test images to choose from, 784 bytes each, row by row.
        labels: What they are, a digit each.
        data: Of what they are, for the heading of the choice.
        ink: What was drawn: 28 × 28 bytes, row by row, 0 for paper and 255 for ink. It
            is easier to use as :attr:`drawing`.
        chosen: Which test image is on the pad, from 0, in place of the ink; or None.
        row: Up to which row is read, 1 to 28.
        tool: What is in hand, ``"draw"`` or ``"erase"``.
        question: What the reader is to find out.
    """

    module: ClassVar[str] = "digit"

    weights = traitlets.Bytes().tag(sync=True)
    images = traitlets.Bytes().tag(sync=True)
    labels = traitlets.Any().tag(sync=True)
    data = traitlets.Unicode().tag(sync=True)
    ink = traitlets.Bytes().tag(sync=True, from_json=_as_bytes)
    chosen = traitlets.Any().tag(sync=True)
    row = traitlets.Any().tag(sync=True)
    tool = traitlets.Any().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        *,
        weights: bytes,
        images: ArrayLike,
        labels: ArrayLike,
        picture: Drawing,
        alt: str,
        **state: Any,
    ) -> None:
        """Make a pad.

        Args:
            weights: Of the net, such as
                ``unrolled.training.digit_net.shipped_bytes()``.
            images: Test images, uint8, shape ``(N, 28, 28)``; at most 100.
            labels: Which digits they are, shape ``(N,)``.
            picture: The drawing that stands in for the view where no script runs.
            alt: That picture in words.
            **state: Attributes that are to begin with other values than ``STATE``; a
                ``drawing``, shape ``(28, 28)``, may take the place of ``ink``.

        Raises:
            ValueError: If a value is none that the view can show.
        """
        drawing = state.pop("drawing", None)
        for name in state:
            check_name("a setting of the view", name, STATE)
        given = {**STATE, **state}
        if drawing is not None:
            given["ink"] = _pad_bytes(drawing)
        pixels, digits = _checked_images(images, labels)
        shown = {"images": pixels, "labels": digits, "weights": weights, **given}
        super().__init__(picture=picture, alt=alt, **shown)

    @property
    def drawing(self) -> NDArray[np.uint8]:
        """What is on the pad, shape ``(28, 28)``: what was drawn, or the test image."""
        content = self.ink
        if self.chosen is not None:
            content = self.images[self.chosen * CELLS : (self.chosen + 1) * CELLS]
        return np.frombuffer(content, np.uint8).reshape(SIDE, SIDE).copy()

    @drawing.setter
    def drawing(self, drawing: ArrayLike) -> None:
        """Put something else on the pad.

        Raises:
            ValueError: If it is no array of uint8 of shape ``(28, 28)``.
        """
        ink = _pad_bytes(drawing)
        with self.hold_sync():
            self.ink, self.chosen = ink, None

    @traitlets.validate("weights")
    def _check_weights(self, proposal: dict[str, Any]) -> bytes:
        weights: bytes = proposal["value"]
        if not weights.startswith(MAGIC):
            raise ValueError(
                f"weights must be a packed net, but {len(weights)} bytes that begin "
                f"with {weights[:8]!r} were given; pass "
                f"unrolled.training.digit_net.shipped_bytes()."
            )
        return weights

    @traitlets.validate("ink")
    def _check_ink(self, proposal: dict[str, Any]) -> bytes:
        ink: bytes = proposal["value"]
        if len(ink) != CELLS:
            raise ValueError(
                f"ink must be {CELLS} bytes, one for each cell, but {len(ink)} were "
                f"given; assign an array to `drawing`."
            )
        return ink

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: dict[str, Any]) -> int | None:
        chosen = proposal["value"]
        if chosen is None:
            return None
        most = len(self.images) // CELLS - 1
        return count("chosen", chosen, at_least=0, at_most=most)

    @traitlets.validate("row")
    def _check_row(self, proposal: dict[str, Any]) -> int:
        return count("row", proposal["value"], at_most=SIDE)

    @traitlets.validate("tool")
    def _check_tool(self, proposal: dict[str, Any]) -> str:
        return one_of("tool", proposal["value"], TOOLS)


def _pad_bytes(drawing: ArrayLike) -> bytes:
    """Return a drawing as the pad keeps it."""
    array = np.asarray(drawing)
    if array.shape != (SIDE, SIDE) or array.dtype != np.uint8:
        raise ValueError(
            f"drawing must be an array of uint8 of shape ({SIDE}, {SIDE}), but "
            f"{array.dtype} of shape {array.shape} was given."
        )
    return array.tobytes()


def _checked_images(images: ArrayLike, labels: ArrayLike) -> tuple[bytes, list[int]]:
    """Return images and labels as the page reads them."""
    pixels, digits = np.asarray(images), np.asarray(labels)
    if pixels.shape[1:] != (SIDE, SIDE) or pixels.dtype != np.uint8:
        raise ValueError(
            f"images must be of uint8 and of shape (N, {SIDE}, {SIDE}), but "
            f"{pixels.dtype} of shape {pixels.shape} was given."
        )
    if len(pixels) > MOST_IMAGES:
        raise ValueError(
            f"images must be at most {MOST_IMAGES}, which a reader can look through, "
            f"but {len(pixels)} were given."
        )
    whole = digits.dtype.kind in "iu" or digits.size == 0
    inside = ((digits >= 0) & (digits <= 9)).all() if whole else False
    if digits.shape != (len(pixels),) or not inside:
        raise ValueError(
            f"labels must be a digit for each of the {len(pixels)} images, but "
            f"{digits.dtype} of shape {digits.shape} was given."
        )
    return pixels.tobytes(), digits.tolist()
