"""The exercises of the chapter on the net that echoes its input."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from unrolled.cells.tanh import TanhCell
from unrolled.exercises.checking import (
    HintError,
    Mistakes,
    as_numbers,
    axes,
    call,
    close_in_32_bits,
    compare,
    exercise,
    parts,
)
from unrolled.tasks.echo import Echo, echo
from unrolled.training.reservoir import fit_probe, probe_accuracy
from unrolled.validation import Array

_compare = partial(compare, agree=close_in_32_bits)

# 1. Rows and echoes by hand -----------------------------------------------------------

SERIES = np.array([1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0])
"""The series of the exercise, in three rows of four; its delay is 2."""


@exercise("echo-1")
def _rows_and_echoes(attempt: Any) -> None:
    """Check the targets of three rows, and which of them ask for an unseen bit."""
    targets, unseen = (
        as_numbers(part, (3, 4), f"the array of {name}")
        for part, name in zip(
            parts(attempt, "targets", "unseen"), ("targets", "marks"), strict=True
        )
    )
    wanted, marks = echo(SERIES, 2).reshape(3, 4), _marked(slice(1, None), slice(2))
    if close_in_32_bits(targets, marks) and close_in_32_bits(unseen, wanted):
        raise HintError("swapped", "both arrays are right; give the targets first.")
    _compare(
        targets,
        wanted,
        _target_mistakes(),
        "the targets are not right. Write the whole series in one line and its echo "
        "below it, two places further to the right; then cut both into rows.",
    )
    _compare(
        unseen,
        marks,
        _mark_mistakes(),
        "the targets are right, the marks are not. Ask of each target in which row the "
        "bit stands that it asks for, and whether the reader of its own row saw it.",
    )


def _target_mistakes() -> Mistakes:
    """Return the targets that the usual slips lead to."""
    rows = SERIES.reshape(3, 4)
    in_rows = np.roll(rows, 2, axis=1)
    ahead = np.roll(SERIES, -2).reshape(3, 4), np.append(SERIES[2:], [0, 0])
    return {
        "each-row": (
            [in_rows * [0, 0, 1, 1], in_rows],
            "you shift each row on its own. The echo runs along the series, so that "
            "it crosses the seam from the end of one row to the beginning of the next.",
        ),
        "wrapped": (
            [np.roll(SERIES, 2).reshape(3, 4)],
            "the end of the series comes back at its beginning. Before the first bit "
            "there is nothing to echo: such targets are 0 by definition.",
        ),
        "ahead": (
            [ahead[0], ahead[1].reshape(3, 4), in_rows * [1, 1, 0, 0]],
            "your targets are the bits of two steps later, and no net can foresee "
            "those. An echo comes after its bit, so the series moves to the right.",
        ),
        "unmoved": (
            [rows],
            "these are the inputs themselves; a target is the bit of two steps before.",
        ),
        "delay": (
            [echo(SERIES, delay).reshape(3, 4) for delay in (1, 3, 4)],
            "an echo, but with another delay than 2. The first bit comes back in the "
            "third step: two steps later.",
        ),
        "columns": (
            [echo(SERIES, 2).reshape(4, 3).T],
            "you fill the array column by column. A row is a piece of the series: the "
            "first four bits, the next four, the last four.",
        ),
    }


def _marked(rows: slice, columns: slice) -> Array:
    """Return marks in some rows and columns."""
    marks = np.zeros((3, 4))
    marks[rows, columns] = 1
    return marks


def _mark_mistakes() -> Mistakes:
    """Return the marks that the usual slips lead to."""
    every, later, upper = slice(None), slice(1, None), slice(2)
    begin, end = slice(2), slice(2, None)
    return {
        "first-row": (
            [_marked(every, begin)],
            "you mark the beginning of the first row too. Nothing came before it, so "
            "that its first targets are 0 by definition: they are known.",
        ),
        "start-only": (
            [_marked(slice(1), begin)],
            "you mark the first targets of the series. Those are 0 by definition and "
            "known; look at the rows that begin in the middle of the series.",
        ),
        "every": (
            [_marked(every, every), _marked(later, every)],
            "you mark targets whose bit stands in the same row. Only near its "
            "beginning does a row ask for what its reader has not seen.",
        ),
        "none": (
            [np.zeros((3, 4))],
            "the targets are right, but nothing is marked. What does the first target "
            "of row 2 ask for, and who has read that bit?",
        ),
        "inverted": (
            [1 - _marked(later, begin)],
            "you mark the targets whose bit was seen; the others are asked for.",
        ),
        "width": (
            [_marked(later, slice(1)), _marked(later, slice(3))],
            "you mark the right rows, but not the right number of targets in a row. "
            "From which step on does an echo come from the row itself?",
        ),
        "bits": (
            [_marked(rows, end) for rows in (upper, later, every)],
            "you mark bits at the end of a row. Those are what the next row asks for; "
            "mark the targets that ask for them.",
        ),
    }


# 2. Counting windows ------------------------------------------------------------------


@exercise("echo-2")
def _counting_windows(attempt: Any) -> None:
    """Check how many windows a row has, and how many bits are left over."""
    for case in ((41, 15, 4), (10_000, 15, 15), (12, 12, 5), (50, 10, 1)):
        length, window, stride = case
        where = f"for rows of {length:,} bits, width {window} and stride {stride}"
        result = parts(call(attempt, *case), "windows", "bits left over")
        windows, left = as_numbers(result, (2,), "the pair of counts")
        if windows % 1 or left % 1:
            raise HintError(
                "fraction",
                f"{where} you return {windows:.5g} windows and {left:.5g} bits. Both "
                f"are counts: a window that does not fit as a whole is not used.",
            )
        wanted = Echo(
            window=window, stride=stride, series_length=length, batch=1
        ).windows_per_epoch
        rest = length - window - (wanted - 1) * stride
        if windows != wanted and close_in_32_bits((left, windows), (wanted, rest)):
            raise HintError(
                "swapped", "both counts are right; give the number of windows first."
            )
        _compare(
            windows,
            wanted,
            _window_mistakes(wanted, where, *case),
            f"{where} you count {windows:g} windows, which is not right. The first "
            f"window begins at 0, the next at the stride; where may the last begin?",
        )
        _compare(
            left,
            rest,
            _rest_mistakes(wanted, where, *case),
            f"{where} the number of windows is right, but not that of the bits left "
            f"over. At which step does the last window end?",
        )


def _window_mistakes(
    wanted: int, where: str, length: int, window: int, stride: int
) -> Mistakes:
    """Return the numbers of windows that the usual mistakes lead to."""
    if (length - window) % stride:
        too_few = "one-too-few", "the first window is there before any stride is made."
    else:
        too_few = "exact-fit", "a window that ends with the row's last bit still fits."
    return {
        "stride-is-window": (
            [length // window],
            f"{where} you count windows that lie side by side. The next window begins "
            f"one stride further, wherever the one before it ends.",
        ),
        "starts": (
            [length // stride, -(-length // stride)],
            f"{where} you count all the places at which a window could begin. One that "
            f"begins near the end of the row reaches beyond it.",
        ),
        too_few[0]: (
            [wanted - 1],
            f"{where} you count one window too few: {too_few[1]}",
        ),
        "one-too-many": (
            [wanted + 1],
            f"{where} you count one window too many: the last one reaches beyond the "
            f"end of the row.",
        ),
    }


def _rest_mistakes(
    windows: int, where: str, length: int, window: int, stride: int
) -> Mistakes:
    """Return the numbers of unused bits that the usual mistakes lead to."""
    covered = windows * window
    return {
        "rest-of-windows": (
            [length % window],
            f"{where} the windows are counted rightly, but the bits left over as if "
            f"windows lay side by side. What counts is where the last window ends.",
        ),
        "rest-of-strides": (
            [length - windows * stride, length % stride],
            f"{where} you take a stride off for every window to get the bits left "
            f"over. But the last window uses its whole width.",
        ),
        "overlap": (
            [length - covered, max(length - covered, 0), covered - length],
            f"{where} you take the whole width off for every window to get the bits "
            f"left over. Windows overlap: a bit in two of them is used up only once.",
        ),
    }


# 3. Carry it --------------------------------------------------------------------------


@exercise("echo-3")
def _carry_the_state(attempt: Any) -> None:
    """Check a forward pass by windows, for several widths."""
    generator = np.random.default_rng(2)
    bits = generator.integers(0, 2, (2, 12)).astype(np.float64)
    W_xh, W_hh = generator.normal(size=(1, 5)), generator.normal(size=(5, 5)) / 2
    b_h = generator.normal(size=5)
    wanted = _states(bits, W_xh, W_hh, b_h)
    for window in (4, 12, 3, 1):
        result = call(attempt, bits, W_xh, W_hh, b_h, window)
        _demand_all_steps(result, bits.shape, 5, window)
        states = as_numbers(result, wanted.shape, "the array of states")
        _compare(
            states,
            wanted,
            _carry_mistakes(bits, W_xh, W_hh, b_h, window),
            f"for windows of width {window} the states are not right. Each is "
            f"tanh(x_t W_xh + h_(t-1) W_hh + b_h), and where a window begins h_(t-1) "
            f"is the last state of the window before.",
        )


def _states(bits: Array, W_xh: Array, W_hh: Array, b_h: Array) -> Array:
    """Return the states of all steps, shape ``(B, N, H)``."""
    cell = TanhCell(W_xh=W_xh, W_hh=W_hh, b_h=b_h)
    return cell.forward(bits[:, :, np.newaxis]).outputs


def _demand_all_steps(
    result: Any, size: tuple[int, ...], hidden: int, window: int
) -> None:
    """Raise a hint for the usual wrong shapes."""
    batch, length = size
    windows = length // window
    shape = axes(result)
    if shape == (batch, hidden):
        raise HintError(
            "last-only", "you return the last state alone; all steps are asked for."
        )
    if shape == (length, batch, hidden):
        raise HintError(
            "time-first",
            "your array is of shape (N, B, H). Stack the states along axis 1, so that "
            "the rows come first and the steps second.",
        )
    if shape == (batch, length + 1, hidden):
        raise HintError(
            "start-kept",
            "you return one state too many: the zero state before the first step is "
            "the state of no step.",
        )
    if 1 < windows < length and shape in (
        (batch, windows, hidden),
        (windows, batch, hidden),
    ):
        raise HintError(
            "ends-only",
            "you return one state for each window. That is what has to be handed on; "
            "asked for are the states of all steps.",
        )
    if len(shape) == 4 and math.prod(shape) == batch * length * hidden:
        raise HintError(
            "not-joined",
            f"your windows stand apart, in an array of shape {shape}. Join them along "
            f"the axis of the steps: (B, N, H) does not tell where a window began.",
        )


def _carry_mistakes(
    bits: Array, W_xh: Array, W_hh: Array, b_h: Array, window: int
) -> Mistakes:
    """Return the states that the usual mistakes lead to."""
    batch, length = bits.shape
    right = _states(bits, W_xh, W_hh, b_h)
    apart = _states(bits.reshape(-1, window), W_xh, W_hh, b_h)
    one_row = _states(bits.reshape(1, -1), W_xh, W_hh, b_h)
    linear, each = np.zeros((batch, len(b_h))), []
    for t in range(length):
        linear = bits[:, t : t + 1] @ W_xh + linear @ W_hh + b_h
        each.append(linear)
    return {
        "no-state": (
            [_states(bits, W_xh, 0 * W_hh, b_h)],
            "the old state is not used at all: without h W_hh a state knows only the "
            "newest bit.",
        ),
        "reset": (
            [apart.reshape(right.shape)],
            f"with windows of width {window} the state begins at zero in every window. "
            f"Where one window ends, the next goes on with its last state.",
        ),
        "row-to-row": (
            [one_row.reshape(right.shape)],
            "the state of one row goes on in the next row. Rows are read side by "
            "side: each has a state of its own, and all of them begin at zero.",
        ),
        "no-bias": (
            [_states(bits, W_xh, W_hh, 0 * b_h)],
            "the bias b_h is missing; it enters in every step.",
        ),
        "transposed": (
            [_states(bits, W_xh, W_hh.T, b_h)],
            "W_hh is used the wrong way round. A state is a row that stands left of "
            "the matrix: h @ W_hh.",
        ),
        "no-tanh": (
            [np.stack(each, axis=1)],
            "the tanh is missing: each unit passes its sum through it.",
        ),
        "state-before": (
            [np.concatenate([0 * right[:, :1], right[:, :-1]], axis=1)],
            "each state stands one step too late: you keep the state before the step; "
            "keep the one after it.",
        ),
    }


# 4. How far can it go? ----------------------------------------------------------------


@exercise("echo-4")
def _distance_under_adagrad(attempt: Any) -> None:
    """Check how far a constant gradient moves a weight under Adagrad."""
    cases = ((2.0, 0.3, 0.5, 5), (-0.5, 0.1, 0.2, 40), (100.0, 0.3, 0.1, 1998))
    for gradient, rate, initial, updates in (*cases, (-0.01, 2.0, 1.0, 1)):
        result = call(attempt, gradient, rate, initial, updates)
        distance = as_numbers(result, (), "the distance")
        step = rate * abs(gradient)
        squares = initial + gradient**2 * np.arange(updates + 1.0)
        _compare(
            distance,
            np.sum(step / np.sqrt(squares[1:])),
            _distance_mistakes(step, squares, rate),
            f"for g = {gradient:g}, rate {rate:g}, G_0 = {initial:g} and {updates:,} "
            f"updates this is not the distance. Write down G after one, two and three "
            f"updates, and the step that belongs to each.",
        )


def _distance_mistakes(step: float, squares: Array, rate: float) -> Mistakes:
    """Return the distances that the usual mistakes lead to.

    Args:
        step: The rate times the size of the gradient.
        squares: The sum of squares before the first update and after each.
        rate: The rate.
    """
    grown, updates = squares[1:], len(squares) - 1
    right = np.sum(step / np.sqrt(grown))
    sizes = squares[0] + np.arange(1, updates + 1) * step / rate
    fresh = grown - squares[0]
    integral = 2 * step / fresh[0] * (np.sqrt(grown[-1]) - np.sqrt(squares[0]))
    return {
        "signed": (
            [-right],
            "the distance has a sign in your result. Which way the weight goes does "
            "not matter here; how far it goes does.",
        ),
        "old-squares": (
            [np.sum(step / np.sqrt(squares[:-1]))],
            "you divide by the sum as it was before the update. Adagrad adds the "
            "square of the new gradient first and divides then.",
        ),
        "no-root": (
            [np.sum(step / grown)],
            "you divide by the sum of the squares; Adagrad divides by its root.",
        ),
        "no-initial": (
            [np.sum(step / np.sqrt(fresh))],
            "your sum of squares starts at 0; it starts at G_0.",
        ),
        "outside": (
            [
                np.sum(step / (np.sqrt(fresh) + squares[0])),
                np.sum(step / (np.sqrt(fresh) + np.sqrt(squares[0]))),
            ],
            "G_0 is added outside the root in your result. It is where the sum of "
            "squares starts, and so it stands under the root too.",
        ),
        "last-step": (
            [step / np.sqrt(grown[-1])],
            "this is the last step alone; the distance is the sum of all steps.",
        ),
        "final-sum": (
            [updates * step / np.sqrt(grown[-1])],
            "all your steps are as short as the last one. The sum of squares grows "
            "from update to update, so that the first steps are the longest.",
        ),
        "never-grows": (
            [updates * step / np.sqrt(squares[0]), updates * step / np.sqrt(grown[0])],
            "all your steps are as long as the first one. The sum of squares grows "
            "with every update, so that the steps shrink.",
        ),
        "plain": (
            [updates * step],
            "this is plain gradient descent. Adagrad divides each step by the root of "
            "the sum of all squared gradients so far.",
        ),
        "not-squared": (
            [np.sum(step / np.sqrt(sizes))],
            "you add up the sizes of the gradients; Adagrad adds up their squares.",
        ),
        "approximate": (
            [2 * rate * np.sqrt(updates), integral],
            "nearly: this is what the sum of the steps comes to for large n. Add up "
            "the steps themselves.",
        ),
    }


# 5. What the gradient sees ------------------------------------------------------------


@exercise("echo-5")
def _share_inside_the_window(attempt: Any) -> None:
    """Check the share of targets whose input lies within the window."""
    for delay, window in ((3, 15), (3, 4), (2, 8), (3, 3), (5, 2)):
        result = as_numbers(call(attempt, delay, window), (), "the share")
        inside = max(window - delay, 0)
        where = f"for delay {delay} and width {window}"
        mistakes: Mistakes = {
            "negative": (
                [(window - delay) / window] if window < delay else [],
                f"{where} your share is negative. What is the least number of targets "
                f"that can have their input in the window?",
            ),
            "one-too-few": (
                [max(inside - 1, 0) / window],
                f"{where} you count one target too few. The first bit of the window "
                f"comes back {delay} steps later: is that step in the window?",
            ),
            "one-too-many": (
                [(window - delay + 1) / window],
                f"{where} you count one target too many: even the first bit of the "
                f"window comes back only {delay} steps later.",
            ),
            "complement": (
                [1 - inside / window, delay / window],
                f"{where} this is the share of targets that ask for an older bit; the "
                f"share of the others is asked for.",
            ),
            "count": (
                [inside, window - delay],
                f"{where} you return how many targets there are; a share of the "
                f"window's targets is asked for.",
            ),
            "percent": (
                [100 * inside / window],
                f"{where} you return per cent; a share lies between 0 and 1.",
            ),
        }
        _compare(
            result,
            inside / window,
            mistakes,
            f"{where} you return {result:.4g}, which is not the share. Draw the window "
            f"and an arrow from every bit to its echo: how many arrows end inside?",
        )


# 6. A spike for any setting -----------------------------------------------------------


@exercise("echo-6")
def _floor_of_the_spike(attempt: Any) -> None:
    """Check floor 2: the price of unseen targets for nets that share one state."""
    for batch, delay, window in ((5, 3, 15), (2, 4, 9), (4, 10, 6), (1, 3, 15)):
        result = _floor(attempt, batch, delay, window)
        asked, q = min(delay, window) / window, (batch - 1) / (2 * batch)
        _compare(
            result,
            asked * _entropy(q),
            _floor_mistakes(batch, delay, window),
            f"for batch {batch}, delay {delay} and width {window} this is not floor 2. "
            f"Take its parts one by one: the probability q that a first target is 1, "
            f"the entropy of q, and the share of the steps that pay it.",
        )


def _floor(attempt: Any, batch: int, delay: int, window: int) -> float:
    """Call the attempt; a logarithm of 0 gets its own hint."""
    try:
        result = call(attempt, batch, delay, window)
        return float(as_numbers(result, (), "the floor"))
    except HintError as mistake:
        if mistake.hint not in ("raised", "not-finite") or batch > 1:
            raise
    raise HintError(
        "single-row",
        "a single row stops your function, or makes it return no number: q is 0 there, "
        "and 0 has no logarithm. What is unknown if there is no row above?",
    )


def _entropy(q: float) -> float:
    """Return the entropy of a bit that is 1 with the probability ``q``, in nats."""
    return sum(_surprises(q))


def _surprises(q: float) -> list[float]:
    """Return what a 1 and a 0 add to the entropy of such a bit."""
    return [-p * math.log(p) if p else 0.0 for p in (q, 1 - q)]


def _floor_mistakes(batch: int, delay: int, window: int) -> Mistakes:
    """Return the floors that the usual mistakes lead to."""
    asked, q = min(delay, window) / window, (batch - 1) / (2 * batch)
    right, half = asked * _entropy(q), asked * math.log(2)
    return {
        "not-capped": (
            [delay / window * _entropy(q)] if delay > window else [],
            "a delay longer than the window is answered wrongly: you let more targets "
            "be unknown than the window has.",
        ),
        "floor-1": (
            [2 * q * half, 2 * q * delay / window * math.log(2)],
            "this is floor 1, for a net that can tell row 1 from the others. With one "
            "and the same state in all rows it cannot, and pays more.",
        ),
        "not-halved": (
            [asked * _entropy(2 * q)],
            "your q is the share of the rows below the first. The bit that they ask "
            "for is unknown, and not always 1.",
        ),
        "all-rows": (
            [half],
            "you take all rows for unknown, with fair bits. In row 1 the first targets "
            "are 0, so that a target is 1 less often than 0.",
        ),
        "bits": (
            [right / math.log(2)],
            "your floor is in bits; the loss is in nats. Take natural logarithms.",
        ),
        "not-divided": (
            [right * window, right * window * batch],
            "your floor is a sum over the window. The loss is a mean over its steps, "
            "and most of them cost nothing.",
        ),
        "divided-by-batch": (
            [right / batch],
            "you divide by the number of rows once too often: the entropy of q is what "
            "each of the rows pays, so it is their mean as well.",
        ),
        "half-entropy": (
            [asked * part for part in _surprises(q)],
            "the entropy of q has two parts, one for a target of 1 and one for a "
            "target of 0; one of them is missing.",
        ),
        "sign": (
            [-right],
            "your floor is negative. The logarithm of a probability is negative, and "
            "the loss is minus that.",
        ),
    }


# 7. An echo by hand -------------------------------------------------------------------

SHAPES = {"W_xh": (1, 4), "W_hh": (4, 4), "b_h": (4,), "W_hq": (4, 2), "b_q": (2,)}
"""The shapes of the net with four units, in the order in which they are given."""


@exercise("echo-7")
def _echo_by_hand(attempt: Any) -> None:
    """Check a tanh net of four units that tells the bit of three steps before."""
    net = {
        name: as_numbers(value, SHAPES[name], name)
        for name, value in zip(SHAPES, parts(attempt, *SHAPES), strict=True)
    }
    bits = _many_series()
    lean = _lean(net, bits)
    if _echoes(lean, bits):
        return
    _recognise_echo(net, bits, lean)
    _recognise_lags(net)
    told = lean[:, 3:] * (2 * bits[:, :-3] - 1) > 0
    raise HintError(
        "other",
        f"your net tells {np.sum(~told):,} of {told.size:,} bits wrong. Let it read a "
        f"single 1 among zeros, then a single 0 among ones, and print the states of "
        f"the units step by step: where does the bit get lost?",
    )


def _many_series() -> Array:
    """Return series with few ones, many ones, only zeros and only ones."""
    generator = np.random.default_rng(6)
    often = np.linspace(0.05, 0.95, 30)
    bits = generator.random((30, 300)) < often[:, np.newaxis]
    return np.concatenate([bits, np.zeros((1, 300)), np.ones((1, 300))])


def _lean(net: Mapping[str, Array], bits: Array) -> Array:
    """Return by how much the logit of class 1 is above that of class 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        states = _states(bits, net["W_xh"], net["W_hh"], net["b_h"])
        logits = states @ net["W_hq"] + net["b_q"]
        return np.nan_to_num(logits[..., 1] - logits[..., 0])


