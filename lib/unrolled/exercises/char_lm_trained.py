"""More exercises of the chapter on the character language model: a trained net.

Choosing, writing, and two ways to measure. The first six are in
:mod:`unrolled.exercises.char_lm`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

from unrolled.cells.cell import Parameters, State
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
from unrolled.tasks.vocabulary import Indices
from unrolled.training.choosing import Choice, tempered, top_k
from unrolled.training.generation import LookUp
from unrolled.training.losses import log_softmax
from unrolled.training.ngrams import NGram
from unrolled.validation import Array

_compare = partial(compare, agree=close_in_32_bits)


# 7. A distribution to draw from -------------------------------------------------------

LOGITS = np.array([1.0, 3.0, -0.5, 2.2, 0.3, 2.0])
"""The logits of the exercise; the largest lead to 0.49, 0.22 and 0.18."""

ALL = len(LOGITS)


@exercise("char-7")
def _distribution(attempt: Any) -> None:
    """Check temperature, top-k and nucleus, each alone and then together."""
    for temperature in (0.5, 1.6):
        _check_temperature(attempt, temperature)
    _check_top_k(attempt, 3)
    for share in (0.8, 0.1):
        _check_nucleus(attempt, share)
    for share in (0.72, 0.76):
        _check_together(attempt, 2.0, 3, share)
    _check_extremes(attempt)


def _shares(attempt: Any, temperature: float, k: int, p: float) -> Array:
    """Return the learner's distribution, or say why it is none."""
    result = call(attempt, LOGITS, temperature, k, p)
    if axes(result) == (k,) != LOGITS.shape:
        raise HintError(
            "kept-only",
            f"for k = {k} you return {k} numbers. Return one for each character, 0 for "
            f"those that are not kept: its place says which character it is.",
        )
    shares: Array = as_numbers(result, LOGITS.shape, "the distribution")
    return shares


def _softmax(logits: Array) -> Array:
    """Return the softmax of logits."""
    return tempered(logits, 1)


def _normalised(shares: Array) -> Array:
    """Divide by the sum, if there is one."""
    total = shares.sum()
    return shares / total if total else shares


def _check_temperature(attempt: Any, temperature: float) -> None:
    """Check the temperature alone."""
    weights = np.exp(LOGITS / temperature)
    where = f"at temperature {temperature:g}"
    _compare(
        _shares(attempt, temperature, ALL, 1.0),
        tempered(LOGITS, temperature),
        {
            "multiplied": (
                [_softmax(LOGITS * temperature)],
                f"{where} you multiply the logits by the temperature, so that heat "
                f"makes the net surer. Divide: heat evens out.",
            ),
            "no-temperature": (
                [_softmax(LOGITS)],
                f"{where} the temperature has no effect. It acts on the logits, before "
                f"the softmax; dividing probabilities and then normalising them gives "
                f"the same ones back.",
            ),
            "not-normalised": (
                [weights, weights / weights.max()],
                f"{where} your numbers do not add up to 1; divide them by their sum.",
            ),
            "by-rank": (
                [np.sort(tempered(LOGITS, temperature))[::-1]],
                f"{where} your numbers stand in the order of their ranks. Put each "
                f"back to the place of its character.",
            ),
            "divided-shares": (
                [_softmax(LOGITS) / temperature],
                f"{where} you divide probabilities by the temperature. It acts on the "
                f"logits, before the softmax.",
            ),
            "softmax-twice": (
                [
                    _softmax(_softmax(LOGITS) / temperature),
                    _softmax(tempered(LOGITS, temperature)),
                ],
                f"{where} you take the softmax twice; what comes out is almost even.",
            ),
        },
        f"{where} the distribution is not right even if all characters are kept. It is "
        f"the softmax of the logits divided by the temperature.",
    )


def _kept(order: Sequence[int] | Indices, shares: Array | None = None) -> Array:
    """Return what is left of the softmax if only some characters are kept."""
    all_shares = _softmax(LOGITS) if shares is None else shares
    left = np.zeros_like(all_shares)
    left[order] = all_shares[order]
    return left


