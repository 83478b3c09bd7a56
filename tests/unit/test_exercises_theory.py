"""The checks of the theory chapter: solutions pass, each mistake gets its own hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.unit.exercise_tools import (
    assert_is_a_hint,
    hint_keys,
    reached_keys,
    trivial_functions,
    trivial_values,
    verdicts,
)
from tests.unit.notebooks import CHAPTERS, code_cells, run_cell, run_cells
from unrolled.exercises import check, theory
from unrolled.exercises.checking import names

EXERCISES = [name for name in names() if name.startswith("theory-")]
NOTEBOOK = CHAPTERS / "theory.ipynb"
OPENING = "import numpy as np\nfrom unrolled.exercises import check\n"

# Right answers, on which the wrong ones below are built -------------------------------


def forward(
    inputs: tuple[float, ...] = (-1.0, 2.0), W_hh: Any = None, b_h: Any = (0.1, -0.1)
) -> np.ndarray:
    matrix = np.array([[0.1, 0.2], [0.3, 0.4]]) if W_hh is None else np.array(W_hh)
    h = np.zeros(2)
    for x in inputs:
        h = np.tanh(x * np.array([0.5, 0.6]) + h @ matrix + np.array(b_h))
    return np.append(h, h @ [0.1, 0.2] + 0.1)


RIGHT = forward()
BEFORE_TANH = np.arctanh(RIGHT[:2])


def count(D: int, H: int, Q: int, T: int) -> int:
    return D * H + H * H + H + H * Q + Q


def side_by_side(*parts: Any) -> Any:
    return np.concatenate(parts, axis=1)


def stacked(*parts: Any) -> Any:
    return np.concatenate(parts, axis=0)


TASKS = {
    "stars": "many to one",
    "word classes": "many to many",
    "translation": "N to M",
    "photograph": "one to one",
    "rows": "many to one",
    "next character": "many to many",
    "summary": "N to M",
}


def decode(
    context: Any,
    steps: int,
    W_hh: Any,
    W_vh: Any,
    b_h: Any,
    *,
    start: bool,
    fed: int,
    axis: int = 1,
    keep_start: bool = False,
) -> Any:
    h = context if start else np.zeros_like(context)
    states = [h] if keep_start else []
    for t in range(steps):
        h = np.tanh((context @ W_vh if t < fed else 0) + h @ W_hh + b_h)
        states.append(h)
    return np.stack(states, axis=axis)


def decoder(starts: dict[str, Any] | None = None, feeds: dict[str, Any] | None = None):
    """Return a decoder in which each form can be given other settings."""

    def attempt(context, steps, W_hh, W_vh, b_h, every_step):
        settings = {"start": not every_step, "fed": 99 if every_step else 0}
        settings |= (feeds if every_step else starts) or {}
        b_h = b_h * settings.pop("bias", 1)
        return decode(context, steps, W_hh, W_vh, b_h, **settings)

    return attempt


def leaky(**changed: Any):
    """Return the leaky cell's backward step with some of its expressions changed."""
    expressions = {
        "grad_z": "leak * (1 - s**2) * grad",
        "grad_W_hh": "h.T @ grad_z",
        "grad_b_h": "grad_z.sum(axis=0)",
        "grad_h": "grad_z @ W_hh.T + (1 - leak) * grad",
    } | changed

    def attempt(x, h, s, grad, W_xh, W_hh, leak):
        known = {"x": x, "h": h, "s": s, "grad": grad, "leak": leak, "W_hh": W_hh}
        known["grad_z"] = eval(expressions["grad_z"], {}, known)
        rest = [eval(expressions[n], {}, known) for n in list(expressions)[1:]]
        return (x.T @ known["grad_z"], *rest)

    return attempt


def negated(x, h, s, grad, W_xh, W_hh, leak):
    return tuple(-part for part in leaky()(x, h, s, grad, W_xh, W_hh, leak))


def averaged(x, h, s, grad, W_xh, W_hh, leak):
    *weights, grad_h = leaky()(x, h, s, grad, W_xh, W_hh, leak)
    return (*(part / len(x) for part in weights), grad_h)


def exact_steps(radius: float, factor: float) -> float:
    return float(np.log(factor) / np.log(radius))