def _echoes(lean: Array, bits: Array, delay: int = 3) -> bool:
    """Say whether a net tells all bits of ``delay`` steps before.

    The first three steps do not count; logits that are equal tell nothing.
    """
    first, last = max(delay, 3), bits.shape[1] - delay
    return bool(np.all(lean[:, first:] * (2 * bits[:, first - delay : last] - 1) > 0))


def _recognise_echo(net: Mapping[str, Array], bits: Array, lean: Array) -> None:
    """Raise a hint if the net is an echo but for one slip."""
    if _echoes(-lean, bits):
        raise HintError(
            "inverted",
            "your net says 0 for 1 and 1 for 0. Column 0 of W_hq makes the logit of a "
            "0, column 1 that of a 1.",
        )
    if _echoes(_lean({**net, "W_hh": net["W_hh"].T}, bits), bits):
        raise HintError(
            "transposed",
            "your W_hh leads the wrong way. States are rows here: W_hh[i, j] leads "
            "from unit i to unit j.",
        )
    if _echoes(lean, bits, 0):
        raise HintError(
            "input", "your net says the bit that it has just read; there is no delay."
        )
    for delay in (1, 2, 4, 5, 6):
        if _echoes(lean, bits, delay) or _echoes(-lean, bits, delay):
            steps = "step" if delay == 1 else "steps"
            raise HintError(
                "delay",
                f"your net tells the bit of {delay} {steps} before instead of three. A "
                f"bit is in the first unit in the very step in which it is read.",
            )
    sides = [np.where(lean == 0, side, lean) for side in (-1.0, 1.0)]
    if any(_echoes(way * side, bits) for side in sides for way in (-1, 1)):
        raise HintError(
            "undecided",
            "one of the two bits leaves both logits equal, so that no class wins. "
            "Where a state of 0 arrives at the readout, only a bias can decide.",
        )


