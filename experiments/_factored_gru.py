"""Training a small GRU on a text, in 32-bit NumPy: the helper of `sampler_weights`.

The net is the one of :mod:`unrolled.training.packed`: one table ``E`` of characters
serves both ends, ``x_t W_xh = x_t E W_eh`` and ``o_t = h_t W_he E^T + b_q``. The
gradient is written out by hand, and all products that need no state are made once for
a whole window. On two cores that is several times as fast as the same net in
TensorFlow; a test holds the gradient against the library's cell.

Arrays of a window have time first: ``(T, B, ...)``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Weights = dict[str, Floats]

CLIPPED = 1.0
"""The longest gradient norm."""

BETA_1, BETA_2, EPSILON = np.float32(0.9), np.float32(0.99), np.float32(1e-8)
WARM_UP = 100  # updates over which the rate rises


@dataclass(frozen=True)
class Plan:
    """How a net is trained.

    Attributes:
        hidden: ``H``.
        embedding: ``e``, the numbers that stand for a character.
        batch: Places of the text that are read side by side.
        window: Steps in a window.
        updates: How many windows are read.
        rate: The highest rate of Adam; it falls to 0 along a cosine.
        forget: The chance that a place, after a window, jumps elsewhere and begins
            with the state 0, as the page will.
        dropout: The share of the state that the readout does not see, in each window.
        seed: Decides everything.
    """

    hidden: int
    embedding: int
    batch: int = 64
    window: int = 64
    updates: int = 5000
    rate: float = 0.006
    forget: float = 0.05
    dropout: float = 0.0
    seed: int = 0


def drawn_weights(plan: Plan, characters: int, shares: Floats) -> Weights:
    """Draw first weights; the bias of the readout tells how frequent characters are.

    Args:
        plan: Sizes and seed.
        characters: ``V``.
        shares: How frequent each character is, above 0; shape ``(V,)``.
    """
    random = np.random.default_rng([plan.seed, 1])
    H, e = plan.hidden, plan.embedding

    def uniform(*shape: int) -> Floats:
        """Draw as Glorot and Bengio (2010) advise."""
        most = np.sqrt(6 / sum(shape))
        return random.uniform(-most, most, shape).astype(np.float32)

    turns = [np.linalg.qr(random.standard_normal((H, H)))[0] for _ in range(3)]
    b_h = np.zeros(3 * H, np.float32)
    b_h[:H] = 1  # the update gate keeps at first
    return {
        "E": 0.3 * random.standard_normal((characters, e)).astype(np.float32),
        "W_eh": uniform(e, 3 * H),
        "W_hh": np.concatenate(turns, axis=1).astype(np.float32),
        "b_h": b_h,
        "W_he": uniform(H, e),
        "b_q": np.log(shares),
    }


def window_gradient(
    weights: Weights, h: Floats, x: Indices, y: Indices, mask: Floats
) -> tuple[float, Floats, Weights]:
    """Return the loss of a window, the state after it, and the gradient.

    Args:
        weights: Of the net.
        h: The state before the window, shape ``(B, H)``.
        x: The characters read, ``(T, B)``.
        y: Those that come next, ``(T, B)``.
        mask: What the readout sees of each unit, ``(B, H)``; ones if nothing is left
            out.

    Returns:
        The mean cross-entropy in nats, the state, and a gradient for each weight.
    """
    T, B = x.shape
    H = h.shape[1]
    gates, candidate = weights["W_hh"][:, : 2 * H], weights["W_hh"][:, 2 * H :]
    read = weights["E"][x.ravel()]
    inputs = (read @ weights["W_eh"] + weights["b_h"]).reshape(T, B, 3 * H)
    before = np.empty((T, B, H), np.float32)
    zr = np.empty((T, B, 2 * H), np.float32)
    g = np.empty((T, B, H), np.float32)
    after = np.empty((T, B, H), np.float32)
    for t in range(T):
        before[t] = h
        zr[t] = 0.5 * (1 + np.tanh(0.5 * (inputs[t, :, : 2 * H] + h @ gates)))
        z, r = zr[t, :, :H], zr[t, :, H:]
        g[t] = np.tanh(inputs[t, :, 2 * H :] + (r * h) @ candidate)
        after[t] = h = g[t] + z * (h - g[t])
    loss, direct, gradient = _readout(weights, after * mask, y)
    direct *= mask
    back = np.zeros((B, H), np.float32)
    grad = np.empty((T, B, 3 * H), np.float32)
    for t in reversed(range(T)):
        z, r = zr[t, :, :H], zr[t, :, H:]
        back += direct[t]
        grad_g = back * (1 - z) * (1 - g[t] ** 2)
        grad_reset = grad_g @ candidate.T
        grad[t, :, :H] = back * (before[t] - g[t]) * z * (1 - z)
        grad[t, :, H : 2 * H] = grad_reset * before[t] * r * (1 - r)
        grad[t, :, 2 * H :] = grad_g
        back = back * z + grad_reset * r + grad[t, :, : 2 * H] @ gates.T
    flat, old = grad.reshape(T * B, 3 * H), before.reshape(T * B, H)
    reset = (zr[:, :, H:] * before).reshape(T * B, H)
    gradient["W_hh"] = np.concatenate(
        [old.T @ flat[:, : 2 * H], reset.T @ flat[:, 2 * H :]], axis=1
    )
    gradient["W_eh"] = read.T @ flat
    gradient["b_h"] = flat.sum(axis=0)
    gradient["E"] += _summed(flat @ weights["W_eh"].T, x.ravel(), len(gradient["E"]))
    return loss, h, gradient


def _readout(
    weights: Weights, hidden: Floats, y: Indices
) -> tuple[float, Floats, Weights]:
    """Return the loss, its gradient at the states, and at the readout's weights."""
    states, E = hidden.reshape(-1, hidden.shape[2]), weights["E"]
    thought = states @ weights["W_he"]
    logits = thought @ E.T + weights["b_q"]
    logits -= logits.max(axis=1, keepdims=True)
    rows = np.arange(len(logits)), y.ravel()
    right = logits[rows]
    slopes = np.exp(logits)
    totals = slopes.sum(axis=1, keepdims=True)
    loss = float(np.mean(np.log(totals[:, 0]) - right))
    slopes /= totals
    slopes[rows] -= 1
    slopes /= len(slopes)
    grad_thought = slopes @ E
    gradient = {
        "E": slopes.T @ thought,
        "b_q": slopes.sum(axis=0),
        "W_he": states.T @ grad_thought,
    }
    return loss, (grad_thought @ weights["W_he"].T).reshape(hidden.shape), gradient


