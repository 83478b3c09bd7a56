"""Loops over single numbers, forward and backward by hand, compiled by Numba.

Nothing general is left: the tanh cell, two classes and Adagrad are written out, and all
weights stay in the processor's nearest memory. This is the floor that a general program
can come near and not reach.
"""

from math import exp, log, sqrt, tanh
from typing import Any

import numba
import numpy as np

from benchmarks.echo_programs.start import (
    BATCH,
    HIDDEN,
    INITIAL,
    RATE,
    WINDOW,
    Start,
)
from benchmarks.timing import Losses, TrainEpoch

NAMES = ("W_xh", "W_hh", "b_h", "W_hq", "b_q")
ONE = np.float32(1)


def forward(x, y, h, W_x, W_h, b_h, W_q, b_q, states, slopes):  # type: ignore[no-untyped-def]
    """Fill in states and the slopes of the loss at the logits; return the loss."""
    loss = 0.0
    count = WINDOW * BATCH
    for b in range(BATCH):
        for k in range(HIDDEN):
            states[0, b, k] = h[b, k]
        for t in range(WINDOW):
            for k in range(HIDDEN):
                z = b_h[k] + x[b, t] * W_x[0, k]
                for j in range(HIDDEN):
                    z += states[t, b, j] * W_h[j, k]
                states[t + 1, b, k] = tanh(z)
            apart = b_q[1] - b_q[0]
            for k in range(HIDDEN):
                apart += states[t + 1, b, k] * (W_q[k, 1] - W_q[k, 0])
            # Of two classes, the probability of 1 is the sigmoid of the difference.
            one = ONE / (ONE + exp(-apart))
            loss -= log(one if y[b, t] else ONE - one)
            slopes[t, b] = (one - y[b, t]) / count
    return loss / count


def backward(x, W_h, W_q, states, slopes, g_x, g_h, g_b, g_q, g_bq):  # type: ignore[no-untyped-def]
    """Fill in the gradients."""
    back, ahead = np.empty(HIDDEN, np.float32), np.empty(HIDDEN, np.float32)
    for g in (g_x, g_h, g_q):
        g[:] = 0
    g_b[:] = 0
    g_bq[:] = 0
    for b in range(BATCH):
        ahead[:] = 0
        for t in range(WINDOW - 1, -1, -1):
            slope = slopes[t, b]
            g_bq[1] += slope
            for k in range(HIDDEN):
                h = states[t + 1, b, k]
                g_q[k, 1] += h * slope
                total = ahead[k] + slope * (W_q[k, 1] - W_q[k, 0])
                back[k] = total * (ONE - h * h)
                g_b[k] += back[k]
                g_x[0, k] += x[b, t] * back[k]
            for j in range(HIDDEN):
                total = np.float32(0)
                for k in range(HIDDEN):
                    g_h[j, k] += states[t, b, j] * back[k]
                    total += W_h[j, k] * back[k]
                ahead[j] = total
    g_bq[0] = -g_bq[1]
    for k in range(HIDDEN):
        g_q[k, 0] = -g_q[k, 1]


def adagrad(w, g, s):  # type: ignore[no-untyped-def]
    """Step by the gradient over the root of its sum of squares."""
    for k in range(w.size):
        s[k] += g[k] * g[k]
        w[k] -= np.float32(RATE) * g[k] / sqrt(s[k])


def compiled() -> Any:
    """Compile the epoch, with all that it calls."""
    ahead, back, step = (numba.njit(f) for f in (forward, backward, adagrad))

    def train(inputs, targets, weights, gradients, squares, losses):  # type: ignore[no-untyped-def]
        states = np.zeros((WINDOW + 1, BATCH, HIDDEN), np.float32)
        slopes = np.zeros((WINDOW, BATCH), np.float32)
        W_x, W_h, b_h, W_q, b_q = weights
        g_x, g_h, g_b, g_q, g_bq = gradients
        s_x, s_h, s_b, s_q, s_bq = squares
        h = np.zeros((BATCH, HIDDEN), np.float32)
        for n in range(len(losses)):
            x = inputs[:, n * WINDOW : (n + 1) * WINDOW]
            y = targets[:, n * WINDOW : (n + 1) * WINDOW]
            losses[n] = ahead(x, y, h, W_x, W_h, b_h, W_q, b_q, states, slopes)
            back(x, W_h, W_q, states, slopes, g_x, g_h, g_b, g_q, g_bq)
            h[:] = states[WINDOW]
            step(W_x.ravel(), g_x.ravel(), s_x.ravel())
            step(W_h.ravel(), g_h.ravel(), s_h.ravel())
            step(b_h, g_b, s_b)
            step(W_q.ravel(), g_q.ravel(), s_q.ravel())
            step(b_q, g_bq, s_bq)

    return numba.njit(train)


def prepare(start: Start) -> TrainEpoch:
    """Lay out weights, gradients and sums of squares."""
    epoch_of = compiled()
    weights = tuple(start.weights[name].copy() for name in NAMES)
    gradients = tuple(np.zeros_like(w) for w in weights)
    squares = tuple(np.full_like(w, INITIAL) for w in weights)

    def train(epoch: int) -> Losses:
        inputs, targets = (np.ascontiguousarray(rows) for rows in start.rows(epoch))
        losses = np.zeros(start.windows, np.float32)
        epoch_of(inputs, targets, weights, gradients, squares, losses)
        return losses

    return train
