"""The exercises of the linear chapter: every solution passes, every hint is reached."""

import ast
import inspect
import math
from pathlib import Path

import numpy as np
import pytest

from tests.unit.exercise_tools import (
    assert_is_a_hint,
    run_cell_with,
    tagged_cells,
    trivial_functions,
    trivial_values,
)
from unrolled.cells import linear
from unrolled.exercises import check
from unrolled.exercises import linear_rnn as exercises
from unrolled.exercises.checking import names
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel

CHAPTER = Path(__file__).parents[2] / "chapters" / "linear_rnn.ipynb"
EXERCISES = [f"linear-{number}" for number in range(1, 11)]


def loss(w_x, w_rec):
    return ScalarModel(w_x, w_rec).loss(*counting.published().batch(0))


def loss_gradient(w_x, w_rec):
    _, gradient = ScalarModel(w_x, w_rec).loss_and_gradients(
        *counting.published().batch(0)
    )
    return np.array([gradient["w_x"], gradient["w_rec"]])


def chapter_names():
    """Return what the solutions use from the chapter."""
    return {
        "np": np,
        "check": check,
        "counting": counting,
        "forward": linear.forward,
        "inputs": counting.published().inputs,
        "start": (-1.5, 2.0),
        "loss": loss,
        "loss_gradient": loss_gradient,
        "fits": np.zeros((2, 2)),
    }


def cells_with(tag):
    return tagged_cells(CHAPTER, tag)


def run_cell(source):
    """Run a cell; return its names and the verdict on its last line."""
    return run_cell_with(source, chapter_names())


def test_every_exercise_is_registered():
    assert {name for name in names() if name.startswith("linear-")} == set(EXERCISES)


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


def test_the_better_rprop_needs_169_updates(capsys):
    run_cell(cells_with("solution")["linear-7-solution"])
    assert "goal after 169 updates" in capsys.readouterr().out


# Exercise 1 -------------------------------------------------------------------------

MISTAKES_1 = {
    "reversed": (2.75, 0.8125, 1.75),
    "off-by-one": (1.625, 0.8125, 1.75),
    "swapped": (5.5, 0.8125, 1.75),
    "count": (3.0, 0.8125, 1.75),
    "other": (3.5, 0.8125, 1.75),
    "no-two": (3.25, 0.40625, 0.875),
    "sign": (3.25, -0.8125, -1.75),
    "last-step": (3.25, 0.5, 1.25),
    "state-after": (3.25, 0.8125, 2.5),
    "swapped-slopes": (3.25, 1.75, 0.8125),
    "wrong-way": (3.25, 0.6875, 0.78125),
    "not-faded": (3.25, 1.5, 2.75),
    "unstarted": (3.25, ..., 1.75),
    "triple": 3.25,
    "no-number": (3.25, "a", 1.75),
}


@pytest.mark.parametrize("hint", MISTAKES_1)
def test_hints_of_exercise_1(hint):
    assert check("linear-1", MISTAKES_1[hint]).hint == hint


def test_exercise_1_has_a_hint_for_an_unknown_gradient():
    verdict = check("linear-1", (3.25, 1.0, 1.0))
    assert verdict.hint == "other"
    assert "output is right" in verdict.message


def test_exercise_1_accepts_an_array():
    assert check("linear-1", np.array([3.25, 0.8125, 1.75])).passed


# Exercise 2 -------------------------------------------------------------------------


def needed(w_rec, share):
    return math.log(share) / math.log(abs(w_rec)) if w_rec else 1.0


def while_without_size(w_rec, share):
    steps = 0
    while w_rec**steps > share:
        steps += 1
    return steps


MISTAKES_2 = {
    "fraction": needed,
    "one-too-few": lambda w, s: math.floor(needed(w, s)),
    "one-too-many": lambda w, s: math.floor(needed(w, s)) + 1 if w else 1,
    "sign": while_without_size,
    "zero": lambda w, s: math.ceil(math.log(s) / math.log(abs(w))),
    "other": lambda w, s: 7,
}


@pytest.mark.parametrize("hint", MISTAKES_2)
def test_hints_of_exercise_2(hint):
    assert check("linear-2", MISTAKES_2[hint]).hint == hint


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (lambda w, s: round(needed(w, s)), "one-too-few"),
        (lambda w, s: math.ceil(math.log(s) / math.log(w)), "sign"),
        (lambda w, s: np.ceil(np.log(s) / np.log(w)), "sign"),
        (lambda w, s: np.ceil(np.log(s) / np.log(abs(w))) if w else np.nan, "zero"),
        (lambda w, s: [1, 2], "shape"),
        (10, "no-function"),
    ],
)
def test_more_hints_of_exercise_2(attempt, hint):
    assert check("linear-2", attempt).hint == hint