def _recognise_lags(net: Mapping[str, Array]) -> None:
    """Raise a hint about the bits on which the net's answers depend."""
    bits = np.random.default_rng(7).integers(0, 2, (100, 30)).astype(np.float64)
    other = np.copy(bits)
    other[:, 10] = 1 - bits[:, 10]
    changed = np.sign(_lean(net, bits)) != np.sign(_lean(net, other))
    lags = [int(lag) for lag in np.flatnonzero(changed.any(axis=0)) - 10]
    if not lags:
        raise HintError(
            "silent",
            "your net says the same whatever it reads. Follow a bit from the input "
            "through the units to the readout: on the way it gets lost, or the "
            "readout's bias outweighs it.",
        )
    if 3 not in lags:
        raise HintError(
            "not-three",
            "what your net says does not depend on the bit of three steps before. "
            "Which unit does that bit stand in by then, and does the readout look "
            "there?",
        )
    if len(lags) > 1:
        other_lag = next(lag for lag in lags if lag != 3)
        raise HintError(
            "mixes",
            f"what your net says depends on the bit of three steps before, but also, "
            f"for example, on that of {other_lag} steps before. Each unit should take "
            f"one thing only, and the readout should look at one unit.",
        )


# 8. A probe of your own ---------------------------------------------------------------

