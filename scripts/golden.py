"""Write what the library computes into files that the JavaScript is held against.

    python -m scripts.golden

The browser's numerics (lib/unrolled/views/js/numerics.js) must give the numbers in
tests/js/golden/, and so must the library: if either changes alone, a test fails. Run
this after a change of the library that is meant, and look at the difference.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from scripts.golden_digit import digit_cases
from scripts.golden_echo import echo_cases
from scripts.golden_gates import gates_cases
from scripts.golden_sampler import sampler_cases
from scripts.golden_unroll import unroll_cases
from scripts.golden_watch import watch_cases
from scripts.notebooks import ROOT
from unrolled.cells.cell import Cell, Parameters
from unrolled.cells.linear import LinearCell, backward, forward
from unrolled.cells.lstm import LSTMCell
from unrolled.cells.tanh import TanhCell
from unrolled.random import Generator
from unrolled.tasks import counting
from unrolled.training.losses import cross_entropy, softmax
from unrolled.training.models import RecurrentModel, ScalarModel
from unrolled.training.race import race
from unrolled.training.rprop import Rprop
from unrolled.training.rules import (
    Adagrad,
    Adam,
    Clipped,
    GradientDescent,
    Momentum,
    Rule,
    clip_by_global_norm,
    global_norm,
)
from unrolled.training.running import train
from unrolled.training.surface import cost_surface
from unrolled.views.explore.surface_view import SETTINGS

FOLDER = ROOT / "tests" / "js" / "golden"

Case = dict[str, Any]
"""Names with numbers, lists of numbers, texts, or dictionaries of these."""

SEEDS = (0, 1, 2026, 2**32 - 1)
BOUNDS = ([0, 2], [-3, 4], [5, 6], [0, 10**6], [0, 3 * 2**30], [-(2**31), 2**31])
SHARES = ([0.5, 0.25, 0.25], [0.0, 0.1, 0.2, 0.7, 0.0], [1.0])

KINDS: tuple[type[Cell], ...] = (LinearCell, TanhCell, LSTMCell)
SIZES = ((1, 1, 1, 1), (1, 6, 1, 1), (3, 1, 2, 2), (3, 5, 2, 4))  # B, T, D, H

POINTS = ((1, 1), (1, 2), (1, -2), (1.2, 1.2), (-1.5, 2), (0, 0.5), (2, 0), (1.001, 1))


def flat(value: Any) -> Any:
    """Return arrays as flat lists, row by row, and arrays without axes as numbers."""
    if isinstance(value, dict):
        return {str(name): flat(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [flat(part) for part in value]
    array = np.asarray(value)
    return array.ravel().tolist() if array.ndim else array.item()


def random_cases() -> list[Case]:
    """Return streams, each drawn from one generator in the order of its entries."""
    cases = []
    for seed in SEEDS:
        generator = Generator(seed)
        case: Case = {"seed": seed}
        case["bits32"] = [generator.bits32() for _ in range(12)]
        case["uniform"] = [generator.uniform() for _ in range(6)]
        case["integers"] = [
            {"of": bounds, "drawn": [generator.integers(*bounds) for _ in range(8)]}
            for bounds in BOUNDS
        ]
        case["normal"] = [generator.normal() for _ in range(12)]
        case["choice"] = [
            {"of": shares, "drawn": [generator.choice(shares) for _ in range(12)]}
            for shares in SHARES
        ]
        case["uniforms"] = flat(generator.uniforms((2, 3)))
        case["normals"] = flat(generator.normals(5))
        cases.append(case)
    return cases


def cell_cases() -> list[Case]:
    """Return forward and backward passes of each kind of cell, at several sizes."""
    return [cell_case(kind, *sizes) for kind in KINDS for sizes in SIZES]


def cell_case(
    kind: type[Cell], batch: int, steps: int, inputs: int, hidden: int
) -> Case:
    """Return one pass forward and back, from random numbers to their gradients."""
    normals = Generator(100 * batch + 10 * steps + hidden).normals
    shapes = kind.shapes(inputs, hidden)
    cell = kind(**{n: 0.7 * normals(shape) for n, shape in shapes.items()})
    state = tuple(normals((batch, hidden)) for _ in range(cell.state_parts))
    trace = cell.forward(normals((batch, steps, inputs)), state)
    direct = normals((batch, steps, hidden))
    gradients = cell.backward(trace, direct)
    return {
        "cell": kind.__name__,
        "sizes": [batch, steps, inputs, hidden],
        "parameters": flat(cell.parameters),
        "inputs": flat(trace.inputs),
        "state": flat(state),
        "states": flat(trace.states),
        "outputs": flat(trace.outputs),
        "final_state": flat(trace.final_state),
        "grad_outputs": flat(direct),
        "gradients": {
            "parameters": flat(gradients.parameters),
            "inputs": flat(gradients.inputs),
            "states": flat(gradients.states),
        },
    }


def model_cases() -> list[Case]:
    """Return cells with a readout and a squared error at every step, differentiated."""
    cases = []
    for kind in KINDS:
        normals = Generator(7).normals
        shapes = {**kind.shapes(2, 3), "W_hq": (3, 2), "b_q": (2,)}
        drawn = {name: 0.7 * normals(shape) for name, shape in shapes.items()}
        readout = {name: drawn.pop(name) for name in ("W_hq", "b_q")}
        model = RecurrentModel(kind(**drawn), **readout, loss_at="every")
        inputs, targets = normals((2, 4, 2)), normals((2, 4, 2))
        loss, gradients = model.loss_and_gradients(inputs, targets)
        cases.append(
            {
                "cell": kind.__name__,
                "batch": 2,
                "parameters": flat(model.parameters),
                "inputs": flat(inputs),
                "targets": flat(targets),
                "outputs": flat(model.predict(inputs)),
                "loss": loss,
                "gradients": flat(gradients),
            }
        )
    return cases


def loss_cases() -> list[Case]:
    """Return softmax and cross-entropy, also of logits that would overflow."""
    batches = (
        (Generator(3).normals((4, 5)), [0, 4, 2, 2]),
        (np.array([[1000.0, -1000.0, 0.0], [-1e5, -1e5, -1e5 + 1.0]]), [1, 2]),
        (np.array([[800.0, 799.0, 0.0]]), [0]),
        (np.array([[3.0]]), [0]),
    )
    cases = []
    for logits, labels in batches:
        loss, gradient = cross_entropy(logits, labels)
        cases.append(
            {
                "classes": logits.shape[1],
                "logits": flat(logits),
                "labels": labels,
                "softmax": flat(softmax(logits)),
                "loss": loss,
                "gradient": flat(gradient),
            }
        )
    return cases


def rules() -> dict[str, tuple[list[Any], Rule]]:
    """Return each rule under its name in JavaScript, with the arguments it takes."""
    return {
        "gradientDescent": ([0.1], GradientDescent(0.1)),
        "momentum": ([0.1, 0.8], Momentum(0.1, 0.8)),
        "momentum of the default decay": ([0.1], Momentum(0.1)),
        "adagrad": ([0.3], Adagrad(0.3)),
        "adagrad from TensorFlow's start": ([0.3, 0.1, 0], Adagrad(0.3, 0.1, 0)),
        "adagrad with a large epsilon": ([0.3, 0.1, 2], Adagrad(0.3, 0.1, 2)),
        "adam": ([], Adam()),
        "adam of other settings": ([0.1, 0.7, 0.9, 0.5], Adam(0.1, 0.7, 0.9, 0.5)),
        "rprop": ([], Rprop()),
        "rprop of other settings": ([0.1, 1.5, 0.25], Rprop(0.1, 1.5, 0.25)),
        "clipped": ([2.5], Clipped(Momentum(0.1), 2.5)),
    }


def rule_cases() -> list[Case]:
    """Return twenty updates by each rule with the same gradients.

    Some of the gradients are 0, and some are above and some below the threshold of the
    clipped rule.
    """
    generator = Generator(11)
    start = {"W": generator.normals((2, 3)), "b": np.array(0.5)}
    slopes = [
        {"W": generator.normals((2, 3)), "b": np.array(generator.normal())}
        for _ in range(20)
    ]
    slopes[0]["W"][0, 0] = slopes[3]["W"][1, 1] = slopes[4]["W"][1, 1] = 0.0
    cases: list[Case] = [
        {
            "parameters": flat(start),
            "gradients": [flat(slope) for slope in slopes],
            "global_norms": [global_norm(slope) for slope in slopes],
            "clipped": [flat(clip_by_global_norm(slope, 2.5)) for slope in slopes],
        }
    ]
    for name, (arguments, rule) in rules().items():
        path, memory = updates(rule, start, slopes)
        cases.append(
            {"rule": name, "arguments": arguments, "path": path, "memory": memory}
        )
    return cases


def updates(
    rule: Rule, start: Parameters, slopes: list[Parameters]
) -> tuple[list[Case], Case]:
    """Return the parameters after every update, and the memory after the last."""
    parameters, memory, path = start, rule.start(start), []
    for slope in slopes:
        parameters, memory = rule.update(parameters, slope, memory)
        path.append(flat(parameters))
    return path, flat(memory)


def counting_cases() -> list[Case]:
    """Return the linear net on the published data: points, surfaces, the Rprop run."""
    task = counting.published()
    data = {"inputs": flat(task.inputs), "targets": flat(task.targets)}
    points = [counting_point(task, *point) for point in POINTS]
    near = 1 + np.linspace(-0.003, 0.004, 6)
    surfaces = [
        counting_surface(task, np.linspace(-2, 3, 9), np.linspace(-2.5, 2.5, 8)),
        counting_surface(task, near, near),
    ]
    model = ScalarModel(-1.5, 2.0)
    list(train(model, task, Rprop(), 500))
    run = {"start": {"w_x": -1.5, "w_rec": 2.0}, "updates": 500}
    return [
        data,
        {"points": points},
        {"surfaces": surfaces},
        {"rprop": {**run, "weights": flat(model.parameters)}},
    ]


def counting_point(task: counting.Counting, w_x: float, w_rec: float) -> Case:
    """Return outputs, loss and gradients at one pair of weights."""
    states = forward(task.inputs, w_x, w_rec)
    direct = 2 * (states[:, -1] - task.targets) / len(task.targets)
    _, _, grad_states = backward(task.inputs, states, direct, w_rec)
    loss, gradients = ScalarModel(w_x, w_rec).loss_and_gradients(
        task.inputs, task.targets
    )
    return {
        "w_x": w_x,
        "w_rec": w_rec,
        "outputs": flat(states[:, -1]),
        "loss": loss,
        "gradients": flat(gradients),
        "through_time": flat(grad_states.sum(axis=0)),
    }


def counting_surface(task: counting.Counting, w_x: Any, w_rec: Any) -> Case:
    """Return the loss over a grid of weights."""
    costs = cost_surface(task.inputs, task.targets, w_x, w_rec)
    return {"w_x": flat(w_x), "w_rec": flat(w_rec), "costs": flat(costs)}


RACES: dict[str, tuple[str, tuple[float, float], dict[str, float]]] = {
    "published": ("Rprop", (-1.5, 2.0), {"delta": 0.001}),
    "another first step": ("Rprop", (-1.5, 2.0), {"delta": 0.1}),
    "off the map": ("Rprop", (-0.5, -1.5), {"delta": 0.001}),
    "too slow": ("gradient descent", (-1.5, 2.0), {"rate": 1e-7}),
    "diverging": ("gradient descent", (-1.5, 2.0), {"rate": 1e-3}),
    "diverging later": ("gradient descent", (-1.5, 2.0), {"rate": 1e-6}),
    "the faster one": ("gradient descent", (0.7, 0.4), {"rate": 1e-3}),
    "rolling": ("momentum", (1.25, 0.945), {"rate": 1e-3, "decay": 0.9}),
    "clipped": (
        "clipped gradient descent",
        (-1.5, 2.0),
        {"rate": 1e-3, "threshold": 10.0},
    ),
    "both": (
        "clipped momentum",
        (-1.5, 2.0),
        {"rate": 1e-3, "decay": 0.9, "threshold": 10.0},
    ),
    "oscillating": (
        "clipped momentum",
        (-1.5, 2.0),
        {"rate": 1e-2, "decay": 0.9, "threshold": 10.0},
    ),
}
"""Races of the view of the cost surface: the racer's name there, start, settings."""


