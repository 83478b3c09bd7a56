"""Training on text: the engine's promises, and what a net writes meanwhile.

Nearly all runs here share a few compiled programs: 10 windows of 3 steps in an epoch.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from strategies import assert_all_equal, assert_close

from unrolled.cells.cell_tf import CellTF
from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.report import Report
from unrolled.tasks.text import Text, one_hot
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training import text_run_tf, truncated_tf
from unrolled.training.choosing import GREEDY, Choice
from unrolled.training.generation import generate
from unrolled.training.losses import cross_entropy
from unrolled.training.nets_tf import RecurrentNet
from unrolled.training.rules_tf import AdagradTF, ClippedTF, GradientDescentTF
from unrolled.training.running import TrainingDiverged
from unrolled.training.text_run_tf import (
    TextLesson,
    TextRun,
    Writing,
    train_text_windows,
)
from unrolled.training.text_tf import dropped, train_text
from unrolled.training.truncated_tf import compiled_chunk

WORDS = ("the rain in the rill and the mill in the rain " * 3)[:128]
VOCABULARY = Vocabulary.of(WORDS)
KINDS = len(VOCABULARY)
ROWS = Text(VOCABULARY.encode(WORDS), KINDS, window=3, batch=4)
SHUFFLED = replace(ROWS, sampling="random")
BROAD = Text(np.tile(ROWS.indices, 4), KINDS, window=3, batch=16)  # split in two
THRESHOLD = 0.5
RULE = ClippedTF(AdagradTF(0.3), THRESHOLD)
STILL = GradientDescentTF(0.0)
EPOCHS, PER_EPOCH = 2, 10
PLANNED = EPOCHS * PER_EPOCH

both_samplings = pytest.mark.parametrize(
    "task", [ROWS, SHUFFLED], ids=["rows", "random"]
)
with_and_without_dropout = pytest.mark.parametrize("dropout", [0.0, 0.5])


def new_net(cell: CellTF = TANH, seed: int = 1, dtype: str = "float64") -> RecurrentNet:
    return RecurrentNet.draw(cell, 4, seed, inputs=KINDS, outputs=KINDS, dtype=dtype)


def new_run(
    net: RecurrentNet, task: Text = ROWS, every: int = 10, **others: Any
) -> Any:
    settings = {"rule": RULE, "epochs": EPOCHS} | others
    return train_text_windows(net, task, every=every, **settings)


def all_losses(reports: Any) -> np.ndarray:
    return np.concatenate([report.losses for report in reports])


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no report come early, however busy the machine is."""
    monkeypatch.setattr(truncated_tf, "MOST_SECONDS", 1000.0)


@dataclass
class Course:
    """What a run went through, window by window."""

    losses: list[float]
    norms: list[float]
    weights: list[dict[str, np.ndarray]]  # after each window; first those at the start


@partial(tf.function, jit_compile=True, autograph=False)
def half_of_them(seed: Any) -> Any:
    """Draw what is kept as a compiled program does: its random numbers are others."""
    return dropped((1, 4, 4), 0.5, seed, tf.float64)


@cache
def eager(cell: CellTF, task: Text, dropout: bool = False) -> Course:
    """Train window by window in plain Python, with the chapter's own function."""
    net = new_net(cell)
    memory = RULE.start(net.parameters)
    course = Course([], [], [net.weights])
    for epoch in range(EPOCHS):
        inputs, targets = task.epoch(epoch)
        for n in range(task.windows_per_epoch):
            if n == 0 or task.sampling == "random":
                state = net.zero_state(task.batch)
            seed = tf.constant([task.seed, len(course.losses)])
            kept = half_of_them(seed) if dropout else 1.0
            here = slice(3 * n, 3 * n + 3)
            net.parameters, memory, state, loss, gradients = train_text(
                net.parameters,
                memory,
                state,
                tf.constant(inputs[:, here]),
                tf.constant(targets[:, here]),
                cell,
                RULE.update,
                kept,
            )
            squares = sum(np.sum(np.square(g)) for g in gradients.values())
            course.losses.append(float(loss))
            course.norms.append(math.sqrt(squares))
            course.weights.append(net.weights)
    return course


