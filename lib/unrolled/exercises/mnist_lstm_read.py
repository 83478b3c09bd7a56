"""More exercises of the chapter on MNIST: what a trained net does, and mistakes.

Confusions, calibration, the rows that count, images of unequal height, and five
programs that are wrong. The first five are in :mod:`unrolled.exercises.mnist_lstm`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.exercises.checking import (
    HintError,
    Mistakes,
    as_numbers,
    axes,
    call,
    close_in_32_bits,
    compare,
    demand_started,
    exercise,
    parts,
)
from unrolled.training.losses import softmax
from unrolled.validation import Array

_compare = partial(compare, agree=close_in_32_bits)

Whole = NDArray[np.int64]


# 6. What is taken for what ------------------------------------------------------------

CONFUSED = (
    (
        "4 9 9 3 5 7 2 8 4 4 9 3 1 0 6 5 7 9 8 2 5 3 8",
        "9 4 4 5 3 2 7 8 9 9 9 5 1 0 6 5 7 4 3 2 3 3 3",
        4,
    ),
    ("1 2 0 7 7 1 0", "1 7 6 1 7 7 6", 2),
    ("6 5 5 3", "0 5 6 3", 5),
)
"""Labels, answers, and how many pairs are asked for."""

Triples = list[tuple[float, float, float]]


@exercise("mnist-6")
def _confused(attempt: Any) -> None:
    """Check the most frequent confusions."""
    for labels_text, told_text, pairs in CONFUSED:
        labels = np.array(labels_text.split(), np.int64)
        told = np.array(told_text.split(), np.int64)
        given = _triples(call(attempt, labels, told, pairs))
        compare(
            given,
            _ranked(labels, told)[:pairs],
            _confusion_mistakes(labels, told, pairs),
            f"for the labels {labels_text}, the answers {told_text} and pairs = "
            f"{pairs} the list is not right. Count each pair (label, answer) of an "
            f"image that was not known, and sort by the count first.",
            agree=lambda mine, right: mine == right,
        )


def _ranked(
    labels: Whole,
    told: Whole,
    keep: Callable[[int, int], bool] = lambda label, answer: label != answer,
    key: Callable[[Any], Any] = lambda x: (-x[2], x[0], x[1]),
) -> Triples:
    """Count and sort pairs.

    Args:
        labels: Shape ``(N,)``.
        told: The answers, shape ``(N,)``.
        keep: Which pairs are counted.
        key: What they are sorted by.
    """
    both = zip(labels.tolist(), told.tolist(), strict=True)
    counted = Counter(pair for pair in both if keep(*pair))
    return sorted(((*pair, number) for pair, number in counted.items()), key=key)


def _triples(given: Any) -> Triples:
    """Return the learner's list, or say why it is none."""
    if isinstance(given, Mapping):
        raise HintError(
            "dictionary",
            "the result should be a list, in its order, but a dictionary came. Its "
            "items are a good beginning.",
        )
    if not isinstance(given, (list, tuple, np.ndarray)):
        raise HintError(
            "no-list",
            f"the result should be a list of triples, but a {type(given).__name__} "
            f"came.",
        )
    for triple in given:
        demand_started(triple)
        if axes(triple) in ((), (2,)):
            raise HintError(
                "no-triples",
                f"each entry should be a triple, (digit, answer, count), but one is "
                f"{triple!r}.",
            )
    numbers = [as_numbers(triple, (3,), "each triple") for triple in given]
    return [(float(a), float(b), float(n)) for a, b, n in numbers]


