"""The exercises of the theory chapter.

Every check works its answer out with the library's own cells, and tells mistakes apart
in one of two ways: it compares the attempt with what a known mistake would have given,
or it changes the question a little and watches how the attempt follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from unrolled.cells.cell import Parameters
from unrolled.cells.linear import LinearCell
from unrolled.cells.lstm import LSTMCell
from unrolled.cells.tanh import TanhCell
from unrolled.exercises.checking import (
    HintError,
    as_numbers,
    axes,
    call,
    close,
    demand_started,
    exercise,
    parts,
)
from unrolled.training.checking import numerical_gradient
from unrolled.training.models import RecurrentModel
from unrolled.training.truncation import (
    gradient_by_lag,
    gradient_norms,
    truncation_errors,
)
from unrolled.validation import Array

Mistakes = Iterable[tuple[Any, HintError]]


def _recognise(value: Any, mistakes: Mistakes, relative: float = 1e-6) -> None:
    """Raise the hint of the first mistake that would have given ``value``."""
    for wrong, hint in mistakes:
        if close(value, wrong, relative):
            raise hint


def _modest(values: Array, limit: float, what: str) -> None:
    """Demand entries whose powers stay inside the range of floating-point numbers."""
    if np.abs(values).max() > limit:
        raise HintError(
            "huge",
            f"{what} has an entry beyond {limit:g}; the exercise can be solved with "
            f"entries of ordinary size, and must be, or the numbers overflow.",
        )


def _whole_numbers(
    attempt: Any, cases: Sequence[tuple[Any, ...]], what: str
) -> list[int]:
    """Return what a function says for each case, demanding whole numbers."""
    answers = []
    for case in cases:
        answer = float(as_numbers(call(attempt, *case), (), what))
        if answer != round(answer):
            raise HintError(
                "not-whole",
                f"{what} is a whole number, but for {case} you return {answer:g}. "
                f"Think about which of its two neighbours is meant.",
            )
        answers.append(int(answer))
    return answers


# 1. The forward pass by hand ----------------------------------------------------------

TOY: Parameters = {
    "W_xh": np.array([[0.5, 0.6]]),
    "W_hh": np.array([[0.1, 0.2], [0.3, 0.4]]),
    "b_h": np.array([0.1, -0.1]),
    "W_hq": np.array([[0.1], [0.2]]),
    "b_q": np.array([0.1]),
}
"""The two-unit net that the chapter computes by hand."""

TOY_INPUTS = (-1.0, 2.0)


def _toy(inputs: Sequence[float] = TOY_INPUTS, **changed: Array) -> Array:
    """Return ``h_T`` (two numbers) and ``o_T`` of the toy net after some inputs."""
    parameters = {**TOY, **changed}
    cell = TanhCell(**{name: parameters[name] for name in ("W_xh", "W_hh", "b_h")})
    model = RecurrentModel(cell, parameters["W_hq"], parameters["b_q"])
    sequence = np.reshape(np.array(inputs), (1, -1, 1))
    state = cell.forward(sequence).outputs[0, -1]
    return np.append(state, model.predict(sequence)[0, -1])


@exercise("theory-1")
def check_forward_by_hand(attempt: Any) -> None:
    """Check ``h_2`` and ``o_2`` of the toy net for two new inputs."""
    given = as_numbers(attempt, (3,), "your list")
    wanted = _toy()
    if np.allclose(given, wanted, rtol=0, atol=5e-4):
        return
    _recognise(given, _forward_mistakes(wanted), relative=2e-3)
    if np.allclose(given, wanted, rtol=0, atol=0.02):
        raise HintError(
            "rounding",
            "nearly. Somewhere a number was rounded too early: carry at least five "
            "decimal places from line to line and round at the end.",
        )
    if np.allclose(given[:2], wanted[:2], rtol=0, atol=5e-4):
        raise HintError(
            "readout",
            "the state is right, the output is not. Multiply each unit by its own "
            "entry of W_hq, add both products, then add b_q.",
        )
    raise HintError(
        "elsewhere",
        "not right, and not by one of the usual slips. Compare your first step with "
        "this: each unit's z_1 is x_1 times its entry of W_xh plus its entry of b_h, "
        "because h_0 is zero.",
    )


def _forward_mistakes(wanted: Array) -> Mistakes:
    """Return what the usual slips of a forward pass by hand give."""
    before_tanh = np.arctanh(wanted[:2])
    return [
        (
            _toy(b_h=np.zeros(2)),
            HintError("no-bias", "the bias b_h is missing; it enters at every step."),
        ),
        (
            _toy(b_q=np.zeros(1)),
            HintError("no-output-bias", "the output's own bias b_q is missing."),
        ),
        (
            _toy(W_hh=TOY["W_hh"].T),
            HintError(
                "transposed",
                "W_hh is used the wrong way round. The state is a row that stands left "
                "of the matrix, so unit 2's z takes the matrix's second column.",
            ),
        ),
        (
            _toy(TOY_INPUTS[1:]),
            HintError(
                "no-state",
                "this is what step 2 gives if it starts from a state of zeros. Step 2 "
                "starts from what step 1 left behind.",
            ),
        ),
        (
            _toy(TOY_INPUTS[:1]),
            HintError(
                "first-step", "this is the net after one step; two are asked for."
            ),
        ),
        (
            _toy(TOY_INPUTS[::-1]),
            HintError(
                "input-order", "the two inputs were fed in the wrong order: -1 is x_1."
            ),
        ),
        (
            np.append(before_tanh, before_tanh @ TOY["W_hq"] + TOY["b_q"]),
            HintError(
                "no-tanh",
                "the last two pre-activations z_2 were left as they are. Each unit "
                "still has to pass its z through tanh.",
            ),
        ),
        (
            np.append(wanted[:2], np.tanh(wanted[2])),
            HintError(
                "squashed-output",
                "the output was squashed as well; the readout of this net is linear.",
            ),
        ),
        (
            np.roll(wanted, 1),
            HintError("list-order", "the numbers are right; give the state first."),
        ),
    ]


# 2. Counting parameters ---------------------------------------------------------------


@exercise("theory-2")
def check_parameter_count(attempt: Any) -> None:
    """Check a function that counts the parameters of a tanh net with a readout."""
    sizes = [(1, 2, 1, 2), (3, 5, 2, 10), (7, 4, 6, 50)]
    answers = _whole_numbers(attempt, sizes, "the number of parameters")
    wanted = [_count(*size) for size in sizes]
    if answers == wanted:
        return
    if call(attempt, 3, 5, 2, 10) != call(attempt, 3, 5, 2, 11):
        raise HintError(
            "per-step",
            "your number grows with the length of the sequence. Unrolling draws the "
            "same weights again and again; how many different ones are there?",
        )
    _recognise(answers, _count_mistakes(sizes, wanted))
    raise HintError(
        "elsewhere",
        f"for the toy net (D=1, H=2, Q=1) you count {answers[0]}. Write down the shape "
        f"of each of the five parameters and count the entries one by one.",
    )


def _count(D: int, H: int, Q: int, T: int) -> int:
    """Count the entries of the cell's parameters and of the readout's."""
    cell = sum(int(np.prod(shape)) for shape in TanhCell.shapes(D, H).values())
    return cell + int(np.prod((H, Q))) + Q


def _count_mistakes(
    sizes: Sequence[tuple[int, int, int, int]], wanted: Sequence[int]
) -> Mistakes:
    """Return the counts that come from leaving a part out."""

    def without(part: Callable[[int, int, int], int]) -> list[int]:
        return [n - part(*s[:3]) for n, s in zip(wanted, sizes, strict=True)]

    return [
        (
            without(lambda D, H, Q: H + Q),
            HintError("no-biases", "the weights are all there, the biases are not."),
        ),
        (
            without(lambda D, H, Q: H),
            HintError("no-cell-bias", "the cell's bias is missing: one for each unit."),
        ),
        (
            without(lambda D, H, Q: Q),
            HintError("no-output-bias", "the readout has a bias of its own."),
        ),
        (
            without(lambda D, H, Q: H * Q + Q),
            HintError(
                "no-readout",
                "that is the cell alone; the net also has a readout that turns the "
                "state into Q outputs.",
            ),
        ),
        (
            without(lambda D, H, Q: H * H),
            HintError(
                "no-recurrence",
                "that would be a feed-forward net: the weights that carry the old "
                "state into the new one are missing.",
            ),
        ),
        (
            without(lambda D, H, Q: H * H - H),
            HintError(
                "own-state-only",
                "you give each unit one recurrent weight, so that it sees only its own "
                "past. Here every unit sees every unit's past.",
            ),
        ),
        (
            without(lambda D, H, Q: -H),
            HintError(
                "counts-state",
                "one count of H too many. The initial state h_0 is zero here; it is "
                "not trained, so it is no parameter.",
            ),
        ),
    ]


# 3. One product of concatenated matrices ----------------------------------------------


@exercise("theory-3")
def check_one_product(attempt: Any) -> None:
    """Check a function that joins ``X W_xh + H W_hh`` into two factors."""
    rng = np.random.default_rng(0)
    samples, inputs, hidden = 4, 3, 3  # D = H: a wrong axis then raises no error
    X, H = rng.normal(size=(samples, inputs)), rng.normal(size=(samples, hidden))
    W_xh, W_hh = rng.normal(size=(inputs, hidden)), rng.normal(size=(hidden, hidden))
    left, right = parts(call(attempt, X, H, W_xh, W_hh), "left", "right")
    left, right = _factors(left, right, samples, inputs, hidden)
    if not close(left @ right, X @ W_xh + H @ W_hh):
        _recognise(left @ right, _product_mistakes(X, H, W_xh, W_hh))
        raise HintError(
            "elsewhere",
            "both shapes fit, but the product is not X W_xh + H W_hh. Write out one "
            "entry of the product as a sum and see which terms meet.",
        )
    _check_unequal_sizes(attempt, rng)


def _factors(
    left: Any, right: Any, samples: int, inputs: int, hidden: int
) -> tuple[Array, Array]:
    """Return both factors as arrays, or say which one was joined wrongly."""
    total = inputs + hidden
    if axes(left) == (2 * samples, inputs):
        raise HintError(
            "left-axis",
            "X and H are stacked on top of each other, which makes more samples. Each "
            "sample should have its input and its state side by side in one row.",
        )
    if axes(right) == (inputs, 2 * hidden):
        raise HintError(
            "right-axis",
            "the weight matrices stand side by side, which makes more units. The "
            "product has H columns, so the long axis must be the other one.",
        )
    if axes(left) == (samples, hidden):
        raise HintError(
            "multiplied-already",
            "the left factor is as narrow as the result. It should still hold the "
            "input and the state, before any multiplication.",
        )
    return (
        as_numbers(left, (samples, total), "the left factor"),
        as_numbers(right, (total, hidden), "the right factor"),
    )


def _product_mistakes(X: Array, H: Array, W_xh: Array, W_hh: Array) -> Mistakes:
    """Return the products of factors whose parts do not match."""
    return [
        (
            X @ W_hh + H @ W_xh,
            HintError(
                "mismatched",
                "the parts meet the wrong partners: the columns of the left factor "
                "must come in the same order as the rows of the right one.",
            ),
        ),
        (
            X @ W_xh.T + H @ W_hh.T,
            HintError("transposed", "the weights are transposed; no turn is needed."),
        ),
    ]


def _check_unequal_sizes(attempt: Any, rng: np.random.Generator) -> None:
    """See that the function also works where ``D`` is not ``H``."""
    X, H = rng.normal(size=(2, 5)), rng.normal(size=(2, 3))
    W_xh, W_hh = rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
    try:
        left, right = parts(call(attempt, X, H, W_xh, W_hh), "left", "right")
        right_too = close(np.asarray(left) @ np.asarray(right), X @ W_xh + H @ W_hh)
    except (HintError, ValueError, TypeError):
        right_too = False
    if not right_too:
        raise HintError(
            "only-square",
            "right where a step has as many inputs as the state has units (D = H), "
            "but not for D = 5, H = 3.",
        )


# 4. The shapes of sequence problems ---------------------------------------------------

EXAMPLES = {
    "stars": [(120, 1), (35, 1)],
    "word classes": [(12, 12), (7, 7)],
    "translation": [(5, 4), (9, 12)],
    "photograph": [(1, 1), (1, 1)],
    "rows": [(28, 1), (28, 1)],
    "next character": [(35, 35), (80, 80)],
    "summary": [(900, 40), (300, 25)],
}
"""Steps in and steps out of two examples of each task."""

SHAPES = ("one to one", "many to one", "many to many", "N to M")


def _shape(examples: Sequence[tuple[int, int]]) -> str:
    """Name the shape of a sequence problem from the lengths of examples."""
    if all(steps == 1 for steps, _ in examples):
        return "one to one"
    if all(outputs == 1 for _, outputs in examples):
        return "many to one"
    return "many to many" if all(n == m for n, m in examples) else "N to M"


@exercise("theory-4")
def check_sequence_shapes(attempt: Any) -> None:
    """Check which shape the reader gives each of some tasks."""
    if not isinstance(attempt, dict) or set(attempt) != set(EXAMPLES):
        raise HintError(
            "tasks",
            f"the attempt should be a dictionary with the tasks {', '.join(EXAMPLES)}.",
        )
    if all(value is Ellipsis or value is None for value in attempt.values()):
        demand_started(None)
    for task, value in attempt.items():
        if value is Ellipsis or value is None:
            raise HintError("unfinished", f"well begun; {task!r} is still open.")
        said = " ".join(str(value).lower().replace("-", " ").split())
        if said not in [shape.lower() for shape in SHAPES]:
            raise HintError(
                "unknown-shape",
                f"{task!r} has {value!r}, which is none of {', '.join(SHAPES)}.",
            )
        wanted = _shape(EXAMPLES[task]).lower()
        if said != wanted:
            raise _shape_hint(task, said, wanted)


def _shape_hint(task: str, said: str, wanted: str) -> HintError:
    """Return the question that leads from what was said to what is right."""
    if task == "rows":
        return HintError(
            "how-it-is-fed",
            "look at 'rows' again. The shape belongs to the way a thing is fed, not to "
            "the thing: how many steps does this net make, and how often is it asked?",
        )
    if said == "one to one":
        return HintError(
            "a-step-is-no-sequence",
            f"look at {task!r} again: does its net make a single step?",
        )
    if wanted == "one to one":
        return HintError(
            "count-inputs",
            f"look at {task!r} again: is anything fed in one after the other?",
        )
    if "many to one" in (said, wanted):
        return HintError(
            "count-outputs",
            f"look at {task!r} again: how many things does a reader of the output want "
            f"to know, one for the whole sequence or more?",
        )
    return HintError(
        "aligned-or-not",
        f"look at {task!r} again: could you write each output under the input that it "
        f"belongs to, with none left over, and say it at once?",
    )


# 5. Both forms of the decoder ---------------------------------------------------------


def _decoder(
    given: dict[str, Array], steps: int, fed: int, started: bool, bias: bool = True
) -> Array:
    """Decode a context.

    Args:
        given: ``context``, ``W_hh``, ``W_vh`` and ``b_h``.
        steps: Number of steps of the decoder.
        fed: At how many steps, counted from the first, the context comes in.
        started: Whether the first state is the context (or zero).
        bias: Whether the bias is used.

    Returns:
        The states ``h_1 .. h_steps``, shape ``(B, steps, H)``.
    """
    context, b_h = given["context"], given["b_h"]
    cell = TanhCell(
        W_xh=given["W_vh"], W_hh=given["W_hh"], b_h=b_h if bias else np.zeros_like(b_h)
    )
    inputs = np.repeat(context[:, None], steps, axis=1)
    inputs[:, fed:] = 0.0
    return cell.forward(inputs, (context,) if started else None).outputs


@exercise("theory-5")
def check_decoder(attempt: Any) -> None:
    """Check the states of a decoder in both of its forms."""
    rng, steps = np.random.default_rng(1), 4
    shapes = {"context": (2, 3), "W_hh": (3, 3), "W_vh": (3, 3), "b_h": (3,)}
    given = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    starts = _decoded(attempt, given, steps, every_step=False)
    feeds = _decoded(attempt, given, steps, every_step=True)
    right_starts = _decoder(given, steps, fed=0, started=True)
    right_feeds = _decoder(given, steps, fed=steps, started=False)
    if close(starts, right_starts) and close(feeds, right_feeds):
        return
    if close(starts, right_feeds) and close(feeds, right_starts):
        raise HintError("swapped", "the two forms are exchanged.")
    if close(starts, feeds):
        raise HintError("same-form", "both forms give the same states; use every_step.")
    if not close(starts, right_starts):
        _recognise(starts, _start_mistakes(given, steps))
    _recognise(feeds, _every_step_mistakes(given, steps))
    wrong = "every_step=True" if close(starts, right_starts) else "every_step=False"
    raise HintError(
        "elsewhere",
        f"the states for {wrong} are not right. Write down what the first step of that "
        f"form starts from and which terms it adds up, then the same for the second.",
    )


def _decoded(
    attempt: Any, given: dict[str, Array], steps: int, every_step: bool
) -> Array:
    """Call the reader's decoder and return its states, or say how they are laid out."""
    weights = (given["W_hh"], given["W_vh"], given["b_h"])
    states = call(attempt, given["context"], steps, *weights, every_step)
    samples, hidden = given["context"].shape
    if axes(states) == (samples, steps + 1, hidden):
        raise HintError(
            "includes-start",
            "you return one state too many: the initial state is where the decoder "
            "starts, not something that it says.",
        )
    if axes(states) == (steps, samples, hidden):
        raise HintError(
            "time-first",
            "time stands on the first axis; the course keeps the batch first, then "
            "time. np.stack has an argument for the axis.",
        )
    result: Array = as_numbers(states, (samples, steps, hidden), "the states")
    return result


