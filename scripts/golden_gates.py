"""What the library computes of the cells in the view "Gates".

A part of :mod:`scripts.golden`, which writes it to tests/js/golden/gates.json.
"""

from typing import Any

import numpy as np

from unrolled.cells.lstm import LSTMCell
from unrolled.cells.tanh import TanhCell
from unrolled.validation import Array

STEPS = 50
OPEN = {"i": 1.0, "f": 1.0, "g": 1.0, "o": 1.0}
PULSES: dict[str, list[int]] = {
    "i": [5],
    "f": list(range(6, STEPS + 1)),
    "o": [STEPS],
}
KEEP: dict[str, Any] = {
    "drive": "pulses",
    "levels": OPEN,
    "pulses": PULSES,
    "c_0": 0.0,
    "w_rec": 1.0,
}
SETTINGS: tuple[dict[str, Any], ...] = (
    KEEP,
    {**KEEP, "drive": "held"},
    {**KEEP, "drive": "held", "levels": {**OPEN, "i": 0.0, "f": 0.9}, "c_0": 1.0},
    {**KEEP, "drive": "held", "levels": {**OPEN, "i": 0.0, "f": 0.99}, "c_0": 1.0},
    {
        "drive": "pulses",
        "levels": {"i": 0.8, "f": 0.95, "g": -0.6, "o": 0.37},
        "pulses": {**PULSES, "i": [3, 4, 20], "f": [*range(2, 30), *range(31, 51)]},
        "c_0": 0.0,
        "w_rec": 1.1,
    },
    {
        "drive": "held",
        "levels": {"i": 0.25, "f": 0.5, "g": 0.35, "o": 0.9},
        "pulses": {"i": [], "f": [], "o": []},
        "c_0": -0.7,
        "w_rec": 1.85,
    },
    {**KEEP, "pulses": {"i": [], "f": [], "o": []}, "w_rec": 0.0},
)


def gates_cases() -> list[dict[str, Any]]:
    """Return what the LSTM cell and the tanh unit do under several settings."""
    return [gates_case(settings) for settings in SETTINGS]


def gates_case(settings: dict[str, Any]) -> dict[str, Any]:
    """Return gates and states at steps 1 .. T, and those that a tanh unit has.

    The inputs of the cell are its pre-activations: ``W_xh`` is the unit matrix, and
    nothing else moves the gates.
    """
    cell = LSTMCell(W_xh=np.eye(4), W_hh=np.zeros((1, 4)), b_h=np.zeros(4))
    start = np.array([[settings["c_0"]]])
    trace = cell.forward(pre_activations(settings)[None], (np.zeros((1, 1)), start))
    i, f, g, o = np.array([cache[4:] for cache in trace.caches])[..., 0, 0].T
    unit = TanhCell(W_xh=[[1.0]], W_hh=[[settings["w_rec"]]], b_h=[0.0])
    tanh = unit.forward((i * g)[None, :, None], (start,))
    return {
        "settings": settings,
        **{
            name: gate.tolist() for name, gate in zip("ifgo", (i, f, g, o), strict=True)
        },
        "c": trace.states[1].ravel()[1:].tolist(),
        "h": trace.states[0].ravel()[1:].tolist(),
        "tanh": tanh.outputs.ravel().tolist(),
    }


def pre_activations(settings: dict[str, Any]) -> Array:
    """Return what is put into the cell, shape ``(T, 4)``, in the order i, f, g, o."""
    levels, pulses = settings["levels"], settings["pulses"]
    held = settings["drive"] == "held"
    steps = np.arange(1, STEPS + 1)
    z = np.empty((STEPS, 4))
    for column, name in enumerate("ifgo"):
        level = levels[name]
        if name == "g":
            z[:, column] = squashed_by(np.arctanh, level)
        else:
            opened = held | np.isin(steps, pulses[name])
            z[:, column] = squashed_by(logit, np.where(opened, level, 0.0))
    return z


def logit(p: Array) -> Array:
    """Return the pre-activation at which a gate has the value ``p``."""
    return np.asarray(np.log(p) - np.log1p(-p))


def squashed_by(inverse: Any, value: Any) -> Array:
    """Return the pre-activation of a value; at infinity, one that rounds to its end."""
    with np.errstate(divide="ignore"):
        return np.clip(inverse(np.asarray(value)), -40.0, 40.0)