def _confusion_mistakes(labels: Whole, told: Whole, pairs: int) -> Mistakes:
    """Return the lists that the usual mistakes lead to."""
    right = _ranked(labels, told)
    small, large = np.minimum(labels, told), np.maximum(labels, told)
    merged = _ranked(small, large)
    everything = _ranked(labels, told, keep=lambda label, answer: True)
    turned = [(b, a, n) for a, b, n in right]
    sorted_turned = _ranked(told, labels)
    wrong = sum(n for *_, n in right)
    padded = right + [(0, 1, 0)] * (pairs - len(right))
    ties = [
        _ranked(labels, told, key=key)
        for key in (
            lambda x: -x[2],
            lambda x: (-x[2], -x[0], -x[1]),
            lambda x: (-x[2], x[0], -x[1]),
            lambda x: (-x[2], x[1], x[0]),
            lambda x: (-x[2], x[1]),
        )
    ]
    return {
        "right-ones-too": (
            [everything[:pairs]],
            "your list has images that were known. Only mistakes are asked for, whose "
            "answer is another digit than the label.",
        ),
        "answer-first": (
            [turned[:pairs], sorted_turned[:pairs]],
            "in your triples the answer comes first. It is (digit, answer, count): a 4 "
            "that is taken for a 9 is (4, 9, ...).",
        ),
        "unordered": (
            [merged[:pairs]],
            "you count a 4 that is taken for a 9 and a 9 that is taken for a 4 "
            "together. They are different mistakes, and one may be far more frequent.",
        ),
        "all-of-them": (
            [right],
            f"your list has all confusions; the {pairs} most frequent are asked for.",
        ),
        "rarest": (
            [right[::-1][:pairs], right[-pairs:], right[:pairs][::-1]],
            "your list does not begin with the most frequent confusion.",
        ),
        "ties": (
            [tied[:pairs] for tied in ties],
            "the counts are in their order. Among confusions of the same count the "
            "smaller digit comes first, and with the same digit the smaller answer.",
        ),
        "shares": (
            [
                [(a, b, n / whole) for a, b, n in right[:pairs]]
                for whole in (len(labels), wrong)
            ],
            "your third numbers are shares; counts are asked for.",
        ),
        "padded": (
            [padded],
            "your list is filled up with pairs that do not occur. If there are fewer "
            "kinds of confusions than asked for, it is shorter.",
        ),
        "by-digits": (
            [sorted(right)[:pairs], sorted(right[:pairs])],
            "your list is sorted by digits; the count comes first.",
        ),
    }


# 7. Is it as right as it is sure? -----------------------------------------------------

BIN_CASES = (
    ([0.31, 0.38, 0.52, 0.56, 0.97, 0.93, 0.99, 0.64, 0.61], "110111001", 5),
    ([0.1, 0.25, 0.4, 0.5, 0.62, 0.75, 0.9, 0.2], "01011101", 4),
    ([0.6, 1.0, 1.0, 0.3, 0.7], "01010", 4),
)
"""Confidences, whether the answers were right, and how many bins."""


@exercise("mnist-7")
def _calibration(attempt: Any) -> None:
    """Check the expected calibration error."""
    for shares, marks, bins in BIN_CASES:
        sure = np.array(shares)
        right = np.array([mark == "1" for mark in marks])
        where = f"for the confidences {', '.join(f'{s:g}' for s in shares)} and {bins}"
        where = f"{where} bins"
        error = _calibration_error(call(attempt, sure, right, bins), where)
        _compare(
            error,
            _expected_error(sure, right, bins),
            _calibration_mistakes(sure, right, bins, where),
            f"{where} the error is not {error:.4g}. In each bin: the distance between "
            f"the mean confidence and the share of right answers. Then the mean of the "
            f"distances, in which each bin counts as often as it has answers.",
        )


def _calibration_error(result: Any, where: str) -> float:
    """Return the error as a number; a NaN gets its own hint."""
    if isinstance(result, (float, np.floating)) and np.isnan(result):
        raise HintError(
            "empty-bins",
            f"{where} you return NaN: a mean was taken over a bin that holds nothing. "
            f"Empty bins count nothing; leave them out.",
        )
    return float(as_numbers(result, (), "the calibration error"))


def _bins_of(sure: Array, bins: int, upper: bool = False) -> Whole:
    """Return the bin of each confidence, the last one for 1.

    Args:
        sure: Confidences, shape ``(N,)``.
        bins: How many bins.
        upper: Whether an edge belongs to the bin below it.
    """
    places = np.ceil(sure * bins) - 1 if upper else np.floor(sure * bins)
    whole: Whole = np.clip(places, 0, bins - 1).astype(np.int64)
    return whole


def _gaps(sure: Array, right: NDArray[np.bool_], places: Whole) -> tuple[Array, Array]:
    """Return confidence minus accuracy of each bin that is not empty, and its size."""
    used = np.unique(places)
    gaps = [sure[places == k].mean() - right[places == k].mean() for k in used]
    return np.array(gaps), np.array([np.sum(places == k) for k in used], np.float64)