def _check_top_k(attempt: Any, k: int) -> None:
    """Check top-k alone, at temperature 1."""
    shares, ranked = _softmax(LOGITS), np.argsort(-LOGITS)
    zeroed = np.zeros_like(LOGITS)
    zeroed[ranked[:k]] = LOGITS[ranked[:k]]
    where = f"for k = {k}"
    _compare(
        _shares(attempt, 1.0, k, 1.0),
        top_k(shares, k),
        {
            "no-top-k": ([shares], f"{where} all characters are still there."),
            "top-k-sum": (
                [_kept(ranked[:k])],
                f"{where} the right characters are kept, but what is left does not add "
                f"up to 1. Divide it by its sum.",
            ),
            "zeroed-logits": (
                [_softmax(zeroed)],
                f"{where} you set the logits of the others to 0. A logit of 0 is one "
                f"like any other; only minus infinity makes a probability 0.",
            ),
            "k-off-by-one": (
                [_normalised(_kept(ranked[:n])) for n in (k - 1, k + 1)],
                f"{where} you keep one character too many or too few.",
            ),
            "least": (
                [_normalised(_kept(ranked[-k:]))],
                f"{where} you keep the least probable characters.",
            ),
            "by-rank": (
                [np.sort(top_k(shares, k))[::-1]],
                f"{where} your numbers stand in the order of their ranks. Put each "
                f"back to the place of its character.",
            ),
        },
        f"{where}, temperature 1 and p = 1 the distribution is not right. Keep the k "
        f"most probable characters at their places, and divide by their sum.",
    )


def _check_nucleus(attempt: Any, p: float) -> None:
    """Check the nucleus alone, at temperature 1."""
    shares, ranked = _softmax(LOGITS), np.argsort(-LOGITS)
    where = f"for p = {p:g}"
    try:
        result = _shares(attempt, 1.0, ALL, p)
    except HintError as mistake:
        if mistake.hint != "not-finite":
            raise
        raise HintError(
            "nothing-left",
            f"{where} your function keeps nothing at all, or divides by 0. The share p "
            f"is what the kept characters reach together, and one is always kept.",
        ) from None
    wanted = Choice(nucleus=p).distribution(LOGITS)
    size = np.count_nonzero(wanted)
    in_turn = int(np.count_nonzero(np.cumsum(shares) < p)) + 1
    _compare(
        result,
        wanted,
        {
            "crossing": (
                [_normalised(_kept(ranked[: size - 1])), _kept(ranked[: size - 1])],
                f"{where} you drop the character with which the sum crosses p. Without "
                f"it the kept ones do not reach p: it belongs to them.",
            ),
            "one-more": (
                [_normalised(_kept(ranked[: size + 1]))],
                f"{where} you keep one character too many: the sum has reached p "
                f"before it.",
            ),
            "nucleus-sum": (
                [_kept(ranked[:size])],
                f"{where} the right characters are kept, but what is left does not add "
                f"up to 1. Divide it by its sum.",
            ),
            "not-ranked": (
                [_normalised(_kept(np.arange(in_turn)))],
                f"{where} you add up in the order of the vocabulary. Begin with the "
                f"most probable character.",
            ),
            "no-nucleus": ([shares], f"{where} all characters are still there."),
            "ranks-for-places": (
                [
                    np.sort(wanted)[::-1],
                    _normalised(_kept(np.arange(size))),
                ],
                f"{where} you take ranks for places. What is kept has to go back to "
                f"the place of its character.",
            ),
        },
        f"{where}, temperature 1 and all k the distribution is not right. Go down from "
        f"the most probable character, add up, and stop as soon as p is reached.",
    )


def _check_together(attempt: Any, temperature: float, k: int, p: float) -> None:
    """Check that the three come in their order."""
    nucleus_first = top_k(Choice(temperature, None, p).distribution(LOGITS), k)
    cold = Choice(1.0, k, p).distribution(LOGITS) > 0
    where = f"at temperature {temperature:g} with k = {k} and p = {p:g}"
    _compare(
        _shares(attempt, temperature, k, p),
        Choice(temperature, k, p).distribution(LOGITS),
        {
            "nucleus-first": (
                [nucleus_first],
                f"{where} you take the nucleus of all characters. It comes after "
                f"top-k, of what that has left, divided by its sum.",
            ),
            "temperature-last": (
                [_normalised(np.where(cold, tempered(LOGITS, temperature), 0.0))],
                f"{where} you choose the characters before the temperature has acted. "
                f"It comes first.",
            ),
        },
        f"temperature, top-k and nucleus are right alone, but not together: {where} "
        f"another distribution is asked for. The order is temperature, top-k, nucleus, "
        f"and what is left is divided by its sum each time.",
    )


