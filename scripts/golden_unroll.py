"""What the library computes of the two nets in the view "Unroll".

A part of :mod:`scripts.golden`, which writes it to tests/js/golden/unroll.json.
"""

from typing import Any

import numpy as np

from unrolled.cells.cell import Cell
from unrolled.cells.linear import LinearCell
from unrolled.cells.tanh import TanhCell
from unrolled.random import Generator
from unrolled.training.models import RecurrentModel

# The net of the theory chapter; the others move every number of it.
TOY: dict[str, Any] = {
    "x": [1.0, 2.0],
    "h_0": [0.0, 0.0],
    "y": [0.0, 1.0],
    "W_xh": [[0.5, 0.6]],
    "W_hh": [[0.1, 0.2], [0.3, 0.4]],
    "b_h": [0.1, -0.1],
    "W_hq": [[0.1], [0.2]],
    "b_q": [0.1],
}
MOVED: dict[str, Any] = {
    "x": [-0.7, 1.3],
    "h_0": [0.4, -0.9],
    "y": [0.6, -1.1],
    "W_xh": [[-1.2, 0.8]],
    "W_hh": [[1.5, -0.6], [0.7, -1.4]],
    "b_h": [-0.3, 0.5],
    "W_hq": [[-1.7], [0.9]],
    "b_q": [-0.2],
}
CHAINS: tuple[tuple[str, float, float, int, str, int], ...] = (
    ("tanh", 0.5, 0.9, 30, "constant", 1),
    ("tanh", 0.0, 1.1, 50, "constant", 1),
    ("tanh", 0.5, -1.06, 50, "constant", 1),
    ("tanh", 0.8, 1.4, 50, "noise", 7),
    ("linear", 1.0, 1.0, 50, "noise", 2026),
    ("linear", 0.3, -1.2, 50, "constant", 1),
    ("linear", 1.0, 0.0, 2, "constant", 1),
)


def unroll_cases() -> list[dict[str, Any]]:
    """Return the short net with both activations, then chains of one unit."""
    short = [toy_case(net, kind) for net in (TOY, MOVED) for kind in ("tanh", "linear")]
    return short + [chain_case(*chain) for chain in CHAINS]


def toy_case(net: dict[str, Any], activation: str) -> dict[str, Any]:
    """Return the forward and the backward pass of a net of two units over two steps.

    ``LinearCell`` has no bias: it becomes the weight of a second input that is 1.
    """
    inputs = np.array(net["x"])[None, :, None]
    if activation == "tanh":
        cell: Cell = TanhCell(W_xh=net["W_xh"], W_hh=net["W_hh"], b_h=net["b_h"])
    else:
        cell = LinearCell(W_xh=[*net["W_xh"], net["b_h"]], W_hh=net["W_hh"])
        inputs = np.concatenate([inputs, np.ones_like(inputs)], axis=2)
    model = RecurrentModel(cell, net["W_hq"], net["b_q"], loss_at="every")
    trace = cell.forward(inputs, (np.array([net["h_0"]]),))
    targets = np.array(net["y"])[None, :, None]
    loss, direct, readout = model.readout_gradients(trace, targets)
    through_time = cell.backward(trace, direct)
    weights = through_time.parameters
    if activation == "linear":
        rows = weights.pop("W_xh")
        weights = {"W_xh": rows[:1], **weights, "b_h": rows[1]}
    states, deltas = trace.states[0][0], through_time.states[0][0]
    return {
        "case": f"two steps, {activation}",
        "net": {"activation": activation, **net},
        "states": states.tolist(),
        "outputs": (trace.outputs[0] @ net["W_hq"] + net["b_q"]).ravel().tolist(),
        "loss": loss,
        "deltas": deltas[1:].tolist(),
        "gradients": {n: g.tolist() for n, g in {**weights, **readout}.items()},
    }


def chain_case(
    activation: str, w_x: float, w_rec: float, steps: int, drive: str, seed: int
) -> dict[str, Any]:
    """Return the states of a net of one unit, and dh_T/dh_t at every step."""
    noise = Generator(seed).normals(steps)
    inputs = noise if drive == "noise" else np.ones(steps)
    cell: Cell = LinearCell(W_xh=[[w_x]], W_hh=[[w_rec]])
    if activation == "tanh":
        cell = TanhCell(W_xh=[[w_x]], W_hh=[[w_rec]], b_h=[0.0])
    trace = cell.forward(inputs[None, :, None])
    judged = np.zeros((1, steps, 1))
    judged[0, -1] = 1.0
    gradients = cell.backward(trace, judged).states[0]
    return {
        "case": f"{activation}, w_rec {w_rec}, {drive} {w_x}, {steps} steps",
        "settings": {
            "activation": activation,
            "w_x": w_x,
            "w_rec": w_rec,
            "steps": steps,
            "drive": drive,
            "seed": seed,
        },
        "inputs": inputs.tolist(),
        "states": trace.states[0].ravel().tolist(),
        "gradients": gradients.ravel().tolist(),
    }
