"""The machinery of the checks: an attempt is answered, whatever it is."""

from typing import Any

import numpy as np
import pytest

from unrolled.exercises import Verdict, check, checking
from unrolled.exercises.checking import (
    HintError,
    as_numbers,
    call,
    close,
    demand_started,
    exercise,
    names,
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
