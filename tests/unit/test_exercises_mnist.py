"""The exercises of the MNIST chapter: solutions pass, every hint is reached."""

import ast
import inspect
import itertools
import math
import re
import subprocess
import sys
from collections import Counter

import nbformat
import numpy as np
import pytest
import tensorflow as tf

from experiments.mnist_mistakes import TimeForBatch
from tests.unit.exercise_tools import (
    assert_is_a_hint,
    trivial_functions,
    trivial_values,
    verdicts,
)
from tests.unit.notebooks import CHAPTERS, code_cells, run_cell, run_cells
from unrolled.cells.lstm_tf import lstm_step
from unrolled.exercises import check, mnist_lstm, mnist_lstm_read
from unrolled.exercises.checking import names
from unrolled.exercises.mnist_lstm_read import QUESTIONS, RECORDS
from unrolled.tasks.images import Images
from unrolled.training.losses import softmax
from unrolled.training.stored import stored_result

CHAPTER = CHAPTERS / "mnist_lstm.ipynb"
EXERCISES = [f"mnist-{number}" for number in range(1, 11)]
OPENING = """
import numpy as np
import tensorflow as tf
from unrolled.exercises import check
"""


def test_every_exercise_is_registered():
    found = {name for name in names() if name.startswith("mnist-")}
    assert found == set(EXERCISES)


