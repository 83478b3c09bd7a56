"""Two small views, for tests of all that carries a view to its reader."""

from pathlib import Path

import numpy as np
import traitlets

from unrolled.views.figures.style import Drawing, canvas, course_look
from unrolled.views.widget import View

SCRIPTS = Path(__file__).parent / "js"
ALT = 'Bars of 1, 2 & 3: "ones", <twos>'


@course_look
def bars() -> Drawing:
    figure, axes = canvas(2.0)
    axes.bar([1, 2, 3], [1, 2, 3])
    return Drawing(figure, "three bars")


class Demo(View):
    """Counts when its button is pressed; adds up a record of three numbers."""

    module, scripts = "demo", SCRIPTS
    count = traitlets.Int(0).tag(sync=True)
    record = traitlets.Bytes().tag(sync=True)

    def __init__(self, **state: object) -> None:
        record = np.array([1, 2, 3], "<f4").tobytes()
        super().__init__(picture=bars(), alt=ALT, record=record, **state)


class Broken(View):
    """Fails when it is shown."""

    module, scripts = "broken", SCRIPTS

    def __init__(self) -> None:
        super().__init__(picture=bars(), alt=ALT)