def _start_mistakes(given: dict[str, Array], steps: int) -> Mistakes:
    """Return wrong states of the decoder that is only started by the context."""
    return [
        (
            _decoder(given, steps, fed=0, started=True, bias=False),
            HintError("no-bias", "the bias b_h is missing."),
        ),
        (
            _decoder(given, steps, fed=steps, started=True),
            HintError(
                "fed-as-well",
                "with every_step=False the context should only be the initial state; "
                "you also feed it at the steps.",
            ),
        ),
        (
            _decoder(given, steps, fed=0, started=False),
            HintError(
                "context-lost",
                "with every_step=False the context never comes in at all: what does "
                "that decoder start from?",
            ),
        ),
        (
            _decoder(given, steps, fed=1, started=False),
            HintError(
                "fed-not-started",
                "with every_step=False you feed the context through W_vh at the first "
                "step. In this form it is the initial state itself.",
            ),
        ),
    ]


def _every_step_mistakes(given: dict[str, Array], steps: int) -> Mistakes:
    """Return wrong states of the decoder that is fed the context at every step."""
    return [
        (
            _decoder(given, steps, fed=1, started=False),
            HintError(
                "fed-once",
                "with every_step=True the context comes in at the first step and then "
                "no more.",
            ),
        ),
        (
            _decoder(given, steps, fed=steps, started=True),
            HintError(
                "started-as-well",
                "with every_step=True this exercise starts from a state of zeros; you "
                "start from the context and feed it as well.",
            ),
        ),
        (
            _decoder(given, steps, fed=steps, started=False, bias=False),
            HintError("no-bias-when-fed", "the bias is missing when every_step=True."),
        ),
    ]


