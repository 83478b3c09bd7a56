"""Choosing a character: distributions worked out by hand, their laws, the contract."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, seeds

from unrolled.random import Generator
from unrolled.training.choosing import GREEDY, Choice, draw, nucleus, tempered, top_k
from unrolled.validation import Array

ALMOST_1 = 1 - 2**-53  # the largest number that Generator.uniform can return

logits = st.integers(1, 12).flatmap(lambda size: arrays(size, 30.0))
temperatures = st.floats(0.05, 20)
shares = st.floats(0, 1)
uniforms = st.floats(0, ALMOST_1)

# Small whole numbers over their sum: many ties, and many that are 0.
distributions = (
    st.lists(st.integers(0, 5), min_size=1, max_size=10)
    .filter(any)
    .map(lambda parts: np.array(parts) / sum(parts))
)


def left_to_right(parts: list[float]) -> list[float]:
    total = 0.0
    for part in parts:
        total += part
    return [part / total for part in parts]


def by_hand(scores: list[float], choice: Choice) -> list[float]:
    """Follow rules 1 to 3 of the contract with plain loops, as a script would."""
    indices, largest = range(len(scores)), max(scores)
    if choice.temperature == 0:
        found = [float(k == scores.index(largest)) for k in indices]
    else:
        heat = choice.temperature
        found = left_to_right([math.exp((o - largest) / heat) for o in scores])
    if choice.top_k is not None:
        kept = sorted(indices, key=lambda k: (-found[k], k))[: choice.top_k]
        found = left_to_right([found[k] if k in kept else 0.0 for k in indices])
    if choice.nucleus is not None:
        kept, total = [], 0.0
        for k in sorted(indices, key=lambda k: (-found[k], k)):
            if kept and choice.nucleus < 1 and total >= choice.nucleus - 1e-12:
                break
            kept.append(k)
            total += found[k]
        found = left_to_right([found[k] if k in kept else 0.0 for k in indices])
    return found


def drawn_by_hand(distribution: Array, uniform: float) -> int:
    total = 0.0
    for index, share in enumerate(distribution):
        total += share
        if total > uniform:
            return index
    return max(k for k, share in enumerate(distribution) if share > 0)


def support(distribution: Array) -> set[int]:
    return set(np.flatnonzero(distribution).tolist())


# Temperature


@pytest.mark.parametrize(
    ("temperature", "wanted"),
    [
        (1, [1 / 6, 2 / 6, 3 / 6]),
        (0.5, [1 / 14, 4 / 14, 9 / 14]),  # the squares
        (1 / 3, [1 / 36, 8 / 36, 27 / 36]),  # the cubes
        (0, [0, 0, 1]),
    ],
)
def test_a_temperature_raises_the_probabilities_to_a_power(temperature, wanted):
    found = tempered(np.log([1.0, 2.0, 3.0]), temperature)
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_at_temperature_0_the_first_of_equals_has_everything():
    assert tempered([1, 3, 2, 3], 0).tolist() == [0, 1, 0, 0]
    assert tempered([1, 3, 2, 3], 1e-300).tolist() == [0, 0.5, 0, 0.5]


@given(logits, temperatures)
def test_a_tempered_distribution_adds_up_to_1_and_keeps_the_order(scores, temperature):
    before = scores.copy()
    found = tempered(scores, temperature)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1, abs=1e-14)
    assert np.all(np.diff(found[np.argsort(scores)]) >= 0)
    np.testing.assert_array_equal(scores, before)  # the caller's array is left alone
    # Only differences of logits count.
    shifted = tempered(scores + 7.5, temperature)
    np.testing.assert_allclose(shifted, found, rtol=1e-11, atol=1e-14)


@given(logits, temperatures, temperatures)
def test_heat_takes_from_the_most_probable(scores, one, other):
    cold, hot = sorted([one, other])
    assert tempered(scores, cold).max() >= tempered(scores, hot).max() - 1e-14


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=12))
def test_cold_is_greedy_and_hot_is_uniform(scores):
    largest = np.array(scores) == max(scores)
    cold, hot = tempered(scores, 1e-3), tempered(scores, 1e15)
    np.testing.assert_allclose(cold, largest / largest.sum(), rtol=1e-14)
    np.testing.assert_allclose(hot, 1 / len(scores), rtol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("temperature", [0, 5e-324, 1e-3, 1, 1e300])
@pytest.mark.parametrize("scores", [[1e308, -1e308, 0], [-1e308, 5e4], [1e5, 1e5]])
def test_nothing_overflows(scores, temperature):
    found = tempered(scores, temperature)
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1)


# Top-k

UNEQUAL = [0.1, 0.4, 0.2, 0.3]


@pytest.mark.parametrize(
    ("k", "wanted"),
    [
        (1, [0, 1, 0, 0]),
        (2, [0, 4 / 7, 0, 3 / 7]),
        (3, [0, 4 / 9, 2 / 9, 3 / 9]),
        (4, UNEQUAL),
        (99, UNEQUAL),
    ],
)
def test_the_k_most_probable_share_what_there_is(k, wanted):
    np.testing.assert_allclose(top_k(UNEQUAL, k), wanted, rtol=1e-14)


def test_of_equals_the_lower_index_stays():
    np.testing.assert_allclose(top_k([0.2, 0.4, 0.2, 0.2], 2), [1 / 3, 2 / 3, 0, 0])
    # Long enough for a sort that is not stable to mix them up; the odd ones come first.
    many = np.array([1, 2] * 100) / 300
    wanted = set(range(1, 200, 2)) | set(range(0, 100, 2))
    assert support(top_k(many, 150)) == wanted
    assert support(nucleus(many, 250 / 300)) == wanted


@given(distributions, st.integers(1, 12))
def test_top_k_grows_with_k(probabilities, k):
    few, more = top_k(probabilities, k), top_k(probabilities, k + 1)
    assert few.sum() == pytest.approx(1, abs=1e-14)
    assert len(support(few)) == min(k, len(support(probabilities)))
    assert support(few) <= support(more) <= support(probabilities)
    kept, left = (probabilities[(few > 0) == side] for side in (True, False))
    assert kept.min() >= left.max(initial=0)
    np.testing.assert_allclose(few[few > 0] * kept.sum(), kept, rtol=1e-14)


# The nucleus


@pytest.mark.parametrize(
    ("p", "wanted"),
    [
        (0, [0, 1, 0, 0]),
        (0.4, [0, 1, 0, 0]),
        (0.41, [0, 4 / 7, 0, 3 / 7]),
        (0.7, [0, 4 / 7, 0, 3 / 7]),
        (0.9, [0, 4 / 9, 2 / 9, 3 / 9]),  # 0.4 + 0.3 + 0.2 is a little below 0.9
        (0.91, UNEQUAL),
        (1, UNEQUAL),
    ],
)
def test_the_smallest_set_that_reaches_a_share_is_kept(p, wanted):
    np.testing.assert_allclose(nucleus(UNEQUAL, p), wanted, rtol=1e-14)


def test_a_nucleus_of_1_drops_nothing_however_rare():
    rare = [1.0, 1e-17, 1e-30]
    assert support(nucleus(rare, 1)) == {0, 1, 2}
    assert support(nucleus(rare, 1 - 1e-9)) == {0}


@given(distributions, shares, shares)
def test_a_nucleus_grows_with_its_share_and_is_the_smallest(probabilities, one, other):
    p, larger = sorted([one, other])
    found = nucleus(probabilities, p)
    assert found.sum() == pytest.approx(1, abs=1e-14)
    assert support(found) <= support(nucleus(probabilities, larger))
    kept = probabilities[found > 0]
    left = probabilities[found == 0]
    assert kept.min() >= left.max(initial=0)
    assert kept.sum() >= p - 2e-12
    assert len(kept) == 1 or kept.sum() - kept.min() < p
    np.testing.assert_allclose(found[found > 0] * kept.sum(), kept, rtol=1e-14)


# Choices


def test_a_plain_choice_is_the_nets_own_distribution():
    scores = np.log(UNEQUAL)
    np.testing.assert_allclose(Choice().distribution(scores), UNEQUAL, rtol=1e-14)
    assert GREEDY.distribution(scores).tolist() == [0, 1, 0, 0]
    assert Choice(temperature=0) == GREEDY


def test_the_order_is_temperature_then_top_k_then_nucleus():
    scores = np.log(UNEQUAL)
    # Squares: 1, 16, 4, 9 of 30. Top 3: 16, 4, 9 of 29. Share 0.8: 16 + 9 = 25 of 29.
    choice = Choice(temperature=0.5, top_k=3, nucleus=0.8)
    wanted = [0, 16 / 25, 0, 9 / 25]
    np.testing.assert_allclose(choice.distribution(scores), wanted, rtol=1e-13)
    # Any other order would tell: 0.85 needs three of the squares (25 of 30 is less),
    # or three of the plain ones, but only two once the top 3 have been shared out.
    found = Choice(temperature=0.5, top_k=3, nucleus=0.85).distribution(scores)
    assert support(found) == {1, 3}
    assert support(Choice(0.5, nucleus=0.85).distribution(scores)) == {1, 2, 3}
    assert support(Choice(1, top_k=3, nucleus=0.85).distribution(scores)) == {1, 2, 3}


choices = st.builds(
    Choice,
    temperature=st.just(0.0) | temperatures,
    top_k=st.none() | st.integers(1, 12),
    nucleus=st.none() | shares,
)
# Quarters, so that two exponentials are equal or far apart on every machine.
quarters = st.lists(st.integers(-40, 40).map(lambda n: n / 4), min_size=1, max_size=12)


@given(quarters, choices, seeds)
def test_plain_loops_that_follow_the_contract_choose_the_same(scores, choice, seed):
    found, wanted = choice.distribution(scores), by_hand(scores, choice)
    np.testing.assert_allclose(found, wanted, rtol=1e-13)
    uniform = Generator(seed).uniform()
    assert draw(found, uniform) == drawn_by_hand(np.array(wanted), uniform)


def test_a_choice_never_changes():
    with pytest.raises(FrozenInstanceError):
        GREEDY.temperature = 1  # type: ignore[misc]


# Drawing


@pytest.mark.parametrize(
    ("distribution", "uniform", "index"),
    [
        ([0.25, 0.5, 0.25], 0, 0),
        ([0.25, 0.5, 0.25], 0.25 - 2**-53, 0),
        ([0.25, 0.5, 0.25], 0.25, 1),  # must be exceeded, not reached
        ([0.25, 0.5, 0.25], 0.75, 2),
        ([0.25, 0.5, 0.25], ALMOST_1, 2),
        ([0, 0, 1], 0, 2),
        ([0, 0.5, 0, 0.5, 0], 0, 1),
        ([0, 0.5, 0, 0.5, 0], 0.5, 3),
        ([0, 0.5, 0, 0.5, 0], ALMOST_1, 3),
        ([1], 0.5, 0),
    ],
)
def test_the_first_index_whose_sum_exceeds_the_number(distribution, uniform, index):
    assert draw(distribution, uniform) == index


def test_where_rounding_leaves_a_gap_the_last_possible_index_is_drawn():
    tenths = [0.1] * 10
    assert np.cumsum(tenths)[-1] == ALMOST_1  # not above it
    assert draw(tenths, ALMOST_1) == 9
    assert draw([*tenths, 0, 0], ALMOST_1) == 9


@given(distributions, uniforms)
def test_a_draw_is_possible_and_that_of_a_plain_loop(distribution, uniform):
    index = draw(distribution, uniform)
    assert type(index) is int
    assert distribution[index] > 0
    assert index == drawn_by_hand(distribution, uniform)


# Bad input


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -0.1}, "temperature must be a finite number of at least 0, b"),
        ({"temperature": math.inf}, "temperature must be a finite number of at least"),
        ({"temperature": "1"}, "temperature must be a finite number of at least 0, b"),
        ({"top_k": 0}, "top_k must be a whole number of at least 1, but 0 was"),
        ({"top_k": 2.5}, "top_k must be a whole number of at least 1, but 2.5 was"),
        ({"nucleus": 1.1}, "nucleus must be a finite number of at least 0 and at most"),
        ({"nucleus": -0.1}, "nucleus must be a finite number of at least 0 and at mo"),
    ],
)
def test_a_bad_setting_gets_one_sentence(settings, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        Choice(**settings)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_bad_arguments_get_one_sentence_too():
    for call, message in (
        (lambda: tempered([0, 1], -1), "^temperature must be a finite number of at l"),
        (lambda: tempered([0, math.nan], 1), "^logits must hold finite numbers, but 1"),
        (lambda: tempered([[0, 1]], 1), r"^logits must have the shape \(V\), but an"),
        (lambda: tempered([], 1), "^logits is empty"),
        (lambda: top_k(UNEQUAL, 0), "^k must be a whole number of at least 1, but 0"),
        (lambda: nucleus(UNEQUAL, 1.5), "^p must be a finite number of at least 0 and"),
        (lambda: top_k([0.5, 0.4], 1), "^probabilities must be at least 0 and add up"),
        (lambda: nucleus([1.5, -0.5], 1), "^probabilities must be at least 0 and add"),
        (lambda: draw([3.0, -1.0], 0), "^distribution must be at least 0 and add up"),
        (lambda: draw([0.5, 0.5], 1.0), "^uniform must be a number of at least 0 and"),
        (lambda: draw([0.5, 0.5], -0.1), "^uniform must be a finite number of at lea"),
        (lambda: draw([0.5, 0.5], math.nan), "^uniform must be a finite number of at"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
