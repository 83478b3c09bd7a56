"""Perplexity and bits per character: the three anchor values, and the way back."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.training.losses import cross_entropy
from unrolled.training.perplexity import (
    bits_per_character,
    loss_from_bits,
    loss_from_perplexity,
    perplexity,
)

READINGS = (perplexity, bits_per_character)


def test_a_perfect_model_has_perplexity_one_and_needs_no_bits():
    assert perplexity(0) == 1
    assert bits_per_character(0) == 0


@pytest.mark.parametrize("size", [2, 65, 1027])
def test_the_uniform_guess_has_as_its_perplexity_the_number_of_characters(size):
    loss, _ = cross_entropy(np.zeros((3, size)), [0, 1, size - 1])
    assert perplexity(loss) == pytest.approx(size, rel=1e-12)
    assert bits_per_character(loss) == pytest.approx(math.log2(size), rel=1e-12)


@pytest.mark.parametrize("loss", [math.inf, np.float32("inf"), np.array(np.inf)])
def test_the_worst_model_is_infinitely_bad_and_nothing_warns(loss):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert perplexity(loss) == bits_per_character(loss) == math.inf
        assert loss_from_perplexity(loss) == loss_from_bits(loss) == math.inf


def test_a_perplexity_beyond_float64_is_infinite_but_its_bits_are_not():
    assert perplexity(710) == math.inf
    assert bits_per_character(710) == pytest.approx(710 / 0.6931471805599453)


def test_a_worked_example():
    # The right characters had the probabilities 1/2, 1/4, 1/8, 1/8: 1, 2, 3, 3 bits.
    loss = np.mean(-np.log([1 / 2, 1 / 4, 1 / 8, 1 / 8]))
    assert bits_per_character(loss) == pytest.approx(2.25, rel=1e-12)
    assert perplexity(loss) == pytest.approx(4.756828460010884, rel=1e-12)  # 2^(9/4)


@given(st.floats(0, 700))
def test_perplexity_is_two_to_the_bits_and_both_lead_back(loss):
    assert perplexity(loss) == pytest.approx(2 ** bits_per_character(loss), rel=1e-9)
    assert loss_from_perplexity(perplexity(loss)) == pytest.approx(loss, abs=1e-9)
    assert loss_from_bits(bits_per_character(loss)) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("read", READINGS)
@pytest.mark.parametrize("kind", [int, np.float32, np.int64, np.array])
def test_any_single_number_will_do_and_a_float_comes_back(read, kind):
    value = read(kind(2))
    assert type(value) is float
    assert value == read(2.0)


@pytest.mark.parametrize("read", READINGS)
@pytest.mark.parametrize(
    "loss", [-0.1, -math.inf, math.nan, "1", None, True, 1j, [1.0], np.ones(1)]
)
def test_what_is_no_loss_gets_one_sentence(read, loss):
    with pytest.raises(ValueError, match=r"^mean_loss_nats must be one") as caught:
        read(loss)
    assert str(caught.value).endswith("check the sign and look for a NaN.")


@pytest.mark.parametrize("value", [0.99, 0, -1, math.nan, "2"])
def test_a_perplexity_is_at_least_one(value):
    with pytest.raises(ValueError, match=r"^perplexity must be one number of at least"):
        loss_from_perplexity(value)


@pytest.mark.parametrize("value", [-0.01, math.nan, None])
def test_bits_are_never_negative(value):
    with pytest.raises(ValueError, match=r"^bits per character must be one number of"):
        loss_from_bits(value)
