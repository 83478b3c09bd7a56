"""Every public figure function of the library, with an example of each.

The functions are found, not listed: one without an example fails a test.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import partial

import numpy as np

from unrolled.views import figures
from unrolled.views.figures import (
    char_lm,
    diagrams,
    echo_rnn,
    landing,
    linear_rnn,
    mnist_lstm,
    sampler,
    theory,
    training,
)
from unrolled.views.figures.style import Drawing

Figure = Callable[..., Drawing]

STEPS = np.arange(11.0)
AXIS = np.linspace(-3.0, 3.0, 25)
SURFACE = (AXIS, AXIS, 10.0 ** np.abs(AXIS[:, None] + AXIS))
PATH = np.array([[-1.5, 2.0], [0.3, 0.2], [1.0, 1.0]])
PAIRS = [(2, 1), (1, 2), (1, -2), (1, 0), (1, 0.5), (1, -0.5)]

DIGITS = np.sin(np.arange(2 * 28 * 28.0)).reshape(2, 28, 28) ** 2

TOY = {
    "inputs": [1.0, 2.0],
    "pre_activations": [[0.6, 0.5], [1.2923, 1.3923]],
    "states": [[0.0, 0.0], [0.53704957, 0.46211716], [0.85973818, 0.88366641]],
    "outputs": [0.24612839, 0.3627071],
}

EXAMPLES: dict[Figure, Callable[[], Drawing]] = {
    diagrams.folded_and_unrolled: diagrams.folded_and_unrolled,
    diagrams.toy_pass: partial(diagrams.toy_pass, **TOY),
    diagrams.sequence_shapes: diagrams.sequence_shapes,
    diagrams.encoder_decoder: diagrams.encoder_decoder,
    diagrams.bptt_paths: diagrams.bptt_paths,
    diagrams.truncation_window: diagrams.truncation_window,
    diagrams.lstm_cell: diagrams.lstm_cell,
    theory.gradient_reach: partial(
        theory.gradient_reach,
        {"ρ = 0.9": 0.9**STEPS, "another": 0.5**STEPS},
        bounds={"bound": 1.1**STEPS},
    ),
    theory.truncation: partial(
        theory.truncation, {"last": 0.9**STEPS}, {"last": 0.8**STEPS}
    ),
    linear_rnn.counting_states: partial(
        linear_rnn.counting_states, STEPS[1:] % 2, {"(1, 1)": STEPS, "(1, 0)": STEPS}
    ),
    linear_rnn.check_errors: partial(
        linear_rnn.check_errors, 10**-STEPS, {"$w_x$": 10**-STEPS}
    ),
    linear_rnn.surfaces: partial(
        linear_rnn.surfaces, SURFACE, SURFACE, PAIRS, path=PATH
    ),
    linear_rnn.gradients_through_time: partial(
        linear_rnn.gradients_through_time,
        {str(pair): float(pair[1]) ** STEPS for pair in PAIRS},
        inflated=20 * STEPS,
    ),
    linear_rnn.rprop_history: partial(
        linear_rnn.rprop_history, np.ones(4), np.ones((3, 2))
    ),
    linear_rnn.race_paths: partial(
        linear_rnn.race_paths, SURFACE, dict.fromkeys("abcd", PATH)
    ),
    linear_rnn.race_losses: partial(
        linear_rnn.race_losses, {name: np.ones(9) for name in "abcd"}, goal=1e-3
    ),
    linear_rnn.length_errors: partial(
        linear_rnn.length_errors,
        10.0 ** np.arange(3),
        -np.ones(3),
        -np.ones(3),
        {10: -np.ones(5)},
    ),
    echo_rnn.rows_and_window: partial(
        echo_rnn.rows_and_window, np.arange(36).reshape(3, 12) % 2, window=3, place=1
    ),
    echo_rnn.pulse_and_windows: partial(echo_rnn.pulse_and_windows, 9, 3, 3),
    echo_rnn.spikes: partial(
        echo_rnn.spikes, 0.5**STEPS, 5, {"a floor": 0.11, "another": 0.13}
    ),
    echo_rnn.window_map: partial(
        echo_rnn.window_map, [1, 2], [1, 2, 3], {"one": np.full((2, 3), 0.75)}
    ),
    echo_rnn.memory_left: partial(
        echo_rnn.memory_left, [1, 2], {"one": np.full((2, 4), 0.75)}
    ),
    echo_rnn.luck: partial(
        echo_rnn.luck,
        STEPS,
        {name: 0.5 ** np.ones((11, 3)) for name in ("one", "another")},
    ),
    echo_rnn.probes: partial(
        echo_rnn.probes,
        {"one": np.ones(5), "another": np.full(5, 0.75)},
        {"one": np.ones(5), "another": np.full(5, 0.75)},
        delay=3,
    ),
    echo_rnn.state_space: partial(
        echo_rnn.state_space,
        np.sin(np.arange(64.0)).reshape(16, 4),
        np.arange(64).reshape(16, 4) // np.array([1, 2, 4, 8]) % 2,
    ),
    echo_rnn.units_needed: partial(
        echo_rnn.units_needed, [1, 2], [1, 2, 3], np.full((2, 3), 0.5)
    ),
    char_lm.consecutive_windows: partial(
        char_lm.consecutive_windows, "a text of many characters", 2, 4, 2
    ),
    char_lm.random_windows: partial(
        char_lm.random_windows, "a text of many characters", 5, 2, [3, 1, 0, 2]
    ),
    char_lm.look_up_figure: partial(
        char_lm.look_up_figure, 1, np.eye(4, 3) - 0.5, "ab\n "
    ),
    char_lm.temperature_bars: partial(
        char_lm.temperature_bars, "ab c", np.full((2, 4), 0.25), [1, 2], 2, 0.6
    ),
    char_lm.bits_by_order: partial(
        char_lm.bits_by_order,
        *([1, 2, 3], {"counting": np.array([4.0, 3, 2.5])}, {"net": 2.1, "other": 2.2}),
    ),
    char_lm.training_and_held_out: partial(
        char_lm.training_and_held_out,
        *(STEPS, {"plain": (9 * 0.8**STEPS + 1, 8 * 0.9**STEPS + 3)}, {"plain": 8}),
        levels={"uniform guess": 64},
    ),
    char_lm.norms_over_training: partial(
        char_lm.norms_over_training,
        *(STEPS, {"clipped": 0.9**STEPS, "not clipped": 2**STEPS}, 1.0),
        losses={"clipped": 0.9**STEPS, "not clipped": np.where(STEPS < 7, 1, np.nan)},
    ),
    char_lm.loss_by_context: partial(
        char_lm.loss_by_context, [1, 2, 4], {"net": np.array([4, 3, 2])}, {2: 4, 3: 3.5}
    ),
    char_lm.two_samplings_curves: partial(
        char_lm.two_samplings_curves,
        *(STEPS, {"consecutive": 64 * 0.7**STEPS, "random": 64 * 0.8**STEPS}),
        levels={"goal": 1.3, "uniform guess": 64},
    ),
    char_lm.unit_over_text: partial(
        char_lm.unit_over_text, "a text,\nin lines", np.sin(np.arange(16)), "unit 5"
    ),
    char_lm.saliency_over_text: partial(
        char_lm.saliency_over_text, "a text,\nin line", np.arange(15), "s"
    ),
    mnist_lstm.image_as_sequence: partial(mnist_lstm.image_as_sequence, DIGITS[0]),
    mnist_lstm.shapes_of_a_batch: partial(mnist_lstm.shapes_of_a_batch, DIGITS),
    mnist_lstm.recipe_curves: partial(
        mnist_lstm.recipe_curves,
        *(STEPS, 0.5**STEPS, 1 - 0.9 * 0.5**STEPS, [(5, 0.1, None), (10, None, 0.9)]),
    ),
    mnist_lstm.accuracy_by_epoch: partial(
        mnist_lstm.accuracy_by_epoch, {"one": STEPS / 11, "another": STEPS / 12}
    ),
    mnist_lstm.dots_by_variant: partial(
        mnist_lstm.dots_by_variant, {"one": [0.97, 0.98], "another": [0.99]}, goal=0.985
    ),
    mnist_lstm.accuracy_by_row: partial(
        mnist_lstm.accuracy_by_row, np.linspace(0.1, 1, 28), np.linspace(0.2, 0.9, 28)
    ),
    mnist_lstm.certainty_by_row: partial(
        mnist_lstm.certainty_by_row, DIGITS, np.full((2, 28, 10), 0.1), [3, 5]
    ),
    mnist_lstm.row_effects: partial(
        mnist_lstm.row_effects, DIGITS, DIGITS.sum(axis=2) - 14
    ),
    mnist_lstm.confusion: partial(
        mnist_lstm.confusion, np.arange(100).reshape(10, 10) % 7
    ),
    mnist_lstm.calibration: partial(
        mnist_lstm.calibration, [0.3, 0.6, 0.9], [0.2, 0.7, 0.95], [1, 40, 900]
    ),
    mnist_lstm.gradient_by_row: partial(
        mnist_lstm.gradient_by_row,
        {"one": 0.9 ** np.arange(28), "other": np.ones(28)},
    ),
    mnist_lstm.misread: partial(mnist_lstm.misread, DIGITS, [3, 5], [5, 3], [0.6, 0.9]),
    sampler.next_character: partial(
        sampler.next_character, "ab c\n", np.full(5, 0.2), [0.5, 0.5, 0, 0, 0], drawn=1
    ),
    training.loss_curve: partial(
        training.loss_curve,
        *(np.arange(11), 0.5**STEPS, "finished", "a run", ("We", "W" * 400)),
    ),
    landing.unrolled_net: partial(
        landing.unrolled_net, np.ones(2), np.ones((3, 2)), np.ones(2)
    ),
    landing.cost_landscape: partial(landing.cost_landscape, *SURFACE, PATH),
    landing.gradient_reach: partial(
        landing.gradient_reach,
        np.array([1.1, 1.0, 0.9])[:, None] ** STEPS,
        np.array([1.1, 1.0, 0.9]),
        0.99**STEPS,
    ),
}


def module_names() -> list[str]:
    """Return the name of every module of the figures."""
    start = f"{figures.__name__}."
    return [start + module.name for module in pkgutil.iter_modules(figures.__path__)]


def figure_functions() -> list[Figure]:
    """Return every public function of the figures' modules that returns a figure."""
    return [
        function
        for name in module_names()
        for _, function in inspect.getmembers(importlib.import_module(name))
        if inspect.isfunction(function)
        and function.__module__ == name
        and not function.__name__.startswith("_")
        and inspect.signature(function).return_annotation in ("Drawing", "Figure")
    ]
