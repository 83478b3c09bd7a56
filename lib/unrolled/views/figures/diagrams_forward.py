"""Diagrams of the forward pass: the loop, the chain, and the numbers in it."""

from __future__ import annotations

from numpy.typing import ArrayLike

from unrolled.validation import Array, count, finite_array
from unrolled.views.figures.diagrams_parts import Node, Sheet, at_most
from unrolled.views.figures.style import INK, INPUT, PREDICTION, Drawing, course_look

_X_TO_H, _H_TO_H, _H_TO_O = "$W_{xh}$", "$W_{hh}$", "$W_{hq}$"


@course_look
def folded_and_unrolled(steps: int = 4) -> Drawing:
    """Draw a recurrent net as a loop and, below it, as the chain that it stands for.

    Args:
        steps: Time steps of the chain, 2 to 4 (more would not be legible).

    Returns:
        The two graphs, every arrow named with the weights that it applies.

    Raises:
        ValueError: If ``steps`` is not a whole number from 2 to 4.
    """
    steps = at_most("steps", count("steps", steps, at_least=2), 4)
    sheet = Sheet(5.3, f"a recurrent net, folded and unrolled over {steps} steps")
    _folded(sheet, 0.75, 4.0)
    _unrolled(sheet, steps, 1.25)
    return sheet.drawing()


@course_look
def toy_pass(
    inputs: ArrayLike, pre_activations: ArrayLike, states: ArrayLike, outputs: ArrayLike
) -> Drawing:
    """Draw two steps of a net with two units, with every number at its place.

    Args:
        inputs: ``x_1`` and ``x_2``, shape ``(2,)``.
        pre_activations: ``z_1`` and ``z_2``, shape ``(2, 2)``.
        states: ``h_0``, ``h_1`` and ``h_2``, shape ``(3, 2)``.
        outputs: ``o_1`` and ``o_2``, shape ``(2,)``.

    Returns:
        The unrolled graph with the numbers rounded to four places.

    Raises:
        ValueError: If an array has another shape or is not finite.
    """
    x = finite_array("inputs", inputs, "2")
    z = finite_array("pre_activations", pre_activations, "2, 2")
    h = finite_array("states", states, "3, 2")
    o = finite_array("outputs", outputs, "2")
    sheet = Sheet(4.5, "the toy net's forward pass, step by step, with its numbers")
    state = _numbers(sheet, 0.55, 2.75, "h_0", h[0])
    for t in (1, 2):
        state = _toy_step(sheet, t, state, x[t - 1], z[t - 1], h[t], o[t - 1])
    return sheet.drawing()


def _folded(sheet: Sheet, x: float, y: float) -> None:
    """Draw the graph with the loop and say what its three weights do."""
    sheet.remark(0.15, 5.1, "Folded: one cell, fed with its own last state")
    state = sheet.box(x, y, "$h_t$", size=(0.5, 0.5))
    enter = sheet.input(x, y - 0.8, "$x_t$")
    leave = sheet.output(x, y + 0.75, "$o_t$")
    _feed(sheet, enter, state, leave)
    far = x + 0.95
    delay = sheet.box(far, y, "1 step\nlater", size=(0.6, 0.44), fontsize=9.5)
    near, high, low = x + 0.46, y + 0.45, y - 0.45
    leaving, back = state.right(0.15), state.right(-0.15)
    sheet.arrow(leaving, (near, leaving[1]), (near, high), (far, high), delay.top())
    sheet.arrow(delay.bottom(), (far, low), (near, low), (near, back[1]), back)
    sheet.write((near + far) / 2, low - 0.17, _H_TO_H)
    uses = [
        ("The same three matrices at every step", INK),
        (f"{_X_TO_H}  from the input to the state", INPUT),
        (f"{_H_TO_H}  from the old state to the new", INK),
        (f"{_H_TO_O}  from the state to the output", PREDICTION),
    ]
    for row, (text, color) in enumerate(uses):
        sheet.remark(2.5, y + 0.5 - 0.33 * row, text, color=color)


def _unrolled(sheet: Sheet, steps: int, y: float) -> None:
    """Draw the chain of ``steps`` cells."""
    word = f"Unrolled: the same cell, drawn once for each of {steps} steps"
    sheet.remark(0.15, 2.66, word)
    apart = 4.65 / steps
    state = sheet.box(0.45, y, "$h_0$")
    for t in range(1, steps + 1):
        x = 0.45 + t * apart
        new = sheet.box(x, y, f"$h_{t}$")
        enter = sheet.input(x, y - 0.9, f"$x_{t}$")
        leave = sheet.output(x, y + 0.9, f"$o_{t}$")
        _feed(sheet, enter, new, leave)
        sheet.arrow(state.right(), new.left())
        sheet.write((state.x + x) / 2, y + 0.17, _H_TO_H)
        state = new


def _feed(sheet: Sheet, enter: Node, state: Node, leave: Node) -> None:
    """Draw the way from the input through the state to the output."""
    sheet.arrow(enter.top(), state.bottom(), color=INPUT)
    sheet.arrow(state.top(), leave.bottom(), color=PREDICTION)
    below, above = (enter.y + state.y) / 2, (leave.y + state.y) / 2
    sheet.write(state.x - 0.08, below, _X_TO_H, INPUT, ha="right")
    sheet.write(state.x - 0.08, above, _H_TO_O, PREDICTION, ha="right")


def _toy_step(
    sheet: Sheet,
    t: int,
    before: Node,
    x: float,
    z: Array,
    h: Array,
    o: float,
) -> Node:
    """Draw one step of the toy net and return its state."""
    column = 0.55 + 2.13 * t
    enter = sheet.box(column, 0.3, f"$x_{t}$ = {x:g}", INPUT, (1.0, 0.4))
    sums = _numbers(sheet, column, 1.5, f"z_{t}", z)
    state = _numbers(sheet, column, 2.75, f"h_{t}", h)
    leave = sheet.box(column, 4.0, f"$o_{t}$ = {o:.4f}", PREDICTION, (1.25, 0.4))
    sheet.arrow(enter.top(), sums.bottom(), color=INPUT)
    sheet.arrow(sums.top(), state.bottom())
    sheet.arrow(state.top(), leave.bottom(), color=PREDICTION)
    turn = column - 0.85
    sheet.arrow(before.right(), (turn, before.y), (turn, sums.y), sums.left())
    beside = column - 0.08
    work = [
        (beside, 0.79, f"$x_{t}W_{{xh}}+b_h$", INPUT),
        (turn - 0.07, 2.12, f"$h_{t - 1}W_{{hh}}$", INK),
        (beside, 2.12, "tanh", INK),
        (beside, 3.5, f"$h_{t}W_{{hq}}+b_q$", PREDICTION),
    ]
    for x_text, y_text, text, color in work:
        sheet.write(x_text, y_text, text, color, ha="right")
    return state


def _numbers(sheet: Sheet, x: float, y: float, name: str, values: Array) -> Node:
    """Draw a vector of two numbers under its name."""
    text = "\n".join([f"${name}$", *(f"{value:.4f}" for value in values)])
    return sheet.box(x, y, text, size=(0.86, 0.8))
