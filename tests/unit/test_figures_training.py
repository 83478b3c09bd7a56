"""The picture that stands in for a run, and its words."""

import numpy as np
import pytest

from unrolled.views.figures.training import in_words, is_logarithmic, loss_curve

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