# Exercise 3 -------------------------------------------------------------------------


def through_time(direct_factor=1.0, shift=0, last_only=False, weight=True):
    """Return a backward pass with one mistake."""

    def attempt(inputs, states, grad_outputs, w_rec):
        direct = np.copy(grad_outputs)
        if last_only:
            direct[:, :-1] = 0
        grad, grad_w_x, grad_w_rec = np.zeros(len(inputs)), 0.0, 0.0
        for t in reversed(range(inputs.shape[1])):
            scale = w_rec if direct_factor == "w_rec" else direct_factor
            grad = direct[:, t] * scale + grad * (w_rec if weight else 1.0)
            grad_w_x += np.sum(grad * inputs[:, t])
            grad_w_rec += np.sum(grad * states[:, t + shift])
        return grad_w_x, grad_w_rec

    return attempt


MISTAKES_3 = {
    "last-only": through_time(last_only=True),
    "direct-scaled": through_time(direct_factor="w_rec"),
    "state-after": through_time(shift=1),
    "no-weight": through_time(weight=False),
    "no-time": lambda x, h, g, w: (np.sum(g * x), np.sum(g * h[:, :-1])),
    "not-summed": lambda x, h, g, w: (
        np.sum(g * x, axis=1),
        np.sum(g * h[:, :-1], axis=1),
    ),
    "pair": lambda x, h, g, w: np.sum(g * x),
    "other": lambda x, h, g, w: (0.0, 0.0),
    "raised": lambda x, h, g, w: x @ h,
}


@pytest.mark.parametrize("hint", MISTAKES_3)
def test_hints_of_exercise_3(hint):
    assert check("linear-3", MISTAKES_3[hint]).hint == hint


@pytest.mark.parametrize("kind", [tuple, list, np.array])
def test_exercise_3_accepts_the_right_pass(kind):
    right = through_time()
    assert check("linear-3", lambda *arguments: kind(right(*arguments))).passed


# Exercise 4 -------------------------------------------------------------------------


def differences(up=1, down=1, over=2.0):
    """Return a numerical gradient with the given points and divisor (in epsilon)."""

    def attempt(loss, weights, eps):
        shifts = eps * np.eye(len(weights))
        rises = [loss(weights + up * s) - loss(weights - down * s) for s in shifts]
        return np.array(rises) / (over * eps)

    return attempt


def never_put_back(loss, weights, eps):
    slopes = []
    for i in range(2):
        weights[i] += eps
        high = loss(weights)
        weights[i] -= 2 * eps
        slopes.append((high - loss(weights)) / (2 * eps))
    return slopes


MISTAKES_4 = {
    "one-sided": differences(down=0, over=1),
    "no-half": differences(over=1),
    "not-divided": lambda f, w, e: 2 * e * differences()(f, w, e),
    "upside-down": differences(up=-1, down=-1),
    "together": lambda f, w, e: np.ones(2) * (f(w + e) - f(w - e)) / (2 * e),
    "other": never_put_back,
    "shape": lambda f, w, e: (f(w + e) - f(w - e)) / (2 * e),
}


@pytest.mark.parametrize("hint", MISTAKES_4)
def test_hints_of_exercise_4(hint):
    assert check("linear-4", MISTAKES_4[hint]).hint == hint


def test_exercise_4_knows_the_backward_difference_too():
    assert check("linear-4", differences(up=0, over=1)).hint == "one-sided"


# Exercise 5 -------------------------------------------------------------------------


def curvature(inputs, farther=0, turned=False):
    distances = np.arange(inputs.shape[1])[:: 1 if turned else -1] + farther
    slopes = np.stack([inputs.sum(axis=1), inputs @ distances], axis=1)
    return 2 / len(inputs) * slopes.T @ slopes


MISTAKES_5 = {
    "least-curved": lambda x: 2 / np.linalg.eigvalsh(curvature(x))[0],
    "no-two": lambda x: 1 / np.linalg.eigvalsh(curvature(x))[-1],
    "sum": lambda x: 2 / np.linalg.eigvalsh(len(x) * curvature(x))[-1],
    "half-curvature": lambda x: 2 / np.linalg.eigvalsh(curvature(x) / 2)[-1],
    "one-weight": lambda x: 2 / curvature(x)[1, 1],
    "trace": lambda x: 2 / np.trace(curvature(x)),
    "one-step": lambda x: 2 / np.linalg.eigvalsh(curvature(x, farther=1))[-1],
    "reversed": lambda x: 2 / np.linalg.eigvalsh(curvature(x, turned=True))[-1],
    "other": lambda x: 0.0019,
    "shape": lambda x: 2 / np.linalg.eigvalsh(curvature(x)),
}


