"""The suite of the character chapter: training and writing, one claim after the other.

All programs train the published net at the published settings: 10,000 characters of the
course's own text, 32 rows, windows of 35 steps, 256 units, steps of 100 against the
gradient, which is clipped to a global norm of 0.01. Each runs in a process of its own;
before its time counts, the losses of its first 20 windows are held against ours, to
1e-4. Start-up, compiling and the first epochs count for nobody.

How fast a window can be is told by the machine itself: no program multiplies matrices
faster than TensorFlow multiplies two large ones. Of the arithmetic of training only
what cannot be left out is counted, see `benchmarks.charlm_programs.start.operations`.

The published program would take the better part of an hour for all its epochs, so that
the suite times some of them. How many are needed is a measured number, too: experiments
have trained at the same settings to the end (`charlm_published`), and with steps that
shrink to nothing (`charlm_fading`). Where the former never reaches the goal, the time
for all its epochs is less than what it would need. Our run has the same net, windows
and text, but Adam and larger first weights, and what it compiles counts.
"""

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.chapters import limit_measures
from benchmarks.charlm_programs.start import GOAL, read
from benchmarks.environment import FRAMEWORKS, call, python_for
from benchmarks.measure import Measure
from scripts.notebooks import ROOT
from unrolled.training.stored import RESULTS, stored_result

SUITE = "charlm"
PROGRAMS = "charlm_programs"
OURS = partial(call, sys.executable, f"{PROGRAMS}.ours")
Folder = TemporaryDirectory[str]

CHAPTER = "char_lm"
CHAPTER_SECONDS = 180.0
CHAPTER_MEGABYTES = 2000.0


def seconds_per_window(program: str, python: str, folder: Folder) -> float:
    """Check and time one of the programs; see `benchmarks.timing`."""
    arguments = PROGRAMS, program, folder.name
    return float(call(python, "timing", "check_and_time", *arguments))


def seconds_per_character(program: str, folder: Folder) -> float:
    """Check and time the writing of one of the programs."""
    module = f"{PROGRAMS}.writing"
    return float(call(sys.executable, module, "check_and_time", program, folder.name))


def prepared(function: str) -> Folder:
    """Let our program leave in a folder what the others need.

    The folder goes with its last user.
    """
    folder = TemporaryDirectory()
    OURS(function, folder.name)
    return folder


def race_measures(folder: Folder) -> list[Measure]:
    """Compare our way with the others, window by window."""
    apart = python_for(FRAMEWORKS)
    rivals = [
        ("published", "the published program, eager", sys.executable, 8.0),
        ("torch_rnn", "torch.nn.Embedding and torch.nn.RNN", apart, 1.0),
        ("jax_scan", "a scan in JAX, a whole epoch compiled", apart, 1.0),
    ]
    return [
        Measure(
            suite=SUITE,
            measure="one window of the character model, trained",
            against=words,
            ours=partial(seconds_per_window, "ours", sys.executable, folder),
            theirs=partial(seconds_per_window, program, python, folder),
            goal=goal,
        )
        for program, words, python, goal in rivals
    ]


def arithmetic_measure(folder: Folder) -> Measure:
    """Compare the arithmetic of training with what the machine can do at best."""
    return Measure(
        suite=SUITE,
        measure="one multiplication or addition that training needs",
        against="of a product of two matrices, 2048 x 2048, in TensorFlow",
        ours=lambda: OURS("seconds_per_operation", folder.name),
        theirs=partial(
            call, sys.executable, f"{PROGRAMS}.product", "seconds_per_operation"
        ),
        goal=0.7,
    )


def epochs_needed(experiment: str, results: Path = ROOT / RESULTS) -> tuple[int, bool]:
    """Tell how many epochs a net needs that is trained in the published way.

    Args:
        experiment: Which has trained it.
        results: Where experiments leave what they find.

    Returns:
        After how many epochs it reached the goal, and true; or how many it was trained
        in vain, and false.

    Raises:
        FileNotFoundError: The experiment was not run.
        RuntimeError: It had another goal.
    """
    found = stored_result(experiment, results)
    if found["goal"] != GOAL:
        raise RuntimeError(
            f"The experiment {experiment} must have the goal {GOAL}, but it has "
            f"{found['goal']}; run it anew."
        )
    curve = found["consecutive"]
    reached = curve["epochs_to_goal"]
    return (curve["epochs"][-1], False) if reached is None else (reached, True)


def published_seconds(folder: Folder, epochs: int) -> float:
    """Time some epochs of the published program; return the seconds for so many."""
    windows = epochs * read(Path(folder.name)).windows
    return windows * seconds_per_window("published", sys.executable, folder)


def goal_measures(folder: Folder) -> list[Measure]:
    """Compare whole runs: from the first weights to a net that knows its text."""
    ways = {
        "charlm_published": "the published program",
        "charlm_fading": "the same with steps that fade",
    }
    claims = []
    for experiment, words in ways.items():
        epochs, is_reached = epochs_needed(experiment)
        in_vain = "" if is_reached else ", which do not reach it"
        claim = Measure(
            suite=SUITE,
            measure=f"a run to the training perplexity {GOAL}, by Adam",
            against=f"{words}: {epochs:,} epochs{in_vain}",
            ours=partial(OURS, "seconds_to_the_goal"),
            theirs=partial(published_seconds, folder, epochs),
            goal=20,
            rounds=2,
        )
        claims.append(claim)
    return claims


def writing_measure() -> Measure:
    """Compare how fast a trained net writes, always the most probable character."""
    folder = prepared("write_text")
    return Measure(
        suite=SUITE,
        measure="one character written, of a text of 5,000",
        against="the published function, eager",
        ours=partial(seconds_per_character, "ours", folder),
        theirs=partial(seconds_per_character, "published", folder),
        goal=50,
    )


def measures() -> list[Measure]:
    """List the claims of this suite."""
    folder = prepared("write_start")
    return [
        *race_measures(folder),
        arithmetic_measure(folder),
        *goal_measures(folder),
        writing_measure(),
        *limit_measures(SUITE, CHAPTER, CHAPTER_SECONDS, CHAPTER_MEGABYTES),
    ]