@cache
def uninterrupted(
    task: Text = ROWS, dropout: float = 0.0
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return all losses and the last weights of a run that nothing disturbs."""
    net = new_net()
    return all_losses(new_run(net, task, dropout=dropout)), net.weights


def check_uninterrupted(
    net: RecurrentNet, losses: np.ndarray, task: Text = ROWS, dropout: float = 0.0
) -> None:
    """Demand that a run ended as the uninterrupted one, bit by bit."""
    wanted, weights = uninterrupted(task, dropout)
    np.testing.assert_array_equal(losses, wanted[len(wanted) - len(losses) :])
    assert_all_equal(net.weights, weights)


# The same as an eager loop


@pytest.mark.parametrize(
    ("cell", "task", "dropout"),
    [
        (TANH, ROWS, 0.0),
        (TANH, SHUFFLED, 0.0),
        (TANH, BROAD, 0.0),
        (GRU, ROWS, 0.0),
        (LSTM, SHUFFLED, 0.0),
        (TANH, ROWS, 0.5),
        (TANH, SHUFFLED, 0.5),
    ],
    ids=lambda value: getattr(value, "name", getattr(value, "sampling", value)),
)
def test_the_compiled_run_is_the_eager_loop(cell, task, dropout):
    net, course = new_net(cell), eager(cell, task, dropout > 0)
    reports = list(new_run(net, task, every=7, dropout=dropout))
    losses = all_losses(reports)
    assert len(losses) == EPOCHS * task.windows_per_epoch == len(course.losses)
    np.testing.assert_allclose(losses, course.losses, rtol=1e-8)
    for name, wanted in course.weights[-1].items():
        assert_close(net.weights[name], wanted, 1e-8, 0)
    assert np.mean(losses[-5:]) < np.mean(losses[:5])  # and something was learnt


def test_a_run_in_32_bits_is_that_in_64_for_a_while():
    losses = all_losses(new_run(new_net(dtype="float32"), epochs=1))
    assert len(losses) == PER_EPOCH
    np.testing.assert_allclose(losses, eager(TANH, ROWS).losses[:PER_EPOCH], rtol=1e-4)


def test_the_two_samplings_are_two_runs():
    wanted = uninterrupted()[0]
    assert not np.allclose(uninterrupted(SHUFFLED)[0], wanted)


@both_samplings
@with_and_without_dropout
def test_two_runs_are_equal_bit_by_bit(task, dropout):
    net = new_net()
    losses = all_losses(new_run(net, task, dropout=dropout))
    check_uninterrupted(net, losses, task, dropout)


# The state, of a net that learns nothing, against the NumPy half


def told_by_the_twin(task: Text, epoch: int, carried: bool) -> list[float]:
    """Return the losses of an epoch's windows, of the weights at the start."""
    net, state = new_net(), None
    inputs, targets = task.epoch(epoch)
    losses = []
    for start in range(0, inputs.shape[1], 3):
        here = slice(start, start + 3)
        trace = net.trace(one_hot(inputs[:, here], KINDS), state if carried else None)
        state = trace.final_state
        logits = net.logits(trace.outputs).reshape(-1, KINDS)
        losses.append(cross_entropy(logits, targets[:, here].ravel())[0])
    return losses


def test_the_state_is_carried_along_the_rows_and_begins_anew_with_each_epoch():
    losses = all_losses(new_run(new_net(), rule=STILL))
    wanted = told_by_the_twin(ROWS, 0, carried=True)
    np.testing.assert_allclose(losses[:PER_EPOCH], wanted, rtol=1e-12)
    np.testing.assert_array_equal(losses[PER_EPOCH:], losses[:PER_EPOCH])
    others = told_by_the_twin(ROWS, 0, carried=False)
    assert np.abs(np.subtract(wanted, others))[1:].min() > 1e-4  # it would be seen


def test_the_state_begins_anew_with_each_window_of_random_examples():
    losses = all_losses(new_run(new_net(), SHUFFLED, rule=STILL))
    wanted = [told_by_the_twin(SHUFFLED, epoch, carried=False) for epoch in (0, 1)]
    np.testing.assert_allclose(losses, np.ravel(wanted), rtol=1e-12)
    others = told_by_the_twin(SHUFFLED, 0, carried=True)
    assert np.abs(np.subtract(wanted[0], others))[1:].min() > 1e-4
    assert not np.allclose(*wanted)  # another order in each epoch


def test_the_mistake_of_not_carrying_the_state_can_be_made_on_purpose():
    losses = all_losses(new_run(new_net(), rule=STILL, carry=False))
    wanted = told_by_the_twin(ROWS, 0, carried=False)
    np.testing.assert_allclose(losses, [*wanted, *wanted], rtol=1e-12)


def test_random_examples_carry_no_state_whatever_is_asked_for():
    net = new_net()
    losses = all_losses(new_run(net, SHUFFLED, carry=False))
    check_uninterrupted(net, losses, SHUFFLED)


# Dropout


def test_each_window_drops_other_outputs():
    # One text over and over, and nothing learnt: only the draw differs.
    same = Text(np.tile([0, 1, 2], 43)[:128], KINDS, window=3, batch=4)
    run = new_run(new_net(), replace(same, sampling="random"), rule=STILL, dropout=0.5)
    losses = all_losses(run)
    assert len(set(losses)) == PLANNED


def test_the_seed_decides_what_is_dropped_and_nothing_else():
    other = replace(ROWS, seed=1)
    losses = all_losses(new_run(new_net(), other, dropout=0.5))
    assert not np.any(losses == uninterrupted(ROWS, 0.5)[0])
    net = new_net()
    check_uninterrupted(net, all_losses(new_run(net, other)))


# Reports


@pytest.mark.usefixtures("unhurried")
@both_samplings
@pytest.mark.parametrize("every", [1, 7, 1000])
def test_the_interval_changes_the_reports_and_not_the_run(task, every):
    net = new_net()
    reports = list(new_run(net, task, every))
    check_uninterrupted(net, all_losses(reports), task)
    ends = [*range(every, PER_EPOCH, every), PER_EPOCH]
    steps = [first + end for first in (0, PER_EPOCH) for end in ends]
    assert [report.step for report in reports] == steps


@both_samplings
@pytest.mark.parametrize("every", [1, 4])
def test_a_report_tells_of_its_own_windows(task, every):
    course = eager(TANH, task)
    assert min(course.norms) < THRESHOLD < max(course.norms)  # some were clipped
    net, before, seconds = new_net(), 0, 0.0
    for report in new_run(net, task, every):
        mean = np.mean(course.losses[before : report.step])
        assert set(report.metrics) == {"perplexity", "gradient_norm"}
        perplexity = report.metrics["perplexity"]
        assert perplexity == pytest.approx(math.exp(np.mean(report.losses)), rel=1e-12)
        assert perplexity == pytest.approx(math.exp(mean), rel=1e-6)
        norm = course.norms[report.step - 1]  # of the last window, before clipping
        assert report.metrics["gradient_norm"] == pytest.approx(norm, rel=1e-6)
        for name, wanted in course.weights[report.step].items():
            assert_close(net.weights[name], wanted, 1e-8, 0)
        assert report.epoch == report.step // PER_EPOCH
        assert (report.planned, report.steps_per_epoch) == (PLANNED, PER_EPOCH)
        assert report.seconds > seconds
        before, seconds = report.step, report.seconds
    assert before == PLANNED


def test_a_perplexity_beyond_all_numbers_is_told_as_a_finite_one():
    net = new_net()
    sure_of_one = tf.one_hot(0, KINDS, on_value=1e5, dtype=tf.float64)
    net.parameters = net.parameters | {"b_q": sure_of_one}
    report = next(new_run(net, rule=STILL))
    assert np.mean(report.losses) > 710  # where exp leaves the 64-bit floats
    assert report.metrics["perplexity"] == math.exp(700)


def test_a_run_that_writes_nothing_has_no_sample():
    for report in new_run(new_net()):
        assert report.sample == {}
        assert report.panel == ""


def test_a_run_says_how_far_it_is():
    run = new_run(new_net(), every=10)
    assert isinstance(run, TextRun)
    assert repr(run) == "TextRun(step 0 of 20)"
    step = next(run).step
    assert repr(run) == f"TextRun(step {step} of 20)"


# What it writes

WRITING = Writing(VOCABULARY, "the ", length=12, every=2, choice=Choice(1.0), seed=3)


def written(net: RecurrentNet, writing: Writing) -> str:
    """Return what is to be written, by the function for it."""
    prefix = VOCABULARY.encode(writing.prefix)
    settings = writing.length, writing.choice, writing.seed
    return VOCABULARY.decode(generate(net, prefix, *settings, precision="float32"))


@pytest.fixture
def precisions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note in which precision each text is written."""
    noted = []

    def noting(*arguments: Any, precision: Any = "float64") -> Any:
        noted.append(precision)
        return generate(*arguments, precision=precision)

    monkeypatch.setattr(text_run_tf, "generate", noting)
    return noted


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    ("every", "epochs", "due"),
    [
        (10, 1, {10, 20, 30, 40, 50}),
        (3, 1, {3, 10, 20, 30, 40, 50}),
        (10, 2, {10, 20, 40, 50}),
        (3, 2, {3, 20, 40, 50}),
        (1, 50, {1, 50}),
        (1000, 50, {10, 50}),
    ],
)
def test_it_writes_at_the_first_report_each_so_many_epochs_and_at_the_last(
    every, epochs, due, precisions
):
    net, writing, last = new_net(), replace(WRITING, every=epochs), ""
    texts, seen = [], set()
    for report in new_run(net, every=every, epochs=5, writing=writing):
        if report.step in due:
            seen.add(report.step)
            last = written(net, writing)
            texts.append(last)
        assert report.sample == {"prefix": "the ", "text": last}
        assert report.panel == "text"
    assert seen == due
    assert len(set(texts)) > 1
    assert precisions == ["float32"] * len(due)


@pytest.mark.parametrize("choice", [GREEDY, Choice(0.7, top_k=3)])
def test_a_text_is_a_plain_string_of_its_length(choice):
    writing = replace(WRITING, choice=choice, length=7)
    net = new_net()
    text = writing.write(net)
    assert type(text) is str
    assert text == written(net, writing)
    assert len(text) == 7
    assert set(text) <= set(VOCABULARY.characters)


def test_the_defaults_are_the_published_numbers():
    writing = Writing(VOCABULARY, "the")
    assert (writing.length, writing.every) == (50, 50)
    assert writing.choice == GREEDY


@with_and_without_dropout
def test_writing_takes_no_part_in_training(dropout):
    net = new_net()
    run = new_run(net, every=1, writing=replace(WRITING, every=1), dropout=dropout)
    check_uninterrupted(net, all_losses(run), ROWS, dropout)


def test_a_text_is_written_by_the_weights_of_the_report_without_dropout():
    net = new_net()
    for report in new_run(net, writing=replace(WRITING, every=1), dropout=0.5):
        if report.step % PER_EPOCH == 0:
            assert report.sample["text"] == written(net, WRITING)


# Saving and going on


@both_samplings
@with_and_without_dropout
def test_a_run_goes_on_from_any_report_as_if_nothing_had_been(tmp_path, task, dropout):
    path = tmp_path / "run.npz"
    run = new_run(new_net(), task, every=4, dropout=dropout)
    steps = [0]
    while True:
        run.save(path)
        net = new_net(seed=9)  # its own weights do not matter
        resumed = new_run(net, task, every=3, dropout=dropout)
        resumed.load(path)
        assert resumed.step == run.step
        reports = list(resumed)
        losses = all_losses(reports) if reports else np.zeros(0)
        assert len(losses) == PLANNED - run.step
        check_uninterrupted(net, losses, task, dropout)
        if run.step == PLANNED:
            break
        steps.append(next(run).step)
    assert {0, PER_EPOCH, PLANNED} < set(steps)  # the end of an epoch among them


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Save the common run at a report in the middle of its first epoch."""
    path = tmp_path / "run.npz"
    run = new_run(new_net(), every=4)
    next(run)
    run.save(path)
    return path


@pytest.mark.usefixtures("unhurried")
def test_after_loading_it_writes_anew(saved):
    net = new_net(seed=9)
    run = new_run(net, every=3, epochs=5, writing=WRITING)
    before = next(run).sample["text"]  # by weights that are then replaced
    run.load(saved)
    first, second = next(run), next(run)
    assert (first.step, second.step) == (7, 10)
    assert first.sample["text"] == second.sample["text"] != before
    again = new_net()
    wanted = new_run(again, every=7)
    next(wanted)
    assert first.sample["text"] == written(again, WRITING)


OTHER_RUNS: dict[str, Callable[[], TextRun]] = {
    "text": lambda: new_run(new_net(), replace(ROWS, indices=np.roll(ROWS.indices, 1))),
    "longer text": lambda: new_run(new_net(), BROAD),
    "sampling": lambda: new_run(new_net(), SHUFFLED),
    "seed": lambda: new_run(new_net(), replace(ROWS, seed=1)),
    "dropout": lambda: new_run(new_net(), dropout=0.5),
    "state": lambda: new_run(new_net(), carry=False),
    "rule": lambda: new_run(new_net(), rule=AdagradTF(0.3)),
    "cell": lambda: new_run(new_net(GRU)),
    "numbers": lambda: new_run(new_net(dtype="float32")),
}


def check_one_sentence(message: str) -> None:
    """Demand a single line with a full stop only at its end."""
    assert message.endswith(".")
    assert "\n" not in message
    assert not re.search(r"\. ", message)


@pytest.mark.parametrize("other", OTHER_RUNS.values(), ids=OTHER_RUNS.keys())
def test_the_file_of_another_run_is_refused(saved, other):
    run = other()
    message = r"^path must be of a run with the settings .* but .* holds .*; make the"
    with pytest.raises(ValueError, match=message) as caught:
        run.load(saved)
    check_one_sentence(str(caught.value))
    assert run.step == 0


def test_a_refused_file_changes_nothing(saved):
    task = replace(ROWS, indices=np.roll(ROWS.indices, 1))
    losses = all_losses(new_run(new_net(), task))
    run = new_run(new_net(), task)
    first = next(run)
    with pytest.raises(ValueError, match=r"^path must be of a run with the settings"):
        run.load(saved)
    np.testing.assert_array_equal(all_losses([first, *run]), losses)


# Bad settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, r"^epochs must be a whole number of at least 1, but 0 was"),
        ({"every": 0}, r"^every must be a whole number of at least 1, but 0 was"),
        ({"dropout": 1}, r"^dropout must be a share of at least 0 and below 1, but 1 "),
        ({"dropout": 1.5}, r"^dropout must be a share .* below 1, but 1.5 was given"),
        (
            {"dropout": -0.1},
            r"^dropout must be a finite number of at least 0, but -0.1",
        ),
        ({"dropout": math.nan}, r"^dropout must be a finite number of at least 0"),
        ({"dropout": "half"}, r"^dropout must be .* which is no number"),
        (
            {"net": RecurrentNet.draw(TANH, 4, 1, inputs=KINDS + 1, outputs=KINDS)},
            rf"^net must have {KINDS} inputs .* it has {KINDS + 1} inputs and {KINDS} ",
        ),
        (
            {"net": RecurrentNet.draw(TANH, 4, 1, inputs=KINDS, outputs=KINDS - 1)},
            rf"^net must have {KINDS} inputs .* and {KINDS - 1} outputs",
        ),
        (
            {"net": RecurrentNet.draw(TANH, 4, 1, inputs=3, outputs=3)},
            rf"^net must have {KINDS} inputs .* it has 3 inputs and 3 outputs",
        ),
        (
            {"task": replace(ROWS, size=KINDS + 1)},
            rf"^net must have {KINDS + 1} inputs and outputs, one for each character",
        ),
        (
            {"writing": Writing(Vocabulary.of("the"), "the")},
            rf"^writing must have the vocabulary of the text, {KINDS} .* it has 3",
        ),
    ],
)
def test_a_bad_setting_gets_one_sentence_at_the_call(settings, message):
    good = {"net": new_net(), "task": ROWS, "rule": RULE, "epochs": 1}
    with pytest.raises(ValueError, match=message) as caught:
        train_text_windows(**(good | settings))
    check_one_sentence(str(caught.value))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prefix": ""}, r"^prefix must have at least one character, but it is empty"),
        ({"prefix": "the X"}, r"^text has the character 'X' .* at position 4"),
        ({"length": 0}, r"^length must be a whole number of at least 1, but 0 was"),
        ({"every": 0}, r"^every must be a whole number of at least 1, but 0 was"),
        ({"every": 1.5}, r"^every must be a whole number of at least 1, but 1.5 was"),
    ],
)
def test_a_bad_wish_gets_one_sentence_at_once(settings, message):
    with pytest.raises(ValueError, match=message) as caught:
        Writing(**({"vocabulary": VOCABULARY, "prefix": "the"} | settings))
    check_one_sentence(str(caught.value))


