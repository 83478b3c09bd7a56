"""Does the published character model get below a perplexity of 1.3 if its steps fade?

The published steps all have the same length, so that the run cannot settle; see
`charlm_published`. Here all is as there, but for the steps, which shrink linearly to
nothing over 600 epochs.
"""

from typing import Any, get_args

from experiments import charlm_published as published
from unrolled.tasks.text import Sampling
from unrolled.training.rules_tf import ClippedTF, FadingTF, GradientDescentTF

EPOCHS = 600
WINDOWS = 8
"""Of an epoch, with either sampling."""
RULE = ClippedTF(
    FadingTF(GradientDescentTF(rate=100.0), EPOCHS * WINDOWS), threshold=0.01
)


def run() -> dict[str, Any]:
    """Train with both samplings."""
    return {
        "epochs": EPOCHS,
        "goal": published.GOAL,
        **{way: published.trained(way, EPOCHS, RULE) for way in get_args(Sampling)},
    }
