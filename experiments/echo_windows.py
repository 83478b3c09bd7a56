"""Which windows can learn an echo? A map over delay, width of the window and stride.

Every net has eight units, more than any of these echoes needs, and makes the same
number of updates: three epochs of 666 windows, whatever the width and the stride. The
series is made as long as that takes. After training a net is frozen and tested on a
fresh series, from its sixteenth step on.

Beside that stands what a net keeps without any gradient through time: its weights stay
as they were drawn, and only the readout is fitted (by least squares). And what windows
as wide as the delay teach if the input weights are left as they were drawn.
"""

from typing import Any

from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.echo import Echo
from unrolled.training.ensembles_tf import train_side_by_side
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.reservoir import reservoir_accuracy, share_right
from unrolled.training.rules_tf import AdagradTF, Only, RuleTF

HIDDEN = 8
SEEDS = 8
EPOCHS = 3
WINDOWS = 666
BATCH = 5
RULE = AdagradTF(0.3)
LISTENING = Only(RULE, ("W_hh", "W_hq", "b_q"))
"""Trains what is neither an input weight nor the bias that goes with them."""
DELAYS = (1, 2, 3, 4, 5, 6)
WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 15)
FRESH = 99
"""The epoch whose bits the frozen nets are tested on: none trains so long."""


def task(delay: int, window: int, stride: int, seed: int) -> Echo:
    """Return the task with as many bits as ``WINDOWS`` windows take."""
    row = window + (WINDOWS - 1) * stride
    return Echo(delay, window, stride, series_length=BATCH * row, seed=seed)


def half(window: int) -> int:
    """Return the stride of windows that overlap by half."""
    return -(-window // 2)


def accuracies(
    delay: int, window: int, stride: int, rule: RuleTF = RULE
) -> list[float]:
    """Train ``SEEDS`` nets; return what share of fresh bits each tells right."""
    nets = [RecurrentNet.draw(TANH, HIDDEN, seed) for seed in range(SEEDS)]
    tasks = [task(delay, window, stride, seed) for seed in range(SEEDS)]
    train_side_by_side(nets, tasks, rule, EPOCHS)
    return [round(share_right(net, Echo(delay, seed=seed), FRESH), 4)
            for seed, net in enumerate(nets)]  # fmt: skip


def untrained(delay: int) -> list[float]:
    """Return the same share where only the readout is fitted."""
    nets = [RecurrentNet.draw(TANH, HIDDEN, seed) for seed in range(SEEDS)]
    return [round(reservoir_accuracy(net, Echo(delay, seed=seed), FRESH), 4)
            for seed, net in enumerate(nets)]  # fmt: skip


def run() -> dict[str, Any]:
    """Train all nets.

    Returns:
        The settings; for each delay, width and stride the share of bits told right by
        each net; and for each delay the same for the untrained nets, and for windows
        as wide as the delay with input weights that are not trained.
    """
    runs = [
        {"delay": delay, "window": window, "stride": stride,
         "accuracy": accuracies(delay, window, stride)}
        for window in WIDTHS
        for stride in sorted({1, half(window), window})
        for delay in DELAYS
    ]  # fmt: skip
    return {
        "hidden": HIDDEN,
        "updates": EPOCHS * WINDOWS,
        "rule": repr(RULE),
        "seeds": SEEDS,
        "runs": runs,
        "untrained": {str(delay): untrained(delay) for delay in DELAYS},
        "listening": {str(d): accuracies(d, d, d, LISTENING) for d in DELAYS},
    }
