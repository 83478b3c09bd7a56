"""Gates: one LSTM cell over fifty steps, its gates in the reader's hand.

What it is to make plain to a beginner: the cell state is a road with one factor a step,
the forget gate. The input gate writes on the road and the output gate shows what is on
it; to remember is to keep the forget gate open and the input gate closed. A forget gate
of 0.9 sounds generous and leaves half a percent after fifty steps, one of 0.99 more
than half. A tanh unit that is told the same either fades or drifts to a value of its
own: it keeps the sign, and not the number.

The numbers are those of :mod:`unrolled.cells.lstm` with ``H = 1`` and an input of four
numbers, which are the pre-activations of ``i, f, g, o``: ``W_xh`` is the unit matrix,
``W_hh`` and ``b_h`` are zero. They are computed in the browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import traitlets

from unrolled.validation import count, number
from unrolled.views.widget import View

QUESTION = (
    "Write a 1 into the cell at step 5 and still read it at step 50. "
    "Which gates must be where, and when?"
)

STEPS = 50
"""The cell makes steps 1 to 50."""

LEVELS: dict[str, float] = {"i": 1.0, "f": 1.0, "g": 1.0, "o": 1.0}
"""How far each gate opens, and what is written, unless something else is given."""

PULSES: dict[str, list[int]] = {"i": [], "f": [], "o": []}
"""The steps at which each gate is open, unless something else is given: none, so that
the reader finds nothing of the answer."""


class Gates(View):
    """An LSTM cell whose gates the reader sets; see the module.

    All attributes are shared with the script: what the reader changes can be read here,
    and what is set here is shown.

    Attributes:
        drive: ``"pulses"`` (a gate is open at the steps of its list, else closed) or
            ``"held"`` (at its level in every step).
        levels: How far the gates ``i``, ``f`` and ``o`` open, 0 to 1, and the candidate
            ``g``, -1 to 1, that is written; those not given are 1.
        pulses: The steps from 1 to 50 at which ``i``, ``f`` and ``o`` are open; those
            not given are as in ``PULSES``.
        c_0: The first cell state, and the first state of the tanh unit; -1 to 1.
        w_rec: The recurrent weight of the tanh unit; 0 to 2.
        step: The step whose numbers stand in the drawing; 1 to 50.
        question: What the reader is to find out.
    """

    module: ClassVar[str] = "gates"

    drive = traitlets.Any("pulses").tag(sync=True)
    levels = traitlets.Any(LEVELS).tag(sync=True)
    pulses = traitlets.Any(PULSES).tag(sync=True)
    c_0 = traitlets.Any(0.0).tag(sync=True)
    w_rec = traitlets.Any(1.0).tag(sync=True)
    step = traitlets.Any(1).tag(sync=True)
    question = traitlets.Unicode(QUESTION).tag(sync=True)

    @traitlets.validate("drive")
    def _check_drive(self, proposal: dict[str, Any]) -> str:
        drive = proposal["value"]
        if drive not in ("pulses", "held"):
            raise ValueError(
                f"drive must be 'pulses' or 'held', but {drive!r} was given."
            )
        return str(drive)

    @traitlets.validate("levels")
    def _check_levels(self, proposal: dict[str, Any]) -> dict[str, float]:
        given = _named("levels", proposal["value"], LEVELS)
        return {
            name: number(
                f"the level of {name}",
                given.get(name, level),
                at_least=-1.0 if name == "g" else 0.0,
                at_most=1.0,
            )
            for name, level in LEVELS.items()
        }

    @traitlets.validate("pulses")
    def _check_pulses(self, proposal: dict[str, Any]) -> dict[str, list[int]]:
        given = _named("pulses", proposal["value"], PULSES)
        return {
            name: _steps(name, given.get(name, steps)) for name, steps in PULSES.items()
        }

    @traitlets.validate("c_0")
    def _check_c_0(self, proposal: dict[str, Any]) -> float:
        return number("c_0", proposal["value"], at_least=-1.0, at_most=1.0)

    @traitlets.validate("w_rec")
    def _check_w_rec(self, proposal: dict[str, Any]) -> float:
        return number("w_rec", proposal["value"], at_least=0.0, at_most=2.0)

    @traitlets.validate("step")
    def _check_step(self, proposal: dict[str, Any]) -> int:
        return _step("step", proposal["value"])


def _steps(gate: str, given: Any) -> list[int]:
    """Return the steps at which a gate is open, rising and each of them once."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ValueError(
            f"the pulses of {gate} must be a list of steps, but {given!r} was given."
        )
    return sorted({_step(f"a pulse of {gate}", step) for step in given})


def _step(name: str, value: Any) -> int:
    """Return one of the steps 1 to 50."""
    return count(name, value, at_most=STEPS)


def _named(argument: str, given: Any, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a mapping all of whose names are known."""
    names = ", ".join(known)
    if not isinstance(given, Mapping):
        raise ValueError(
            f"{argument} must be a dictionary with some of the names {names}, but "
            f"{given!r} was given."
        )
    for name in given:
        if name not in known:
            raise ValueError(
                f"{argument} must be named by {names}, but {name!r} was given."
            )
    return given