def _check_extremes(attempt: Any) -> None:
    """Check large logits, and the temperature 0."""
    large = partial(_large_logits, attempt)
    try:
        result = as_numbers(call(large, 1.0, ALL, 1.0), LOGITS.shape, "the result")
        right = close_in_32_bits(result, tempered(400 * LOGITS, 1))
    except HintError:
        right = False
    if not right:
        raise HintError(
            "overflow",
            "with logits of up to 1,200 your function returns no distribution: exp of "
            "more than 709 is infinite. Subtract the largest logit first; that changes "
            "no share.",
        )
    try:
        result = _shares(attempt, 0.0, ALL, 1.0)
        greedy = close_in_32_bits(result, tempered(LOGITS, 0))
    except HintError:
        greedy = False
    if not greedy:
        raise HintError(
            "greedy",
            "at temperature 0 your function does not put everything on the largest "
            "logit, or divides by 0. As the temperature falls, more and more comes to "
            "lie on it; 0 needs a line of its own.",
        )


def _large_logits(attempt: Any, temperature: float, k: int, p: float) -> Any:
    """Call an attempt with large logits."""
    return attempt(400 * LOGITS, temperature, k, p)


# 8. Writing ---------------------------------------------------------------------------


@dataclass
class Remembering:
    """A net whose state is all that it has read, so that mistakes can be told.

    It has the methods of :class:`unrolled.training.generation.LookUp` that a learner
    needs. Its logits are random numbers that depend on the whole state.

    Attributes:
        characters: ``V``.
        known: What had been read, by the logits that were handed out for it.
        chosen_after: What had been read at each choice, in turn.
    """

    characters: int = 7
    known: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    chosen_after: list[tuple[int, ...]] = field(default_factory=list)

    def zero_state(self) -> State:
        """Return the state that has read nothing."""
        return (np.zeros((1, 0)),)

    def step(self, index: Any, state: State) -> State:
        """Read one character."""
        given = np.asarray(index)
        is_one = given.ndim == 0 and given.dtype.kind in "iuf"
        if not is_one or given % 1 or not 0 <= given < self.characters:
            raise HintError(
                "no-character",
                f"net.step reads the number of one character, 0 to "
                f"{self.characters - 1}, but {index!r} was given.",
            )
        if not isinstance(state, tuple) or axes(state[0])[:1] != (1,):
            raise HintError(
                "no-state",
                "the second argument of net.step should be a state: what "
                "net.zero_state() or the last net.step() returned.",
            )
        return (np.append(state[0], [[float(given)]], axis=1),)

    def logits(self, state: State) -> Array:
        """Return the logits of the next character, shape ``(1, V)``."""
        history = tuple(int(number) for number in state[0][0])
        generator = np.random.default_rng([len(history), *history])
        logits = generator.normal(size=(1, self.characters))
        self.known[logits[0].tobytes()] = history
        return logits

    def choose(self, logits: Any) -> int:
        """Choose the second best character."""
        scores = np.asarray(logits)
        if scores.shape != (self.characters,):
            raise HintError(
                "logits-shape",
                f"choose wants the logits of one character, shape (V,), but an array "
                f"of shape {scores.shape} came; net.logits(state) has one row.",
            )
        history = self.known.get(scores.astype(np.float64).tobytes())
        if history is None:
            raise HintError(
                "other-logits",
                "choose was given other numbers than net.logits(state) returned; hand "
                "them over as they are.",
            )
        self.chosen_after.append(history)
        return int(np.argsort(scores)[-2])

    def write(self, prefix: Sequence[int], length: int) -> list[int]:
        """Return the text that should be written."""
        text = list(prefix)
        state = self.zero_state()
        for number in prefix:
            state = self.step(number, state)
        for _ in range(length):
            text.append(self.choose(self.logits(state)[0]))
            state = self.step(text[-1], state)
        return text[len(prefix) :]


