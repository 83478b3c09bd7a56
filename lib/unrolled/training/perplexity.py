"""Perplexity and bits per character: two readings of one mean loss.

A model that gives the character ``x_t`` the probability ``p(x_t | x_1 .. x_{t-1})`` has
the mean cross-entropy ``L = -(1 / N) sum_t log p(x_t | ..)`` over ``N`` characters, in
nats, as the logarithm is the natural one. Of it,

* the **perplexity** ``exp(L)`` is the number of characters among which the model might
  as well have guessed, all equally likely;
* the **bits per character** ``L / log 2`` are the length of the text if the model's
  probabilities compress it (C. E. Shannon, "Prediction and entropy of printed English",
  Bell System Technical Journal 30, 1951).

Three values to hold on to, for ``V`` distinct characters:

=====================================================  ========== ============= ========
model                                                  loss       perplexity    bits
=====================================================  ========== ============= ========
certain of each character, and right                   0          1             0
guessing: each character has the probability 1 / V     log V      V             log2 V
a character came to which it gave the probability 0    infinity   infinity      infinity
=====================================================  ========== ============= ========
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def perplexity(mean_loss_nats: float) -> float:
    """Return ``exp(L)``: among how many characters a model might as well have guessed.

    It is 1 for a perfect model, ``V`` for the uniform guess among ``V`` characters, and
    infinity if a character came that the model held to be impossible. A useful model
    stays below ``V``.

    Args:
        mean_loss_nats: The mean cross-entropy ``L`` per character, in nats; at least 0.

    Returns:
        A pure number of at least 1; infinity also where ``exp(L)`` is beyond float64.

    Raises:
        ValueError: If the loss is negative, NaN or no number.
    """
    loss = _loss(mean_loss_nats)
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def bits_per_character(mean_loss_nats: float) -> float:
    """Return ``L / log 2``: the loss in bits, the base-2 logarithm of the perplexity.

    It is 0 for a perfect model, ``log2 V`` for the uniform guess among ``V``
    characters, and infinity if a character came that the model held to be impossible.

    Args:
        mean_loss_nats: The mean cross-entropy ``L`` per character, in nats; at least 0.

    Returns:
        Bits per character, at least 0.

    Raises:
        ValueError: If the loss is negative, NaN or no number.
    """
    return _loss(mean_loss_nats) / math.log(2)


def loss_from_perplexity(value: float) -> float:
    """Return the mean loss that belongs to a perplexity, ``log P``.

    Args:
        value: The perplexity ``P``, a pure number; 1 to infinity.

    Returns:
        The mean cross-entropy per character, in nats.

    Raises:
        ValueError: If the perplexity is below 1, NaN or no number.
    """
    advice = "a perplexity is exp(L) of a loss that is never negative; pass that"
    return math.log(_at_least("perplexity", value, 1, advice))


def loss_from_bits(value: float) -> float:
    """Return the mean loss that belongs to bits per character ``b``, ``b log 2``.

    Args:
        value: Bits per character ``b``, 0 to infinity.

    Returns:
        The mean cross-entropy per character, in nats.

    Raises:
        ValueError: If the bits are negative, NaN or no number.
    """
    advice = "a mean of -log2 p is never negative; check the sign"
    return _at_least("bits per character", value, 0, advice) * math.log(2)


def _loss(value: float) -> float:
    """Return a mean loss as a float, or say why it is none."""
    advice = "a mean of -log p is never negative; check the sign and look for a NaN"
    return _at_least("mean_loss_nats", value, 0, advice)


def _at_least(name: str, value: Any, least: int, advice: str) -> float:
    """Return ``value`` as a float of at least ``least``, infinity included.

    ``unrolled.validation.number`` refuses infinity, which has a meaning here.
    """
    single = np.ndim(value) == 0 and not isinstance(value, (str, bytes, bool))
    try:
        result = float(value) if single else math.nan
    except (TypeError, ValueError):
        result = math.nan
    if not result >= least:  # a NaN is not
        raise ValueError(
            f"{name} must be one number of at least {least} (infinity is allowed), but "
            f"{value!r} was given; {advice}."
        )
    return result