@pytest.mark.parametrize("dropout", [0, 0.0, 0.999])
def test_the_ends_of_what_may_be_dropped_are_accepted(dropout):
    assert new_run(new_net(), dropout=dropout).step == 0


# Diverging


@dataclass(frozen=True)
class TooFar:
    """Another rule, until one update makes a parameter infinite."""

    rule: Any
    update_number: int

    def start(self, parameters: Any) -> Any:
        return self.rule.start(parameters), tf.constant(0)

    def update(self, parameters: Any, gradients: Any, memory: Any) -> Any:
        inner, made = memory
        moved, inner = self.rule.update(parameters, gradients, inner)
        b_q = moved["b_q"]
        far = tf.where(made == self.update_number, tf.cast(-np.inf, b_q.dtype), b_q)
        return moved | {"b_q": far}, (inner, made + 1)


def test_a_run_that_diverges_stops_and_keeps_the_weights_from_before():
    net, reports = new_net(), []
    run = new_run(net, every=5, rule=TooFar(RULE, 13), writing=WRITING)
    with pytest.raises(TrainingDiverged, match=r"^training diverged at step 14:"):
        reports += iter(run.__next__, None)
    for name, wanted in eager(TANH, ROWS).weights[13].items():
        assert_close(net.weights[name], wanted, 1e-8, 0)
    assert run.step == 13
    assert reports
    assert all(isinstance(report, Report) for report in reports)
    np.testing.assert_array_equal(
        all_losses(reports), uninterrupted()[0][: reports[-1].step]
    )
    assert list(run) == []  # as a generator would


