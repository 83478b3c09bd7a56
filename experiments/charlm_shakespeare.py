"""How much of Shakespeare does a small net learn in three minutes, over counting?

A GRU of 256 units is trained on the first nine tenths of the text and measured on the
last tenth, beside smoothed n-grams of every order. Training stops when its time is
over, so that how far it comes depends on the processor; the last tenth is never used
to decide anything.
"""

from typing import Any

import numpy as np

from unrolled.cells.gru_tf import GRU
from unrolled.tasks.corpora import load
from unrolled.tasks.text import Text, split
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.evaluation_tf import held_out, losses_with_context
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.ngrams import NGram
from unrolled.training.perplexity import bits_per_character
from unrolled.training.rules_tf import AdamTF, ClippedTF, FadingTF
from unrolled.training.text_run_tf import train_text_windows

HIDDEN, WINDOW, BATCH = 256, 25, 64
RATE, THRESHOLD = 0.006, 1.0
EPOCHS = 7
DROPOUT = 0.1
MOST_SECONDS = 180
ORDERS = range(1, 9)
CONTEXTS = (1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128)
LONGEST_CONTEXT = 128
EVERY_PLACE = 20
"""Of so many characters, one is predicted with every length of context."""


def run() -> dict[str, Any]:
    """Count, train, and measure both on the last tenth."""
    text = load("shakespeare").text
    vocabulary = Vocabulary.of(text)
    indices, size = vocabulary.encode(text), len(vocabulary)
    part, rest = split(indices)
    start = len(part)
    models = {order: NGram.fit(part, order, size) for order in ORDERS}
    counted = {
        str(order): round(bits_per_character(model.losses(indices)[start:].mean()), 3)
        for order, model in models.items()
    }
    net = RecurrentNet.draw(
        GRU, HIDDEN, seed=0, inputs=size, outputs=size, scheme="characters"
    )
    task = Text(part, size, window=WINDOW, batch=BATCH)
    updates = EPOCHS * task.windows_per_epoch
    rule = ClippedTF(FadingTF(AdamTF(RATE), updates), THRESHOLD)
    curve = []
    for report in train_text_windows(net, task, rule, EPOCHS, dropout=DROPOUT):
        if report.step % task.windows_per_epoch == 0 or report.seconds > MOST_SECONDS:
            unread = bits_per_character(held_out(net, indices, start).mean())
            curve.append([report.step, round(report.seconds, 1), round(unread, 4)])
        if report.seconds > MOST_SECONDS:
            break
    places = np.arange(start + LONGEST_CONTEXT, len(indices), EVERY_PLACE)
    by_context = {
        str(k): round(
            bits_per_character(losses_with_context(net, indices, places, k).mean()), 3
        )
        for k in CONTEXTS
    }
    counted_there = {
        str(order): round(bits_per_character(model.losses(indices)[places].mean()), 3)
        for order, model in models.items()
    }
    return {
        "characters": len(indices),
        "held_out": len(rest),
        "vocabulary": size,
        "uniform_bits": round(float(np.log2(size)), 3),
        "counting_bits": counted,
        "steps_seconds_bits": curve,
        "steps_planned": updates,
        "bits": curve[-1][2],
        "seconds": curve[-1][1],
        "places": len(places),
        "bits_by_context": by_context,
        "counting_bits_there": counted_there,
    }
