"""The chapter's short form: a stateful `SimpleRNN`, trained by Keras's `fit`.

After the first epoch, whose losses are read one by one, Keras makes many windows in one
go and tells only their mean loss, which is the faster setting.
"""

from typing import Any

import keras
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

AT_ONCE = 222  # a third of an epoch


class EachLoss(keras.callbacks.Callback):  # type: ignore[misc]
    """Reads the loss of every window out of Keras's mean of all so far."""

    def __init__(self) -> None:
        """Begin with no loss."""
        super().__init__()
        self.means: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keep the mean."""
        self.means.append(float(logs["loss"]))

    def losses(self) -> Losses:
        """Take the means apart."""
        sums = np.array(self.means) * np.arange(1, len(self.means) + 1)
        return np.diff(sums, prepend=0.0)


def build(start: Start) -> Any:
    """Build the net with the given weights."""
    cell = keras.layers.SimpleRNN(HIDDEN, return_sequences=True, stateful=True)
    readout = keras.layers.Dense(2)
    model = keras.Sequential(
        [keras.Input(batch_shape=(BATCH, WINDOW, 1)), cell, readout]
    )
    cell.set_weights([start.weights[name] for name in ("W_xh", "W_hh", "b_h")])
    readout.set_weights([start.weights[name] for name in ("W_hq", "b_q")])
    model.compile(
        optimizer=keras.optimizers.Adagrad(
            RATE, initial_accumulator_value=INITIAL, epsilon=0.0
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def prepare(start: Start) -> TrainEpoch:
    """Build the net; an epoch's windows lie below each other, one after the other."""
    model = build(start)

    def train(epoch: int) -> Losses:
        rows, echoes = (
            np.concatenate(np.split(array, start.windows, axis=1))
            for array in start.rows(epoch)
        )
        if epoch == 1:
            model.steps_per_execution = AT_ONCE
            model.make_train_function(force=True)
        each = EachLoss()
        callbacks = [each] if epoch == 0 else []
        model.layers[0].reset_state()
        history = model.fit(
            *(rows[..., None], echoes),
            batch_size=BATCH,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )
        mean = np.full(start.windows, history.history["loss"][0])
        return each.losses() if epoch == 0 else mean

    return train
