"""The widget in which a run is watched, and which is its record afterwards."""

from __future__ import annotations

import numpy as np
import traitlets

from unrolled.views.figures.style import Drawing
from unrolled.views.live.history import History
from unrolled.views.live.panels import Written
from unrolled.views.live.thinning import Envelope
from unrolled.views.widget import View

PICTURE_POINTS = 1000

BLANK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 40" width="560" '
    'height="40" role="img"><text x="8" y="26" font-family="sans-serif" '
    'font-size="15" fill="#6b6b6b">This run was not watched to its end.</text></svg>'
)


class Watch(View):
    """Plays the record of a run; before there is one, it shows the frames it is sent.

    Attributes:
        title: What the run is called.
        record: See :mod:`unrolled.views.live.record`; empty while the run computes.
    """

    module = "watch"

    title = traitlets.Unicode().tag(sync=True)
    record = traitlets.Bytes().tag(sync=True)


class _Blank(Drawing):
    """Stands in for the view as long as there is no curve to draw."""

    def __init__(self) -> None:
        self.title, self._svg = "", BLANK


def unfinished(title: str) -> Watch:
    """Return the view of a run that has not ended."""
    alt = f"{title}: the run has not ended."
    return Watch(title=title, picture=_Blank(), alt=alt)


def picture_of(
    history: History, title: str, written: Written | None = None
) -> tuple[Drawing, str]:
    """Draw a run that has ended, and say in words what the drawing shows.

    Args:
        history: Of the run.
        title: What it is called.
        written: The last text that its net wrote, if it writes.
    """
    from unrolled.views.figures.training import in_words, loss_curve

    curve = Envelope(1, PICTURE_POINTS)
    curve.append(history.steps, history.losses[:, np.newaxis])
    steps, rows = curve.points()
    words = in_words(history.steps, history.losses, history.ended, title, written)
    return loss_curve(steps, rows[:, 0], history.ended, title, written), words
