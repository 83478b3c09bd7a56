"""The course's way: `train_text_windows`, and `generate_greedy`."""

import math
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.charlm_programs.start import (
    BATCH,
    CHARACTERS,
    CHECKED,
    GOAL,
    HIDDEN,
    RATE,
    SEED,
    THRESHOLD,
    WINDOW,
    Start,
    operations,
)
from benchmarks.charlm_programs.writing import PREFIX, TEXT, Write
from benchmarks.timing import LOSSES, Losses, TrainEpoch, check_and_time, first_losses
from unrolled.cells.tanh_tf import TANH
from unrolled.tasks import corpora
from unrolled.tasks.text import Text
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.generation import generate
from unrolled.training.generation_tf import generate_greedy
from unrolled.training.nets_tf import RecurrentNet, Scheme
from unrolled.training.rules_tf import AdamTF, ClippedTF, GradientDescentTF, RuleTF
from unrolled.training.text_run_tf import train_text_windows

ENDLESS = 10**6
"""More epochs than anybody waits for."""

MOST_EPOCHS = 500
"""By then a good rule has long reached it."""

CHECKED_TEXT = 1_000
"""How many written characters are held against each other."""


def task() -> Text:
    """Give the published task, on the course's own text."""
    text = corpora.prepare(corpora.load("lyrics_zh").text, CHARACTERS)
    vocabulary = Vocabulary.of(text)
    return Text(vocabulary.encode(text), len(vocabulary), WINDOW, BATCH)


def drawn(text: Text, scheme: Scheme) -> RecurrentNet:
    """Draw a net for a text; the scheme ``"small"`` is the published one."""
    size = text.size
    return RecurrentNet.draw(
        TANH, HIDDEN, SEED, inputs=size, outputs=size, scheme=scheme
    )


def epochs(net: RecurrentNet, text: Text, rule: RuleTF) -> Iterator[Losses]:
    """Train without end, and give the losses of each epoch's windows."""
    every, losses = text.windows_per_epoch, []
    for report in train_text_windows(net, text, rule, ENDLESS, every=every):
        losses.append(report.losses)
        if report.step % every == 0:
            yield np.concatenate(losses)
            losses = []


def prepare(start: Start) -> TrainEpoch:
    """Train at the published settings."""
    rule = ClippedTF(GradientDescentTF(RATE), THRESHOLD)
    run = epochs(RecurrentNet(TANH, start.weights), task(), rule)
    return lambda epoch: next(run)


def writer(start: Start) -> Write:
    """Write in compiled calls."""
    return partial(generate_greedy, RecurrentNet(TANH, start.weights))


def to_the_goal() -> tuple[RecurrentNet, int]:
    """Train with the rule and the first weights that we recommend, to the goal.

    Returns:
        The net, and how many epochs it took.

    Raises:
        RuntimeError: The goal is out of reach.
    """
    text = task()
    net = drawn(text, "characters")
    rule = ClippedTF(AdamTF(0.005), 1.0)
    for number, losses in enumerate(epochs(net, text, rule), 1):
        if np.mean(losses) <= math.log(GOAL):
            return net, number
        if number == MOST_EPOCHS:
            break
    raise RuntimeError(f"A perplexity of {GOAL} was not reached in {number} epochs.")


def seconds_to_the_goal() -> float:
    """Time a run to the goal, with all that it has to compile."""
    started = time.perf_counter()
    to_the_goal()
    return time.perf_counter() - started


def seconds_per_operation(folder: str) -> float:
    """Check and time our training at the published settings.

    Returns:
        Seconds for one multiplication or addition of those that it needs.
    """
    seconds = check_and_time("charlm_programs", "ours", folder)
    return seconds / (BATCH * WINDOW * operations(task().size))


def start_of(net: RecurrentNet) -> Start:
    """Give what programs start from that get the weights of a net."""
    inputs, targets = (rows.astype(np.int32) for rows in task().epoch(0))
    weights = {name: value.astype(np.float32) for name, value in net.weights.items()}
    return Start(weights, inputs, targets)


def write_start(folder: str) -> float:
    """Leave in a folder what the programs start from, and our first losses.

    Returns:
        The last of these losses.
    """
    start = start_of(drawn(task(), "small"))
    start.write(Path(folder))
    losses, _ = first_losses(prepare(start), CHECKED)
    np.save(Path(folder) / LOSSES, losses)
    return float(losses[-1])


def write_text(folder: str) -> int:
    """Leave in a folder a trained net, and a text that it writes.

    The text is written by the plain loop in 64-bit floats.

    Returns:
        How many different characters are in the text.
    """
    net, _ = to_the_goal()
    start = start_of(net)
    start.write(Path(folder))
    prefix: NDArray[np.int64] = start.inputs[0, :PREFIX].astype(np.int64)
    text = generate(net, prefix, CHECKED_TEXT)
    np.save(Path(folder) / TEXT, np.concatenate([prefix, text]))
    return len(set(text.tolist()))