def test_the_exercises_need_no_tensorflow():
    code = (
        "import sys\n"
        "from unrolled.exercises import mnist_lstm, mnist_lstm_read\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


# The chapter ------------------------------------------------------------------------

needs_chapter = pytest.mark.skipif(
    not CHAPTER.exists() or "ex-mnist-10" not in CHAPTER.read_text(encoding="utf-8"),
    reason="the exercises of the chapter mnist_lstm are not written yet",
)


def exercise_cells(tag):
    cells = code_cells(CHAPTER, tag)
    return {name: cell for name, cell in cells.items() if name.startswith("mnist-")}


@needs_chapter
def test_the_chapters_empty_cells_say_so():
    namespace = {}
    run_cell(OPENING, namespace)
    answers = verdicts(run_cells(exercise_cells("check"), namespace))
    assert set(answers) == set(EXERCISES)
    assert {answer.hint for answer in answers.values()} == {"unstarted"}


@needs_chapter
def test_the_chapters_solutions_pass(capsys):
    namespace = {}
    run_cell(OPENING, namespace)
    answers = verdicts(run_cells(exercise_cells("solution"), namespace))
    assert set(answers) == set(EXERCISES)
    assert all(answer.passed for answer in answers.values()), answers
    printed = capsys.readouterr().out
    assert "False" not in printed
    assert printed.count("as in the library: True") == 2


# Exercise 1 -------------------------------------------------------------------------


def stepping(
    steps=lambda flat: flat.reshape(-1, 28, 28).transpose(1, 0, 2),
    back=lambda steps: steps.transpose(1, 0, 2).reshape(-1, 784),
    shape=(4, 3),
):
    """Return the two ways and the prediction, one of them with a mistake."""
    return lambda flat, time_first: (steps(flat), back(time_first), shape)


def images_of(flat):
    return flat.reshape(-1, 28, 28)


MISTAKES_1 = {
    "mixed": stepping(lambda flat: flat.reshape(28, -1, 28)),
    "not-transposed": stepping(images_of),
    "columns": stepping(lambda flat: images_of(flat).transpose(2, 0, 1)),
    "reversed": stepping(lambda flat: images_of(flat).T),
    "images-as-rows": lambda flat, steps: (
        stepping()(flat, steps)
        if len(flat) < 28
        else stepping(lambda flat: images_of(flat).swapaxes(1, 2))(flat, steps)
    ),
    "not-flat": stepping(back=lambda steps: steps.swapaxes(0, 1)),
    "mixed-back": stepping(back=lambda steps: steps.reshape(-1, 784)),
    "columns-back": stepping(
        back=lambda steps: steps.transpose(1, 2, 0).reshape(-1, 784)
    ),
    "reversed-back": lambda flat, steps: (
        stepping()(flat, steps)
        if len(flat) < 28
        else stepping(back=lambda s: s.transpose(2, 0, 1).reshape(28, 784))(flat, steps)
    ),
    "no-shape": stepping(shape=12),
    "question": stepping(shape=(-1, 3)),
    "lost-numbers": stepping(shape=(2, 3)),
    "other-shape": stepping(shape=(3, 4)),
    "other": stepping(lambda flat: 0 * images_of(flat).transpose(1, 0, 2)),
    "shape": stepping(lambda flat: flat),
    "parts": lambda flat, steps: images_of(flat),
    "unstarted": lambda flat, steps: (..., ..., ...),
    "raised": stepping(lambda flat: flat.reshape(5, -1)),
    "no-number": stepping(shape=("four", "three")),
}


@pytest.mark.parametrize("hint", MISTAKES_1)
def test_hints_of_exercise_1(hint):
    assert_is_a_hint(check("mnist-1", MISTAKES_1[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (stepping(shape=(2, 2, 3)), "other-shape"),
        (stepping(shape=(2, 6)), "other-shape"),
        (stepping(shape=(12,)), "other-shape"),
        (stepping(shape=[[4], [3]]), "no-shape"),
        (stepping(shape="43"), "no-shape"),
        (stepping(back=lambda steps: 0 * steps.reshape(-1, 784)), "other"),
    ],
)
def test_more_hints_of_exercise_1(attempt, hint):
    assert_is_a_hint(check("mnist-1", attempt), hint)


def in_tensorflow(flat, steps):
    images = tf.reshape(flat, (-1, 28, 28))
    back = tf.reshape(tf.transpose(steps, (1, 0, 2)), (-1, 784))
    return tf.transpose(images, (1, 0, 2)), back, tf.zeros((2, 2, 3))[:, 0, 0] + [4, 3]


def by_stacking(flat, steps):
    rows = np.stack(np.split(flat, 28, axis=1))
    return rows, np.concatenate([*steps], axis=1), [4, 3]


@pytest.mark.parametrize("attempt", [stepping(), in_tensorflow, by_stacking])
def test_exercise_1_accepts_every_right_way(attempt):
    assert check("mnist-1", attempt).passed


# Exercise 2 -------------------------------------------------------------------------


def lstm(
    order="ifgo",
    functions=None,
    last=tf.tanh,
    recurrent=True,
    read="hc",
    told="hc",
    old=False,
):
    """Return the step with one mistake."""
    squash = {"i": tf.sigmoid, "f": tf.sigmoid, "g": tf.tanh, "o": tf.sigmoid}
    squash.update(functions or {})

    def attempt(from_input, state, W_hh):
        before = dict(zip(read, state, strict=True))
        z = from_input + recurrent * (before["h"] @ W_hh)
        blocks = dict(zip(order, tf.split(z, 4, axis=-1), strict=True))
        gate = {name: squash[name](blocks[name]) for name in squash}
        c = gate["f"] * before["c"] + gate["i"] * gate["g"]
        after = {"h": gate["o"] * last(before["c"] if old else c), "c": c}
        return tuple(after[name] for name in told)

    return attempt


MISTAKES_2 = {
    "unchanged": lambda from_input, state, W_hh: state,
    "swapped": lstm(told="ch"),
    "read-swapped": lstm(read="ch"),
    "no-recurrence": lstm(recurrent=False),
    "gate-order": lstm("figo"),
    "gate-tanh": lstm(functions={"f": tf.tanh}),
    "candidate-sigmoid": lstm(functions={"g": tf.sigmoid}),
    "not-squashed": lstm(functions={"g": tf.identity}),
    "no-output-tanh": lstm(last=tf.identity),
    "output-sigmoid": lstm(last=tf.sigmoid),
    "old-memory": lstm(old=True),
    "other": lstm(last=tf.sin),
    "parts": lambda from_input, state, W_hh: lstm()(from_input, state, W_hh)[0],
    "shape": lambda from_input, state, W_hh: (from_input, from_input),
    "unstarted": lambda from_input, state, W_hh: (..., ...),
    "raised": lambda from_input, state, W_hh: from_input @ W_hh,
}


@pytest.mark.parametrize("hint", MISTAKES_2)
def test_hints_of_exercise_2(hint):
    assert_is_a_hint(check("mnist-2", MISTAKES_2[hint]), hint)


def output_doubled(from_input, state, W_hh):
    h, c = lstm()(from_input, state, W_hh)
    return h, 2 * c


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (lstm("ifog"), "gate-order"),
        (lstm("iofg"), "gate-order"),
        (lstm(read="ch", told="ch"), "read-swapped"),
        (lstm(functions=dict.fromkeys("ifo", tf.tanh)), "gate-tanh"),
        (lstm(functions={"o": tf.tanh}), "gate-tanh"),
        (lstm(functions=dict.fromkeys("ifgo", tf.identity)), "not-squashed"),
        (output_doubled, "other"),
        (lstm(functions={"g": tf.sin}), "other"),
    ],
)
def test_more_hints_of_exercise_2(attempt, hint):
    assert_is_a_hint(check("mnist-2", attempt), hint)


@pytest.mark.parametrize("attempt", [lstm(), lstm_step])
def test_exercise_2_accepts_every_right_step(attempt):
    assert check("mnist-2", attempt).passed


# Exercise 3 -------------------------------------------------------------------------


def logistic(z):
    return 1 / (1 + np.exp(-z))


