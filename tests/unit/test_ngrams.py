"""Counting as a language model: by hand, against a slow second way, and at its limits.

The second way works on strings, sets and dictionaries, with recursion.
"""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import seeds

from unrolled.training.ngrams import FALLBACK, LEAST, NGram, UniformModel, discounts

BY_HAND = [0, 1, 0, 1, 0, 2, 0, 1, 0, 0]  # a b a b a c a b a a; d never comes


@st.composite
def fitted(draw: st.DrawFn, longest: int = 40) -> tuple[NGram, list[int]]:
    """Draw a model and the text that it was fitted to, down to one character."""
    size = draw(st.integers(1, 6))
    text = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=longest))
    return NGram.fit(text, draw(st.integers(1, 7)), size), text


def random_text(seed: int, length: int, size: int) -> np.ndarray:
    """Return a text in which some characters are frequent and runs are common."""
    generator = np.random.default_rng(seed)
    fresh = np.minimum(generator.geometric(0.3, length) - 1, size - 1)
    back = generator.integers(1, 5, length)
    text = fresh.copy()
    for place in np.flatnonzero(generator.random(length) < 0.5):
        text[place] = text[max(place - back[place], 0)]
    return text


# The second way


class SlowModel:
    """The formula of the module, letter by letter, on a string."""

    def __init__(self, text: str, order: int, alphabet: str) -> None:
        self.alphabet, self.order = alphabet, order
        self.counts: dict[str, int] = {}
        for length in range(1, order + 1):
            starts = range(len(text) - length + 1)
            if length == order:
                self.counts |= Counter(text[i : i + length] for i in starts)
                continue
            before: dict[str, set[str]] = {}
            for i in starts:
                left = text[i - 1] if i else "the beginning"
                before.setdefault(text[i : i + length], set()).add(left)
            self.counts |= {gram: len(left) for gram, left in before.items()}
        self.amounts = {n: self.estimate(n) for n in range(1, order + 1)}

    def estimate(self, length: int) -> tuple[float, ...]:
        n = Counter(c for gram, c in self.counts.items() if len(gram) == length)
        if not (n[1] and n[2] and n[3]):
            return FALLBACK
        y = n[1] / (n[1] + 2 * n[2])
        d = tuple(j - (j + 1) * y * n[j + 1] / n[j] for j in (1, 2, 3))
        return d if min(d) >= LEAST else FALLBACK

    def probability(self, character: str, context: str) -> float:
        context = context[max(len(context) - self.order + 1, 0) :]
        return self.recurse(character, context)

    def recurse(self, character: str, context: str) -> float:
        if context:
            lower = self.recurse(character, context[1:])
        else:
            lower = 1 / len(self.alphabet)
        here = [self.counts.get(context + other, 0) for other in self.alphabet]
        if sum(here) == 0:
            return lower
        amounts = (0.0, *self.amounts[len(context) + 1])
        taken = [amounts[min(c, 3)] for c in here]
        seen = self.alphabet.index(character)
        return (here[seen] - taken[seen] + sum(taken) * lower) / sum(here)


@given(seeds, st.integers(1, 5), st.integers(1, 150), st.integers(2, 6))
def test_the_model_agrees_with_a_slow_one_on_strings(seed, order, length, size):
    alphabet = "abcdef"[:size]
    text = random_text(seed, length, size)
    slow = SlowModel("".join(alphabet[i] for i in text), order, alphabet)
    model = NGram.fit(text, order, size)
    fresh = random_text(seed + 1, 12, size)
    string = "".join(alphabet[i] for i in fresh)
    wanted = [slow.probability(string[i], string[:i]) for i in range(len(string))]
    np.testing.assert_allclose(np.exp(-model.losses(fresh)), wanted, rtol=1e-9)
    for end in (0, 1, 3, 12):
        wanted = [slow.probability(character, string[:end]) for character in alphabet]
        given_shares = model.probabilities(fresh[:end])
        np.testing.assert_allclose(given_shares, wanted, rtol=1e-9)


def test_the_random_texts_reach_estimated_discounts_as_well_as_the_fallback():
    models = [NGram.fit(random_text(seed, 150, 6), 3, 6) for seed in range(20)]
    rare = [
        level.discounts.tolist() == list(FALLBACK) for m in models for level in m.levels
    ]
    assert any(rare)
    assert not all(rare)


# By hand