@exercise("char-8")
def _writing(attempt: Any) -> None:
    """Check generation: the prefix is read, and each output is the next input."""
    for prefix, length in (([3, 1, 4, 6], 8), ([5], 5), ([2, 0, 6], 1)):
        net = Remembering()
        result = call(attempt, net, np.array(prefix), length, net.choose)
        wanted = Remembering().write(prefix, length + 1)
        shape = axes(result)
        if shape == (len(prefix) + length,):
            raise HintError(
                "prefix-kept",
                f"you return {shape[0]} characters for a length of {length}: the "
                f"prefix is among them. Return only what was written.",
            )
        if len(shape) == 1 and abs(shape[0] - length) == 1:
            raise HintError(
                "one-off",
                f"for a length of {length} you return {shape[0]} characters.",
            )
        written = as_numbers(result, (length,), "the text written")
        if np.array_equal(written, wanted[:length]):
            continue
        if np.array_equal(written, wanted[1:]):
            raise HintError(
                "first-dropped",
                "the first character is missing: one is chosen as soon as the prefix "
                "has been read, before anything else is fed in.",
            )
        raise _history_hint(net.chosen_after[-length:], prefix, written)


def _history_hint(
    histories: list[tuple[int, ...]], prefix: list[int], written: Array
) -> HintError:
    """Return the hint for what the net had read when a character was chosen.

    Args:
        histories: What had been read at each choice.
        prefix: What should have been read at the first.
        written: The characters that the learner returned.
    """
    if not histories:
        return HintError(
            "own-choice",
            "you choose the characters yourself. Hand the logits to `choose`, so that "
            "the same loop serves greedy writing and every way of drawing.",
        )
    read = tuple(prefix)
    first = histories[0]
    reading = {
        read[-1:]: (
            "last-only",
            "the net has read only the last character of the prefix when it begins to "
            "write. The whole prefix warms up the state.",
        ),
        read[:1]: (
            "first-only",
            "the net has read only the first character of the prefix when it begins "
            "to write. The whole prefix warms up the state.",
        ),
        read + read[-1:]: (
            "read-twice",
            "the net reads the last character of the prefix twice: once with the "
            "prefix, and once more before it begins to write.",
        ),
        read[:-1]: (
            "too-early",
            "the first character is chosen before the net has read the last one of "
            "the prefix.",
        ),
        read[::-1]: ("backwards", "the net reads the prefix from its end."),
        (): ("not-read", "the net has read nothing when the first one is chosen."),
    }
    if first != read and first in reading:
        return HintError(*reading[first])
    if first == read and len(histories) > 1:
        return _feeding_hint(histories[1], read, written)
    return HintError(
        "other",
        f"when it chose the first character, the net had read {list(first)}; the "
        f"prefix is {prefix}.",
    )


def _feeding_hint(
    second: tuple[int, ...], prefix: tuple[int, ...], written: Array
) -> HintError:
    """Return the hint for what was read between the first and the second choice."""
    if second == prefix:
        return HintError(
            "not-fed-back",
            "the second character is chosen from the same state as the first. What was "
            "written has to be read, too.",
        )
    if second == prefix + prefix[-1:]:
        return HintError(
            "prefix-again",
            "after the first character the net reads the end of the prefix again. Feed "
            "it what it has just written.",
        )
    if second == (int(written[0]),):
        return HintError(
            "state-lost",
            "the second character is chosen by a net that knows only the first one: "
            "the state began anew in between. Carry it along.",
        )
    if second[: len(prefix)] == prefix and len(second) == len(prefix) + 1:
        return HintError(
            "other-fed",
            f"you return {written[0]:g} as the first character, but the net then reads "
            f"{second[-1]}. What was chosen is written, and fed back.",
        )
    return HintError(
        "elsewhere",
        f"when it chose the second character, the net had read {list(second)}; it "
        f"should be the prefix and the first character.",
    )


# 9. How far back does it look? --------------------------------------------------------

LENGTHS = (2, 3, 5, 8)
"""How many characters a net may read in the exercise."""


