"""The exercises of the character chapter: solutions pass, every hint is reached."""

import ast
import inspect
import math
import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from tests.unit.exercise_tools import (
    assert_is_a_hint,
    trivial_functions,
    trivial_values,
    verdicts,
)
from tests.unit.notebooks import CHAPTERS, code_cells, run_cell, run_cells
from unrolled.exercises import char_lm, char_lm_trained, check
from unrolled.exercises.checking import names
from unrolled.tasks.text import one_hot
from unrolled.training.choosing import Choice, tempered
from unrolled.training.generation import LookUp
from unrolled.training.ngrams import NGram

CHAPTER = CHAPTERS / "char_lm.ipynb"
EXERCISES = [f"char-{number}" for number in range(1, 11)]
OPENING = "import numpy as np\nfrom unrolled.exercises import check\n"


def test_every_exercise_is_registered():
    assert {name for name in names() if name.startswith("char-")} == set(EXERCISES)


def test_the_exercises_need_no_tensorflow():
    code = (
        "import sys, unrolled.exercises.char_lm, unrolled.exercises.char_lm_trained\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


# The chapter ------------------------------------------------------------------------

needs_chapter = pytest.mark.skipif(
    not CHAPTER.exists(), reason="the chapter char_lm is not written yet"
)


def exercise_cells(tag):
    cells = code_cells(CHAPTER, tag, needed=("char-10-wrong",))
    return {name: cell for name, cell in cells.items() if name.startswith("char-")}


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
    cells = exercise_cells("solution")
    answers = verdicts(run_cells(cells, namespace))
    assert set(answers) == set(EXERCISES)
    assert all(answer.passed for answer in answers.values()), answers
    printed = capsys.readouterr().out
    assert "False" not in printed
    assert printed.count("as in the library: True") == 4
    assert "turns by 44°" in printed
    assert "an n-gram of order 5 looks back by 4" in printed


@needs_chapter
def test_the_wrong_program_makes_all_mistakes_at_once():
    namespace = {}
    run_cell(OPENING, namespace)
    run_cell(exercise_cells("check")["char-10-wrong"], namespace)
    verdict = check("char-10", namespace["wrong_10"])
    assert verdict.hint == "logits"
    assert "5 mistakes are still" in verdict.message


# Exercise 1 -------------------------------------------------------------------------


def vocabulary(
    order=sorted,
    first=0,
    encode=None,
    decode=None,
    decode_first=0,
    kinds=set,
    joined="".join,
):
    """Return a vocabulary of one's own with one mistake."""

    def attempt(text, numbers):
        characters = "".join(order(kinds(text)))
        find = encode or (lambda c, text, characters: characters.index(c) + first)
        encoded = [find(c, text, characters) for c in text]
        back = decode or (lambda k, text, characters: characters[k - decode_first])
        return characters, encoded, joined([back(k, text, characters) for k in numbers])

    return attempt


def shuffled(characters):
    return random.Random(1).sample(sorted(characters), len(characters))


def own_text_decoded(text, numbers):
    characters, encoded, _ = vocabulary()(text, numbers)
    return characters, encoded, "".join(characters[k] for k in encoded)


# A vocabulary that lacks characters, and does not stop at them.
lenient = {
    "encode": lambda c, text, characters: characters.find(c),
    "decode": lambda k, *rest: "",
}

MISTAKES_1 = {
    "no-text": lambda text, numbers: (set(text), [0] * len(text), ""),
    "lower-cased": vocabulary(kinds=lambda text: set(text.lower()), **lenient),
    "left-out": vocabulary(kinds=lambda text: set("".join(text.split())), **lenient),
    "strangers": vocabulary(kinds=lambda text: {*text, "?"}),
    "repeated": vocabulary(kinds=list),
    "first-seen": vocabulary(kinds=dict.fromkeys, order=list),
    "by-frequency": vocabulary(
        kinds=lambda text: [c for c, _ in Counter(text).most_common()], order=list
    ),
    "alphabetical": vocabulary(order=lambda kinds: sorted(kinds, key=str.lower)),
    "from-1": vocabulary(first=1),
    "code-points": vocabulary(encode=lambda c, text, characters: ord(c)),
    "places-in-text": vocabulary(encode=lambda c, text, characters: text.index(c)),
    "not-joined": vocabulary(joined=list),
    "no-string": vocabulary(joined=len),
    "back-from-1": vocabulary(decode_first=1),
    "as-code-points": vocabulary(decode=lambda k, *rest: chr(k)),
    "from-text": vocabulary(decode=lambda k, text, characters: text[k]),
    "not-decoded": own_text_decoded,
    "other": vocabulary(order=shuffled),
    "parts": lambda text, numbers: sorted(set(text)),
    "shape": lambda text, numbers: ("".join(sorted(set(text))), [0], ""),
    "no-number": lambda text, numbers: ("".join(sorted(set(text))), [*text], ""),
    "unstarted": lambda text, numbers: (..., ..., ...),
    "raised": vocabulary(decode=lambda k, text, characters: characters[k + 20]),
}


@pytest.mark.parametrize("hint", MISTAKES_1)
def test_hints_of_exercise_1(hint):
    assert_is_a_hint(check("char-1", MISTAKES_1[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (vocabulary(kinds=list, order=list), "repeated"),
        (vocabulary(encode=lambda c, *rest: 0), "other"),
        (vocabulary(decode=lambda k, *rest: "x"), "other"),
        (lambda text, numbers: (dict(enumerate(text)), [], ""), "no-text"),
        (lambda text, numbers: ([1, 2], [], ""), "no-text"),
    ],
)
def test_more_hints_of_exercise_1(attempt, hint):
    assert_is_a_hint(check("char-1", attempt), hint)


def by_unique(text, numbers):
    """Let NumPy sort; return the characters as an array."""
    characters, encoded = np.unique(list(text), return_inverse=True)
    return characters, encoded, "".join(characters[numbers])


@pytest.mark.parametrize("attempt", [vocabulary(), by_unique])
def test_exercise_1_accepts_every_right_vocabulary(attempt):
    assert check("char-1", attempt).passed


# Exercise 2 -------------------------------------------------------------------------


def measured(bits=lambda p: np.mean(-np.log2(p)), power=lambda b, p: 2**b):
    """Return both measures with one mistake."""
    return lambda p: (bits(p), power(bits(p), p))


def in_nats(p):
    return np.mean(-np.log(p))


MISTAKES_2 = {
    "nats": measured(in_nats),
    "sum": measured(lambda p: np.sum(-np.log2(p))),
    "sign": measured(lambda p: np.mean(np.log2(p))),
    "mean-probability": measured(lambda p: -np.log2(np.mean(p))),
    "averaged": measured(power=lambda b, p: np.mean(1 / p)),
    "exp-of-bits": measured(power=lambda b, p: np.exp(b)),
    "two-to-nats": measured(power=lambda b, p: 2 ** in_nats(p)),
    "hit-rate": measured(power=lambda b, p: 1 / np.mean(p)),
    "inverse": measured(power=lambda b, p: 2**-b),
    "of-the-sum": measured(power=lambda b, p: np.prod(1 / p)),
    "swapped": lambda p: measured()(p)[::-1],
    "clipped": measured(lambda p: np.mean(-np.log2(np.maximum(p, 1e-7)))),
    "zero": measured(lambda p: sum(-math.log2(each) for each in p) / len(p)),
    "other": measured(power=lambda b, p: 2 * b),
    "parts": lambda p: measured()(p)[0],
    "unstarted": lambda p: (..., ...),
    "shape": lambda p: (-np.log2(p), 1 / p),
    "not-finite": lambda p: (np.inf, np.inf),
}


@pytest.mark.parametrize("hint", MISTAKES_2)
def test_hints_of_exercise_2(hint):
    assert_is_a_hint(check("char-2", MISTAKES_2[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (measured(lambda p: -np.mean(p * np.log2(p))), "other"),
        (measured(lambda p: np.sum(-np.log(p))), "sum"),
        (measured(lambda p: np.mean(np.log(p))), "sign"),
        (lambda p: measured()(p) if p.all() else (np.nan, np.nan), "zero"),
        (lambda p: measured()(p) if p.all() else ("much", "more"), "zero"),
        (lambda p: measured()(p) if p.all() else np.inf, "parts"),
        (lambda p: measured()(p[p > 0]), "clipped"),
    ],
)
def test_more_hints_of_exercise_2(attempt, hint):
    assert_is_a_hint(check("char-2", attempt), hint)


@pytest.mark.parametrize(
    "attempt",
    [
        measured(),
        lambda p: (in_nats(p) / np.log(2), np.exp(in_nats(p))),
        lambda p: np.array(measured()(p), np.float32),
        lambda p: [np.log2(np.prod(p) ** (-1 / len(p))), np.prod(p) ** (-1 / len(p))],
    ],
)
def test_exercise_2_accepts_every_right_measure(attempt):
    assert check("char-2", attempt).passed


# Exercise 3 -------------------------------------------------------------------------


def stopping(
    better=lambda loss, best: loss < best,
    first=1,
    extra=0,
    rival=min,
    again=True,
    losses=lambda training, held_out: held_out,
    answer=lambda kept, last, losses: (kept, last),
):
    """Return early stopping by counting, with one mistake."""

    def attempt(training, held_out, patience):
        followed = losses(training, held_out)
        kept, waited, epoch = 0, 0, 0
        for epoch in range(1, len(followed)):
            if better(followed[epoch], rival(followed[:epoch])):
                waited = 0 if again else waited
            else:
                waited += 1
            if better(followed[epoch], followed[kept]):
                kept = epoch
            if waited == patience + extra:
                break
        return answer(kept + first, epoch + first, held_out)

    return attempt


MISTAKES_3 = {
    "swapped": stopping(answer=lambda kept, last, losses: (last, kept)),
    "from-0": stopping(first=0),
    "training": stopping(losses=lambda training, held_out: training),
    "hindsight": stopping(
        answer=lambda kept, last, losses: (np.argmin(losses) + 1, last)
    ),
    "never": stopping(answer=lambda kept, last, losses: (kept, len(losses))),
    "last-kept": stopping(answer=lambda kept, last, losses: (last, last)),
    "tie": stopping(better=lambda loss, best: loss <= best),
    "first-rise": lambda t, h, patience: stopping()(t, h, 1),
    "one-late": stopping(extra=1),
    "one-early": lambda t, h, patience: stopping()(t, h, max(patience - 1, 1)),
    "against-last": stopping(rival=lambda before: before[-1]),
    "not-in-a-row": stopping(again=False),
    "other": lambda training, held_out, patience: (3, 1),
    "parts": lambda training, held_out, patience: len(held_out),
    "unstarted": lambda training, held_out, patience: (..., ...),
    "shape": lambda training, held_out, patience: (training, held_out),
    "no-number": lambda training, held_out, patience: ("best", "last"),
}


@pytest.mark.parametrize("hint", MISTAKES_3)
def test_hints_of_exercise_3(hint):
    assert_is_a_hint(check("char-3", MISTAKES_3[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (lambda t, h, patience: (np.argmin(h) + 1, len(h)), "hindsight"),
        (
            lambda t, h, patience: (
                stopping()(t, h, patience)[0] - 1,
                stopping()(t, h, patience)[1],
            ),
            "from-0",
        ),
        (lambda t, h, patience: (h.min(), t.min()), "other"),
    ],
)
def test_more_hints_of_exercise_3(attempt, hint):
    assert_is_a_hint(check("char-3", attempt), hint)


def by_slices(training, held_out, patience):
    """Look for the first epoch that the next ones do not beat."""
    for kept in range(len(held_out)):
        after = held_out[kept + 1 : kept + 1 + patience]
        if (held_out[: kept + 1] >= held_out[kept]).all() and (
            after >= held_out[kept]
        ).all():
            return np.array([kept + 1, kept + 1 + len(after)], np.float32)
    return None


@pytest.mark.parametrize("attempt", [stopping(), by_slices])
def test_exercise_3_accepts_every_right_stop(attempt):
    assert check("char-3", attempt).passed


# Exercise 4 -------------------------------------------------------------------------


def row_starts(numbers, batch, window):
    length = len(numbers) // batch
    first = np.arange((length - 1) // window) * window
    return first[:, None] + np.arange(batch) * length


def example_starts(order, batch, window):
    count = len(order) // batch
    return order[: count * batch].reshape(count, batch) * window


def cut(
    rows=row_starts,
    examples=example_starts,
    ahead=1,
    carried=lambda order: order is None,
    change=None,
    shape=None,
):
    """Return both kinds of windows with one mistake."""

    def attempt(numbers, batch, window, order):
        if order is None:
            starts = rows(numbers, batch, window)
        else:
            starts = examples(order, batch, window)
        places = starts[:, :, None] + np.arange(window)
        # One character more, for who looks beyond the end.
        longer = np.append(numbers, [-1, -1, -1])
        inputs, targets = longer[places], longer[places + ahead]
        if change:
            targets = change(inputs, targets, longer, order)
        if shape:
            inputs, targets = shape(inputs), shape(targets)
        return inputs, targets, carried(order)

    return attempt


def side_by_side(numbers, batch, window):
    count = len(row_starts(numbers, batch, window))
    return (np.arange(count * batch) * window).reshape(count, batch)


def interleaved(numbers, batch, window, order):
    if order is not None:
        return cut()(numbers, batch, window, order)
    length = len(numbers) // batch
    rows = numbers[: length * batch].reshape(length, batch).T
    count = (length - 1) // window
    inputs = np.stack([rows[:, n * window : (n + 1) * window] for n in range(count)])
    ahead = [rows[:, n * window + 1 : (n + 1) * window + 1] for n in range(count)]
    return inputs, np.stack(ahead), True


def shorter_rows(numbers, batch, window):
    """Cut rows as a program does that sets the last character aside first."""
    length = (len(numbers) - 1) // batch
    first = np.arange((len(numbers) // batch - 1) // window) * window
    return first[:, None] + np.arange(batch) * length


def beyond_the_row(numbers, batch, window):
    length = len(numbers) // batch
    first = np.arange(length // window) * window
    return first[:, None] + np.arange(batch) * length


def dealt(order, batch, window):
    count = len(order) // batch
    return order[: count * batch].reshape(batch, count).T * window


def other_rows_for_all(numbers, batch, window, order):
    return cut()(numbers, batch, window, None)


MISTAKES_4 = {
    "side-by-side": cut(side_by_side),
    "interleaved": interleaved,
    "row-length": cut(shorter_rows),
    "too-many": cut(beyond_the_row),
    "too-few": cut(lambda *case: row_starts(*case)[:-1]),
    "starts": cut(examples=lambda *case: example_starts(*case) // case[-1]),
    "not-shuffled": cut(
        examples=lambda order, *case: example_starts(np.sort(order), *case)
    ),
    "dealt": cut(examples=dealt),
    "consecutive": other_rows_for_all,
    "same": cut(ahead=0),
    "two-ahead": cut(ahead=2),
    "behind": cut(ahead=-1),
    "wrapped": cut(change=lambda inputs, *rest: np.roll(inputs, -1, axis=-1)),
    "next-batch": cut(
        change=lambda inputs, targets, longer, order: (
            targets
            if order is None
            else longer[1 : targets.size + 1].reshape(targets.shape)
        )
    ),
    "axes": cut(shape=lambda part: part.swapaxes(0, 1)),
    "not-cut": cut(shape=lambda part: np.concatenate([*part], axis=1)),
    "short": cut(shape=lambda part: part[..., :-1]),
    "never-carried": cut(carried=lambda order: False),
    "always-carried": cut(carried=lambda order: True),
    "other": cut(change=lambda inputs, *rest: 0 * inputs),
    "parts": lambda *case: cut()(*case)[:2],
    "unstarted": lambda *case: (..., ..., ...),
    "shape": lambda *case: (1, 2, True),
    "no-number": cut(carried=lambda order: "yes"),
    "raised": lambda numbers, batch, window, order: numbers.reshape(batch, -1, window),
}


@pytest.mark.parametrize("hint", MISTAKES_4)
def test_hints_of_exercise_4(hint):
    assert_is_a_hint(check("char-4", MISTAKES_4[hint]), hint)


def one_batch_more(order, batch, window):
    count = -(-len(order) // batch)
    padded = np.append(order, order[: count * batch - len(order)])
    return padded.reshape(count, batch) * window


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (cut(examples=one_batch_more), "too-many"),
        (cut(examples=lambda *case: example_starts(*case)[:-1]), "too-few"),
        (cut(shape=lambda part: np.moveaxis(part, 2, 1)), "axes"),
        (cut(change=lambda inputs, *rest: np.roll(inputs, 1, axis=-1)), "wrapped"),
        (cut(lambda *case: 0 * row_starts(*case)), "other"),
        (cut(examples=lambda *case: 0 * example_starts(*case)), "other"),
        (cut(carried=lambda order: order is not None), "never-carried"),
    ],
)
def test_more_hints_of_exercise_4(attempt, hint):
    assert_is_a_hint(check("char-4", attempt), hint)


def in_a_loop(numbers, batch, window, order):
    """Cut with slices, into nested lists; carry a number in place of a truth value."""
    text, inputs, targets = numbers.tolist(), [], []
    length = len(text) // batch
    if order is None:
        batches = [
            [row * length + start for row in range(batch)]
            for start in range(0, length - window, window)
        ]
    else:
        full = len(order) // batch * batch
        batches = [
            [int(k) * window for k in order[n : n + batch]]
            for n in range(0, full, batch)
        ]
    for starts in batches:
        inputs.append([text[s : s + window] for s in starts])
        targets.append([text[s + 1 : s + window + 1] for s in starts])
    return [inputs, targets, int(order is None)]


@pytest.mark.parametrize("attempt", [cut(), in_a_loop])
def test_exercise_4_accepts_every_right_cut(attempt):
    assert check("char-4", attempt).passed


# Exercise 5 -------------------------------------------------------------------------


def by_product(W, numbers, upstream):
    X = one_hot(numbers, len(W))
    return X @ W, np.einsum("btv,bth->vh", X, upstream)


def looked_up(rows=lambda W, n: W[n], add=np.add.at, after=None):
    """Return a look-up with one mistake."""

    def attempt(W, numbers, upstream):
        gradient = np.zeros_like(W)
        add(gradient, numbers, upstream)
        if after:
            gradient = after(gradient, W, numbers, upstream)
        return rows(W, numbers), gradient

    return attempt


def written_once(gradient, numbers, upstream):
    gradient[numbers] += upstream


def in_place_of_a_sum(gradient, numbers, upstream):
    for number, piece in zip(
        numbers.ravel()[::-1],
        upstream.reshape(-1, upstream.shape[-1])[::-1],
        strict=True,
    ):
        gradient[number] = piece


MISTAKES_5 = {
    "single-numbers": looked_up(lambda W, n: W[:, 0][n]),
    "transposed": looked_up(lambda W, n: W.T[n]),
    "columns": looked_up(lambda W, n: W[:, n]),
    "repeats-lost": looked_up(add=written_once),
    "mean": looked_up(
        after=lambda g, W, n, u: (
            g / np.maximum(np.bincount(n.ravel(), minlength=len(W)), 1)[:, None]
        )
    ),
    "mean-of-all": looked_up(after=lambda g, W, n, u: g / n.size),
    "every-row": looked_up(after=lambda g, W, n, u: 0 * W + u.sum(axis=(0, 1))),
    "used-only": looked_up(after=lambda g, W, n, u: g[np.unique(n)]),
    "not-summed": looked_up(
        after=lambda g, W, n, u: one_hot(n, len(W))[..., None] * u[:, :, None]
    ),
    "other": looked_up(after=lambda g, W, n, u: -g),
    "parts": lambda W, numbers, upstream: W[numbers],
    "unstarted": lambda W, numbers, upstream: (W[numbers], ...),
    "shape": looked_up(after=lambda g, W, n, u: u),
    "no-number": looked_up(lambda W, n: "rows"),
    "not-finite": looked_up(after=lambda g, W, n, u: g / 0),
}


@pytest.mark.parametrize("hint", MISTAKES_5)
def test_hints_of_exercise_5(hint):
    assert_is_a_hint(check("char-5", MISTAKES_5[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (looked_up(add=in_place_of_a_sum), "repeats-lost"),
        (looked_up(after=lambda g, W, n, u: g / len(n)), "mean-of-all"),
        (looked_up(lambda W, n: W[n] * 2), "other"),
    ],
)
def test_more_hints_of_exercise_5(attempt, hint):
    assert_is_a_hint(check("char-5", attempt), hint)


def in_32_bits(W, numbers, upstream):
    rows, gradient = by_product(W.astype(np.float32), numbers, np.float32(upstream))
    return [rows.tolist(), gradient]


@pytest.mark.parametrize("attempt", [looked_up(), by_product, in_32_bits])
def test_exercise_5_accepts_every_right_look_up(attempt):
    assert check("char-5", attempt).passed


# Exercise 6 -------------------------------------------------------------------------


def flat(gradients):
    return np.concatenate([g.ravel() for g in gradients.values()])


def norm_of_all(gradients):
    return np.linalg.norm(flat(gradients))


def each_clipped(gradients, threshold):
    return {
        n: g * threshold / max(np.linalg.norm(g), threshold)
        for n, g in gradients.items()
    }


def angle(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def clipping(size=norm_of_all, clip=None, apart=each_clipped, cosine=angle):
    """Return clipping with one mistake."""

    def attempt(gradients, threshold):
        share = min(1, threshold / size(gradients))
        clipped = {n: share * g for n, g in gradients.items()}
        if clip:
            clipped = clip(gradients, threshold)
        return clipped, cosine(flat(gradients), flat(apart(gradients, threshold)))

    return attempt


def norms(gradients):
    return [np.linalg.norm(g) for g in gradients.values()]


def divided_by_own_norm(gradients, threshold):
    """Clip as is right, but divide 0 by 0 where a tensor is zero."""
    lengths = {name: np.linalg.norm(g) for name, g in gradients.items()}
    return {
        n: g / lengths[n] * min(lengths[n], threshold) for n, g in gradients.items()
    }


MISTAKES_6 = {
    "per-tensor": clipping(clip=each_clipped),
    "sum-of-norms": clipping(lambda g: sum(norms(g))),
    "no-root": clipping(lambda g: np.sum(flat(g) ** 2)),
    "largest-norm": clipping(lambda g: max(norms(g))),
    "mean-square": clipping(lambda g: np.sqrt(np.mean(flat(g) ** 2))),
    "one-norm": clipping(lambda g: np.abs(flat(g)).sum()),
    "each-entry": clipping(
        clip=lambda g, most: {n: np.clip(x, -most, most) for n, x in g.items()}
    ),
    "always": clipping(
        clip=lambda g, most: {n: x * most / norm_of_all(g) for n, x in g.items()}
    ),
    "not-scaled-back": clipping(
        clip=lambda g, most: {n: x / norm_of_all(g) for n, x in g.items()}
    ),
    "not-turned": clipping(
        apart=lambda g, most: {n: x * min(1, most) for n, x in g.items()}
    ),
    "product": clipping(cosine=lambda a, b: a @ b),
    "one-length": clipping(cosine=lambda a, b: a @ b / np.linalg.norm(a)),
    "angle": clipping(cosine=lambda a, b: np.degrees(np.arccos(angle(a, b)))),
    "names": lambda gradients, threshold: (list(gradients.values()), 1.0),
    "zero-tensor": clipping(apart=divided_by_own_norm),
    "other": clipping(cosine=lambda a, b: 0.5),
    "parts": lambda gradients, threshold: clipping()(gradients, threshold)[0],
    "unstarted": lambda gradients, threshold: (..., ...),
    "shape": clipping(clip=lambda g, most: {n: x.ravel() for n, x in g.items()}),
    "no-number": clipping(clip=lambda g, most: dict.fromkeys(g, "short")),
}


@pytest.mark.parametrize("hint", MISTAKES_6)
def test_hints_of_exercise_6(hint):
    assert_is_a_hint(check("char-6", MISTAKES_6[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (clipping(lambda g: np.mean(norms(g))), "mean-square"),
        (clipping(clip=lambda g, most: {n: 3 * x for n, x in g.items()}), "other"),
        (clipping(clip=lambda g, most: {"W": 1.0}), "names"),
        (clipping(cosine=lambda a, b: a @ b / (a @ a)), "one-length"),
        (clipping(cosine=lambda a, b: np.arccos(angle(a, b))), "angle"),
        (
            clipping(clip=lambda g, most: {n: x * np.nan for n, x in g.items()}),
            "not-finite",
        ),
        (clipping(cosine=lambda a, b: "right"), "no-number"),
    ],
)
def test_more_hints_of_exercise_6(attempt, hint):
    assert_is_a_hint(check("char-6", attempt), hint)


def in_place(gradients, threshold):
    """Change the arrays that were given, once the cosine is known."""
    _, cosine = clipping()(gradients, threshold)
    share = threshold / max(norm_of_all(gradients), threshold)
    for g in gradients.values():
        g *= share
    return [gradients, np.float32(cosine)]


def against_the_clipped(gradients, threshold):
    """Take the angle to the gradient after clipping: it points the same way."""
    clipped, _ = clipping()(gradients, threshold)
    return clipped, angle(flat(clipped), flat(each_clipped(gradients, threshold)))


@pytest.mark.parametrize("attempt", [clipping(), in_place, against_the_clipped])
def test_exercise_6_accepts_every_right_clipping(attempt):
    assert check("char-6", attempt).passed


# Exercise 7 -------------------------------------------------------------------------


def softmax(logits):
    weights = np.exp(logits - np.max(logits))
    return weights / weights.sum()


def only(shares, places, normalise=True):
    kept = np.zeros_like(shares)
    kept[places] = shares[places]
    return kept / kept.sum() if normalise else kept


def by_temperature(logits, temperature):
    if temperature == 0:
        return np.eye(len(logits))[np.argmax(logits)]
    return softmax(logits / temperature)


def by_rank(shares, k):
    return only(shares, np.argsort(-shares)[:k])


def inside(shares, p):
    ranked = np.argsort(-shares)
    return only(shares, ranked[: np.count_nonzero(np.cumsum(shares[ranked]) < p) + 1])


def distribution(
    heat=by_temperature,
    best=by_rank,
    core=inside,
    order=("heat", "best", "core"),
    raw=None,
):
    """Return the three steps with one mistake."""

    def attempt(logits, temperature, k, p):
        if raw:
            return raw(logits, temperature, k, p)
        shares = heat(logits, temperature)
        for step in order[1:]:
            shares = best(shares, k) if step == "best" else core(shares, p)
        return shares

    return attempt


def heated_last(logits, temperature, k, p):
    kept = inside(by_rank(softmax(logits), k), p) > 0
    if temperature == 0:
        return by_temperature(logits, 0)
    shares = np.where(kept, softmax(logits / temperature), 0)
    return shares / shares.sum()


def zeroed(logits, temperature, k, p):
    kept = np.argsort(-logits)[:k]
    left = np.zeros_like(logits)
    left[kept] = logits[kept]
    return softmax(left / temperature)


def crossed(shares, p, more):
    """Keep one fewer or one more than the nucleus has."""
    size = np.count_nonzero(inside(shares, p))
    full = p >= 1
    return by_rank(shares, size if full else size + more)


def at_their_ranks(shares, p):
    """Take the ranks of what is kept for its places."""
    if p >= 1:
        return shares
    return only(shares, np.arange(np.count_nonzero(inside(shares, p))))


def in_vocabulary_order(shares, p):
    return only(shares, np.arange(np.count_nonzero(np.cumsum(shares) < p) + 1))


def nothing_kept(shares, p):
    ranked = np.argsort(-shares)
    return only(
        shares, ranked[: np.count_nonzero(np.cumsum(shares[ranked]) <= p + 1e-9)]
    )


def no_sum(shares, k):
    return only(shares, np.argsort(-shares)[:k], normalise=False)


def nucleus_without_sum(shares, p):
    return np.where(inside(shares, p) > 0, shares, 0)


def plain_exp(logits, temperature):
    if temperature == 0:
        return by_temperature(logits, 0)
    weights = np.exp(logits / temperature)
    return weights / weights.sum()


MISTAKES_7 = {
    "multiplied": distribution(lambda o, t: softmax(o * t)),
    "no-temperature": distribution(
        lambda o, t: softmax(o) / t / (softmax(o) / t).sum()
    ),
    "not-normalised": distribution(raw=lambda o, t, k, p: np.exp(o / t)),
    "divided-shares": distribution(raw=lambda o, t, k, p: softmax(o) / t),
    "softmax-twice": distribution(lambda o, t: softmax(softmax(o) / t)),
    "no-top-k": distribution(best=lambda shares, k: shares),
    "top-k-sum": distribution(best=no_sum, core=lambda shares, p: shares),
    "zeroed-logits": distribution(raw=zeroed),
    "k-off-by-one": distribution(
        best=lambda shares, k: by_rank(shares, k - 1 if k < 6 else k)
    ),
    "least": distribution(best=lambda shares, k: only(shares, np.argsort(shares)[:k])),
    "by-rank": distribution(
        best=lambda shares, k: np.sort(by_rank(shares, k))[::-1] if k < 6 else shares
    ),
    "kept-only": distribution(
        best=lambda shares, k: shares[shares >= np.sort(shares)[-k]]
    ),
    "nothing-left": distribution(
        core=lambda shares, p: shares if p >= 1 else only(shares, shares >= p)
    ),
    "crossing": distribution(core=lambda shares, p: crossed(shares, p, -1)),
    "one-more": distribution(core=lambda shares, p: crossed(shares, p, 1)),
    "nucleus-sum": distribution(core=nucleus_without_sum),
    "not-ranked": distribution(core=in_vocabulary_order),
    "no-nucleus": distribution(core=lambda shares, p: shares),
    "ranks-for-places": distribution(core=at_their_ranks),
    "nucleus-first": distribution(order=("heat", "core", "best")),
    "temperature-last": distribution(raw=heated_last),
    "overflow": distribution(plain_exp),
    "greedy": distribution(lambda o, t: softmax(o / max(t, 0.1))),
    "other": distribution(raw=lambda o, t, k, p: np.full(6, 1 / 6)),
    "unstarted": distribution(raw=lambda o, t, k, p: ...),
    "shape": distribution(raw=lambda o, t, k, p: np.argmax(o)),
    "not-finite": distribution(raw=lambda o, t, k, p: o / 0),
    "no-number": distribution(raw=lambda o, t, k, p: "even"),
}


@pytest.mark.parametrize("hint", MISTAKES_7)
def test_hints_of_exercise_7(hint):
    assert_is_a_hint(check("char-7", MISTAKES_7[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (distribution(best=lambda s, k: by_rank(s, min(k + 1, 6))), "k-off-by-one"),
        (distribution(lambda o, t: softmax(o)), "no-temperature"),
        (distribution(core=nothing_kept), "crossing"),
        (distribution(raw=lambda o, t, k, p: np.sort(softmax(o / t))[::-1]), "by-rank"),
        (distribution(lambda o, t: softmax(o / t)), "greedy"),
        (distribution(best=lambda s, k: s if k == 6 else s**2), "other"),
        (distribution(core=lambda s, p: s if p == 1 else s**2), "other"),
        (
            distribution(
                core=lambda s, p: inside(s, p) if s.all() or p == 1 else s * s
            ),
            "other",
        ),
        (
            distribution(
                core=lambda s, p: (
                    inside(s, p) if p != 0.1 else only(s, np.argsort(-s)[:0])
                )
            ),
            "nothing-left",
        ),
    ],
)
def test_more_hints_of_exercise_7(attempt, hint):
    assert_is_a_hint(check("char-7", attempt), hint)


def minus_infinity(logits, temperature, k, p):
    """Set what is dropped to minus infinity before each softmax, in 32 bits."""
    if temperature == 0:
        return (logits == logits.max()).astype(float)
    scores = np.float32(logits / temperature)
    scores[np.argsort(-scores)[k:]] = -np.inf
    order = np.argsort(-scores)
    total = np.cumsum(softmax(scores)[order])
    scores[order[1:][total[:-1] >= p]] = -np.inf
    return softmax(scores).tolist()


def by_the_library(logits, temperature, k, p):
    return Choice(temperature, k, p).distribution(logits)


@pytest.mark.parametrize("attempt", [distribution(), minus_infinity, by_the_library])
def test_exercise_7_accepts_every_right_distribution(attempt):
    assert check("char-7", attempt).passed


def test_the_shares_that_the_logits_lead_to():
    shares = np.sort(tempered(char_lm_trained.LOGITS, 1))[::-1]
    np.testing.assert_array_equal(shares[:3].round(2), [0.49, 0.22, 0.18])


# Exercise 8 -------------------------------------------------------------------------


def writing(warm_up=lambda prefix: prefix, feed=None, keep=None, lose=False):
    """Return a loop that writes, with one mistake."""

    def attempt(net, prefix, length, choose):
        state = net.zero_state()
        for number in warm_up(list(prefix)):
            state = net.step(number, state)
        written = []
        while len(written) < length:
            written.append(choose(net.logits(state)[0]))
            fed = feed(written, list(prefix), net, state) if feed else written[-1]
            if fed is not None:
                state = net.step(fed, net.zero_state() if lose else state)
        return keep(list(prefix), written) if keep else written

    return attempt


def own_argmax(net, prefix, length, choose):
    return writing()(net, prefix, length, np.argmax)


def read_then_step(net, prefix, length, choose):
    """Choose only after a step with the first character has been made."""
    state = net.zero_state()
    for number in prefix:
        state = net.step(number, state)
    last, written = choose(net.logits(state)[0]), []
    for _ in range(length):
        state = net.step(last, state)
        last = choose(net.logits(state)[0])
        written.append(last)
    return written


MISTAKES_8 = {
    "prefix-kept": writing(keep=lambda prefix, written: prefix + written),
    "one-off": writing(keep=lambda prefix, written: written[:-1]),
    "first-dropped": read_then_step,
    "own-choice": own_argmax,
    "not-read": writing(lambda prefix: []),
    "last-only": writing(lambda prefix: prefix[-1:]),
    "first-only": writing(lambda prefix: prefix[:1]),
    "read-twice": writing(lambda prefix: prefix + prefix[-1:]),
    "too-early": writing(lambda prefix: prefix[:-1]),
    "backwards": writing(lambda prefix: prefix[::-1]),
    "not-fed-back": writing(feed=lambda *rest: None),
    "prefix-again": writing(feed=lambda written, prefix, *rest: prefix[-1]),
    "state-lost": writing(lose=True),
    "other-fed": writing(
        feed=lambda written, prefix, net, state: np.argmax(net.logits(state)[0])
    ),
    "elsewhere": writing(feed=lambda written, *rest: (written[-1] + 1) % 7, lose=True),
    "no-character": writing(feed=lambda written, *rest: 99),
    "no-state": lambda net, prefix, length, choose: net.step(0, 0),
    "logits-shape": lambda net, prefix, length, choose: choose(
        net.logits(net.zero_state())
    ),
    "other-logits": lambda net, prefix, length, choose: choose(
        net.logits(net.zero_state())[0] * 2
    ),
    "other": writing(lambda prefix: [0, 0]),
    "unstarted": lambda net, prefix, length, choose: ...,
    "shape": lambda net, prefix, length, choose: 3,
    "no-number": lambda net, prefix, length, choose: ["a"] * length,
    "raised": lambda net, prefix, length, choose: net.read(prefix),
}


@pytest.mark.parametrize("hint", MISTAKES_8)
def test_hints_of_exercise_8(hint):
    assert_is_a_hint(check("char-8", MISTAKES_8[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (writing(feed=lambda written, *rest: [0, 1]), "no-character"),
        (writing(feed=lambda written, *rest: "a"), "no-character"),
        (writing(keep=lambda prefix, written: [*written, 0]), "one-off"),
        (writing(keep=lambda prefix, written: written[::-1]), "other-fed"),
        (writing(lambda prefix: prefix if len(prefix) > 1 else []), "not-read"),
    ],
)
def test_more_hints_of_exercise_8(attempt, hint):
    assert_is_a_hint(check("char-8", attempt), hint)


def looking_ahead(net, prefix, length, choose):
    """Compute the logits at every step, also while the prefix is read."""
    state, text = net.zero_state(), [int(number) for number in prefix]
    for place in range(len(prefix) + length - 1):
        state = net.step(text[place], state)
        following = choose(net.logits(state)[0])
        if place >= len(prefix) - 1:
            text.append(following)
    return np.array(text[len(prefix) :], np.float32)


def recursive(net, prefix, length, choose):
    """Read the whole text anew for every character."""
    if length == 0:
        return []
    state = net.zero_state()
    for number in prefix:
        state = net.step(number, state)
    new = choose(net.logits(state)[0])
    return [new, *recursive(net, [*prefix, new], length - 1, choose)]


@pytest.mark.parametrize("attempt", [writing(), looking_ahead, recursive])
def test_exercise_8_accepts_every_right_loop(attempt):
    assert check("char-8", attempt).passed


def test_the_stand_in_has_the_methods_of_the_librarys_net():
    stand_in, real = char_lm_trained.Remembering, LookUp
    for name in ("zero_state", "step", "logits"):
        given = list(inspect.signature(getattr(stand_in, name)).parameters)
        assert given == list(inspect.signature(getattr(real, name)).parameters)


# Exercise 9 -------------------------------------------------------------------------


def looking(
    first=max,
    shift=0,
    newest=True,
    turn=False,
    target=lambda text, places: text[places],
    cost=lambda shares: np.mean(-np.log2(shares)),
    reach=None,
):
    """Return the measurement with one mistake."""

    def attempt(predict, text, lengths, margin):
        bits = []
        for k in lengths:
            places = np.arange(first(lengths) if first is max else k, len(text))
            ends = places[:, None] + shift
            if not newest:
                ends = ends - max(lengths) + k
            windows = text[ends + np.arange(-k, 0)]
            windows = windows[:, ::-1] if turn else windows
            wanted = target(text, places)
            bits.append(cost(predict(windows)[np.arange(len(places)), wanted]))
        bits = np.array(bits)
        enough = bits <= bits[-1] + margin
        if reach:
            return bits, reach(lengths, enough, bits)
        return bits, lengths[int(np.argmax(enough))]

    return attempt


def best_place(lengths, enough, bits):
    return int(np.argmax(enough))


MISTAKES_9 = {
    "own-targets": looking(first=None),
    "sees-target": looking(shift=1),
    "gap": looking(shift=-1),
    "oldest": looking(newest=False),
    "backwards": looking(turn=True),
    "repeats": looking(target=lambda text, places: text[places - 1]),
    "nats": looking(cost=lambda shares: np.mean(-np.log(shares))),
    "sum": looking(cost=lambda shares: np.sum(-np.log2(shares))),
    "mean-probability": looking(cost=lambda shares: -np.log2(np.mean(shares))),
    "place": looking(reach=best_place),
    "longest": looking(reach=lambda lengths, *rest: max(lengths)),
    "one-before": looking(
        reach=lambda lengths, enough, bits: lengths[np.argmax(enough) - 1]
    ),
    "one-after": looking(
        reach=lambda lengths, enough, bits: lengths[np.argmax(enough) + 1]
    ),
    "windows": lambda predict, text, lengths, margin: predict(text),
    "other": looking(cost=lambda shares: 1.0),
    "parts": lambda *case: looking()(*case)[0],
    "unstarted": lambda *case: (..., ...),
    "shape": lambda *case: (looking()(*case)[0][:2], 3),
    "raised": lambda predict, text, lengths, margin: predict(text[:, None] + 100),
}


@pytest.mark.parametrize("hint", MISTAKES_9)
def test_hints_of_exercise_9(hint):
    assert_is_a_hint(check("char-9", MISTAKES_9[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (looking(reach=lambda *rest: 4), "other"),
        (
            lambda predict, text, lengths, margin: predict(text[:, None] / 2),
            "windows",
        ),
        (looking(reach=lambda lengths, enough, bits: 3), "one-after"),
    ],
)
def test_more_hints_of_exercise_9(attempt, hint):
    assert_is_a_hint(check("char-9", attempt), hint)


def by_sliding(predict, text, lengths, margin):
    """Slide a window over the text, and ask for one target at a time."""
    start, bits = max(lengths), {}
    for k in lengths:
        costs = []
        for place in range(start, len(text)):
            (shares,) = predict([text[place - k : place].tolist()])
            costs.append(-math.log2(shares[text[place]]))
        bits[k] = sum(costs) / len(costs)
    good = [k for k in lengths if bits[k] - bits[start] <= margin]
    return list(bits.values()), np.float32(good[0])


@pytest.mark.parametrize("attempt", [looking(), by_sliding])
def test_exercise_9_accepts_every_right_measurement(attempt):
    assert check("char-9", attempt).passed


# Exercise 10 ------------------------------------------------------------------------


def compared(
    logits=False,
    reset=False,
    training_text=False,
    averaged=False,
    tail=False,
    unit=lambda bits: bits,
    counted=None,
):
    """Return the comparison with some of the program's mistakes left in."""

    def attempt(net, training, held_out, size, window):
        text = training if training_text else held_out
        state, losses = net.zero_state(), []
        for t in range(len(text) - 1):
            if reset and t % window == 0:
                state = net.zero_state()
            state = net.step(text[t], state)
            o = net.logits(state)[0]
            shares = np.clip(o, 1e-7, 1) if logits else np.exp(o)
            losses.append(-np.log(shares[text[t + 1]] / shares.sum()))
        if tail:
            losses = losses[: len(losses) // window * window]
        pieces = [losses[n : n + window] for n in range(0, len(losses), window)]
        mean = np.mean(losses)
        if averaged:
            mean = np.log(np.mean([np.exp(np.mean(piece)) for piece in pieces]))
        trigram = NGram.fit(training, 3, size)
        price = counted or (lambda model, a, b: np.mean(model.losses(b)[1:]))
        nats = price(trigram, training, held_out)
        return unit(mean / np.log(2)), nats / np.log(2)

    return attempt


def refitted(text_of):
    def price(model, training, held_out):
        other = NGram.fit(text_of(training, held_out), 3, model.size)
        return np.mean(other.losses(held_out)[1:])

    return compared(counted=price)


def after_training(net, training, held_out, size, window):
    """Let the net read the training text first."""
    both = np.concatenate([training, held_out])
    state, losses = net.zero_state(), []
    for t in range(len(both) - 1):
        state = net.step(both[t], state)
        losses.append(-np.log2(softmax(net.logits(state)[0])[both[t + 1]]))
    _, counted = compared()(net, training, held_out, size, window)
    return np.mean(losses[len(training) :]), counted


MISTAKES_10 = {
    "logits": compared(logits=True),
    "reset": compared(reset=True),
    "training-text": compared(training_text=True),
    "averaged": compared(averaged=True),
    "tail": compared(tail=True),
    "nats": compared(unit=lambda bits: bits * np.log(2)),
    "perplexity": compared(unit=lambda bits: 2**bits),
    "first-character": compared(counted=lambda model, a, b: np.mean(model.losses(b))),
    "trigram-training-text": compared(
        counted=lambda model, a, b: np.mean(model.losses(a))
    ),
    "counted-on-held-out": refitted(lambda training, held_out: held_out),
    "trigram-nats": compared(
        counted=lambda model, a, b: np.mean(model.losses(b)[1:]) * np.log(2)
    ),
    "swapped": lambda *case: compared()(*case)[::-1],
    "warmed-up": after_training,
    "other": compared(unit=lambda bits: bits + 1),
    "parts": lambda *case: compared()(*case)[0],
    "unstarted": lambda *case: (..., ...),
    "shape": lambda *case: ([1, 2], [3, 4]),
    "not-finite": compared(unit=lambda bits: np.nan),
}


@pytest.mark.parametrize("hint", MISTAKES_10)
def test_hints_of_exercise_10(hint):
    assert_is_a_hint(check("char-10", MISTAKES_10[hint]), hint)


@pytest.mark.parametrize(
    ("attempt", "hint"),
    [
        (refitted(lambda a, b: np.concatenate([a, b])), "counted-on-held-out"),
        (
            compared(counted=lambda model, a, b: np.mean(model.losses(a)[1:])),
            "trigram-training-text",
        ),
        (compared(counted=lambda model, a, b: 1.0), "other"),
        (compared(reset=True, unit=lambda bits: bits * np.log(2)), "nats"),
    ],
)
def test_more_hints_of_exercise_10(attempt, hint):
    assert_is_a_hint(check("char-10", attempt), hint)


@pytest.mark.parametrize("left", range(1, 32))
def test_exercise_10_counts_the_mistakes_that_are_left(left):
    kinds = ("logits", "reset", "training_text", "averaged", "tail")
    wrong = {kind: bool(left >> place & 1) for place, kind in enumerate(kinds)}
    verdict = check("char-10", compared(**wrong))
    count = sum(wrong.values())
    words = "one mistake is" if count == 1 else f"{count} mistakes are"
    assert f"{words} still in the measure" in verdict.message
    assert wrong[verdict.hint.replace("-", "_")]


def by_softmax(net, training, held_out, size, window):
    """Take the probabilities that the library's softmax gives."""
    state, bits = net.zero_state(), 0.0
    for now, after in zip(held_out[:-1].tolist(), held_out[1:].tolist(), strict=True):
        state = net.step(now, state)
        bits -= math.log2(tempered(net.logits(state)[0], 1)[after])
    model, costs = NGram.fit(training, 3, size), []
    for place in range(1, len(held_out)):
        shares = model.probabilities(held_out[:place])
        costs.append(-math.log2(shares[held_out[place]]))
    return np.array([bits / (len(held_out) - 1), np.mean(costs)], np.float32)


@pytest.mark.parametrize("attempt", [compared(), by_softmax])
def test_exercise_10_accepts_every_fair_comparison(attempt):
    assert check("char-10", attempt).passed


# All --------------------------------------------------------------------------------

ATTEMPTS = [
    *trivial_values(),
    *trivial_functions(),
    *(lambda *arguments, k=k: (0.0,) * k for k in (2, 3)),
    lambda *arguments: ("", [], ""),
    lambda text, numbers: (text, numbers, text),
    lambda gradients, threshold: (gradients, 1.0),
    lambda W, numbers, upstream: (W[numbers], W),
]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("attempt", range(len(ATTEMPTS)))
def test_no_check_is_passed_without_work(name, attempt):
    assert_is_a_hint(check(name, ATTEMPTS[attempt]))


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("empty", [None, ..., lambda *arguments: ...])
def test_an_attempt_that_was_not_begun_gets_the_friendly_line(name, empty):
    assert_is_a_hint(check(name, empty), "unstarted")


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
    return keys | set(getattr(module, "STILL", ()))


def test_every_hint_is_reached_by_a_mistake():
    tables = [globals()[f"MISTAKES_{number}"] for number in range(1, 11)]
    reached = {hint for table in tables for hint in table}
    written = written_keys(char_lm) | written_keys(char_lm_trained)
    assert len(written) > 100
    assert written - reached == set()