def surface_cases() -> list[Case]:
    """Return races on the published data: verdicts, and where each run passes by."""
    task = counting.published()
    data = {"inputs": flat(task.inputs), "targets": flat(task.targets)}
    racers = {name: list(settings) for name, settings in SETTINGS.items()}
    return [{**data, "racers": racers}, *(surface_race(task, name) for name in RACES)]


def surface_race(task: counting.Counting, case: str) -> Case:
    """Return one race, its verdict, and its losses and weights at some updates."""
    name, start, settings = RACES[case]
    limit = 2000
    outcome = race(surface_rule(name, settings), task, start, limit)
    last = len(outcome.losses) - 1
    passed = [0, 1, 2, 10, 40, 229, 500]
    if case == "oscillating":  # it magnifies rounding: the verdict has to do
        passed = []
    at = [update for update in passed if update <= last]
    return {
        "case": case,
        "racer": name,
        "start": flat(start),
        "settings": settings,
        "limit": limit,
        "verdict": outcome.verdict,
        "reached": -1 if outcome.steps is None else outcome.steps,
        "diverged": int(outcome.diverged),
        "updates": at,
        "losses": flat(outcome.losses[at]),
        "weights": [flat(outcome.path[update]) for update in at],
    }


def surface_rule(name: str, settings: dict[str, float]) -> Rule:
    """Return the rule of a racer."""
    if name == "Rprop":
        return Rprop(settings["delta"])
    rate, decay = settings["rate"], settings.get("decay")
    rule: Rule = GradientDescent(rate) if decay is None else Momentum(rate, decay)
    threshold = settings.get("threshold")
    return rule if threshold is None else Clipped(rule, threshold)