# 6. The backward step of a leaky cell -------------------------------------------------

LEAKY_RESULTS = ("grad_W_xh", "grad_W_hh", "grad_b_h", "grad_h")
LEAK = 0.3


def _leaky_arguments() -> dict[str, Array]:
    """Return a batch of random inputs, states, weights and gradients."""
    rng = np.random.default_rng(2)
    samples, inputs, hidden = 3, 2, 4
    shapes = {
        "x": (samples, inputs),
        "h": (samples, hidden),
        "grad_h_next": (samples, hidden),
        "W_xh": (inputs, hidden),
        "W_hh": (hidden, hidden),
        "b_h": (hidden,),
    }
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def _leaky_squashed(given: Parameters) -> Array:
    """Return ``s = tanh(z)`` of the leaky cell."""
    cell = TanhCell(**{name: given[name] for name in ("W_xh", "W_hh", "b_h")})
    return cell.step(given["x"], (given["h"],))[0][0]


def _leaky_numerical(given: dict[str, Array]) -> list[Array]:
    """Return the gradients by central differences, in the order of LEAKY_RESULTS."""

    def loss(moved: Parameters) -> float:
        now = {**given, **moved}
        h_next = (1 - LEAK) * now["h"] + LEAK * _leaky_squashed(now)
        return float(np.sum(h_next * given["grad_h_next"]))

    names = [name.removeprefix("grad_") for name in LEAKY_RESULTS]
    numerical = numerical_gradient(loss, {name: given[name] for name in names})
    return [numerical[name] for name in names]


