"""Random cells whose recurrence has a chosen spectrum, for measuring gradients."""

from __future__ import annotations

import numpy as np

from unrolled.cells.lstm import LSTMCell
from unrolled.cells.tanh import TanhCell
from unrolled.validation import Array, count, finite_array, number


def scaled_orthogonal(hidden: int, radius: float, seed: int) -> Array:
    """Return ``radius`` times a random orthogonal matrix of shape ``(H, H)``.

    It multiplies the length of every vector by exactly ``radius``. The QR decomposition
    of a Gaussian matrix, with the signs of R's diagonal moved to Q, draws uniformly
    from the orthogonal group.

    Args:
        hidden: ``H``.
        radius: At least 0.
        seed: Seed of the generator; a whole number of at least 0.

    Raises:
        ValueError: If ``hidden`` is below 1, or ``radius`` or ``seed`` is negative.
    """
    size = count("hidden", hidden)
    scale = number("radius", radius, at_least=0.0)
    gaussian = _generator(seed).standard_normal((size, size))
    q, r = np.linalg.qr(gaussian)
    matrix: Array = scale * q * np.sign(np.diag(r))
    return matrix


def gaussian_with_radius(hidden: int, radius: float, seed: int) -> Array:
    """Return a Gaussian matrix of shape ``(H, H)`` scaled to a spectral radius.

    The largest modulus of its eigenvalues is ``radius``; its largest singular value is
    larger (about twice, for large ``H``), because a random matrix is not normal.

    Args:
        hidden: ``H``.
        radius: At least 0.
        seed: Seed of the generator; a whole number of at least 0.

    Raises:
        ValueError: If ``hidden`` is below 1, or ``radius`` or ``seed`` is negative.
    """
    size = count("hidden", hidden)
    scale = number("radius", radius, at_least=0.0)
    gaussian = _generator(seed).standard_normal((size, size))
    matrix: Array = gaussian * (scale / np.abs(np.linalg.eigvals(gaussian)).max())
    return matrix


def random_tanh_cell(W_hh: Array, input_scale: float, seed: int) -> TanhCell:
    """Return a tanh cell with one input, the given recurrence and no bias.

    Args:
        W_hh: Shape ``(H, H)``.
        input_scale: Standard deviation of the input weights; at least 0.
        seed: Seed of the generator; a whole number of at least 0.

    Raises:
        ValueError: If ``W_hh`` is not square, or ``input_scale`` or ``seed`` is
            negative.
    """
    scale = number("input_scale", input_scale, at_least=0.0)
    hidden = len(finite_array("W_hh", W_hh, "H, H"))
    W_xh = scale * _generator(seed).standard_normal((1, hidden))
    return TanhCell(W_xh=W_xh, W_hh=W_hh, b_h=np.zeros(hidden))


def random_lstm_cell(hidden: int, forget_bias: float, seed: int) -> LSTMCell:
    """Return an LSTM with one input, Gaussian weights and a chosen forget bias.

    All weights have standard deviation ``0.5`` (input) or ``0.5 / sqrt(H)``
    (recurrent); all biases but the forget gates' are 0.

    Args:
        hidden: ``H``.
        forget_bias: Added to what opens the forget gates.
        seed: Seed of the generator; a whole number of at least 0.

    Raises:
        ValueError: If ``hidden`` is below 1, ``forget_bias`` is not finite, or ``seed``
            is negative.
    """
    size = count("hidden", hidden)
    generator = _generator(seed)
    b_h = np.zeros(4 * size)
    b_h[size : 2 * size] = number("forget_bias", forget_bias)
    return LSTMCell(
        W_xh=0.5 * generator.standard_normal((1, 4 * size)),
        W_hh=0.5 / np.sqrt(size) * generator.standard_normal((size, 4 * size)),
        b_h=b_h,
    )


def _generator(seed: int) -> np.random.Generator:
    """Return a generator whose seed was checked."""
    return np.random.default_rng(count("seed", seed, at_least=0))
