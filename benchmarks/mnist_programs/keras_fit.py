"""The usual way in Keras: an `LSTM` layer and a `Dense` one, trained by `fit`.

After the first epoch, whose losses are read one by one, Keras trains many batches in
one go and tells only their mean loss, which is the faster setting.
"""

from typing import Any

import keras
import numpy as np

from benchmarks.echo_programs.keras_fit import EachLoss
from benchmarks.mnist_programs.start import BATCH, EPSILON, HIDDEN, RATE, Start
from benchmarks.timing import Losses, TrainEpoch

AT_ONCE = 20  # half an epoch


def build(start: Start, jit_compile: bool) -> Any:
    """Build the net with the given weights."""
    cell = keras.layers.LSTM(HIDDEN)
    readout = keras.layers.Dense(10)
    model = keras.Sequential([keras.Input((28, 28)), cell, readout])
    cell.set_weights([start.weights[name] for name in ("W_xh", "W_hh", "b_h")])
    readout.set_weights([start.weights[name] for name in ("W_hq", "b_q")])
    model.compile(
        optimizer=keras.optimizers.Adam(RATE, epsilon=EPSILON),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=jit_compile,
    )
    return model


def prepare(start: Start, jit_compile: bool = False) -> TrainEpoch:
    """Build the net; the images come as floats, in one array."""
    model = build(start, jit_compile)
    images = start.scaled().reshape(-1, 28, 28)
    labels = start.labels.reshape(-1)

    def train(epoch: int) -> Losses:
        if epoch == 1:
            model.steps_per_execution = AT_ONCE
            model.make_train_function(force=True)
        each = EachLoss()
        callbacks = [each] if epoch == 0 else []
        history = model.fit(
            *(images, labels),
            batch_size=BATCH,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )
        mean = np.full(len(start.images), history.history["loss"][0])
        return each.losses() if epoch == 0 else mean

    return train