def _leaky_attempt(
    attempt: Any, given: dict[str, Array], squashed: Array
) -> list[Array]:
    """Return the reader's four gradients as arrays of the right shapes."""
    names = ("grad_h_next", "W_xh", "W_hh")
    rest = [given[name] for name in names]
    results = call(attempt, given["x"], given["h"], squashed, *rest, LEAK)
    gradients = parts(results, *LEAKY_RESULTS)
    if axes(gradients[2]) == given["h"].shape:
        raise HintError(
            "not-summed",
            "grad_b_h has a row for every sample. All samples share one bias, so its "
            "gradient gathers what they all contribute.",
        )
    return [
        as_numbers(part, given[name.removeprefix("grad_")].shape, name)
        for name, part in zip(LEAKY_RESULTS, gradients, strict=True)
    ]


@exercise("theory-6")
def check_leaky_backward(attempt: Any) -> None:
    """Check the backward step of a leaky tanh cell against central differences."""
    given = _leaky_arguments()
    squashed = _leaky_squashed(given)
    ours = _leaky_numerical(given)
    theirs = _leaky_attempt(attempt, given, squashed)
    wrong = [not close(a, b, relative=1e-5) for a, b in zip(theirs, ours, strict=True)]
    if not any(wrong):
        return
    if any(wrong[:3]):
        _diagnose_leaky_parameters(attempt, given, squashed, theirs, ours)
    else:
        _recognise(theirs[3], _leaky_state_mistakes(given, ours[3]), relative=1e-5)
        _diagnose_leaky_matrix(attempt, given, squashed, ours[3])
    named = [n for n, bad in zip(LEAKY_RESULTS, wrong, strict=True) if bad]
    raise HintError(
        "elsewhere",
        f"central differences disagree with {', '.join(named)}. Name the path from "
        f"each of them to h_t, and multiply the derivatives along it.",
    )


