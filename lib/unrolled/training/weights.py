"""Recurrent matrices with a chosen spectrum, for measuring gradients."""

from __future__ import annotations

import numpy as np

from unrolled.validation import Array, count, number


def scaled_orthogonal(hidden: int, radius: float, seed: int) -> Array:
    """Return ``radius`` times a random orthogonal matrix of shape ``(H, H)``.

    It multiplies the length of every vector by exactly ``radius``. The QR decomposition
    of a Gaussian matrix, with the signs of R's diagonal moved to Q, draws uniformly
    from the orthogonal group.

    Args:
        hidden: ``H``.
        radius: At least 0.
        seed: Seed of the generator.

    Raises:
        ValueError: If ``hidden`` is below 1 or ``radius`` is negative.
    """
    size = count("hidden", hidden)
    scale = number("radius", radius, at_least=0.0)
    gaussian = np.random.default_rng(seed).standard_normal((size, size))
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
        seed: Seed of the generator.

    Raises:
        ValueError: If ``hidden`` is below 1 or ``radius`` is negative.
    """
    size = count("hidden", hidden)
    scale = number("radius", radius, at_least=0.0)
    gaussian = np.random.default_rng(seed).standard_normal((size, size))
    matrix: Array = gaussian * (scale / np.abs(np.linalg.eigvals(gaussian)).max())
    return matrix