Pairs = tuple[Array, Array]
"""States, shape ``(N, H)``, and the bit that each is asked for, shape ``(N,)``."""


@exercise("echo-8")
def _probe(attempt: Any) -> None:
    """Check a linear probe that is fitted on one half and tested on the other."""
    states, bits = _noisy_states()
    for lag in (2, 1, 0):
        result = _share_told(attempt, states, bits, lag)
        fit, test = _halves(*_paired(states, bits, lag))
        right = _told(fit, test)
        if abs(result - right) < 0.01:
            continue
        _compare(
            result,
            right,
            _pairing_mistakes(states, bits, lag)
            | _splitting_mistakes(fit, test)
            | _cutting_mistakes(fit, test),
            f"for lag {lag} this is not the share. Which bit belongs to which state, "
            f"which pairs fit the probe by least squares, and which test it?",
            agree=lambda share, wrong: bool(abs(share - wrong) < 0.002),
        )


def _noisy_states() -> Pairs:
    """Return states of a random net along a series of bits, and the bits.

    The states lie off zero, so that a constant is needed, and carry noise that grows in
    some units and fades in others, so that it matters which half fits and which tests.
    """
    generator = np.random.default_rng(9)
    bits = generator.integers(0, 2, 1600).astype(np.float64)
    W_xh = generator.normal(size=(1, 3))
    W_hh = generator.normal(size=(3, 3)) / math.sqrt(3)
    states = _states(bits[np.newaxis], W_xh, W_hh, np.zeros(3))[0]
    growing = np.linspace(0.0, 0.4, len(bits))
    noise = np.stack([growing, growing[::-1], growing], axis=1)
    return states + 1 + noise * generator.normal(size=states.shape), bits