def _diagnose_leaky_parameters(
    attempt: Any,
    given: dict[str, Array],
    squashed: Array,
    theirs: list[Array],
    ours: list[Array],
) -> None:
    """Find the mistake in the gradients of the weights and the bias."""
    mine = np.concatenate([part.ravel() for part in ours[:3]])
    yours = np.concatenate([part.ravel() for part in theirs[:3]])
    scaled: Mistakes = [
        (-mine, HintError("sign", "every gradient has the wrong sign.")),
        (
            mine / LEAK,
            HintError(
                "no-leak",
                "the gradients of the parameters are too large by one and the same "
                "factor. Which number stands before the tanh in h_t?",
            ),
        ),
        (
            mine / len(given["x"]),
            HintError(
                "averaged",
                "you average over the batch. Whether the loss is a mean is already "
                "settled in grad_h_next; here the samples add up.",
            ),
        ),
    ]
    _recognise(yours, scaled, relative=1e-5)
    # Change one argument at a time, and see whether the bias's gradient follows.
    other_state = {**given, "h": given["h"][::-1] + 1.0}
    if not close(_leaky_attempt(attempt, other_state, squashed)[2], theirs[2]):
        raise HintError(
            "slope-elsewhere",
            "grad_b_h depends on h_{t-1}. The slope of tanh belongs to the point where "
            "tanh was evaluated, and its value there is s_t.",
        )
    if close(_leaky_attempt(attempt, given, 0.5 * squashed)[2], theirs[2]):
        raise HintError(
            "no-slope",
            "grad_b_h stays the same whatever s is. A unit that is saturated should "
            "let no gradient through: the slope of tanh is missing.",
        )
    if not close(_leaky_attempt(attempt, given, -squashed)[2], theirs[2]):
        raise HintError(
            "lopsided-slope",
            "your slope of tanh differs between s and -s, but the curve is as steep on "
            "the left as on the right. Look up the derivative again.",
        )
    if close(_leaky_attempt(attempt, other_state, squashed)[1], theirs[1]):
        raise HintError(
            "wrong-factor",
            "grad_W_hh does not depend on h_{t-1}, though that is what W_hh was "
            "multiplied by.",
        )


def _leaky_state_mistakes(given: dict[str, Array], right: Array) -> Mistakes:
    """Return gradients of the old state in which the direct path is amiss."""
    direct = given["grad_h_next"]
    return [
        (
            right - (1 - LEAK) * direct,
            HintError(
                "one-path",
                "grad_h has two paths to h_t and you follow one: part of the old state "
                "does not go through the tanh at all.",
            ),
        ),
        (
            right + LEAK * direct,
            HintError(
                "leak-free-path",
                "the path around the tanh carries too much: it keeps only a share of "
                "the old state.",
            ),
        ),
        (
            right - (1 - 2 * LEAK) * direct,
            HintError(
                "shares-exchanged",
                "the path around the tanh has the share that belongs to the tanh.",
            ),
        ),
        (
            (1 - LEAK) * direct,
            HintError(
                "direct-only",
                "grad_h has two paths to h_t and you follow one: the old state also "
                "enters the tanh, through W_hh.",
            ),
        ),
    ]


def _diagnose_leaky_matrix(
    attempt: Any, given: dict[str, Array], squashed: Array, right: Array
) -> None:
    """See whether the gradient of the old state is right with the matrix turned."""
    turned = {**given, "W_hh": given["W_hh"].T}
    if close(_leaky_attempt(attempt, turned, squashed)[3], right, relative=1e-5):
        raise HintError(
            "not-transposed",
            "forward, h_{t-1} W_hh sends unit i to unit j through entry (i, j). On the "
            "way back the gradient goes from j to i; turn the matrix accordingly.",
        )


# 7. How many steps until the gradient has changed by a factor -------------------------


@exercise("theory-7")
def check_steps_to_factor(attempt: Any) -> None:
    """Check a function that predicts when a gradient has shrunk or grown enough."""
    shrinking = [(0.9, 0.01), (0.5, 0.125), (0.99, 0.5), (0.3, 0.2)]
    growing = [(1.1, 100.0), (2.0, 3.0)]
    cases = [*shrinking, *growing]
    answers = _whole_numbers(attempt, cases, "the number of steps")
    wanted = [_steps_to_factor(*case) for case in cases]
    if answers == wanted:
        return
    if answers[: len(shrinking)] == wanted[: len(shrinking)]:
        raise HintError(
            "explosion",
            "right where the gradient vanishes, wrong where it explodes: for a radius "
            "above 1 the norm rises until it reaches the factor.",
        )
    _recognise(answers, _step_mistakes(cases, wanted))
    wrong = next(i for i, k in enumerate(answers) if k != wanted[i])
    radius, factor = cases[wrong]
    raise HintError(
        "elsewhere",
        f"for radius {radius:g} and factor {factor:g} you return {answers[wrong]}. The "
        f"norm starts at 1 and is multiplied by {radius:g} at every step: what is it "
        f"after that many steps, and what was it one step earlier?",
    )


def _steps_to_factor(radius: float, factor: float) -> int:
    """Carry a gradient back through a linear unit until its norm reaches the factor."""
    cell = LinearCell(W_xh=[[1.0]], W_hh=[[radius]])
    trace = cell.forward(np.zeros((1, 200, 1)))
    norms = gradient_norms(cell, trace, [[1.0]])[::-1]
    reached = norms <= factor if factor < 1 else norms >= factor
    return int(np.argmax(reached))


def _step_mistakes(
    cases: Sequence[tuple[float, float]], wanted: Sequence[int]
) -> Mistakes:
    """Return the numbers of steps that come from the usual slips."""
    radius, factor = np.array(cases).T
    right = np.array(wanted)
    exact = radius**right == factor
    return [
        (
            right + exact,
            HintError(
                "edge",
                "right except where the norm meets the factor exactly: reaching it is "
                "enough, it need not be passed.",
            ),
        ),
        (
            right - ~exact,
            HintError(
                "rounded-down",
                "one step short wherever the law gives no whole number: at the step "
                "you name, the factor is not reached yet.",
            ),
        ),
        (
            np.round(np.log(factor) / np.log(radius)),
            HintError(
                "rounded-to-nearest",
                "right in some cases only: rounding to the nearest step sometimes "
                "stops before the factor is reached.",
            ),
        ),
        (
            right - 1,
            HintError("one-short", "always one short; after 0 steps the norm is 1."),
        ),
        (
            right + 1,
            HintError("one-too-many", "always one step more than needed."),
        ),
        (
            np.ceil((1 - factor) / (1 - radius)),
            HintError(
                "linear",
                "you let every step take away the same amount. It takes away the same "
                "share of what is left.",
            ),
        ),
        (
            np.ceil(np.log(radius) / np.log(factor)),
            HintError("upside-down", "numerator and denominator are exchanged."),
        ),
        (
            np.ceil(-np.log(factor) / np.log(radius)),
            HintError(
                "negative",
                "you return negative numbers of steps. The logarithm of a number below "
                "1 is negative, that of its counterpart too.",
            ),
        ),
    ]


