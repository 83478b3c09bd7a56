"""The diagrams are legible: nothing overlaps, nothing is cut off, nothing is tiny."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Ellipse, FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from tests.unit.figure_examples import TOY
from unrolled.views.figures import diagrams
from unrolled.views.figures.diagrams_parts import Sheet, at_most
from unrolled.views.figures.style import WIDTH, Drawing

DRAWINGS: dict[str, Callable[[], Drawing]] = {
    "folded": diagrams.folded_and_unrolled,
    "folded-2": lambda: diagrams.folded_and_unrolled(2),
    "toy": lambda: diagrams.toy_pass(**TOY),
    "toy-negative": lambda: diagrams.toy_pass(
        [-1.5, -2.25], -np.ones((2, 2)) * 10.12345, -np.ones((3, 2)), [-10.5, -1.0]
    ),
    "shapes": diagrams.sequence_shapes,
    "encoder-decoder": diagrams.encoder_decoder,
    "bptt": diagrams.bptt_paths,
    "bptt-2": lambda: diagrams.bptt_paths(2),
    "truncation": diagrams.truncation_window,
    "truncation-widest": lambda: diagrams.truncation_window(8, 7),
    "truncation-narrowest": lambda: diagrams.truncation_window(8, 1),
    "truncation-short": lambda: diagrams.truncation_window(3, 2),
    "lstm": diagrams.lstm_cell,
}


@pytest.fixture(scope="module", params=list(DRAWINGS))
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return DRAWINGS[request.param]()


def texts(drawing: Drawing) -> list[Text]:
    axes = drawing.figure.axes[0]
    return [text for text in [*drawing.figure.texts, *axes.texts] if text.get_text()]


@cache
def frames(drawing: Drawing) -> list[tuple[str, Bbox]]:
    """Return every text with its rectangle in pixels."""
    renderer = FigureCanvasAgg(drawing.figure).get_renderer()
    return [
        (text.get_text(), text.get_window_extent(renderer)) for text in texts(drawing)
    ]


def overlap(one: Bbox, other: Bbox, slack: float = 1.0) -> bool:
    """Say whether two rectangles share more than ``slack`` pixels each way."""
    shared = Bbox.intersection(one, other)
    return shared is not None and min(shared.width, shared.height) > slack


def strokes(drawing: Drawing) -> Iterator[np.ndarray]:
    """Yield points that lie close together along every arrow and line, in pixels."""
    for patch in drawing.figure.axes[0].patches:
        if isinstance(patch, FancyArrowPatch | PathPatch):
            path = patch.get_path().transformed(patch.get_data_transform())
            for corners in path.to_polygons(closed_only=False):
                yield dense(np.asarray(corners))


def dense(corners: np.ndarray) -> np.ndarray:
    """Return points at most about a pixel apart on the way through ``corners``."""
    parts = [
        np.linspace(start, end, int(np.abs(end - start).max()) + 2)
        for start, end in pairwise(corners)
    ]
    return np.concatenate(parts)


def crosses(points: np.ndarray, box: Bbox) -> bool:
    low, high = np.array([box.x0, box.y0]) + 1, np.array([box.x1, box.y1]) - 1
    return bool(((points > low) & (points < high)).all(axis=1).any())


def contains(outer: Bbox, inner: Bbox) -> bool:
    return outer.fully_contains(*inner.min) and outer.fully_contains(*inner.max)


def outlines(drawing: Drawing) -> list[Path]:
    """Return the outline of every node in pixels."""
    shapes = drawing.figure.axes[0].patches
    kinds = (Ellipse, FancyBboxPatch)
    return [
        shape.get_transform().transform_path(shape.get_path())
        for shape in shapes
        if isinstance(shape, kinds)
    ]


def nodes(drawing: Drawing) -> list[Bbox]:
    """Return the rectangle around every node in pixels."""
    return [outline.get_extents() for outline in outlines(drawing)]


def test_svg_parses_and_is_the_same_twice(drawing, request):
    svg = drawing._repr_svg_()
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    name = request.node.callspec.params["drawing"]
    assert DRAWINGS[name]()._repr_svg_() == svg
    assert drawing._repr_svg_() == svg


def test_fits_the_page_and_is_transparent(drawing):
    assert drawing.figure.get_figwidth() <= WIDTH
    buffer = io.BytesIO()
    drawing.figure.savefig(buffer, format="rgba", dpi=50)
    pixels = np.frombuffer(buffer.getvalue(), np.uint8).reshape(-1, 4)
    assert pixels[0, 3] == 0
    assert (pixels[:, 3] == 0).mean() > 0.5


def test_no_letter_is_tiny(drawing):
    assert min(text.get_fontsize() for text in texts(drawing)) >= 9.5


def test_no_two_texts_overlap(drawing):
    for (name, one), (other_name, other) in combinations(frames(drawing), 2):
        assert not overlap(one, other), (name, other_name)


def test_everything_is_on_the_sheet(drawing):
    sheet = drawing.figure.bbox
    for name, box in frames(drawing):
        assert contains(sheet, box), name
    assert all(contains(sheet, box) for box in nodes(drawing))
    for points in strokes(drawing):
        assert (points > sheet.min).all()
        assert (points < sheet.max).all()


def test_no_arrow_runs_through_a_text_or_a_node(drawing):
    for points in strokes(drawing):
        for name, box in frames(drawing):
            assert not crosses(points, box), name
        for outline in outlines(drawing):
            assert not outline.contains_points(points).any()


def test_a_text_lies_inside_a_node_or_outside_it(drawing):
    shapes = nodes(drawing)
    for name, box in frames(drawing):
        for node in shapes:
            assert contains(node, box) or not overlap(box, node), name


def test_nodes_do_not_overlap(drawing):
    for one, other in combinations(nodes(drawing), 2):
        assert not overlap(one, other)


def test_the_checks_see_a_bad_drawing():
    sheet = Sheet(2.0, "a drawing with every fault")
    sheet.write(1.0, 1.0, "written twice")
    sheet.write(1.1, 1.0, "written twice")
    sheet.write(5.5, 1.5, "beyond the edge")
    sheet.write(3.0, 0.5, "tiny", fontsize=6)
    sheet.arrow((0.2, 1.0), (3.0, 1.0))
    sheet.circle(4.0, 0.5, "too long for its node", "black")
    sheet.circle(4.1, 0.5, "", "black")
    drawing = sheet.drawing()
    for check in (
        test_no_two_texts_overlap,
        test_no_arrow_runs_through_a_text_or_a_node,
        test_no_letter_is_tiny,
        test_everything_is_on_the_sheet,
        test_a_text_lies_inside_a_node_or_outside_it,
        test_nodes_do_not_overlap,
    ):
        with pytest.raises(AssertionError):
            check(drawing)


def words(drawing: Drawing) -> str:
    return "\n".join(text.get_text() for text in texts(drawing))


def test_unrolling_repeats_the_same_three_matrices():
    shown = [text.get_text() for text in texts(diagrams.folded_and_unrolled(4))]
    for matrix in ("$W_{xh}$", "$W_{hh}$", "$W_{hq}$"):
        assert shown.count(matrix) == 5  # once in the loop, once for each step


def test_toy_pass_shows_every_number_rounded():
    shown = words(diagrams.toy_pass(**TOY))
    expected = [
        number for rows in ("pre_activations", "states") for number in TOY[rows]
    ]
    for value in np.ravel(expected).tolist() + TOY["outputs"]:
        assert f"{value:.4f}" in shown
    assert "$x_1$ = 1" in shown
    assert "$x_2$ = 2" in shown


def test_every_crossing_carries_its_own_factor():
    shown = words(diagrams.bptt_paths(4))
    assert re.findall(r"diag\}\(1-h_(\d)\^2\)", shown) == ["2", "3", "4"]
    assert "the 4 losses" in shown


@pytest.mark.parametrize(("steps", "window"), [(8, 3), (8, 1), (5, 4), (3, 2)])
def test_the_gradient_stays_inside_the_window(steps, window):
    drawing = diagrams.truncation_window(steps, window)
    arrows = [
        patch
        for patch in drawing.figure.axes[0].patches
        if isinstance(patch, FancyArrowPatch)
        and patch.get_linestyle() not in ("solid", "-")
    ]
    assert len(arrows) == window  # one from the loss, the others between the states


def test_translation_has_five_inputs_and_four_outputs():
    shown = words(diagrams.sequence_shapes())
    assert shown.count("$x_5$") == 1
    assert shown.count("$h_9$") == 1
    for name in ("one to one", "one to many", "many to one", "many to many", "N to M"):
        assert name in shown


def test_the_two_decoders_differ_in_the_feeding_of_the_context():
    drawing = diagrams.encoder_decoder()
    assert words(drawing).count(r"$\mathbf{v}$") == 2
    height = drawing.figure.get_figheight() / 2
    arrows = [
        patch.get_path().vertices[:, 1].mean()
        for patch in drawing.figure.axes[0].patches
        if isinstance(patch, FancyArrowPatch)
    ]
    below = sum(y < height for y in arrows)
    assert below - (len(arrows) - below) == 3  # one for each step of the decoder


def test_lstm_names_its_parts():
    shown = words(diagrams.lstm_cell())
    for name in ("input gate", "forget gate", "candidate", "output gate"):
        assert name in shown
    for role in ("keep", "write", "show"):
        assert role in shown


@pytest.mark.parametrize("draw", [diagrams.folded_and_unrolled, diagrams.bptt_paths])
@pytest.mark.parametrize("steps", [1, 5, 2.5, "4", True])
def test_steps_that_do_not_fit_are_refused(draw, steps):
    with pytest.raises(ValueError, match=r"^steps must be"):
        draw(steps)


@pytest.mark.parametrize(
    ("steps", "window", "name"),
    [(9, 3, "steps"), (2, 1, "steps"), (8, 8, "window"), (8, 0, "window")],
)
def test_windows_that_cut_nothing_are_refused(steps, window, name):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        diagrams.truncation_window(steps, window)


@pytest.mark.parametrize("name", list(TOY))
def test_toy_arrays_of_another_shape_are_refused(name):
    with pytest.raises(ValueError, match=f"^{name} must have the shape"):
        diagrams.toy_pass(**(TOY | {name: np.zeros((5, 5))}))
    broken = np.array(TOY[name])
    broken.flat[0] = np.nan
    with pytest.raises(ValueError, match=f"^{name} must hold finite numbers"):
        diagrams.toy_pass(**(TOY | {name: broken}))


def test_at_most_returns_what_it_accepts():
    assert at_most("steps", 3, 3) == 3
