"""The published way: a session runs a graph of one window, fed with NumPy arrays.

Written anew from the description of the published program, with the names of its time
(`tensorflow.compat.v1`); its drawing and printing are left out. As there, every call
brings back the loss, the state and the predictions of all steps.
"""

from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from benchmarks.echo_programs.start import (
    BATCH,
    HIDDEN,
    INITIAL,
    RATE,
    WINDOW,
    Start,
)
from benchmarks.timing import Losses, TrainEpoch


def graph(start: Start) -> dict[str, Any]:
    """Build the graph of one window and return what is fed and fetched."""
    bits = tf.placeholder(tf.float32, [BATCH, WINDOW])
    echoes = tf.placeholder(tf.int32, [BATCH, WINDOW])
    before = tf.placeholder(tf.float32, [BATCH, HIDDEN])
    joined = np.concatenate([start.weights["W_xh"], start.weights["W_hh"]])
    W, b = tf.Variable(joined), tf.Variable(start.weights["b_h"][np.newaxis])
    W2 = tf.Variable(start.weights["W_hq"])
    b2 = tf.Variable(start.weights["b_q"][np.newaxis])
    state, states = before, []
    for bit in tf.unstack(bits, axis=1):
        column = tf.reshape(bit, [BATCH, 1])
        state = tf.tanh(tf.matmul(tf.concat([column, state], 1), W) + b)
        states.append(state)
    logits = [tf.matmul(state, W2) + b2 for state in states]
    predictions = [tf.nn.softmax(values) for values in logits]
    losses = [
        tf.nn.sparse_softmax_cross_entropy_with_logits(logits=values, labels=labels)
        for values, labels in zip(logits, tf.unstack(echoes, axis=1), strict=True)
    ]
    loss = tf.reduce_mean(losses)
    optimizer = tf.train.AdagradOptimizer(RATE, initial_accumulator_value=INITIAL)
    return {
        "fed": (bits, echoes, before),
        "fetched": [loss, optimizer.minimize(loss), state, predictions],
    }


def prepare(start: Start) -> TrainEpoch:
    """Build the graph and open a session."""
    tf.disable_eager_execution()
    nodes = graph(start)
    session = tf.Session()
    session.run(tf.global_variables_initializer())

    def train(epoch: int) -> Losses:
        inputs, targets = start.rows(epoch)
        state = np.zeros((BATCH, HIDDEN))
        losses = []
        for window in range(start.windows):
            here = slice(window * WINDOW, (window + 1) * WINDOW)
            values = inputs[:, here], targets[:, here], state
            feed = dict(zip(nodes["fed"], values, strict=True))
            loss, _, state, _ = session.run(nodes["fetched"], feed_dict=feed)
            losses.append(loss)
        return np.array(losses)

    return train