def steps_until(radius: float, factor: float) -> int:
    return int(np.ceil(exact_steps(radius, factor)))


def steps_by_loop(radius: float, factor: float) -> int:
    """Right while the norm shrinks; stops at once if it grows."""
    steps, norm = 0, 1.0
    while norm > factor:
        steps, norm = steps + 1, norm * radius
    return steps


def window(w_rec: float, steps: int, tolerance: float) -> int:
    kept = np.cumsum(w_rec ** np.arange(steps))
    return int(np.argmax((kept[-1] - kept) / kept[-1] <= tolerance)) + 1


def absolute_window(w_rec: float, steps: int, tolerance: float) -> int:
    kept = np.cumsum(w_rec ** np.arange(steps))
    return int(np.argmax(kept[-1] - kept <= tolerance)) + 1


def recurrent_weight_window(w_rec: float, steps: int, tolerance: float) -> int:
    states = np.cumsum(w_rec ** np.arange(steps))  # h_1 .. h_T for ones as inputs
    before = np.append(0.0, states[:-1])
    kept = np.cumsum(w_rec ** np.arange(steps) * before[::-1])
    return int(np.argmax((kept[-1] - kept) / kept[-1] <= tolerance)) + 1


def closed_window(w_rec: float, steps: int, tolerance: float) -> int:
    """Solve for the window; divides by zero at 1."""
    missed = tolerance * (1 - w_rec**steps) / (1 - w_rec) + 0.0
    return int(np.ceil(np.log(missed * (1 - w_rec) + w_rec**steps) / np.log(w_rec)))


def window_from_the_recent_end(w_rec: float, steps: int, tolerance: float) -> int:
    """Take the terms in falling order, which is right only up to 1."""
    terms = np.sort(w_rec ** np.arange(steps))[::-1]
    kept = np.cumsum(terms)
    return int(np.argmax((kept[-1] - kept) / kept[-1] <= tolerance)) + 1


def logit(gate: float) -> float:
    return float(np.log(gate / (1 - gate)))


def latch(**changed: list[float]) -> tuple[list[Any], list[Any], list[float]]:
    """Return hand-set weights with some of them changed."""
    values: dict[str, list[float]] = {
        "W_xh": [20, 0, 0, 0],
        "W_hh": [0, 0, 0, 0],
        "b_h": [-10, 10, 10, 10],
    }
    values.update(changed)
    return [values["W_xh"]], [values["W_hh"]], values["b_h"]


def in_an_array(parts: Sequence[Any]) -> np.ndarray:
    """Return parts of any shapes as the entries of one array of objects."""
    array = np.empty(len(parts), dtype=object)
    for place, part in enumerate(parts):
        array[place] = part
    return array


SQUASHED = ([[1.2, 1.0], [-1.0, -1.0]], [1.0, 20.0], [0.0, 1.0])

RIGHT_ATTEMPTS: dict[str, list[Any]] = {
    "theory-1": [RIGHT, RIGHT.round(4).tolist()],
    "theory-2": [count],
    "theory-3": [
        lambda X, H, W_xh, W_hh: (side_by_side(X, H), stacked(W_xh, W_hh)),
        lambda X, H, W_xh, W_hh: [side_by_side(H, X), stacked(W_hh, W_xh)],
    ],
    "theory-4": [TASKS, {k: v.upper().replace(" ", "-") for k, v in TASKS.items()}],
    "theory-5": [decoder()],
    "theory-6": [leaky()],
    "theory-7": [steps_until, lambda *case: float(steps_until(*case))],
    "theory-8": [[[2.4, 1.5], [-1.5, -0.6]], [[8.4, 7.5], [-7.5, -6.6]]],
    "theory-9": [window],
    "theory-10": [lambda share, steps: logit(share ** (1 / steps))],
    "theory-11": [latch(), latch(W_hh=[1, 1, 1, 1]), in_an_array(latch())],
    "theory-12": [
        SQUASHED,
        ([[1.1, 1], [-1, -1]], [1, 15], [0, 1]),
        in_an_array(SQUASHED),
    ],
}

# Wrong answers, each with the hint that it should get ---------------------------------

