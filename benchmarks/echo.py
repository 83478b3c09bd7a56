"""The suite of the echo chapter: windows per second, and what they do not depend on.

All programs train the published net at the published settings: 5 rows, windows of 15
steps, 4 hidden units, delay 3, 50,000 bits in an epoch, Adagrad at 0.3. Each runs in a
process of its own; before its time counts, the losses of its first 100 windows are held
against ours, to 1e-4. Nothing is drawn. Start-up, compiling and the first two epochs
count for nobody; a compiled program pays a second or so for them. The others find
their bits ready, and only ours draws new ones while the clock runs.

The loop that Numba compiles can do nothing but this one net: forward, backward and
update are written out number by number. It shows how far the floor is. No general
program reaches it, so that its goal is a share of its speed below which we must not
fall.
"""

import sys
from functools import partial
from tempfile import TemporaryDirectory

from benchmarks.environment import FRAMEWORKS, call, python_for
from benchmarks.measure import Measure
from benchmarks.views import seconds_per_step

SUITE = "echo"
SHARE_OF_THE_FLOOR = 0.2
SERIES = (50_000, 500_000, 5_000_000)
EPOCHS = (10, 50, 250)
WATCHED_EPOCHS = 150
WINDOWS_PER_REPORT = 333  # two reports in an epoch

PROGRAMS = "echo_programs"
OURS = partial(call, sys.executable, f"{PROGRAMS}.ours")

KERNEL = f"""
import json, time
from unrolled.cells.tanh_tf import TANH
from unrolled.tasks.echo import Echo
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdagradTF
from unrolled.training.truncated_tf import train_windows
from unrolled.views.live import watch

def run():
    net, rule = RecurrentNet.draw(TANH, 4, seed=0), AdagradTF(0.3)
    epochs, every = {WATCHED_EPOCHS}, {WINDOWS_PER_REPORT}
    first, last = None, None
    for report in train_windows(net, Echo(), rule, epochs, every=every):
        last = time.perf_counter(), report.step
        if first is None and report.epoch == 2:
            first = last  # compiling and the first epochs do not count
        yield report
    times[:] = [(last[0] - first[0]) / (last[1] - first[1])]

times = []
"""


def seconds_per_window(
    program: str, python: str, folder: TemporaryDirectory[str]
) -> float:
    """Check and time one of the programs; see `benchmarks.timing`."""
    arguments = PROGRAMS, program, folder.name
    return float(call(python, "timing", "check_and_time", *arguments))


def prepared() -> TemporaryDirectory[str]:
    """Store weights, rows and our first losses; the folder goes with its last user."""
    folder = TemporaryDirectory()
    OURS("write_start", folder.name)
    return folder


def race_measures() -> list[Measure]:
    """Compare our way with the others, window by window."""
    folder, apart = prepared(), python_for(FRAMEWORKS)
    rivals = [
        ("published", "the published program, ported", sys.executable, 20.0),
        ("keras_fit", "the chapter's short form in Keras", sys.executable, 2.0),
        ("jax_scan", "a scan in JAX, a whole epoch compiled", apart, 1.5),
        ("torch_rnn", "torch.nn.RNN and torch.optim.Adagrad", apart, 12.0),
        ("numba_loop", "the floor: a loop in Numba", apart, SHARE_OF_THE_FLOOR),
    ]
    return [
        Measure(
            suite=SUITE,
            measure="one window of the echo net, trained",
            against=words,
            ours=partial(seconds_per_window, "ours", sys.executable, folder),
            theirs=partial(seconds_per_window, program, python, folder),
            goal=goal,
        )
        for program, words, python, goal in rivals
    ]


def watched_measure() -> Measure:
    """Compare a run that is watched in a kernel with the same run alone."""
    return Measure(
        suite=SUITE,
        measure=f"one window, watched, a report every {WINDOWS_PER_REPORT}",
        against="the same run, not watched",
        ours=partial(seconds_per_step, "await watch(run())", KERNEL),
        theirs=partial(seconds_per_step, "for report in run(): pass", KERNEL),
        goal=1 / 1.05,
        rounds=15,
    )


def series_measures() -> list[Measure]:
    """Show that a window takes as long in a long series as in the published one."""
    seconds = [partial(OURS, "seconds_in_a_series", str(bits)) for bits in SERIES]
    return [
        Measure(
            suite=SUITE,
            measure=f"one window, of a series of {bits:,} bits",
            against=f"of {SERIES[0]:,} bits",
            ours=ours,
            theirs=seconds[0],
            goal=1 / 1.1,
            rounds=11,
        )
        for bits, ours in zip(SERIES[1:], seconds[1:], strict=True)
    ]


def memory_measures() -> list[Measure]:
    """Show that a long run takes no more memory than a short one."""
    peaks = [partial(OURS, "peak_memory", str(epochs)) for epochs in EPOCHS]
    return [
        Measure(
            suite=SUITE,
            measure=f"peak memory of a run of {epochs} epochs",
            against=f"of {EPOCHS[0]} epochs",
            ours=ours,
            theirs=peaks[0],
            goal=1 / 1.05,
            rounds=3,
            unit="MB",
        )
        for epochs, ours in zip(EPOCHS[1:], peaks[1:], strict=True)
    ]


def measures() -> list[Measure]:
    """List the claims of this suite."""
    return [
        *race_measures(),
        watched_measure(),
        *series_measures(),
        *memory_measures(),
    ]
