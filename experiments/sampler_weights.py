"""Two small nets for the page: how well does a net of 100 kilobytes know its text?

Trains the nets that write in the view "Sampler" and stores them, rounded to 8 bits, in
lib/unrolled/training/sampler_nets.bin. The English one learns Shakespeare's plays, of
which the last tenth is held out. The Chinese one learns the songs that were written for
the course, all of them and nearly by heart: they are too few to hold some back. How far
it departs from them is then a matter of temperature.

The same seeds give the same nets on the same kind of processor; on another one the
weights differ in the end, and so do the texts. The units of each net are put in order:
those that change slowly, whose update gate is the most open, come first. Some that
follow something a reader can recognise are found by correlation.
"""

import hashlib
import math
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from typing import Any

import numpy as np

from experiments._factored_gru import Indices, Plan, Weights, drawn_weights, train
from unrolled.cells.cell import Parameters
from unrolled.cells.gates import sigmoid
from unrolled.tasks import corpora
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.generation import LookUp
from unrolled.training.losses import log_softmax
from unrolled.training.packed import SHIPPED, PackedNet, pack, unpack
from unrolled.validation import Array

PLANS = {
    "English": Plan(hidden=160, embedding=32, updates=4500, dropout=0.1),
    # Every window begins anew, so that the net learns to go on from little text.
    "Chinese": Plan(
        hidden=104, embedding=40, window=24, updates=2000, dropout=0.1, forget=1.0
    ),
}
CORPORA = {"English": "shakespeare", "Chinese": "lyrics_zh"}
ABOUT = {
    "English": "{H} units, trained on Shakespeare’s plays.",
    "Chinese": "{H} units, trained on 45 songs written for this course.",
}
HELD_OUT = 0.1
"""The share of Shakespeare at the end that the net does not see."""

SLICE = 3000
"""Characters of a text that a test measures again."""

LOOKED_AT = 20_000
"""Characters over which units are compared with what they may follow."""

LISTED = 0.5
"""Units whose correlation is above this are listed in the view."""

Feature = Callable[[str], list[float]]


def split(name: str) -> tuple[Vocabulary, Indices, Indices]:
    """Return the vocabulary of a text, what is learnt, and what is measured.

    Raises:
        ValueError: If the text is not to be had.
    """
    corpus = corpora.load(CORPORA[name])
    if corpus.name != CORPORA[name]:
        raise ValueError(
            f"the weights are made from the text {CORPORA[name]!r}, but it is not to "
            f"be had; put it into the data directory."
        )
    vocabulary = Vocabulary.of(corpus.text)
    indices = vocabulary.encode(corpus.text)
    if name == "Chinese":
        return vocabulary, indices, indices
    border = round((1 - HELD_OUT) * len(indices))
    return vocabulary, indices[:border], indices[border:]


