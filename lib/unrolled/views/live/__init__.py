"""Training that can be watched, paused, stepped and stopped, and replayed afterwards.

* :mod:`unrolled.views.live.watching`: ``history = await watch(run)``.
* :mod:`unrolled.views.live.history`: what a run leaves behind, at full precision.
* :mod:`unrolled.views.live.worker`: the thread that advances a run, and its gate.
* :mod:`unrolled.views.live.recorder`: what a view shows of a run, however long it is.
* :mod:`unrolled.views.live.record`: the compact bytes that the player reads.
* :mod:`unrolled.views.live.panels`: how the sample of a report is drawn.
* :mod:`unrolled.views.live.view`: the widget.
* :mod:`unrolled.views.live.notebook`: what the widget is sent, and what is pressed.
* :mod:`unrolled.views.live.terminal`: the bar where there is no widget.
* :mod:`unrolled.views.live.kernels`: buttons that act while a cell is running.
"""

from unrolled.views.live.history import History
from unrolled.views.live.watching import watch, watch_blocking

__all__ = ["History", "watch", "watch_blocking"]