def test_a_bigram_model_of_ten_characters_by_hand():
    model = NGram.fit(BY_HAND, order=2, size=4)
    # Each of two levels is too small for an estimate: 1/2, 1 and 3/2 are taken. Before
    # a stand the beginning, b, c and a; before b and before c only a: 4 + 1 + 1 = 6.
    # Taken are 3/2 + 1/2 + 1/2 = 5/2; a quarter of 5/2 : 6 goes to each.
    lowest = np.array([25, 9, 9, 5]) / 48
    np.testing.assert_allclose(model.probabilities(), lowest, rtol=1e-12)
    # After a come b three times, a and c once: 5; 5/2 of them are handed on.
    after_a = np.array([0.5, 1.5, 0.5, 0]) / 5 + lowest / 2
    np.testing.assert_allclose(model.probabilities([0]), after_a, rtol=1e-12)
    # After b came a, three times; after c came a, once. After d nothing came.
    after_b, after_c = np.array([1.5 / 3, 0, 0, 0]), np.array([0.5, 0, 0, 0])
    np.testing.assert_allclose(model.probabilities([1]), after_b + lowest / 2)
    np.testing.assert_allclose(model.probabilities([2]), after_c + lowest / 2)
    np.testing.assert_allclose(model.probabilities([3]), lowest)
    shares = [lowest[0], after_a[1], (after_b + lowest / 2)[3], lowest[3]]
    np.testing.assert_allclose(model.losses([0, 1, 3, 3]), -np.log(shares))
    assert model.bits_per_character([0, 1, 3, 3]) == pytest.approx(
        -np.log2(shares).mean()
    )


def test_the_discounts_by_hand():
    # Ten n-grams were seen once, five twice, three three times and two four times:
    # Y = 10 / 20. What was seen oftener does not matter.
    counts = [1] * 10 + [2] * 5 + [3] * 3 + [4] * 2
    wanted = [1 - 2 * 0.5 * 5 / 10, 2 - 3 * 0.5 * 3 / 5, 3 - 4 * 0.5 * 2 / 3]
    np.testing.assert_allclose(discounts(counts), wanted)
    np.testing.assert_allclose(discounts([*counts, 5, 99, 100]), wanted)
    assert wanted == pytest.approx([0.5, 1.1, 5 / 3])


@pytest.mark.parametrize(
    "counts",
    [
        [2, 2, 3, 4],  # nothing once
        [1, 1, 3, 4],  # nothing twice
        [1, 2, 4],  # nothing three times
        [1, 1, 2, 3, 3, 3],  # 2 - 3 (1/2) (3/1) is below 0
        [1, 2, 3] + [4] * 9,  # 3 - 4 (1/3) 9 is below 0
        [1] + [2] * 60 + [3] * 30 + [4],  # 1 / 121 is above 0, but next to nothing
        [7],
    ],
)
def test_degenerate_counts_of_counts_get_the_fallback(counts):
    with np.errstate(all="raise"):
        assert discounts(counts).tolist() == [0.5, 1.0, 1.5]


@given(st.lists(st.integers(1, 8), min_size=1, max_size=60))
def test_a_discount_is_never_more_than_the_count(counts):
    amounts = discounts(counts)
    assert (amounts >= LEAST).all()
    assert (amounts <= [1, 2, 3]).all()


@given(fitted())
def test_order_one_is_the_relative_frequencies_smoothed(pair):
    model, text = pair
    single = NGram.fit(text, 1, model.size)
    counts = np.bincount(text, minlength=model.size)
    amounts = np.append(0, discounts(counts[counts > 0]))[np.minimum(counts, 3)]
    wanted = (counts - amounts + amounts.sum() / model.size) / len(text)
    np.testing.assert_allclose(single.probabilities([0, 0]), wanted, rtol=1e-12)
    np.testing.assert_allclose(single.losses(text), -np.log(wanted[text]), atol=1e-12)


def test_order_one_of_a_long_text_is_all_but_its_frequencies():
    text = np.repeat([0, 1, 2], [60_000, 30_000, 10_000])
    shares = NGram.fit(text, 1, 4).probabilities()
    np.testing.assert_allclose(shares, [0.6, 0.3, 0.1, 0], atol=1e-4)
    assert 0 < shares[3] < 1e-4


def test_lower_orders_count_surroundings_and_not_occurrences():
    # 1 comes often, but only after 0; 2 comes seldom, but after everything. After 3,
    # which is new, 2 is the better guess.
    text = [0, 1] * 20 + [2, 0, 2, 1, 2, 2]
    assert NGram.fit(text, 1, 4).probabilities()[1] > 0.4
    shares = NGram.fit(text, 2, 4).probabilities([3])
    assert shares[2] > shares[1]


