"""The exercises of the echo chapter: every solution passes, every hint is reached."""

import ast
import inspect
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.unit.exercise_tools import (
    assert_is_a_hint,
    run_cell_with,
    tagged_cells,
    trivial_functions,
    trivial_values,
)
from unrolled.cells.tanh import TanhCell
from unrolled.exercises import check
from unrolled.exercises import echo_rnn as exercises
from unrolled.exercises.checking import names
from unrolled.tasks.echo import Echo, echo
from unrolled.training.stored import stored_result

ROOT = Path(__file__).parents[2]
CHAPTER = ROOT / "chapters" / "echo_rnn.ipynb"
EXERCISES = [f"echo-{number}" for number in range(1, 10)]
ZEROS, ONES = np.zeros((3, 4)), np.ones((3, 4))


def chapter_names():
    """Return what the solutions use from the chapter, with an untrained net."""
    generator = np.random.default_rng(0)
    W_xh, W_hh = generator.normal(size=(1, 4)), generator.normal(size=(4, 4)) / 4
    cell = TanhCell(W_xh=W_xh, W_hh=W_hh, b_h=-W_xh[0] / 2)
    bits = Echo(series_length=5000).epoch(0)[0][:1]
    return {
        "np": np,
        "check": check,
        "echo": echo,
        "trained": SimpleNamespace(trace=cell.forward),
        "bits": bits,
        "flat": bits[0, :, 0],
        "luck": stored_result("echo_luck", ROOT / "data" / "results"),
    }


def cells_with(tag):
    return tagged_cells(CHAPTER, tag)


def run_cell(source):
    """Run a cell; return its names and the verdict on its last line."""
    return run_cell_with(source, chapter_names())


def test_every_exercise_is_registered():
    assert {name for name in names() if name.startswith("echo-")} == set(EXERCISES)


@pytest.mark.parametrize("name", EXERCISES)
def test_solution_of_the_chapter_passes(name):
    space, verdict = run_cell(cells_with("solution")[f"{name}-solution"])
    assert verdict.exercise == name
    assert verdict.passed
    assert verdict.message == f"Exercise {name}: That is right."
    assert f"solution_{name.split('-')[1]}" in space


@pytest.mark.parametrize("name", EXERCISES)
def test_stub_of_the_chapter_is_not_begun(name):
    _, verdict = run_cell(cells_with("check")[f"{name}-attempt"])
    assert (verdict.exercise, verdict.hint) == (name, "unstarted")


def test_the_difference_of_the_schemes_is_beyond_doubt_with_fifty_nets_only(capsys):
    run_cell(cells_with("solution")["echo-9-solution"])
    printed = capsys.readouterr().out
    assert " 8 nets each: beyond doubt (p below 0.001): False" in printed
    assert "50 nets each: beyond doubt (p below 0.001): True" in printed


def test_the_exercises_need_no_tensorflow():
    code = "import sys, unrolled.exercises.echo_rnn; print('tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


# Exercise 1 -------------------------------------------------------------------------

