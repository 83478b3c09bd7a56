"""How much each earlier character matters for a prediction: a gradient through time.

A character is read as a one-hot row ``x_t``, 1 at its place and 0 elsewhere. How
strongly the prediction reacts to a small change of that row is the length of a gradient

    S_t = || d log p(x_n | x_1 .. x_{n-1}) / d x_t ||,    t < n,

which backpropagation through time gives for all ``t`` at once. For images this is the
saliency map of K. Simonyan, A. Vedaldi and A. Zisserman ("Deep inside convolutional
networks", ICLR workshop 2014); for texts see J. Li, X. Chen, E. Hovy and D. Jurafsky
("Visualizing and understanding neural models in NLP", NAACL 2016).

It is a derivative, so it tells of small changes only: a character to which nothing
reacts just now may still be the one that has set a unit long ago.

The script of the sampler, ``views/js/sampler_model.js``, computes the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unrolled.cells.cell import State
from unrolled.tasks.text import one_hot
from unrolled.tasks.vocabulary import checked_indices
from unrolled.training.choosing import tempered
from unrolled.training.generation import CharacterNet, LookUp
from unrolled.validation import Array, count

REACH = 60
"""How many characters the view looks back."""


def saliency(net: CharacterNet, text: ArrayLike, reach: int = REACH) -> Array:
    """Return how strongly the log probability of the last character reacts to others.

    Args:
        net: With one-hot characters as inputs, and as many outputs.
        text: At least two characters; shape ``(N,)``. It is read from the state 0.
        reach: How many characters before the last are looked at, at most.

    Returns:
        ``S_t`` for the last characters before the last one, the earliest first; shape
        ``(min(N - 1, reach),)``, in nats.

    Raises:
        ValueError: If the text is too short or holds what is no character, the net does
            not fit, or ``reach`` is below 1.
    """
    weights = LookUp.of(net)
    indices = checked_indices("text", text, weights.characters)
    if indices.ndim != 1 or len(indices) < 2:
        raise ValueError(
            f"text must have at least two characters, the last of which is predicted, "
            f"but its shape is {indices.shape}."
        )
    *before, last = indices.tolist()
    steps = min(len(before), count("reach", reach))
    state = weights.zero_state()
    for index in before[:-steps]:
        state = weights.step(index, state)
    return _through_time(weights, state, before[-steps:], last)


def _through_time(net: LookUp, state: State, read: list[int], last: int) -> Array:
    """Return the lengths of the gradients at some characters that are read.

    Args:
        net: The weights.
        state: The state before the first of them.
        read: The characters.
        last: The one that is predicted after them.
    """
    inputs = one_hot([read], net.characters)
    trace = net.cell.forward(inputs, state)
    (logits,) = net.logits(trace.final_state)
    slopes = -tempered(logits, 1)
    slopes[last] += 1
    direct = np.zeros_like(trace.outputs)
    direct[0, -1] = net.W_hq @ slopes
    gradients = net.cell.backward(trace, direct).inputs[0]
    lengths: Array = np.linalg.norm(gradients, axis=1)
    return lengths
