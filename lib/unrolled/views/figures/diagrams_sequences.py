"""Diagrams of what can go in and come out: sequence shapes, encoder and decoder."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from unrolled.views.figures.diagrams_parts import Node, Sheet
from unrolled.views.figures.style import MUTED, PURPLE, Drawing, course_look

_SIZE = 0.4
_UP = 0.62


@dataclass(frozen=True)
class _Shape:
    """One shape of a sequence problem.

    Attributes:
        name: Its name.
        task: A task of that shape.
        steps: Time steps of the net.
        reads: The steps that take an input.
        writes: The steps that give an output.
        feeds_back: Whether an output is the next step's input.
    """

    name: str
    task: str
    steps: int
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    feeds_back: bool = False


_SHAPES = (
    _Shape(
        "one to one", "a whole image in, its\ndigit out: no recurrence", 1, (1,), (1,)
    ),
    _Shape(
        "one to many",
        "a first character in, a text\nout, each fed back (dashed)",
        4,
        (1,),
        (1, 2, 3, 4),
        feeds_back=True,
    ),
    _Shape(
        "many to one",
        "count the ones; read a\ndigit row by row",
        4,
        (1, 2, 3, 4),
        (4,),
    ),
    _Shape(
        "many to many, in step",
        "echo: repeat each bit\nthree steps later",
        4,
        (1, 2, 3, 4),
        (1, 2, 3, 4),
    ),
    _Shape(
        "N to M",
        "translate: five Chinese characters in, then four English words out",
        9,
        (1, 2, 3, 4, 5),
        (6, 7, 8, 9),
        feeds_back=True,
    ),
)


@course_look
def sequence_shapes() -> Drawing:
    """Draw the five shapes of sequence problems, each with a task that has it.

    Returns:
        Two rows of two small graphs and one wide graph below them.
    """
    sheet = Sheet(7.8, "five shapes of sequence problems")
    corners = [(0.1, 5.2), (2.9, 5.2), (0.1, 2.6), (2.9, 2.6), (0.1, 0.0)]
    for shape, corner in zip(_SHAPES, corners, strict=True):
        _small_graph(sheet, shape, *corner)
    return sheet.drawing()


@course_look
def encoder_decoder() -> Drawing:
    """Draw both ways in which a decoder can use the encoder's context vector.

    Returns:
        Two panels: the context only starts the decoder; it is also fed at every step.
    """
    sheet = Sheet(6.0, "an encoder and a decoder, joined by a context vector")
    sheet.remark(0.1, 5.8, "(a) The context only starts the decoder")
    _panel(sheet, 4.45)
    sheet.remark(0.1, 2.75, "(b) The context is also fed at every step")
    context, decoder = _panel(sheet, 1.4)
    bus = 0.75
    *others, last = decoder
    corners = (context.x, bus), (last.x, bus)
    sheet.arrow(context.bottom(), *corners, last.bottom())
    for state in others:
        sheet.arrow((state.x, bus), state.bottom())
    return sheet.drawing()


def _small_graph(sheet: Sheet, shape: _Shape, x: float, y: float) -> None:
    """Draw one shape with its lower left corner at a point."""
    sheet.remark(x, y + 2.4, shape.name, weight="bold")
    lines = shape.task.count("\n") + 1
    sheet.remark(x, y + 0.36 - 0.08 * lines, shape.task)
    middle = y + 1.36
    states = []
    for t in range(1, shape.steps + 1):
        here = x + 0.28 + 0.6 * (t - 1)
        states.append(
            sheet.box(here, middle, _name("h", t, shape), size=(_SIZE, _SIZE))
        )
    _chain(sheet, states)
    for place, t in enumerate(shape.reads, 1):
        name = _name("x", place, shape)
        node = sheet.input(states[t - 1].x, middle - _UP, name, _SIZE)
        sheet.arrow(node.top(), states[t - 1].bottom())
    written = []
    for place, t in enumerate(shape.writes, 1):
        name = _name("o", place, shape)
        written.append(sheet.output(states[t - 1].x, middle + _UP, name, _SIZE))
        sheet.arrow(states[t - 1].top(), written[-1].bottom())
    if shape.feeds_back:
        _feed_back(sheet, written, states[shape.writes[0] - 1 :])


def _name(letter: str, t: int, shape: _Shape) -> str:
    """Return the symbol of a node; a net of one step needs no index."""
    return f"${letter}$" if shape.steps == 1 else f"${letter}_{t}$"


def _chain(sheet: Sheet, states: list[Node]) -> None:
    """Join states in the order of time."""
    for before, after in pairwise(states):
        sheet.arrow(before.right(), after.left())


def _feed_back(sheet: Sheet, written: list[Node], states: list[Node]) -> None:
    """Draw each output as the next step's input."""
    for output, state in zip(written, states[1:], strict=False):
        start = output.x + 0.17, output.y - 0.18
        end = state.x - state.across + 0.02, state.y + state.up + 0.02
        sheet.arrow(start, end, color=MUTED, dashed=True)


def _panel(sheet: Sheet, y: float) -> tuple[Node, list[Node]]:
    """Draw both nets and return the context and the states of the decoder."""
    apart = 0.76
    encoder = [sheet.box(0.4 + apart * t, y, f"$h_{t + 1}$") for t in range(3)]
    for t, state in enumerate(encoder, 1):
        node = sheet.input(state.x, y - 0.8, f"$x_{t}$")
        sheet.arrow(node.top(), state.bottom())
    context = sheet.box(2.76, y, r"$\mathbf{v}$", PURPLE, (0.5, 0.6))
    decoder = [sheet.box(3.62 + apart * t, y, f"$h'_{t + 1}$") for t in range(3)]
    written = []
    for t, state in enumerate(decoder, 1):
        written.append(sheet.output(state.x, y + 0.8, f"$o_{t}$"))
        sheet.arrow(state.top(), written[-1].bottom())
    _chain(sheet, [*encoder, context, *decoder])
    _feed_back(sheet, written, decoder)
    sheet.remark(1.16, y + 0.55, "encoder: reads", ha="center")
    sheet.remark(2.76, y + 0.55, "context", ha="center")
    remark = "decoder: writes; each output\nis also fed back (dashed)"
    sheet.remark(4.38, y - 1.0, remark, ha="center")
    return context, decoder
