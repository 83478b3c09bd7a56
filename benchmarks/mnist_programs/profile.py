"""Where the time of a batch goes: the LSTM over 28 rows and back, in several ways.

All ways are given the same pre-activations of the input, and return the gradient at
them and at ``W_hh``. What comes before and after (the product with the input, the
readout, the step) is not in it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.measure import timed
from benchmarks.mnist_programs.start import BATCH, HIDDEN
from unrolled.cells.lstm_tf import LSTM
from unrolled.training.text_tf import states_over

STEPS = 28
AT_LEAST = 2.0
Way = Callable[..., Any]


def arrays(steps: int = STEPS) -> tuple[Any, Any, Any]:
    """Draw pre-activations (T, 128, 512), weights, and the gradient at the outputs."""
    normal = np.random.default_rng(0).standard_normal
    x = 0.3 * normal((steps, BATCH, 4 * HIDDEN))
    W_hh = 0.05 * normal((HIDDEN, 4 * HIDDEN))
    upstream = normal((steps, BATCH, HIDDEN))
    return tuple(tf.constant(value, tf.float32) for value in (x, W_hh, upstream))


def zeros(x: Any) -> tuple[Any, Any]:
    """Return the state before the first row."""
    nothing = tf.zeros((x.shape[1], HIDDEN))
    return nothing, nothing


def looped(x: Any, W_hh: Any, upstream: Any) -> Any:
    """Go back in a loop, as the course's engine does."""
    with tf.GradientTape() as tape:
        tape.watch((x, W_hh))
        hidden, _ = states_over(x, zeros(x), W_hh, LSTM)
    return tape.gradient(hidden, (x, W_hh), upstream)


def written_out(x: Any, W_hh: Any, upstream: Any) -> Any:
    """Leave the way back to TensorFlow: all steps are written out."""
    with tf.GradientTape() as tape:
        tape.watch((x, W_hh))
        state, hidden = zeros(x), []
        for t in range(x.shape[0]):
            state = LSTM.step(x[t], state, W_hh)
            hidden.append(state[0])
        outputs = tf.stack(hidden)
    return tape.gradient(outputs, (x, W_hh), upstream)


def products(x: Any, W_hh: Any, upstream: Any) -> Any:
    """Make only the matrix products that none of them can do without."""
    h, back = upstream[0], tf.transpose(W_hh)
    for t in range(x.shape[0]):
        h = upstream[t] + (h @ W_hh)[:, :HIDDEN]
    for t in range(x.shape[0]):
        h = (x[t] + tf.concat([h] * 4, axis=1)) @ back
    rows = tf.reshape(upstream, (-1, HIDDEN)), tf.reshape(x, (-1, 4 * HIDDEN))
    return h, tf.matmul(*rows, transpose_a=True)


def compiled(way: Way) -> Way:
    """Compile a way, for whole batches."""
    return tf.function(way, jit_compile=True, autograph=False)  # type: ignore[no-any-return]


def halves(way: Way) -> Way:
    """Compile a way for half batches, and take both halves side by side."""
    one = compiled(way)

    def both(x: Any, W_hh: Any, upstream: Any) -> Any:
        parts = zip(tf.split(x, 2, axis=1), tf.split(upstream, 2, axis=1), strict=True)
        (u, g), (v, h) = (one(a, W_hh, b) for a, b in parts)
        return tf.concat([u, v], axis=-2), g + h

    return tf.function(both, autograph=False)  # type: ignore[no-any-return]


WAYS: dict[str, Callable[[], Way]] = {
    "written out": partial(compiled, written_out),
    "looped": partial(compiled, looped),
    "halves": partial(halves, looped),
    "products": partial(halves, products),
}


def seconds(name: str, steps: str = str(STEPS)) -> float:
    """Time one of the ways; compiling does not count.

    Args:
        name: The way.
        steps: Over how many steps, as a text.

    Returns:
        Seconds for one step.
    """
    way, given = WAYS[name](), arrays(int(steps))

    def work() -> None:
        tf.nest.flatten(way(*given))[-1].numpy()

    work()
    return timed(work, AT_LEAST)() / int(steps)
