"""The figures of the MNIST chapter: they show what was given, legibly."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from sklearn.datasets import load_digits

from tests.unit import test_diagrams as legible
from unrolled.views.figures import mnist_lstm
from unrolled.views.figures.curves import COLOURS
from unrolled.views.figures.mnist_answers import MOST_MISREAD
from unrolled.views.figures.mnist_curves import MOST_POINTS
from unrolled.views.figures.style import INPUT, ORANGE, SKY, WIDTH, Drawing

# Eight rows of a small digit, three times as high, with a margin: 28.
SMALL = load_digits().images[:MOST_MISREAD] / 16
IMAGES = np.pad(np.kron(SMALL, np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2)))
LABELS = load_digits().target[:MOST_MISREAD]
TOLD = (LABELS + 3) % 10
ROWS = np.arange(1, 29)
RANDOM = np.random.default_rng(4)
PROBABILITIES = RANDOM.dirichlet(np.ones(10), size=(6, 28))
EFFECTS = RANDOM.normal(size=(6, 28))
COUNTS = RANDOM.integers(0, 40, size=(10, 10)) + 900 * np.eye(10, dtype=int)
STEPS = np.arange(200, 20_001, 200)
LOSSES = 2.3 * 0.95 ** np.arange(100)
RIGHT = 1 - LOSSES / 3
PUBLISHED = [(200, 2.1, 0.25), (10_000, None, 0.97), (20_000, 0.05, None)]
EPOCHS = {
    "LSTM": 0.99 - 0.1 * 0.5 ** np.arange(6),
    "GRU": 0.989 - 0.12 * 0.5 ** np.arange(6),
    "tanh": 0.97 - 0.2 * 0.6 ** np.arange(4),
}
GROUPS = {
    "as published": [0.965, 0.9675, 0.9605],
    "with a falling learning rate and clipping": [0.985, 0.988],
    "all of them": [0.992],
}
BINS = (
    np.array([np.nan, 0.25, 0.5, 0.75, 0.98]),
    np.array([np.nan, 0.1, 0.4, 0.8, 0.99]),
    np.array([0, 1, 20, 300, 9679]),
)
GRADIENTS = {
    "forget bias 0": 0.5 ** (28.0 - ROWS),
    "forget bias 1": np.where(ROWS < 5, 0, 0.8 ** (28.0 - ROWS)),
}

SHEETS: dict[str, Callable[[], Drawing]] = {
    "sequence": partial(mnist_lstm.image_as_sequence, IMAGES[3]),
    "sequence-close": partial(
        mnist_lstm.image_as_sequence, IMAGES[3], (0, 13, 14, 15, 27)
    ),
    "sequence-last": partial(mnist_lstm.image_as_sequence, IMAGES[3], (25, 26, 27)),
    "shapes": partial(mnist_lstm.shapes_of_a_batch, IMAGES[:3]),
    "shapes-first": partial(mnist_lstm.shapes_of_a_batch, IMAGES[:2], 0, 0),
    "shapes-last": partial(mnist_lstm.shapes_of_a_batch, IMAGES[:1], 0, 27),
    "certainty": partial(
        mnist_lstm.certainty_by_row, IMAGES[:4], PROBABILITIES[:4], LABELS[:4]
    ),
    "certainty-odd": partial(
        mnist_lstm.certainty_by_row, IMAGES[:3], PROBABILITIES[:3] ** 0, LABELS[:3]
    ),
    "effects": partial(mnist_lstm.row_effects, IMAGES[:4], EFFECTS[:4]),
    "effects-none": partial(mnist_lstm.row_effects, IMAGES[:1], np.zeros((1, 28))),
    "misread": partial(
        mnist_lstm.misread, IMAGES[:10], LABELS[:10], TOLD[:10], np.full(10, 0.625)
    ),
}
CURVES: dict[str, Callable[[], Drawing]] = {
    "recipe": partial(mnist_lstm.recipe_curves, STEPS, LOSSES, RIGHT, PUBLISHED),
    "epochs": partial(mnist_lstm.accuracy_by_epoch, EPOCHS),
    "dots": partial(mnist_lstm.dots_by_variant, GROUPS, 0.99),
    "rows": partial(mnist_lstm.accuracy_by_row, ROWS / 29, ROWS / 30),
    "confusion": partial(mnist_lstm.confusion, COUNTS),
    "calibration": partial(mnist_lstm.calibration, *BINS),
    "gradient": partial(mnist_lstm.gradient_by_row, GRADIENTS),
}


def drawn(cases: dict[str, Callable[[], Drawing]]) -> pytest.MarkDecorator:
    """Run a test with each of some drawings."""
    return pytest.mark.parametrize("draw", cases.values(), ids=cases)


def texts(drawing: Drawing) -> list[Text]:
    found = drawing.figure.findobj(Text)
    return [text for text in found if text.get_text() and text.get_visible()]


def words(drawing: Drawing) -> list[str]:
    return [text.get_text() for text in texts(drawing)]


def pictures(drawing: Drawing) -> list[AxesImage]:
    return drawing.figure.axes[0].images


def frames(drawing: Drawing) -> list[Rectangle]:
    """Return the frames that mark something: they have the colour of inputs."""
    return [
        patch
        for patch in drawing.figure.axes[0].patches
        if isinstance(patch, Rectangle) and patch.get_edgecolor()[:3] == to_rgb(INPUT)
    ]


def framed(drawing: Drawing, frame: Rectangle) -> np.ndarray:
    """Return the values of the picture that a frame surrounds."""
    found = []
    for picture in pictures(drawing):
        left, right, low, high = picture.get_extent()
        values = picture.get_array().data
        rows, columns = values.shape
        x = (np.array([frame.get_x(), frame.get_x() + frame.get_width()]) - left) / (
            right - left
        )
        y = (high - np.array([frame.get_y() + frame.get_height(), frame.get_y()])) / (
            high - low
        )
        if min(*x, *y) > -1e-6 and max(*x, *y) < 1 + 1e-6:
            c, r = x * columns, y * rows
            np.testing.assert_allclose([c, r], np.rint([c, r]), atol=1e-6)
            (top, bottom), (first, last) = np.rint(r), np.rint(c)
            found.append(values[int(top) : int(bottom), int(first) : int(last)])
    (values,) = found
    return values


@drawn(SHEETS)
def test_a_drawing_fits_the_page_and_can_be_read(draw):
    drawing = draw()
    legible.test_everything_is_on_the_sheet(drawing)
    legible.test_fits_the_page_and_is_transparent(drawing)
    legible.test_no_arrow_runs_through_a_text_or_a_node(drawing)


@drawn(SHEETS | CURVES)
def test_no_words_overlap(draw):
    drawing = draw()
    drawing.figure.draw_without_rendering()
    renderer = FigureCanvasAgg(drawing.figure).get_renderer()
    ticks = of_ticks(drawing)
    kept = [text for text in texts(drawing) if id(text) not in ticks]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in kept]
    assert len(boxes) >= 2
    assert all(text.get_fontsize() >= 9.5 for text in kept)
    for (name, one), (other_name, other) in combinations(boxes, 2):
        assert not legible.overlap(one, other, slack=0.5), (name, other_name)


def of_ticks(drawing: Drawing) -> set[int]:
    """Return which texts are numbers at ticks; some of them are never drawn."""
    return {
        id(label)
        for axes in drawing.figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        for label in (tick.label1, tick.label2)
    }


@drawn(CURVES)
def test_every_axis_says_what_it_counts(draw):
    for axes in draw().figure.axes:
        assert axes.get_ylabel() or len(only_names(axes)) == len(GROUPS)
    assert axes.get_xlabel()


@drawn(SHEETS | CURVES)
def test_the_file_is_the_same_twice_and_not_too_large(draw):
    svg = draw()._repr_svg_()
    assert draw()._repr_svg_() == svg
    assert len(svg) < 80_000


def only_names(axes: Axes) -> list[str]:
    return [tick.get_text() for tick in axes.get_yticklabels()]


# Pictures


@drawn(SHEETS)
def test_pictures_are_as_large_in_the_file_as_on_the_sheet(draw):
    """A scale is rounded to hundredths: 784 columns could end beside their frame."""
    drawing = draw()
    tags = re.findall(r"<image [^>]*>", drawing._repr_svg_())
    assert len(tags) == len(pictures(drawing))
    for tag, picture in zip(tags, pictures(drawing), strict=True):
        across, up = re.search(r"matrix\((\S+) 0 0 (\S+) ", tag).groups()
        rows, columns = picture.get_array().shape
        left, right, low, high = picture.get_extent()
        size = abs(float(across)) * columns, abs(float(up)) * rows
        np.testing.assert_allclose(size, [72 * (right - left), 72 * (high - low)])


def test_whole_grey_values_are_those_divided_by_255():
    whole = np.rint(255 * IMAGES[0]).astype(np.uint8)
    (picture,) = pictures(mnist_lstm.image_as_sequence(whole))
    np.testing.assert_array_equal(picture.get_array(), whole / 255)


def test_ink_is_opaque_and_paper_transparent():
    (picture,) = pictures(mnist_lstm.image_as_sequence(np.eye(28)))
    shades = picture.to_rgba(picture.get_array())
    np.testing.assert_array_equal(shades[..., 3], np.eye(28))
    assert shades[0, 0, :3].max() < 0.2


@pytest.mark.parametrize("shown", [(6, 10, 14, 18), (27,), (20, 3)])
def test_framed_rows_stand_beside_the_image_as_bars(shown):
    drawing = mnist_lstm.image_as_sequence(IMAGES[3], shown)
    rows = sorted(shown)
    np.testing.assert_array_equal(
        np.concatenate([framed(drawing, frame) for frame in frames(drawing)]),
        IMAGES[3][rows],
    )
    profiles = drawing.figure.axes[1:]
    heights = [[bar.get_height() for bar in axes.patches] for axes in profiles]
    np.testing.assert_array_equal(heights, IMAGES[3][rows])
    middles = [bar.get_x() + bar.get_width() / 2 for bar in profiles[0].patches]
    np.testing.assert_allclose(middles, ROWS)
    shown_words = words(drawing)
    assert {f"$t = {row + 1}$" for row in rows} <= set(shown_words)
    assert [axes.texts[0].get_text() for axes in profiles] == [
        f"$x_{{{row + 1}}}$" for row in rows
    ]
    assert "read from top to bottom" in shown_words


@pytest.mark.parametrize(
    ("batch", "picked", "row"), [(3, 1, 13), (3, 2, 27), (2, 0, 0), (1, 0, 9)]
)
def test_the_same_row_is_framed_in_every_shape(batch, picked, row):
    values = np.random.default_rng(2).uniform(size=(batch, 28, 28))
    drawing = mnist_lstm.shapes_of_a_batch(values, picked, row)
    marked = frames(drawing)
    assert len(marked) == 4
    for frame in marked:
        np.testing.assert_array_equal(framed(drawing, frame), [values[picked, row]])
    written = words(drawing)
    for shape in (
        f"({batch}, 784)",
        f"({batch}, 28, 28)",
        f"(28, {batch}, 28)",
        f"(28 · {batch}, 28)",
    ):
        assert sum(word.startswith(f"{shape}:") for word in written) == 1
    assert f"framed: row {row + 1} of image {picked + 1}" in written


def test_the_shapes_hold_the_values_of_the_batch():
    drawing = mnist_lstm.shapes_of_a_batch(IMAGES[:3], row=20)
    flat, *others = [picture.get_array().data for picture in pictures(drawing)]
    np.testing.assert_array_equal(flat, IMAGES[:3].reshape(3, 784))
    np.testing.assert_array_equal(others[:3], IMAGES[:3])
    steps = IMAGES[:3].transpose(1, 0, 2)
    np.testing.assert_array_equal(others[3:-1], steps[18:23])
    np.testing.assert_array_equal(others[-1], steps.reshape(84, 28)[54:69])
    named = [word for word in words(drawing) if word.startswith("$t")]
    assert named == [f"$t = {step}$" for step in range(19, 24)]


def test_an_image_that_is_not_there_gives_way_to_the_last():
    drawing = mnist_lstm.shapes_of_a_batch(IMAGES[:1])
    assert "framed: row 14 of image 1" in words(drawing)


def assert_rows_stand_beside_those_of_the_image(drawing: Drawing) -> None:
    sheet, *panels = drawing.figure.axes
    assert len(panels) == len(sheet.images)
    for axes, picture in zip(panels, sheet.images, strict=True):
        left, right, low, high = picture.get_extent()
        middles = high - (ROWS - 0.5) / 28 * (high - low)
        on_sheet = sheet.transData.transform([(right, middle) for middle in middles])
        beside = axes.transData.transform([(0, row) for row in ROWS])
        np.testing.assert_allclose(beside[:, 1], on_sheet[:, 1])
        assert axes.get_position().x0 * WIDTH > right
        assert left >= 0


def test_certainty_is_drawn_at_the_height_of_the_rows():
    drawing = SHEETS["certainty"]()
    assert_rows_stand_beside_those_of_the_image(drawing)
    for axes, shares, label in zip(
        drawing.figure.axes[1:], PROBABILITIES, LABELS, strict=False
    ):
        own, rival = axes.lines
        np.testing.assert_array_equal(own.get_xydata(), np.c_[shares[:, label], ROWS])
        others = np.delete(shares, label, axis=1).max(axis=1)
        np.testing.assert_array_equal(rival.get_xydata(), np.c_[others, ROWS])
        assert own.get_linestyle() != rival.get_linestyle()
    assert {"a 0", "a 1", "a 2", "a 3"} <= set(words(drawing))


def test_a_rival_is_named_beside_the_rows_for_which_it_leads():
    shares = np.full((1, 28, 10), 0.01)
    shares[0, :, 7] = 0.5
    shares[0, :10, 2] = 0.3
    shares[0, 10:13, 9] = 0.3  # too short
    shares[0, 13:, 4] = 0.3
    drawing = mnist_lstm.certainty_by_row(IMAGES[:1], shares, [7])
    named = [(t.get_text(), t.get_position()[1]) for t in drawing.figure.axes[1].texts]
    assert named == [("2", 5.5), ("4", 21.0)]


def test_effects_are_bars_to_both_sides_on_one_scale():
    drawing = SHEETS["effects"]()
    assert_rows_stand_beside_those_of_the_image(drawing)
    panels = drawing.figure.axes[1:]
    for axes, falls in zip(panels, EFFECTS, strict=False):
        np.testing.assert_array_equal([b.get_width() for b in axes.patches], falls)
        colours = [bar.get_facecolor()[:3] for bar in axes.patches]
        assert colours == [to_rgb(SKY if fall < 0 else ORANGE) for fall in falls]
    (limits,) = {axes.get_xlim() for axes in panels}
    assert limits[0] < EFFECTS[:4].min()
    assert limits[1] > EFFECTS[:4].max()


def test_misread_images_say_what_they_are_and_what_was_told():
    chances = np.linspace(0.3, 0.99, 6)
    drawing = mnist_lstm.misread(IMAGES[:6], LABELS[:6], TOLD[:6], chances)
    assert words(drawing) == [
        f"{digit}, told {answer} ({chance:.2f})"
        for digit, answer, chance in zip(LABELS, TOLD, chances, strict=False)
    ]
    shown = [picture.get_array() for picture in pictures(drawing)]
    np.testing.assert_array_equal(shown, IMAGES[:6])


# Curves


def test_a_run_is_drawn_with_hollow_markers_for_the_published_one():
    upper, lower = CURVES["recipe"]().figure.axes
    for axes, values, points in (
        (upper, LOSSES, [(200, 2.1), (20_000, 0.05)]),
        (lower, 100 * RIGHT, [(200, 25), (10_000, 97)]),
    ):
        run, published = axes.lines
        np.testing.assert_allclose(run.get_xydata(), np.c_[STEPS, values])
        np.testing.assert_allclose(published.get_xydata(), points)
        assert published.get_markerfacecolor() == "none"
    assert (upper.get_yscale(), lower.get_yscale()) == ("log", "linear")
    alone = mnist_lstm.recipe_curves(STEPS, LOSSES, RIGHT, [])
    assert all(not len(axes.lines[1].get_xdata()) for axes in alone.figure.axes)


def test_a_long_run_becomes_medians_and_their_reach():
    steps = np.arange(6000)
    losses = np.where(steps % 3, 1.0, 4.0)
    upper, _ = mnist_lstm.recipe_curves(steps, losses, losses / 5, []).figure.axes
    assert len(upper.lines[0].get_ydata()) == MOST_POINTS
    assert set(upper.lines[0].get_ydata()) == {1.0}
    (band,) = upper.collections
    assert tuple(band.get_datalim(upper.transData).intervaly) == (1, 4)


def test_curves_are_named_with_their_last_value_at_their_ends():
    drawing = CURVES["epochs"]()
    (axes,) = drawing.figure.axes
    looks = set()
    for line, values in zip(axes.lines, EPOCHS.values(), strict=True):
        epochs = np.arange(1, len(values) + 1)
        np.testing.assert_allclose(line.get_xydata(), np.c_[epochs, 100 * values])
        looks.add((line.get_marker(), line._unscaled_dash_pattern))
    assert len(looks) == len(EPOCHS)
    named = {text.get_text(): text for text in axes.texts if text.get_text()}
    assert set(named) == {"LSTM: 98.69", "GRU: 98.52", "tanh: 92.68"}
    for line, name in zip(axes.lines, named.values(), strict=True):
        assert name.get_color() == line.get_color()
    heights = [text.get_position()[1] for text in named.values()]
    assert heights == sorted(heights, reverse=True)


def test_each_seed_is_a_dot_and_the_mean_a_tick():
    drawing = CURVES["dots"]()
    (axes,) = drawing.figure.axes
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    ticks = [line for line in axes.lines if line.get_marker() == "|"]
    for place, (dot, tick, right) in enumerate(
        zip(dots, ticks, GROUPS.values(), strict=True)
    ):
        wrong = 100 * (1 - np.array(right))
        np.testing.assert_allclose(dot.get_xdata(), wrong)
        assert (np.abs(dot.get_ydata() - place) < 0.3).all()
        np.testing.assert_allclose(tick.get_xydata(), [[wrong.mean(), place]])
    assert {"3.57", "1.35", "0.80", "goal: 1 %"} <= set(words(drawing))
    (goal,) = [line for line in axes.lines if line.get_linestyle() == "--"]
    np.testing.assert_allclose(goal.get_xdata(), 1)
    assert axes.get_xscale() == "log"
    assert axes.yaxis_inverted()  # the first variant is on top
    assert [" ".join(name.split()) for name in only_names(axes)] == list(GROUPS)
    assert max(len(line) for name in only_names(axes) for line in name.split("\n")) < 25
    without = mnist_lstm.dots_by_variant(GROUPS)
    assert not [word for word in words(without) if "goal" in word]


def test_accuracy_and_confidence_are_drawn_over_the_rows():
    (axes,) = CURVES["rows"]().figure.axes
    right, sure, chance = axes.lines
    np.testing.assert_allclose(right.get_xydata(), np.c_[ROWS, 100 * ROWS / 29])
    np.testing.assert_allclose(sure.get_xydata(), np.c_[ROWS, 100 * ROWS / 30])
    assert set(chance.get_ydata()) == {10}


def test_the_diagonal_has_its_numbers_and_no_colour():
    (axes,) = CURVES["confusion"]().figure.axes
    written = {
        (round(y), round(x)): text.get_text()
        for text in axes.texts
        for x, y in [text.get_position()]
    }
    expected = {k: str(n) if n else "·" for k, n in np.ndenumerate(COUNTS)}
    assert written == expected
    (image,) = axes.images
    wrong = np.where(np.eye(10), 0, COUNTS)
    np.testing.assert_allclose(image.get_array(), wrong / wrong.max())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("told", "digit")
    named = mnist_lstm.confusion(COUNTS, list("abcdefghij"))
    assert only_names(named.figure.axes[0]) == list("abcdefghij")
    mnist_lstm.confusion(np.eye(10))  # without a mistake


def test_bins_without_an_image_are_left_out():
    upper, lower = CURVES["calibration"]().figure.axes
    diagonal, curve = upper.lines
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    sure, right, images = (values[1:] for values in BINS)
    np.testing.assert_allclose(curve.get_xydata(), 100 * np.c_[sure, right])
    np.testing.assert_array_equal([b.get_height() for b in lower.patches], images)
    assert [text.get_text() for text in lower.texts] == ["1", "20", "300", "9,679"]


def test_a_gradient_of_zero_has_no_place_on_a_logarithmic_axis():
    (axes,) = CURVES["gradient"]().figure.axes
    assert axes.get_yscale() == "log"
    for line, norms in zip(axes.lines, GRADIENTS.values(), strict=True):
        expected = np.where(norms == 0, np.nan, norms)
        np.testing.assert_array_equal(line.get_ydata(), expected)
        np.testing.assert_array_equal(line.get_xdata(), ROWS)


ONES = np.ones(28)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (partial(mnist_lstm.image_as_sequence, SMALL[0]), "^image must have the shape"),
        (partial(mnist_lstm.image_as_sequence, 9 * IMAGES[0]), "^image must hold grey"),
        (partial(mnist_lstm.image_as_sequence, -IMAGES[0]), "^image must hold grey"),
        (partial(mnist_lstm.image_as_sequence, IMAGES[0], (28,)), "^a row of shown"),
        (partial(mnist_lstm.image_as_sequence, IMAGES[0], (-1,)), "^a row of shown"),
        (partial(mnist_lstm.image_as_sequence, IMAGES[0], ()), "rows in shown must"),
        (
            partial(mnist_lstm.image_as_sequence, IMAGES[0], range(6)),
            "rows in shown must",
        ),
        (partial(mnist_lstm.shapes_of_a_batch, IMAGES[0]), "^images must have the"),
        (partial(mnist_lstm.shapes_of_a_batch, IMAGES[:4]), "number of images must be"),
        (partial(mnist_lstm.shapes_of_a_batch, IMAGES[:2], -1), "^picked must be"),
        (partial(mnist_lstm.shapes_of_a_batch, IMAGES[:2], 0, 28), "^row must be"),
        (
            partial(mnist_lstm.certainty_by_row, IMAGES[:2], PROBABILITIES[:3], [0, 1]),
            r"^probabilities must have the shape \(2, 28, 10\)",
        ),
        (
            partial(mnist_lstm.certainty_by_row, IMAGES[:2], PROBABILITIES[:2], [0]),
            "^labels must have the shape",
        ),
        (
            partial(mnist_lstm.certainty_by_row, IMAGES[:1], 9 * PROBABILITIES[:1], 0),
            "^probabilities must hold shares",
        ),
        (
            partial(mnist_lstm.certainty_by_row, IMAGES[:1], PROBABILITIES[:1], [10]),
            "^labels must hold digits.* 10 was given",
        ),
        (
            partial(mnist_lstm.row_effects, IMAGES[:2], np.ones((2, 27))),
            "^effects must have the shape",
        ),
        (
            partial(mnist_lstm.row_effects, IMAGES[:7], np.ones((7, 28))),
            "number of images must be at most 6",
        ),
        (
            partial(mnist_lstm.misread, IMAGES[:2], [1, 2], [3, 0.5], [0.5, 0.5]),
            "^told must hold digits.* 0.5 was given",
        ),
        (
            partial(mnist_lstm.misread, IMAGES[:2], [1, 2], [3, 4], [0.5]),
            "^probabilities must have the shape",
        ),
        (
            partial(mnist_lstm.recipe_curves, STEPS, LOSSES[1:], RIGHT, []),
            "^losses must have the shape",
        ),
        (
            partial(mnist_lstm.recipe_curves, STEPS, 0 * LOSSES, RIGHT, []),
            "^the smallest of losses must be",
        ),
        (
            partial(mnist_lstm.recipe_curves, STEPS, LOSSES, 100 * RIGHT, []),
            "^accuracies must hold shares from 0 to 1",
        ),
        (
            partial(mnist_lstm.accuracy_by_epoch, dict.fromkeys(range(7), ONES)),
            "^the number of curves must be at most 6",
        ),
        (
            partial(mnist_lstm.accuracy_by_epoch, {"LSTM": 99 * ONES}),
            "^the curve 'LSTM' must hold shares",
        ),
        (
            partial(mnist_lstm.dots_by_variant, {"all": [0.99, 1.0]}),
            "^the accuracies of 'all' must lie below 1",
        ),
        (partial(mnist_lstm.dots_by_variant, GROUPS, 99), "^goal must hold shares"),
        (partial(mnist_lstm.dots_by_variant, {}), "^the number of variants must be"),
        (
            partial(mnist_lstm.accuracy_by_row, ONES[1:], ONES),
            "^accuracy must have the shape",
        ),
        (
            partial(mnist_lstm.accuracy_by_row, ONES, 2 * ONES),
            "^confidence must hold shares",
        ),
        (partial(mnist_lstm.confusion, np.eye(9)), "^counts must have the shape"),
        (partial(mnist_lstm.confusion, -COUNTS), "^the smallest of counts must be"),
        (partial(mnist_lstm.confusion, COUNTS, ["0"]), "^labels must hold 10"),
        (
            partial(mnist_lstm.calibration, [0.5], [0.5, 0.7], [1, 2]),
            "^confidence must have the shape",
        ),
        (
            partial(mnist_lstm.calibration, [0.5, np.nan], [0.5, 0.7], [1, 2]),
            "^confidence must hold finite numbers",
        ),
        (
            partial(mnist_lstm.calibration, [0.5, 0.6], [0.5, 0.7], [0, 0]),
            "^the largest of counts must be",
        ),
        (
            partial(mnist_lstm.gradient_by_row, {"trained": ONES[1:]}),
            "^the gradients of 'trained' must have the shape",
        ),
        (
            partial(mnist_lstm.gradient_by_row, dict.fromkeys(range(7), ONES)),
            f"^the number of curves must be at most {len(COLOURS)}",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_one_sentence(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