def _expected_error(sure: Array, right: NDArray[np.bool_], bins: int) -> float:
    """Return the expected calibration error."""
    gaps, sizes = _gaps(sure, right, _bins_of(sure, bins))
    return float(np.abs(gaps) @ sizes / len(sure))


def _calibration_mistakes(
    sure: Array, right: NDArray[np.bool_], bins: int, where: str
) -> Mistakes:
    """Return the errors that the usual mistakes lead to."""
    places = _bins_of(sure, bins)
    gaps, sizes = _gaps(sure, right, places)
    whole = len(sure)
    upper_gaps, upper_sizes = _gaps(sure, right, _bins_of(sure, bins, upper=True))
    used = np.unique(places)
    centres = (used + 0.5) / bins
    truth = np.array([right[places == k].mean() for k in used])
    below = sure < 1
    inner, inner_sizes = _gaps(sure[below], right[below], places[below])
    equal = np.array_split(np.argsort(sure, kind="stable"), bins)
    filled = [group for group in equal if len(group)]
    ranked = [abs(sure[g].mean() - right[g].mean()) * len(g) / whole for g in filled]
    return {
        "one-bin": (
            [abs(gaps @ sizes) / whole, gaps @ sizes / whole, -gaps @ sizes / whole],
            f"{where} too much confidence in one bin makes up for too little in "
            f"another. Take the distance in each bin, and then the mean.",
        ),
        "unweighted": (
            [np.abs(gaps).mean()],
            f"{where} every bin counts the same. A bin counts as often as it has "
            f"answers.",
        ),
        "all-bins": (
            [np.abs(gaps).sum() / bins],
            f"{where} you divide by the number of bins, empty ones among them, and all "
            f"bins count the same. A bin counts as often as it has answers.",
        ),
        "maximum": (
            [np.abs(gaps).max()],
            f"{where} this is the distance in the worst bin; the mean is asked for.",
        ),
        "summed": (
            [np.abs(gaps).sum(), np.abs(gaps) @ sizes],
            f"{where} you add up distances and take no mean.",
        ),
        "squared": (
            [gaps**2 @ sizes / whole, np.sqrt(gaps**2 @ sizes / whole)],
            f"{where} you square the distances; their sizes are meant.",
        ),
        "centres": (
            [np.abs(centres - truth) @ sizes / whole],
            f"{where} you take the middle of a bin for the confidence in it; take the "
            f"mean of the confidences that it holds.",
        ),
        "last-bin": (
            [
                np.abs(inner) @ inner_sizes / n
                for n in (whole, max(len(sure[below]), 1))
                if not below.all()
            ],
            f"{where} the answers of confidence 1 are in no bin; the last one holds "
            f"its upper edge, too.",
        ),
        "edges": (
            [np.abs(upper_gaps) @ upper_sizes / whole],
            f"{where} a confidence on an edge falls into the bin below. Bins hold "
            f"their lower edge: 0.5 of 4 bins belongs to the third.",
        ),
        "equal-counts": (
            [sum(ranked)],
            f"{where} your bins hold equally many answers; asked for are bins of equal "
            f"width, from 0 to 1.",
        ),
        "per-answer": (
            [np.abs(sure - right).mean()],
            f"{where} you take the distance of each answer alone, in which no "
            f"confidence but 0 and 1 is ever right. Compare the means of a bin.",
        ),
        "per-cent": (
            [100 * np.abs(gaps) @ sizes / whole],
            f"{where} your error is in per cent; a share is asked for.",
        ),
    }