SERIES = np.array([1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0])
ROWS = SERIES.reshape(3, 4)
TARGETS = [[0, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 1]]
UNSEEN = [[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]
START = [[1, 1, 0, 0]]


def shifted_rows(row):
    return np.append([0, 0], row[:2])


MISTAKES_1 = {
    "each-row": (np.apply_along_axis(shifted_rows, 1, ROWS), UNSEEN),
    "wrapped": (np.roll(SERIES, 2).reshape(3, 4), UNSEEN),
    "ahead": (np.append(SERIES[2:], [0, 0]).reshape(3, 4), UNSEEN),
    "unmoved": (ROWS, UNSEEN),
    "delay": (echo(SERIES, 3).reshape(3, 4), UNSEEN),
    "columns": (echo(SERIES, 2).reshape(4, 3).T, UNSEEN),
    "first-row": (TARGETS, START * 3),
    "start-only": (TARGETS, [*START, [0] * 4, [0] * 4]),
    "every": (TARGETS, ONES),
    "none": (TARGETS, ZEROS),
    "inverted": (TARGETS, 1 - np.array(UNSEEN)),
    "width": (TARGETS, [[0] * 4, [1, 1, 1, 0], [1, 1, 1, 0]]),
    "bits": (TARGETS, [[0, 0, 1, 1], [0, 0, 1, 1], [0] * 4]),
    "swapped": (UNSEEN, TARGETS),
    "parts": TARGETS,
    "unstarted": (TARGETS, ...),
    "shape": (np.ravel(TARGETS), UNSEEN),
    "no-number": (TARGETS, "the first two"),
    "other": (ZEROS, UNSEEN),
}


@pytest.mark.parametrize("hint", MISTAKES_1)
def test_hints_of_exercise_1(hint):
    assert_is_a_hint(check("echo-1", MISTAKES_1[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        ((np.roll(ROWS, 2, axis=1), UNSEEN), "each-row"),
        ((np.roll(SERIES, -2).reshape(3, 4), UNSEEN), "ahead"),
        ((np.roll(ROWS, -2, axis=1) * START, UNSEEN), "ahead"),
        ((echo(SERIES, 1).reshape(3, 4), UNSEEN), "delay"),
        ((TARGETS, [[0] * 4, [1] * 4, [1] * 4]), "every"),
        ((TARGETS, [[0] * 4, [1, 0, 0, 0], [1, 0, 0, 0]]), "width"),
        ((TARGETS, [[0, 0, 1, 1]] * 3), "bits"),
        ((TARGETS, TARGETS), "other"),
    ],
)
def test_more_hints_of_exercise_1(attempt, hint):
    assert_is_a_hint(check("echo-1", attempt), hint)


def test_exercise_1_says_that_the_targets_are_right():
    assert "targets are right" in check("echo-1", (TARGETS, TARGETS)).message


@pytest.mark.parametrize(
    "attempt",
    [
        (TARGETS, UNSEEN),
        [np.array(TARGETS, bool), np.array(UNSEEN, bool)],
        np.array([TARGETS, UNSEEN], np.float32),
        tuple(tuple(map(tuple, part)) for part in (TARGETS, UNSEEN)),
    ],
    ids=["lists", "bool", "one array", "tuples"],
)
def test_exercise_1_accepts_the_right_arrays(attempt):
    assert check("echo-1", attempt).passed


# Exercise 2 -------------------------------------------------------------------------


def counted(windows, left=None):
    """Return a counting function; the bits left over follow from the windows."""

    def attempt(length, window, stride):
        number = windows(length, window, stride)
        if left:
            return number, left(length, window, stride, number)
        return number, length - window - (number - 1) * stride

    return attempt


def fitting(length, window, stride):
    return (length - window) // stride + 1


MISTAKES_2 = {
    "stride-is-window": lambda L, T, s: (L // T, L % T),
    "starts": counted(lambda L, T, s: L // s),
    "one-too-few": counted(lambda L, T, s: (L - T) // s),
    "exact-fit": counted(lambda L, T, s: len(range(0, L - T, s))),
    "one-too-many": counted(lambda L, T, s: fitting(L, T, s) + 1),
    "rest-of-windows": counted(fitting, lambda L, T, s, n: L % T),
    "rest-of-strides": counted(fitting, lambda L, T, s, n: L - n * s),
    "overlap": counted(fitting, lambda L, T, s, n: L - n * T),
    "swapped": lambda L, T, s: counted(fitting)(L, T, s)[::-1],
    "fraction": counted(lambda L, T, s: (L - T) / s + 1),
    "parts": fitting,
    "other": lambda L, T, s: (666, 10),
    "not-finite": lambda L, T, s: (np.inf, 0),
    "unstarted": lambda L, T, s: (fitting(L, T, s), ...),
}


@pytest.mark.parametrize("hint", MISTAKES_2)
def test_hints_of_exercise_2(hint):
    assert_is_a_hint(check("echo-2", MISTAKES_2[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (counted(lambda L, T, s: math.ceil(L / s)), "starts"),
        (counted(lambda L, T, s: math.ceil((L - T) / s) + 1), "one-too-many"),
        (counted(fitting, lambda L, T, s, n: L % s), "rest-of-strides"),
        (counted(fitting, lambda L, T, s, n: max(L - n * T, 0)), "overlap"),
        (counted(fitting, lambda L, T, s, n: -1), "other"),
    ],
)
def test_more_hints_of_exercise_2(attempt, hint):
    assert_is_a_hint(check("echo-2", attempt), hint)


def counted_one_by_one(length, window, stride):
    starts = [n for n in range(0, length, stride) if n + window <= length]
    return [float(len(starts)), np.float32(length - window - starts[-1])]


@pytest.mark.parametrize(
    "attempt",
    [
        counted_one_by_one,
        lambda *case: (
            np.array(counted_one_by_one(*case), np.int8 if case[1] else int)
            if case[0] < 100
            else np.array(counted_one_by_one(*case))
        ),
    ],
)
def test_exercise_2_accepts_a_loop_and_floats(attempt):
    assert check("echo-2", attempt).passed


# Exercise 3 -------------------------------------------------------------------------


def carried(
    reset=False, recurrent=None, bias=1, squash=np.tanh, axis=1, keep="all", one_row=0
):
    """Return a forward pass by windows with one mistake."""

    def attempt(bits, W_xh, W_hh, b_h, window):
        batch = len(bits)
        rows = bits.reshape(1, -1) if one_row else bits
        W_hh = recurrent(W_hh) if recurrent else W_hh
        h, states = np.zeros((len(rows), len(W_hh))), []
        for t in range(rows.shape[1]):
            if reset and t % window == 0:
                h = np.zeros_like(h)
            if keep == "before":
                states.append(h)
            h = squash(rows[:, t : t + 1] @ W_xh + h @ W_hh + bias * b_h)
            if keep == "all" or (keep == "ends" and t % window == window - 1):
                states.append(h)
        stacked = np.stack(states, axis=axis)
        return stacked.reshape(batch, -1, len(W_hh)) if one_row else stacked

    return attempt


def with_start(*arguments):
    states = carried()(*arguments)
    return np.concatenate([np.zeros_like(states[:, :1]), states], axis=1)


def apart(bits, W_xh, W_hh, b_h, window):
    states = carried()(bits, W_xh, W_hh, b_h, window)
    return states.reshape(len(bits), -1, window, len(W_hh))


MISTAKES_3 = {
    "reset": carried(reset=True),
    "row-to-row": carried(one_row=True),
    "no-bias": carried(bias=0),
    "no-state": carried(recurrent=np.zeros_like),
    "transposed": carried(recurrent=np.transpose),
    "no-tanh": carried(squash=np.copy),
    "state-before": carried(keep="before"),
    "last-only": lambda *arguments: carried()(*arguments)[:, -1],
    "ends-only": carried(keep="ends"),
    "time-first": carried(axis=0),
    "start-kept": with_start,
    "not-joined": apart,
    "shape": lambda *arguments: carried()(*arguments)[:, :-1],
    "no-number": lambda *arguments: [[1], [1, 2]],
    "other": lambda *arguments: carried()(*arguments) ** 3,
    "raised": lambda bits, W_xh, W_hh, b_h, window: bits @ W_xh,
}


@pytest.mark.parametrize("hint", MISTAKES_3)
def test_hints_of_exercise_3(hint):
    assert_is_a_hint(check("echo-3", MISTAKES_3[hint]), hint)


def test_exercise_3_knows_the_ends_of_windows_along_either_axis():
    assert check("echo-3", carried(keep="ends", axis=0)).hint == "ends-only"


def test_exercise_3_needs_more_than_one_width():
    def one_width(bits, W_xh, W_hh, b_h, window):
        return carried(reset=window == 3)(bits, W_xh, W_hh, b_h, window)

    verdict = check("echo-3", one_width)
    assert verdict.hint == "reset"
    assert "width 3" in verdict.message


def in_32_bits(*arguments):
    return carried()(*[np.asarray(a, np.float32) for a in arguments[:4]], arguments[4])


def joined_matrix(bits, W_xh, W_hh, b_h, window):
    """Read whole windows, as nested lists, with one matrix for input and state."""
    W, h, rows = np.vstack([W_xh, W_hh]), np.zeros((len(bits), len(W_hh))), []
    for piece in np.split(bits, bits.shape[1] // window, axis=1):
        for x in piece.T:
            h = np.tanh(np.column_stack([x, h]) @ W + b_h)
            rows.append(h.tolist())
    return np.swapaxes(rows, 0, 1).tolist()


@pytest.mark.parametrize("attempt", [carried(), in_32_bits, joined_matrix])
def test_exercise_3_accepts_the_right_pass(attempt):
    assert check("echo-3", attempt).passed


# Exercise 4 -------------------------------------------------------------------------


def adagrad(square=lambda g: g**2, root=np.sqrt, late=0, initial=1, outside=None):
    """Return the distance by a loop over the updates, with one mistake."""

    def attempt(gradient, rate, start, updates):
        total, distance = (0.0 if outside else initial * start), 0.0
        for _ in range(updates):
            before, total = total, total + square(gradient)
            divisor = root(before if late else total)
            if outside:
                divisor += outside(start)
            distance += rate * abs(gradient) / divisor
        return distance

    return attempt


MISTAKES_4 = {
    "signed": lambda *case: -np.sign(case[0]) * adagrad()(*case),
    "old-squares": adagrad(late=1),
    "no-root": adagrad(root=float),
    "no-initial": adagrad(initial=0),
    "outside": adagrad(outside=float),
    "last-step": lambda g, r, G, n: r * abs(g) / np.sqrt(G + n * g**2),
    "final-sum": lambda g, r, G, n: n * r * abs(g) / np.sqrt(G + n * g**2),
    "never-grows": lambda g, r, G, n: n * r * abs(g) / np.sqrt(G + g**2),
    "plain": lambda g, r, G, n: n * r * abs(g),
    "not-squared": adagrad(square=abs),
    "approximate": lambda g, r, G, n: 2 * r * np.sqrt(n),
    "other": lambda g, r, G, n: 27.0,
    "shape": lambda g, r, G, n: r * abs(g) / np.sqrt(G + g**2 * np.arange(1, n + 1)),
    "no-function": 26.6,
}


@pytest.mark.parametrize("hint", MISTAKES_4)
def test_hints_of_exercise_4(hint):
    assert_is_a_hint(check("echo-4", MISTAKES_4[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (lambda *case: np.sign(case[0]) * adagrad()(*case), "signed"),
        (adagrad(outside=np.sqrt), "outside"),
        (lambda g, r, G, n: n * r * abs(g) / np.sqrt(G), "never-grows"),
        (
            lambda g, r, G, n: 2 * r / abs(g) * (np.sqrt(G + n * g**2) - np.sqrt(G)),
            "approximate",
        ),
    ],
)
def test_more_hints_of_exercise_4(attempt, hint):
    assert_is_a_hint(check("echo-4", attempt), hint)


def walked(gradient, rate, initial, updates):
    """Move a weight in 32 bits and measure how far it came."""
    weight = squares = np.float32(0)
    squares += np.float32(initial)
    for _ in range(updates):
        squares += np.float32(gradient) ** 2
        weight -= np.float32(rate) * np.float32(gradient) / np.sqrt(squares)
    return abs(weight)


@pytest.mark.parametrize("attempt", [adagrad(), walked])
def test_exercise_4_accepts_a_loop(attempt):
    assert check("echo-4", attempt).passed


# Exercise 5 -------------------------------------------------------------------------

MISTAKES_5 = {
    "negative": lambda d, T: (T - d) / T,
    "one-too-few": lambda d, T: max(T - d - 1, 0) / T,
    "one-too-many": lambda d, T: max(T - d + 1, 0) / T,
    "complement": lambda d, T: min(d, T) / T,
    "count": lambda d, T: max(T - d, 0),
    "percent": lambda d, T: 100 * max(T - d, 0) / T,
    "other": lambda d, T: 0.8 if T == 15 else 0.3,
}


@pytest.mark.parametrize("hint", MISTAKES_5)
def test_hints_of_exercise_5(hint):
    assert_is_a_hint(check("echo-5", MISTAKES_5[hint]), hint)


def test_exercise_5_knows_the_complement_that_exceeds_1():
    assert check("echo-5", lambda d, T: d / T).hint == "complement"


@pytest.mark.parametrize(
    "attempt",
    [
        lambda d, T: np.mean(np.arange(T) >= d),
        lambda d, T: Fraction(max(T - d, 0), T),
        lambda d, T: np.float32(1 - min(d / T, 1)),
        lambda d, T: 1 - d / T if d < T else 0,
    ],
)
def test_exercise_5_accepts_every_right_share(attempt):
    assert check("echo-5", attempt).passed


# Exercise 6 -------------------------------------------------------------------------


def entropy(q, log=math.log):
    return -sum(p * log(p) for p in (q, 1 - q) if p > 0)


def floor(share=lambda B: (B - 1) / (2 * B), log=math.log, scale=lambda B, T: 1):
    """Return floor 2 with one mistake."""

    def attempt(batch, delay, window):
        price = entropy(share(batch), log)
        return min(delay, window) / window * price * scale(batch, window)

    return attempt


def with_nan(batch, delay, window):
    q = np.float64((batch - 1) / (2 * batch))
    price = -(q * np.log(q) + (1 - q) * np.log(1 - q))
    return min(delay, window) / window * price


MISTAKES_6 = {
    "floor-1": lambda B, d, T: (B - 1) * min(d, T) / (B * T) * math.log(2),
    "not-halved": floor(lambda B: (B - 1) / B),
    "all-rows": floor(lambda B: 0.5),
    "bits": floor(log=math.log2),
    "not-divided": floor(scale=lambda B, T: T),
    "divided-by-batch": floor(scale=lambda B, T: 1 / B),
    "half-entropy": lambda B, d, T: (
        -min(d, T) / T * (B - 1) / (2 * B) * math.log((B - 1) / (2 * B))
    ),
    "sign": floor(scale=lambda B, T: -1),
    "not-capped": lambda B, d, T: d / T * entropy((B - 1) / (2 * B)),
    "single-row": with_nan,
    "other": lambda B, d, T: 0.1346,
    "no-function": 0.1346,
}


@pytest.mark.parametrize("hint", MISTAKES_6)
def test_hints_of_exercise_6(hint):
    assert_is_a_hint(check("echo-6", MISTAKES_6[hint]), hint)


def stops_at_a_single_row(batch, delay, window):
    q = (batch - 1) / (2 * batch)
    price = -(q * math.log(q) + (1 - q) * math.log(1 - q))
    return min(delay, window) / window * price


def without_a_way(batch, delay, window):
    raise ValueError("no idea")


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (stops_at_a_single_row, "single-row"),
        (lambda B, d, T: floor()(B, d, T) if B > 1 else 0.5, "other"),
        (without_a_way, "raised"),
        (lambda B, d, T: math.nan, "not-finite"),
        (lambda B, d, T: d / T * entropy((B - 1) / (2 * B)) / B, "divided-by-batch"),
        (floor(scale=lambda B, T: B * T), "not-divided"),
        (
            lambda B, d, T: (
                -min(d, T) / T * (B + 1) / (2 * B) * math.log((B + 1) / (2 * B))
            ),
            "half-entropy",
        ),
    ],
)
def test_more_hints_of_exercise_6(attempt, hint):
    assert_is_a_hint(check("echo-6", attempt), hint)


def nearly_zero(batch, delay, window):
    """Keep the logarithm finite by a tiny probability."""
    q = np.maximum((batch - 1) / (2 * batch), 1e-12)
    return np.mean(np.arange(window) < delay) * entropy(q)


@pytest.mark.parametrize("attempt", [floor(), nearly_zero])
def test_exercise_6_accepts_the_floor(attempt):
    assert check("echo-6", attempt).passed


# Exercise 7 -------------------------------------------------------------------------


def chain(
    read=3, shift=1, weight=5.0, first=10.0, bias=None, readout=(-5.0, 5.0), b_q=(0, 0)
):
    """Return a chain of units: fed at the first, read at unit ``read``."""
    unit = np.eye(4)
    bias = -first / 2 if bias is None else bias
    W_hq = np.outer(unit[read], readout)
    return first * unit[:1], weight * np.eye(4, k=shift), bias * unit[0], W_hq, b_q


def leaking(kept):
    """Return a nearly linear chain whose last unit keeps a part of its state."""
    W_xh, W_hh, b_h, W_hq, b_q = chain(weight=0.1, first=0.1)
    W_hh[3, 3] = kept
    return W_xh, W_hh, b_h, W_hq, b_q


def changed(place, value):
    net = list(chain())
    net[place] = value
    return tuple(net)


MISTAKES_7 = {
    "inverted": chain(readout=(5, -5)),
    "transposed": chain(shift=-1),
    "input": chain(read=0),
    "delay": chain(read=2),
    "undecided": chain(bias=0),
    "silent": changed(0, np.zeros((1, 4))),
    "mixes": changed(1, 5 * (np.eye(4, k=1) + np.eye(4))),
    "not-three": (*chain()[:3], np.outer([1, 1, 0, 0], [-5, 5]), (-5, 5)),
    "other": leaking(0.50004),
    "parts": chain()[:4],
    "unstarted": changed(4, ...),
    "shape": changed(0, np.ones(4)),
    "no-number": changed(2, "none"),
    "not-finite": changed(2, np.full(4, np.inf)),
}


@pytest.mark.parametrize("hint", MISTAKES_7)
def test_hints_of_exercise_7(hint):
    assert_is_a_hint(check("echo-7", MISTAKES_7[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (chain(read=1), "delay"),
        (chain(read=2, readout=(5, -5)), "delay"),
        (leaking(0.9), "mixes"),
        (chain(weight=0), "silent"),
        (changed(2, [-5] * 4), "silent"),
        ([np.zeros(shape) for shape in exercises.SHAPES.values()], "silent"),
        (changed(3, np.zeros((2, 4))), "shape"),
        (changed(1, np.eye(4, k=1) - np.full((4, 4), 1e308)), "silent"),
        (chain(bias=-10), "undecided"),
        (chain(bias=0, readout=(5, -5)), "undecided"),
    ],
)
def test_more_hints_of_exercise_7(attempt, hint):
    assert_is_a_hint(check("echo-7", attempt), hint)


def turned_about():
    """Return a chain whose units are permuted and of both signs."""
    W_xh, W_hh, b_h, W_hq, b_q = chain()
    turn = np.eye(4)[[2, 0, 3, 1]] * [1, -1, -1, 1]
    return W_xh @ turn, turn.T @ W_hh @ turn, b_h @ turn, turn.T @ W_hq, b_q


def nearly_linear():
    """Return small weights everywhere, mixed units and a readout that makes up for it.

    Near zero a tanh unit is linear, so that a change of basis changes nothing.
    """
    mix = np.random.default_rng(3).normal(size=(4, 4))
    back = np.linalg.inv(mix)
    W_xh, W_hh, b_h, W_hq, b_q = chain(weight=1.0, first=1e-5, readout=(-1e5, 1e5))
    return W_xh @ mix, back @ W_hh @ mix, b_h @ mix, back @ W_hq, np.array(b_q)


@pytest.mark.parametrize(
    "net",
    [
        chain(),
        list(chain()),
        tuple(np.asarray(part, np.float32) for part in chain()),
        tuple(np.asarray(part).tolist() for part in chain()),
        chain(weight=0.1, first=0.1, readout=(0, 1)),
        chain(bias=0, b_q=(2.5, -2.5)),
        chain(bias=0, readout=(0, 5), b_q=(1, 0)),
        chain(first=1000, weight=1000),
        chain(first=1e-9, bias=0, b_q=(1e-9, 0)),
        leaking(0.3),
        turned_about(),
        nearly_linear(),
    ],
)
def test_exercise_7_accepts_every_echoing_net(net):
    assert check("echo-7", net).passed


# Exercise 8 -------------------------------------------------------------------------


def with_ones(states):
    return np.column_stack([states, np.ones(len(states))])


def probe(
    pairs=None, split=None, aim=lambda b: 2 * b - 1, cut=0.0, constant=True, judge=None
):
    """Return a probe with one mistake."""

    def attempt(states, bits, lag):
        late, early = pairs(states, bits, lag) if pairs else (states[lag:], bits)
        early = early[: len(late)]
        fit, test = (split or in_half)(len(early))
        columns = with_ones(late) if constant else late
        weights = np.linalg.lstsq(columns[fit], aim(early[fit]), rcond=None)[0]
        output = columns[test] @ weights
        if judge:
            return judge(output, early[test])
        return np.mean((output > cut) == (early[test] > 0.5))

    return attempt


def in_half(count):
    return slice(count // 2), slice(count // 2, None)


MISTAKES_8 = {
    "ahead": probe(lambda s, b, lag: (s[: len(s) - lag], b[lag:])),
    "no-lag": probe(lambda s, b, lag: (s, b)),
    "one-off": probe(lambda s, b, lag: (s[lag + 1 :], b)),
    "training-half": probe(split=lambda n: (slice(n // 2),) * 2),
    "all-pairs": probe(split=lambda n: (slice(n // 2), slice(None))),
    "halves-swapped": probe(split=lambda n: in_half(n)[::-1]),
    "fitted-on-all": probe(split=lambda n: (slice(None), slice(n // 2, None))),
    "no-constant": probe(constant=False),
    "threshold": probe(cut=0.5),
    "labels": probe(judge=lambda o, b: np.mean(np.sign(o) == b)),
    "told-wrong": probe(judge=lambda o, b: np.mean((o > 0) != b)),
    "zero-lag": lambda s, b, lag: probe(lambda s, b, lag: (s[lag:], b[:-lag]))(
        s, b, lag
    ),
    "not-share": probe(judge=lambda o, b: np.sum((o > 0) == b)),
    "other": lambda s, b, lag: 0.9,
    "shape": lambda s, b, lag: s.mean(axis=0),
    "raised": lambda s, b, lag: np.linalg.lstsq(s, b[lag:])[0],
}


@pytest.mark.parametrize("hint", MISTAKES_8)
def test_hints_of_exercise_8(hint):
    assert_is_a_hint(check("echo-8", MISTAKES_8[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (probe(lambda s, b, lag: (s[max(lag - 1, 0) :], b)), "one-off"),
        (probe(split=lambda n: (slice(None),) * 2), "all-pairs"),
        (probe(aim=np.copy, cut=0.5, constant=False), "no-constant"),
        (probe(aim=np.copy, cut=0.0), "threshold"),
        (lambda s, b, lag: probe()(s, b, lag) if lag else 1 / 0, "zero-lag"),
        (lambda s, b, lag: probe()(s, b, lag) if lag else math.nan, "zero-lag"),
        (lambda s, b, lag: probe()(s, b, lag) * (lag != 1), "other"),
    ],
)
def test_more_hints_of_exercise_8(attempt, hint):
    assert_is_a_hint(check("echo-8", attempt), hint)


def by_pseudo_inverse(states, bits, lag):
    """Fit zeros and ones, and round the other half up."""
    late, early = with_ones(states[lag:]), np.roll(bits, lag)[lag:]
    half = len(early) // 2
    told = late[half:] @ np.linalg.pinv(late[:half]) @ early[:half] >= 0.5
    return 1 - np.mean(np.abs(told - early[half:]))


def by_centring(states, bits, lag):
    """Give the means of the first half the part of the constant."""
    late, early = states[lag:], 2 * bits[: len(bits) - lag] - 1
    half = (len(early) + 1) // 2
    middle, level = late[:half].mean(axis=0), early[:half].mean()
    centred = late - middle
    normal = centred[:half].T @ centred[:half]
    weights = np.linalg.solve(normal, centred[:half].T @ (early[:half] - level))
    right = np.sign(centred[half:] @ weights + level) == early[half:]
    return np.float32(right.mean())


@pytest.mark.parametrize("attempt", [probe(), by_pseudo_inverse, by_centring])
def test_exercise_8_accepts_every_right_probe(attempt):
    assert check("echo-8", attempt).passed


@pytest.mark.parametrize("lag", [2, 1, 0])
def test_the_example_of_exercise_8_tells_the_usual_mistakes_apart(lag):
    states, bits = exercises._noisy_states()
    right = probe()(states, bits, lag)
    assert 0.7 < right < 0.9
    if lag == 2:
        shares = [MISTAKES_8[hint](states, bits, lag) for hint in list(MISTAKES_8)[:11]]
        gaps = np.diff(np.sort([right, *shares]))
        assert gaps.min() > 0.008


# Exercise 9 -------------------------------------------------------------------------


def permutation_test(
    learns=np.less,
    seen_by=abs,
    shuffled_by=abs,
    counts=lambda d, seen: d >= seen - 1e-12,
    shares=None,
    shuffle=None,
    p_of=np.mean,
    of_means=False,
    seed=0,
):
    """Return a permutation test with one mistake."""

    def attempt(losses_a, losses_b, threshold):
        generator, n = np.random.default_rng(seed), len(losses_a)
        losses = np.concatenate([losses_a, losses_b])
        learnt = learns(losses, threshold)
        pool = losses if of_means else learnt
        deal = shuffle or (lambda generator, pool, n: generator.permutation(pool))

        def apart(each):
            return each[:n].mean() - each[n:].mean()

        seen = seen_by(apart(pool))
        dealt = [deal(generator, pool, n) for _ in range(2000)]
        found = np.array([shuffled_by(apart(each)) for each in dealt])
        answer = learnt[:n].mean(), learnt[n:].mean(), p_of(counts(found, seen))
        return shares(answer, learnt, losses, n) if shares else answer

    return attempt


def inside_one_kind(generator, pool, n):
    return np.concatenate([generator.permutation(pool[:n]), pool[n:]])


def with_shares(make):
    return permutation_test(shares=lambda answer, *rest: (*make(*rest), answer[2]))


MISTAKES_9 = {
    "above": permutation_test(learns=np.greater),
    "swapped": permutation_test(shares=lambda a, *rest: (a[1], a[0], a[2])),
    "counts": with_shares(
        lambda learnt, losses, n: (learnt[:n].sum(), sum(learnt[n:]))
    ),
    "of-all": with_shares(
        lambda learnt, losses, n: (
            np.array([learnt[:n].sum(), sum(learnt[n:])]) / len(learnt)
        )
    ),
    "mean-losses": with_shares(
        lambda learnt, losses, n: (losses[:n].mean(), losses[n:].mean())
    ),
    "not-shuffled": permutation_test(shuffle=inside_one_kind),
    "signed": permutation_test(seen_by=float),
    "one-sided": permutation_test(seen_by=float, shuffled_by=float),
    "doubled": permutation_test(
        seen_by=float, shuffled_by=float, p_of=lambda x: min(2 * np.mean(x), 1)
    ),
    "strict": permutation_test(counts=lambda d, seen: d > seen + 1e-12),
    "complement": permutation_test(counts=lambda d, seen: d < seen - 1e-12),
    "mean-difference": permutation_test(of_means=True),
    "not-p": permutation_test(p_of=np.sum),
    "parts": lambda a, b, threshold: (np.mean(a < threshold), np.mean(b < threshold)),
    "other": lambda a, b, threshold: (0.5, 0.5, 0.5),
    "unstarted": lambda a, b, threshold: (0.75, 0.5, ...),
    "not-finite": permutation_test(p_of=lambda x: np.nan),
}


@pytest.mark.parametrize("hint", MISTAKES_9)
def test_hints_of_exercise_9(hint):
    assert_is_a_hint(check("echo-9", MISTAKES_9[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (permutation_test(shuffle=lambda generator, pool, n: pool), "not-shuffled"),
        (
            permutation_test(
                seen_by=float,
                shuffled_by=float,
                counts=lambda d, seen: d * np.sign(seen) >= abs(seen) - 1e-12,
            ),
            "one-sided",
        ),
        (
            with_shares(
                lambda learnt, losses, n: (
                    np.array([learnt[:n].sum(), sum(learnt[n:])]) / learnt.sum()
                )
            ),
            "of-all",
        ),
        (permutation_test(p_of=lambda x: 0.05), "other"),
    ],
)
def test_more_hints_of_exercise_9(attempt, hint):
    assert_is_a_hint(check("echo-9", attempt), hint)


def test_exercise_9_says_that_the_shares_are_right():
    verdict = check("echo-9", permutation_test(p_of=lambda x: 0.05))
    assert "the shares are right" in verdict.message


def shuffled_places(losses_a, losses_b, threshold):
    """Shuffle who belongs to which kind, and count the observed deal as well."""
    generator = np.random.default_rng(7)
    learnt = [bool(loss < threshold) for loss in [*losses_a, *losses_b]]
    n, m = len(losses_a), len(losses_b)
    first, second = sum(learnt[:n]) / n, sum(learnt[n:]) / m
    hits = 1
    for _ in range(2000):
        places = generator.choice(n + m, n, replace=False)
        inside = sum(learnt[place] for place in places)
        apart = inside / n - (sum(learnt) - inside) / m
        hits += abs(apart) >= abs(first - second) - 1e-12
    return [first, second, hits / 2001]


@pytest.mark.parametrize(
    "attempt",
    [
        permutation_test(),
        permutation_test(counts=lambda d, seen: d >= seen),
        shuffled_places,
        lambda *case: np.array(permutation_test(seed=3)(*case), np.float32),
    ],
)
def test_exercise_9_accepts_every_right_test(attempt):
    assert check("echo-9", attempt).passed


@pytest.mark.parametrize("seed", range(1, 9))
def test_exercise_9_accepts_other_shuffles(seed):
    assert check("echo-9", permutation_test(seed=seed)).passed


# All --------------------------------------------------------------------------------

ATTEMPTS = [
    *trivial_values(),
    *trivial_functions(),
    *(lambda *arguments, k=k: (0.0,) * k for k in (2, 3)),
    lambda losses_a, losses_b, threshold: (losses_a.mean(), losses_b.mean(), 1.0),
    (ZEROS, ZEROS),
    (ONES, ONES),
    *([fill(shape) for shape in exercises.SHAPES.values()] for fill in (np.ones,)),
]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("attempt", range(len(ATTEMPTS)))
def test_no_check_is_passed_without_work(name, attempt):
    assert_is_a_hint(check(name, ATTEMPTS[attempt]))


def written_keys():
    """Return the name of every hint that the module can give on its own."""
    tree = ast.parse(inspect.getsource(exercises))
    tables = [node.keys for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    keys = {
        leaf.value
        for table in tables
        for key in table
        if key is not None
        for leaf in ast.walk(key)
        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
    }
    calls = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "HintError"
        and isinstance(node.args[0], ast.Constant)
    ]
    return keys | set(calls)


def test_every_hint_is_reached_by_a_mistake():
    tables = [globals()[f"MISTAKES_{number}"] for number in range(1, 10)]
    reached = {hint for table in tables for hint in table}
    assert written_keys() - reached - set(exercises.SHAPES) == set()
