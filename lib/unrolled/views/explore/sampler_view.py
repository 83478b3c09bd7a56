"""Sampler: a trained net writes text in the page, and shows what it chooses from.

What it is to make plain to a beginner: a character model never writes a text, it gives
every character a chance to come next. What becomes a text is a choice, and temperature,
top-k and nucleus are ways to choose; a seed makes the choices the same again. What the
net knows of the text before is its state alone, some hundred numbers, and single units
of it keep track of something that a reader can recognise. How far back the prediction
still depends on what was read is told by its gradient through time.

Two nets come with the course, see :mod:`unrolled.training.packed`. The page unpacks
them and computes what :func:`unrolled.training.generation.stream`,
:mod:`unrolled.training.choosing` and :mod:`unrolled.training.saliency` compute: for the
same prefix, settings and seed it writes the same characters.
"""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets

from unrolled.validation import check_name, count, number, one_of
from unrolled.views.figures.style import Drawing
from unrolled.views.widget import View

QUESTION = (
    "A net writes one character after the other. What does it choose from, and what of "
    "the text before does it still know?"
)

PREFIXES = {"English": "ROMEO:", "Chinese": "分开"}
"""The nets that come with the course, and what they read first."""

STATE: dict[str, Any] = {
    "language": "English",
    "prefix": None,
    "temperature": 0.8,
    "top_k": None,
    "nucleus": 1.0,
    "seed": 1,
    "length": 0,
    "unit": 1,
    "behind": "unit",
    "place": None,
    "question": QUESTION,
}
"""What the reader finds at first, unless something else is given; a ``prefix`` of None
is that of the language."""

LONGEST = 2000
"""A text ends after so many written characters."""

LONGEST_PREFIX = 200
MOST_SEED = 999
MOST_TEMPERATURE = 2.0
MOST_UNITS = 10_000
"""A unit that the net has not is the last of those it has."""

BEHIND = ("unit", "saliency")


class Sampler(View):
    """A net that writes text in the page; see the module.

    All attributes are shared with the script: what the reader changes can be read here,
    and what is assigned here is shown. The text follows from the settings alone, so
    that it is written anew when one of them changes, to the same ``length``.

    Attributes:
        weights: The nets, as :func:`unrolled.training.packed.pack` writes them.
        language: ``"English"`` or ``"Chinese"``, the name of a net.
        prefix: What the net reads first, 1 to 200 characters; those it does not know
            are left out, and the page says so.
        temperature: 0 (greedy) to 2.
        top_k: How many of the most probable characters are kept, at least 1; None keeps
            all.
        nucleus: The share of the probability that is kept, 0 to 1; 1 keeps all.
        seed: Decides what is drawn; 0 to 999.
        length: How many characters are written, 0 to 2,000.
        unit: The unit that is picked out, counted from 1.
        behind: What the bars behind the text show: ``"unit"``, its activation, or
            ``"saliency"``, how much each character matters for the one looked at.
        place: Which character is looked at, counted from 0, the prefix included; None
            follows the newest.
        question: What the reader is to find out.
    """

    module: ClassVar[str] = "sampler"

    weights = traitlets.Bytes().tag(sync=True)
    language = traitlets.Any().tag(sync=True)
    prefix = traitlets.Any().tag(sync=True)
    temperature = traitlets.Any().tag(sync=True)
    top_k = traitlets.Any().tag(sync=True)
    nucleus = traitlets.Any().tag(sync=True)
    seed = traitlets.Any().tag(sync=True)
    length = traitlets.Any().tag(sync=True)
    unit = traitlets.Any().tag(sync=True)
    behind = traitlets.Any().tag(sync=True)
    place = traitlets.Any().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, *, weights: bytes, picture: Drawing, alt: str, **state: Any
    ) -> None:
        """Make a sampler.

        Args:
            weights: Of the nets, such as ``unrolled.training.packed.shipped_bytes()``.
            picture: The drawing that stands in for the view where no script runs.
            alt: That picture in words.
            **state: Attributes that are to begin with other values than ``STATE``.

        Raises:
            ValueError: If a value is none that the view can show.
        """
        for name in state:
            check_name("a setting of the view", name, STATE)
        given = {**STATE, **state}
        if given["prefix"] is None:
            given["prefix"] = PREFIXES.get(given["language"], "?")
        super().__init__(picture=picture, alt=alt, weights=weights, **given)

    @traitlets.validate("weights")
    def _check_weights(self, proposal: dict[str, Any]) -> bytes:
        weights: bytes = proposal["value"]
        if not weights.startswith(b"UNRNETS"):
            raise ValueError(
                f"weights must be packed nets, but {len(weights)} bytes that begin "
                f"with {weights[:8]!r} were given; pass "
                f"unrolled.training.packed.shipped_bytes()."
            )
        return weights

    @traitlets.validate("language")
    def _check_language(self, proposal: dict[str, Any]) -> str:
        return one_of("language", proposal["value"], PREFIXES)

    @traitlets.validate("behind")
    def _check_behind(self, proposal: dict[str, Any]) -> str:
        return one_of("behind", proposal["value"], BEHIND)

    @traitlets.validate("prefix")
    def _check_prefix(self, proposal: dict[str, Any]) -> str:
        prefix = proposal["value"]
        if not isinstance(prefix, str) or len(prefix) > LONGEST_PREFIX:
            given = f"{len(prefix)}" if isinstance(prefix, str) else repr(prefix)
            raise ValueError(
                f"prefix must be a text of at most {LONGEST_PREFIX} characters, but "
                f"{given} was given."
            )
        return prefix

    @traitlets.validate("temperature")
    def _check_temperature(self, proposal: dict[str, Any]) -> float:
        return number(
            "temperature", proposal["value"], at_least=0, at_most=MOST_TEMPERATURE
        )

    @traitlets.validate("nucleus")
    def _check_nucleus(self, proposal: dict[str, Any]) -> float:
        return number("nucleus", proposal["value"], at_least=0, at_most=1)

    @traitlets.validate("top_k")
    def _check_top_k(self, proposal: dict[str, Any]) -> int | None:
        kept = proposal["value"]
        return None if kept is None else count("top_k", kept)

    @traitlets.validate("seed", "length", "unit")
    def _check_whole(self, proposal: dict[str, Any]) -> int:
        name = proposal["trait"].name
        least, most = {
            "seed": (0, MOST_SEED),
            "length": (0, LONGEST),
            "unit": (1, MOST_UNITS),
        }[name]
        return count(name, proposal["value"], at_least=least, at_most=most)

    @traitlets.validate("place")
    def _check_place(self, proposal: dict[str, Any]) -> int | None:
        place = proposal["value"]
        most = LONGEST + LONGEST_PREFIX
        return None if place is None else count("place", place, at_most=most)
