"""What the library computes of the net in the view "Echo".

A part of :mod:`scripts.golden`, which writes it to tests/js/golden/echo.json. The task
and the net are those of the echo chapter, in NumPy, with bits and weights that a
browser can draw too.
"""

from typing import Any

import numpy as np

from unrolled.cells.cell import Parameters
from unrolled.cells.tanh import TanhCell
from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.echo import Echo, Labels
from unrolled.training.losses import cross_entropy
from unrolled.training.nets_tf import draw_weights
from unrolled.training.rules import Adagrad, Adam, GradientDescent, Rule
from unrolled.validation import Array

BATCH, SERIES_LENGTH = 5, 600

PUBLISHED: dict[str, Any] = {
    "delay": 3,
    "window": 15,
    "stride": 15,
    "hidden": 4,
    "rate": 0.3,
    "rule": "adagrad",
    "scheme": "published",
    "seed": 2,
}
SETTINGS: tuple[dict[str, Any], ...] = (
    PUBLISHED,
    {**PUBLISHED, "scheme": "course", "stride": 4, "window": 11, "seed": 7},
    {**PUBLISHED, "scheme": "course", "window": 3, "stride": 3, "rule": "adam"},
    {
        **PUBLISHED,
        "rule": "gradient descent",
        "rate": 0.1,
        "hidden": 6,
        "delay": 5,
        "stride": 9,
    },
)
WINDOWS = 45
"""Windows in a run: more than an epoch of each of the settings."""


def echo_cases() -> list[dict[str, Any]]:
    """Return runs under several settings."""
    return [echo_case(settings) for settings in SETTINGS]


def echo_case(settings: dict[str, Any]) -> dict[str, Any]:
    """Return one run: what each window said, and the first and last in full.

    ``gradients`` are those of the first window and of the last, ``reach`` is that of
    the last window, with the weights before its update.
    """
    weights = first_weights(settings)
    rule = rule_of(settings)
    memory, first = rule.start(weights), weights
    state = np.zeros((BATCH, settings["hidden"]))
    losses, right, gradients = [], [], []
    for number in range(WINDOWS):
        inputs, targets, is_first = window(settings, number)
        if is_first:
            state = np.zeros_like(state)
        told = trained_window(weights, state, inputs, targets)
        reach = gradient_reach(weights, told["states"], inputs)
        weights, memory = rule.update(weights, told["gradients"], memory)
        state = told["states"][:, settings["stride"]]
        losses.append(told["loss"])
        right.append(told["right"])
        gradients.append(flat(told["gradients"]))
    return {
        "settings": settings,
        "batch": BATCH,
        "series_length": SERIES_LENGTH,
        "first": flat(first),
        "losses": losses,
        "right": right,
        "gradients": [gradients[0], gradients[-1]],
        "weights": flat(weights),
        "states": told["states"][:, -1].ravel().tolist(),
        "reach": reach.tolist(),
    }


def flat(parameters: Parameters) -> dict[str, list[float]]:
    """Return parameters as flat lists, row by row."""
    return {name: value.ravel().tolist() for name, value in parameters.items()}


def window(settings: dict[str, Any], number: int) -> tuple[Array, Labels, bool]:
    """Return a window's inputs and targets, and whether it begins an epoch."""
    names = "delay", "window", "stride", "seed"
    task = Echo(
        **{name: settings[name] for name in names},
        series_length=SERIES_LENGTH,
        batch=BATCH,
        in_page=True,
    )
    epoch, place = divmod(number, task.windows_per_epoch)
    inputs, targets = task.epoch(epoch)
    here = slice(place * task.stride, place * task.stride + task.window)
    return inputs[:, here], targets[:, here], place == 0


def first_weights(settings: dict[str, Any]) -> Parameters:
    """Draw the weights that a run begins with."""
    names = "hidden", "seed", "scheme"
    return draw_weights(TANH, **{n: settings[n] for n in names}, in_page=True)


def rule_of(settings: dict[str, Any]) -> Rule:
    """Return the update rule."""
    rate = settings["rate"]
    rules: dict[str, Rule] = {
        "adagrad": Adagrad(rate, 0.1, 0),
        "adam": Adam(rate),
        "gradient descent": GradientDescent(rate),
    }
    return rules[settings["rule"]]


def cell_of(weights: Parameters) -> TanhCell:
    """Return the cell of a net."""
    return TanhCell(**{name: weights[name] for name in ("W_xh", "W_hh", "b_h")})


def trained_window(
    weights: Parameters, state: Array, inputs: Array, targets: Labels
) -> dict[str, Any]:
    """Return loss, gradients, states and the number of right bits of a window."""
    cell = cell_of(weights)
    trace = cell.forward(inputs, (state,))
    hidden = trace.outputs
    logits = (hidden @ weights["W_hq"] + weights["b_q"]).reshape(-1, 2)
    loss, direct = cross_entropy(logits, targets.ravel())
    back = direct.reshape(*hidden.shape[:2], 2)
    gradients = cell.backward(trace, back @ weights["W_hq"].T).parameters
    gradients["W_hq"] = np.einsum("bth,btc->hc", hidden, back)
    gradients["b_q"] = back.sum(axis=(0, 1))
    right = int((logits.argmax(axis=1) == targets.ravel()).sum())
    return {
        "loss": loss,
        "gradients": gradients,
        "states": trace.states[0],
        "right": right,
    }


def gradient_reach(weights: Parameters, states: Array, inputs: Array) -> Array:
    """Return how much of the gradient of a window's last loss arrives k steps back.

    Args:
        weights: Of the net.
        states: The states before, in and after the window, shape ``(B, T + 1, H)``.
        inputs: Shape ``(B, T, 1)``.

    Returns:
        The mean over the batch of the norm of the gradient at ``h_{T-k}``, as a share
        of that at ``h_T``; for ``k = 0 .. T - 1``. The loss cancels in this share, so
        the gradient of the log-odds is taken in its place.
    """
    cell = cell_of(weights)
    trace = cell.forward(inputs, (states[:, 0],))
    direct = np.zeros_like(trace.outputs)
    direct[:, -1] = weights["W_hq"][:, 1] - weights["W_hq"][:, 0]
    norms = np.linalg.norm(cell.backward(trace, direct).states[0], axis=2)[:, :0:-1]
    reach: Array = (norms / norms[:, :1]).mean(axis=0)
    return reach