def _share_told(attempt: Any, states: Array, bits: Array, lag: int) -> float:
    """Call the attempt; a lag of 0 that empties a slice gets its own hint."""
    try:
        result = call(attempt, states, bits, lag)
        share = float(as_numbers(result, (), "the share"))
    except HintError as mistake:
        if mistake.hint not in ("raised", "not-finite") or lag:
            raise
        raise HintError(
            "zero-lag",
            "a lag of 0 stops your function, or makes it return no number. A slice "
            "that ends at -lag is empty there; let it end at the length minus the lag.",
        ) from None
    if share > 1:
        raise HintError(
            "not-share", f"you return {share:.4g}; a share lies between 0 and 1."
        )
    return share


def _paired(states: Array, bits: Array, lag: int) -> Pairs:
    """Return the states and the bits of ``lag`` steps before; of steps after if < 0."""
    steps = len(bits) - abs(lag)
    return states[max(lag, 0) :][:steps], bits[max(-lag, 0) :][:steps]


def _halves(states: Array, bits: Array) -> tuple[Pairs, Pairs]:
    """Return the first and the second half of the pairs."""
    half = len(bits) // 2
    return (states[:half], bits[:half]), (states[half:], bits[half:])


def _told(fit: Pairs, test: Pairs) -> float:
    """Return the share of ``test`` that a probe fitted to ``fit`` tells right."""
    return probe_accuracy(fit_probe(*fit), *test)