# What holds for every text


@given(fitted(), st.lists(st.integers(0, 5), max_size=9))
def test_probabilities_add_up_to_one_and_none_is_zero(pair, raw):
    model, text = pair
    strange = [index % model.size for index in raw]
    for context in (strange, text, text[:-1], [], [text[-1]] * 8):
        shares = model.probabilities(context)
        assert shares.shape == (model.size,)
        assert shares.min() > 0
        assert shares.sum() == pytest.approx(1, abs=1e-12)


@given(fitted(), st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_losses_are_those_of_the_probabilities_and_finite(pair, raw):
    model, _ = pair
    text = [index % model.size for index in raw]
    losses = model.losses(text)
    wanted = [
        -math.log(model.probabilities(text[:i])[character])
        for i, character in enumerate(text)
    ]
    np.testing.assert_allclose(losses, wanted, atol=1e-12)
    assert (losses >= 0).all()
    assert np.isfinite(losses).all()
    mean = model.bits_per_character(text)
    assert mean == pytest.approx(losses.mean() / math.log(2), abs=1e-12)


@given(fitted(), st.lists(st.integers(0, 5), max_size=9))
def test_only_the_last_characters_of_a_context_count(pair, raw):
    model, text = pair
    kept = text[len(text) - model.order + 1 :] if model.order <= len(text) else text
    kept = kept if model.order > 1 else []
    longer = [index % model.size for index in raw] + kept
    if len(kept) == model.order - 1:
        np.testing.assert_array_equal(
            model.probabilities(longer), model.probabilities(kept)
        )


@given(fitted(), seeds)
def test_the_names_of_the_characters_do_not_matter(pair, seed):
    model, text = pair
    renamed = np.random.default_rng(seed).permutation(model.size)
    other = NGram.fit(renamed[text], model.order, model.size)
    np.testing.assert_allclose(
        other.probabilities(renamed[text])[renamed],
        model.probabilities(text),
        rtol=1e-12,
    )


def test_the_largest_order_on_the_dullest_text_stays_finite():
    model = NGram.fit(np.zeros(20_000, np.int64), 20, 70_000)
    losses = model.losses([0] * 25 + [1, 69_999])
    assert np.isfinite(losses).all()
    assert losses[24] < 0.01
    assert losses[25] > 30
    assert model.probabilities([0] * 30).sum() == pytest.approx(1)


def test_a_text_shorter_than_the_order_is_a_text():
    model = NGram.fit([1, 0], 6, 3)
    assert [len(level.keys) for level in model.levels] == [2, 1]
    assert model.probabilities([1])[0] > model.probabilities([1])[1]
    assert NGram.fit([0], 5, 1).losses([0, 0]).tolist() == [0, 0]


@pytest.mark.parametrize("order", [1, 3, 6])
def test_rounding_makes_no_loss_negative(order):
    for length in range(1, 100):
        only = [0] * length
        assert NGram.fit(only, order, 1).losses(only).min() >= 0


# What it is for


def chain(seed: int, length: int) -> np.ndarray:
    """Return a text whose next character depends on the two before it."""
    generator = np.random.default_rng(seed)
    likely = np.random.default_rng(1).integers(0, 8, (8, 8))
    text = [0, 0]
    for fresh in generator.integers(0, 8, length):
        known = generator.random() < 0.8
        text.append(int(likely[text[-2], text[-1]]) if known else int(fresh))
    return np.array(text)


# The entropy of the chain, in bits: the likely one has 0.825, each other one 0.025.
ENTROPY = -(0.825 * math.log2(0.825) + 7 * 0.025 * math.log2(0.025))


def test_a_trigram_model_finds_what_a_bigram_model_cannot_see():
    train, held_out = chain(2, 20_000), chain(3, 5_000)
    bits = [NGram.fit(train, n, 8).bits_per_character(held_out) for n in (1, 2, 3, 5)]
    uniform = UniformModel(8).bits_per_character(held_out)
    assert uniform == 3
    assert uniform > bits[0] > bits[1] > bits[2] + 0.5
    assert ENTROPY - 0.05 < bits[2] < ENTROPY + 0.05
    assert bits[3] < bits[2] + 0.15  # a longer context than needed costs little


def test_more_data_helps_held_out_and_training_text_does_not_become_absurd():
    whole, held_out = chain(4, 20_000), chain(5, 5_000)
    pairs = []
    for length in (100, 1_000, 20_000):
        model = NGram.fit(whole[:length], 4, 8)
        pairs.append([model.bits_per_character(t) for t in (whole[:length], held_out)])
    training, tested = np.transpose(pairs)
    assert tested[0] > tested[1] > tested[2]
    assert (training < tested + 0.05).all()  # it knows its own text better
    assert (training < 3).all()  # than by guessing
    assert (np.diff(tested - training) < 0).all()  # and the two come together
    assert training[2] > ENTROPY - 0.3


@given(fitted())
def test_a_text_that_was_seen_is_hardly_worse_than_guessed(pair):
    model, text = pair
    assert model.losses(text).mean() < math.log(model.size) + 0.3


def test_repeating_a_text_makes_it_certain():
    text = chain(6, 50)
    bits = [
        NGram.fit(np.tile(text, n), 5, 8).bits_per_character(text) for n in (1, 5, 50)
    ]
    assert bits[0] > bits[1] > bits[2]
    assert bits[2] < 0.5


@pytest.mark.parametrize("size", [1, 2, 65, 1027])
def test_the_uniform_model_knows_the_number_of_characters(size):
    model = UniformModel(size)
    shares = model.probabilities([0, size - 1])
    assert shares.shape == (size,)
    assert set(shares) == {1 / size}
    np.testing.assert_allclose(model.losses([0, 0, size - 1]), np.log(size))
    assert model.bits_per_character([0]) == pytest.approx(math.log2(size))


# Bad input


@pytest.mark.parametrize("model", [UniformModel(4), NGram.fit(BY_HAND, 2, 4)])
@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([0, 4], r"must be whole numbers from 0 to 3, as size is 4, but 4 was given"),
        ([-1, 0], r"must be whole numbers from 0 to 3, as size is 4, but -1 was given"),
        ([0.0, 1.0], r"must be whole numbers in an array with one axis, but one of"),
        (
            [[0, 1]],
            r"must be whole numbers in an array with one axis, but one of shape",
        ),
        ("abc", r"must be whole numbers in an array with one axis, but one of shape"),
        ([True, False], r"must be whole numbers in an array with one axis, but one of"),
    ],
)
def test_what_is_no_text_gets_one_sentence(model, indices, message):
    for ask in (model.losses, model.bits_per_character, model.probabilities):
        name = "context" if ask == model.probabilities else "indices"
        with pytest.raises(ValueError, match=rf"^{name} {message}") as caught:
            ask(indices)
        assert "\n" not in str(caught.value)
        assert str(caught.value).endswith(".")