@exercise("char-9")
def _how_far_back(attempt: Any) -> None:
    """Check the bits per character by the length of the context, and the reach."""
    text, model = _short_memory()
    right, mistakes = _bits_by_length(text, model), _context_mistakes(text, model)
    for margin, wanted in ((0.02, 3), (1.0, 2)):
        result = call(attempt, model, text, LENGTHS, margin)
        bits, reach = parts(result, "bits", "reach")
        _compare(
            as_numbers(bits, (len(LENGTHS),), "the array of bits"),
            right,
            mistakes,
            "the bits are not right. For each length take the characters just before a "
            "target, let the net read them, and see what it gave the target.",
        )
        excess = np.round(right - right[-1], 3).tolist()
        where = f"for a margin of {margin:g} and lengths that cost {excess} bits more"
        where = f"{where} than the longest"
        _compare(
            as_numbers(reach, (), "the reach"),
            wanted,
            {
                "place": (
                    [LENGTHS.index(wanted)],
                    f"{where} you return which of the lengths it is; return the "
                    f"length.",
                ),
                "longest": (
                    [LENGTHS[-1]],
                    f"{where} you return the longest length. Which is the shortest "
                    f"that is as good, up to the margin?",
                ),
                "one-before": (
                    [LENGTHS[LENGTHS.index(wanted) - 1]],
                    f"{where} you return the last length that is too short.",
                ),
                "one-after": (
                    [LENGTHS[LENGTHS.index(wanted) + 1]],
                    f"{where} a shorter length is good enough.",
                ),
            },
            f"{where} the reach is not {reach:.4g}: it is the shortest length that "
            f"costs at most the margin more than the longest.",
        )


def _short_memory() -> tuple[Indices, Callable[[Any], Array]]:
    """Return a text in which three characters count, and a model that knows it."""
    generator = np.random.default_rng(1)
    text = generator.integers(0, 4, 700)
    for t in range(3, len(text)):
        if generator.random() < 0.9:
            third = text[t - 3] if text[t - 2] == 0 else 0
            text[t] = (text[t - 1] + 2 * text[t - 2] + third + 1) % 4
    model = NGram.fit(text[:620], 4, 4)

    @cache
    def shares(*context: int) -> Array:
        return model.probabilities(context)

    def predict(windows: Any) -> Array:
        contexts = np.asarray(windows)
        if contexts.ndim != 2 or contexts.dtype.kind not in "iu":
            raise HintError(
                "windows",
                f"predict wants whole numbers of shape (n, k), one window in a row, "
                f"but {contexts.dtype} of shape {contexts.shape} came.",
            )
        return np.array([shares(*row) for row in contexts[:, -3:].tolist()])

    return text[620:], predict


def _costs(
    predict: Callable[[Any], Array],
    text: Indices,
    length: int,
    first: int,
    *,
    shift: int = 0,
    turned: bool = False,
) -> Array:
    """Return ``-log2 p`` of the characters of a text from ``first`` on.

    Args:
        predict: From windows ``(n, k)`` to probabilities ``(n, V)``.
        text: Shape ``(N,)``.
        length: Characters in a window, ``k``.
        first: The first target.
        shift: How many characters too late a window ends.
        turned: Whether a window is read backwards.
    """
    targets = np.arange(first, len(text))
    places = targets[:, np.newaxis] + np.arange(-length, 0) + shift
    windows = text[places[:, ::-1] if turned else places]
    shares = predict(windows)[np.arange(len(targets)), text[targets]]
    costs: Array = -np.log2(shares)
    return costs


def _bits_by_length(
    text: Indices, predict: Callable[[Any], Array], **wrong: Any
) -> Array:
    """Return the bits per character for each length, over the same targets."""
    first = LENGTHS[-1]
    return np.array([_costs(predict, text, k, first, **wrong).mean() for k in LENGTHS])


