"""Softmax and cross-entropy: against Keras, central differences and large numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, assert_close, seeds, slope

from unrolled.training.losses import cross_entropy, softmax


@given(arrays((3, 4), 1e4))
def test_softmax_gives_probabilities_in_the_order_of_the_logits(logits):
    shares = softmax(logits)
    assert ((shares >= 0) & (shares <= 1)).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
    ordered = np.take_along_axis(shares, logits.argsort(axis=1), axis=1)
    assert (np.diff(ordered, axis=1) >= 0).all()


@given(arrays((3, 4)), st.floats(-1e3, 1e3))
def test_softmax_does_not_see_what_all_logits_share(logits, shift):
    np.testing.assert_allclose(softmax(logits + shift), softmax(logits), rtol=1e-9)


def test_softmax_of_known_logits():
    logits = [[0.0, np.log(3.0)], [1000.0, -1000.0]]
    np.testing.assert_allclose(softmax(logits), [[0.25, 0.75], [1, 0]], rtol=1e-15)


def test_the_loss_of_a_class_that_is_all_but_impossible_is_exact():
    loss, gradient = cross_entropy([[0.0, 2000.0]], [0])
    assert loss == 2000.0
    assert gradient.tolist() == [[-1.0, 1.0]]


@given(seeds)
def test_the_gradient_is_that_of_central_differences(seed):
    generator = np.random.default_rng(seed)
    logits, labels = generator.standard_normal((3, 4)), generator.integers(0, 4, 3)
    _, gradient = cross_entropy(logits, labels)
    wanted = slope(lambda place: cross_entropy(place, labels)[0], logits)
    assert_close(gradient, wanted, 1e-7, 1e-9)


def test_loss_and_softmax_are_those_of_keras():
    keras = pytest.importorskip("keras")
    generator = np.random.default_rng(0)
    logits, labels = generator.standard_normal((5, 7)), generator.integers(0, 7, 5)
    losses = keras.losses.sparse_categorical_crossentropy(
        labels, logits, from_logits=True
    )
    np.testing.assert_allclose(
        cross_entropy(logits, labels)[0], np.mean(losses), rtol=1e-12
    )
    shares = keras.ops.softmax(keras.ops.convert_to_tensor(logits, dtype="float64"))
    np.testing.assert_allclose(softmax(logits), shares, rtol=1e-12)


@pytest.mark.parametrize("label", [-1, 2, 0.5])
def test_a_label_that_is_no_class_is_refused(label):
    with pytest.raises(ValueError, match="labels must be whole numbers from 0 to 1"):
        cross_entropy([[1.0, 2.0]], [label])


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="labels must have the shape"):
        cross_entropy([[1.0, 2.0]], [0, 1])
    with pytest.raises(ValueError, match="logits must have the shape"):
        cross_entropy([1.0, 2.0], [0, 1])
    with pytest.raises(ValueError, match="logits must hold finite numbers"):
        softmax([1.0, np.nan])
