"""The suite of the MNIST chapter: training, the data layer, the chapter itself.

All programs train the same net, an LSTM of 128 units that reads an image row by row,
with Adam in 32-bit floats, 128 images in an update. Each runs in a process of its own;
before its time counts, the losses of its first 20 batches are held against ours, to
1e-4. Start-up, compiling and the first epochs count for nobody.

Where the time goes is told by the steps of the LSTM, there and back, without what comes
before and after: written out or with a loop, whole or in halves, of windows of more and
of fewer steps, and beside the matrix products that none of these can do without.

To 97 % of the test images is another matter: from the first weights, with all that is
compiled, recipe 1 goes on beyond its 781 updates until it is there, and so does a short
form of the chapter's better recipe. Looking at the test images does not count.
"""

import sys
from functools import partial
from tempfile import TemporaryDirectory

from benchmarks.chapters import limit_measures
from benchmarks.environment import FRAMEWORKS, call, python_for
from benchmarks.measure import Measure, limit

SUITE = "mnist"
PROGRAMS = "mnist_programs"
OURS = partial(call, sys.executable, f"{PROGRAMS}.ours")
Folder = TemporaryDirectory[str]

CHAPTER = "mnist_lstm"
CHAPTER_SECONDS = 240.0
CHAPTER_MEGABYTES = 2000.0
LOADING_SECONDS = 0.5


def seconds_per_batch(program: str, python: str, folder: Folder) -> float:
    """Check and time one of the programs; see `benchmarks.timing`."""
    arguments = PROGRAMS, program, folder.name
    return float(call(python, "timing", "check_and_time", *arguments))


def prepared() -> Folder:
    """Let our program leave in a folder what the others need.

    The folder goes with its last user.
    """
    folder = TemporaryDirectory()
    OURS("write_start", folder.name)
    return folder


def race_measures(folder: Folder) -> list[Measure]:
    """Compare our way with the others, batch by batch."""
    apart = python_for(FRAMEWORKS)
    rivals = [
        (
            "keras_fit",
            "a plain Keras LSTM, fit, not compiled by XLA",
            sys.executable,
            2.0,
        ),
        ("keras_xla", "the same with jit_compile=True", sys.executable, 1.0),
        ("torch_lstm", "torch.nn.LSTM", apart, 1.0),
    ]
    return [
        Measure(
            suite=SUITE,
            measure="one batch of 128 images, trained",
            against=words,
            ours=partial(seconds_per_batch, "ours", sys.executable, folder),
            theirs=partial(seconds_per_batch, program, python, folder),
            goal=goal,
            rounds=3,
        )
        for program, words, python, goal in rivals
    ]


def profile_measures() -> list[Measure]:
    """Take the LSTM's steps, there and back, apart."""
    seconds = partial(call, sys.executable, f"{PROGRAMS}.profile", "seconds")
    step = "one step of the LSTM, there and back"
    rows = [
        (
            "its way back a loop",
            ("looped", "28"),
            "written out",
            ("written out", "28"),
            2,
        ),
        ("in two halves", ("halves", "28"), "as a whole", ("looped", "28"), 1.2),
        ("in two halves", ("halves", "28"), "products alone", ("products", "28"), 0.4),
        ("a loop, of 56", ("looped", "56"), "of 14", ("looped", "14"), 1 / 1.2),
        (
            "written out, of 7",
            ("written out", "7"),
            "of 28",
            ("written out", "28"),
            1.2,
        ),
    ]
    return [
        Measure(
            suite=SUITE,
            measure=f"{step}, {how}",
            against=against,
            ours=partial(seconds, *ours),
            theirs=partial(seconds, *theirs),
            goal=goal,
            rounds=2,
        )
        for how, ours, against, theirs, goal in rows
    ]


def goal_measure() -> Measure:
    """Compare whole runs: from the first weights to 97 % of the test images."""
    return Measure(
        suite=SUITE,
        measure="a run to 97 % of the test images",
        against="recipe 1, continued until it is there",
        ours=lambda: float(OURS("seconds_of_ours")),
        theirs=lambda: float(OURS("seconds_of_recipe_1")),
        goal=2.0,
        rounds=2,
    )


def loading_measure() -> Measure:
    """Time the data layer in a process of its own."""
    return Measure(
        suite=SUITE,
        measure="MNIST, from the file that is kept to arrays",
        against=f"the limit of {LOADING_SECONDS:g} s",
        ours=lambda: float(OURS("seconds_of_loading")),
        theirs=limit(LOADING_SECONDS),
        goal=1,
    )


def measures() -> list[Measure]:
    """List the claims of this suite."""
    folder = prepared()
    return [
        *race_measures(folder),
        *profile_measures(),
        goal_measure(),
        loading_measure(),
        *limit_measures(SUITE, CHAPTER, CHAPTER_SECONDS, CHAPTER_MEGABYTES),
    ]
