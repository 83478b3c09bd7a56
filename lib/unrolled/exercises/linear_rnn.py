"""The exercises of the chapter on the linear net with two weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from unrolled.cells import linear
from unrolled.cells.linear import LinearCell
from unrolled.exercises.checking import (
    HintError,
    Mistakes,
    as_numbers,
    call,
    close,
    compare,
    demand_started,
    exercise,
    is_group,
)
from unrolled.training.closed_form import (
    curvature_at_optimum,
    output_and_slopes,
)
from unrolled.validation import Array


def _bits(samples: int, steps: int, seed: int = 3) -> Array:
    """Return fair random bits, as floats, whose first and last columns are mixed."""
    generator = np.random.default_rng(seed)
    return generator.integers(0, 2, (samples, steps)).astype(np.float64)


@exercise("linear-1")
def _by_hand(attempt: Any) -> None:
    """Check output and gradient of one short sequence, worked out on paper."""
    x, w_x, w_rec, target = np.array([[1.0, 0.0, 1.0, 1.0]]), 2.0, 0.5, 3.0
    if not is_group(attempt, 3):
        raise HintError("triple", "give three numbers: o, dL/dw_x and dL/dw_rec.")
    for part in attempt:
        demand_started(part)
    output, *gradient = as_numbers(attempt, (3,), "your answer")
    states = linear.forward(x, w_x, w_rec)
    lag = np.arange(4)[::-1]
    outputs = {
        "reversed": (
            [w_x * np.sum(x * w_rec ** lag[::-1])],
            "your powers of w_rec run the wrong way: it is the last bit that has not "
            "been multiplied by w_rec yet, and the first one most often.",
        ),
        "off-by-one": (
            [w_x * np.sum(x * w_rec ** (lag + 1))],
            "every bit of your output is multiplied by w_rec once too often. The last "
            "bit enters the state in the last step, and no step comes after it.",
        ),
        "swapped": (
            [w_rec * np.sum(x * w_x**lag)],
            "the two weights have changed places: w_x acts on a bit once, when it "
            "comes in, and w_rec once in every later step.",
        ),
        "count": (
            [np.sum(x)],
            "your output is the number of ones. That is what the net should say; with "
            "these weights it says something else.",
        ),
    }
    compare(
        output,
        states[0, -1],
        outputs,
        "the output is not right. Write down h_1 to h_4, one under the other.",
    )
    error = states[:, -1] - target
    *right, grads = linear.backward(x, states, 2 * error, w_rec)
    turned = grads[0, :0:-1]
    compare(
        gradient,
        right,
        {
            "no-two": (
                [np.array(right) / 2],
                "both gradients are half of what they should be: the derivative of a "
                "square brings a factor of 2.",
            ),
            "sign": (
                [-np.array(right)],
                "both gradients have the wrong sign: the error is output minus target.",
            ),
            "last-step": (
                [(grads[0, 4] * x[0, 3], grads[0, 4] * states[0, 3])],
                "only the last step is counted. The weights act in every step, and "
                "all four steps add to the gradient.",
            ),
            "state-after": (
                [(right[0], np.sum(grads[0, 1:] * states[0, 1:]))],
                "dL/dw_rec pairs each gradient with the state after the step; w_rec "
                "multiplies the state before it, and h_0 = 0.",
            ),
            "swapped-slopes": (
                [right[::-1]],
                "both slopes are right, but in the wrong order: dL/dw_x comes first.",
            ),
            "wrong-way": (
                [(turned @ x[0], turned @ states[0, :-1])],
                "your gradients run the wrong way: 2 (o - y) is the gradient at h_4, "
                "and it is multiplied by w_rec on its way back, towards h_1.",
            ),
            "not-faded": (
                [2 * error[0] * np.array([x.sum(), states[0, :-1].sum()])],
                "your gradient is the same in all steps; on its way back it is "
                "multiplied by w_rec once in every step.",
            ),
        },
        "the output is right, the gradient is not yet. Write dL/dh_4 under h_4 and go "
        "left: each dL/dh_t is w_rec times dL/dh_(t+1). Then pair them with x_t, and "
        "with h_(t-1).",
    )


@exercise("linear-2")
def _steps_until_faint(attempt: Any) -> None:
    """Check the smallest ``m`` with ``|w_rec|^m <= share``."""
    cases = ((0.9, 0.01, 44), (0.5, 0.001, 10), (0.5, 0.25, 2), (-0.5, 0.001, 10))
    for w_rec, share, wanted in (*cases, (0.0, 0.01, 1), (0.9, 0.05, 29)):
        result = _whole_steps(attempt, w_rec, share)
        if result == wanted:
            continue
        where = f"for w_rec = {w_rec:g} and share = {share:g}"
        exact = np.log(share) / np.log(abs(w_rec)) if w_rec else 1.0
        if close(result, exact):
            raise HintError(
                "fraction",
                f"{where} you return {result:.4g}, but steps come in whole numbers: "
                f"which is the first whole step at which the share is small enough?",
            )
        if result == wanted - 1:
            raise HintError(
                "one-too-few",
                f"{where} you stop one step early: after {result:g} steps the factor "
                f"is {abs(w_rec) ** result:.3g}, which is still above the share.",
            )
        if result == wanted + 1:
            raise HintError(
                "one-too-many",
                f"{where} you go one step too far: reaching the share exactly is "
                f"enough, and no step back (m = 0) means a factor of 1.",
            )
        if w_rec < 0:
            raise HintError(
                "sign",
                "a negative w_rec is answered wrongly. The sign of the gradient "
                "alternates, but what fades is its size.",
            )
        raise HintError(
            "other",
            f"{where} your answer is {result:g}. The law is dL/dh_(T-m) = dL/dh_T "
            f"w_rec^m: compare the size of the factor with the share.",
        )


def _whole_steps(attempt: Any, w_rec: float, share: float) -> float:
    """Call the attempt; a logarithm of 0 or of a negative number gets its own hint."""
    try:
        return float(as_numbers(call(attempt, w_rec, share), (), "the number"))
    except HintError as mistake:
        if mistake.hint not in ("raised", "not-finite") or w_rec > 0:
            raise
    if w_rec < 0:
        raise HintError(
            "sign",
            "a negative w_rec stops your function: a negative number has no real "
            "logarithm. What fades is the size of the gradient.",
        )
    raise HintError(
        "zero",
        "w_rec = 0 stops your function: zero has no logarithm. How many steps back "
        "does a gradient get when it is multiplied by 0?",
    )


@exercise("linear-3")
def _loss_at_every_step(attempt: Any) -> None:
    """Check BPTT with a direct gradient at every state."""
    x, w_x, w_rec = _bits(4, 6), 0.9, 1.3
    states = linear.forward(x, w_x, w_rec)
    direct = np.random.default_rng(5).standard_normal(x.shape)
    result = call(attempt, x, states, direct, w_rec)
    if not is_group(result, 2):
        raise HintError("pair", "return two things: dL/dw_x and dL/dw_rec.")
    if np.shape(result[0]) == x.shape[:1] or np.shape(result[1]) == x.shape[:1]:
        raise HintError(
            "not-summed",
            "you return one number for each sequence. The weights are shared by all "
            "sequences, so that their gradients add up over the batch too.",
        )
    grads = as_numbers(result, (2,), "the pair of gradients")
    last = np.zeros_like(direct)
    last[:, -1] = direct[:, -1]
    step = states[:, 1:], states[:, :-1]
    mistakes: Mistakes = {
        "last-only": (
            [_every_step(x, step[1], last, w_rec)],
            "only the loss at the last step counts in your result; the losses at the "
            "earlier steps are judged too.",
        ),
        "no-time": (
            [(np.sum(direct * x), np.sum(direct * step[1]))],
            "each loss stays at its own step in your result. The loss at step t also "
            "depends on all earlier states, through w_rec.",
        ),
        "direct-scaled": (
            [_every_step(x, step[1], direct * w_rec, w_rec)],
            "the direct gradient of a state is multiplied by w_rec, but it has not "
            "crossed a step yet. Only what comes from h_(t+1) has.",
        ),
        "state-after": (
            [_every_step(x, step[0], direct, w_rec)],
            "dL/dw_rec pairs each gradient with the state after the step; w_rec "
            "multiplies the state before it.",
        ),
        "no-weight": (
            [_every_step(x, step[1], direct, 1.0)],
            "your gradient crosses a step unchanged; it has to be multiplied by w_rec.",
        ),
    }
    compare(
        grads,
        _every_step(x, step[1], direct, w_rec),
        mistakes,
        "the gradients are not right yet. A state h_t reaches the loss in two ways: "
        "directly, and through h_(t+1). Add the two.",
    )


def _every_step(
    x: Array, before: Array, direct: Array, w_rec: float
) -> tuple[float, float]:
    """Return both gradients for a direct gradient at every step."""
    grad, grad_w_x, grad_w_rec = np.zeros(len(x)), 0.0, 0.0
    for t in reversed(range(x.shape[1])):
        grad = direct[:, t] + grad * w_rec
        grad_w_x += float(np.sum(grad * x[:, t]))
        grad_w_rec += float(np.sum(grad * before[:, t]))
    return grad_w_x, grad_w_rec


@exercise("linear-4")
def _central_differences(attempt: Any) -> None:
    """Check a numerical gradient of a function of two weights."""

    def function(weights: Any) -> float:
        a, b = (float(weight) for weight in weights)
        return float(np.exp(a) * b**3 + a**3)

    weights, half = np.array([0.7, 1.4]), 1e-4
    result = as_numbers(call(attempt, function, weights, half), (2,), "the gradient")
    right = _difference(function, weights, half, 1, 1) / (2 * half)
    forward = _difference(function, weights, half, 1, 0) / half
    backward = _difference(function, weights, half, 0, 1) / half
    ones = np.ones(2)
    both = function(weights + half * ones) - function(weights - half * ones)
    mistakes = {
        "no-half": (
            [2 * right],
            "your result is twice too large: the two points lie 2 epsilon apart.",
        ),
        "not-divided": (
            [2 * half * right],
            "you return the difference of two values; divide it by the distance of "
            "the two points.",
        ),
        "upside-down": (
            [-right],
            "your result has the wrong sign: subtract the value at the smaller weight "
            "from the value at the larger one.",
        ),
        "together": (
            [ones * both / (2 * half)],
            "you move both weights at once, which gives the slope along the diagonal. "
            "Move one weight and leave the other where it is.",
        ),
    }
    if np.allclose(result, forward, rtol=1e-9) or np.allclose(
        result, backward, rtol=1e-9
    ):
        raise HintError(
            "one-sided",
            "this is the one-sided difference, whose error is of order epsilon. Step "
            "to both sides of the weight: then it is of order epsilon squared.",
        )
    compare(
        result,
        right,
        mistakes,
        "the slope is not right. For each weight compare the value a little above it "
        "with the value a little below it. Did you put the weight back afterwards?",
    )


def _difference(
    function: Callable[[Any], float], weights: Array, half: float, up: int, down: int
) -> Array:
    """Return the rise of a function between two points for each weight in turn."""
    shifts = half * np.eye(len(weights))
    rises = [function(weights + up * s) - function(weights - down * s) for s in shifts]
    return np.array(rises)


@exercise("linear-5")
def _largest_stable_rate(attempt: Any) -> None:
    """Check ``2 / lambda_max`` of the curvature at the minimum."""
    for samples, steps in ((12, 7), (5, 20)):
        bits = _bits(samples, steps)
        curvature = curvature_at_optimum(bits)
        least, most = np.linalg.eigvalsh(curvature)
        lag = np.arange(float(steps))[::-1]
        result = as_numbers(call(attempt, bits), (), "the rate")
        mistakes = {
            "least-curved": (
                [2 / least],
                "this rate suits the flattest direction; in the steepest one it is far "
                "too large. The largest curvature sets the limit.",
            ),
            "no-two": (
                [1 / most],
                "this rate lands on the bottom of the steepest direction in one step; "
                "one may go beyond it. How far, before the other side is as high?",
            ),
            "sum": (
                [2 / (most * samples)],
                "your limit is too small by the number of sequences: the loss is a "
                "mean over the samples, not a sum.",
            ),
            "half-curvature": (
                [4 / most],
                "your limit is twice too large: the second derivative of a square "
                "brings a factor of 2 with it.",
            ),
            "one-weight": (
                [2 / curvature[1, 1]],
                "you look at w_rec alone. The steepest direction lies between the two "
                "axes; use an eigenvalue of the whole 2 x 2 matrix.",
            ),
            "trace": (
                [2 / np.trace(curvature)],
                "the trace is the sum of both curvatures. Close, but the limit is set "
                "by the largest eigenvalue alone.",
            ),
            "one-step": (
                [_rate_limit(bits, lag + 1)],
                "your distances from the end are one too large: the last bit crosses "
                "no step, so that w_rec never acts on it.",
            ),
            "reversed": (
                [_rate_limit(bits, lag[::-1])],
                "your distances run the wrong way: the first bit is the farthest from "
                "the end, and the last one is at distance 0.",
            ),
        }
        compare(
            result,
            2 / most,
            mistakes,
            "this is not the limit. Near the minimum one update multiplies the "
            "distance along an eigenvector by 1 - rate times its eigenvalue; when is "
            "that larger than 1 in size?",
        )


def _rate_limit(bits: Array, distances: Array) -> float:
    """Return the rate limit that follows if the bits were so far from the end."""
    slopes = np.stack([bits.sum(axis=1), bits @ distances], axis=1)
    curvature = 2 / len(bits) * slopes.T @ slopes
    return 2 / float(np.linalg.eigvalsh(curvature)[-1])


@exercise("linear-6")
def _clip_by_norm(attempt: Any) -> None:
    """Check clipping by the norm of the whole gradient."""
    hints = {
        "each-entry": "you clip each entry on its own, which turns the gradient into "
        "another direction. Shorten the whole vector.",
        "always": "a gradient that is short enough is lengthened by your function; it "
        "should come back as it was.",
        "squared": "you compare with the squared length; a square root is missing.",
        "one-norm": "you measure the length by the sum of the sizes; the threshold is "
        "for the Euclidean length.",
        "largest": "you measure the length by the largest entry; the threshold is for "
        "the Euclidean length of the whole vector.",
    }
    for gradient, longest in (([3.0, -4.0], 2.0), ([0.3, 0.4], 2.0), ([0.0, 0.0], 1.0)):
        g = np.array(gradient)
        result = _clipped(attempt, g, longest)
        sizes = {
            "squared": g @ g,
            "one-norm": np.abs(g).sum(),
            "largest": np.abs(g).max(),
        }
        wrong: dict[str, Any] = {
            name: g * min(longest / size, 1) if size else g
            for name, size in sizes.items()
        }
        wrong["each-entry"] = np.clip(g, -longest, longest)
        norm = float(np.linalg.norm(g))
        wrong["always"] = g * longest / norm if norm else g
        compare(
            result,
            g * min(longest / norm, 1) if norm else g,
            {name: ([value], hints[name]) for name, value in wrong.items()},
            "the clipped gradient is not right. It keeps its direction, and its "
            "Euclidean length is the threshold if it was longer.",
        )


def _clipped(attempt: Any, gradient: Array, longest: float) -> Any:
    """Call the attempt; a division by a length of zero gets its own hint."""
    try:
        return as_numbers(call(attempt, gradient, longest), (2,), "the gradient")
    except HintError as mistake:
        if mistake.hint not in ("raised", "not-finite") or gradient.any():
            raise
    raise HintError(
        "zero",
        "a gradient of zero has no direction, and dividing by its length fails. "
        "Decide first whether it needs clipping at all.",
    )


@exercise("linear-7")
def _rprop_that_waits(attempt: Any) -> None:
    """Check one update of iRprop-: after a change of sign the weight waits."""
    gradient = np.array([3.0, -0.2, 5.0, -7.0, 0.0])
    before = np.array([1.0, -1.0, -1.0, 0.0, 1.0])
    delta = np.array([0.1, 0.2, 0.4, 0.8, 1.6])
    result = call(attempt, gradient, before, delta)
    if not is_group(result, 3):
        raise HintError("triple", "return three things: step, sign and delta.")
    step, sign, size = as_numbers(result, (3, 5), "step, sign and delta")
    grown = np.array([0.12, 0.24, 0.2, 0.8, 1.6])
    published = np.array([0.12, 0.24, 0.2, 0.4, 0.8])
    if close(size, published) or close(size[3], 0.4):
        raise HintError(
            "no-product",
            "a step size shrinks although no sign has changed: where one of the two "
            "signs is 0, there is nothing to compare, and delta stays as it is.",
        )
    if close(size[:2], delta[:2] + 1.2) or close(size[2], delta[2] - 0.5):
        raise HintError(
            "added",
            "1.2 and 0.5 are factors: multiply delta by them; do not add or subtract.",
        )
    if close(size[2], 0.4):
        raise HintError("not-shrunk", "after a change of sign delta has to shrink.")
    if close(step, -gradient * grown) or close(step[:2], -gradient[:2] * grown[:2]):
        raise HintError(
            "magnitude",
            "your step is proportional to the gradient. In Rprop only its sign counts.",
        )
    if close(step[:2], [0.12, -0.24]):
        raise HintError("uphill", "your step goes up the slope: it needs a minus sign.")
    if close(step[2], -0.2):
        raise HintError(
            "moves-on",
            "the weight whose gradient changed sign still moves. In this form it "
            "waits for one update.",
        )
    if close(step[:2], [-0.1, 0.2]):
        raise HintError(
            "old-delta",
            "the step uses the old step sizes; the sizes are adapted first.",
        )
    if close(sign[2], 1.0):
        raise HintError(
            "sign-kept",
            "after a change of sign the sign to remember is 0; otherwise the next "
            "update would compare with it and let delta grow or shrink again.",
        )
    compare(
        np.stack([step, sign, size]),
        np.stack([[-0.12, 0.24, 0.0, 0.8, 0.0], [1, -1, 0, -1, 0], grown]),
        {},
        "one of the three results is not right. Go through the three cases of the "
        "product of the two signs: 1, -1 and 0.",
    )


@exercise("linear-8")
def _tolerance(attempt: Any) -> None:
    """Check how far ``w_rec`` may lie below 1 for a mean error of half a one."""
    for steps in (4, 10, 300):
        right = _shortfall_root(steps)
        result = as_numbers(call(attempt, steps), (), "the tolerance")
        mistakes: Mistakes = {
            "first-order": (
                [2 / (steps * (steps - 1))],
                "this is the straight-line approximation: near, but the powers of "
                "w_rec bend. Find the root of the whole sum.",
            ),
            "all-ones": (
                [_shortfall_root(steps, share=1.0)],
                "this holds for a sequence of ones only. On average, half of the bits "
                "are ones.",
            ),
            "one-too-many": (
                [_shortfall_root(steps + 1)],
                "you add one term too many: the distances from the end run from 0 to "
                "T - 1.",
            ),
            "whole-one": (
                [_shortfall_root(steps, shortfall=1.0)],
                "this allows a mean error of a whole one; half a one is asked for.",
            ),
            "weight": (
                [1 - right],
                "this is the weight itself; how far it lies below 1 is asked for.",
            ),
            "above": (
                [_excess_root(steps)],
                "this is for a weight above 1. Below 1 the powers shrink, which is "
                "another sum.",
            ),
        }
        compare(
            result,
            right,
            mistakes,
            f"for T = {steps} this is not the tolerance. With w_x = 1, what does a "
            f"one count for that came m steps before the end, and what is missing?",
            agree=lambda a, b: bool(np.isclose(a, b, rtol=1e-3, atol=0.0)),
        )


def _shortfall_root(steps: int, share: float = 0.5, shortfall: float = 0.5) -> float:
    """Return the distance below 1 at which ``shortfall`` ones are missed on average.

    Infinity if even ``w_rec = 0`` misses fewer.
    """
    lag = np.arange(steps)

    def missed(distance: float) -> float:
        return float(share * np.sum(1 - (1 - distance) ** lag))

    return _root(missed, shortfall, 1.0)


def _excess_root(steps: int) -> float:
    """Return the distance above 1 at which half a one is counted too much."""
    lag = np.arange(steps)

    def added(distance: float) -> float:
        return float(0.5 * np.sum((1 + distance) ** lag - 1))

    return _root(added, 0.5, 1.0)


def _root(rising: Callable[[float], float], value: float, highest: float) -> float:
    """Return where a rising function takes a value, by bisection from 0 on."""
    if rising(highest) < value:
        return float("inf")
    low, high = 0.0, highest
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return high


@exercise("linear-9")
def _spread_of_the_fit(attempt: Any) -> None:
    """Check the standard deviation of the fitted ``w_rec`` under noise."""
    for samples, steps, noise in ((20, 10, 0.5), (8, 15, 2.0)):
        bits = _bits(samples, steps, seed=11)
        slopes = np.stack(output_and_slopes(bits, 1.0, 1.0)[1:], axis=1)
        covariance = noise**2 * np.linalg.inv(slopes.T @ slopes)
        right = np.sqrt(covariance[1, 1])
        result = as_numbers(call(attempt, bits, noise), (), "the spread")
        mistakes = {
            "alone": (
                [noise / np.linalg.norm(slopes[:, 1])],
                "this would be right if w_x were known. The data has to tell both "
                "weights, and they can stand in for each other.",
            ),
            "variance": (
                [covariance[1, 1]],
                "this is the variance; the standard deviation is its square root.",
            ),
            "input-weight": (
                [np.sqrt(covariance[0, 0])],
                "this is the standard deviation of w_x; that of w_rec is asked for.",
            ),
            "per-sample": (
                [right * np.sqrt(samples)],
                "your result does not shrink with more sequences: the sum over the "
                "samples has become a mean somewhere.",
            ),
            "noise-free": (
                [right / noise],
                "the noise is missing: twice the noise makes twice the spread.",
            ),
            "two": (
                [right / np.sqrt(2)],
                "you inverted the curvature of the loss, which has a factor of 2 in "
                "it; the covariance is noise^2 times the inverse of J^T J.",
            ),
        }
        compare(
            result,
            right,
            mistakes,
            "this is not the standard deviation. Near (1, 1) the outputs are linear in "
            "the weights, with the slopes J: it is a linear least-squares fit.",
        )


@exercise("linear-10")
def _shift_register(attempt: Any) -> None:
    """Check a linear net that repeats its input three steps later."""
    if not is_group(attempt, 3):
        raise HintError("triple", "give three matrices: (W_xh, W_hh, W_hq).")
    for matrix in attempt:
        demand_started(matrix)
    hidden = len(np.atleast_1d(attempt[1]))
    names, shapes = ("W_xh", "W_hh", "W_hq"), ((1, hidden), (hidden,) * 2, (hidden, 1))
    W_xh, W_hh, W_hq = (
        as_numbers(value, shape, name)
        for value, shape, name in zip(attempt, shapes, names, strict=True)
    )
    if _echoes(W_xh, W_hh, W_hq, 3):
        return
    if _echoes(W_xh, W_hh.T, W_hq, 3):
        raise HintError(
            "transposed",
            "your W_hh shifts the wrong way. States are rows here: h_t = x_t W_xh + "
            "h_(t-1) W_hh, so that W_hh[i, j] leads from unit i to unit j.",
        )
    for delay in (0, 1, 2, 4, 5):
        if _echoes(W_xh, W_hh, W_hq, delay):
            raise HintError(
                "delay",
                f"your net echoes, but {delay} steps later instead of 3. A bit sits in "
                f"the first unit in the step in which it comes in.",
            )
    impulse = _impulse(W_xh, W_hh, W_hq)
    if close(impulse[:4], [0, 0, 0, 1]):
        raise HintError(
            "never-forgets",
            "the bit comes back after 3 steps, but not only then: it is still in the "
            "state later. It must drop out after the last unit.",
        )
    if not impulse.any():
        raise HintError(
            "silent",
            "the output never changes when a bit comes in. Is there a way from the "
            "input through the units to the readout?",
        )
    shown = ", ".join(f"{value:.3g}" for value in impulse[:7])
    raise HintError(
        "other",
        f"a single 1 that comes in comes out as {shown}, ... in the following steps; "
        f"it should be 0, 0, 0, 1, 0, 0, 0.",
    )


def _impulse(W_xh: Array, W_hh: Array, W_hq: Array) -> Array:
    """Return the outputs that follow a single 1.

    Twice as many steps as the net has units tell all that a linear net can do.
    """
    steps = 2 * len(W_hh) + 8
    pulse = np.zeros((1, steps, 1))
    pulse[0, 0] = 1
    outputs: Array = LinearCell(W_xh=W_xh, W_hh=W_hh).forward(pulse).outputs @ W_hq
    return outputs[0, :, 0]


def _echoes(W_xh: Array, W_hh: Array, W_hq: Array, delay: int) -> bool:
    """Say whether the net repeats every input after ``delay`` steps and no other."""
    impulse = _impulse(W_xh, W_hh, W_hq)
    return close(impulse, np.arange(len(impulse)) == delay)
