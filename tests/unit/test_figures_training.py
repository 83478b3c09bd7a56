"""The picture that stands in for a run, and its words."""

import numpy as np
import pytest

from unrolled.views.figures.training import (
    LETTERS_IN_A_LINE,
    MOST_LINES,
    can_be_drawn,
    in_words,
    is_logarithmic,
    loss_curve,
)

STEPS = np.arange(200)
FALLING = 10.0 * 0.97**STEPS


def test_a_curve_is_drawn_with_how_the_run_ended():
    drawing = loss_curve(STEPS, FALLING, "stopped", "a run")
    (axes,) = drawing.figure.axes
    assert axes.get_yscale() == "log"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("update", "loss")
    assert axes.get_title(loc="left") == "a run"
    assert [text.get_text() for text in axes.texts] == ["stopped"]
    line, end = axes.lines
    np.testing.assert_array_equal(line.get_ydata(), FALLING)
    assert end.get_ydata()[0] == FALLING[-1]
    assert (
        drawing._repr_svg_()
        == loss_curve(STEPS, FALLING, "stopped", "a run")._repr_svg_()
    )


def test_what_is_not_finite_is_left_out():
    losses = FALLING.copy()
    losses[[0, 7, -1]] = np.nan, np.inf, -np.inf
    (axes,) = loss_curve(STEPS, losses, "failed", "").figure.axes
    assert len(axes.lines[0].get_ydata()) == 197


def test_a_run_without_losses_is_drawn_too():
    nothing = np.zeros(0)
    assert "<svg" in loss_curve(STEPS[:0], nothing, "failed", "")._repr_svg_()
    words = in_words(STEPS[:0], nothing, "failed", "a run")
    assert words == "a run: the run failed without a loss to draw."


def test_the_words_say_what_the_picture_shows():
    losses = np.array([10.0, 0.1, 5.0, np.nan])
    assert in_words(np.array([0, 5, 10, 15]), losses, "stopped", "a run") == (
        "a run: the loss at 4 updates on a logarithmic axis. It begins at 10 and is 5 "
        "at update 10, where the run stopped; its least value is 0.1."
    )


def lines_below(text: str) -> list[str]:
    """Return what stands below the curve of a run whose net wrote a text."""
    figure = loss_curve(STEPS, FALLING, "finished", "a run", ("We part", text)).figure
    lines = [line for axes in figure.axes[1:] for line in axes.texts]
    assert not any(line.get_parse_math() for line in lines), "$ is a character"
    return [line.get_text() for line in lines]


def test_what_the_net_wrote_stands_below_the_curve():
    head = "given “We part”, the net wrote in the end:"
    assert lines_below(" and $it$ rains_{1}\non") == [
        *(head, " and $it$ rains_{1}", "on")
    ]
    many = lines_below("so it is and so it rains " * 16)
    assert (len(many), many[-1]) == (MOST_LINES, "…")
    assert all(len(line) <= LETTERS_IN_A_LINE for line in many)


def test_a_text_without_letters_for_it_is_left_to_the_words():
    assert can_be_drawn("Where the rain\nfalls, “é”")
    for text in ("雨 rain", "\0", "a\tb"):
        assert not can_be_drawn(text)
        assert lines_below(text) == []
    assert lines_below("") == []
    words = in_words(STEPS, FALLING, "finished", "a run", ("分开", "雨\n还在"))
    assert words.endswith(" Given “分开”, the net wrote in the end: “雨\n还在”.")
    nothing = np.zeros(0)
    words = in_words(STEPS[:0], nothing, "stopped", "a run", ("a", "b"))
    assert words.endswith("draw. Given “a”, the net wrote in the end: “b”.")
    assert "Given" not in in_words(STEPS, FALLING, "finished", "a run", ("a", ""))


@pytest.mark.parametrize(
    ("losses", "logarithmic"),
    [
        ([1, 30], True),
        ([1, 10], False),
        ([0, 30], False),
        ([-1, 30], False),
        ([], False),
    ],
)
def test_the_axis_is_logarithmic_where_losses_span_much(losses, logarithmic):
    assert is_logarithmic(np.array(losses, float)) is logarithmic
