"""Does the published character model learn its text, and what does it know of another?

All settings are the published ones: a tanh net of 256 units, 32 rows, windows of 35
steps, weights drawn with a standard deviation of 0.01, gradients clipped to a global
norm of 0.01, steps of 100 against the gradient, 2,500 epochs, the first 10,000
characters of the text. The text is the course's own. Two mistakes of the published
program are mended: the state is carried between windows with consecutive sampling, and
logits are treated as logits. What the net has not read is the rest of the corpus,
without those characters that do not occur in the part it read.
"""

from typing import Any, get_args

import numpy as np

from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.corpora import load, prepare
from unrolled.tasks.text import Sampling, Text
from unrolled.tasks.vocabulary import Indices, Vocabulary
from unrolled.training.evaluation_tf import held_out
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.ngrams import NGram
from unrolled.training.perplexity import perplexity
from unrolled.training.rules_tf import ClippedTF, GradientDescentTF, RuleTF
from unrolled.training.text_run_tf import train_text_windows

CORPUS = "lyrics_zh"
CHARACTERS = 10_000
HIDDEN = 256
EPOCHS = 2_500
EVERY = 25
"""Epochs from one point of the curves to the next."""
GOAL = 1.3
RULE = ClippedTF(GradientDescentTF(rate=100.0), threshold=0.01)
ORDERS = (1, 2, 3)


def texts() -> tuple[Vocabulary, Indices, int]:
    """Return the vocabulary, read and unread text as one, and where the latter begins.

    Characters that do not occur in the part that is read are taken out of the rest.
    """
    text = prepare(load(CORPUS).text)
    read, rest = text[:CHARACTERS], text[CHARACTERS:]
    vocabulary = Vocabulary.of(read)
    known = "".join(character for character in rest if character in vocabulary)
    return vocabulary, vocabulary.encode(read + known), CHARACTERS


def trained(
    sampling: Sampling, epochs: int = EPOCHS, rule: RuleTF = RULE
) -> dict[str, Any]:
    """Train one net and return its curves.

    Args:
        sampling: How the text is cut into windows.
        epochs: How many passes.
        rule: How a gradient becomes a step.

    Returns:
        After every ``EVERY`` epochs the perplexity of the epoch's own windows and of
        the unread text, and the norm of the last window's gradient; the last
        perplexity; and after how many epochs it first was at most ``GOAL``.
    """
    vocabulary, indices, start = texts()
    size = len(vocabulary)
    net = RecurrentNet.draw(
        TANH, HIDDEN, seed=0, inputs=size, outputs=size, scheme="small"
    )
    task = Text(indices[:start], size, sampling=sampling)
    run = train_text_windows(net, task, rule, epochs)
    losses: list[Any] = []
    found: dict[str, Any] = {"epochs": [], "training": [], "unread": [], "norm": []}
    reached = None
    for report in run:
        losses.extend(report.losses)
        if report.step % task.windows_per_epoch:
            continue
        of_epoch = perplexity(float(np.mean(losses)))
        losses = []
        if reached is None and of_epoch <= GOAL:
            reached = report.epoch
        if report.epoch % EVERY == 0:
            found["epochs"].append(report.epoch)
            found["training"].append(round(of_epoch, 4))
            unread = perplexity(held_out(net, indices, start).mean())
            found["unread"].append(float(f"{unread:.4g}"))
            found["norm"].append(float(f"{report.metrics['gradient_norm']:.3g}"))
    return {**found, "last": round(of_epoch, 4), "epochs_to_goal": reached}


def run() -> dict[str, Any]:
    """Train with both samplings, and count on the same text."""
    vocabulary, indices, start = texts()
    counted = {}
    for order in ORDERS:
        model = NGram.fit(indices[:start], order, len(vocabulary))
        losses = model.losses(indices)[start:]
        counted[str(order)] = round(perplexity(losses.mean()), 2)
    return {
        "characters": CHARACTERS,
        "unread_characters": len(indices) - start,
        "vocabulary": len(vocabulary),
        "goal": GOAL,
        "counting_unread": counted,
        **{sampling: trained(sampling) for sampling in get_args(Sampling)},
    }