def _context_mistakes(text: Indices, predict: Callable[[Any], Array]) -> Mistakes:
    """Return the bits that the usual mistakes lead to."""
    first, right = LENGTHS[-1], _bits_by_length(text, predict)
    costs = [_costs(predict, text, k, first) for k in LENGTHS]
    own = [_costs(predict, text, k, k).mean() for k in LENGTHS]
    late = len(text) - first
    oldest = []
    for k in LENGTHS:
        windows = text[np.arange(late)[:, np.newaxis] + np.arange(k)]
        shares = predict(windows)[np.arange(late), text[first:]]
        oldest.append(np.mean(-np.log2(shares)))
    read_last = [
        np.mean(-np.log2(predict(windows)[np.arange(late), windows[:, -1]]))
        for windows in (
            text[np.arange(first, len(text))[:, np.newaxis] + np.arange(-k, 0)]
            for k in LENGTHS
        )
    ]
    means = [-np.log2(np.mean(2.0**-each)) for each in costs]
    return {
        "own-targets": (
            [own],
            "each length is judged on targets of its own: short windows find some at "
            "the beginning of the text that long ones do not. Judge all lengths on the "
            "same characters, those with the longest context before them.",
        ),
        "sees-target": (
            [_bits_by_length(text, predict, shift=1)],
            "your windows end with the target: the net reads what it is asked for, and "
            "is then judged on it. They must end one character before.",
        ),
        "gap": (
            [_bits_by_length(text, predict, shift=-1)],
            "between your windows and their targets one character is left out.",
        ),
        "oldest": (
            [oldest],
            "you keep the oldest characters of the longest context. A short memory "
            "holds the newest.",
        ),
        "backwards": (
            [_bits_by_length(text, predict, turned=True)],
            "your windows are read backwards: the oldest character comes first.",
        ),
        "repeats": (
            [read_last],
            "your targets are the last characters that the net has read; it is asked "
            "for the next one.",
        ),
        "nats": (
            [right * math.log(2)],
            "your costs are in nats; the logarithm to the base 2 makes bits.",
        ),
        "sum": (
            [[each.sum() for each in costs]],
            "you add up what the targets cost; asked for is the cost per character.",
        ),
        "mean-probability": (
            [means],
            "you average probabilities and take the logarithm then; average the costs.",
        ),
    }


# 10. Find the mistakes ----------------------------------------------------------------

STILL = {
    "logits": "the logits are taken for probabilities. They are any numbers, and the "
    "softmax makes shares of them; clipping hides that.",
    "reset": "the state begins anew in every window. The text goes on, and so does the "
    "state.",
    "training-text": "the net is measured on the text that it was trained on. What it "
    "knows by heart there tells nothing about other text.",
    "averaged": "perplexities of windows are averaged. Average the losses of all "
    "characters; the mean of powers is not the power of the mean.",
    "tail": "the end of the text is left out: the characters after the last whole "
    "window count as well.",
}
"""What may still be wrong in the measure of the net, and how it is told."""


@dataclass(frozen=True)
class SmallNet:
    """A tanh net with given weights, for :class:`LookUp`."""

    weights: Parameters

    def numpy_cell(self) -> TanhCell:
        """Return the recurrence."""
        return TanhCell(**{n: self.weights[n] for n in ("W_xh", "W_hh", "b_h")})


@dataclass(frozen=True)
class Comparison:
    """What a learner compares: a net, and two texts.

    Attributes:
        net: Reads one character after the other.
        training: The text to count on, shape ``(N,)``.
        held_out: The text to measure on, shape ``(M,)``.
        size: ``V``.
        window: Of the wrong program, ``T``.
    """

    net: LookUp
    training: Indices
    held_out: Indices
    size: int
    window: int

    @classmethod
    def draw(cls, seed: int, window: int) -> Comparison:
        """Draw a small net and two texts."""
        generator, size, hidden = np.random.default_rng(seed), 5, 8
        weights = {
            "W_xh": generator.normal(size=(size, hidden)),
            "W_hh": generator.normal(size=(hidden, hidden)) * 0.6,
            "b_h": generator.normal(size=hidden),
            "W_hq": generator.normal(size=(hidden, size)),
            "b_q": generator.normal(size=size),
        }
        steps = generator.choice([0, 1, 1, 1, 3], 160)
        text = np.cumsum(steps) % size
        return cls(LookUp.of(SmallNet(weights)), text[:101], text[101:], size, window)

    def losses(self, text: Indices, *, logits: bool, reset: bool) -> Array:
        """Return what each character but the first costs, in nats."""
        state, costs = self.net.zero_state(), []
        for t in range(len(text) - 1):
            if reset and t % self.window == 0:
                state = self.net.zero_state()
            state = self.net.step(int(text[t]), state)
            scores = self.net.logits(state)[0]
            shares = np.exp(log_softmax(scores))
            if logits:
                shares = np.clip(scores, 1e-7, 1) / np.clip(scores, 1e-7, 1).sum()
            costs.append(-np.log(shares[text[t + 1]]))
        return np.array(costs)

    def warmed_up(self) -> list[float]:
        """Return the bits if the net has read the training text before."""
        both = np.concatenate([self.training, self.held_out])
        costs = self.losses(both, logits=False, reset=False)[-len(self.held_out) :]
        return [float(part.mean()) / math.log(2) for part in (costs, costs[1:])]

    def bits(self, wrong: frozenset[str]) -> float:
        """Return the bits per character of the net if some mistakes are made."""
        text = self.training if "training-text" in wrong else self.held_out
        costs = self.losses(text, logits="logits" in wrong, reset="reset" in wrong)
        whole = len(costs) // self.window * self.window
        used = costs[:whole] if "tail" in wrong else costs
        if "averaged" not in wrong:
            return float(used.mean()) / math.log(2)
        pieces = np.split(used, range(self.window, len(used), self.window))
        return math.log2(np.mean([math.exp(piece.mean()) for piece in pieces]))


