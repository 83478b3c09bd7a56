"""The figures of the character-model chapter: they show what was given, legibly."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle
from matplotlib.text import Text

from tests.unit import test_diagrams as legible
from unrolled.tasks import text as task
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.choosing import nucleus, tempered, top_k
from unrolled.views.figures import char_lm, char_lm_texts
from unrolled.views.figures.char_lm_characters import MOST_BARS
from unrolled.views.figures.char_lm_curves import MOST_POINTS, spread
from unrolled.views.figures.char_lm_texts import PER_LINE, broken, signs_of
from unrolled.views.figures.curves import COLOURS
from unrolled.views.figures.style import ORANGE, SKY, TARGET, Drawing

LYRICS = Path(__file__).parents[2] / "data" / "lyrics_en.txt"
SONG = LYRICS.read_text(encoding="utf-8")
HUNDRED = SONG[16:116].replace("\n", " ")
SHUFFLED = np.random.default_rng([3, 0]).permutation(16)
MATRIX = np.arange(15).reshape(5, 3) - 7.25
EPOCHS = np.arange(1, 61)
FALLING = 60 * 0.9**EPOCHS + 1.3
WAVE = np.sin(np.arange(590) / 7)
LOGITS = np.array([2.0, -1.0, 0.5, 3.0, 0.0, 1.0, -3.0, 0.25])

WINDOWS: dict[str, Callable[[], Drawing]] = {
    "rows": partial(char_lm.consecutive_windows, HUNDRED, 4, 6, 4),
    "rows-going-on": partial(char_lm.consecutive_windows, HUNDRED, 3, 8, 3),
    "one-row": partial(char_lm.consecutive_windows, HUNDRED[:36], 1, 35, 1),
    "examples": partial(char_lm.random_windows, HUNDRED, 6, 4, SHUFFLED),
    "long-examples": partial(char_lm.random_windows, HUNDRED, 33, 3, [2, 0, 1]),
    "look-up": partial(char_lm.look_up_figure, 2, MATRIX, "aehn "),
    "look-up-largest": partial(char_lm.look_up_figure, 5, -np.ones((6, 3))),
}
TEXTS: dict[str, Callable[[], Drawing]] = {
    "unit": partial(char_lm.unit_over_text, SONG[:590], WAVE, "unit 17"),
    "unit-zero": partial(char_lm.unit_over_text, "abc", np.zeros(3), "unit 17"),
    "saliency": partial(
        char_lm.saliency_over_text, SONG[:150], np.arange(150) ** 2.0, SONG[150]
    ),
}
LEVELS = {"uniform guess": 71.0, "RNN": 2.41, "GRU": 2.31, "LSTM": 2.29}
CURVES: dict[str, Callable[[], Drawing]] = {
    "orders": partial(
        char_lm.bits_by_order,
        *([1, 2, 3, 4], {"counting": np.array([4.4, 3.5, 2.9, 2.6])}, LEVELS),
    ),
    "held-out": partial(
        char_lm.training_and_held_out,
        EPOCHS,
        {"plain": (FALLING, FALLING + 4), "dropout 0.3": (FALLING + 2, FALLING + 3)},
        {"plain": 30, "dropout 0.3": 60},
        LEVELS,
    ),
    "samplings": partial(
        char_lm.two_samplings_curves,
        *(EPOCHS * 50, {"consecutive": FALLING, "random": FALLING * 2}),
        {"goal": 1.3, "uniform guess": 1027},
    ),
    "norms": partial(
        char_lm.norms_over_training,
        EPOCHS,
        {"clipped": FALLING, "not clipped": np.where(EPOCHS < 55, FALLING, np.nan)},
        0.01,
    ),
    "context": partial(
        char_lm.loss_by_context,
        *([1, 2, 4, 8], {"net": np.array([3.5, 3, 2.5, 2.2])}, {2: 3.6, 3: 3.1}),
    ),
    "temperatures": partial(
        char_lm.temperature_bars,
        "abcdefgh",
        [tempered(LOGITS, heat) for heat in (0.5, 1.0, 2.0)],
        (0.5, 1.0, 2.0),
        3,
        0.9,
    ),
}


def drawn(cases: dict[str, Callable[[], Drawing]]) -> pytest.MarkDecorator:
    """Run a test with each of some drawings."""
    return pytest.mark.parametrize("draw", cases.values(), ids=cases)


def texts(drawing: Drawing) -> list[Text]:
    found = drawing.figure.findobj(Text)
    return [text for text in found if text.get_text() and text.get_visible()]


def words(drawing: Drawing) -> list[str]:
    return [text.get_text() for text in texts(drawing)]


def only_axes(drawing: Drawing) -> Axes:
    (axes,) = drawing.figure.axes
    return axes


@drawn(WINDOWS | TEXTS)
def test_a_drawing_fits_the_page_and_can_be_read(draw):
    drawing = draw()
    legible.test_no_letter_is_tiny(drawing)
    legible.test_no_two_texts_overlap(drawing)
    legible.test_everything_is_on_the_sheet(drawing)
    legible.test_fits_the_page_and_is_transparent(drawing)


@drawn(WINDOWS)
def test_arrows_and_frames_keep_away_from_texts(draw):
    drawing = draw()
    legible.test_no_arrow_runs_through_a_text_or_a_node(drawing)
    legible.test_a_text_lies_inside_a_node_or_outside_it(drawing)
    legible.test_nodes_do_not_overlap(drawing)


@drawn(CURVES)
def test_the_words_of_a_curve_do_not_overlap(draw):
    drawing = draw()
    drawing.figure.draw_without_rendering()
    renderer = FigureCanvasAgg(drawing.figure).get_renderer()
    ticks = {
        id(tick)
        for axes in drawing.figure.axes
        for tick in [*axes.get_xticklabels(), *axes.get_yticklabels()]
    }
    kept = [text for text in texts(drawing) if id(text) not in ticks]
    boxes = [text.get_window_extent(renderer) for text in kept if text.get_text()]
    assert len(boxes) >= 3
    assert all(text.get_fontsize() >= 9.5 for text in kept)
    for one, other in combinations(boxes, 2):
        assert not legible.overlap(one, other, slack=0.5)


@drawn(WINDOWS | TEXTS | CURVES)
def test_the_file_is_the_same_twice_and_not_too_large(draw):
    svg = draw()._repr_svg_()
    assert draw()._repr_svg_() == svg
    assert len(svg) < 150_000


def test_the_longest_text_stays_below_what_is_promised():
    longest = char_lm_texts.MOST_CHARACTERS
    drawing = char_lm.unit_over_text(SONG[:longest], WAVE[np.arange(longest) % 590], "")
    assert len(drawing._repr_svg_()) < 220_000


# Windows


def batches(sampling: str, window: int, rows: int) -> tuple[list[str], list[str]]:
    """Return what the task reads and predicts in the first epoch, row by row."""
    vocabulary = Vocabulary.of(HUNDRED)
    read = task.Text(
        vocabulary.encode(HUNDRED), len(vocabulary), window, rows, sampling, seed=3
    )
    inputs, targets = read.epoch(0)
    return tuple(
        [
            vocabulary.decode(row[start : start + window]).replace(" ", "␣")
            for row in part
            for start in range(0, read.row_length, window)
        ]
        for part in (inputs, targets)
    )


def test_consecutive_windows_are_those_of_the_task():
    shown = words(char_lm.consecutive_windows(HUNDRED, 4, 6, 4))
    inputs, targets = batches("consecutive", 6, 4)
    pieces = [word for word in shown if len(word) == 6]
    assert [piece for piece in pieces if piece in inputs] == inputs
    assert [piece for piece in pieces if piece in targets[::4]] == targets[::4]
    assert [word for word in shown if len(word) == 25] == [
        HUNDRED[start : start + 25].replace(" ", "␣") for start in (0, 25, 50, 75)
    ]


def test_random_windows_are_the_shuffled_examples_of_the_task():
    shown = words(char_lm.random_windows(HUNDRED, 6, 4, SHUFFLED))
    inputs, _ = batches("random", 6, 4)
    pieces = [word for word in shown if len(word) == 6]
    by_batch = [inputs[4 * row + batch] for batch in range(4) for row in range(4)]
    assert pieces == [
        *(HUNDRED[start : start + 6].replace(" ", "␣") for start in range(0, 96, 6)),
        *by_batch,
    ]
    numbers = [word for word in shown if word.isdigit() and word != "0"]
    assert [int(number) - 1 for number in numbers] == [*range(16), *SHUFFLED]


def arrows(drawing: Drawing) -> int:
    patches = only_axes(drawing).patches
    return sum(isinstance(patch, FancyArrowPatch) for patch in patches)


@pytest.mark.parametrize(("windows", "count"), [(4, 12), (3, 12), (2, 9)])
def test_the_state_is_carried_along_each_row(windows, count):
    drawing = char_lm.consecutive_windows(HUNDRED, 3, 8, windows)
    assert words(drawing).count("0") == 3
    assert arrows(drawing) == count  # behind the last window, if there are more


def test_the_state_of_every_example_starts_at_zero():
    drawing = char_lm.random_windows(HUNDRED, 8, 5, np.arange(12))
    assert words(drawing).count("0") == arrows(drawing) == 10  # two do not fill a batch


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (partial(char_lm.consecutive_windows, HUNDRED, 4, 6, 5), "^windows must be at"),
        (partial(char_lm.consecutive_windows, HUNDRED, 0, 6, 4), "^rows must be"),
        (partial(char_lm.consecutive_windows, HUNDRED, 2, 9, 5), "do not fit side by"),
        (partial(char_lm.consecutive_windows, HUNDRED, 3, 6, 5), "do not fit side by"),
        (
            partial(char_lm.consecutive_windows, SONG[:161], 4, 6, 2),
            "characters in text",
        ),
        (partial(char_lm.consecutive_windows, "分开" * 20, 2, 6, 2), "none for '分'"),
        (partial(char_lm.random_windows, HUNDRED, 6, 17, SHUFFLED), "^batch must be"),
        (partial(char_lm.random_windows, HUNDRED, 6, 4, [0, 1]), "^order must hold"),
        (partial(char_lm.random_windows, HUNDRED, 6, 1, SHUFFLED), "do not fit side"),
        (partial(char_lm.look_up_figure, 5, MATRIX), "^index must be at most 4"),
        (partial(char_lm.look_up_figure, 0, np.eye(7, 3)), "rows of matrix must be"),
        (partial(char_lm.look_up_figure, 0, np.eye(4)), "columns of matrix must be"),
        (partial(char_lm.look_up_figure, 0, MATRIX, "abc"), "^characters must hold"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


# One character


def test_the_product_shows_the_row_that_is_picked():
    shown = words(char_lm.look_up_figure(2, MATRIX, "aehn "))
    row = [f"{value:.2f}".replace("-", "−") for value in task.one_hot(2, 5) @ MATRIX]
    assert all(shown.count(number) == 2 for number in row)
    ones = [word for word in shown if word in ("0", "1")]
    assert ones == ["0", "0", "1", "0", "0"]
    assert [shown.count(name) for name in "aehn␣"] == [2] * 5


def bars(axes: Axes) -> list[Rectangle]:
    return [bar for group in axes.containers for bar in group]


@pytest.mark.parametrize("mass", [0.0, 0.5, 0.9, 1.0])
def test_filled_bars_are_those_that_the_nucleus_keeps(mass):
    heats = [0.3, 1.0, 3.0]
    rows = [tempered(LOGITS, heat) for heat in heats]
    drawing = char_lm.temperature_bars("abcdefgh", rows, heats, 3, mass)
    for axes, row in zip(drawing.figure.axes, rows, strict=True):
        kept = np.count_nonzero(nucleus(row, mass))
        filled = [bar for bar in bars(axes) if bar.get_facecolor()[3] == 1]
        assert len(filled) == kept
        assert axes.get_title("left").endswith(f"keeps {kept}")
        heights = [bar.get_height() for bar in bars(axes)]
        np.testing.assert_allclose(heights, np.sort(row)[::-1])
        (line,) = axes.lines
        left = [bar for bar in bars(axes) if bar.get_x() < line.get_xdata()[0]]
        assert len(left) == np.count_nonzero(top_k(row, 3))
    ranked = ["abcdefgh"[place] for place in np.argsort(-LOGITS)]
    assert only_names(drawing.figure.axes[-1]) == ranked


def only_names(axes: Axes) -> list[str]:
    return [tick.get_text() for tick in axes.get_xticklabels()]


def test_rare_characters_share_a_bar():
    signs = "".join(chr(ord("A") + place) for place in range(30))
    row = tempered(np.linspace(0, 3, 30), 1.0)
    drawing = char_lm.temperature_bars(signs, [row], [1.0], 20, 0.9)
    axes = only_axes(drawing)
    assert len(bars(axes)) == MOST_BARS + 1
    assert bars(axes)[-1].get_hatch()
    others = np.sort(row)[: 30 - MOST_BARS].sum()
    np.testing.assert_allclose(bars(axes)[-1].get_height(), others)
    assert only_names(axes)[-1].strip() == "others"
    assert not axes.lines  # the twentieth character has no bar of its own


# Texts


def test_breaking_a_text_loses_nothing():
    signs = signs_of("text", SONG[:3000])
    lines = broken(signs)
    assert "".join(lines) == signs
    assert max(map(len, lines)) <= PER_LINE
    assert all("↵" not in line[:-1] for line in lines)
    inner = [line for line in lines[:-1] if line[-1] not in " ↵"]
    assert inner == []
    assert broken("abcdef gh", 4) == ["abcd", "ef ", "gh"]


def grounds(drawing: Drawing) -> list[PathPatch]:
    """Return the coloured grounds: one patch for each shade."""
    return [
        patch
        for patch in only_axes(drawing).patches
        if isinstance(patch, PathPatch)
        and patch.get_facecolor()[:3] in (to_rgb(ORANGE), to_rgb(SKY))
    ]


def rectangles(patches: list[PathPatch]) -> np.ndarray:
    """Return the corners of all rectangles of some patches, shape ``(n, 5, 2)``."""
    return np.concatenate([p.get_path().vertices.reshape(-1, 5, 2) for p in patches])


def test_signs_are_colours_and_bars_that_rise_and_hang():
    drawing = char_lm.unit_over_text("abcd", [0.5, -1.0, 0.0, 1.0], "unit 17")
    by_colour = {
        colour: sorted(
            box[0, 0]
            for box in rectangles(
                [p for p in grounds(drawing) if p.get_facecolor()[:3] == to_rgb(colour)]
            )
            if box[0, 0] < 1  # not the key's
        )
        for colour in (ORANGE, SKY)
    }
    assert (len(by_colour[ORANGE]), len(by_colour[SKY])) == (2, 1)
    dark = [
        p for p in only_axes(drawing).patches if p.get_facecolor()[:3] == (0.1,) * 3
    ]
    dark = [p for p in only_axes(drawing).patches if p.get_facecolor()[3] == 0.75]
    heights = np.diff(rectangles(dark[:1])[:, [0, 2], 1])[:, 0]
    np.testing.assert_allclose(heights / heights.max(), [0.5, -1, 0, 1], atol=1e-12)


def test_stronger_values_have_stronger_grounds():
    drawing = char_lm.unit_over_text("abc", [0.2, 0.6, 1.0], "unit 17")
    opacities = [patch.get_facecolor()[3] for patch in grounds(drawing)][:3]
    assert all(one < other for one, other in pairwise(opacities))


def test_the_key_names_the_limit():
    assert "+1.5" in words(char_lm.unit_over_text("ab", [0.5, -1.5], "unit 17"))
    assert "−2" in words(char_lm.unit_over_text("ab", [0.5, -1.5], "unit 17", 2))
    with pytest.raises(ValueError, match=r"^limit must be .* at least 1.5"):
        char_lm.unit_over_text("ab", [0.5, -1.5], "unit 17", 1.0)


def test_the_predicted_character_stands_framed_behind_the_text():
    drawing = char_lm.saliency_over_text("to be or not to b", np.arange(17), "e")
    assert "to be or not to be" in words(drawing)
    (frame,) = [
        patch
        for patch in only_axes(drawing).patches
        if isinstance(patch, Rectangle) and patch.get_edgecolor()[:3] == to_rgb(TARGET)
    ]
    last = rectangles(grounds(drawing)[:8])[:, :, 0].max()
    assert frame.get_x() > last - 0.02
    assert {p.get_facecolor()[:3] for p in grounds(drawing)} == {to_rgb(ORANGE)}


@pytest.mark.parametrize(
    ("weights", "target", "message"),
    [
        ([1, -0.1], "e", "^the smallest of weights must be"),
        ([1, 2, 3], "e", "^weights must have the shape"),
        ([1, 2], "ef", "characters in target must be at most 1"),
        ([1, 2], "", "^target must consist of"),
        ([1, 2], "雨", "none for '雨'"),
    ],
)
def test_what_counts_must_fit_the_text(weights, target, message):
    with pytest.raises(ValueError, match=message):
        char_lm.saliency_over_text("ab", weights, target)


# Curves


@pytest.mark.parametrize("seed", range(20))
def test_labels_are_spread_as_little_as_possible(seed):
    places = np.random.default_rng(seed).uniform(0, 1, 6)
    moved = spread(places, 0.1)
    assert (np.diff(np.sort(moved)) > 0.1 - 1e-9).all()
    assert moved.min() >= 0
    assert moved.max() <= 1 + 1e-9
    np.testing.assert_array_equal(np.argsort(places), np.argsort(moved))
    np.testing.assert_allclose(spread(moved, 0.1), moved)
    apart = np.linspace(0.05, 0.95, 6)
    np.testing.assert_allclose(spread(apart, 0.1), apart)
    assert spread(np.zeros(0), 0.1).size == 0


def test_two_labels_that_lie_close_move_by_the_same_way():
    np.testing.assert_allclose(spread(np.array([0.52, 0.48]), 0.1), [0.55, 0.45])


def level_lines(axes: Axes) -> list[Line2D]:
    """Return the horizontal lines through all of the axes."""
    return [line for line in axes.lines if line.get_linewidth() == 1.2]


def test_levels_stand_at_their_values_and_are_named_with_them():
    drawing = CURVES["orders"]()
    heights = [line.get_ydata()[0] for line in level_lines(only_axes(drawing))]
    assert heights == list(LEVELS.values())
    shown = words(drawing)
    assert {"uniform guess: 71", "RNN: 2.41", "LSTM: 2.29"} <= set(shown)
    assert "uniform guess: 1,027" in words(CURVES["samplings"]())


def test_early_stopping_has_a_ring_at_its_epoch():
    drawing = CURVES["held-out"]()
    rings = [line for line in only_axes(drawing).lines if line.get_markersize() == 11]
    points = [
        tuple(np.ravel(ring.get_data())) for ring in rings if len(ring.get_xdata())
    ]
    assert points == [(30, FALLING[29] + 4), (60, FALLING[59] + 3)]
    assert "dropout 0.3: held out (best: 60)" in words(drawing)
    with pytest.raises(ValueError, match=r"^best must name one of the epochs 1 to 60"):
        char_lm.training_and_held_out(EPOCHS, {"a": (FALLING, FALLING)}, {"a": 61}, {})


def test_a_long_curve_becomes_medians_and_their_reach():
    steps = np.arange(5000)
    norms = np.where(steps % 2 == 0, 1.0, 9.0)
    drawing = char_lm.norms_over_training(steps, {"clipped": norms}, 2.0)
    line = only_axes(drawing).lines[0]
    (level,) = level_lines(only_axes(drawing))
    assert len(line.get_ydata()) == MOST_POINTS
    assert set(line.get_ydata()) == {5.0}
    (band,) = only_axes(drawing).collections
    low, high = band.get_datalim(only_axes(drawing).transData).intervaly
    assert (low, high) == (1, 9)
    assert level.get_ydata()[0] == 2


def test_a_curve_ends_with_a_cross_where_it_is_no_longer_finite():
    values = np.where(EPOCHS < 55, FALLING, np.inf)
    values[3] = np.nan  # a gap that closes again has none
    both = {"clipped": FALLING, "not clipped": values}
    drawing = char_lm.norms_over_training(EPOCHS, both, 1.0, losses=both)
    for axes in drawing.figure.axes:
        crosses = [line.get_xydata() for line in axes.lines if line.get_marker() == "X"]
        np.testing.assert_array_equal(np.concatenate(crosses), [[54, FALLING[53]]])
    assert words(drawing).count("no longer finite") == 1


def test_runs_that_stay_finite_or_never_are_have_no_cross():
    gap = np.where(EPOCHS == 30, np.nan, FALLING)
    finite = char_lm.norms_over_training(EPOCHS, {"clipped": gap}, 1.0)
    assert "no longer finite" not in words(finite)
    assert "X" not in [line.get_marker() for line in only_axes(finite).lines]
    never = char_lm.norms_over_training(EPOCHS, {"not clipped": gap * np.nan}, 1.0)
    assert {"not clipped", "no longer finite"} <= set(words(never))


def test_an_n_gram_model_stands_where_it_sees_as_much_as_the_net():
    drawing = CURVES["context"]()
    net, crosses = only_axes(drawing).lines
    np.testing.assert_array_equal(net.get_xdata(), [1, 2, 4, 8])
    np.testing.assert_array_equal(crosses.get_xydata(), [[1, 3.6], [2, 3.1]])
    assert only_axes(drawing).get_xscale() == "log"
    drawing.figure.draw_without_rendering()
    assert {"1", "2", "4", "8"} <= set(only_names(only_axes(drawing)))
    with pytest.raises(ValueError, match=r"^an order of ngrams must be .* at least 2"):
        char_lm.loss_by_context([1], {}, {1: 4.0})
    with pytest.raises(ValueError, match=r"^the smallest of lengths must be"):
        char_lm.loss_by_context([0, 1], {}, {})


def test_more_curves_than_there_are_colours_are_refused():
    many = {str(name): FALLING for name in range(len(COLOURS) + 1)}
    with pytest.raises(ValueError, match=r"^the number of curves must be at most 6"):
        char_lm.two_samplings_curves(EPOCHS, many, {})


@pytest.mark.parametrize(("high", "least"), [(1.2, 3), (6.0, 5), (90.0, 5), (1e4, 4)])
def test_a_logarithmic_axis_has_plain_numbers(high, least):
    curve = np.geomspace(1.05, high, 60)
    drawing = char_lm.two_samplings_curves(EPOCHS, {"random": curve}, {})
    drawing.figure.draw_without_rendering()
    axes = only_axes(drawing)
    low, top = axes.get_ylim()
    inside = [
        tick.get_text()
        for place, tick in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
        if low <= place <= top
    ]
    assert least <= len(inside) <= 9
    assert all(float(name.replace(",", "")) > 0 for name in inside)