CASES: list[tuple[str, Any, str]] = [
    ("theory-1", forward(b_h=(0, 0)), "no-bias"),
    ("theory-1", RIGHT - [0, 0, 0.1], "no-output-bias"),
    ("theory-1", forward(W_hh=[[0.1, 0.3], [0.2, 0.4]]), "transposed"),
    ("theory-1", forward((2.0,)), "no-state"),
    ("theory-1", forward((-1.0,)), "first-step"),
    ("theory-1", forward((2.0, -1.0)), "input-order"),
    ("theory-1", [*BEFORE_TANH, BEFORE_TANH @ [0.1, 0.2] + 0.1], "no-tanh"),
    ("theory-1", [*RIGHT[:2], np.tanh(RIGHT[2])], "squashed-output"),
    ("theory-1", [RIGHT[2], *RIGHT[:2]], "list-order"),
    ("theory-1", RIGHT.round(2), "rounding"),
    ("theory-1", [*RIGHT[:2], 1.3], "readout"),
    ("theory-1", [0.1, 0.2, 0.3], "elsewhere"),
    ("theory-1", [0.1, 0.2], "shape"),
    ("theory-2", lambda D, H, Q, T: T * count(D, H, Q, T), "per-step"),
    ("theory-2", lambda D, H, Q, T: D * H + H * H + H * Q, "no-biases"),
    ("theory-2", lambda D, H, Q, T: count(D, H, Q, T) - H, "no-cell-bias"),
    ("theory-2", lambda D, H, Q, T: count(D, H, Q, T) - Q, "no-output-bias"),
    ("theory-2", lambda D, H, Q, T: D * H + H * H + H, "no-readout"),
    ("theory-2", lambda D, H, Q, T: D * H + H + H * Q + Q, "no-recurrence"),
    ("theory-2", lambda D, H, Q, T: D * H + 2 * H + H * Q + Q, "own-state-only"),
    ("theory-2", lambda D, H, Q, T: count(D, H, Q, T) + H, "counts-state"),
    ("theory-2", lambda D, H, Q, T: count(D, H, Q, T) + 17, "elsewhere"),
    ("theory-2", lambda D, H, Q, T: count(D, H, Q, T) / 2, "not-whole"),
    ("theory-3", lambda X, H, U, W: (stacked(X, H), stacked(U, W)), "left-axis"),
    (
        "theory-3",
        lambda X, H, U, W: (side_by_side(X, H), side_by_side(U, W)),
        "right-axis",
    ),
    ("theory-3", lambda X, H, U, W: (X @ U + H @ W, np.eye(3)), "multiplied-already"),
    (
        "theory-3",
        lambda X, H, U, W: (side_by_side(X, H), stacked(W, U)),
        "mismatched",
    ),
    (
        "theory-3",
        lambda X, H, U, W: (side_by_side(X, H), stacked(U.T, W.T)),
        "transposed",
    ),
    (
        "theory-3",
        lambda X, H, U, W: (side_by_side(X, H), stacked(U, 2 * W)),
        "elsewhere",
    ),
    (
        "theory-3",
        lambda X, H, U, W: (side_by_side(X, H), np.reshape([U, W], (6, 3))),
        "only-square",
    ),
    ("theory-3", lambda X, H, U, W: side_by_side(X, H), "parts"),
    ("theory-4", {"stars": "many to one"}, "tasks"),
    ("theory-4", TASKS | {"summary": ...}, "unfinished"),
    ("theory-4", TASKS | {"stars": "several"}, "unknown-shape"),
    ("theory-4", TASKS | {"rows": "one to one"}, "how-it-is-fed"),
    ("theory-4", TASKS | {"stars": "one to one"}, "a-step-is-no-sequence"),
    ("theory-4", TASKS | {"stars": "many to many"}, "count-outputs"),
    ("theory-4", TASKS | {"summary": "many to one"}, "count-outputs"),
    ("theory-4", TASKS | {"photograph": "many to one"}, "count-inputs"),
    ("theory-4", TASKS | {"translation": "many to many"}, "aligned-or-not"),
    ("theory-4", TASKS | {"next character": "N to M"}, "aligned-or-not"),
    (
        "theory-5",
        lambda *given: decoder()(*given[:-1], every_step=not given[-1]),
        "swapped",
    ),
    (
        "theory-5",
        lambda *given: decoder()(*given[:-1], every_step=True),
        "same-form",
    ),
    ("theory-5", decoder({"keep_start": True}), "includes-start"),
    ("theory-5", decoder({"axis": 0}, {"axis": 0}), "time-first"),
    ("theory-5", decoder({"bias": 0}, {"bias": 0}), "no-bias"),
    ("theory-5", decoder(starts={"fed": 99}), "fed-as-well"),
    ("theory-5", decoder(starts={"start": False}), "context-lost"),
    ("theory-5", decoder(starts={"start": False, "fed": 1}), "fed-not-started"),
    ("theory-5", decoder(feeds={"fed": 1}), "fed-once"),
    ("theory-5", decoder(feeds={"start": True}), "started-as-well"),
    ("theory-5", decoder(feeds={"bias": 0}), "no-bias-when-fed"),
    ("theory-5", decoder(feeds={"bias": 2}), "elsewhere"),
    ("theory-5", decoder(starts={"bias": 2}), "elsewhere"),
    ("theory-6", lambda *given: leaky()(*given)[:3], "parts"),
    ("theory-6", leaky(grad_b_h="grad_z"), "not-summed"),
    ("theory-6", negated, "sign"),
    ("theory-6", leaky(grad_z="(1 - s**2) * grad"), "no-leak"),
    ("theory-6", averaged, "averaged"),
    ("theory-6", leaky(grad_z="leak * grad"), "no-slope"),
    ("theory-6", leaky(grad_z="leak * (1 - s) * grad"), "lopsided-slope"),
    ("theory-6", leaky(grad_z="leak * (1 - h**2) * grad"), "slope-elsewhere"),
    (
        "theory-6",
        leaky(grad_z="leak * (1 - ((1 - leak) * h + leak * s)**2) * grad"),
        "slope-elsewhere",
    ),
    (
        "theory-6",
        leaky(grad_z="leak * (1 - s**2) * (1 - h**2) * grad"),
        "slope-elsewhere",
    ),
    ("theory-6", leaky(grad_W_hh="s.T @ grad_z"), "wrong-factor"),
    ("theory-6", leaky(grad_W_hh="2 * h.T @ grad_z"), "elsewhere"),
    ("theory-6", leaky(grad_h="grad_z @ W_hh.T"), "one-path"),
    ("theory-6", leaky(grad_h="grad_z @ W_hh.T + grad"), "leak-free-path"),
    ("theory-6", leaky(grad_h="grad_z @ W_hh.T + leak * grad"), "shares-exchanged"),
    ("theory-6", leaky(grad_h="(1 - leak) * grad"), "direct-only"),
    (
        "theory-6",
        leaky(grad_h="grad_z @ W_hh + (1 - leak) * grad"),
        "not-transposed",
    ),
    ("theory-6", leaky(grad_h="grad_z @ W_hh.T + 7 * grad"), "elsewhere"),
    ("theory-7", steps_by_loop, "explosion"),
    ("theory-7", lambda r, f: int(exact_steps(r, f)) + 1, "edge"),
    ("theory-7", lambda r, f: int(exact_steps(r, f)), "rounded-down"),
    ("theory-7", lambda r, f: round(exact_steps(r, f)), "rounded-to-nearest"),
    ("theory-7", lambda r, f: steps_until(r, f) - 1, "one-short"),
    ("theory-7", lambda r, f: steps_until(r, f) + 1, "one-too-many"),
    ("theory-7", lambda r, f: np.ceil((1 - f) / (1 - r)), "linear"),
    ("theory-7", lambda r, f: np.ceil(1 / exact_steps(r, f)), "upside-down"),
    ("theory-7", lambda r, f: np.ceil(-exact_steps(r, f)), "negative"),
    ("theory-7", lambda r, f: 2 * steps_until(r, f), "elsewhere"),
    ("theory-7", exact_steps, "not-whole"),
    ("theory-8", [[1.5, 3], [0, 0.9]], "radius"),
    ("theory-8", np.zeros((2, 2)), "zero"),
    ("theory-8", 0.9 * np.eye(2), "normal"),
    ("theory-8", [[0, -0.9], [0.9, 0]], "normal"),
    ("theory-8", [[0.5, 0.1], [0, 0.5]], "contracting"),
    ("theory-8", [[0, 1000], [0, 0]], "too-short"),
    ("theory-8", [[0.9, 1], [0, 0.9]], "too-little"),
    ("theory-8", [[0.9, 10.0], [0.0, 0.9]], "triangular"),
    ("theory-8", [[0.9, 1e300], [0, 0.9]], "huge"),
    ("theory-9", lambda *case: window(*case) - 1, "one-short"),
    ("theory-9", lambda *case: window(*case) + 1, "one-too-many"),
    ("theory-9", lambda w, T, e: np.ceil(np.log(e) / np.log(w)), "endless"),
    ("theory-9", absolute_window, "absolute"),
    ("theory-9", lambda w, T, e: window(w, T, 1 - e), "complement"),
    ("theory-9", recurrent_weight_window, "other-weight"),
    ("theory-9", lambda w, T, e: T, "everything"),
    ("theory-9", lambda w, T, e: window(w, T, e) // 2, "elsewhere"),
    ("theory-9", lambda w, T, e: 10 * T, "elsewhere"),
    ("theory-9", closed_window, "flat"),
    ("theory-9", lambda w, T, e: 0 if w == 1 else window(w, T, e), "flat"),
    ("theory-9", window_from_the_recent_end, "steep"),
    ("theory-10", lambda share, steps: share ** (1 / steps), "gate-not-bias"),
    ("theory-10", lambda share, n: np.arctanh(share ** (1 / n)), "tanh-inverse"),
    ("theory-10", lambda share, steps: logit(share), "one-step"),
    ("theory-10", lambda share, steps: -logit(share ** (1 / steps)), "sign"),
    ("theory-10", lambda share, n: logit(1 - (1 - share) / n), "linear"),
    ("theory-10", lambda share, n: logit(share**n), "power-for-root"),
    ("theory-10", lambda share, n: logit(share ** (1 / (n - 1))), "one-step-less"),
    ("theory-10", lambda share, steps: 1.0, "elsewhere"),
    ("theory-11", (latch()[0], latch()[1]), "parts"),
    ("theory-11", in_an_array(latch()[:2]), "parts"),
    ("theory-11", np.array(1.0), "parts"),
    (
        "theory-11",
        latch(W_xh=[20, 0, 0, 0], b_h=[-10, 10, 10, 10])[::-1],
        "shape",
    ),
    ("theory-11", latch(W_xh=[0, 20, 0, 0], b_h=[10, -10, 10, 10]), "block-order"),
    ("theory-11", latch(b_h=[-10, 10, -10, 10]), "sign"),
    ("theory-11", latch(W_xh=[4, 0, 0, 0], b_h=[-2, 10, 10, 10]), "false-alarm"),
    ("theory-11", latch(b_h=[-20, 10, 10, 10]), "deaf"),
    ("theory-11", latch(b_h=[-10, 1, 10, 10]), "forgets"),
    (
        "theory-11",
        latch(W_hh=[0, 0, -40, 0]),  # a second 1 writes -1
        "upset",
    ),
    ("theory-12", SQUASHED[:2], "parts"),
    ("theory-12", ([[1.2, 0], [0, 1.2]], [0, 0], [0, 0]), "radius"),
    ("theory-12", ([[0.5, 0], [0, 0.5]], [0, 0], [0, 0]), "contracting"),
    ("theory-12", ([[0.5, 1000], [0, 0.5]], [0, 0], [0, 0]), "huge"),
    ("theory-12", ([[0.9, 50], [0, 0.9]], [0, 0], [0, 0]), "unsquashed"),
    ("theory-12", ([[0.9, 99], [0, 0.9]], [0, 0], [0, 0.9]), "transient"),
    ("theory-12", (SQUASHED[0], SQUASHED[1], [1e-6, 1]), "drifts"),
    ("theory-12", (SQUASHED[0], [20, 20], [0, 0]), "all-saturated"),
    ("theory-12", (SQUASHED[0], [0.5, 1.0], [0, 0]), "shrinks"),
]


@pytest.mark.parametrize(
    ("name", "attempt"),
    [(name, attempt) for name, many in RIGHT_ATTEMPTS.items() for attempt in many],
)
def test_right_attempts_pass(name: str, attempt: Any) -> None:
    verdict = check(name, attempt)
    assert verdict.passed, verdict
    assert str(verdict) == f"Exercise {name}: That is right."


@pytest.mark.parametrize(
    ("name", "attempt", "hint"), CASES, ids=[f"{n}-{h}" for n, _, h in CASES]
)
def test_each_mistake_gets_its_hint(name: str, attempt: Any, hint: str) -> None:
    assert_is_a_hint(check(name, attempt), hint)


def test_every_hint_of_the_module_is_reached() -> None:
    missing = hint_keys(theory) - reached_keys(CASES)
    assert not missing, f"no mistake reaches {dict(missing)}"


def test_there_is_a_right_attempt_for_every_exercise() -> None:
    assert set(RIGHT_ATTEMPTS) == set(EXERCISES)
    assert len(EXERCISES) >= 8


@pytest.mark.parametrize("name", EXERCISES)
def test_an_unstarted_attempt_gets_the_friendly_line(name: str) -> None:
    assert_is_a_hint(check(name, None), "unstarted")
    assert_is_a_hint(check(name, ...), "unstarted")
    if callable(RIGHT_ATTEMPTS[name][0]):
        assert_is_a_hint(check(name, lambda *arguments: None), "unstarted")


@pytest.mark.parametrize("name", EXERCISES)
def test_nothing_trivial_passes(name: str) -> None:
    for attempt in [*trivial_values(), *trivial_functions()]:
        assert_is_a_hint(check(name, attempt))


@pytest.mark.parametrize("name", ["theory-2", "theory-7", "theory-9", "theory-10"])
def test_an_error_in_the_readers_function_is_answered(name: str) -> None:
    def broken(*arguments: Any) -> float:
        return 1 / 0

    assert_is_a_hint(check(name, broken), "raised")


def chapter_cells(tag: str) -> dict[str, str]:
    cells = code_cells(NOTEBOOK, tag)
    return {name: source for name, source in cells.items() if name.startswith("ex-")}


def test_the_chapters_empty_cells_say_so() -> None:
    namespace: dict[str, Any] = {}
    run_cell(OPENING, namespace)
    answers = verdicts(run_cells(chapter_cells("check"), namespace))
    assert set(answers) == set(EXERCISES)
    assert {answer.hint for answer in answers.values()} == {"unstarted"}


def test_the_chapters_solutions_pass() -> None:
    namespace: dict[str, Any] = {}
    run_cell(OPENING, namespace)
    run_cells(chapter_cells("check"), namespace)  # some give the reader a function
    answers = verdicts(run_cells(chapter_cells("solution"), namespace))
    assert set(answers) == set(EXERCISES)
    assert all(answer.passed for answer in answers.values()), answers


def test_the_numbers_that_the_solutions_quote() -> None:
    np.testing.assert_array_equal(RIGHT.round(4), [0.7068, 0.6540, 0.3015])
    assert 0.9**43 > 0.01 >= 0.9**44
    assert max(range(1, 100), key=lambda k: k * 0.9 ** (k - 1)) in (9, 10)
    assert round(10 * 0.9**9, 2) == 3.87
    assert round(0.5 ** (1 / 50), 3) == 0.986
    assert round(1 / (1 + np.exp(-1)), 3) == 0.731
    assert 2 < exact_steps(0.731, 0.5) < 2.5
    assert (1 / (1 + np.exp(-10))) ** 100 > 0.99
    eigenvalues = np.linalg.eigvals(SQUASHED[0])
    np.testing.assert_array_equal(np.sort(eigenvalues).round(2), [-0.36, 0.56])
    assert 9000 < 1.2**50 < 10000


def test_a_wrong_number_of_parts_is_named_for_lists_and_arrays_alike() -> None:
    for attempt in (list(latch()[:2]), in_an_array(latch()[:2])):
        kind = type(attempt).__name__
        assert f"a {kind} of length 2 came" in str(check("theory-11", attempt)).replace(
            "\n", " "
        )
