"""How fast this machine multiplies matrices: what no training can surpass."""

import time

import tensorflow as tf

from benchmarks.timing import AT_LEAST

SIZE = 2048


def seconds_per_operation() -> float:
    """Time products of two square matrices of 32-bit floats, on all threads.

    Returns:
        Seconds for one multiplication or addition.
    """
    a, b = (tf.random.stateless_uniform((SIZE, SIZE), (0, n)) for n in range(2))
    (a @ b).numpy()  # the first one pays for what happens once
    products, started = 0, time.perf_counter()
    while True:
        (a @ b).numpy()
        products += 1
        elapsed = time.perf_counter() - started
        if elapsed >= AT_LEAST:
            return elapsed / products / (2 * SIZE**3)