# 8. A matrix of small radius whose gradient grows -------------------------------------

RADIUS_LIMIT = 0.9
GROWTH = 10.0


def _demand_turned(matrix: Array) -> None:
    """Raise a hint if an entry is zero: then it may be copied from the chapter."""
    if np.any(np.abs(matrix) < 1e-3):
        raise HintError(
            "triangular",
            "this grows as it should, but an entry is zero, as in the chapter's own "
            "matrix. Look at the same map in turned axes: what changes, what does not?",
        )


@exercise("theory-8")
def check_transient_growth(attempt: Any) -> None:
    """Check a matrix whose tenth power is long though its eigenvalues are small."""
    matrix = as_numbers(attempt, (2, 2), "your matrix")
    _modest(matrix, 1e6, "your matrix")
    radius = float(np.abs(np.linalg.eigvals(matrix)).max())
    norm = float(np.linalg.norm(matrix, 2))
    if radius > RADIUS_LIMIT + 1e-6:
        raise HintError(
            "radius",
            f"the largest eigenvalue has the size {radius:.3g}, which is above "
            f"{RADIUS_LIMIT}. An entry off the diagonal need not change eigenvalues.",
        )
    if norm < 1e-12:
        raise HintError("zero", "a matrix of zeros stops every gradient at once.")
    if close(matrix @ matrix.T, matrix.T @ matrix):
        raise HintError(
            "normal",
            "this matrix equals its transpose, or at least commutes with it: its "
            "eigenvectors stand at right angles. Then no vector is ever stretched by "
            "more than the radius. Bring the eigenvectors closer together.",
        )
    if norm <= 1:
        raise HintError(
            "contracting",
            f"the largest singular value is {norm:.3g}, so no step makes any vector "
            f"longer. The exercise limits the eigenvalues, not the singular values.",
        )
    after = float(np.linalg.norm(np.linalg.matrix_power(matrix, 10), 2))
    if after >= GROWTH:
        _demand_turned(matrix)
        return
    if norm >= GROWTH:
        raise HintError(
            "too-short",
            f"one step stretches by {norm:.3g}, but after ten steps {after:.3g} is "
            f"left: the growth is over too soon. Look at the eigenvalues again.",
        )
    raise HintError(
        "too-little",
        f"the right idea, but after ten steps the longest gradient has the norm "
        f"{after:.3g}. What sets the height of the hump, what its place?",
    )


# 9. The smallest window ---------------------------------------------------------------


@exercise("theory-9")
def check_smallest_window(attempt: Any) -> None:
    """Check a function that finds the smallest window for an error."""
    cases = [(0.9, 60, 0.01), (0.5, 10, 0.1), (0.95, 30, 0.05)]
    flat = [(1.0, 40, 0.22)]
    steep = [(1.1, 30, 0.3)]
    answers = _whole_numbers(attempt, cases, "the window")
    wanted = [_window(*case) for case in cases]
    if answers != wanted:
        _recognise(answers, _window_mistakes(cases, wanted))
        wrong = next(i for i, k in enumerate(answers) if k != wanted[i])
        error = _window_errors(*cases[wrong][:2], "W_xh")
        share = "no window at all"
        if 1 <= answers[wrong] <= len(error):
            share = f"a window that leaves an error of {error[answers[wrong] - 1]:.3g}"
        raise HintError(
            "elsewhere",
            f"for (w_rec, steps, tolerance) = {cases[wrong]} you return "
            f"{answers[wrong]}: {share}. Write the gradient as a sum over the steps "
            f"that it goes back, and see which terms a window keeps.",
        )
    _check_flat_window(attempt, flat)
    if _whole_numbers(attempt, steep, "the window") != [_window(*steep[0])]:
        raise HintError(
            "steep",
            "right up to w_rec = 1, wrong above it, where the oldest terms of the sum "
            "are the largest.",
        )


def _check_flat_window(attempt: Any, flat: Sequence[tuple[Any, ...]]) -> None:
    """See that the window is right where every lag counts the same."""
    try:
        right = _whole_numbers(attempt, flat, "the window") == [_window(*flat[0])]
    except HintError:
        right = False
    if not right:
        raise HintError(
            "flat",
            "right below w_rec = 1, but not at w_rec = 1, where every step back counts "
            "the same. A closed formula may divide zero by zero there.",
        )


def _window_errors(w_rec: float, steps: int, weight: str) -> Array:
    """Return the relative error of one weight's gradient for windows 1 .. steps."""
    cell = LinearCell(W_xh=[[1.0]], W_hh=[[w_rec]])
    trace = cell.forward(np.ones((1, steps, 1)))
    last = np.zeros((1, steps, 1))
    last[:, -1] = 1.0
    lags = gradient_by_lag(cell, trace, last)
    return truncation_errors([{weight: lag[weight]} for lag in lags])


def _window(w_rec: float, steps: int, tolerance: float, weight: str = "W_xh") -> int:
    """Return the smallest window whose gradient of ``w_x`` is accurate enough."""
    return int(np.argmax(_window_errors(w_rec, steps, weight) <= tolerance)) + 1


