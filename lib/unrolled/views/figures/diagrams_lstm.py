"""The diagram of the LSTM cell."""

from __future__ import annotations

from unrolled.views.figures.diagrams_parts import SMALL, THICK, Node, Sheet
from unrolled.views.figures.style import (
    INK,
    INPUT,
    ORANGE,
    PREDICTION,
    Drawing,
    course_look,
)

_LINE = 3.55  # height of the cell-state line
_BUS = 0.72  # height at which input and old state meet
_GATES = (
    ("f", "forget gate", r"\sigma", 1.22, "keep"),
    ("i", "input gate", r"\sigma", 2.3, "write"),
    ("g", "candidate", r"\tanh", 3.38, "content"),
    ("o", "output gate", r"\sigma", 4.46, "show"),
)


@course_look
def lstm_cell() -> Drawing:
    """Draw the LSTM cell: the cell-state line, the candidate and the three gates.

    Returns:
        The cell with ``c_t = f_t c_{t-1} + i_t g_t`` along its top and
        ``h_t = o_t tanh(c_t)`` leaving at its right.
    """
    sheet = Sheet(4.25, "the LSTM cell and its gates")
    f, i, g, o = (_gate(sheet, *gate) for gate in _GATES)
    _cell_line(sheet, f, i, g)
    _read_out(sheet, o)
    _enter(sheet, (f, i, g, o))
    return sheet.drawing()


def _gate(
    sheet: Sheet, symbol: str, name: str, squash: str, x: float, role: str
) -> Node:
    """Draw a gate with its activation, and beside its exit what the gate decides."""
    box = sheet.box(x, 1.6, f"{name}\n${squash}$", size=(0.98, 0.56), fontsize=SMALL)
    sheet.write(x + 0.09, 2.06, f"${symbol}_t$: {role}", ha="left", fontsize=SMALL)
    return box


def _cell_line(sheet: Sheet, forget: Node, write: Node, candidate: Node) -> None:
    """Draw the line on which the cell state travels and what changes it."""
    old = sheet.box(0.38, _LINE, "$c_{t-1}$", ORANGE, size=(0.56, 0.44))
    kept = sheet.circle(forget.x, _LINE, "×", INK, 0.3)
    added = sheet.circle(candidate.x, _LINE, "+", INK, 0.3)
    new = sheet.box(5.24, _LINE, "$c_t$", ORANGE, size=(0.5, 0.44))
    for start, end in ((old, kept), (kept, added), (added, new)):
        sheet.arrow(start.right(), end.left(), color=ORANGE, width=2.4)
    written = sheet.circle(candidate.x, 2.7, "×", INK, 0.3)
    sheet.arrow(forget.top(), kept.bottom())
    sheet.arrow(write.top(), (write.x, written.y), written.left())
    sheet.arrow(candidate.top(), written.bottom())
    sheet.arrow(written.top(), added.bottom())
    law = r"$c_t = f_t \odot c_{t-1} + i_t \odot g_t$"
    sheet.write(2.3, _LINE + 0.42, law)


def _read_out(sheet: Sheet, show: Node) -> None:
    """Draw how the output gate shows a part of the cell state."""
    squash = sheet.box(show.x, 3.0, "tanh", size=(0.56, 0.3), fontsize=SMALL)
    shown = sheet.circle(show.x, 2.45, "×", INK, 0.3)
    out = sheet.box(5.24, 2.45, "$h_t$", PREDICTION, size=(0.5, 0.44))
    sheet.arrow((show.x, _LINE), squash.top(), color=ORANGE, width=THICK)
    sheet.arrow(squash.bottom(), shown.top())
    sheet.arrow(show.top(), shown.bottom())
    sheet.arrow(shown.right(), out.left(), color=PREDICTION)
    law = r"$h_t = o_t \odot \tanh(c_t)$"
    sheet.write(5.5, _LINE + 0.42, law, ha="right")


def _enter(sheet: Sheet, gates: tuple[Node, ...]) -> None:
    """Draw the input and the old state, which go to every gate and the candidate."""
    old = sheet.box(0.38, _BUS, "$h_{t-1}$", size=(0.56, 0.44))
    new = sheet.input(0.85, 0.23, "$x_t$", 0.4)
    sheet.line(new.top(), (new.x, _BUS), color=INPUT)
    *others, last = gates
    sheet.arrow(old.right(), (last.x, _BUS), last.bottom())
    for gate in others:
        sheet.arrow((gate.x, _BUS), gate.bottom())
    remark = "each box has its own columns of the weights in"
    sheet.remark(1.2, 0.48, remark)
    sheet.remark(1.2, 0.22, r"$x_t\,W_{xh} + h_{t-1}\,W_{hh} + b_h$")
