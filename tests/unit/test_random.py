"""The generator that a browser has too: its published algorithm, and its laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.random import GOLDEN, WORD, Generator, advance, mix, rotate_left

seeds = st.integers(0, WORD)


def first_bits(seed: int, length: int = 4) -> list[int]:
    generator = Generator(seed)
    return [generator.bits32() for _ in range(length)]


def test_the_stream_is_that_of_the_reference_program():
    # Outputs of the authors' C program for the state 1, 2, 3, 4, as in the tests of
    # rand_xoshiro (https://docs.rs/rand_xoshiro), which say that they come from it.
    state, outputs = (1, 2, 3, 4), []
    for _ in range(10):
        output, state = advance(state)
        outputs.append(output)
    assert outputs == [
        11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849,
        3729100597, 4258142804,
    ]  # fmt: skip


def test_the_words_are_mixed_as_murmur_hash_3_mixes():
    # The hash of the empty text is the mixed seed: known values of MurmurHash3_x86_32.
    assert mix(0) == 0
    assert mix(1) == 0x514E28B7
    assert mix(0xFFFFFFFF) == 0x81F16F39


@given(seeds)
def test_the_mixing_is_one_to_one(seed):
    bits = mix(seed)
    bits ^= bits >> 16
    bits = bits * pow(0xC2B2AE35, -1, 2**32) & WORD
    bits ^= bits >> 13 ^ bits >> 26
    bits = bits * pow(0x85EBCA6B, -1, 2**32) & WORD
    assert bits ^ bits >> 16 == seed


def test_the_seed_is_spread_by_the_golden_ratio():
    assert GOLDEN % 2 == 1
    assert abs(GOLDEN - 2**32 / ((1 + math.sqrt(5)) / 2)) < 1
    words = tuple(mix(k * GOLDEN % 2**32) for k in (1, 2, 3, 4))
    assert first_bits(0, 1)[0] == advance(words)[0]


@given(seeds, st.integers(1, 31))
def test_rotating_keeps_every_bit(bits, places):
    assert rotate_left(rotate_left(bits, places), 32 - places) == bits
    assert bits.bit_count() == rotate_left(bits, places).bit_count()


@given(seeds, seeds)
def test_one_seed_gives_one_stream(first, second):
    assert first_bits(first) == first_bits(first)
    assert (first_bits(first) == first_bits(second)) is (first == second)


@given(seeds)
def test_a_uniform_is_made_of_the_upper_bits_of_two_outputs(seed):
    high, low = first_bits(seed, 2)
    number = Generator(seed).uniform()
    assert 0 <= number < 1
    assert number == ((high >> 5) / 2**27) + ((low >> 6) / 2**53)


def test_uniforms_are_uniform():
    drawn = Generator(3).uniforms(20_000)
    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    assert np.sum((counts - 1000) ** 2 / 1000) < 43.8  # chi-squared, 19: 0.1 %
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.025


def test_normals_are_normal():
    drawn = np.sort(Generator(4).normals(20_000))
    below = np.array([0.5 * (1 + math.erf(x / math.sqrt(2))) for x in drawn])
    distance = np.abs(below - (np.arange(20_000) + 0.5) / 20_000).max()
    assert distance * math.sqrt(20_000) < 1.95  # Kolmogorov and Smirnov: 0.1 %


@given(seeds)
def test_a_normal_is_a_radius_and_an_angle(seed):
    first, second = Generator(seed).uniforms(2)
    radius = math.sqrt(2) * math.sqrt(-math.log1p(-first))
    wanted = radius * math.sin(math.pi * (0.5 - 2 * second))
    assert math.isclose(Generator(seed).normal(), wanted, rel_tol=1e-9, abs_tol=1e-14)


def test_integers_are_fair_where_a_remainder_would_not_be():
    # 2^32 is 1 1/3 times the span, so that the remainder of all the outputs would fall
    # into the lowest third of the span twice as often: half of the time.
    generator = Generator(5)
    drawn = np.array([generator.integers(0, 3 * 2**30) for _ in range(6000)])
    thirds = np.bincount(drawn // 2**30, minlength=3)
    assert np.sum((thirds - 2000) ** 2 / 2000) < 13.8  # chi-squared, 2: 0.1 %


@given(seeds, st.integers(-(10**9), 10**9), st.integers(1, 2**32))
def test_integers_stay_between_their_bounds(seed, low, span):
    assert low <= Generator(seed).integers(low, low + span) < low + span


def test_all_integers_of_a_small_range_come_up():
    generator = Generator(6)
    assert {generator.integers(-1, 2) for _ in range(100)} == {-1, 0, 1}


def test_a_choice_follows_its_probabilities():
    generator, shares = Generator(7), np.array([0.2, 0.0, 0.5, 0.3])
    drawn = [generator.choice(shares) for _ in range(5000)]
    counts, wanted = np.bincount(drawn, minlength=4), 5000 * shares
    assert counts[1] == 0
    assert np.sum((counts - wanted)[[0, 2, 3]] ** 2 / wanted[[0, 2, 3]]) < 13.8


def test_a_point_at_the_very_end_finds_the_last_that_is_not_zero(monkeypatch):
    monkeypatch.setattr(Generator, "uniform", lambda self: 1.0)
    assert Generator(1).choice([0.5, 0.5, 0.0]) == 1


def test_arrays_are_drawn_row_by_row():
    one_by_one, at_once = Generator(8), Generator(8)
    for draw, filled in (
        (one_by_one.uniform, at_once.uniforms),
        (one_by_one.normal, at_once.normals),
    ):
        wanted = np.array([[draw() for _ in range(3)] for _ in range(2)])
        np.testing.assert_array_equal(filled((2, 3)), wanted)
    assert at_once.normals(4).shape == (4,)


def test_a_generator_shows_its_seed():
    assert repr(Generator(9)) == "Generator(seed=9)"


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, True, None, "1"])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ValueError, match="seed must be a whole number"):
        Generator(seed)


@pytest.mark.parametrize("bounds", [(1, 1), (2, 1), (0, 2**32 + 1)])
def test_bounds_in_the_wrong_order_are_refused(bounds):
    with pytest.raises(ValueError, match="high must be above low"):
        Generator(1).integers(*bounds)


@pytest.mark.parametrize(("low", "high"), [(0.5, 2), (0, 2.0), (False, 2), (0, None)])
def test_bounds_that_are_not_whole_are_refused(low, high):
    with pytest.raises(ValueError, match="must be a whole number"):
        Generator(1).integers(low, high)


@pytest.mark.parametrize("shares", [[0.5, 0.4], [1.5, -0.5], [[1.0]], [np.nan], []])
def test_what_are_no_probabilities_is_refused(shares):
    with pytest.raises(ValueError, match="probabilities"):
        Generator(1).choice(shares)


@pytest.mark.parametrize("shape", [0, -1, (2, 0), 1.5, (2, 1.5)])
def test_a_shape_that_is_none_is_refused(shape):
    for draw in (Generator(1).uniforms, Generator(1).normals):
        with pytest.raises(ValueError, match="shape must be a whole number"):
            draw(shape)
