"""Surface: optimisers race down the cost surface of the net with two weights.

What it is to make plain to a beginner: the same landscape asks for tiny steps on its
cliff and for large ones in its valley, so that no single learning rate serves both.
Clipping repairs the cliff, momentum the valley, and Rprop, which looks at signs alone,
needs no rate; but none of them is best from every start. And beneath the map: the
gradient explodes on its way back in time where w_rec is above 1 in size, and vanishes
where it is below. That is the cliff, and that is the plain.

The numbers are those of :func:`unrolled.training.race.race`, computed in the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from unrolled.validation import check_name, count, finite_array, number
from unrolled.views.figures.style import Drawing
from unrolled.views.widget import View

QUESTION = (
    "From the cliff, gradient descent is thrown off the map. Find a learning rate with "
    "which it stays, and then a start from which it beats Rprop."
)

SETTINGS: dict[str, dict[str, float]] = {
    "gradient descent": {"rate": 1e-3},
    "clipped gradient descent": {"rate": 1e-3, "threshold": 10.0},
    "momentum": {"rate": 1e-3, "decay": 0.9},
    "clipped momentum": {"rate": 1e-3, "decay": 0.9, "threshold": 10.0},
    "Rprop": {"delta": 1e-3},
}
"""The racers and what they are set to unless something else is given."""

STATE: dict[str, Any] = {
    "start": (-1.5, 2.0),
    "racers": ("gradient descent",),
    "settings": SETTINGS,
    "limit": 2500,
    "updates": 0,
    "goal": 1e-3,
    "optimum": (1.0, 1.0),
    "window": (-3.0, 3.0, -3.0, 3.0),
    "place": "front",
    "question": QUESTION,
}
"""What the reader finds at first, unless something else is given."""

MAP_LIMIT = 12.0
"""The map goes from -12 to 12 in both weights."""

_BOUNDS: dict[str, dict[str, float]] = {
    "rate": {"at_least": 0.0},
    "decay": {"at_least": 0.0, "at_most": 0.999},
    "threshold": {"above": 0.0},
    "delta": {"above": 0.0},
}


class Surface(View):
    """A race of optimisers on the cost surface; see the module.

    All attributes are shared with the script: what the reader changes can be read here,
    and what is assigned here is shown. Assign whole values: a change inside a list is
    seen by nobody.

    Attributes:
        inputs: Sequences, lists of shape ``(B, T)``.
        targets: Shape ``(B,)``.
        start: The first ``[w_x, w_rec]``, each from -12 to 12.
        racers: The names of those who race; names of ``SETTINGS``.
        settings: The settings of all racers by name; those that are not given take
            the value of ``SETTINGS``.
        updates: How many updates are shown; at most ``limit``.
        limit: The update at which a race ends.
        goal: The cost to fall below.
        optimum: The best ``[w_x, w_rec]``, the minimum that the map marks.
        window: The part of the map in sight: left, right, bottom, top.
        place: Where the gradient through time is shown: ``"front"`` (at the racer in
            front), ``"start"``, or the name of a racer.
        question: What the reader is to find out.
    """

    module: ClassVar[str] = "surface"

    inputs = traitlets.Any().tag(sync=True)
    targets = traitlets.Any().tag(sync=True)
    start = traitlets.Any().tag(sync=True)
    racers = traitlets.Any().tag(sync=True)
    settings = traitlets.Any().tag(sync=True)
    limit = traitlets.Any().tag(sync=True)
    updates = traitlets.Any().tag(sync=True)
    goal = traitlets.Any().tag(sync=True)
    optimum = traitlets.Any().tag(sync=True)
    window = traitlets.Any().tag(sync=True)
    place = traitlets.Any().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        *,
        inputs: ArrayLike,
        targets: ArrayLike,
        picture: Drawing,
        alt: str,
        **state: Any,
    ) -> None:
        """Make a race.

        Args:
            inputs: Shape ``(B, T)``.
            targets: Shape ``(B,)``.
            picture: The drawing that stands in for the view where no script runs.
            alt: That picture in words.
            **state: Attributes that are to begin with other values than ``STATE``.

        Raises:
            ValueError: If a value is none that the view can show.
        """
        for name in state:
            check_name("a setting of the view", name, STATE)
        given = {"inputs": inputs, "targets": targets, **STATE, **state}
        super().__init__(picture=picture, alt=alt, **given)

    @traitlets.validate("inputs")
    def _check_inputs(self, proposal: dict[str, Any]) -> list[list[float]]:
        bits: list[list[float]] = finite_array(
            "inputs", proposal["value"], "B, T"
        ).tolist()
        return bits

    @traitlets.validate("targets")
    def _check_targets(self, proposal: dict[str, Any]) -> list[float]:
        samples = str(len(finite_array("inputs", self.inputs, "B, T")))
        wanted: list[float] = finite_array(
            "targets", proposal["value"], samples
        ).tolist()
        return wanted

    @traitlets.validate("start")
    def _check_start(self, proposal: dict[str, Any]) -> list[float]:
        return _on_map("start", proposal["value"], "2")

    @traitlets.validate("optimum")
    def _check_optimum(self, proposal: dict[str, Any]) -> list[float]:
        return _on_map("optimum", proposal["value"], "2")

    @traitlets.validate("window")
    def _check_window(self, proposal: dict[str, Any]) -> list[float]:
        window = _on_map("window", proposal["value"], "4")
        left, right, bottom, top = window
        if left >= right or bottom >= top:
            raise ValueError(
                f"window must be left, right, bottom, top with left < right and "
                f"bottom < top, but {window} was given."
            )
        return window

    @traitlets.validate("racers")
    def _check_racers(self, proposal: dict[str, Any]) -> list[str]:
        named = proposal["value"]
        given = [named] if isinstance(named, str) else list(named)
        for name in given:
            check_name("racers", name, SETTINGS)
        return [name for name in SETTINGS if name in given]

    @traitlets.validate("settings")
    def _check_settings(self, proposal: dict[str, Any]) -> dict[str, dict[str, float]]:
        given: Mapping[str, Mapping[str, Any]] = proposal["value"]
        for name in given:
            check_name("settings", name, SETTINGS)
        return {name: _racer_settings(name, given.get(name, {})) for name in SETTINGS}

    @traitlets.validate("limit")
    def _check_limit(self, proposal: dict[str, Any]) -> int:
        return count("limit", proposal["value"])

    @traitlets.validate("updates")
    def _check_updates(self, proposal: dict[str, Any]) -> int:
        updates = count("updates", proposal["value"], at_least=0)
        limit = count("limit", self.limit)
        if updates > limit:
            raise ValueError(
                f"updates must be at most limit, {limit}, but {updates} was given."
            )
        return updates

    @traitlets.validate("goal")
    def _check_goal(self, proposal: dict[str, Any]) -> float:
        return number("goal", proposal["value"], above=0.0)

    @traitlets.validate("place")
    def _check_place(self, proposal: dict[str, Any]) -> str:
        check_name("place", proposal["value"], ["front", "start", *SETTINGS])
        return str(proposal["value"])


def _on_map(name: str, value: Any, length: str) -> list[float]:
    """Return weights as a list, or say why they are not on the map."""
    weights = finite_array(name, value, length)
    if np.abs(weights).max() > MAP_LIMIT:
        raise ValueError(
            f"{name} must lie on the map, from {-MAP_LIMIT:g} to {MAP_LIMIT:g} in both "
            f"weights, but {weights.tolist()} was given."
        )
    listed: list[float] = weights.tolist()
    return listed


def _racer_settings(racer: str, given: Mapping[str, Any]) -> dict[str, float]:
    """Return all settings of a racer: those given, checked, and else the defaults."""
    for key in given:
        check_name(f"the settings of {racer}", key, SETTINGS[racer])
    return {
        key: number(f"{key} of {racer}", given.get(key, default), **_BOUNDS[key])
        for key, default in SETTINGS[racer].items()
    }
