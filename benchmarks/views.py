"""The suite of the views: what it costs a training run to be watched.

All runs happen in a real kernel, whose messages a client takes in as a page would. Each
step is one update of a recurrent net, about 7 ms of NumPy.
"""

import json
from functools import partial

from benchmarks.measure import Measure
from scripts.test_kernels import Kernel, running_kernel

SUITE = "views"
STEPS = 300
FEW_STEPS = 60  # where each is slow
FRAMES_PER_SECOND = 30.0

SET_UP = """
import json, time
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import clear_output, display
from unrolled.cells.tanh import TanhCell
from unrolled.training.models import RecurrentModel
from unrolled.training.rules import GradientDescent
from unrolled.training.running import train
from unrolled.views.live import watch

class Batch:
    steps_per_epoch = 1
    def __init__(self):
        random = np.random.default_rng(0)
        self.inputs = random.normal(size=(64, 36, 16))
        self.targets = random.normal(size=(64, 1))
    def batch(self, step):
        return self.inputs, self.targets

def run(steps):
    random = np.random.default_rng(1)
    draw = lambda *shape: 0.1 * random.normal(size=shape)
    cell = TanhCell(W_xh=draw(16, 96), W_hh=draw(96, 96), b_h=draw(96))
    model = RecurrentModel(cell, draw(96, 1), draw(1))
    marks = []
    for report in train(model, task, GradientDescent(1e-3), steps):
        marks.append(time.perf_counter())
        yield report
    # The first steps pay for what happens once; they do not count.
    times[:] = [(marks[-1] - marks[5]) / (len(marks) - 6)]

def redraw(axes, losses):
    for ax in axes.flat:
        ax.clear()
        ax.plot(losses)
        ax.set(xlabel="step", ylabel="loss", title="training")
    clear_output(wait=True)
    display(axes.flat[0].figure)

def redrawn(steps, every):
    figure, axes = plt.subplots(2, 3, figsize=(12, 6))
    losses, last = [], -1.0
    for report in run(steps):
        losses += list(report.losses)
        if time.perf_counter() - last >= every:
            redraw(axes, losses)
            last = time.perf_counter()
    plt.close(figure)

task, times = Batch(), []
"""


def seconds_per_step(code: str, set_up: str = SET_UP) -> float:
    """Run a cell that makes a run to its end, in a fresh kernel.

    If the cell opens a view, a page greets it, and takes in what it shows.

    Args:
        code: The cell.
        set_up: The cell before it. There the run leaves its seconds in ``times``.

    Returns:
        The seconds from one step to the next, on average.

    Raises:
        AssertionError: The cell fails, or the view shows too few frames a second.
    """
    # One thread, as in all stored runs; figures as a notebook shows them.
    inline = "module://matplotlib_inline.backend_inline"
    quiet = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with running_kernel(OPENBLAS_NUM_THREADS="1", MPLBACKEND=inline, **quiet) as kernel:
        kernel.run(set_up)
        name = kernel.begin(f"{code}\nprint(json.dumps(times))")
        greeted = False
        while not kernel.idle(name):
            kernel.listen(0.02)
            if not greeted and kernel.views():
                kernel.press(kernel.views()[0], "hello")
                greeted = True
        assert kernel.printed(name), f"the cell failed: {code}"
        if greeted:
            rate = frames_per_second(kernel)
            assert rate >= FRAMES_PER_SECOND, f"only {rate:.1f} frames a second"
        (seconds,) = json.loads(kernel.printed(name).splitlines()[-1])
        return float(seconds)


def frames_per_second(kernel: Kernel) -> float:
    """Return how many frames a second reached the page while the run was running."""
    came = [frame["came"] for frame in kernel.frames(kernel.views()[0])][1:-1]
    return float((len(came) - 1) / (came[-1] - came[0]))


def measures() -> list[Measure]:
    """List the claims of this suite."""
    bare = partial(seconds_per_step, f"for report in run({STEPS}): pass")
    watched = partial(seconds_per_step, f"await watch(run({STEPS}))")
    every_frame = partial(seconds_per_step, f"redrawn({STEPS}, every=1 / 30)")
    every_report = partial(seconds_per_step, f"redrawn({FEW_STEPS}, every=0)")
    name = "one step of about 7 ms, watched at 30 frames a second or more"
    figure = "clear and redraw a figure with six panels"
    return [
        Measure(SUITE, name, "the bare loop", watched, bare, goal=1 / 1.05, rounds=9),
        Measure(
            SUITE, name, f"{figure} every 33 ms", watched, every_frame, goal=3, rounds=3
        ),
        Measure(
            SUITE, name, f"{figure} at each step", watched, every_report, 10, rounds=3
        ),
    ]