def _summed(rows: Floats, places: Indices, count: int) -> Floats:
    """Add up the rows that belong to each place."""
    order = np.argsort(places, kind="stable")
    found, starts = np.unique(places[order], return_index=True)
    total = np.zeros((count, rows.shape[1]), np.float32)
    total[found] = np.add.reduceat(rows[order], starts, axis=0)
    return total


def train(
    weights: Weights, text: Indices, plan: Plan, every: int = 500
) -> Iterator[tuple[int, float]]:
    """Train in place; yield the number of updates and the mean loss since the last.

    Args:
        weights: Of the net; changed.
        text: The characters, shape ``(N,)``; the end is followed by the beginning.
        plan: How.
        every: Updates between two reports.
    """
    random = np.random.default_rng([plan.seed, 2])
    step = _adam(weights)
    places = random.integers(0, len(text), plan.batch)
    h = np.zeros((plan.batch, plan.hidden), np.float32)
    losses = []
    for update in range(plan.updates):
        at = (places + np.arange(plan.window + 1)[:, np.newaxis]) % len(text)
        read = text[at]
        loss, h, gradient = window_gradient(
            weights, h, read[:-1], read[1:], _mask(random, plan)
        )
        step(gradient, _rate(plan, update))
        losses.append(loss)
        places = at[-1]
        jumping = random.random(plan.batch) < plan.forget
        places[jumping] = random.integers(0, len(text), jumping.sum())
        h[jumping] = 0
        if (update + 1) % every == 0 or update + 1 == plan.updates:
            yield update + 1, float(np.mean(losses))
            losses = []


def _mask(random: np.random.Generator, plan: Plan) -> Floats:
    """Draw which units the readout sees; what is seen is louder in turn."""
    shape = (plan.batch, plan.hidden)
    if not plan.dropout:
        return np.ones(shape, np.float32)
    kept = 1 - plan.dropout
    return ((random.random(shape) < kept) / kept).astype(np.float32)


def _rate(plan: Plan, update: int) -> np.float32:
    """Return the rate of an update: up in a line, then down along a cosine."""
    rise = min(1.0, (update + 1) / WARM_UP)
    fall = (1 + np.cos(np.pi * update / plan.updates)) / 2
    return np.float32(plan.rate * rise * fall)


def _adam(weights: Weights) -> Callable[[Weights, np.float32], None]:
    """Return a function that makes a step of Adam in place, its gradient clipped."""
    mean = {name: np.zeros_like(w) for name, w in weights.items()}
    squares = {name: np.zeros_like(w) for name, w in weights.items()}
    done = 0

    def step(gradient: Weights, rate: np.float32) -> None:
        nonlocal done
        done += 1
        norm = np.sqrt(sum(float(np.sum(g**2)) for g in gradient.values()))
        scale = np.float32(min(1.0, CLIPPED / norm))
        for name, w in weights.items():
            g = scale * gradient[name]
            mean[name] += (1 - BETA_1) * (g - mean[name])
            squares[name] += (1 - BETA_2) * (g**2 - squares[name])
            size = np.sqrt(squares[name] / (1 - BETA_2**done)) + EPSILON
            w -= rate / (1 - BETA_1**done) * mean[name] / size

    return step