def _pairing_mistakes(states: Array, bits: Array, lag: int) -> Mistakes:
    """Return the shares if states are given the wrong bits."""

    def told(other: int) -> list[float]:
        return [_told(*_halves(*_paired(states, bits, other)))] if lag != other else []

    return {
        "ahead": (
            told(-lag),
            "your lag runs the wrong way: you ask a state for a bit that comes later, "
            "of which it knows nothing. Give it a bit from before.",
        ),
        "no-lag": (
            told(0),
            "you give each state the bit of its own step; the lag has no effect.",
        ),
        "one-off": (
            told(lag + 1) + told(lag - 1),
            "your pairs are off by one step: state h_t goes with bit x_(t - lag).",
        ),
    }


def _splitting_mistakes(fit: Pairs, test: Pairs) -> Mistakes:
    """Return the shares if the wrong pairs fit or test the probe."""
    every = np.concatenate([fit[0], test[0]]), np.concatenate([fit[1], test[1]])
    return {
        "training-half": (
            [_told(fit, fit)],
            "you test the probe on the half that it was fitted to. What it has learnt "
            "by heart does not count; test it on the other half.",
        ),
        "all-pairs": (
            [_told(fit, every), _told(every, every)],
            "your share is that of all pairs. Those that fitted the probe must not "
            "test it too.",
        ),
        "halves-swapped": (
            [_told(test, fit)],
            "you fit the probe to the second half and test it on the first; it should "
            "be the other way round.",
        ),
        "fitted-on-all": (
            [_told(every, test)],
            "you fit the probe to all pairs, and so to those that test it as well.",
        ),
    }