FILES: dict[str, Callable[[], list[Case]]] = {
    "random.json": random_cases,
    "cells.json": cell_cases,
    "models.json": model_cases,
    "losses.json": loss_cases,
    "rules.json": rule_cases,
    "counting.json": counting_cases,
    "digit.json": digit_cases,
    "echo.json": echo_cases,
    "gates.json": gates_cases,
    "sampler.json": sampler_cases,
    "surface.json": surface_cases,
    "unroll.json": unroll_cases,
    "watch.json": watch_cases,
}


def write(folder: Path = FOLDER) -> None:
    """Write every file, with one case on a line."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, cases in FILES.items():
        lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases())
        folder.joinpath(name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def difference(stored: Any, now: Any, place: str = "") -> str:
    """Say where two results differ by more than 1e-12 of their norm, or return ''.

    Whole numbers and texts must be equal. A list of numbers is measured as one vector.
    """
    if isinstance(now, dict) and isinstance(stored, dict) and list(now) == list(stored):
        pairs = [(name, stored[name], now[name]) for name in now]
    elif _is_list_of_parts(now) and _is_list_of_parts(stored):
        pairs = [(k, *pair) for k, pair in enumerate(zip(stored, now, strict=False))]
        if len(now) != len(stored):
            return f"{place} has another length"
    else:
        return "" if _same(stored, now) else f"{place} has changed"
    found = (difference(old, new, f"{place}/{name}") for name, old, new in pairs)
    return next(filter(None, found), "")


def _is_list_of_parts(value: Any) -> bool:
    """Tell a list of lists or dictionaries from a list of numbers."""
    return isinstance(value, list) and any(isinstance(v, (list, dict)) for v in value)


def _same(stored: Any, now: Any) -> bool:
    """Compare numbers and flat lists of them by the norm, all else exactly."""
    old, new = _numbers(stored), _numbers(now)
    if old is None or new is None or old.shape != new.shape:
        return bool(stored == now)
    if old.dtype.kind == new.dtype.kind == "i":
        return bool((old == new).all())
    return bool(np.linalg.norm(old - new) <= 1e-12 * np.linalg.norm(new))


def _numbers(value: Any) -> np.ndarray | None:
    """Return a number or a flat list of numbers as an array, and None for all else."""
    items = value if isinstance(value, list) else [value]
    plain = all(type(item) in (int, float) for item in items)
    return np.array(value) if plain else None


def main() -> int:
    """Write the files and say what was written."""
    write()
    size = sum(FOLDER.joinpath(name).stat().st_size for name in FILES)
    print(f"{len(FILES)} files in {FOLDER.relative_to(ROOT)}, {size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
