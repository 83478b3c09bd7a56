"""Characters as numbers: a fixed order, unknown ones by choice, and back again."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.tasks.vocabulary import MARK, Vocabulary, checked_indices

# Some of many scripts, two beyond 16 bits, and a lone half of a pair.
texts = st.text(st.sampled_from("ab \n不分开é\U0001f3b5\U00020000\ud800" + MARK))


# The order


def test_characters_are_sorted_by_code_point():
    vocabulary = Vocabulary.of("不分开, ab\nba\U0001f3b5")
    assert vocabulary.characters == "\n ,ab不分开\U0001f3b5"
    assert len(vocabulary) == 9
    assert vocabulary.encode("a不a").tolist() == [3, 5, 3]
    assert vocabulary.decode([6, 7]) == "分开"
    assert vocabulary.index("\n") == 0


def test_two_processes_number_the_characters_alike():
    code = (
        "from unrolled.tasks.vocabulary import Vocabulary;"
        "print(ascii(Vocabulary.of('the quick brown fox').characters))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert told == {repr(" bcefhiknoqrtuwx") + "\n"}


@given(texts.filter(bool))
def test_each_character_of_the_text_has_one_number(text):
    vocabulary = Vocabulary.of(text)
    assert list(vocabulary.characters) == sorted(set(text))
    assert vocabulary == Vocabulary.of(text[::-1] + text)
    for number, character in enumerate(vocabulary.characters):
        assert vocabulary.index(character) == number
        assert character in vocabulary


# There and back


@given(texts, st.sampled_from(["refuse", "mark"]))
def test_decoding_undoes_encoding(text, unknown):
    vocabulary = Vocabulary.of(text + "a", unknown)
    indices = vocabulary.encode(text)
    assert indices.dtype == np.int64
    assert indices.shape == (len(text),)
    assert vocabulary.decode(indices) == text


@given(texts, texts)
def test_unknown_characters_share_the_mark(known, text):
    vocabulary = Vocabulary.of("a" + known, unknown="mark")
    expected = [c if c in {"a", *known} - {MARK} else MARK for c in text]
    indices = vocabulary.encode(text)
    assert vocabulary.decode(indices) == "".join(expected)
    assert all((indices == len(vocabulary) - 1) == [c == MARK for c in expected])


def test_the_mark_is_one_entry_more_and_the_last():
    plain, marking = Vocabulary.of("cab"), Vocabulary.of("cab", unknown="mark")
    assert marking.characters == plain.characters + MARK
    assert (len(plain), len(marking)) == (3, 4)
    assert marking.index("z") == marking.index(MARK) == 3
    # A character above and below all of the known ones, and one in between:
    assert marking.encode("z!bB").tolist() == [3, 3, 1, 3]
    assert "z" not in marking
    assert MARK not in marking
    assert Vocabulary.of("\ud7ff\U00010000", "mark").encode(MARK).tolist() == [2]


def test_only_single_characters_are_in_a_vocabulary():
    vocabulary = Vocabulary.of("abc")
    assert "b" in vocabulary
    assert "ab" not in vocabulary
    assert "" not in vocabulary
    assert 0 not in vocabulary


# How it shows itself


def test_a_vocabulary_shows_its_size_and_its_first_characters():
    small = Vocabulary.of("hello", unknown="mark")
    assert repr(small) == "Vocabulary(5 entries: 'ehlo', unknown='mark')"
    many = Vocabulary("".join(map(chr, range(0x4E00, 0x4E00 + 1027))))
    assert repr(many).startswith("Vocabulary(1,027 entries: '一丁")
    assert len(repr(many)) < 70


def test_equal_vocabularies_are_equal_keys_and_cannot_be_changed():
    vocabulary = Vocabulary.of("hello")
    assert {vocabulary: 1}[Vocabulary.of("olleh")] == 1
    assert vocabulary != Vocabulary.of("hello", unknown="mark")
    with pytest.raises(AttributeError):
        vocabulary.characters = "abc"  # type: ignore[misc]


# Bad input


VOCABULARY = Vocabulary.of("hello")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: VOCABULARY.encode("hell开!"),
            r"text has the character '开' \(U\+5F00\) at position 4, counted from 0,",
        ),
        (lambda: VOCABULARY.index("x"), r"text has the character 'x' \(U\+0078\) at"),
        (lambda: VOCABULARY.index("he"), r"character must be a single one, but 'he'"),
        (lambda: VOCABULARY.index(""), r"character must be a single one, but ''"),
        (lambda: VOCABULARY.decode([0, 4]), r"indices must be from 0 to 3, but 4 was"),
        (
            lambda: VOCABULARY.decode([1, -1]),
            r"indices must be .* but -1 .* position 1",
        ),
        (lambda: VOCABULARY.decode([0.0]), r"indices must hold whole numbers, but flo"),
        (lambda: VOCABULARY.decode([True]), r"indices must hold whole numbers, but bo"),
        (lambda: VOCABULARY.decode("he"), r"indices must hold whole numbers"),
        (lambda: VOCABULARY.decode([[0], [1, 2]]), r"indices must hold whole numbers"),
        (lambda: VOCABULARY.decode([[0, 1]]), r"indices must have the shape \(N,\)"),
        (lambda: Vocabulary.of(""), r"text must have at least one character"),
        (lambda: Vocabulary.of(MARK, "mark"), r"text must have at least one character"),
        (lambda: Vocabulary.of("a", "skip"), r"unknown must be 'refuse' or 'mark'"),
        (lambda: Vocabulary("ba"), r"characters must be sorted by code point"),
        (lambda: Vocabulary("aab"), r"characters must be sorted by code point"),
        (lambda: Vocabulary(""), r"characters must be sorted by code point"),
        (lambda: Vocabulary(MARK, "mark"), r"characters must be sorted by code point"),
        (lambda: Vocabulary("ab", "mark"), r"characters must end in U\+FFFD"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        call()
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_place_in_many_axes_is_told_in_full():
    with pytest.raises(ValueError, match=r"but 7 was given at position \(1, 0\);"):
        checked_indices("indices", [[0, 1], [7, 2]], 7)
    with pytest.raises(ValueError, match=r"must be at least 0, but -2 was given"):
        checked_indices("indices", [3, -2])


def test_numbers_are_copied():
    numbers = np.array([1, 2], np.int64)
    checked_indices("indices", numbers, 3)[0] = 0
    assert numbers.tolist() == [1, 2]
