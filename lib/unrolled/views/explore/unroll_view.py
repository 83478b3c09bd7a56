"""Unroll: a recurrent net as a chain of copies of one cell, forward and backward.

What it is to make plain to a beginner: an unrolled net is the same cell, copied along
time, and the copies share their weights. The forward pass runs along time, the backward
pass against it. The gradient of a weight is therefore a sum, with one term for each
step at which the weight was at work. And far back the gradient at a state is a product,
with one factor for each step in between; so it dies or explodes unless the factors are
close to 1 in size.

The short mode is the net of the theory chapter that is computed by hand, two units over
two steps, with every number on every edge. The long mode is one unit over up to fifty
steps. The numbers are those of :class:`unrolled.cells.tanh.TanhCell`,
:class:`unrolled.cells.linear.LinearCell` and
:class:`unrolled.training.models.RecurrentModel`, computed in the browser.
"""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets

from unrolled.validation import count, finite_array, number
from unrolled.views.widget import View

STAGES = 15
"""Stages of the walk through the short net; at the last one everything is computed."""

LONGEST = 50
"""The most steps of the long net."""

LARGEST = 10.0
"""The most that a number of a net may be in size: what can be drawn on an edge."""

_SHAPES: dict[str, str] = {
    "x": "2",
    "h_0": "2",
    "y": "2",
    "W_xh": "1, 2",
    "W_hh": "2, 2",
    "b_h": "2",
    "W_hq": "2, 1",
    "b_q": "1",
}


class Unroll(View):
    """A net unrolled over time; see the module.

    All attributes are shared with the script: what the reader changes can be read here,
    and what is set here is shown. Arrays are lists, or lists of rows.

    Attributes:
        mode: ``"short"`` or ``"long"``: which of the two nets is shown.
        activation: ``"tanh"`` or ``"linear"``, of both nets.
        stage: How far the walk through the short net has gone, 0 to 15.
        x: Inputs of the short net, shape ``(2,)``.
        h_0: Its first state, ``(2,)``.
        y: Its targets, ``(2,)``; the loss is half the sum of the squared errors.
        W_xh: Its input weights, ``(1, 2)``.
        W_hh: Its recurrent weights, ``(2, 2)``.
        b_h: The bias of its state, ``(2,)``.
        W_hq: Its readout weights, ``(2, 1)``.
        b_q: The bias of its readout, ``(1,)``.
        w_x: Input weight of the long net, from 0 on.
        w_rec: Its recurrent weight.
        steps: How many steps it makes, 2 to 50.
        drive: ``"constant"`` (every input is 1) or ``"noise"`` (normal numbers).
        seed: Of the noise, ``unrolled.random.Generator(seed).normals(steps)``.
        reached: The step to which the gradient has come, ``steps`` to 0.
    """

    module: ClassVar[str] = "unroll"

    mode = traitlets.Any("short").tag(sync=True)
    activation = traitlets.Any("tanh").tag(sync=True)
    stage = traitlets.Any(0).tag(sync=True)
    x = traitlets.Any([1.0, 2.0]).tag(sync=True)
    h_0 = traitlets.Any([0.0, 0.0]).tag(sync=True)
    y = traitlets.Any([0.0, 1.0]).tag(sync=True)
    W_xh = traitlets.Any([[0.5, 0.6]]).tag(sync=True)
    W_hh = traitlets.Any([[0.1, 0.2], [0.3, 0.4]]).tag(sync=True)
    b_h = traitlets.Any([0.1, -0.1]).tag(sync=True)
    W_hq = traitlets.Any([[0.1], [0.2]]).tag(sync=True)
    b_q = traitlets.Any([0.1]).tag(sync=True)
    w_x = traitlets.Any(0.5).tag(sync=True)
    w_rec = traitlets.Any(0.9).tag(sync=True)
    steps = traitlets.Any(30).tag(sync=True)
    drive = traitlets.Any("constant").tag(sync=True)
    seed = traitlets.Any(1).tag(sync=True)
    reached = traitlets.Any(0).tag(sync=True)

    @traitlets.validate("mode")
    def _check_mode(self, proposal: dict[str, Any]) -> str:
        return _one_of("mode", proposal["value"], ("short", "long"))

    @traitlets.validate("activation")
    def _check_activation(self, proposal: dict[str, Any]) -> str:
        return _one_of("activation", proposal["value"], ("tanh", "linear"))

    @traitlets.validate("drive")
    def _check_drive(self, proposal: dict[str, Any]) -> str:
        return _one_of("drive", proposal["value"], ("constant", "noise"))

    @traitlets.validate("stage")
    def _check_stage(self, proposal: dict[str, Any]) -> int:
        return count("stage", proposal["value"], at_least=0, at_most=STAGES)

    @traitlets.validate(*_SHAPES)
    def _check_array(self, proposal: dict[str, Any]) -> list[Any]:
        name = proposal["trait"].name
        array = finite_array(name, proposal["value"], _SHAPES[name])
        for value in array.ravel().tolist():
            number(f"every number of {name}", value, at_least=-LARGEST, at_most=LARGEST)
        listed: list[Any] = array.tolist()
        return listed

    @traitlets.validate("w_x")
    def _check_w_x(self, proposal: dict[str, Any]) -> float:
        return number("w_x", proposal["value"], at_least=0.0, at_most=LARGEST)

    @traitlets.validate("w_rec")
    def _check_w_rec(self, proposal: dict[str, Any]) -> float:
        return number("w_rec", proposal["value"], at_least=-LARGEST, at_most=LARGEST)

    @traitlets.validate("steps")
    def _check_steps(self, proposal: dict[str, Any]) -> int:
        return count("steps", proposal["value"], at_least=2, at_most=LONGEST)

    @traitlets.validate("seed")
    def _check_seed(self, proposal: dict[str, Any]) -> int:
        return count("seed", proposal["value"], at_least=0, at_most=2**32 - 1)

    @traitlets.validate("reached")
    def _check_reached(self, proposal: dict[str, Any]) -> int:
        return count("reached", proposal["value"], at_least=0, at_most=LONGEST)


def _one_of(name: str, value: Any, known: tuple[str, ...]) -> str:
    """Return a word that is one of those known, or say which are."""
    if value not in known:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, known))}, but {value!r} was "
            f"given."
        )
    return str(value)
