"""The exercises of the chapter on MNIST: shapes, the cell, the loss, the answers.

Those on what a trained net does are in :mod:`unrolled.exercises.mnist_lstm_read`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.cells.gates import sigmoid
from unrolled.exercises.checking import (
    HintError,
    Mistakes,
    as_numbers,
    axes,
    call,
    close,
    close_in_32_bits,
    compare,
    exercise,
    is_group,
    parts,
)
from unrolled.training.losses import softmax
from unrolled.validation import Array

_compare = partial(compare, agree=close_in_32_bits)


# 1. Images into steps -----------------------------------------------------------------

SIDE = 28
"""Rows of an image, and pixels in a row."""

PREDICTED = (4, 3)
"""The shape of ``x.reshape(-1, 3)`` for an ``x`` of shape ``(2, 2, 3)``."""


@exercise("mnist-1")
def _images_into_steps(attempt: Any) -> None:
    """Check pixels as steps, steps as pixels, and a shape that was predicted."""
    for batch in (4, SIDE):
        generator = np.random.default_rng(batch)
        flat = generator.normal(size=(batch, SIDE * SIDE))
        steps = generator.normal(size=(SIDE, batch, SIDE))
        names = "steps", "flat images", "predicted shape"
        result = parts(call(attempt, flat, steps), *names)
        _check_steps(result[0], flat)
        _check_flat(result[1], steps)
        _check_predicted(result[2])


def _check_steps(given: Any, flat: Array) -> None:
    """Check flat images that became steps."""
    images = flat.reshape(-1, SIDE, SIDE)
    batch = len(flat)
    wanted = images.transpose(1, 0, 2)
    if axes(given) == (batch, SIDE, SIDE) != wanted.shape:
        raise HintError("not-transposed", _not_transposed(f"shape {axes(given)}"))
    if axes(given) == (SIDE, SIDE, batch) != wanted.shape:
        raise HintError(
            "reversed",
            "your steps have the images on the last axis: `.T` turns all three axes "
            "round. Only the first two change places.",
        )
    _compare(
        as_numbers(given, wanted.shape, "the array of steps"),
        wanted,
        {
            "mixed": (
                [flat.reshape(SIDE, batch, SIDE)],
                f"your steps have the right shape and the wrong pixels. A reshape "
                f"keeps all numbers in their order: straight to (28, {batch}, 28) it "
                f"hands out the rows of the first image as if each belonged to another "
                f"image. Reshape to whole images first, then let two axes change "
                f"places.",
            ),
            "not-transposed": (
                [images] if batch == SIDE else [],
                _not_transposed("the images"),
            ),
            "columns": (
                [images.transpose(2, 0, 1)],
                "your net reads columns: step t holds the t-th pixel of every row. "
                "Asked for are rows, whose pixels lie side by side in the flat image.",
            ),
            "reversed": (
                [images.T, images.transpose(1, 2, 0)] if batch == SIDE else [],
                "the axes of your steps are (28, 28, B) in a way that only happens to "
                "fit where B is 28. Only the first two axes of the images change "
                "places.",
            ),
            "images-as-rows": (
                [images.transpose(0, 2, 1)] if batch == SIDE else [],
                "your images are turned about their diagonals, and stand first. Time "
                "stands first: it is the axis of rows that changes places with the "
                "axis of images.",
            ),
        },
        f"for {batch} images the steps are not right. steps[t, b] is row t of image b: "
        f"flat[b, 28 * t : 28 * t + 28].",
    )


def _not_transposed(what: str) -> str:
    """Return the hint for a first axis that is not time."""
    return (
        f"the first axis of your steps ({what}) counts the images. Time comes first: "
        f"let the first two axes change places."
    )


def _check_flat(given: Any, steps: Array) -> None:
    """Check steps that became flat images."""
    batch = steps.shape[1]
    images = steps.transpose(1, 0, 2)
    if axes(given) == images.shape:
        raise HintError(
            "not-flat",
            "on the way back you return images of 28 rows; flat ones have 784 pixels "
            "in a row.",
        )
    wanted = images.reshape(batch, -1)
    _compare(
        as_numbers(given, wanted.shape, "the array of flat images"),
        wanted,
        {
            "mixed-back": (
                [steps.reshape(batch, -1)],
                "on the way back you reshape at once, and the first 784 numbers of the "
                "steps are the first rows of many images. Let the axes change places "
                "first.",
            ),
            "columns-back": (
                [steps.transpose(1, 2, 0).reshape(batch, -1)],
                "on the way back your images are turned about their diagonals: rows "
                "have become columns.",
            ),
            "reversed-back": (
                [steps.transpose(2, 0, 1).reshape(batch, -1)] if batch == SIDE else [],
                "on the way back you move the pixels to the front. It is the axis of "
                "images, the second one, that has to come first.",
            ),
        },
        f"for {batch} images the way back is not right. flat[b, 28 * t : 28 * t + 28] "
        f"is row t of image b: steps[t, b].",
    )


def _check_predicted(given: Any) -> None:
    """Check the predicted shape."""
    shape = axes(given)
    if len(shape) != 1:
        raise HintError(
            "no-shape",
            f"the predicted shape should be a tuple such as (5, 7), but a "
            f"{type(given).__name__} came.",
        )
    found = tuple(as_numbers(given, shape, "the predicted shape").tolist())
    if found == PREDICTED:
        return
    if -1 in found:
        raise HintError(
            "question",
            "your predicted shape still holds -1. This stands for the length that is "
            "left over: all numbers of x, divided by the other lengths.",
        )
    if math.prod(found) != math.prod((2, 2, 3)):
        raise HintError(
            "lost-numbers",
            f"x has 2 * 2 * 3 = 12 numbers, and an array of your predicted shape has "
            f"{math.prod(found):g}. A reshape neither adds numbers nor drops any.",
        )
    raise HintError(
        "other-shape",
        f"an array of shape {tuple(int(n) for n in found)} has as many numbers as x, "
        f"but reshape(-1, 3) asks for two axes, and the last one has the length 3.",
    )


# 2. A step of the LSTM ----------------------------------------------------------------

GATES = "i", "f", "g", "o"
"""The order of the blocks."""

Squash = Callable[[Array], Array] | None
"""What keeps a gate in its range; nothing, if it is used as it is."""

USUAL: dict[str, Squash] = {"i": sigmoid, "f": sigmoid, "g": np.tanh, "o": sigmoid}
"""What squashes each block."""


def _squashed(z: Array, squash: Squash) -> Array:
    """Return the gate of a pre-activation, or the pre-activation itself."""
    return z if squash is None else squash(z)


def _lstm(
    from_input: Array,
    state: tuple[Array, Array],
    W_hh: Array,
    *,
    order: tuple[str, ...] = GATES,
    recurrent: bool = True,
    last: Squash = np.tanh,
    old: bool = False,
    squashes: Mapping[str, Squash] | None = None,
) -> tuple[Array, Array]:
    """Make a step, perhaps with one mistake.

    Args:
        from_input: Shape ``(B, 4H)``.
        state: ``(h, c)``, shape ``(B, H)`` each.
        W_hh: Shape ``(H, 4H)``.
        order: The order of the blocks.
        recurrent: Whether the old state has any say.
        last: What squashes the memory before it is let out.
        old: Whether the old memory is let out.
        squashes: By gate, what squashes it, if not the usual function.
    """
    h, c = state
    z = from_input + h @ W_hh if recurrent else from_input
    used = {**USUAL, **(squashes or {})}
    blocks = dict(zip(order, np.split(z, 4, axis=1), strict=True))
    gate = {name: _squashed(block, used[name]) for name, block in blocks.items()}
    c_next = gate["f"] * c + gate["i"] * gate["g"]
    return gate["o"] * _squashed(c if old else c_next, last), c_next


@exercise("mnist-2")
def _lstm_step(attempt: Any) -> None:
    """Check one step of the LSTM."""
    for batch, hidden, seed in ((3, 2, 1), (4, 3, 2)):
        generator = np.random.default_rng(seed)
        rows = (batch, 4 * hidden), (batch, hidden), (batch, hidden)
        shapes = *rows, (hidden, 4 * hidden)
        z, h, c, W_hh = (generator.normal(size=shape) for shape in shapes)
        single = [array.astype(np.float32) for array in (z, h, c, W_hh)]
        state = single[1], single[2]
        result = parts(call(attempt, single[0], state, single[3]), "h", "c")
        given = tuple(
            as_numbers(part, (batch, hidden), f"the new {name}")
            for part, name in zip(result, "hc", strict=True)
        )
        _compare(
            given,
            _lstm(z, (h, c), W_hh),
            _step_mistakes(z, (h, c), W_hh),
            _other_step(given, _lstm(z, (h, c), W_hh)),
        )


def _other_step(given: tuple[Any, ...], wanted: tuple[Array, Array]) -> str:
    """Return the hint for a step that no known mistake explains."""
    if close_in_32_bits(given[1], wanted[1]):
        return (
            "the new c is right, the new h is not. It is the new memory, squashed by "
            "tanh and let out by the output gate."
        )
    return (
        "neither h nor c is right. First from_input + h W_hh, cut into four blocks "
        "along the last axis; then c = f c + i g; then h = o tanh(c)."
        if not close_in_32_bits(given[0], wanted[0])
        else "the new h is right, but the c that you return is not the one that it was "
        "made from."
    )


def _step_mistakes(z: Array, state: tuple[Array, Array], W_hh: Array) -> Mistakes:
    """Return the new states that the usual mistakes lead to."""
    h, c = state
    step = partial(_lstm, z, state, W_hh)
    right = step()
    orders = [order for order in itertools.permutations(GATES) if order != GATES]
    return {
        "unchanged": ([(h, c)], "you return the old state."),
        "swapped": (
            [right[::-1]],
            "both parts are right; return h first, then c, in the order in which they "
            "came.",
        ),
        "read-swapped": (
            [_lstm(z, (c, h), W_hh), _lstm(z, (c, h), W_hh)[::-1]],
            "you take the state's parts for each other: it is (h, c), so that the "
            "first one goes through W_hh and the second one is the memory.",
        ),
        "no-recurrence": (
            [step(recurrent=False)],
            "what the net remembers has no say: from_input holds only what comes from "
            "the image. Add h W_hh.",
        ),
        "gate-order": (
            [step(order=order) for order in orders],
            "your step is right for another order of the blocks. Along the last axis "
            "they are i, f, g, o.",
        ),
        "gate-tanh": (
            [step(squashes=dict.fromkeys(names, np.tanh)) for names in (*"ifo", "ifo")],
            "a gate goes through tanh. Gates say which share passes, 0 to 1, and a "
            "share comes from the sigmoid; tanh would also turn signs.",
        ),
        "candidate-sigmoid": (
            [step(squashes={"g": sigmoid})],
            "the candidate g goes through the sigmoid, so that the memory could only "
            "ever grow. It is what may be written, -1 to 1: tanh.",
        ),
        "not-squashed": (
            [step(squashes=dict.fromkeys(names)) for names in (*GATES, GATES)],
            "a block is used as it is. Three go through the sigmoid, and the candidate "
            "through tanh.",
        ),
        "no-output-tanh": (
            [step(last=None)],
            "the memory is let out as it is. It goes through tanh first: c may become "
            "large, h stays between -1 and 1.",
        ),
        "output-sigmoid": (
            [step(last=sigmoid)],
            "the memory goes through the sigmoid on its way out; it is tanh there.",
        ),
        "old-memory": (
            [step(old=True)],
            "you let out the old memory. The output gate opens on the new one.",
        ),
    }


# 3. How long a memory lasts -----------------------------------------------------------

_closely = partial(close, relative=1e-4)


@exercise("mnist-3")
def _forget_bias(attempt: Any) -> None:
    """Check what is left of a memory, and the bias for which half is left."""
    for bias, steps in ((2.0, 28), (-0.7, 5), (3.0, 10), (0.0, 3)):
        result = parts(call(attempt, bias, steps), "share", "bias for one half")
        share = as_numbers(result[0], (), "the share that is left")
        where = f"for a bias of {bias:g} and {steps} steps"
        compare(
            share,
            _gate(bias) ** steps,
            _share_mistakes(bias, steps),
            f"{where} the share that is left is not {share:.4g}. What multiplies the "
            f"memory at each step, if nothing but the bias speaks?",
            agree=_closely,
        )
        half = as_numbers(result[1], (), "the bias for one half")
        compare(
            half,
            -math.log(2 ** (1 / steps) - 1),
            _half_mistakes(steps),
            f"the share is right, but the bias {half:.4g} does not leave one half "
            f"after {steps} steps: put it into your own share to see what it leaves. "
            f"Which gate, taken {steps} times, makes one half? And which bias makes "
            f"that gate?",
            agree=_closely,
        )


def _gate(bias: float) -> float:
    """Return the gate that a bias alone opens."""
    return float(sigmoid(np.array(bias)))


def _share_mistakes(bias: float, steps: int) -> Mistakes:
    """Return the shares that the usual mistakes lead to."""
    gate = _gate(bias)
    return {
        "one-step": (
            [gate] if steps > 1 else [],
            "this is what one step leaves; each step takes its share of what the one "
            "before has left.",
        ),
        "forgotten": (
            [1 - gate**steps],
            "this is the share that is lost; asked for is the one that is left.",
        ),
        "closing": (
            [(1 - gate) ** steps] if bias else [],
            "you multiply by 1 - sigmoid(bias). The forget gate says what is *kept*: a "
            "large bias keeps.",
        ),
        "gate-tanh": (
            [math.tanh(bias) ** steps],
            "your gate goes through tanh. A gate is a share, 0 to 1: the sigmoid.",
        ),
        "no-gate": (
            [bias**steps],
            "you take powers of the bias itself. It opens the gate through the "
            "sigmoid.",
        ),
        "times-steps": (
            [steps * gate, _gate(bias * steps)],
            "you multiply by the number of steps. Each step multiplies what is left by "
            "the gate: a power.",
        ),
        "off-by-one": (
            [gate ** (steps + 1), gate ** (steps - 1)],
            "your memory goes through one step too many or too few.",
        ),
    }


def _half_mistakes(steps: int) -> Mistakes:
    """Return the biases that the usual mistakes lead to."""
    gate = 2 ** (-1 / steps)
    odds = gate / (1 - gate)
    return {
        "gate": (
            [gate],
            "this is the gate that leaves one half, and not yet the bias. Which bias "
            "does the sigmoid turn into it?",
        ),
        "odds": (
            [odds],
            "you are almost there: gate / (1 - gate) is e to the power of the bias.",
        ),
        "sign": (
            [-math.log(odds)],
            "your bias has the wrong sign: it closes the gate.",
        ),
        "other-base": (
            [math.log2(odds), math.log10(odds)],
            "the sigmoid is made with e: its logarithm is the natural one.",
        ),
        "half-in-one": (
            [0.0],
            "a bias of 0 leaves one half after one step.",
        ),
        "approximate": (
            [math.log(steps / math.log(2)), math.log(2 * steps - 1)],
            "a good approximation for many steps. An exact bias can be written down, "
            "too: solve sigmoid(b) ** steps = 1/2 for b.",
        ),
        "only-logarithm": (
            [math.log(gate), -math.log(gate)],
            "you have taken the logarithm of the gate. The bias is that of "
            "gate / (1 - gate), by which the sigmoid is undone.",
        ),
    }


# 4. The softmax taken twice -----------------------------------------------------------


@exercise("mnist-4")
def _softmax_twice(attempt: Any) -> None:
    """Check the lowest loss, and the gradient through both softmaxes."""
    for classes, label, seed in ((10, 3, 1), (4, 0, 2)):
        logits = 2 * np.random.default_rng(seed).normal(size=classes)
        lowest, gradient = parts(
            call(attempt, logits, label), "lowest loss", "gradient"
        )
        found = as_numbers(lowest, (), "the lowest loss")
        _compare(
            found,
            math.log(1 + (classes - 1) / math.e),
            _lowest_mistakes(classes),
            f"with {classes} classes the lowest loss is not {found:.4g}. What the "
            f"second softmax is given are shares. Which shares serve the right class "
            f"best, and what does it make of them?",
        )
        _compare(
            as_numbers(gradient, (classes,), "the gradient"),
            _through_both(logits, label),
            _twice_mistakes(logits, label),
            "the lowest loss is right, the gradient is not. With p = softmax(logits) "
            "and q = softmax(p), the gradient at p is q minus the one-hot row of the "
            "label. Then it goes through the first softmax, in which every logit moves "
            "every share.",
        )
    _check_large_logits(attempt)


def _one_hot(label: int, classes: int) -> Array:
    """Return the row of a label."""
    row: Array = np.eye(classes)[label]
    return row


def _through(shares: Array, upstream: Array) -> Array:
    """Carry a gradient at shares back to the logits that they come from."""
    back: Array = shares * (upstream - shares @ upstream)
    return back


def _through_both(logits: Array, label: int) -> Array:
    """Return the gradient of the loss at the logits."""
    p = softmax(logits)
    return _through(p, softmax(p) - _one_hot(label, len(p)))


def _lowest_mistakes(classes: int) -> Mistakes:
    """Return the lowest losses that the usual mistakes lead to."""
    right = math.log(1 + (classes - 1) / math.e)
    return {
        "zero": (
            [0.0],
            "0 is the lowest loss of one softmax. The second one is given shares, and "
            "no share is larger than 1.",
        ),
        "even": (
            [math.log(classes)],
            "this is the loss of an even guess, where a net begins. The right class "
            "can get more than the others, if not much.",
        ),
        "highest": (
            [math.log(math.e + classes - 1), math.log(1 + (classes - 1) * math.e)],
            "this is what it costs to be sure of a wrong class, or to give the right "
            "one alone nothing. The lowest loss belongs to a net that is sure and "
            "right.",
        ),
        "self-counted": (
            [math.log(1 + classes / math.e)],
            "you count the right class among the others; these are one fewer than "
            "there are classes.",
        ),
        "bits": (
            [right / math.log(2), right / math.log(10)],
            "take the natural logarithm: losses are in nats.",
        ),
        "probability": (
            [math.exp(-right)],
            "this is the largest probability that the right class can get; the loss is "
            "minus its logarithm.",
        ),
        "negative": ([-right], "a loss is minus the logarithm of a probability."),
    }


def _twice_mistakes(logits: Array, label: int) -> Mistakes:
    """Return the gradients that the usual mistakes lead to."""
    p = softmax(logits)
    q, row = softmax(p), _one_hot(label, len(p))
    upstream = q - row
    return {
        "once": (
            [p - row],
            "this is the gradient of a loss that takes the softmax once. Here the loss "
            "makes its own one of the shares.",
        ),
        "not-through": (
            [upstream],
            "this is the gradient at the shares p, the numbers that the loss is given. "
            "Carry it on to the logits, through the first softmax.",
        ),
        "diagonal": (
            [p * (1 - p) * upstream],
            "you let each logit move its own share only. They all add up to 1: if one "
            "grows, all others shrink.",
        ),
        "not-centred": (
            [p * upstream],
            "you multiply by the shares and forget that they add up to 1: from the "
            "gradient at p, first take its mean, weighted by p.",
        ),
        "same-softmax": (
            [_through(p, p - row)],
            "the gradient that you carry through the first softmax is that of a loss "
            "that takes none itself: p minus one-hot. It is q minus one-hot.",
        ),
        "second-softmax": (
            [_through(q, upstream)],
            "you carry the gradient through the second softmax once more. The "
            "difference q minus one-hot has passed it already; the first one is left.",
        ),
        "uphill": (
            [-_through_both(logits, label)],
            "your gradient has the wrong sign: it points to where the loss falls.",
        ),
        "other-label": (
            [_through_both(logits, k) for k in range(len(p)) if k != label],
            "this is the gradient for another label; they are counted from 0.",
        ),
    }


def _check_large_logits(attempt: Any) -> None:
    """Check that nothing overflows, and that a sure net gets no gradient."""
    logits = np.array([1000.0, 0.0, -1000.0])
    try:
        result = parts(call(attempt, logits, 1), "lowest loss", "gradient")
        right = close_in_32_bits(as_numbers(result[1], (3,)), np.zeros(3))
    except HintError:
        right = False
    if not right:
        raise HintError(
            "overflow",
            "with logits of up to 1,000 your function returns no gradient: exp of more "
            "than 709 is infinite. Subtract the largest logit first; that changes no "
            "share.",
        )


# 5. What it knows after each row ------------------------------------------------------


@exercise("mnist-5")
def _accuracy_by_row(attempt: Any) -> None:
    """Check the share of right answers after each step."""
    for images, steps, classes, seed in ((7, 4, 5, 1), (5, 5, 3, 2)):
        generator = np.random.default_rng(seed)
        logits = 2 * generator.normal(size=(images, steps, classes))
        labels = generator.integers(0, classes, images)
        np.put_along_axis(
            logits,
            labels[:, np.newaxis, np.newaxis],
            np.linspace(0, 3, steps)[:, np.newaxis],
            axis=2,
        )
        p = softmax(logits)
        given = call(attempt, p, labels)
        wanted = np.mean(p.argmax(axis=2) == labels[:, np.newaxis], axis=0)
        _check_row_shape(given, images, steps, classes)
        _compare(
            as_numbers(given, (steps,), "the accuracy after each row"),
            wanted,
            _row_mistakes(p, labels),
            f"for {images} images and {steps} rows the accuracies should be fractions "
            f"of {images}, one for each row: how many images have their largest "
            f"probability, after that row, at their label?",
        )


def _check_row_shape(given: Any, images: int, steps: int, classes: int) -> None:
    """Say what a result of the wrong shape seems to be."""
    shape = axes(given)
    if is_group(given, 0):
        raise HintError("shape", "the result is empty; there is a number for each row.")
    if shape == ():
        raise HintError(
            "one-number",
            "you return one number. Averaged is over the images alone, so that there "
            "is an accuracy for each row.",
        )
    if shape == (images,) != (steps,):
        raise HintError(
            "by-image",
            "you return a number for each image: you average over the rows. The mean "
            "is over the images.",
        )
    if shape in ((images, steps), (images, classes)) or shape == (classes,) != (steps,):
        raise HintError(
            "not-averaged",
            f"your result has the shape {shape}. The most probable class is sought on "
            f"the last axis; whether it is the label is then averaged over the first.",
        )


def _row_mistakes(p: Array, labels: NDArray[np.int64]) -> Mistakes:
    """Return the accuracies that the usual mistakes lead to."""
    images, steps, _ = p.shape
    told, column = p.argmax(axis=2), labels[:, np.newaxis]
    right = told == column
    accuracy = right.mean(axis=0)
    of_label = np.take_along_axis(p, column[..., np.newaxis], axis=2)[..., 0]
    square = images == steps
    seen = np.cumsum(accuracy) / np.arange(1, steps + 1)
    return {
        "labels-along-time": (
            [(told == labels).mean(axis=0)] if square else [],
            "your labels lie along the wrong axis: with as many images as rows, "
            "`told == labels` compares row t with label t, and nothing stops it. Give "
            "the labels a second axis: labels[:, np.newaxis].",
        ),
        "by-image": (
            [right.mean(axis=1)] if square else [],
            "you average over the rows; the mean is over the images.",
        ),
        "mean-probability": (
            [of_label.mean(axis=0)],
            "you average the probability of the right digit. Accuracy only asks which "
            "digit has the largest one.",
        ),
        "counts": (
            [right.sum(axis=0), 100 * accuracy],
            "these are counts or per cent; asked for is a share, 0 to 1.",
        ),
        "mistakes": ([1 - accuracy], "this is the share of wrong answers."),
        "last-row": (
            [np.full(steps, accuracy[-1])],
            "you judge every row by the answer after the last one.",
        ),
        "so-far": (
            [seen, np.logical_or.accumulate(right, axis=1).mean(axis=0)],
            "you count what was right after an earlier row. Each row is judged by its "
            "own answer.",
        ),
        "summed": (
            [(np.cumsum(p, axis=1).argmax(axis=2) == column).mean(axis=0)],
            "you add up the probabilities of the rows before. The state holds what "
            "these have shown; each row is judged by its own answer.",
        ),
    }
