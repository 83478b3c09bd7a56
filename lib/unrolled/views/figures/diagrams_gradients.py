"""Diagrams of the backward pass: where gradients go, and where they are cut."""

from __future__ import annotations

from itertools import pairwise

from unrolled.validation import count
from unrolled.views.figures.diagrams_parts import Node, Sheet, at_most
from unrolled.views.figures.style import INK, TARGET, Drawing, course_look


@course_look
def bptt_paths(steps: int = 4) -> Drawing:
    """Draw backpropagation through time: what every loss sends back to the first state.

    Args:
        steps: Time steps, 2 to 4 (more would not be legible).

    Returns:
        The unrolled graph with thin forward arrows and dashed gradients, each crossing
        with its factor.

    Raises:
        ValueError: If ``steps`` is not a whole number from 2 to 4.
    """
    steps = at_most("steps", count("steps", steps, at_least=2), 4)
    sheet = Sheet(3.85, f"backpropagation through time over {steps} steps")
    states = [_step_with_loss(sheet, t, 4.2 / (steps - 1)) for t in range(1, steps + 1)]
    for t, (before, after) in enumerate(pairwise(states), 2):
        sheet.arrow(before.right(0.1), after.left(0.1))
        sheet.gradient(after.left(-0.1), before.right(-0.1))
        factor = f"$\\mathrm{{diag}}(1-h_{t}^2)$\n$W_{{hh}}^\\top$"
        middle = (before.x + after.x) / 2
        sheet.write(middle, before.y - 0.52, factor, TARGET, fontsize=10)
    sheet.remark(0.1, 3.65, "Factors on the way from each loss back to $h_1$:")
    sheet.remark(0.1, 0.45, "Solid: forward.  Dashed: the gradient, backward.")
    every = rf"$\partial L/\partial h_1$ collects what the {steps} losses send back."
    sheet.remark(0.1, 0.18, every, TARGET)
    return sheet.drawing()


@course_look
def truncation_window(steps: int = 8, window: int = 3) -> Drawing:
    """Draw truncated backpropagation: the state goes on, the gradient stops.

    Args:
        steps: Time steps, 3 to 8.
        window: Steps whose use of the weights the last loss can see, 1 to
            ``steps - 1``.

    Returns:
        The unrolled graph with the window behind the last loss.

    Raises:
        ValueError: If one of the two is not a whole number in its range.
    """
    steps = at_most("steps", count("steps", steps, at_least=3), 8)
    window = count("window", window)
    if window >= steps:
        raise ValueError(
            f"window must be smaller than steps = {steps}, or nothing is cut off, but "
            f"{window} was given."
        )
    sheet = Sheet(3.1, f"a gradient cut off after {window} of {steps} steps")
    apart, y = 4.9 / (steps - 1), 1.6
    first = steps - window
    states = []
    for t in range(1, steps + 1):
        states.append(sheet.box(0.35 + apart * (t - 1), y, f"$h_{t}$", size=(0.4, 0.4)))
        node = sheet.input(states[-1].x, y - 0.75, f"$x_{t}$", 0.4)
        sheet.arrow(node.top(), states[-1].bottom())
    for before, after in pairwise(states):
        sheet.arrow(before.right(), after.left())
    _window_gradients(sheet, states, first)
    _cut(sheet, states, first)
    return sheet.drawing()


def _step_with_loss(sheet: Sheet, t: int, apart: float) -> Node:
    """Draw input, state and loss of step ``t`` and return the state."""
    x, y = 0.4 + apart * (t - 1), 2.0
    color = TARGET if t == 1 else INK
    state = sheet.box(x, y, f"$h_{t}$", color)
    loss = sheet.circle(x, y + 1.25, f"$L_{t}$", TARGET)
    enter = sheet.input(x, y - 1.05, f"$x_{t}$")
    sheet.arrow(enter.top(), state.bottom())
    sheet.arrow(state.top(-0.09), loss.bottom(-0.09))
    sheet.gradient(loss.bottom(0.09), state.top(0.09))
    sheet.write(
        x + 0.17, y + 0.62, rf"$\partial L_{t}/\partial h_{t}$", TARGET, ha="left"
    )
    factors = str(t - 1) if t > 1 else "none"
    sheet.write(x + 0.3, loss.y, factors, INK, ha="left")
    return state


def _window_gradients(sheet: Sheet, states: list[Node], first: int) -> None:
    """Draw the loss, its gradients inside the window, and the cut at its edge."""
    last, inside = states[-1], states[first:]
    loss = sheet.circle(last.x, last.y + 0.95, f"$L_{len(states)}$", TARGET, 0.4)
    sheet.arrow(last.top(0.09), loss.bottom(0.09))
    sheet.gradient(loss.bottom(-0.02), last.top(-0.02))
    for before, after in pairwise(inside):
        start, end = after.top(-0.1), before.top(0.06)
        sheet.arc(start, end, 0.3, TARGET, dashed=True)


def _cut(sheet: Sheet, states: list[Node], first: int) -> None:
    """Mark the edge of the window and what crosses it."""
    y, edge = states[0].y, (states[first].x + states[first - 1].x) / 2
    for x in (edge - 0.035, edge + 0.035):
        ends = (x - 0.05, y + 0.2), (x + 0.05, y + 0.5)
        sheet.line(*ends, color=TARGET, width=2.0)
    right = max(edge + 0.05, 1.75)
    sheet.remark(right, y + 1.05, "the state goes on,", ha="right")
    sheet.remark(right, y + 0.78, "the gradient stops", TARGET, ha="right")
    low, start, end = 0.5, edge + 0.05, states[-1].x + 0.25
    sheet.line((start, low + 0.08), (start, low), (end, low), (end, low + 0.08))
    steps = len(states) - first
    word = f"window: {steps} step{'s' * (steps > 1)}"
    sheet.remark(end, low - 0.2, word, ha="right")