@pytest.mark.parametrize("hint", MISTAKES_5)
def test_hints_of_exercise_5(hint):
    assert check("linear-5", MISTAKES_5[hint]).hint == hint


# Exercise 6 -------------------------------------------------------------------------


def clip_by(size):
    def attempt(gradient, threshold):
        length = size(gradient)
        return gradient * threshold / length if length > threshold else gradient

    return attempt


MISTAKES_6 = {
    "each-entry": lambda g, t: np.clip(g, -t, t),
    "always": lambda g, t: g * t / np.linalg.norm(g) if g.any() else g,
    "squared": clip_by(lambda g: g @ g),
    "one-norm": clip_by(lambda g: np.abs(g).sum()),
    "largest": clip_by(lambda g: np.abs(g).max()),
    "zero": lambda g, t: g / np.linalg.norm(g) * min(np.linalg.norm(g), t),
    "other": lambda g, t: g,
}


@pytest.mark.parametrize("hint", MISTAKES_6)
def test_hints_of_exercise_6(hint):
    assert check("linear-6", MISTAKES_6[hint]).hint == hint


# Exercise 7 -------------------------------------------------------------------------


def rprop_minus(**mistake):
    """Return one update of iRprop- with one mistake."""

    def attempt(gradient, before, delta):
        product = np.sign(gradient) * before
        shrunk = 1.0 if "no_shrink" in mistake else 0.5
        kept = 0.5 if "published" in mistake else 1.0
        size = delta * np.where(product > 0, 1.2, np.where(product < 0, shrunk, kept))
        if "grows_by" in mistake:
            size = np.where(product > 0, delta + 1.2, size)
        if "shrinks_by" in mistake:
            size = np.where(product < 0, delta - 0.5, size)
        sign = np.where(product < 0, 0.0, np.sign(gradient))
        step = -sign * (delta if "old_delta" in mistake else size)
        if "moves_on" in mistake:
            step = -np.sign(gradient) * size
        if "uphill" in mistake:
            step = -step
        if "magnitude" in mistake:
            step = -gradient * size
        if "keeps_sign" in mistake:
            sign = np.sign(gradient)
        return step, sign, size

    return attempt


MISTAKES_7 = {
    "no-product": rprop_minus(published=1),
    "added": rprop_minus(grows_by=1, shrinks_by=1),
    "not-shrunk": rprop_minus(no_shrink=1),
    "magnitude": rprop_minus(magnitude=1),
    "uphill": rprop_minus(uphill=1),
    "moves-on": rprop_minus(moves_on=1),
    "old-delta": rprop_minus(old_delta=1),
    "sign-kept": rprop_minus(keeps_sign=1),
    "triple": lambda g, b, d: -np.sign(g) * d,
    "other": lambda g, b, d: (g, b, d * np.array([1.2, 1.2, 0.5, 1, 1])),
}


@pytest.mark.parametrize("hint", MISTAKES_7)
def test_hints_of_exercise_7(hint):
    assert check("linear-7", MISTAKES_7[hint]).hint == hint


@pytest.mark.parametrize("mistake", ["grows_by", "shrinks_by"])
def test_exercise_7_knows_a_sum_in_place_of_a_product(mistake):
    assert check("linear-7", rprop_minus(**{mistake: 1})).hint == "added"


@pytest.mark.parametrize("kind", [tuple, list, np.stack])
def test_exercise_7_accepts_the_right_update(kind):
    right = rprop_minus()
    assert check("linear-7", lambda *arguments: kind(right(*arguments))).passed


# Exercise 8 -------------------------------------------------------------------------


def solve(rising, wanted):
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return high


def missed(beta, steps, share=0.5):
    return share * np.sum(1 - (1 - beta) ** np.arange(steps))


MISTAKES_8 = {
    "first-order": lambda T: 2 / (T * (T - 1)),
    "all-ones": lambda T: solve(lambda b: missed(b, T, share=1.0), 0.5),
    "one-too-many": lambda T: solve(lambda b: missed(b, T + 1), 0.5),
    "whole-one": lambda T: solve(lambda b: missed(b, T), 1.0),
    "weight": lambda T: 1 - solve(lambda b: missed(b, T), 0.5),
    "above": lambda T: solve(
        lambda b: 0.5 * np.sum((1 + b) ** np.arange(T) - 1.0), 0.5
    ),
    "other": lambda T: 0.024,
}


