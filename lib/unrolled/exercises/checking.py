"""The machinery of the checks: verdicts, hints, and the register of exercises."""

from __future__ import annotations

import importlib
import itertools
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

Checker = Callable[[Any], None]

Mistakes = dict[str, tuple[Sequence[Any], str]]
"""By the short name of a mistake: what it can make of the example, and the hint."""

CHAPTERS = {
    "theory": ["theory"],
    "linear": ["linear_rnn"],
    "echo": ["echo_rnn"],
    "char": ["char_lm", "char_lm_trained"],
    "mnist": ["mnist_lstm", "mnist_lstm_read"],
}
"""Which modules hold the exercises whose names begin with the key."""

_checkers: dict[str, Checker] = {}


@dataclass(frozen=True)
class Verdict:
    """The answer to an attempt.

    Attributes:
        exercise: Name of the exercise, for example ``"theory-1"``.
        passed: Whether the attempt is right.
        hint: Short name of the mistake; ``"unstarted"`` where nothing was tried, empty
            where the attempt is right.
        message: What the learner reads.
    """

    exercise: str
    passed: bool
    hint: str
    message: str

    def __repr__(self) -> str:
        """Show the learner the message alone, in lines that fit a page."""
        return textwrap.fill(self.message, width=76)


class HintError(Exception):
    """Raised by a check that has found a mistake."""

    def __init__(self, hint: str, message: str) -> None:
        """Keep the mistake's short name and what the learner is told."""
        super().__init__(message)
        self.hint = hint
        self.message = message


def exercise(name: str) -> Callable[[Checker], Checker]:
    """Register a check under the exercise's name."""

    def register(checker: Checker) -> Checker:
        _checkers[name] = checker
        return checker

    return register


def names() -> list[str]:
    """Return the names of all exercises, in order."""
    for module in itertools.chain.from_iterable(CHAPTERS.values()):
        importlib.import_module(f"unrolled.exercises.{module}")
    return sorted(_checkers, key=_chapter_and_number)


def _chapter_and_number(name: str) -> tuple[str, int]:
    """Order exercises by number, not by letters: theory-2 comes before theory-10."""
    chapter, _, number = name.rpartition("-")
    return chapter, int(number) if number.isdigit() else 0


def check(name: str, attempt: Any) -> Verdict:
    """Say whether an attempt at an exercise is right.

    Args:
        name: The exercise, for example ``"theory-1"``.
        attempt: A number, an array or a function, as the exercise asks.

    Raises:
        ValueError: If there is no such exercise.
    """
    if name not in names():
        raise ValueError(
            f"name must be one of {', '.join(names())}, but {name!r} was given."
        )
    try:
        demand_started(attempt)
        _checkers[name](attempt)
    except HintError as mistake:
        passed, hint, message = False, mistake.hint, mistake.message
    else:
        passed, hint, message = True, "", "That is right."
    return Verdict(name, passed, hint, f"Exercise {name}: {message}")


def demand_started(value: Any) -> None:
    """Raise the friendly hint if ``value`` is still the empty attempt."""
    if value is None or value is Ellipsis:
        raise HintError(
            "unstarted",
            "not started yet. Replace the dots with your attempt and run the cell "
            "again; a wrong try costs nothing.",
        )


def call(attempt: Any, *arguments: Any) -> Any:
    """Call a learner's function and turn what goes wrong in it into a hint.

    Arrays are handed over as copies, so that a function which changes its arguments
    harms nobody. What overflows or is divided by zero shows in the result, without a
    warning on the page.
    """
    if not callable(attempt):
        raise HintError(
            "no-function",
            f"a function is asked for, but this is a {type(attempt).__name__}. Pass "
            f"the function itself, without calling it.",
        )
    given = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    try:
        with np.errstate(all="ignore"):
            result = attempt(*given)
    except HintError:
        raise
    except Exception as error:  # whatever a learner's code raises, it is answered
        raise HintError(
            "raised",
            f"your function stopped with {type(error).__name__}: "
            f"{str(error).removesuffix('.')}.",
        ) from None
    demand_started(result)
    return result


def as_numbers(value: Any, shape: tuple[int, ...], what: str = "the result") -> Any:
    """Return ``value`` as floats of ``shape``, or raise a hint that says why not."""
    try:
        given = np.asarray(value)
        _demand_real_numbers(given, what)
        array = np.asarray(given, dtype=np.float64)
    except OverflowError:
        raise HintError(
            "too-large",
            f"{what} should stay within the range of floats, up to 1.8e308, but it "
            f"holds a number beyond.",
        ) from None
    except (TypeError, ValueError):
        raise HintError(
            "no-number", f"{what} should be numbers, but it is {type(value).__name__}."
        ) from None
    if array.shape != shape:
        wanted = "a single number" if shape == () else f"of shape {shape}"
        raise HintError(
            "shape", f"{what} should be {wanted}, but its shape is {array.shape}."
        )
    if not np.isfinite(array).all():
        raise HintError("not-finite", f"{what} holds NaN or infinity.")
    return array


def is_group(value: Any, size: int) -> bool:
    """Say whether ``value`` is a tuple, list or array of ``size`` parts."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return False
    return isinstance(value, (tuple, list, np.ndarray)) and len(value) == size


def parts(value: Any, *names: str) -> list[Any]:
    """Return the parts of a tuple, list or array that should have one for each name."""
    if not is_group(value, len(names)):
        given = type(value).__name__
        if isinstance(value, (tuple, list)) or np.ndim(value):
            given = f"{given} of length {len(value)}"
        raise HintError(
            "parts",
            f"{len(names)} things are asked for, in the order ({', '.join(names)}), "
            f"but a {given} came.",
        )
    for part in value:
        demand_started(part)
    return list(value)


def axes(value: Any) -> tuple[int, ...]:
    """Return the shape of anything; of what has none, the shape of a number."""
    try:
        return np.shape(value)
    except ValueError:  # lists of unequal lengths
        return ()


def _demand_real_numbers(given: Any, what: str) -> None:
    """Raise a hint if an array holds what NumPy would turn into floats unasked."""
    if any(isinstance(entry, str | bytes) for entry in given.flat):
        raise HintError(
            "no-number",
            f"{what} should be numbers, but it holds text; write numbers without "
            f"quotation marks.",
        )
    if np.iscomplexobj(given):
        raise HintError(
            "no-number", f"{what} should be real numbers, but it is complex."
        )


def close(value: ArrayLike, wanted: ArrayLike, relative: float = 1e-6) -> bool:
    """Say whether two results agree to a relative error (and 1e-9 near zero)."""
    return bool(np.allclose(value, wanted, rtol=relative, atol=1e-9))


def close_in_32_bits(value: ArrayLike, wanted: ArrayLike) -> bool:
    """Say whether two results agree as closely as 32-bit floats can."""
    return bool(np.allclose(value, wanted, rtol=1e-5, atol=1e-6))


def compare(
    result: Any,
    wanted: Any,
    mistakes: Mapping[str, tuple[Sequence[Any], str]],
    otherwise: str,
    agree: Callable[[Any, Any], bool] = close,
) -> None:
    """Accept the right result; answer a known mistake with its hint.

    Args:
        result: What the learner gave, already read as numbers.
        wanted: The right result.
        mistakes: What the usual mistakes lead to, first match first.
        otherwise: The hint for a result that no known mistake explains.
        agree: Says whether a result is as good as another.
    """
    if agree(result, wanted):
        return
    for name, (results, message) in mistakes.items():
        if any(agree(result, wrong) for wrong in results):
            raise HintError(name, message)
    raise HintError("other", otherwise)