@pytest.mark.parametrize("model", [UniformModel(4), NGram.fit(BY_HAND, 2, 4)])
def test_an_empty_text_has_no_loss_but_an_empty_context_is_one(model):
    with pytest.raises(ValueError, match=r"^indices must hold at least one character"):
        model.losses([])
    assert model.probabilities([]).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("indices", "order", "size", "message"),
    [
        (BY_HAND, 0, 4, r"order must be a whole number of at least 1, but 0 was given"),
        (BY_HAND, 2.0, 4, r"order must be a whole number of at least 1, but 2.0 was"),
        (BY_HAND, 21, 4, r"order must be at most 20, but 21 was given"),
        (BY_HAND, 2, 0, r"size must be a whole number of at least 1, but 0 was given"),
        (
            BY_HAND,
            2,
            2,
            r"indices must be whole numbers from 0 to 1, as size is 2, but",
        ),
        ([], 2, 4, r"indices must hold at least one character, but none was given"),
    ],
)
def test_a_bad_setting_gets_one_sentence(indices, order, size, message):
    with pytest.raises(ValueError, match=rf"^{message}"):
        NGram.fit(indices, order, size)


def test_the_uniform_model_needs_a_character():
    with pytest.raises(ValueError, match=r"^size must be a whole number of at least 1"):
        UniformModel(0)


def test_a_model_shows_its_order_and_size():
    assert repr(NGram.fit(BY_HAND, 2, 4)) == "NGram(order=2, size=4)"
    assert repr(UniformModel(4)) == "UniformModel(size=4)"


def test_the_text_is_left_alone_and_any_kind_of_whole_number_will_do():
    text = np.array(BY_HAND, np.uint8)
    before = text.copy()
    model = NGram.fit(text, 3, 4)
    wanted = NGram.fit(BY_HAND, 3, 4).losses(BY_HAND)
    np.testing.assert_array_equal(model.losses(text), wanted)
    np.testing.assert_array_equal(text, before)
