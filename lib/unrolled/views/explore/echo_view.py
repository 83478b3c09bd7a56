"""Echo lab: the reader trains the echo net, and finds which windows can learn.

What it is to make plain to a beginner: a net of four units learns to repeat each bit
three steps later, but only where a window is wider than the delay. In a window that is
not, no target stands together with the input that it echoes, so no gradient tells the
net to write that input down; overlapping windows do not help. The state that is carried
over holds some of the past all the same, and from some first weights the net finds the
echo there. But to such a window all its inputs are noise: the net learns to listen
less, and mostly loses what it had.

The net, its gradients and the update rules are those of
:mod:`unrolled.training.window_tf`, computed in the browser.
"""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets

from unrolled.validation import check_name, count, number, one_of
from unrolled.views.figures.style import Drawing
from unrolled.views.widget import View

QUESTION = (
    "The net is to repeat each bit that it reads, some steps later. Which windows can "
    "learn the echo: how wide must they be, and does it help if they overlap?"
)

STATE: dict[str, Any] = {
    "delay": 3,
    "window": 3,
    "stride": 3,
    "hidden": 4,
    "rate": 0.3,
    "rule": "adagrad",
    "scheme": "course",
    "seed": 34,
    "windows": 0,
    "scale": "linear",
    "question": QUESTION,
}
"""What the reader finds at first, unless something else is given: not yet trained, and
windows that are too narrow."""

LIMITS: dict[str, tuple[int, int]] = {
    "delay": (1, 10),
    "window": (1, 30),
    "stride": (1, 30),
    "hidden": (1, 12),
    "seed": (0, 999),
    "windows": (0, 1_000_000),
}
"""From where to where the whole numbers go; ``stride`` is at most ``window`` too."""

CHOICES: dict[str, tuple[str, ...]] = {
    "rule": ("adagrad", "adam", "gradient descent"),
    "scheme": ("course", "published"),
    "scale": ("linear", "log"),
}


class EchoLab(View):
    """The echo net, trained in the page; see the module.

    All attributes are shared with the script: what the reader changes can be read here,
    and what is assigned here is shown. A run follows from its settings alone, so that
    any change of them but ``windows`` and ``scale`` begins a new one.

    Attributes:
        delay: How many steps later a bit comes back; 1 to 10.
        window: Steps in a window; 1 to 30.
        stride: Steps from one window to the next; 1 to ``window``.
        hidden: The size of the state; 1 to 12.
        rate: The learning rate; above 0 and at most 10.
        rule: ``"adagrad"``, ``"adam"`` or ``"gradient descent"``.
        scheme: How the first weights are drawn, ``"course"`` or ``"published"``; see
            :func:`unrolled.training.nets_tf.draw_weights`.
        seed: Decides the weights and all bits; 0 to 999.
        windows: How many windows the net has been trained on; at most 100 epochs are.
        scale: Of the losses in the plot, ``"linear"`` or ``"log"``.
        question: What the reader is to find out.
    """

    module: ClassVar[str] = "echo"

    delay = traitlets.Any().tag(sync=True)
    window = traitlets.Any().tag(sync=True)
    stride = traitlets.Any().tag(sync=True)
    hidden = traitlets.Any().tag(sync=True)
    rate = traitlets.Any().tag(sync=True)
    rule = traitlets.Any().tag(sync=True)
    scheme = traitlets.Any().tag(sync=True)
    seed = traitlets.Any().tag(sync=True)
    windows = traitlets.Any().tag(sync=True)
    scale = traitlets.Any().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)

    def __init__(self, *, picture: Drawing, alt: str, **state: Any) -> None:
        """Make an echo lab.

        Args:
            picture: The drawing that stands in for the view where no script runs.
            alt: That picture in words.
            **state: Attributes that are to begin with other values than ``STATE``; a
                ``window`` that is given alone is its own ``stride``.

        Raises:
            ValueError: If a value is none that the view can show.
        """
        for name in state:
            check_name("a setting of the view", name, STATE)
        if "window" in state:
            state.setdefault("stride", _within_limits("window", state["window"]))
        super().__init__(picture=picture, alt=alt, **{**STATE, **state})

    @traitlets.validate("delay", "window", "hidden", "seed", "windows")
    def _check_whole(self, proposal: dict[str, Any]) -> int:
        return _within_limits(proposal["trait"].name, proposal["value"])

    @traitlets.validate("stride")
    def _check_stride(self, proposal: dict[str, Any]) -> int:
        stride = _within_limits("stride", proposal["value"])
        if stride > self.window:
            raise ValueError(
                f"stride must not be longer than the window, but stride = {stride} and "
                f"window = {self.window} were given; bits in between would be skipped."
            )
        return stride

    @traitlets.observe("window")
    def _shorten_stride(self, change: dict[str, Any]) -> None:
        self.stride = min(self.stride, change["new"])

    @traitlets.validate("rate")
    def _check_rate(self, proposal: dict[str, Any]) -> float:
        return number("rate", proposal["value"], above=0.0, at_most=10.0)

    @traitlets.validate("rule", "scheme", "scale")
    def _check_choice(self, proposal: dict[str, Any]) -> str:
        name = proposal["trait"].name
        return one_of(name, proposal["value"], CHOICES[name])


def _within_limits(name: str, value: Any) -> int:
    """Return a whole number that the view can show, or say why it is none."""
    least, most = LIMITS[name]
    return count(name, value, at_least=least, at_most=most)