def _cutting_mistakes(fit: Pairs, test: Pairs) -> Mistakes:
    """Return the shares if the probe or its cut between 0 and 1 is wrong."""
    *weights, constant = fit_probe(*fit)
    aims = 2 * fit[1] - 1, fit[1]
    output, ones = test[0] @ np.array(weights) + constant, test[1] > 0.5
    bare = [test[0] @ np.linalg.lstsq(fit[0], aim, rcond=None)[0] for aim in aims]
    return {
        "no-constant": (
            [np.mean((bare[0] > 0) == ones), np.mean((bare[1] > 0.5) == ones)],
            "your probe has no constant. The states do not lie around zero, and "
            "without a constant the function has to be 0 where the state is.",
        ),
        "threshold": (
            [np.mean((output > cut) == ones) for cut in (-1.0, 0.5)],
            "you cut at the wrong height. The cut between 0 and 1 lies halfway between "
            "what the probe aims at for a 0 and for a 1.",
        ),
        "labels": (
            [np.mean((output > 0) & ones)],
            "no 0 ever counts as told right: you compare -1 and 1 with 0 and 1.",
        ),
        "told-wrong": (
            [np.mean((output > 0) != ones)],
            "this is the share that the probe tells wrong.",
        ),
    }


# 9. Which initialisation? -------------------------------------------------------------

THRESHOLD, SHUFFLES = 0.1, 2000


@exercise("echo-9")
def _which_initialisation(attempt: Any) -> None:
    """Check two shares of nets that learnt, and the p-value of their difference."""
    for learnt, nets in (((6, 7), (8, 14)), ((4, 9), (12, 12))):
        losses = _losses(learnt, nets)
        result = parts(
            call(attempt, *losses, THRESHOLD), "share of a", "share of b", "p"
        )
        *shares, p = as_numbers(result, (3,), "your answer")
        _compare(
            shares,
            np.divide(learnt, nets),
            _learnt_mistakes(*losses),
            "the shares are not right. Count the nets of each kind whose loss is below "
            "the threshold, and divide by the number of nets of that kind.",
        )
        if p > 1:
            raise HintError(
                "not-p",
                f"your p is {p:.4g}, but no probability is above 1. Divide how often "
                f"it happened by the number of shuffles.",
            )
        right, mistakes = _p_values(*losses)
        _compare(
            p,
            right,
            mistakes,
            f"the shares are right, but p = {p:.3g} is not. For every shuffle put all "
            f"nets in one heap, deal them out again into groups of the same sizes, and "
            f"take the size of the difference of the two shares.",
            agree=_like_chance,
        )


def _losses(learnt: tuple[int, int], nets: tuple[int, int]) -> tuple[Array, Array]:
    """Return the final losses of two kinds of nets, of which so many learnt.

    The loss of one net of the first kind is far above chance level, so that means of
    losses say something else than shares.
    """
    generator = np.random.default_rng(0)
    groups = []
    for low, size in zip(learnt, nets, strict=True):
        good = generator.uniform(0.001, 0.02, low)
        bad = generator.uniform(0.5, 0.8, size - low)
        groups.append(generator.permutation(np.concatenate([good, bad])))
    groups[0][groups[0].argmax()] = 1.5
    return groups[0], groups[1]


