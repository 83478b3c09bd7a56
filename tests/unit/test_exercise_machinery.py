"""The machinery of the checks: an attempt is answered, whatever it is."""

from typing import Any

import numpy as np
import pytest

from unrolled.exercises import Verdict, check, checking
from unrolled.exercises.checking import (
    HintError,
    as_numbers,
    axes,
    call,
    close,
    close_in_32_bits,
    compare,
    demand_started,
    exercise,
    is_group,
    names,
    parts,
)


@pytest.fixture(autouse=True)
def one_exercise(monkeypatch):
    """Register an exercise of these tests' own, and none of the chapters'."""
    monkeypatch.setattr(checking, "CHAPTERS", {})
    monkeypatch.setattr(checking, "_checkers", {})

    @exercise("double-1")
    def check_double(attempt: Any) -> None:
        result = as_numbers(call(attempt, np.array([1.0, 2.0])), (2,))
        if close(result, [1.0, 2.0]):
            raise HintError("identity", "this returns its argument.")
        if not close(result, [2.0, 4.0]):
            raise HintError("wrong", "twice the argument is asked for.")


def hint(attempt: Any) -> str:
    return check("double-1", attempt).hint


def test_a_right_attempt_passes():
    verdict = check("double-1", lambda x: 2 * x)
    assert verdict == Verdict("double-1", True, "", "Exercise double-1: That is right.")


@pytest.mark.parametrize("attempt", [None, ..., lambda x: None, lambda x: ...])
def test_an_unstarted_attempt_gets_a_friendly_line(attempt):
    verdict = check("double-1", attempt)
    assert (verdict.passed, verdict.hint) == (False, "unstarted")
    assert "not started yet" in verdict.message


def test_a_mistake_gets_its_own_hint():
    assert hint(lambda x: x) == "identity"
    assert hint(lambda x: 3 * x) == "wrong"


def test_what_a_learner_reads_is_the_message_alone():
    verdict = check("double-1", lambda x: x)
    assert repr(verdict) == "Exercise double-1: this returns its argument."


def raising(error: BaseException):
    def attempt(x: Any) -> Any:
        raise error

    return attempt


@pytest.mark.parametrize(
    ("attempt", "wanted"),
    [
        (5.0, "no-function"),
        ([1, 2], "no-function"),
        ("lambda x: 2 * x", "no-function"),
        (raising(ValueError("shapes differ")), "raised"),
        (raising(RecursionError()), "raised"),
        (lambda: 1, "raised"),
        (lambda x: undefined_name, "raised"),  # noqa: F821
        (lambda x: "two", "no-number"),
        (lambda x: [[1], [1, 2]], "no-number"),
        (lambda x: {"a": 1}, "no-number"),
        (lambda x: object(), "no-number"),
        (lambda x: ["2", "4"], "no-number"),
        (lambda x: [2.0, "4"], "no-number"),
        (lambda x: [b"2", b"4"], "no-number"),
        (lambda x: np.array(["2", 4], dtype=object), "no-number"),
        (lambda x: x + 0j, "no-number"),
        (lambda x: [2, 10**400], "too-large"),
        (lambda x: -(10**400), "too-large"),
        (lambda x: 2.0, "shape"),
        (lambda x: 2 * x[:, None], "shape"),
        (lambda x: [np.nan, 1.0], "not-finite"),
        (lambda x: [np.inf, 1.0], "not-finite"),
    ],
)
def test_any_other_attempt_is_answered_and_never_raises(attempt, wanted):
    verdict = check("double-1", attempt)
    assert not verdict.passed
    assert verdict.hint == wanted
    assert verdict.message.startswith("Exercise double-1: ")
    assert verdict.message.endswith(".")
    assert "Traceback" not in verdict.message


def test_what_a_function_raised_is_told():
    message = check("double-1", raising(ValueError("shapes differ"))).message
    assert "ValueError: shapes differ" in message


def test_what_a_function_raised_ends_in_one_full_stop():
    message = check("double-1", raising(ValueError("shapes differ."))).message
    assert message.endswith("ValueError: shapes differ.")


@pytest.mark.filterwarnings("error")
def test_what_overflows_shows_in_the_result_and_not_as_a_warning():
    assert call(lambda x: np.exp(1e4 * x)[0] - np.log(0 * x)[0], np.ones(2)) == np.inf


def test_an_interrupt_is_not_taken_for_a_wrong_answer():
    with pytest.raises(KeyboardInterrupt):
        check("double-1", raising(KeyboardInterrupt()))


def test_a_function_that_changes_its_argument_harms_nobody():
    given = np.array([1.0, 2.0])

    def careless(x: Any) -> Any:
        x *= 2
        return x

    np.testing.assert_array_equal(call(careless, given), [2.0, 4.0])
    np.testing.assert_array_equal(given, [1.0, 2.0])


def test_names_are_sorted_and_registering_hands_the_check_back():
    def checker(attempt: Any) -> None:
        raise HintError("never", "nothing passes here.")

    assert exercise("add-1")(checker) is checker
    assert names() == ["add-1", "double-1"]
    assert check("add-1", 1).hint == "never"