@exercise("char-10")
def _find_the_mistakes(attempt: Any) -> None:
    """Check a fair comparison of a net with a trigram."""
    for seed, window in ((1, 7), (2, 9)):
        case = Comparison.draw(seed, window)
        texts = case.training, case.held_out
        result = call(attempt, case.net, *texts, case.size, window)
        bits, counted = as_numbers(
            parts(result, "bits of the net", "bits of the trigram"),
            (2,),
            "the pair of bits",
        )
        trigram = NGram.fit(case.training, 3, case.size)
        right = trigram.losses(case.held_out)[1:].mean() / math.log(2)
        if close_in_32_bits((counted, bits), (case.bits(frozenset()), right)):
            raise HintError("swapped", "both are right; give the net's bits first.")
        _check_net(bits, case)
        _compare(
            counted,
            right,
            _trigram_mistakes(case, trigram, right),
            "the net's bits are right, those of the trigram are not. It is counted on "
            "the training text and measured where the net is.",
        )


def _check_net(bits: float, case: Comparison) -> None:
    """Say how many of the mistakes are left in the measure of the net, and one."""
    subsets = itertools.chain.from_iterable(
        itertools.combinations(STILL, size) for size in range(len(STILL) + 1)
    )
    for wrong in subsets:
        right = case.bits(frozenset(wrong))
        if close_in_32_bits(bits, right):
            if not wrong:
                return
            left = "one mistake is" if len(wrong) == 1 else f"{len(wrong)} mistakes are"
            which = "It is this:" if len(wrong) == 1 else "One of them:"
            raise HintError(
                wrong[0],
                f"{left} still in the measure of the net. {which} {STILL[wrong[0]]}",
            )
        if close_in_32_bits(bits, right * math.log(2)):
            raise HintError("nats", "the net is measured in nats; make them bits.")
        if close_in_32_bits(bits, 2**right):
            raise HintError(
                "perplexity",
                "the net is measured by its perplexity; bits per character are asked "
                "for.",
            )
    if any(close_in_32_bits(bits, warm) for warm in case.warmed_up()):
        raise HintError(
            "warmed-up",
            "your net has read the training text before it begins. That can be "
            "defended; here it begins with zeros, so that all nets begin alike.",
        )
    raise HintError(
        "other",
        f"the net's bits are {bits:.4g}, which none of the program's own mistakes "
        f"explains. From zeros, let the net read the held-out text, one character "
        f"after the other, and add up -log2 of what the softmax gives the next one.",
    )


def _trigram_mistakes(case: Comparison, trigram: NGram, right: float) -> Mistakes:
    """Return the bits of the trigram that the usual mistakes lead to."""
    one_text = NGram.fit(case.held_out, 3, case.size)
    both = NGram.fit(np.concatenate([case.training, case.held_out]), 3, case.size)

    def bits(model: NGram, text: Indices) -> list[float]:
        losses = model.losses(text) / math.log(2)
        return [float(losses.mean()), float(losses[1:].mean())]

    return {
        "first-character": (
            bits(trigram, case.held_out)[:1],
            "the trigram is measured on one character more than the net: on the first, "
            "before which nothing stands. Compare both on the same ones.",
        ),
        "trigram-training-text": (
            bits(trigram, case.training),
            "the trigram is still measured on the text that it was counted on.",
        ),
        "counted-on-held-out": (
            bits(one_text, case.held_out) + bits(both, case.held_out),
            "the trigram has counted the held-out text, on which it is then measured. "
            "Count on the training text alone.",
        ),
        "trigram-nats": (
            [right * math.log(2)],
            "the trigram is measured in nats; make them bits.",
        ),
    }