# 8. Which rows the answer stands on ---------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """A stand-in for a trained net: from images ``(N, 28, 28)`` to logits ``(N, 10)``.

    Attributes:
        weights: Shape ``(28, 28, 10)``.
    """

    weights: Array

    @classmethod
    def draw(cls, seed: int) -> Reader:
        """Draw a reader."""
        generator = np.random.default_rng(seed)
        return cls(generator.normal(size=(28, 28, 10)) * 0.1)

    def __call__(self, images: Any) -> Array:
        """Return logits that depend on the rows together, not one by one."""
        shape = axes(images)
        if len(shape) != 3 or shape[1:] != (28, 28):
            raise HintError(
                "not-a-batch",
                f"read wants images of shape (N, 28, 28), but an array of shape "
                f"{shape} came; image[np.newaxis] is a batch of one.",
            )
        rows = np.tanh(
            np.einsum("nij,ijc->nic", as_numbers(images, shape), self.weights)
        )
        so_far = np.cumsum(rows, axis=1)
        logits: Array = so_far[:, -1] + 0.5 * np.sin(so_far).sum(axis=1) / 5
        return logits


def _image(seed: int) -> Array:
    """Draw an image with blank rows at the top and at the bottom."""
    generator = np.random.default_rng(seed)
    image = np.zeros((28, 28))
    image[5:24, 6:22] = generator.random((19, 16)) * (generator.random((19, 16)) < 0.6)
    return image


@exercise("mnist-8")
def _row_effects(attempt: Any) -> None:
    """Check by how much each row, taken away, lowers the log-odds of the answer."""
    for seed in (3, 4):
        read, image = Reader.draw(seed), _image(seed)
        given = call(attempt, read, image)
        if axes(given) == (28, 10):
            raise HintError(
                "all-classes",
                "you return ten numbers for each row. Only two classes matter: the "
                "answer and its runner-up.",
            )
        _compare(
            as_numbers(given, (28,), "the array of effects"),
            _effects(read, image, _without_row),
            _effect_mistakes(read, image),
            "the effects are not right. For the whole image find the two largest "
            "logits; their difference is the log-odds. Then, row by row: the "
            "difference between the same two classes without that row, and by how much "
            "it is smaller.",
        )


def _without_row(image: Array, row: int, value: float = 0.0) -> Array:
    """Return the image with one row of paper."""
    changed = image.copy()
    changed[row] = value
    return changed


def _ends(logits: Array) -> tuple[int, int]:
    """Return the answer and its runner-up."""
    ranked = np.argsort(-logits)
    return int(ranked[0]), int(ranked[1])


def _effects(
    read: Reader, image: Array, changed: Callable[[Array, int], Array]
) -> Array:
    """Return by how much the log-odds fall for each changed image."""
    whole = read(image[np.newaxis])[0]
    first, second = _ends(whole)
    logits = read(np.array([changed(image, row) for row in range(28)]))
    fallen: Array = whole[first] - whole[second] - logits[:, first] + logits[:, second]
    return fallen


def _effect_mistakes(read: Reader, image: Array) -> Mistakes:
    """Return the effects that the usual mistakes lead to."""
    right = _effects(read, image, _without_row)
    whole = read(image[np.newaxis])[0]
    first, second = _ends(whole)
    covered = read(np.array([_without_row(image, row) for row in range(28)]))
    ranked = np.sort(covered, axis=1)
    own = whole[first] - whole[second] - (ranked[:, -1] - ranked[:, -2])
    best = covered.copy()
    best[:, first] = -np.inf
    rival = whole[first] - whole[second] - (covered[:, first] - best.max(axis=1))
    shares, all_shares = softmax(covered), softmax(whole)

    def only(image: Array, row: int) -> Array:
        kept = np.zeros_like(image)
        kept[row] = image[row]
        return kept

    def upper(image: Array, row: int) -> Array:
        return np.where(np.arange(28)[:, np.newaxis] <= row, 0.0, image)

    def lower(image: Array, row: int) -> Array:
        return np.where(np.arange(28)[:, np.newaxis] >= row, 0.0, image)

    def column(image: Array, row: int) -> Array:
        return _without_row(image.T, row).T

    def removed(image: Array, row: int) -> Array:
        return np.vstack([np.delete(image, row, axis=0), np.zeros((1, 28))])

    effect = partial(_effects, read, image)
    return {
        "sign": (
            [-right],
            "your numbers have the wrong sign: a row that speaks for the answer has a "
            "positive effect, since the log-odds fall without it.",
        ),
        "log-odds-left": (
            [whole[first] - whole[second] - right],
            "these are the log-odds that are left; by how much have they fallen?",
        ),
        "own-runner-up": (
            [own, rival],
            "you look for the largest logits anew in each changed image. Then two rows "
            "would be judged by different questions: keep the two classes of the whole "
            "image.",
        ),
        "one-logit": (
            [whole[first] - covered[:, first]],
            "you follow one logit alone. A net may raise all ten and know no more; "
            "only differences of logits mean something.",
        ),
        "probabilities": (
            [
                all_shares[first] - shares[:, first],
                all_shares[first]
                - all_shares[second]
                - shares[:, first]
                + shares[:, second],
            ],
            "these are differences of probabilities. Near 1 they hardly move, whatever "
            "is taken away; log-odds are differences of logits.",
        ),
        "log-probability": (
            [np.log(all_shares[first]) - np.log(shares[:, first])],
            "this is the fall of one logarithm, in which all ten classes have a say. "
            "Log-odds compare two of them: the answer with its runner-up.",
        ),
        "columns": (
            [effect(column)],
            "you take columns away; asked for are rows, image[t].",
        ),
        "not-put-back": (
            [effect(upper)],
            "the rows that you took away before are still missing: the changes add up. "
            "Begin each time with a copy of the whole image.",
        ),
        "all-below": (
            [effect(lower)],
            "you take away everything from a row on; asked for is that row alone.",
        ),
        "only-row": (
            [effect(only)],
            "you leave one row and take all others away; it is the other way round.",
        ),
        "ink": (
            [effect(partial(_without_row, value=value)) for value in (1.0, 255.0)],
            "you fill the row with ink. Paper is 0.",
        ),
        "moved-up": (
            [effect(removed)],
            "you cut the row out, so that all below it move up. The row is replaced by "
            "paper; the others stay where they are.",
        ),
        "factor": (
            [np.exp(right), np.exp(-right), right / np.log(2), right / right.sum()],
            "your numbers are made of the right ones: asked for is the fall of the "
            "log-odds itself, in nats, neither its power nor its share.",
        ),
    }


# 9. Images of unequal height ----------------------------------------------------------


@dataclass
class Step:
    """A small recurrence of its own, which says so if it is called in a wrong way.

    Attributes:
        W_xh: Shape ``(D, H)``.
        W_hh: Shape ``(H, H)``.
        b_h: Shape ``(H,)``.
        batch: ``B``.
    """

    W_xh: Array
    W_hh: Array
    b_h: Array
    batch: int

    @classmethod
    def draw(cls, batch: int, inputs: int, hidden: int, seed: int) -> Step:
        """Draw a recurrence."""
        generator = np.random.default_rng(seed)
        shapes = (inputs, hidden), (hidden, hidden), (hidden,)
        W_xh, W_hh, b_h = (generator.normal(size=shape) for shape in shapes)
        return cls(W_xh, W_hh, b_h, batch)

    def __call__(self, x: Any, h: Any) -> Array:
        """Return the next state."""
        wanted = (self.batch, len(self.W_xh)), (self.batch, len(self.W_hh))
        if (axes(x), axes(h)) != wanted:
            raise HintError(
                "step-shapes",
                f"step wants the inputs of one time step, shape (B, D) = {wanted[0]}, "
                f"and a state of shape (B, H) = {wanted[1]}, but {axes(x)} and "
                f"{axes(h)} came. Time is the first axis of the inputs.",
            )
        z = as_numbers(x, wanted[0], "x") @ self.W_xh
        z = z + as_numbers(h, wanted[1], "the state") @ self.W_hh
        new: Array = np.tanh(z + self.b_h)
        return new


@dataclass(frozen=True)
class Unequal:
    """Sequences of unequal length.

    Attributes:
        step: The recurrence.
        inputs: Shape ``(T, B, D)``.
        lengths: Shape ``(B,)``, 0 to ``T``.
        state: Shape ``(B, H)``.
    """

    step: Step
    inputs: Array
    lengths: Whole
    state: Array

    @classmethod
    def draw(cls, lengths: tuple[int, ...], steps: int, seed: int) -> Unequal:
        """Draw sequences of given lengths."""
        generator = np.random.default_rng(seed)
        batch, inputs, hidden = len(lengths), 2, 3
        return cls(
            Step.draw(batch, inputs, hidden, seed),
            generator.normal(size=(steps, batch, inputs)),
            np.array(lengths),
            generator.normal(size=(batch, hidden)),
        )

    def run(
        self,
        *,
        shift: int = 0,
        state: Array | None = None,
        outputs: str = "zero",
        last: str = "frozen",
        masked: bool = False,
    ) -> tuple[Array, Array]:
        """Return outputs and last state, perhaps with a mistake.

        Args:
            shift: By how many steps too late a sequence ends.
            state: The first state, if not the given one.
            outputs: What stands beyond an end: ``"zero"``, ``"state"``, what the step
                gives (``"step"``).
            last: What the state does there: ``"frozen"``, ``"zero"``, ``"running"``.
            masked: Whether only the inputs are set to zero.
        """
        h, rows = self.state if state is None else state, []
        for t, x in enumerate(self.inputs):
            on = (t < self.lengths + shift)[:, np.newaxis]
            new = self.step(np.where(on, x, 0.0) if masked else x, h)
            beyond = {"frozen": h, "zero": np.zeros_like(h), "running": new}[last]
            h = np.where(on, new, beyond)
            shown = {"zero": np.zeros_like(h), "state": h, "step": new}[outputs]
            rows.append(np.where(on, new, shown))
        return np.array(rows), h


@exercise("mnist-9")
def _unequal_lengths(attempt: Any) -> None:
    """Check a run in which sequences end at different times."""
    cases = ((5, 2, 3), 5, 1), ((1, 4, 0, 3), 4, 2)
    for lengths, steps, seed in cases:
        case = Unequal.draw(lengths, steps, seed)
        arguments = case.step, case.inputs, case.lengths, case.state
        outputs, last = parts(call(attempt, *arguments), "outputs", "last state")
        wanted, state = case.run()
        batch_first = (wanted.shape[1], steps, wanted.shape[2])
        if axes(outputs) == batch_first != wanted.shape:
            raise HintError("batch-first", _batch_first(wanted.shape))
        where = f"for the lengths {', '.join(map(str, lengths))} and {steps} steps"
        _compare(
            as_numbers(outputs, wanted.shape, "the array of outputs"),
            wanted,
            _output_mistakes(case),
            f"{where} the outputs are not right. outputs[t, b] is the state of "
            f"sequence b after step t, as long as t < lengths[b], and 0 from there on.",
        )
        _compare(
            as_numbers(last, state.shape, "the last state"),
            state,
            _last_mistakes(case),
            f"{where} the outputs are right, the last state is not: that of each "
            f"sequence at its own end.",
        )


def _batch_first(shape: tuple[int, ...]) -> str:
    """Return the hint for outputs whose first axis is the batch."""
    return (
        f"the first axis of your outputs is the batch. Time comes first, as in the "
        f"inputs: shape (T, B, H) = {shape}."
    )


def _output_mistakes(case: Unequal) -> Mistakes:
    """Return the outputs that the usual mistakes lead to."""
    right, _ = case.run()
    zeros = np.zeros_like(case.state)
    turned = right.swapaxes(0, 1)
    return {
        "batch-first": (
            [turned] if turned.shape == right.shape else [],
            _batch_first(right.shape),
        ),
        "no-lengths": (
            [case.run(last="running", outputs="step")[0]],
            "the lengths have no effect: each sequence runs on to the last step, over "
            "padding that belongs to no image.",
        ),
        "state-shown": (
            [case.run(outputs="state")[0]],
            "beyond its end a sequence shows its frozen state; the outputs are zero "
            "there.",
        ),
        "step-shown": (
            [case.run(outputs="step")[0]],
            "the state is frozen, but beyond its end a sequence still shows what the "
            "step would have made of the padding. The outputs are zero there.",
        ),
        "inputs-only": (
            [
                case.run(masked=True, last="running", outputs="step")[0],
                case.run(masked=True, outputs="step")[0],
            ],
            "you set the inputs beyond the end to zero. The state runs on all the "
            "same: an input of zero is an input, and there are W_hh and b_h.",
        ),
        "one-late": (
            [case.run(shift=1)[0]],
            "your sequences end one step late: with length 2 the steps 0 and 1 count.",
        ),
        "one-early": (
            [case.run(shift=-1)[0]],
            "your sequences end one step early: with length 2 the steps 0 and 1 count.",
        ),
        "own-start": (
            [case.run(state=zeros)[0]],
            "you begin with zeros; begin with the given state.",
        ),
        "start-shown": (
            [np.concatenate([case.state[np.newaxis], right[:-1]])],
            "your first output is the first state. outputs[t] comes after step t.",
        ),
        "no-memory": (
            [
                np.where(
                    right != 0, [case.step(x, case.state) for x in case.inputs], 0.0
                )
            ],
            "each of your steps begins with the first state. It begins with what the "
            "step before has left.",
        ),
    }


def _last_mistakes(case: Unequal) -> Mistakes:
    """Return the last states that the usual mistakes lead to."""
    outputs, _ = case.run()
    places = np.arange(len(case.lengths))
    return {
        "running": (
            [case.run(last="running")[1]],
            "your state runs on over the padding, only the outputs are cut off. "
            "Whoever reads it after the last step reads what the padding has made of "
            "it: freeze it.",
        ),
        "state-zeroed": (
            [case.run(last="zero")[1], outputs[-1]],
            "the last state of a short sequence is zero. Zero are its outputs; the "
            "state stays as it was at the end.",
        ),
        "length-0": (
            [outputs[case.lengths - 1, places]],
            "a sequence of length 0 has read nothing: its last state is the first one. "
            "outputs[lengths - 1] takes the last output of all instead.",
        ),
        "first-state": ([case.state], "you return the state before the first step."),
        "all-states": (
            [outputs.sum(axis=0), outputs.mean(axis=0)],
            "you take all states together; the one at the end of each sequence is "
            "asked for.",
        ),
    }


# 10. Which mistake is it? -------------------------------------------------------------

QUESTIONS = {
    "softmax twice": "The loss of that program never falls below 1.46, however many "
    "digits it knows. Compare lowest losses with accuracies.",
    "axes swapped": "That program reads columns: after 14 of them it has seen the "
    "lower half of the left side. Which number tells whether a program has seen "
    "anything below row 14 by then?",
    "not divided": "That program gives the net numbers of up to 255, so that its gates "
    "are wide open or shut from the start, and hardly a gradient passes them. It reads "
    "as it should, but it learns badly: look at losses and accuracies.",
    "batch for time": "That program makes each sequence of rows of 28 different "
    "images. What do its answers then depend on that they must not depend on?",
    "state carried": "That program begins an image with what the one before it has "
    "left. What happens if it reads the same image again?",
}
"""The mistakes, and for each a question to those who see it in a wrong record."""

RECORDS = {
    "A": "state carried",
    "B": "softmax twice",
    "C": "batch for time",
    "D": "not divided",
    "E": "axes swapped",
}
"""Which program left which record: those of ``experiments/mnist_mistakes.py``."""


@exercise("mnist-10")
def _which_mistake(attempt: Any) -> None:
    """Check which mistake is seen in which record."""
    named = _named(attempt)
    wrong = [letter for letter in RECORDS if named[letter] != RECORDS[letter]]
    if wrong:
        right = len(RECORDS) - len(wrong)
        letter = wrong[-1] if len(wrong) == 2 else wrong[0]  # each question may come
        name = named[letter]
        raise HintError(
            f"not {name}",
            f"{right} of {len(RECORDS)} are right. One that is not: record {letter} "
            f"was not left by '{name}'. {QUESTIONS[name]}",
        )


def _named(attempt: Any) -> dict[str, str]:
    """Return the mistake that was named for each record, or say what is amiss."""
    if not isinstance(attempt, Mapping):
        raise HintError(
            "no-dictionary",
            f"the answer should be a dictionary, a mistake by each letter, but a "
            f"{type(attempt).__name__} came.",
        )
    if set(attempt) != set(RECORDS):
        raise HintError(
            "letters",
            f"the dictionary should have an entry for each of the letters "
            f"{', '.join(RECORDS)}, and no others.",
        )
    empty = [k for k, name in attempt.items() if name is None or name is Ellipsis]
    if len(empty) == len(RECORDS):
        demand_started(...)
    if empty:
        raise HintError(
            "unfinished",
            f"no mistake is named yet for {', '.join(sorted(empty))}. With some left "
            f"open, nothing is said of the others.",
        )
    named = {k: str(name).strip().lower() for k, name in attempt.items()}
    for letter, name in named.items():
        if name not in QUESTIONS:
            raise HintError(
                "unknown-name",
                f"{attempt[letter]!r} is none of the mistakes; these are "
                f"{', '.join(map(repr, QUESTIONS))}.",
            )
    if len(set(named.values())) < len(RECORDS):
        raise HintError(
            "named-twice",
            "you name a mistake for two records. Each of the five left exactly one.",
        )
    return named