def test_demanding_a_start_lets_every_real_attempt_through():
    for value in (0, 0.0, "", [], False, np.zeros(2)):
        demand_started(value)


@pytest.mark.parametrize(("value", "shape"), [(1, ()), ([1, 2], (2,)), ([[1]], (1, 1))])
def test_numbers_come_back_as_floats(value, shape):
    result = as_numbers(value, shape)
    assert result.dtype == np.float64
    assert result.shape == shape


def test_the_shape_of_a_single_number_is_told_in_words():
    with pytest.raises(HintError) as caught:
        as_numbers([1.0], (), "the loss")
    assert caught.value.message.startswith("the loss should be a single number")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (
            "3.5",
            "the loss should be numbers, but it holds text; write numbers without "
            "quotation marks.",
        ),
        (
            10**400,
            "the loss should stay within the range of floats, up to 1.8e308, but it "
            "holds a number beyond.",
        ),
        (2j, "the loss should be real numbers, but it is complex."),
        ({}, "the loss should be numbers, but it is dict."),
    ],
    ids=["text", "too large", "complex", "dict"],
)
def test_what_is_no_number_is_told_in_one_sentence(value, wanted):
    with pytest.raises(HintError) as caught:
        as_numbers(value, (), "the loss")
    assert caught.value.message == wanted


def test_closeness_is_relative_with_a_little_room_near_zero():
    assert close(1.0 + 1e-7, 1.0)
    assert not close(1.0 + 1e-5, 1.0)
    assert close(1e6 + 0.1, 1e6)
    assert close(1e-10, 0.0)
    assert not close(1e-8, 0.0)
    assert not close(np.nan, np.nan)


def test_32_bits_leave_more_room():
    assert close_in_32_bits(1.0 + 5e-6, 1.0)
    assert not close_in_32_bits(1.0 + 5e-5, 1.0)
    assert close_in_32_bits(1e-7, 0.0)


@pytest.mark.parametrize(
    ("value", "size", "wanted"),
    [
        ((1, 2), 2, True),
        ([1, 2], 2, True),
        (np.ones((2, 3)), 2, True),
        ([1, 2], 3, False),
        (np.array(2.0), 2, False),
        ("ab", 2, False),
        ({"a": 1, "b": 2}, 2, False),
        (2, 2, False),
    ],
)
def test_a_group_is_a_tuple_list_or_array_of_so_many(value, size, wanted):
    assert is_group(value, size) is wanted


def test_parts_come_back_as_a_list():
    assert parts(np.arange(2), "rows", "columns") == [0, 1]
    assert parts(("a", [1]), "rows", "columns") == ["a", [1]]


@pytest.mark.parametrize(
    ("value", "came"),
    [
        (3.0, "a float came"),
        ("ab", "a str came"),
        (np.array(1.0), "a ndarray came"),
        ([1], "a list of length 1 came"),
        (np.ones((3, 2)), "a ndarray of length 3 came"),
        ([[1], [1, 2], []], "a list of length 3 came"),
    ],
)
def test_a_wrong_number_of_parts_is_told(value, came):
    with pytest.raises(HintError) as caught:
        parts(value, "rows", "columns")
    assert caught.value.hint == "parts"
    assert f"in the order (rows, columns), but {came}." in caught.value.message


@pytest.mark.parametrize("empty", [None, ...])
def test_a_part_that_was_not_begun_is_told(empty):
    with pytest.raises(HintError) as caught:
        parts((1, empty), "rows", "columns")
    assert caught.value.hint == "unstarted"


def test_what_has_no_shape_has_that_of_a_number():
    assert axes(np.ones((2, 3))) == axes([[1] * 3] * 2) == (2, 3)
    assert axes([[1], [1, 2]]) == axes(object()) == axes("ab") == ()


MISTAKES = {
    "half": ([1.0], "half of it."),
    "sign": ([-2.0, -1.0], "the sign."),
    "never": ([-2.0], "hidden by the one before."),
}


@pytest.mark.parametrize(
    ("result", "hint"),
    [(1.0, "half"), (-2.0, "sign"), (-1.0, "sign"), (7.0, "other")],
)
def test_the_first_mistake_that_explains_a_result_is_told(result, hint):
    with pytest.raises(HintError) as caught:
        compare(result, 2.0, MISTAKES, "neither.")
    assert caught.value.hint == hint
    assert caught.value.message == MISTAKES.get(hint, (0, "neither."))[1]


def test_a_comparison_lets_the_right_result_through():
    compare(2.0 + 1e-7, 2.0, MISTAKES, "neither.")
    compare(np.ones(3), [1, 1, 1], {}, "neither.")


def test_a_comparison_may_be_told_what_agrees():
    compare(2.4, 2.0, MISTAKES, "neither.", agree=lambda a, b: abs(a - b) < 0.5)
    with pytest.raises(HintError, match=r"half of it\."):
        compare(1.2, 2.0, MISTAKES, "neither.", agree=lambda a, b: abs(a - b) < 0.5)