@pytest.mark.parametrize("hint", MISTAKES_8)
def test_hints_of_exercise_8(hint):
    assert check("linear-8", MISTAKES_8[hint]).hint == hint


# Exercise 9 -------------------------------------------------------------------------


def fit_covariance(inputs):
    return np.linalg.inv(curvature(inputs) * len(inputs) / 2)


MISTAKES_9 = {
    "alone": lambda x, s: s / np.linalg.norm(x @ np.arange(x.shape[1])[::-1]),
    "variance": lambda x, s: s**2 * fit_covariance(x)[1, 1],
    "input-weight": lambda x, s: s * np.sqrt(fit_covariance(x)[0, 0]),
    "per-sample": lambda x, s: s * np.sqrt(len(x) * fit_covariance(x)[1, 1]),
    "noise-free": lambda x, s: np.sqrt(fit_covariance(x)[1, 1]),
    "two": lambda x, s: s * np.sqrt(fit_covariance(x)[1, 1] / 2),
    "other": lambda x, s: s,
}


@pytest.mark.parametrize("hint", MISTAKES_9)
def test_hints_of_exercise_9(hint):
    assert check("linear-9", MISTAKES_9[hint]).hint == hint


# Exercise 10 ------------------------------------------------------------------------


def chain(hidden, read, shift=1):
    """Return a chain of units: fed at its first unit, read at unit ``read``."""
    unit = np.eye(hidden)
    return unit[:1], np.eye(hidden, k=shift), unit[:, read : read + 1]


def ring(hidden):
    unit = np.eye(hidden)
    return unit[:1], np.roll(unit, 1, axis=1), unit[:, 3:4]


MISTAKES_10 = {
    "transposed": chain(4, 3, shift=-1),
    "delay": chain(4, 2),
    "never-forgets": ring(4),
    "silent": (np.zeros((1, 4)), *chain(4, 3)[1:]),
    "other": (np.ones((1, 1)), np.full((1, 1), 0.5), np.ones((1, 1))),
    "triple": np.eye(4),
    "unstarted": (..., ..., ...),
    "shape": (np.eye(4)[0], *chain(4, 3)[1:]),
}


@pytest.mark.parametrize("hint", MISTAKES_10)
def test_hints_of_exercise_10(hint):
    assert check("linear-10", MISTAKES_10[hint]).hint == hint


def test_a_long_ring_is_no_echo():
    assert check("linear-10", ring(40)).hint == "never-forgets"


def test_any_echoing_net_is_accepted():
    generator = np.random.default_rng(1)
    mix = generator.normal(size=(6, 6))
    W_xh, W_hh, W_hq = chain(6, 3)
    back = np.linalg.inv(mix)
    assert check("linear-10", (W_xh @ mix, back @ W_hh @ mix, back @ W_hq)).passed


# All --------------------------------------------------------------------------------

ATTEMPTS = [*trivial_values(), *trivial_functions(), (0.0,) * 3, (np.ones((1, 1)),) * 3]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("attempt", range(len(ATTEMPTS)))
def test_no_check_is_passed_without_work(name, attempt):
    assert_is_a_hint(check(name, ATTEMPTS[attempt]))


def written_keys():
    """Return the name of every hint that the module can give on its own."""
    tree = ast.parse(inspect.getsource(exercises))
    tables = [node.keys for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    keys = {key.value for table in tables for key in table}
    subscripts = [
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.slice, ast.Constant)
    ]
    calls = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "HintError"
        and isinstance(node.args[0], ast.Constant)
    ]
    return keys | set(subscripts) | set(calls)


def test_every_hint_is_reached_by_a_mistake():
    tables = [globals()[f"MISTAKES_{number}"] for number in range(1, 11)]
    reached = {hint for table in tables for hint in table}
    assert written_keys() - reached == set()


@pytest.mark.parametrize("hint", MISTAKES_1)
def test_hints_by_hand_do_not_give_the_answer_away(hint):
    message = check("linear-1", MISTAKES_1[hint]).message
    assert not any(answer in message for answer in ("3.25", "0.8125", "1.75"))


def test_checks_do_not_change_the_forward_pass():
    before = linear.forward(counting.published().inputs, 1.0, 2.0)
    for name in EXERCISES:
        check(name, ATTEMPTS[0])
    assert np.array_equal(before, linear.forward(counting.published().inputs, 1.0, 2.0))
