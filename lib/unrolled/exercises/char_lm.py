"""The exercises of the chapter on the character language model: text and training.

Those on a trained net are in :mod:`unrolled.exercises.char_lm_trained`.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

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
from unrolled.tasks.text import Pair, consecutive_rows
from unrolled.tasks.vocabulary import Indices, Vocabulary
from unrolled.validation import Array

_compare = partial(compare, agree=close_in_32_bits)


# 1. Numbers for characters ------------------------------------------------------------

TEXTS = (
    ("Rain on the roof,\nRain in the Row", [3, 0, 1, 7, 2]),
    ("雨停了 又下雨 Oh No", [4, 1, 1, 0]),
    ("zzz", [0, 0]),
)
"""Texts to make a vocabulary of, and numbers to turn back into characters with it."""


@exercise("char-1")
def _numbers_for_characters(attempt: Any) -> None:
    """Check a vocabulary, a text turned into numbers, and numbers turned back."""
    for text, numbers in TEXTS:
        names = "characters", "numbers of the text", "decoded text"
        given, encoded, decoded = parts(call(attempt, text, np.array(numbers)), *names)
        vocabulary = Vocabulary.of(text)
        _check_characters(given, text, vocabulary.characters)
        _compare(
            as_numbers(encoded, (len(text),), "the array of the text's numbers"),
            vocabulary.encode(text),
            _encoding_mistakes(text, vocabulary),
            f"for {text!r} the characters are right, their numbers are not. The number "
            f"of a character is its place in the vocabulary, counted from 0.",
        )
        _check_decoded(decoded, text, numbers, vocabulary)


def _check_characters(given: Any, text: str, wanted: str) -> None:
    """Check the characters of a vocabulary and their order."""
    if not isinstance(given, (str, list, tuple, np.ndarray)) or not all(
        isinstance(character, str) for character in given
    ):
        raise HintError(
            "no-text",
            f"the characters should be a string, in their order, but a "
            f"{type(given).__name__} came.",
        )
    characters = "".join(given)
    if characters == "".join(sorted(set(text.lower()))) != wanted:
        raise HintError(
            "lower-cased",
            "you change capitals to small letters. They are characters of their own, "
            "which the net shall learn to write.",
        )
    missing, strange = set(text) - set(characters), set(characters) - set(text)
    if missing or strange:
        which = sorted(missing or strange)
        raise HintError(
            "left-out" if missing else "strangers",
            f"for {text!r} the characters {which} "
            + (
                "are missing; spaces and line ends count."
                if missing
                else "do not occur."
            ),
        )
    compare(
        characters,
        wanted,
        _order_mistakes(characters, text, wanted),
        f"for {text!r} the characters are all there, but not sorted. If the order is "
        f"that of a set, it is another in every run, and the numbers with it.",
        agree=operator.eq,
    )


def _order_mistakes(characters: str, text: str, wanted: str) -> Mistakes:
    """Return the vocabularies that have the right characters in the wrong way."""
    often = Counter(text).most_common()
    small = characters.lower()
    alphabetical = len(set(characters)) == len(characters) and [*small] == sorted(small)
    return {
        "repeated": (
            ["".join(sorted(text)), text],
            "a character that comes twice in the text has two places in your "
            "vocabulary. Each has one.",
        ),
        "first-seen": (
            ["".join(dict.fromkeys(text))],
            "your order is that of the first appearance. That is fixed too, but asked "
            "for is the order of code points, which `sorted` gives.",
        ),
        "by-frequency": (
            ["".join(character for character, _ in often)],
            "you order by frequency; asked for is the order of code points.",
        ),
        "alphabetical": (
            [characters] if alphabetical else [],
            "you order as a dictionary does, without regard to capitals. Code points "
            "have all capitals before all small letters.",
        ),
    }


def _encoding_mistakes(text: str, vocabulary: Vocabulary) -> Mistakes:
    """Return the numbers that the usual mistakes give to the characters of a text."""
    return {
        "from-1": (
            [vocabulary.encode(text) + 1],
            "you count from 1. The numbers will be places in arrays, whose first is 0.",
        ),
        "code-points": (
            [[ord(character) for character in text]],
            "these are the code points. They go up to 1,114,111; the numbers of a "
            "vocabulary leave no gaps, so that a matrix needs only V rows.",
        ),
        "places-in-text": (
            [[text.index(character) for character in text]],
            "these are the places at which the characters first stand in the text; "
            "look for their places in the vocabulary.",
        ),
    }


def _check_decoded(
    decoded: Any, text: str, numbers: list[int], vocabulary: Vocabulary
) -> None:
    """Check the text that some numbers stand for."""
    wanted = vocabulary.decode(numbers)
    if not isinstance(decoded, str):
        if axes(decoded) == (len(wanted),) and list(decoded) == list(wanted):
            raise HintError(
                "not-joined",
                "the decoded characters are right, but they are still single ones. "
                "Join them to a string.",
            )
        raise HintError(
            "no-string",
            f"the decoded text should be a string, but a {type(decoded).__name__} "
            f"came.",
        )
    compare(
        decoded,
        wanted,
        {
            "back-from-1": (
                ["".join(vocabulary.characters[n - 1] for n in numbers)],
                "on the way back your counting begins at 1.",
            ),
            "as-code-points": (
                ["".join(map(chr, numbers))],
                "on the way back you take the numbers for code points. They are places "
                "in the vocabulary.",
            ),
            "from-text": (
                ["".join(text[n] for n in numbers)],
                "on the way back you look in the text; look in the vocabulary.",
            ),
            "not-decoded": (
                [text],
                "you decode the numbers of the text. That must give the text back, and "
                "does; asked for are the other numbers, the second argument.",
            ),
        },
        f"for {text!r} the way back is not right: number k stands for the character "
        f"at place k of the vocabulary.",
        agree=operator.eq,
    )


# 2. Bits and perplexity ---------------------------------------------------------------


@exercise("char-2")
def _bits_and_perplexity(attempt: Any) -> None:
    """Check the two measures, on ordinary values and on the three anchors."""
    cases = (1 / 2, 1 / 4, 1 / 8, 1 / 8), (0.9, 0.05, 0.6), (1.0,) * 5, (1 / 60,) * 7
    for shares in cases:
        p = np.array(shares)
        result = parts(call(attempt, p), "bits per character", "perplexity")
        bits, perplexity = as_numbers(result, (2,), "the pair of measures")
        right = float(np.mean(-np.log2(p)))
        shown = ", ".join(f"{share:.3g}" for share in shares)
        where = f"for the probabilities {shown}"
        if bits != perplexity and close_in_32_bits(
            (perplexity, bits), (right, 2**right)
        ):
            raise HintError("swapped", "both are right; give the bits first.")
        _compare(
            bits,
            right,
            _bits_mistakes(p),
            f"{where} you find {bits:.4g} bits. Each character costs -log2 of its "
            f"probability: take the costs one by one, and their mean.",
        )
        _compare(
            perplexity,
            2**right,
            _perplexity_mistakes(p),
            f"{where} the bits are right, but the perplexity is not {perplexity:.4g}. "
            f"Among how many equally likely characters does a guess cost as much?",
        )
    _check_impossible(attempt)


def _bits_mistakes(p: Array) -> Mistakes:
    """Return the bits per character that the usual mistakes lead to."""
    nats = float(np.mean(-np.log(p)))
    bits = nats / math.log(2)
    return {
        "nats": (
            [nats],
            "your bits are nats: you take the natural logarithm. A bit is a choice "
            "between two, so that its logarithm has the base 2.",
        ),
        "sum": (
            [bits * len(p), nats * len(p)],
            "you add up what the characters cost. The measure is per character: a "
            "mean, so that texts of different length can be compared.",
        ),
        "sign": (
            [-bits, -nats],
            "your result is negative. The logarithm of a probability is, and the cost "
            "is minus that.",
        ),
        "mean-probability": (
            [-np.log2(np.mean(p)), -np.log(np.mean(p))],
            "you average the probabilities first and take the logarithm then. Each "
            "character has its own cost; what is averaged is the costs.",
        ),
    }


def _perplexity_mistakes(p: Array) -> Mistakes:
    """Return the perplexities that the usual mistakes lead to."""
    nats = float(np.mean(-np.log(p)))
    bits = nats / math.log(2)
    return {
        "averaged": (
            [np.mean(1 / p)],
            "you average the perplexities of the single characters, 1 / p. Average the "
            "losses, then take the power once; a single unlucky character would "
            "otherwise outweigh all others.",
        ),
        "exp-of-bits": (
            [math.exp(bits)],
            "you take e to the power of the bits. Bits belong to base 2; e belongs to "
            "nats.",
        ),
        "two-to-nats": (
            [2**nats],
            "you take 2 to the power of the nats. Nats belong to base e; 2 belongs to "
            "bits.",
        ),
        "hit-rate": (
            [1 / np.mean(p)],
            "you take one over the mean probability. The mean has to be taken over the "
            "losses, not over the probabilities.",
        ),
        "inverse": (
            [2**-bits],
            "this is below 1: the geometric mean of the probabilities. The perplexity "
            "is one over it.",
        ),
        "of-the-sum": (
            [2 ** (bits * len(p))],
            "you take the power of the sum of all costs; take that of their mean.",
        ),
    }


def _check_impossible(attempt: Any) -> None:
    """Check that a character that was held to be impossible costs infinity."""
    try:
        result = call(attempt, np.array([0.5, 0.0, 0.25]))
        measures = [float(part) for part in parts(result, "bits", "perplexity")]
    except HintError as mistake:
        if mistake.hint != "raised":
            raise
        measures = [math.nan]
    except (TypeError, ValueError, OverflowError):
        measures = [math.nan]
    if measures == [math.inf, math.inf]:
        return
    if all(map(math.isfinite, measures)):
        raise HintError(
            "clipped",
            "a character came that the model held to be impossible, and your result is "
            "finite. No finite number of bits pays for that.",
        )
    raise HintError(
        "zero",
        "a probability of 0 stops your function, or makes it return no pair of "
        "numbers. Both measures are infinite there; np.log2(0) is minus infinity.",
    )


# 3. When to stop ----------------------------------------------------------------------

LOSSES = (
    ([4.0, 3.5, 3.6, 3.1, 3.2, 3.0, 2.9, 2.95, 3.0, 3.1, 3.2, 2.5, 2.6], 3),
    ([3.0, 2.5, 2.6, 2.55, 2.62, 2.58, 2.7, 2.4, 2.8], 3),
    ([3.0, 2.5, 2.5, 2.5, 2.4, 2.6], 2),
    ([4.0, 3.0, 3.2, 2.9, 3.1, 2.8, 2.7], 2),
    ([3.0, 2.8, 2.7, 2.6, 2.55], 2),
    ([3.0, 2.8, 2.9, 3.0], 3),
    ([3.0, 3.1, 2.0], 1),
)
"""Losses on held-out text, in bits, and how much patience there is."""


@exercise("char-3")
def _when_to_stop(attempt: Any) -> None:
    """Check early stopping: which epoch is kept, and after which the training ends."""
    for losses, patience in LOSSES:
        held_out = np.array(losses)
        training = np.linspace(losses[0], 1.0, len(losses))
        result = parts(
            call(attempt, training, held_out, patience), "epoch kept", "last epoch"
        )
        kept, last = as_numbers(result, (2,), "the pair of epochs")
        wanted = _stopped(losses, patience)
        where = f"for held-out losses {losses} and a patience of {patience}"
        _compare(
            (kept, last),
            wanted,
            _stopping_mistakes(training, losses, patience, where),
            f"{where} you keep epoch {kept:g} and stop after epoch {last:g}. Go "
            f"through the losses with a finger: what is the best so far, and how many "
            f"epochs ago was it?",
        )


def _stopped(
    losses: Sequence[float],
    patience: int,
    better: Callable[[float, float], bool] = operator.lt,
) -> tuple[int, int]:
    """Return the epoch to keep and the last one, counted from 1."""
    kept = epoch = 0
    for epoch, loss in enumerate(losses):
        if better(loss, losses[kept]):
            kept = epoch
        elif epoch - kept == patience:
            break
    return kept + 1, epoch + 1


def _stopped_by_count(
    losses: Sequence[float], patience: int, *, against_best: bool
) -> tuple[int, int]:
    """Return the same if epochs that are no better are counted in a wrong way.

    Either all of them count, in a row or not, or an epoch is compared with the one
    before it instead of the best.
    """
    count, epoch = 0, 0
    for epoch in range(1, len(losses)):
        rival = min(losses[:epoch]) if against_best else losses[epoch - 1]
        worse = losses[epoch] >= rival
        count = count + worse if worse or against_best else 0
        if count == patience:
            break
    return int(np.argmin(losses[: epoch + 1])) + 1, epoch + 1


def _stopping_mistakes(
    training: Array, losses: Sequence[float], patience: int, where: str
) -> Mistakes:
    """Return the pairs of epochs that the usual mistakes lead to."""
    kept, last = _stopped(losses, patience)
    lowest = int(np.argmin(losses)) + 1
    beyond = min(last + 1, len(losses))
    late = int(np.argmin(losses[:beyond])) + 1, beyond
    return {
        "swapped": ([(last, kept)], "both epochs are right; give the kept one first."),
        "from-0": (
            [(kept - 1, last - 1), (kept - 1, last)],
            f"{where} you count epochs from 0; the first one is epoch 1.",
        ),
        "training": (
            [_stopped(training.tolist(), patience)],
            "you follow the training loss. It falls as long as the net learns by "
            "heart; what it is worth shows on text that it has not seen.",
        ),
        "tie": (
            [_stopped(losses, patience, operator.le)],
            f"{where} you take an equal loss for a better one.",
        ),
        "against-last": (
            [_stopped_by_count(losses, patience, against_best=False)],
            f"{where} you compare each epoch with the one before it. Losses that go up "
            f"and down above the best one are no progress: compare with the best.",
        ),
        "not-in-a-row": (
            [_stopped_by_count(losses, patience, against_best=True)],
            f"{where} you add up all epochs that were no better. A new best one makes "
            f"the patience whole again.",
        ),
        "hindsight": (
            [(lowest, last), (lowest, len(losses))] if lowest > last else [],
            f"{where} you keep epoch {lowest}, which is the best of all. But the "
            f"training had stopped before: nobody would have seen it.",
        ),
        "never": (
            [(kept, len(losses)), (lowest, len(losses))] if last < len(losses) else [],
            f"{where} you train to the end. When has nothing become better for "
            f"{patience} epochs in a row?",
        ),
        "last-kept": (
            [(last, last)],
            f"{where} you keep the weights of the last epoch. By then the net has been "
            f"getting worse for a while; keep those of the best epoch.",
        ),
        "first-rise": (
            [_stopped(losses, 1)],
            f"{where} you stop at the first epoch that is no better. Held-out losses "
            f"are noisy: that is what the patience is for.",
        ),
        "one-late": (
            [late],
            f"{where} you stop one epoch too late: after epoch {last} there have been "
            f"{patience} in a row that were no better.",
        ),
        "one-early": (
            [_stopped(losses, patience - 1)] if patience > 1 else [],
            f"{where} you stop one epoch too early. How many epochs after the best one "
            f"have been no better by then?",
        ),
    }


# 4. Windows, and a state that goes on -------------------------------------------------


@exercise("char-4")
def _windows_of_a_text(attempt: Any) -> None:
    """Check consecutive and random windows, and when the state is carried."""
    for length, batch, window in ((53, 3, 4), (47, 3, 5), (40, 2, 4), (31, 1, 7)):
        generator = np.random.default_rng(length)
        numbers = generator.permutation(length)
        order = generator.permutation((length - 1) // window)
        for given in (None, order):
            case = numbers, batch, window, given
            _check_windows(call(attempt, *case), *case)


def _windows(
    numbers: Indices, batch: int, window: int, order: Indices | None
) -> tuple[Indices, Indices]:
    """Return the right inputs and targets, each of shape ``(n, B, T)``."""
    if order is None:
        count = (len(numbers) // batch - 1) // window
        rows = consecutive_rows(numbers, batch)
        inputs, targets = (
            row[:, : count * window].reshape(batch, count, window).swapaxes(0, 1)
            for row in rows
        )
        return inputs, targets
    return _in_order(numbers, batch, window, order * window)


def _in_order(numbers: Indices, batch: int, window: int, starts: Indices) -> Pair:
    """Return the windows at some places, ``B`` at a time, for inputs and targets."""
    count = len(starts) // batch
    places = starts[: count * batch, np.newaxis] + np.arange(window)
    shape = count, batch, window
    return numbers[places].reshape(shape), numbers[places + 1].reshape(shape)


def _check_windows(
    result: Any, numbers: Indices, batch: int, window: int, order: Indices | None
) -> None:
    """Check all three results for one way to sample."""
    inputs, targets, carried = parts(result, "inputs", "targets", "carried")
    wanted = _windows(numbers, batch, window, order)
    kind = "consecutive" if order is None else "random"
    where = (
        f"with {kind} sampling of {len(numbers)} characters, B = {batch} and T = "
        f"{window},"
    )
    for name, part in (("inputs", inputs), ("targets", targets)):
        _demand_shape(part, wanted[0].shape, order is None, f"{where} the {name}")
    mistakes = _consecutive_mistakes if order is None else _random_mistakes
    _compare(
        as_numbers(inputs, wanted[0].shape, f"{where} the array of inputs"),
        wanted[0],
        mistakes(numbers, batch, window, order, where),
        f"{where} the inputs are not right. "
        + (
            "Write the text in B rows; window n is columns n T to (n + 1) T - 1."
            if order is None
            else "Example k is characters k T to (k + 1) T - 1; the order says which "
            "examples come first."
        ),
    )
    _compare(
        as_numbers(targets, wanted[1].shape, f"{where} the array of targets"),
        wanted[1],
        _target_mistakes(numbers, batch, window, order, wanted, where),
        f"{where} the inputs are right, the targets are not. Each is the character "
        f"that follows its input in the text.",
    )
    _check_carried(carried, order is None)


def _demand_shape(
    part: Any, wanted: tuple[int, ...], consecutive: bool, which: str
) -> None:
    """Raise a hint for the usual wrong shapes of windows."""
    shape, (count, batch, window) = axes(part), wanted
    if shape == wanted:
        return
    if shape in ((batch, count, window), (count, window, batch)) and count != batch:
        raise HintError(
            "axes",
            f"{which} have the shape {shape}; the windows come first, then the rows, "
            f"then the steps: (n, B, T).",
        )
    if shape == (batch, count * window):
        raise HintError(
            "not-cut", f"{which} are still whole rows; cut them into windows."
        )
    if shape == (count, batch, window - 1):
        raise HintError(
            "short",
            f"{which} have one step too few in each window. A window has T inputs and "
            f"T targets: together they reach over T + 1 characters.",
        )
    if len(shape) == 3 and shape[1:] == wanted[1:] and shape[0] == count + 1:
        raise HintError(
            "too-many",
            f"{which} make one window too many. "
            + (
                "The last target of a row must lie in that row, too."
                if consecutive
                else "What does not fill a whole batch is left out."
            ),
        )
    if len(shape) == 3 and shape[1:] == wanted[1:] and shape[0] == count - 1:
        raise HintError(
            "too-few",
            f"{which} make one window too few: the last one still finds all of its "
            f"inputs and targets.",
        )


def _consecutive_mistakes(
    numbers: Indices, batch: int, window: int, order: Indices | None, where: str
) -> Mistakes:
    """Return the inputs that the usual mistakes of consecutive sampling lead to."""
    count = (len(numbers) // batch - 1) // window
    size, shape = count * batch * window, (count, batch, window)
    shorter = (len(numbers) - 1) // batch
    rows = numbers[: batch * shorter].reshape(batch, shorter)[:, : count * window]
    longest = len(numbers) // batch
    columns = numbers[: batch * longest].reshape(longest, batch).T[:, : count * window]

    def cut(part: Indices) -> Indices:
        return part.reshape(batch, count, window).swapaxes(0, 1)

    fits = rows.shape[1] == count * window
    return {
        "side-by-side": (
            [numbers[:size].reshape(shape)],
            f"{where} row 2 of a window goes on where row 1 of the same window ends. "
            f"It is row 1 of the next window that must go on there: else a carried "
            f"state would be that of another place in the text.",
        ),
        "interleaved": (
            [cut(columns)],
            f"{where} neighbours in the text lie in different rows. A row is a stretch "
            f"of the text.",
        ),
        "row-length": (
            [cut(rows)] if fits else [],
            f"{where} your rows have (N - 1) // B characters; N // B fit.",
        ),
    }


def _random_mistakes(
    numbers: Indices, batch: int, window: int, order: Indices | None, where: str
) -> Mistakes:
    """Return the inputs that the usual mistakes of random sampling lead to."""
    assert order is not None, "random sampling has an order"
    count = len(order) // batch
    in_turn = np.arange(len(order)) * window
    inputs = _in_order(numbers, 1, window, order * window)[0][: count * batch, 0]
    dealt = inputs.reshape(batch, count, window).swapaxes(0, 1)
    return {
        "starts": (
            [_in_order(numbers, batch, window, order)[0]],
            f"{where} you take the numbers in `order` for places in the text. They "
            f"number the examples, and example k begins at character k T.",
        ),
        "not-shuffled": (
            [_in_order(numbers, batch, window, in_turn)[0]],
            f"{where} the examples come as they stand in the text; `order` says which "
            f"one comes first.",
        ),
        "dealt": (
            [dealt],
            f"{where} you deal the examples out in another way. The first B of the "
            f"order are the first batch, the next B the second.",
        ),
        "consecutive": (
            [_windows(numbers, batch, window, None)[0]],
            f"{where} these are the windows of consecutive sampling.",
        ),
    }


def _target_mistakes(
    numbers: Indices,
    batch: int,
    window: int,
    order: Indices | None,
    wanted: Pair,
    where: str,
) -> Mistakes:
    """Return the targets that the usual mistakes lead to."""
    inputs, targets = wanted
    follower = dict(itertools.pairwise(numbers.tolist()))
    leader = {after: before for before, after in follower.items()}
    two_ahead = [follower.get(number, -1) for number in targets.ravel().tolist()]
    behind = [leader.get(number, -1) for number in inputs.ravel().tolist()]
    in_turn = np.arange(0 if order is None else len(order)) * window
    return {
        "same": (
            [inputs],
            f"{where} the targets are the inputs themselves. A net would only have to "
            f"repeat what it has just read.",
        ),
        "two-ahead": (
            [np.reshape(two_ahead, targets.shape)],
            f"{where} your targets lie two characters ahead of the inputs; one is "
            f"asked for.",
        ),
        "behind": (
            [np.reshape(behind, targets.shape)],
            f"{where} your targets are the characters before the inputs. The net shall "
            f"predict, not remember.",
        ),
        "wrapped": (
            [np.roll(inputs, -1, axis=-1), np.roll(inputs, 1, axis=-1)],
            f"{where} you shift inside of each window, so that its last target is its "
            f"own first input. Take the targets from the text.",
        ),
        "next-batch": (
            [_in_order(numbers, batch, window, in_turn)[1]] if len(in_turn) else [],
            f"{where} the inputs are shuffled and the targets are not: they belong to "
            f"other examples.",
        ),
    }


def _check_carried(carried: Any, consecutive: bool) -> None:
    """Check whether the state goes on from window to window."""
    said = as_numbers(carried, (), "the third result, True or False,")
    if said == consecutive:
        return
    if consecutive:
        raise HintError(
            "never-carried",
            "with consecutive sampling each row goes on where it ended in the window "
            "before. The state at that end is worth keeping.",
        )
    raise HintError(
        "always-carried",
        "with random sampling the next example comes from somewhere else in the text. "
        "The state would tell the net of characters that do not stand before it.",
    )


# 5. A product that is a look-up -------------------------------------------------------


@exercise("char-5")
def _look_up(attempt: Any) -> None:
    """Check the forward and the backward pass of a one-hot product as a look-up."""
    for kinds, columns, seed in ((5, 5, 1), (7, 3, 2)):
        generator = np.random.default_rng(seed)
        W = generator.normal(size=(kinds, columns))
        numbers = np.array([[1, 3, 1, 0], [3, 1, 4, 4], [0, 0, 0, 1]])
        upstream = generator.normal(size=(*numbers.shape, columns))
        result = parts(call(attempt, W, numbers, upstream), "rows", "gradient")
        _check_rows(result[0], W, numbers)
        _check_row_gradient(result[1], W, numbers, upstream)


def _check_rows(rows: Any, W: Array, numbers: Indices) -> None:
    """Check what comes out of the look-up."""
    if axes(rows) == numbers.shape:
        raise HintError(
            "single-numbers",
            "you look up one number for each character; asked for is a whole row of W.",
        )
    if axes(rows) == (len(W), *numbers.shape):
        raise HintError(
            "columns",
            "you look along the columns of W. A one-hot row stands left of W, and its "
            "1 picks a row.",
        )
    wanted = W[numbers]
    square = W.shape[0] == W.shape[1]
    _compare(
        as_numbers(rows, wanted.shape, "the array of rows"),
        wanted,
        {
            "transposed": (
                [W.T[numbers]] if square else [],
                "you look up columns of W. A one-hot row stands left of W, and its 1 "
                "picks a row.",
            ),
        },
        "the rows are not right. Write out one entry of the product of a one-hot row "
        "and W: which terms of the sum are not zero?",
    )


def _check_row_gradient(
    gradient: Any, W: Array, numbers: Indices, upstream: Array
) -> None:
    """Check the gradient at the table."""
    used = np.unique(numbers)
    if axes(gradient) == (len(used), W.shape[1]) != W.shape:
        raise HintError(
            "used-only",
            "your gradient has only the rows that were looked up. It has the shape of "
            "W, with zeros where a row was not used.",
        )
    if axes(gradient) == (*numbers.shape, *W.shape):
        raise HintError(
            "not-summed",
            "you return one gradient for each place. All places share the table, so "
            "that their gradients add up.",
        )
    wanted = np.zeros_like(W)
    np.add.at(wanted, numbers, upstream)
    _compare(
        as_numbers(gradient, W.shape, "the array of gradients"),
        wanted,
        _row_gradient_mistakes(wanted, W, numbers, upstream),
        "the rows are right, their gradient is not. A row of W reaches the loss "
        "through every place that looked it up, and through no other.",
    )


def _row_gradient_mistakes(
    wanted: Array, W: Array, numbers: Indices, upstream: Array
) -> Mistakes:
    """Return the gradients that the usual mistakes lead to."""
    once, first = np.zeros_like(W), np.zeros_like(W)
    once[numbers] = upstream
    first[numbers[::-1, ::-1]] = upstream[::-1, ::-1]
    uses = np.bincount(numbers.ravel(), minlength=len(W))[:, np.newaxis]
    return {
        "repeats-lost": (
            [once, first],
            "a character that comes several times gets the gradient of one place only. "
            "In NumPy `grad[numbers] += ...` writes each row once, however often it is "
            "named.",
        ),
        "mean": (
            [wanted / np.maximum(uses, 1)],
            "you take the mean over the places of a character; their gradients add up.",
        ),
        "mean-of-all": (
            [wanted / numbers.size, wanted / len(numbers)],
            "you divide by the number of places. If the loss is a mean, the incoming "
            "gradient has been divided already.",
        ),
        "every-row": (
            [np.ones_like(W) * upstream.sum(axis=(0, 1))],
            "you give each row the gradients of all places. A row that was not looked "
            "up has no influence on the loss.",
        ),
    }


# 6. Clipped together ------------------------------------------------------------------


def _gradients() -> Iterator[tuple[dict[str, Array], float]]:
    """Return gradients by name, with a threshold for each."""
    long = {
        "W_xh": np.array([[3.0, -4.0], [0.0, 12.0]]),
        "W_hh": np.array([[0.6, 0.0], [0.0, -0.8]]),
        "b_h": np.array([0.0, 2.4]),
    }
    yield long, 2.0
    yield long, 0.5
    yield {"W": np.array([0.3, 0.4]), "b": np.array([0.0])}, 2.0
    yield {"W": np.array([[5.0, 12.0]]), "b": np.zeros(2), "c": np.array([84.0])}, 1.0
    yield {"W": np.array([1.2, 0.9]), "b": np.array([1.6])}, 2.0


@exercise("char-6")
def _clipped_together(attempt: Any) -> None:
    """Check clipping by the global norm, and the turn that the other way makes."""
    for gradients, threshold in _gradients():
        copies = {name: np.copy(g) for name, g in gradients.items()}
        result = parts(call(attempt, copies, threshold), "clipped", "cosine")
        clipped = _by_name(result[0], gradients)
        size = _norm(gradients)
        where = f"for gradients whose norms are {_norms_in_words(gradients)}"
        where = f"{where} and a threshold of {threshold:g}"
        _compare(
            _flat(clipped),
            _flat(_scaled(gradients, size, threshold)),
            _clipping_mistakes(gradients, threshold, where),
            f"{where} the clipped gradients are not right. All of them are multiplied "
            f"by one and the same number, so that their common length is at most the "
            f"threshold.",
        )
        apart = _flat(_each_clipped(gradients, threshold))
        cosine = _cosine_or_hint(result[1])
        _compare(
            cosine,
            _cosine(_flat(gradients), apart),
            _cosine_mistakes(gradients, threshold, where),
            f"{where} the clipped gradients are right, the cosine is not. Lay all "
            f"entries of the gradient end to end, and all entries of what clipping "
            f"tensor by tensor would leave: two long vectors.",
        )


def _flat(gradients: Mapping[str, Array]) -> Array:
    """Return all entries, one tensor after the other."""
    return np.concatenate([g.ravel() for g in gradients.values()])


def _norm(gradients: Mapping[str, Array]) -> float:
    """Return the global norm."""
    return float(np.linalg.norm(_flat(gradients)))


def _norms(gradients: Mapping[str, Array]) -> Array:
    """Return the norm of each tensor."""
    return np.array([np.linalg.norm(g) for g in gradients.values()])


def _norms_in_words(gradients: Mapping[str, Array]) -> str:
    """Return the norms of the tensors as a sentence names them."""
    *most, last = (f"{norm:.3g}" for norm in _norms(gradients))
    return f"{', '.join(most)} and {last}"


def _scaled(
    gradients: Mapping[str, Array], size: float, threshold: float
) -> dict[str, Array]:
    """Return the gradients, scaled down if their size is above the threshold."""
    share = threshold / max(size, threshold)
    return {name: share * g for name, g in gradients.items()}


def _each_clipped(gradients: Mapping[str, Array], threshold: float) -> dict[str, Array]:
    """Return what clipping tensor by tensor leaves."""
    return {
        name: g * threshold / max(float(np.linalg.norm(g)), threshold)
        for name, g in gradients.items()
    }


def _cosine(a: Array, b: Array) -> float:
    """Return the cosine of the angle between two vectors."""
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def _by_name(clipped: Any, gradients: Mapping[str, Array]) -> dict[str, Array]:
    """Return the clipped gradients as arrays, or say what is missing."""
    if not isinstance(clipped, Mapping) or set(clipped) != set(gradients):
        given = f"a {type(clipped).__name__}"
        if isinstance(clipped, Mapping):
            given = f"one with {', '.join(map(str, clipped)) or 'no names'}"
        raise HintError(
            "names",
            f"the clipped gradients should be a dictionary with the names "
            f"{', '.join(gradients)}, but {given} came.",
        )
    return {n: as_numbers(clipped[n], g.shape, n) for n, g in gradients.items()}


def _cosine_or_hint(cosine: Any) -> float:
    """Return the cosine as a number; a NaN gets its own hint."""
    if isinstance(cosine, (float, np.floating)) and math.isnan(cosine):
        raise HintError(
            "zero-tensor",
            "your cosine is NaN: a tensor that is zero is divided by its norm on the "
            "way. It is short enough and stays as it is.",
        )
    return float(as_numbers(cosine, (), "the cosine"))


def _clipping_mistakes(
    gradients: Mapping[str, Array], threshold: float, where: str
) -> Mistakes:
    """Return the clipped gradients, end to end, that the usual mistakes lead to."""
    whole, norms, size = _flat(gradients), _norms(gradients), _norm(gradients)

    def scaled(wrong_size: float) -> list[Array]:
        return [_flat(_scaled(gradients, wrong_size, threshold))]

    return {
        "per-tensor": (
            [_flat(_each_clipped(gradients, threshold))],
            f"{where} you clip each tensor by its own norm. Long ones are shortened, "
            f"short ones are not: the step turns into another direction.",
        ),
        "sum-of-norms": (
            scaled(float(norms.sum())),
            f"{where} you add up the norms of the tensors. Lengths at right angles do "
            f"not add up; their squares do.",
        ),
        "no-root": (
            scaled(size**2),
            f"{where} you compare the sum of the squares with the threshold; the norm "
            f"is its square root.",
        ),
        "largest-norm": (
            scaled(float(norms.max())),
            f"{where} you take the largest norm of a tensor for that of all together.",
        ),
        "mean-square": (
            scaled(size / math.sqrt(len(whole))) + scaled(float(norms.mean())),
            f"{where} you take a mean where a sum is meant: the global norm is the "
            f"length of one long vector.",
        ),
        "one-norm": (
            scaled(float(np.abs(whole).sum())),
            f"{where} you add up the sizes of the entries; add up their squares, and "
            f"take the root.",
        ),
        "each-entry": (
            [np.clip(whole, -threshold, threshold)],
            f"{where} you clip each entry on its own, which turns the step, too.",
        ),
        "always": (
            [whole * threshold / size],
            f"{where} you lengthen a gradient that was short enough. Clipping only "
            f"shortens.",
        ),
        "not-scaled-back": (
            [whole / size, whole / max(size, threshold)],
            f"{where} you divide by the norm, so that the length is 1. It should be "
            f"the threshold.",
        ),
    }


def _cosine_mistakes(
    gradients: Mapping[str, Array], threshold: float, where: str
) -> Mistakes:
    """Return the cosines that the usual mistakes lead to."""
    whole, apart = _flat(gradients), _flat(_each_clipped(gradients, threshold))
    right = _cosine(whole, apart)
    return {
        "not-turned": (
            [1.0],
            f"{where} your cosine is 1: no turn at all. Clipping tensor by tensor "
            f"leaves each tensor its direction, but not the gradient as a whole; and "
            f"it is this way of clipping that the cosine belongs to.",
        ),
        "product": (
            [whole @ apart],
            f"{where} you return the scalar product; divide it by both lengths.",
        ),
        "one-length": (
            [
                whole @ apart / np.linalg.norm(whole),
                whole @ apart / np.linalg.norm(apart),
                whole @ apart / np.linalg.norm(whole) ** 2,
                whole @ apart / np.linalg.norm(apart) ** 2,
            ],
            f"{where} you divide the scalar product by one of the two lengths only; "
            f"divide it by both.",
        ),
        "angle": (
            [math.acos(min(right, 1.0)), math.degrees(math.acos(min(right, 1.0)))],
            f"{where} you return the angle; its cosine is asked for.",
        ),
    }