def right_half(n):
    return -math.log(2 ** (1 / n) - 1)


def lasting(share=lambda b, n: logistic(b) ** n, half=right_half):
    """Return both answers with one mistake."""
    return lambda bias, steps: (share(bias, steps), half(steps))


MISTAKES_3 = {
    "one-step": lasting(lambda b, n: logistic(b)),
    "forgotten": lasting(lambda b, n: 1 - logistic(b) ** n),
    "closing": lasting(lambda b, n: logistic(-b) ** n),
    "gate-tanh": lasting(lambda b, n: math.tanh(b) ** n),
    "no-gate": lasting(lambda b, n: b**n),
    "times-steps": lasting(lambda b, n: n * logistic(b)),
    "off-by-one": lasting(lambda b, n: logistic(b) ** (n - 1)),
    "gate": lasting(half=lambda n: 2 ** (-1 / n)),
    "odds": lasting(half=lambda n: 1 / (2 ** (1 / n) - 1)),
    "sign": lasting(half=lambda n: math.log(2 ** (1 / n) - 1)),
    "other-base": lasting(half=lambda n: -math.log2(2 ** (1 / n) - 1)),
    "half-in-one": lasting(half=lambda n: 0.0),
    "approximate": lasting(half=lambda n: math.log(n / math.log(2))),
    "only-logarithm": lasting(half=lambda n: math.log(2) / n),
    "other": lasting(half=lambda n: 7.0),
    "parts": lambda bias, steps: 0.5,
    "shape": lasting(half=lambda n: np.ones(n)),
    "not-finite": lasting(half=lambda n: math.inf),
    "unstarted": lambda bias, steps: (..., ...),
    "raised": lasting(half=lambda n: math.log(-n)),
}


