"""The published way: an eager program, one operation after the other.

Written anew from the description of the published program; its printing is left out.
Each character is a one-hot row, and a window is a list of matrices, one for each step.
Two mistakes that change the result are mended: the loss takes the outputs as logits,
and the state is carried from one window to the next.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from benchmarks.charlm_programs.start import (
    BATCH,
    HIDDEN,
    NAMES,
    RATE,
    THRESHOLD,
    Start,
)
from benchmarks.charlm_programs.writing import Write
from benchmarks.timing import Losses, TrainEpoch


def variables(start: Start) -> list[Any]:
    """Give the parameters as variables, in the order of `NAMES`."""
    return [tf.Variable(start.weights[name]) for name in NAMES]


def one_hot(columns: NDArray[np.int32], size: int) -> list[Any]:
    """Give a matrix (B, V) for each step of characters (B, T)."""
    return [tf.one_hot(column, size) for column in columns.T]


def rnn(inputs: Any, state: Any, parameters: list[Any]) -> tuple[list[Any], Any]:
    """Give the logits of each step, and the last state."""
    W_xh, W_hh, b_h, W_hq, b_q = parameters
    outputs = []
    for X in inputs:
        # A row of a matrix comes without its first axis.
        X = tf.reshape(X, [-1, W_xh.shape[0]])
        state = tf.tanh(tf.matmul(X, W_xh) + tf.matmul(state, W_hh) + b_h)
        outputs.append(tf.matmul(state, W_hq) + b_q)
    return outputs, state


def clipped(gradients: list[Any]) -> list[Any]:
    """Clip gradients by their global norm, which is brought to Python."""
    norm = float(np.sqrt(sum(tf.reduce_sum(g**2).numpy() for g in gradients)))
    if norm <= THRESHOLD:
        return gradients
    return [g * THRESHOLD / norm for g in gradients]


def prepare(start: Start) -> TrainEpoch:
    """Train window by window."""
    parameters = variables(start)
    optimizer = tf.keras.optimizers.SGD(learning_rate=RATE)

    def train(epoch: int) -> Losses:
        state = tf.zeros((BATCH, HIDDEN))
        losses = []
        for number in range(start.windows):
            characters, following = start.window(number)
            with tf.GradientTape(persistent=True) as tape:
                inputs = one_hot(characters, start.size)
                outputs, state = rnn(inputs, state, parameters)
                loss = tf.reduce_mean(
                    tf.keras.losses.sparse_categorical_crossentropy(
                        following.T.reshape(-1), tf.concat(outputs, 0), from_logits=True
                    )
                )
            gradients = clipped(tape.gradient(loss, parameters))
            optimizer.apply_gradients(zip(gradients, parameters, strict=True))
            losses.append(float(loss))
        return np.array(losses)

    return train


def writer(start: Start) -> Write:
    """Write one character after the other."""
    parameters = variables(start)

    def write(prefix: NDArray[np.int64], length: int) -> NDArray[np.int64]:
        state = tf.zeros((1, HIDDEN))
        text = [int(prefix[0])]
        for n in range(length + len(prefix) - 1):
            X = tf.reshape(tf.one_hot([text[-1]], start.size), [1, -1])
            outputs, state = rnn(X, state, parameters)
            if n + 1 < len(prefix):
                text.append(int(prefix[n + 1]))
            else:
                text.append(int(tf.argmax(outputs[0], axis=1).numpy()[0]))
        return np.array(text[len(prefix) :])

    return write
