"""How the weights of a net that reads images are drawn before training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from unrolled.cells.cell import Parameters
from unrolled.validation import Array, count, number

if TYPE_CHECKING:
    from unrolled.cells.cell_tf import CellTF

FORGET = 1
"""Which of an LSTM's blocks the forget gate is, counted from 0: ``i, f, g, o``."""


def image_weights(
    cell: CellTF,
    hidden: int,
    seed: int,
    *,
    inputs: int = 28,
    classes: int = 10,
    forget_bias: float = 1.0,
) -> Parameters:
    """Draw weights as Keras does by default.

    ``W_xh`` and ``W_hq`` are drawn uniformly from ``[-a, a]`` with
    ``a = sqrt(6 / (rows + columns))`` (Glorot and Bengio 2010), ``W_hh`` as a matrix
    with orthonormal rows (Saxe, McClelland and Ganguli 2014). Biases are 0, but for the
    forget gates' of an LSTM (Jozefowicz, Zaremba and Sutskever 2015).

    Args:
        cell: The recurrence.
        hidden: ``H``.
        seed: Of the generator.
        inputs: Pixels in a step, ``D``.
        classes: ``C``.
        forget_bias: What the forget gates of an LSTM begin with; other cells have none.

    Raises:
        ValueError: If a size is below 1, the seed is negative, or the bias is not
            finite.
    """
    units, columns = count("hidden", hidden), cell.blocks * hidden
    generator = np.random.default_rng(count("seed", seed, at_least=0))
    b_h = np.zeros(columns)
    bias = number("forget_bias", forget_bias)
    if cell.name == "lstm":
        b_h[FORGET * units : (FORGET + 1) * units] = bias
    outputs = count("classes", classes)
    return {
        "W_xh": glorot(generator, (count("inputs", inputs), columns)),
        "W_hh": orthogonal(generator, (units, columns)),
        "b_h": b_h,
        "W_hq": glorot(generator, (units, outputs)),
        "b_q": np.zeros(outputs),
    }


def published_image_weights(
    cell: CellTF,
    seed: int,
    *,
    hidden: int = 128,
    inputs: int = 28,
    classes: int = 10,
) -> Parameters:
    """Draw weights as the published program with a layer before the LSTM does.

    The layer has as many outputs as the LSTM has units. Its weights and biases and
    those of the readout are drawn from a normal distribution of mean 0 and standard
    deviation 1; the LSTM's ``W_xh`` and ``W_hh`` are drawn together, as one matrix, in
    the way of Glorot and Bengio (2010); its forget bias is 1.

    Args:
        cell: The recurrence.
        seed: Of the generator.
        hidden: ``H``.
        inputs: Pixels in a step, ``d``.
        classes: ``C``.

    Raises:
        ValueError: If a size is below 1 or the seed is negative.
    """
    weights = image_weights(cell, hidden, seed, inputs=hidden, classes=classes)
    generator = np.random.default_rng([seed, 1])
    joined = glorot(generator, (2 * hidden, cell.blocks * hidden))
    normal = generator.standard_normal
    return weights | {
        "W_xh": joined[:hidden],
        "W_hh": joined[hidden:],
        "W_in": normal((count("inputs", inputs), hidden)),
        "b_in": normal(hidden),
        "W_hq": normal((hidden, classes)),
        "b_q": normal(classes),
    }


def published_readout_weights(
    cell: CellTF, seed: int, *, hidden: int = 100, inputs: int = 28, classes: int = 10
) -> Parameters:
    """Draw weights as the published program with the softmax taken twice does.

    The cell's are those of :func:`image_weights`. ``W_hq`` is drawn from a normal
    distribution with standard deviation 0.1, and again where it lies further than two
    of them from 0; ``b_q`` is 0.1.

    Args:
        cell: The recurrence.
        seed: Of the generator.
        hidden: ``H``.
        inputs: Pixels in a step, ``D``.
        classes: ``C``.

    Raises:
        ValueError: If a size is below 1 or the seed is negative.
    """
    weights = image_weights(cell, hidden, seed, inputs=inputs, classes=classes)
    generator = np.random.default_rng([seed, 2])
    drawn = generator.standard_normal((hidden, classes))
    while (far := np.abs(drawn) > 2).any():
        drawn[far] = generator.standard_normal(far.sum())
    return weights | {"W_hq": 0.1 * drawn, "b_q": np.full(classes, 0.1)}


def glorot(generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Draw a matrix uniformly from ``[-a, a]``, ``a = sqrt(6 / (rows + columns))``."""
    bound = np.sqrt(6 / sum(shape))
    return generator.uniform(-bound, bound, shape)


def orthogonal(generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Draw a matrix with orthonormal rows, or columns where there are fewer.

    All such matrices are equally probable: the signs of ``R`` take away what the
    decomposition prefers (Mezzadri 2007).
    """
    rows, columns = shape
    drawn = generator.standard_normal((max(shape), min(shape)))
    Q, R = np.linalg.qr(drawn)
    Q = Q * np.sign(np.diag(R))
    return Q if rows >= columns else Q.T
