"""The update rules in TensorFlow make the steps of those in NumPy."""

import numpy as np
import pytest
import tensorflow as tf
from strategies import assert_close

from unrolled.training import rules
from unrolled.training.rules_tf import (
    AdagradTF,
    AdamTF,
    ClippedTF,
    GradientDescentTF,
)

SHAPES = {"W": (3, 2), "b": (2,)}
PAIRS = [
    (GradientDescentTF(0.3), rules.GradientDescent(0.3)),
    (AdagradTF(0.3, 0.1), rules.Adagrad(0.3, 0.1, 0.0)),
    (AdamTF(0.02), rules.Adam(0.02)),
    (AdamTF(0.1, 0.5, 0.7, 1e-3), rules.Adam(0.1, 0.5, 0.7, 1e-3)),
    (
        ClippedTF(GradientDescentTF(0.3), 1.5),
        rules.Clipped(rules.GradientDescent(0.3), 1.5),
    ),
    (ClippedTF(AdamTF(), 0.1), rules.Clipped(rules.Adam(), 0.1)),
]


def drawn(seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {name: random.normal(size=shape) for name, shape in SHAPES.items()}


def tensors(arrays):
    return {name: tf.constant(array) for name, array in arrays.items()}


@pytest.mark.parametrize(("ours", "numpy"), PAIRS, ids=repr)
def test_many_steps_are_those_of_numpy(ours, numpy):
    here = drawn(0)
    there = tensors(here)
    kept, remembered = numpy.start(here), ours.start(there)
    for seed in range(1, 30):
        # Some of the gradients are longer than the thresholds, some are shorter.
        gradients = {n: seed / 15 * g for n, g in drawn(seed).items()}
        here, kept = numpy.update(here, gradients, kept)
        there, remembered = ours.update(there, tensors(gradients), remembered)
        for name, value in here.items():
            assert_close(there[name].numpy(), value, 1e-12, 1e-13)


def test_clipping_keeps_the_direction_and_leaves_short_gradients_alone():
    rule = ClippedTF(GradientDescentTF(1.0), 1.0)
    zero = {"w": tf.zeros(2, tf.float64), "v": tf.zeros(1, tf.float64)}
    long = {
        "w": tf.constant([3.0, 0.0], tf.float64),
        "v": tf.constant([4.0], tf.float64),
    }
    moved, _ = rule.update(zero, long, rule.start(zero))
    np.testing.assert_allclose(
        [*moved["w"], *moved["v"]], [-0.6, 0.0, -0.8], rtol=1e-15
    )
    short = {n: 0.1 * g for n, g in long.items()}
    moved, _ = rule.update(zero, short, rule.start(zero))
    np.testing.assert_allclose(
        [*moved["w"], *moved["v"]], [-0.3, 0.0, -0.4], rtol=1e-15
    )


def test_a_gradient_of_zero_is_no_trouble():
    rule = ClippedTF(GradientDescentTF(1.0), 1.0)
    here = {"w": tf.ones(2)}
    moved, _ = rule.update(here, {"w": tf.zeros(2)}, rule.start(here))
    np.testing.assert_array_equal(moved["w"], [1.0, 1.0])


@pytest.mark.parametrize(
    "make",
    [
        lambda: GradientDescentTF(-0.1),
        lambda: AdamTF(beta_1=1.0),
        lambda: AdamTF(epsilon=0.0),
        lambda: ClippedTF(AdamTF(), 0.0),
    ],
)
def test_bad_settings_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()


def test_equal_settings_are_equal_and_compile_once():
    assert ClippedTF(AdamTF(0.1), 1.0) == ClippedTF(AdamTF(0.1), 1.0)
    assert hash(GradientDescentTF(0.1)) == hash(GradientDescentTF(0.1))
