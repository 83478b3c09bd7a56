"""From how many first weights does a small LSTM learn one sentence by heart, how fast?

The sentence of 25 characters, 23 of them distinct, is the published one: all but its
last character are the inputs, all but its first the targets. The LSTM has as many
units as there are characters, and its weights are drawn in the course's way. 20 seeds
with each of two rules, 3,000 steps at most.
"""

from typing import Any

import numpy as np

from unrolled.cells.lstm_tf import LSTM
from unrolled.tasks.text import Text, one_hot
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdamTF, GradientDescentTF, RuleTF
from unrolled.training.text_run_tf import train_text_windows

SENTENCE = "这是一个基于tensorflow的RNN短句子练习"
RULES: dict[str, RuleTF] = {
    "gradient descent, rate 0.1": GradientDescentTF(0.1),
    "Adam, rate 0.01": AdamTF(0.01),
}
STEPS, EVERY, SEEDS = 3_000, 10, 20


def steps_needed(rule: RuleTF, seed: int, most: int = STEPS) -> int | None:
    """Return after how many steps every character is told right; None if never.

    It is looked at every ``EVERY`` steps.
    """
    vocabulary = Vocabulary.of(SENTENCE)
    numbers, size = vocabulary.encode(SENTENCE), len(vocabulary)
    net = RecurrentNet.draw(
        LSTM, size, seed, inputs=size, outputs=size, scheme="characters"
    )
    task = Text(numbers, size, window=len(numbers) - 1, batch=1)
    inputs = one_hot(numbers[np.newaxis, :-1], size)
    for report in train_text_windows(net, task, rule, most):
        if report.step % EVERY == 0:
            told = net.logits(net.trace(inputs).outputs)[0].argmax(axis=-1)
            if np.array_equal(told, numbers[1:]):
                return report.step
    return None


def run() -> dict[str, Any]:
    """Train a net for each rule and seed."""
    return {
        "sentence": SENTENCE,
        "steps": STEPS,
        **{
            name: [steps_needed(rule, seed) for seed in range(SEEDS)]
            for name, rule in RULES.items()
        },
    }
