"""A net of 90 kilobytes for the page: how many of MNIST's digits does it know?

Trains the LSTM that reads in the view "Draw a digit", row by row, and stores it,
rounded to 8 bits, in lib/unrolled/training/digit_net.bin.

The loss counts the answer after the last row with 0.9 and the mean over the answers
after all rows with 0.1: so the net learns to say at every row what it takes the digit
for. Readers draw otherwise than MNIST's writers. Hence every image is moved, turned,
slanted and stretched a little, in each epoch anew.

The same seed gives the same net on the same kind of processor; on another one the
weights differ in the end, the share of right answers hardly.
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unrolled.cells.cell import Parameters
from unrolled.cells.cell_tf import Tensor
from unrolled.cells.lstm_tf import LSTM
from unrolled.tasks import digits
from unrolled.training.digit_net import SHIPPED, DigitNet, pack, unpack
from unrolled.training.rules_tf import AdamTF, ClippedTF, FadingTF, RuleTF
from unrolled.training.text_tf import states_over
from unrolled.training.window_tf import ParametersTF
from unrolled.validation import Array

NAME = "MNIST"
PIXELS = 28
CLASSES = 10

SLICE = 500
"""Test images that a test measures again."""

Images = NDArray[np.uint8]
Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Plan:
    """How the net is trained.

    Attributes:
        hidden: Units.
        batch: Images in an update.
        epochs: How often each image is seen.
        rate: Of Adam, at first; it shrinks linearly to nothing.
        threshold: The longest gradient norm.
        early: What the mean over all rows counts in the loss; the last row has the
            rest.
        forget: The bias of the forget gates, at first.
        shift: How far an image is moved at most, in pixels.
        turn: How far it is turned at most, in degrees.
        slant: How far it is slanted at most, in pixels sideways for one upwards.
        stretch: By which share it is made larger or smaller at most.
        seed: Of weights, order and distortions.
    """

    hidden: int = 128
    batch: int = 128
    epochs: int = 12
    rate: float = 2e-3
    threshold: float = 1.0
    early: float = 0.1
    forget: float = 1.0
    shift: float = 2.0
    turn: float = 8.0
    slant: float = 0.12
    stretch: float = 0.1
    seed: int = 1

    @property
    def rule(self) -> RuleTF:
        """The update rule, over 60,000 images."""
        updates = self.epochs * (60_000 // self.batch)
        return ClippedTF(FadingTF(AdamTF(self.rate), updates), self.threshold)


def data() -> tuple[Images, Labels, Images, Labels]:
    """Return images and labels to learn from, and those to be tested on.

    Raises:
        ValueError: If MNIST is not to be had.
    """
    found = digits.load()
    if found.name != NAME:
        raise ValueError(
            f"the weights are made from {NAME}, but it is not to be had; put it into "
            f"the data directory."
        )
    return found.train_images, found.train_labels, found.test_images, found.test_labels


def drawn_weights(plan: Plan) -> Parameters:
    """Draw the first weights, N(0, 1 / n) for ``n`` numbers that are added up."""
    normal = np.random.default_rng(plan.seed).standard_normal
    H = plan.hidden
    shapes = {"W_xh": (PIXELS, 4 * H), "W_hh": (H, 4 * H), "W_hq": (H, CLASSES)}
    weights = {name: normal(shape) / shape[0] ** 0.5 for name, shape in shapes.items()}
    biases = np.zeros(4 * H)
    biases[H : 2 * H] = plan.forget
    weights |= {"b_h": biases, "b_q": np.zeros(CLASSES)}
    return {name: w.astype(np.float32) for name, w in weights.items()}


def distorted(images: Images, plan: Plan, random: np.random.Generator) -> Images:
    """Return images a little moved, turned, slanted and stretched, each otherwise.

    A new pixel is looked up where it was before, between four old ones. Beyond the edge
    there is paper.

    Args:
        images: Shape ``(N, 28, 28)``.
        plan: By how much at most.
        random: What is drawn.
    """
    N = len(images)

    def within(most: float, *shape: int) -> Array:
        return random.uniform(-most, most, (N, *shape))

    angle, slant = np.radians(within(plan.turn)), within(plan.slant)
    tall, wide = 1 + within(plan.stretch), 1 + within(plan.stretch)
    moved = within(plan.shift, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    from_middle = np.arange(PIXELS) - (PIXELS - 1) / 2
    down, right = np.meshgrid(from_middle, from_middle, indexing="ij")

    def place(of_row: Array, of_column: Array, by: Array) -> NDArray[np.float32]:
        each = [a[:, np.newaxis, np.newaxis] for a in (of_row, of_column, by)]
        found = each[0] * down + each[1] * right + each[2] + (PIXELS - 1) / 2
        single: NDArray[np.float32] = found.astype(np.float32)
        return single

    rows = place(cos / tall, -sin / tall, moved[:, 0])
    columns = place((sin + slant * cos) / wide, (cos - slant * sin) / wide, moved[:, 1])
    return looked_up(images, rows, columns)


def looked_up(
    images: Images, rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> Images:
    """Return grey values at places between pixels, paper beyond the edge.

    Args:
        images: Shape ``(N, 28, 28)``.
        rows: Places, shape ``(N, 28, 28)``.
        columns: Likewise.
    """
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1))).reshape(len(images), -1)
    length = PIXELS + 2
    rows, columns = (np.clip(p + 1, 0, length - 1.001) for p in (rows, columns))
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    below, beside = rows - top, columns - left
    corner = (top * length + left).reshape(len(images), -1)

    def at(step: int) -> NDArray[np.float32]:
        grey = np.take_along_axis(wide, corner + step, axis=1)
        return grey.reshape(rows.shape).astype(np.float32)

    upper = at(0) * (1 - beside) + at(1) * beside
    lower = at(length) * (1 - beside) + at(length + 1) * beside
    mixed: Images = np.rint(upper * (1 - below) + lower * below).astype(np.uint8)
    return mixed


def loss_of(
    parameters: ParametersTF, pixels: Tensor, labels: Tensor, early: float
) -> Any:
    """Return the loss of a batch in nats.

    Args:
        parameters: As :func:`drawn_weights` names them.
        pixels: Shape ``(B, 28, 28)``.
        labels: Shape ``(B,)``.
        early: See :class:`Plan`.
    """
    rows = tf.transpose(tf.cast(pixels, tf.float32) / 255, (1, 0, 2))
    zeros = tf.zeros((rows.shape[1], parameters["W_hh"].shape[0]))
    from_inputs = rows @ parameters["W_xh"] + parameters["b_h"]
    hidden, _ = states_over(from_inputs, (zeros, zeros), parameters["W_hh"], LSTM)
    logits = hidden @ parameters["W_hq"] + parameters["b_q"]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.broadcast_to(labels, logits.shape[:2]), logits
    )
    return (1 - early) * tf.reduce_mean(losses[-1]) + early * tf.reduce_mean(losses)


def train(
    weights: Parameters, images: Images, labels: Labels, plan: Plan
) -> Iterator[tuple[Parameters, float]]:
    """Train a net; after each epoch, yield its weights and its mean loss.

    Args:
        weights: The first ones.
        images: Shape ``(N, 28, 28)``, at least a batch.
        labels: Shape ``(N,)``.
        plan: How.
    """
    rule = plan.rule

    def updated(parameters: Any, memory: Any, pixels: Any, answers: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            loss = loss_of(parameters, pixels, answers, plan.early)
        return *rule.update(parameters, tape.gradient(loss, parameters), memory), loss

    update = tf.function(updated, jit_compile=True, autograph=False)
    parameters = {name: tf.constant(w, tf.float32) for name, w in weights.items()}
    memory = rule.start(parameters)
    random = np.random.default_rng([plan.seed, 1])
    for _ in range(plan.epochs):
        losses = []
        for places in _batches(len(images), plan.batch, random):
            pixels = tf.constant(distorted(images[places], plan, random))
            answers = tf.constant(labels[places].astype(np.int32))
            parameters, memory, loss = update(parameters, memory, pixels, answers)
            losses.append(float(loss))
        yield {n: p.numpy() for n, p in parameters.items()}, float(np.mean(losses))


def _batches(number: int, size: int, random: np.random.Generator) -> Any:
    """Return the places of all images in another order, batch by batch."""
    order = random.permutation(number)
    return order[: number // size * size].reshape(-1, size)


def measured(net: DigitNet, images: Images, labels: Labels) -> dict[str, Any]:
    """Return the share of right answers after each row, and what test images say."""
    found = np.concatenate(
        [net.probabilities(images[k : k + 1000]) for k in range(0, len(images), 1000)]
    )
    right = found.argmax(axis=2) == np.asarray(labels)[:, np.newaxis]
    last = found[np.arange(len(labels)), -1, labels]
    return {
        "images": len(images),
        "accuracy": round(float(right[:, -1].mean()), 5),
        "accuracy_slice": round(float(right[:SLICE, -1].mean()), 5),
        "nats": round(float(-np.log(last).mean()), 5),
        "accuracy_after_rows": [round(float(a), 4) for a in right.mean(axis=0)],
        "wrong": np.flatnonzero(~right[:, -1]).tolist(),
    }


def run() -> dict[str, Any]:
    """Train the net and write it.

    Returns:
        The size and the digest of the file; the plan; the loss of each epoch; and of
        the test images the share that is right, after each row too, before and after
        rounding, with the places of those that the rounded net gets wrong.
    """
    images, labels, test_images, test_labels = data()
    plan = Plan()
    started, losses, weights = time.process_time(), [], drawn_weights(plan)
    for now, loss in train(weights, images, labels, plan):
        weights = now
        losses.append(round(loss, 5))
        print(f"epoch {len(losses)}: loss {loss:.4f}", flush=True)
    seconds = time.process_time() - started
    trained = DigitNet(NAME, "", {n: w.astype(np.float64) for n, w in weights.items()})
    rounded = unpack(pack(trained))
    exact, result = (measured(n, test_images, test_labels) for n in (trained, rounded))
    share = f"{100 * result['accuracy']:.1f} %"
    about = (
        f"{plan.hidden} units, trained on MNIST’s 60,000 training images. Of its "
        f"{len(test_images):,} test images the net gets {share} right."
    )
    content = pack(DigitNet(NAME, about, trained.parameters))
    SHIPPED.write_bytes(content)
    return {
        "file": SHIPPED.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "slice": SLICE,
        "plan": asdict(plan),
        "processor_seconds": round(seconds, 1),
        "training_losses": losses,
        "exact": {n: v for n, v in exact.items() if n != "wrong"},
        "rounded": result,
    }
