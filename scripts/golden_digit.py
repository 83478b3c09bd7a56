"""What the library computes of the view "Draw a digit".

A part of :mod:`scripts.golden`, which writes it to tests/js/golden/digit.json: drawings
brought into MNIST's frame; a small net, packed, with all that it makes of an image; and
what the net that comes with the course makes of a drawing.
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.random import Generator
from unrolled.tasks.digit_frame import centred
from unrolled.training.digit_net import DigitNet, pack, shapes, shipped_net, unpack

Grey = NDArray[np.uint8]

SIZES = ((1, 1), (3, 17), (40, 13), (20, 20), (28, 28), (28, 5))
"""Height and width of drawings that are full of ink."""

SHOWN = 12
"""Units whose last state is stored, and rows at the end whose probabilities are."""


def digit_cases() -> list[dict[str, Any]]:
    """Return all cases, each of a kind of its own."""
    drawings = [noise(*size) for size in SIZES]
    drawings += [seven(), np.zeros((2, 3), np.uint8), faint(), one_sided()]
    toy, shipped = toy_net(), shipped_net()
    toy_case = reading_case("toy", toy, noise(6, 4))
    return [
        *(frame_case(drawing) for drawing in drawings),
        {**toy_case, "packed": text_of(pack(toy)), "parameters": listed(toy)},
        reading_case("shipped", shipped, centred(seven())),
    ]


def noise(height: int, width: int) -> Grey:
    """Draw any grey values."""
    generator = Generator(100 * height + width)
    values = [generator.integers(0, 256) for _ in range(height * width)]
    return np.array(values, np.uint8).reshape(height, width)


def seven() -> Grey:
    """Draw a seven, off the middle."""
    drawing = np.zeros((28, 28), np.uint8)
    drawing[3:6, 9:24] = 250
    for row in range(6, 25):
        start = 22 - (row - 6) // 2
        drawing[row, start : start + 3] = 200 + row
    return drawing


def faint() -> Grey:
    """Draw so little that nothing is left of it."""
    drawing = np.zeros((41, 41), np.uint8)
    drawing[0, 0] = drawing[40, 40] = 1
    return drawing


def one_sided() -> Grey:
    """Draw what would go beyond the frame if its mass were in the middle of it."""
    drawing = np.zeros((28, 28), np.uint8)
    drawing[2:24, 3] = 1
    drawing[23, 4:28] = 255
    return drawing


def frame_case(drawing: Grey) -> dict[str, Any]:
    """Return a drawing in its frame, or none."""
    try:
        framed = text_of(centred(drawing).tobytes())
    except ValueError:
        framed = ""
    return {
        "kind": "frame",
        "size": list(drawing.shape),
        "drawing": text_of(drawing.tobytes()),
        "framed": framed,
    }


def toy_net() -> DigitNet:
    """Return a net of 3 units for rows of 4 pixels, as it is after packing."""
    normals = Generator(28).normals
    wanted = shapes(pixels=4, hidden=3, classes=3)
    parameters = {name: normals(shape) for name, shape in wanted.items()}
    return unpack(pack(DigitNet("toy", "Drawn at random.", parameters)))


def reading_case(kind: str, net: DigitNet, image: Grey) -> dict[str, Any]:
    """Return what a net makes of an image."""
    found = net.attribution(image)
    return {
        "kind": kind,
        "image": text_of(image.tobytes()),
        "states": net.hidden_states(image[np.newaxis])[0, -1, :SHOWN].tolist(),
        "probabilities": net.probabilities(image[np.newaxis])[0, -SHOWN:].tolist(),
        "chosen": [found.chosen, found.runner_up],
        "margin": found.margin,
        "moved": found.rows.tolist(),
    }


def listed(net: DigitNet) -> dict[str, list[float]]:
    """Return the parameters of a net as flat lists."""
    return {name: part.ravel().tolist() for name, part in net.parameters.items()}


def text_of(content: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(content).decode()