def _window_mistakes(
    cases: Sequence[tuple[float, int, float]], wanted: Sequence[int]
) -> Mistakes:
    """Return the windows that come from the usual slips."""
    long = [(w_rec, 500, tolerance) for w_rec, _, tolerance in cases]
    unscaled = [
        (w_rec, steps, tolerance * (1 - w_rec) / (1 - w_rec**steps))
        for w_rec, steps, tolerance in cases
    ]
    right = np.array(wanted)
    return [
        (
            right - 1,
            HintError(
                "one-short",
                "one short in every case. A window of k steps holds the lags 0 to "
                "k - 1: the last step itself counts.",
            ),
        ),
        (right + 1, HintError("one-too-many", "one step more than needed.")),
        (
            [_window(*case) for case in long],
            HintError(
                "endless",
                "right for an endless past. Here there are only `steps` steps, so both "
                "the full gradient and what the window misses are sums that end.",
            ),
        ),
        (
            [_window(*case) for case in unscaled],
            HintError(
                "absolute",
                "you compare the missing part itself with the tolerance. The error is "
                "asked relative to the full gradient.",
            ),
        ),
        (
            [_window(w_rec, steps, 1 - share) for w_rec, steps, share in cases],
            HintError(
                "complement",
                "the tolerance is taken for the share that the window should hold. It "
                "is the share that the window may miss.",
            ),
        ),
        (
            [_window(*case, weight="W_hh") for case in cases],
            HintError(
                "other-weight",
                "that is the window for the gradient of w_rec; the exercise asks for "
                "that of w_x, whose terms do not hold the states.",
            ),
        ),
        (
            [steps for _, steps, _ in cases],
            HintError(
                "everything",
                "a window of all steps has no error, but a smaller one is good enough.",
            ),
        ),
    ]


# 10. How far the forget gate must be open ---------------------------------------------


@exercise("theory-10")
def check_forget_bias(attempt: Any) -> None:
    """Check a function that chooses the forget gate's bias for a given memory."""
    cases = [(0.5, 50), (0.9, 10), (0.1, 200)]
    given = np.array(
        [as_numbers(call(attempt, *case), (), "the bias") for case in cases]
    )
    shares, steps = np.array(cases).T
    kept = np.array([_kept(b, int(n)) for b, n in zip(given, steps, strict=True)])
    if close(kept, shares, relative=1e-4):
        return
    gates = np.array([_kept(b, 1) for b in given])
    _recognise(given, _gate_mistakes(shares, steps))
    _recognise(gates, _bias_mistakes(shares, steps))
    raise HintError(
        "elsewhere",
        f"with your bias for {cases[0]} the LSTM keeps {kept[0]:.3g} of its memory "
        f"after {cases[0][1]} steps, where {cases[0][0]} was asked for. Which factor "
        f"does c meet at one step, and how often does it meet it?",
    )


def _kept(bias: float, steps: int) -> float:
    """Return what an LSTM keeps of a memory of 1 when only its forget gate is open."""
    closed = -1000.0  # the input gate: its sigmoid is exactly 0
    cell = LSTMCell(
        W_xh=np.zeros((1, 4)), W_hh=np.zeros((1, 4)), b_h=[closed, bias, 0.0, 0.0]
    )
    trace = cell.forward(np.zeros((1, steps, 1)), (np.zeros((1, 1)), np.ones((1, 1))))
    return float(trace.states[1][0, -1, 0])


def _gate_mistakes(shares: Array, steps: Array) -> Mistakes:
    """Return what is given where the gate was meant, or the wrong inverse taken."""
    gates = shares ** (1 / steps)
    return [
        (
            gates,
            HintError(
                "gate-not-bias",
                "that is how far the gate must be open. The bias is what the sigmoid "
                "turns into it, so one more step is needed.",
            ),
        ),
        (
            np.arctanh(gates),
            HintError(
                "tanh-inverse",
                "you undo a tanh; a gate is a sigmoid, which runs from 0 to 1.",
            ),
        ),
    ]


def _bias_mistakes(shares: Array, steps: Array) -> Mistakes:
    """Return the gates that come from the usual slips."""
    gates = shares ** (1 / steps)
    return [
        (
            shares,
            HintError(
                "one-step",
                "this gate keeps the share over a single step. Over many steps what is "
                "kept is multiplied by the gate again and again.",
            ),
        ),
        (
            1 - gates,
            HintError("sign", "the sign is turned: this gate closes instead of opens."),
        ),
        (
            1 - (1 - shares) / steps,
            HintError(
                "linear",
                "you let every step lose the same amount. It loses the same share of "
                "what is left, so the losses shrink as it goes.",
            ),
        ),
        (
            shares**steps,
            HintError(
                "power-for-root",
                "you took the share to the power of the steps. The gate to that power "
                "should be the share; solve that for the gate.",
            ),
        ),
        (
            shares ** (1 / (steps - 1)),
            HintError(
                "one-step-less",
                "the memory meets the gate at every step, also at the first: you "
                "counted one step too few.",
            ),
        ),
    ]


# 11. An LSTM that latches -------------------------------------------------------------

LATCH_STEPS = 100


@exercise("theory-11")
def check_latch(attempt: Any) -> None:
    """Check the hand-set weights of an LSTM that remembers if a 1 was ever seen."""
    names = ("W_xh", "W_hh", "b_h")
    shapes = LSTMCell.shapes(inputs=1, hidden=1)
    weights = {
        name: as_numbers(part, shapes[name], name)
        for name, part in zip(names, parts(attempt, *names), strict=True)
    }
    silent = np.zeros((1, LATCH_STEPS))
    early = silent.copy()
    early[0, 0] = 1.0
    if _latches(weights, _latch_sequences()):
        return
    _recognise_latch_slips(weights)
    if not _latches(weights, silent):
        raise HintError(
            "false-alarm",
            f"on a sequence of zeros h rises above one half within {LATCH_STEPS} "
            f"steps. What does the input gate let in, step after step, when x = 0?",
        )
    h = _latch_states(weights, early)[0]
    if h[0] <= 0.5:
        raise HintError(
            "deaf",
            f"a 1 at the first step leaves h_1 = {h[0]:.3g}. Follow it through the "
            f"cell: input gate, candidate, memory, output gate; which one holds back?",
        )
    if h.min() <= 0.5:
        raise HintError(
            "forgets",
            f"a single 1 is noticed, but by step {int(np.argmax(h <= 0.5)) + 1} h has "
            f"fallen to one half. What multiplies the memory at every silent step?",
        )
    raise HintError(
        "upset",
        "a single 1 is kept, but sequences with several ones go wrong. What does a "
        "second 1 do to the gates and to the memory that is there already?",
    )