@pytest.mark.parametrize("hint", MISTAKES_3)
def test_hints_of_exercise_3(hint):
    assert_is_a_hint(check("mnist-3", MISTAKES_3[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (lasting(lambda b, n: logistic(b * n)), "times-steps"),
        (lasting(lambda b, n: 0.1), "other"),
        (lasting(half=lambda n: math.log(2 * n - 1)), "approximate"),
    ],
)
def test_more_hints_of_exercise_3(attempt, hint):
    assert_is_a_hint(check("mnist-3", attempt), hint)


def in_32_bits(bias, steps):
    gate = tf.pow(0.5, 1 / steps)
    return tf.sigmoid(bias) ** steps, tf.math.log(gate / (1 - gate))


@pytest.mark.parametrize("attempt", [lasting(), in_32_bits])
def test_exercise_3_accepts_every_right_answer(attempt):
    assert check("mnist-3", attempt).passed


# Exercise 4 -------------------------------------------------------------------------


def right_lowest(classes):
    return math.log(1 + (classes - 1) / math.e)


def back(shares, upstream):
    return shares * (upstream - np.sum(shares * upstream))


def right_gradient(p, q, row):
    return back(p, q - row)


def twice(lowest=right_lowest, gradient=right_gradient, share=softmax):
    """Return the two answers with one mistake."""

    def attempt(logits, label):
        p = share(logits)
        row = np.eye(len(logits))[label]
        return lowest(len(logits)), gradient(p, share(p), row)

    return attempt


def overflowing(logits):
    return np.exp(logits) / np.exp(logits).sum()


MISTAKES_4 = {
    "zero": twice(lambda c: 0.0),
    "even": twice(math.log),
    "highest": twice(lambda c: math.log(math.e + c - 1)),
    "self-counted": twice(lambda c: math.log(1 + c / math.e)),
    "bits": twice(lambda c: right_lowest(c) / math.log(2)),
    "probability": twice(lambda c: math.e / (math.e + c - 1)),
    "negative": twice(lambda c: -right_lowest(c)),
    "once": twice(gradient=lambda p, q, row: p - row),
    "not-through": twice(gradient=lambda p, q, row: q - row),
    "diagonal": twice(gradient=lambda p, q, row: p * (1 - p) * (q - row)),
    "not-centred": twice(gradient=lambda p, q, row: p * (q - row)),
    "same-softmax": twice(gradient=lambda p, q, row: back(p, p - row)),
    "second-softmax": twice(gradient=lambda p, q, row: back(q, q - row)),
    "uphill": twice(gradient=lambda p, q, row: -back(p, q - row)),
    "other-label": lambda logits, label: twice()(logits, label - 1),
    "overflow": twice(share=overflowing),
    "other": twice(gradient=lambda p, q, row: 0 * p),
    "parts": lambda logits, label: 1.46,
    "shape": twice(gradient=lambda p, q, row: p[:2]),
    "unstarted": lambda logits, label: (..., ...),
}


@pytest.mark.parametrize("hint", MISTAKES_4)
def test_hints_of_exercise_4(hint):
    assert_is_a_hint(check("mnist-4", MISTAKES_4[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [(twice(lambda c: 1.0), "other"), (twice(lambda c: 1.4612), "other")],
)
def test_more_hints_of_exercise_4(attempt, hint):
    assert_is_a_hint(check("mnist-4", attempt), hint)


def by_tape(logits, label):
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
            label, tf.nn.softmax(logits)
        )
    best = softmax(np.eye(len(logits))[0])[0]
    return -np.log(best), tape.gradient(loss, logits)


def by_jacobian(logits, label):
    p = softmax(logits)
    jacobian = np.diag(p) - np.outer(p, p)
    return right_lowest(len(p)), jacobian @ (softmax(p) - np.eye(len(p))[label])


@pytest.mark.parametrize("attempt", [twice(), by_tape, by_jacobian])
def test_exercise_4_accepts_every_right_gradient(attempt):
    assert check("mnist-4", attempt).passed


# Exercise 5 -------------------------------------------------------------------------


def judged(told=lambda p: p.argmax(axis=2), same=None, over=lambda x: x.mean(axis=0)):
    """Return the accuracy after each row, with one mistake."""
    same = same or (lambda told, labels: told == labels[:, np.newaxis])
    return lambda p, labels: over(same(told(p), labels))


def along_time(told, labels):
    square = told.shape[0] == told.shape[1]
    return told == (labels if square else labels[:, np.newaxis])


MISTAKES_5 = {
    "one-number": judged(over=np.mean),
    "by-image": judged(over=lambda x: x.mean(axis=1)),
    "not-averaged": judged(over=lambda x: x),
    "labels-along-time": judged(same=along_time),
    "mean-probability": lambda p, labels: p[np.arange(len(p)), :, labels].mean(axis=0),
    "counts": judged(over=lambda x: x.sum(axis=0)),
    "mistakes": judged(over=lambda x: 1 - x.mean(axis=0)),
    "last-row": judged(told=lambda p: p.argmax(axis=2)[:, -1:] + 0 * p.argmax(axis=2)),
    "so-far": judged(over=lambda x: np.maximum.accumulate(x, axis=1).mean(axis=0)),
    "summed": judged(told=lambda p: p.cumsum(axis=1).argmax(axis=2)),
    "other": judged(told=lambda p: p.argmin(axis=2)),
    "shape": lambda p, labels: np.zeros((9, 9)),
    "raised": lambda p, labels: p.argmax(axis=3),
    "no-number": lambda p, labels: ["none"] * p.shape[1],
}


@pytest.mark.parametrize("hint", MISTAKES_5)
def test_hints_of_exercise_5(hint):
    assert_is_a_hint(check("mnist-5", MISTAKES_5[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (judged(over=lambda x: 100 * x.mean(axis=0)), "counts"),
        (
            lambda p, labels: judged(
                over=lambda x: x.mean(axis=int(p.shape[0] == p.shape[1]))
            )(p, labels),
            "by-image",
        ),
        (lambda p, labels: [], "shape"),
        (lambda p, labels: p.argmax(axis=1) == labels[:, np.newaxis], "not-averaged"),
    ],
)
def test_more_hints_of_exercise_5(attempt, hint):
    assert_is_a_hint(check("mnist-5", attempt), hint)


def row_by_row(p, labels):
    return [np.mean(np.argmax(p[:, t], axis=1) == labels) for t in range(p.shape[1])]


@pytest.mark.parametrize("attempt", [judged(), row_by_row])
def test_exercise_5_accepts_every_right_accuracy(attempt):
    assert check("mnist-5", attempt).passed


# Exercise 6 -------------------------------------------------------------------------


def listed(
    keep=lambda a, b: a != b,
    pair=lambda a, b: (a, b),
    key=lambda x: (-x[2], x[0], x[1]),
    cut=lambda rows, pairs: rows[:pairs],
    row=lambda a, b, n, size: (a, b, n),
):
    """Return the list of confusions with one mistake."""

    def attempt(labels, told, pairs):
        both = zip(labels.tolist(), told.tolist(), strict=True)
        counted = Counter(pair(a, b) for a, b in both if keep(a, b))
        rows = sorted(((*p, n) for p, n in counted.items()), key=key)
        return [row(*each, len(labels)) for each in cut(rows, pairs)]

    return attempt


def padded(rows, pairs):
    return (rows + [(0, 1, 0)] * pairs)[:pairs]


MISTAKES_6 = {
    "dictionary": lambda labels, told, pairs: {(4, 9): 3},
    "no-list": lambda labels, told, pairs: 3,
    "no-triples": listed(row=lambda a, b, n, size: (a, b)),
    "right-ones-too": listed(keep=lambda a, b: True),
    "answer-first": listed(row=lambda a, b, n, size: (b, a, n)),
    "unordered": listed(pair=lambda a, b: (min(a, b), max(a, b))),
    "all-of-them": listed(cut=lambda rows, pairs: rows),
    "rarest": listed(cut=lambda rows, pairs: rows[::-1][:pairs]),
    "ties": listed(key=lambda x: -x[2]),
    "shares": listed(row=lambda a, b, n, size: (a, b, n / size)),
    "padded": listed(cut=padded),
    "by-digits": listed(cut=lambda rows, pairs: sorted(rows)[:pairs]),
    "other": lambda labels, told, pairs: [(1, 2, 3)],
    "shape": listed(row=lambda *parts: parts),
    "no-number": lambda labels, told, pairs: [("4", "9", 3)],
    "unstarted": lambda labels, told, pairs: [...],
    "raised": lambda labels, told, pairs: labels[told + 100],
}


@pytest.mark.parametrize("hint", MISTAKES_6)
def test_hints_of_exercise_6(hint):
    assert_is_a_hint(check("mnist-6", MISTAKES_6[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (listed(pair=lambda a, b: (b, a)), "answer-first"),
        (listed(row=lambda a, b, n, size: ((a, b), n)), "no-triples"),
        (listed(key=lambda x: (-x[2], x[1])), "ties"),
        (listed(cut=lambda rows, pairs: rows[-pairs:]), "rarest"),
        (lambda labels, told, pairs: "49", "no-list"),
    ],
)
def test_more_hints_of_exercise_6(attempt, hint):
    assert_is_a_hint(check("mnist-6", attempt), hint)


def by_matrix(labels, told, pairs):
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, told), 1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:pairs]
    a, b = np.divmod(order, 10)
    rows = np.stack([a, b, counts[a, b]], axis=1)
    return rows[rows[:, 2] > 0]


@pytest.mark.parametrize("attempt", [listed(), by_matrix])
def test_exercise_6_accepts_every_right_list(attempt):
    assert check("mnist-6", attempt).passed


# Exercise 7 -------------------------------------------------------------------------


def calibrated(
    places=lambda sure, bins: np.minimum((sure * bins).astype(int), bins - 1),
    distance=abs,
    weight=lambda size, whole, bins: size / whole,
    total=sum,
    of=None,
    used_only=True,
):
    """Return the calibration error with one mistake."""

    def attempt(sure, right, bins):
        which = places(sure, bins)
        terms = []
        for k in range(bins):
            inside = which == k
            if used_only and not inside.any():
                continue
            middle = sure[inside].mean() if of is None else of(k, bins)
            gap = distance(middle - right[inside].mean())
            terms.append(gap * weight(inside.sum(), len(sure), bins))
        return total(terms)

    return attempt


def equal_counts(sure, bins):
    which = np.empty(len(sure), int)
    for k, group in enumerate(np.array_split(np.argsort(sure, kind="stable"), bins)):
        which[group] = k
    return which


def one(size, whole, bins):
    return 1.0


MISTAKES_7 = {
    "empty-bins": calibrated(used_only=False),
    "one-bin": calibrated(distance=lambda gap: gap),
    "unweighted": calibrated(weight=one, total=np.mean),
    "all-bins": calibrated(weight=lambda size, whole, bins: 1 / bins),
    "maximum": calibrated(weight=one, total=max),
    "summed": calibrated(weight=one),
    "squared": calibrated(distance=lambda gap: gap**2),
    "centres": calibrated(of=lambda k, bins: (k + 0.5) / bins),
    "last-bin": calibrated(places=lambda sure, bins: (sure * bins).astype(int)),
    "edges": calibrated(places=lambda sure, bins: np.ceil(sure * bins) - 1),
    "equal-counts": calibrated(places=equal_counts),
    "per-answer": lambda sure, right, bins: np.abs(sure - right).mean(),
    "per-cent": calibrated(weight=lambda size, whole, bins: 100 * size / whole),
    "other": lambda sure, right, bins: 0.123,
    "shape": lambda sure, right, bins: np.abs(sure - right),
    "no-number": lambda sure, right, bins: "well",
    "raised": lambda sure, right, bins: sure[right + 100],
}


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.parametrize("hint", MISTAKES_7)
def test_hints_of_exercise_7(hint):
    assert_is_a_hint(check("mnist-7", MISTAKES_7[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (lambda sure, right, bins: abs(sure.mean() - right.mean()), "one-bin"),
        (lambda sure, right, bins: right.mean() - sure.mean(), "one-bin"),
        (calibrated(weight=lambda size, whole, bins: size), "summed"),
    ],
)
def test_more_hints_of_exercise_7(attempt, hint):
    assert_is_a_hint(check("mnist-7", attempt), hint)


def by_edges(sure, right, bins):
    edges = np.linspace(0, 1, bins + 1)[1:-1]
    which = np.digitize(sure, edges)
    gaps = np.bincount(which, sure - right, bins)
    return np.float32(np.abs(gaps).sum() / len(sure))


@pytest.mark.parametrize("attempt", [calibrated(), by_edges])
def test_exercise_7_accepts_every_right_error(attempt):
    assert check("mnist-7", attempt).passed


# Exercise 8 -------------------------------------------------------------------------


def without(image, row):
    changed = image.copy()
    changed[row] = 0
    return changed


def occluded(
    changed=without,
    measure=lambda o, a, b: o[..., a] - o[..., b],
    told=lambda whole, left: whole - left,
):
    """Return the effects of all rows with one mistake."""

    def attempt(read, image):
        whole = read(image[np.newaxis])[0]
        b, a = np.argsort(whole)[-2:]
        left = read(np.array([changed(image, row) for row in range(28)]))
        return told(measure(whole, a, b), measure(left, a, b))

    return attempt


def in_place(image, row):
    image[row] = 0
    return image.copy()


def from_row_on(image, row):
    changed = image.copy()
    changed[row:] = 0
    return changed


def only_row(image, row):
    return image - without(image, row)


def inked(image, row):
    return without(image, row) + np.eye(28)[row][:, np.newaxis]


def moved_up(image, row):
    return np.vstack([np.delete(image, row, axis=0), np.zeros((1, 28))])


def margin(o, a, b):
    ranked = np.sort(o, axis=-1)
    return ranked[..., -1] - ranked[..., -2]


def against_rivals(o, a, b):
    others = np.delete(o, a, axis=-1)
    return o[..., a] - others.max(axis=-1)


MISTAKES_8 = {
    "not-a-batch": lambda read, image: read(image),
    "all-classes": lambda read, image: read(np.array([image] * 28)),
    "sign": occluded(told=lambda whole, left: left - whole),
    "log-odds-left": occluded(told=lambda whole, left: left),
    "own-runner-up": occluded(measure=margin),
    "one-logit": occluded(measure=lambda o, a, b: o[..., a]),
    "probabilities": occluded(measure=lambda o, a, b: softmax(o)[..., a]),
    "log-probability": occluded(measure=lambda o, a, b: np.log(softmax(o)[..., a])),
    "columns": occluded(lambda image, row: without(image.T, row).T),
    "not-put-back": occluded(in_place),
    "all-below": occluded(from_row_on),
    "only-row": occluded(only_row),
    "ink": occluded(inked),
    "moved-up": occluded(moved_up),
    "factor": occluded(told=lambda whole, left: np.exp(whole - left)),
    "other": occluded(told=lambda whole, left: whole + left),
    "shape": lambda read, image: read(image[np.newaxis]),
    "raised": lambda read, image: read(image[np.newaxis])[1],
    "unstarted": lambda read, image: ...,
}


@pytest.mark.parametrize("hint", MISTAKES_8)
def test_hints_of_exercise_8(hint):
    assert_is_a_hint(check("mnist-8", MISTAKES_8[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (occluded(measure=against_rivals), "own-runner-up"),
        (
            occluded(measure=lambda o, a, b: softmax(o)[..., a] - softmax(o)[..., b]),
            "probabilities",
        ),
        (
            occluded(told=lambda whole, left: (whole - left) / (whole - left).sum()),
            "factor",
        ),
        (lambda read, image: read("image"), "not-a-batch"),
    ],
)
def test_more_hints_of_exercise_8(attempt, hint):
    assert_is_a_hint(check("mnist-8", attempt), hint)


def one_by_one(read, image):
    """Change one image at a time, and take log-odds of probabilities."""

    def log_odds(changed):
        p = softmax(read(changed[np.newaxis])[0])
        return np.log(p[answer] / p[second])

    order = np.argsort(read(image[np.newaxis])[0])
    answer, second = order[-1], order[-2]
    return [log_odds(image) - log_odds(without(image, row)) for row in range(28)]


@pytest.mark.parametrize("attempt", [occluded(), one_by_one])
def test_exercise_8_accepts_every_right_effect(attempt):
    assert check("mnist-8", attempt).passed


# Exercise 9 -------------------------------------------------------------------------


def unequal(
    until=lambda t, lengths: t < lengths,
    beyond=lambda new, h: h,
    shown=lambda new, h: 0 * h,
    x_beyond=lambda x: x,
    first=lambda state: state,
    last=lambda outputs, h, lengths, state: h,
    laid=lambda outputs: outputs,
):
    """Return the run with one mistake."""

    def attempt(step, inputs, lengths, state):
        h, outputs = first(state), []
        for t in range(len(inputs)):
            on = until(t, lengths)[:, np.newaxis]
            new = step(np.where(on, inputs[t], x_beyond(inputs[t])), h)
            h = np.where(on, new, beyond(new, h))
            outputs.append(np.where(on, new, shown(new, h)))
        outputs = np.array(outputs)
        return laid(outputs), last(outputs, h, lengths, state)

    return attempt


def at_ends(outputs, h, lengths, state):
    return outputs[lengths - 1, np.arange(len(lengths))]


def no_memory(step, inputs, lengths, state):
    right, last = unequal()(step, inputs, lengths, state)
    shown = np.array([step(x, state) for x in inputs])
    return np.where(right != 0, shown, 0), last


def starting(step, inputs, lengths, state):
    outputs, last = unequal()(step, inputs, lengths, state)
    return np.array([state, *outputs[:-1]]), last


MISTAKES_9 = {
    "step-shapes": lambda step, inputs, lengths, state: step(inputs, state),
    "batch-first": unequal(laid=lambda outputs: outputs.swapaxes(0, 1)),
    "no-lengths": unequal(until=lambda t, lengths: lengths > -1),
    "state-shown": unequal(shown=lambda new, h: h),
    "step-shown": unequal(shown=lambda new, h: new),
    "inputs-only": unequal(
        x_beyond=np.zeros_like,
        beyond=lambda new, h: new,
        shown=lambda new, h: new,
    ),
    "one-late": unequal(until=lambda t, lengths: t <= lengths),
    "one-early": unequal(until=lambda t, lengths: t < lengths - 1),
    "own-start": unequal(first=np.zeros_like),
    "start-shown": starting,
    "no-memory": no_memory,
    "running": unequal(beyond=lambda new, h: new),
    "state-zeroed": unequal(beyond=lambda new, h: 0 * h),
    "length-0": unequal(last=at_ends),
    "first-state": unequal(last=lambda outputs, h, lengths, state: state),
    "all-states": unequal(last=lambda outputs, *rest: outputs.mean(axis=0)),
    "other": unequal(shown=lambda new, h: h + 1),
    "parts": lambda *case: unequal()(*case)[1],
    "shape": unequal(last=lambda outputs, *rest: outputs),
    "unstarted": lambda *case: (..., ...),
    "raised": lambda step, inputs, lengths, state: inputs[lengths.max() + 1],
    "not-finite": unequal(shown=lambda new, h: np.nan * h),
}


@pytest.mark.parametrize("hint", MISTAKES_9)
def test_hints_of_exercise_9(hint):
    assert_is_a_hint(check("mnist-9", MISTAKES_9[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (
            unequal(last=lambda outputs, *rest: outputs[-1]),
            "state-zeroed",
        ),
        (unequal(last=lambda outputs, h, *rest: h + 1), "other"),
        (unequal(x_beyond=np.zeros_like, shown=lambda new, h: new), "inputs-only"),
        (
            lambda step, inputs, lengths, state: unequal(
                laid=lambda o: o.swapaxes(0, 1) if o.shape[0] == o.shape[1] else o
            )(step, inputs, lengths, state),
            "batch-first",
        ),
    ],
)
def test_more_hints_of_exercise_9(attempt, hint):
    assert_is_a_hint(check("mnist-9", attempt), hint)


def one_at_a_time(step, inputs, lengths, state):
    """Follow each sequence alone, beside copies of itself."""
    steps, batch, _ = inputs.shape
    outputs, last = np.zeros((steps, *state.shape)), state.copy()
    for b in range(batch):
        h = np.repeat(state[b : b + 1], batch, axis=0)
        for t in range(lengths[b]):
            h = step(np.repeat(inputs[t, b : b + 1], batch, axis=0), h)
            outputs[t, b] = h[b]
        last[b] = h[b]
    return tf.constant(outputs), tf.constant(last)


@pytest.mark.parametrize("attempt", [unequal(), one_at_a_time])
def test_exercise_9_accepts_every_right_run(attempt):
    assert check("mnist-9", attempt).passed


# Exercise 10 ------------------------------------------------------------------------


MISTAKES_10 = {
    "no-dictionary": list(RECORDS.values()),
    "letters": {"A": "softmax twice"},
    "unfinished": {**RECORDS, "C": ...},
    "unknown-name": {**RECORDS, "C": "bad luck"},
    "named-twice": {**RECORDS, "A": RECORDS["B"]},
    "unstarted": dict.fromkeys(RECORDS, ...),
}


@pytest.mark.parametrize("hint", MISTAKES_10)
def test_hints_of_exercise_10(hint):
    assert_is_a_hint(check("mnist-10", MISTAKES_10[hint]), hint)


def test_wrong_names_in_exercise_10_are_counted_and_answered_with_a_question():
    asked = set()
    for order in itertools.permutations(QUESTIONS):
        named = dict(zip(RECORDS, order, strict=True))
        right = sum(named[letter] == RECORDS[letter] for letter in RECORDS)
        if right == len(RECORDS):
            continue
        verdict = check("mnist-10", named)
        assert_is_a_hint(verdict)
        name = verdict.hint.removeprefix("not ")
        letter = next(letter for letter in named if named[letter] == name)
        assert RECORDS[letter] != name
        assert f"{right} of 5 are right" in verdict.message
        assert f"record {letter} was not left by '{name}'" in verdict.message
        assert verdict.message.endswith(QUESTIONS[name])
        asked.add(name)
    assert asked == set(QUESTIONS)


def test_exercise_10_accepts_the_right_names():
    assert check("mnist-10", RECORDS).passed
    assert check("mnist-10", {k: f" {v.upper()}" for k, v in RECORDS.items()}).passed


def test_the_records_can_be_told_apart():
    records = stored_result("mnist_mistakes")["records"]
    assert set(records) == {"right", *RECORDS.values()} == {"right", *QUESTIONS}
    twice_lowest = records["softmax twice"]["lowest_loss"]
    assert right_lowest(10) <= twice_lowest < right_lowest(10) + 0.01
    assert records["softmax twice"]["accuracy"] > 0.9
    for measure, name in (
        ("second_time", "state carried"),
        ("company", "batch for time"),
    ):
        moved = {n for n, record in records.items() if record[measure] > 0}
        assert moved == {name}
    moved = {n for n, record in records.items() if record["covered"] > 0}
    assert moved - {"batch for time"} == {"axes swapped"}
    learnt = {n: r["accuracy"] for n, r in records.items() if n != "batch for time"}
    assert min(learnt, key=learnt.get) == "not divided"
    assert records["batch for time"]["accuracy"] < 0.2


def test_the_program_that_takes_a_batch_for_time_mixes_images():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (56, 28, 28), dtype=np.uint8)
    right, mixed = (
        kind(images, np.arange(56) % 10, batch=28).epoch(0)
        for kind in (Images, TimeForBatch)
    )
    shape = 28, 2, 28, 28
    np.testing.assert_array_equal(
        mixed[0].reshape(shape), right[0].reshape(shape).swapaxes(0, 2)
    )
    np.testing.assert_array_equal(mixed[1], right[1])


@needs_chapter
def test_the_chapters_table_shows_the_stored_records():
    cells = nbformat.read(CHAPTER, as_version=4).cells
    text = next(cell.source for cell in cells if cell["id"] == "mnist-10-text")
    records = stored_result("mnist_mistakes")["records"]
    wanted = {"none": "right", **RECORDS}
    rows = re.findall(r"^\| ([A-E]|none) \| (.*) \|$", text, re.MULTILINE)
    assert [letter for letter, _ in rows] == list(wanted)
    for letter, cells in rows:
        record = records[wanted[letter]]
        shares = ("accuracy", "second_time", "company", "covered")
        assert cells.split(" | ") == [
            f"{record['lowest_loss']:.4f}",
            f"{record['last_loss']:.2f}",
            *(f"{100 * record[share]:.0f} %" for share in shares),
        ]


# All --------------------------------------------------------------------------------

ATTEMPTS = [
    *trivial_values(),
    *trivial_functions(),
    *(lambda *arguments, k=k: (0.0,) * k for k in (2, 3)),
    lambda flat, steps: (flat, steps, (4, 3)),
    lambda step, inputs, lengths, state: (inputs, state),
    dict.fromkeys("ABCDE", ""),
]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("attempt", range(len(ATTEMPTS)))
def test_no_check_is_passed_without_work(name, attempt):
    assert_is_a_hint(check(name, ATTEMPTS[attempt]))


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("empty", [None, ...])
def test_an_attempt_that_was_not_begun_gets_the_friendly_line(name, empty):
    assert_is_a_hint(check(name, empty), "unstarted")


@pytest.mark.parametrize("name", EXERCISES[:-1])
def test_a_function_that_was_not_begun_gets_the_friendly_line(name):
    assert_is_a_hint(check(name, lambda *arguments: ...), "unstarted")


def leaves(node):
    """Return the strings that an expression can have as its value."""
    if isinstance(node, ast.IfExp):
        return leaves(node.body) | leaves(node.orelse)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return {node.value} if is_text else set()


def written_keys(module):
    """Return the name of every hint that a module can give on its own."""
    keys = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "HintError":
            keys |= leaves(node.args[0])
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(value, ast.Tuple):
                    keys |= leaves(key) or leaves(value.elts[0])
    return keys


def test_every_hint_is_reached_by_a_mistake():
    tables = [globals()[f"MISTAKES_{number}"] for number in range(1, 11)]
    reached = {hint for table in tables for hint in table}
    written = written_keys(mnist_lstm) | written_keys(mnist_lstm_read)
    assert len(written) > 100
    assert written - reached == set()