def trained(
    plan: Plan, vocabulary: Vocabulary, text: Indices
) -> tuple[Weights, list[tuple[int, float]]]:
    """Train a net; return its weights and its losses in bits on the way."""
    V = len(vocabulary)
    shares = np.bincount(text, minlength=V) + 0.5
    weights = drawn_weights(plan, V, (shares / shares.sum()).astype(np.float32))
    curve = []
    for updates, loss in train(weights, text, plan, max(1, plan.updates // 20)):
        curve.append((updates, round(loss / math.log(2), 4)))
        print(f"{updates} updates: {curve[-1][1]:.3f} bits", flush=True)
    return weights, curve


def reading(net: PackedNet, text: Indices) -> tuple[Array, Array]:
    """Read a text from the state 0.

    Returns:
        The bits of each character but the first, shape ``(N - 1,)``, and the states
        after each character but the last, ``(N - 1, H)``.
    """
    weights = LookUp.of(net)
    states = [weights.zero_state()]
    for index in text[:-1].tolist():
        states.append(weights.step(index, states[-1]))
    hidden = np.concatenate([h for (h,) in states[1:]])
    bits = np.empty(len(hidden))
    for start in range(0, len(hidden), 1000):
        here = slice(start, start + 1000)
        logs = log_softmax(weights.logits((hidden[here],)))
        following = text[1:][here]
        bits[here] = -logs[np.arange(len(following)), following] / math.log(2)
    return bits, hidden


def mean_update_gates(net: PackedNet, text: Indices, states: Array) -> Array:
    """Return how much of each unit stays on average when a character is read, ``(H,)``.

    Args:
        net: Whose units they are.
        text: What was read, ``(N,)``.
        states: After each character but the last, ``(N - 1, H)``.
    """
    H, weights = net.hidden_size, net.weights
    before = np.vstack([np.zeros(H), states[:-1]])
    from_text = weights["W_xh"][text[:-1], :H] + weights["b_h"][:H]
    gates = sigmoid(from_text + before @ weights["W_hh"][:, :H])
    mean: Array = gates.mean(axis=0)
    return mean


def in_order(factors: Parameters, order: Indices) -> Parameters:
    """Return the same net with its units in another order.

    Args:
        factors: See :class:`unrolled.training.packed.PackedNet`.
        order: The units as they are to stand, ``(H,)``.
    """
    H = len(order)
    columns = np.concatenate([order, order + H, order + 2 * H])
    return {
        **factors,
        "W_eh": factors["W_eh"][:, columns],
        "W_hh": factors["W_hh"][order][:, columns],
        "b_h": factors["b_h"][columns],
        "W_he": factors["W_he"][order],
    }


# --- units worth a look ------------------------------------------------------------


def since(text: str, marks: str) -> list[float]:
    """Return for each character how many came after the last of some marks."""
    counted, number = [], 0
    for sign in text:
        number = 0 if sign in marks else number + 1
        counted.append(float(number))
    return counted


def in_name(text: str) -> list[float]:
    """Return 1 for the characters of a speaker's name, as in ``ROMEO:``, and else 0."""
    marked = []
    for line in text.splitlines(keepends=True):
        ends = line.endswith(":\n") and line[0].isupper()
        marked += [float(ends)] * len(line)
    return marked


def is_one_of(text: str, signs: str) -> list[float]:
    """Return 1 for some characters and 0 for others."""
    return [float(sign in signs) for sign in text]


FEATURES: dict[str, dict[str, Feature]] = {
    "English": {
        "how far the line has come": lambda text: since(text, "\n"),
        "how long the word is": lambda text: since(text, " \n,.;:!?-'"),
        "the name of a speaker": in_name,
        "a vowel": lambda text: is_one_of(text, "aeiouAEIOU"),
        "a space or line end": lambda text: is_one_of(text, " \n"),
    },
    "Chinese": {
        "how far the line has come": lambda text: since(text, "\n"),
        "how far the phrase has come": lambda text: since(text, "\n "),
        "a space or line end": lambda text: is_one_of(text, " \n"),
    },
}


def followers(
    states: Array, text: str, features: dict[str, Feature]
) -> list[tuple[int, str, float]]:
    """Find for each feature of a text the unit that follows it best.

    Args:
        states: After each character of the text, ``(N, H)``.
        text: ``N`` characters.
        features: By what they are called, each a number for each character.

    Returns:
        Units counted from 1, none twice, with the feature and the correlation.
    """
    found: list[tuple[int, str, float]] = []
    for name, feature in features.items():
        wanted = np.array(feature(text))
        pairs = np.corrcoef(states.T, wanted)[-1, :-1]
        for unit in np.argsort(-np.abs(pairs)):
            if unit + 1 not in [taken for taken, _, _ in found]:
                found.append((int(unit) + 1, name, float(pairs[unit])))
                break
    return found


def said(feature: str, correlation: float) -> str:
    """Say what a unit follows, for the list in the view."""
    return f"{feature}, r = {correlation:.2f}".replace("-", "−")


# --- the experiment ----------------------------------------------------------------


def made(name: str) -> tuple[PackedNet, dict[str, Any]]:
    """Train one of the nets; return it, unrounded, and what there is to tell of it."""
    started = time.process_time()
    vocabulary, learnt, measured = split(name)
    plan = PLANS[name]
    weights, curve = trained(plan, vocabulary, learnt)
    seconds = time.process_time() - started
    factors = {n: w.astype(np.float64) for n, w in weights.items()}
    about = ABOUT[name].format(H=plan.hidden)
    looked = measured[: LOOKED_AT + 1]
    drawn = PackedNet(name, about, vocabulary, factors)
    _, states = reading(drawn, looked)
    slowness = mean_update_gates(drawn, looked, states)
    order = np.argsort(-slowness, kind="stable")
    ordered, states = in_order(factors, order), states[:, order]
    units = followers(states, vocabulary.decode(looked[:-1]), FEATURES[name])
    listed = tuple(
        (unit, said(feature, r)) for unit, feature, r in units if abs(r) > LISTED
    )
    told = {
        "plan": asdict(plan),
        "numbers": sum(f.size for f in factors.values()),
        "processor_seconds": round(seconds, 1),
        "training_bits": curve,
        "mean_update_gates": [round(float(v), 3) for v in slowness[order]],
        "units": [
            {"unit": unit, "follows": feature, "correlation": round(r, 3)}
            for unit, feature, r in units
        ],
    }
    return PackedNet(name, about, vocabulary, ordered, listed), told


def side_by_side() -> list[tuple[PackedNet, dict[str, Any]]]:
    """Make both nets, each in a process of its own.

    NumPy has one thread there: several would add up the same numbers in another order.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # for the processes that begin now
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(PLANS), mp_context=context) as pool:
        return list(pool.map(made, PLANS))


def run() -> dict[str, Any]:
    """Train both nets and write them.

    Returns:
        The size and the digest of the file; and for each net its plan, its losses while
        it was trained (in bits, with dropout), its bits per character before and after
        rounding (on the held-out text, or on the training text if all of it is that),
        the perplexity, bits of the first ``SLICE`` characters, and units that follow
        something.
    """
    results = dict(zip(PLANS, side_by_side(), strict=True))
    content = pack([net for net, _ in results.values()])
    SHIPPED.write_bytes(content)
    for name, rounded in unpack(content).items():
        net, told = results[name]
        _, _, measured = split(name)
        bits = [reading(each, measured)[0] for each in (net, rounded)]
        told["measured"] = {
            "text": "held out" if name == "English" else "training text",
            "characters": len(measured) - 1,
            "bits": round(float(bits[0].mean()), 5),
            "bits_rounded": round(float(bits[1].mean()), 5),
            "perplexity_rounded": round(2 ** float(bits[1].mean()), 4),
            "slice_bits_rounded": float(bits[1][: SLICE - 1].mean()),
        }
    return {
        "file": SHIPPED.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "slice": SLICE,
        "nets": {name: told for name, (_, told) in results.items()},
    }