# Compiling


def test_nothing_is_compiled_twice_for_equal_settings():
    uninterrupted()
    same = TextLesson(TANH, ClippedTF(AdagradTF(0.3), THRESHOLD), True, 0.0, 0)
    chunk: Any = compiled_chunk(same, 3, 3)
    traced, programs = (
        chunk.experimental_get_tracing_count(),
        compiled_chunk.cache_info(),
    )
    for every in (1, 2, 3, 11):
        all_losses(new_run(new_net(seed=every), every=every))
    all_losses(new_run(new_net(), epochs=3, writing=WRITING))
    all_losses(new_run(new_net(), replace(ROWS, indices=np.roll(ROWS.indices, 1))))
    all_losses(new_run(new_net(), replace(ROWS, seed=7)))  # which nobody uses
    assert chunk.experimental_get_tracing_count() == traced
    assert compiled_chunk.cache_info().currsize == programs.currsize


def test_different_settings_are_different_programs():
    lesson = TextLesson(TANH, RULE, True, 0.5, 0)
    others = [
        replace(lesson, cell=GRU),
        replace(lesson, rule=AdagradTF(0.3)),
        replace(lesson, carries_state=False),
        replace(lesson, dropout=0.25),
        replace(lesson, seed=1),
    ]
    assert lesson == TextLesson(TANH, RULE, True, 0.5, 0)
    assert len({lesson, *others}) == 6
