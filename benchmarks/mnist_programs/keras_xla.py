"""The usual way in Keras, compiled by XLA."""

from benchmarks.mnist_programs import keras_fit
from benchmarks.mnist_programs.start import Start
from benchmarks.timing import TrainEpoch


def prepare(start: Start) -> TrainEpoch:
    """Build the net of `keras_fit`, with ``jit_compile=True``."""
    return keras_fit.prepare(start, jit_compile=True)