def _like_chance(p: float, wanted: float) -> bool:
    """Say whether a p-value from shuffles agrees with the exact one.

    Four standard errors are left for the scatter of the shuffles.
    """
    error = math.sqrt(wanted * (1 - wanted) / SHUFFLES)
    return bool(abs(p - wanted) <= 4 * error + 1e-3)


def _learnt_mistakes(losses_a: Array, losses_b: Array) -> Mistakes:
    """Return the shares that the usual mistakes lead to."""
    groups = losses_a, losses_b
    learnt = np.array([np.sum(losses < THRESHOLD) for losses in groups])
    nets = np.array([len(losses) for losses in groups])
    return {
        "above": (
            [1 - learnt / nets],
            "these are the shares that did not learn. A net that learnt has a loss "
            "below the threshold.",
        ),
        "swapped": (
            [(learnt / nets)[::-1]],
            "the shares stand in the wrong order: that of the first kind comes first.",
        ),
        "counts": (
            [learnt],
            "you return how many nets learnt. Kinds of different size can only be "
            "compared by shares: divide by the number of nets of the kind.",
        ),
        "of-all": (
            [learnt / nets.sum(), learnt / learnt.sum()],
            "each share is one of its own kind; you divide by a number that counts "
            "both kinds.",
        ),
        "mean-losses": (
            [[losses.mean() for losses in groups]],
            "these are mean losses. How many nets learnt is asked for, however far "
            "the others are from it.",
        ),
    }


def _p_values(losses_a: Array, losses_b: Array) -> tuple[float, Mistakes]:
    """Return the exact p-value, and those that the usual mistakes lead to.

    How many of the nets that learnt are dealt to the first kind by a shuffle follows
    the hypergeometric distribution.
    """
    n, m = len(losses_a), len(losses_b)
    in_a, in_b = (int(np.sum(losses < THRESHOLD)) for losses in (losses_a, losses_b))
    learnt = in_a + in_b
    dealt = range(max(0, learnt - m), min(n, learnt) + 1)
    ways = [math.comb(n, k) * math.comb(m, learnt - k) for k in dealt]
    chances = np.array(ways) / math.comb(n + m, learnt)
    apart = np.round([k / n - (learnt - k) / m for k in dealt], 9)
    seen = np.round(in_a / n - in_b / m, 9)

    def chance(counted: Any) -> float:
        return float(np.sum(chances[counted]))

    right = chance(np.abs(apart) >= abs(seen))
    above, below = chance(apart >= seen), chance(apart <= seen)
    return right, {
        **_p_mistakes(right, above, below, float(seen)),
        "strict": (
            [chance(np.abs(apart) > abs(seen))],
            "you count the shuffles whose difference is larger than the one observed. "
            "Those in which it is just as large count too.",
        ),
        "mean-difference": (
            [_p_of_means(losses_a, losses_b)],
            "your p belongs to the difference of the mean losses. Shuffle which nets "
            "learnt, and compare shares.",
        ),
    }


def _p_mistakes(right: float, above: float, below: float, seen: float) -> Mistakes:
    """Return the p-values of mistakes about sides, sizes and shuffling.

    Args:
        right: The two-sided p-value.
        above: The chance of a difference of at least ``seen``.
        below: The chance of a difference of at most ``seen``.
        seen: The difference observed, with its sign.
    """
    return {
        "not-shuffled" if seen > 0 else "signed": (
            [1.0],
            "every shuffle gives at least the difference observed. Nets have to "
            "change places between the two kinds, not only within their own."
            if seen > 0
            else "here the second kind learns more often, and your p is 1: a negative "
            "difference is below every size. Take the size of the one observed too.",
        ),
        "one-sided": (
            [above, below],
            "your p counts one direction only. Two-sided means: as large a difference "
            "in favour of either kind.",
        ),
        "doubled": (
            [min(2 * min(above, below), 1.0)],
            "you count one direction and double it. The other direction has a chance "
            "of its own; count the shuffles of both.",
        ),
        "complement": (
            [1 - right],
            "your p counts the shuffles whose difference is smaller than the one "
            "observed; those in which it is at least as large are asked for.",
        ),
    }


def _p_of_means(losses_a: Array, losses_b: Array) -> float:
    """Return the p-value, by shuffles, of the difference of the mean losses."""
    generator, n = np.random.default_rng(0), len(losses_a)
    heap = np.tile(np.concatenate([losses_a, losses_b]), (2 * SHUFFLES, 1))
    dealt = generator.permuted(heap, axis=1)
    apart = np.abs(dealt[:, :n].mean(axis=1) - dealt[:, n:].mean(axis=1))
    return float(np.mean(apart >= abs(losses_a.mean() - losses_b.mean()) - 1e-12))