def _latch_sequences() -> Array:
    """Return silence, single ones, and random bits sparse and dense: ``(B, T)``."""
    rng = np.random.default_rng(3)
    single = np.eye(LATCH_STEPS)[[0, 1, 50, 98, 99]]
    chances = np.repeat([0.005, 0.02, 0.2, 0.5, 0.95], 8)[:, None]
    drawn = (rng.random((len(chances), LATCH_STEPS)) < chances).astype(np.float64)
    fixed = [np.zeros(LATCH_STEPS), np.ones(LATCH_STEPS)]
    return np.vstack([fixed, single, drawn])


def _latch_states(weights: dict[str, Array], bits: Array) -> Array:
    """Return ``h_1 .. h_T`` of the LSTM, shape ``(B, T)``."""
    return LSTMCell(**weights).forward(bits[:, :, None]).outputs[:, :, 0]


def _latches(weights: dict[str, Array], bits: Array) -> bool:
    """Say whether ``h_t`` is above one half exactly when a 1 was seen by then."""
    seen = np.maximum.accumulate(bits, axis=1) == 1
    return bool(np.all((_latch_states(weights, bits) > 0.5) == seen))


def _recognise_latch_slips(weights: dict[str, Array]) -> None:
    """Find out whether the weights are right but for their order or a sign."""
    sequences = _latch_sequences()
    for columns in ([1, 0, 2, 3], [0, 1, 3, 2], [1, 0, 3, 2]):
        if _latches({n: w[..., columns] for n, w in weights.items()}, sequences):
            raise HintError(
                "block-order",
                "these weights latch if the blocks are ordered in another way. The "
                "course has Keras's order: input gate, forget gate, candidate, output.",
            )
    # The candidate is column 2; turning it turns the memory's sign.
    turned = np.array([1.0, 1.0, -1.0, 1.0])
    if _latches({n: w * turned for n, w in weights.items()}, sequences):
        raise HintError(
            "sign",
            "the cell latches, but downwards: h falls below minus one half where it "
            "should rise above one half.",
        )


# 12. When squashing makes a gradient grow ---------------------------------------------

SQUASH_STEPS = 100


@exercise("theory-12")
def check_growth_by_squashing(attempt: Any) -> None:
    """Check a tanh net of small radius whose gradient explodes all the same."""
    names = ("W_hh", "b_h", "h_0")
    given = zip(names, ((2, 2), (2,), (2,)), parts(attempt, *names), strict=True)
    W_hh, b_h, h_0 = (as_numbers(value, shape, n) for n, shape, value in given)
    for name, values in zip(names, (W_hh, b_h, h_0), strict=True):
        _modest(values, 100.0, name)
    radius = float(np.abs(np.linalg.eigvals(W_hh)).max())
    norm = float(np.linalg.norm(W_hh, 2))
    if radius > RADIUS_LIMIT + 1e-6:
        raise HintError(
            "radius",
            f"the spectral radius is {radius:.3g}, which is above {RADIUS_LIMIT}: this "
            f"matrix explodes without any help.",
        )
    if norm <= 1:
        raise HintError(
            "contracting",
            f"the largest singular value is {norm:.3g}. Neither the matrix nor a slope "
            f"of at most 1 can then lengthen any gradient.",
        )
    half = SQUASH_STEPS // 2
    states, norms = _squash_gradients(W_hh, b_h, h_0, SQUASH_STEPS)
    late, whole = norms[half], norms[0]
    if late >= GROWTH and whole >= GROWTH * late:
        return
    early = _squash_gradients(W_hh, b_h, h_0, half)[1][0]
    raise _squash_hint(states, early, late)


def _squash_gradients(
    W_hh: Array, b_h: Array, h_0: Array, steps: int
) -> tuple[Array, Array]:
    """Run a tanh net without input and carry gradients back from its last state.

    Returns:
        The states ``h_1 .. h_T``, shape ``(T, 2)``, and for ``t = 0 .. T`` the largest
        norm that a gradient of norm 1 at ``h_T`` has at ``h_t``, shape ``(T + 1,)``.
    """
    cell = TanhCell(W_xh=np.zeros((1, 2)), W_hh=W_hh, b_h=b_h)
    both = np.stack([h_0, h_0])  # one copy for each direction of the gradient
    trace = cell.forward(np.zeros((2, steps, 1)), (both,))
    last = np.zeros((2, steps, 2))
    last[:, -1] = np.eye(2)
    grads = cell.backward(trace, last).states[0]
    norms = np.linalg.norm(np.swapaxes(grads, 0, 1), ord=2, axis=(1, 2))
    return trace.outputs[0], norms


def _squash_hint(states: Array, early: float, late: float) -> HintError:
    """Return the hint for a net whose gradient does not keep on growing."""
    slopes = 1 - states**2
    if slopes.min() > 0.9:
        return HintError(
            "unsquashed",
            "all states stay near zero, where tanh is a straight line: the eigenvalues "
            "decide alone, and any growth soon ends. Bring saturation in.",
        )
    if late >= GROWTH:
        return HintError(
            "transient",
            f"going back 50 steps the gradient grows to {late:.3g}, but then no more: "
            f"this is transient growth. Look for a growth that never ends.",
        )
    if early >= GROWTH:
        return HintError(
            "drifts",
            "the gradient grows over the first 50 steps and not over the last 50: the "
            "state does not stay at the place you chose. Is it a fixed point?",
        )
    if slopes[-1].max() < 0.01:
        return HintError(
            "all-saturated",
            "in the end both units are saturated, and both slopes are nearly zero. One "
            "unit has to stay where its tanh is steep.",
        )
    return HintError(
        "shrinks",
        f"over the last 50 steps the gradient changes by the factor {late:.3g}. With "
        f"the slopes {slopes[-1].round(2).tolist()} at the end, which matrix does the "
        f"gradient really meet at a step, and what is the radius of that one?",
    )
