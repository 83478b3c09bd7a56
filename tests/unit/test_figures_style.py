"""Drawings: one look, and the same undamaged SVG on every run."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import chain, pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text

from tests.unit.figure_examples import EXAMPLES, figure_functions, module_names
from tests.unit.notebooks import CHAPTERS
from unrolled.views.figures import linear_rnn, style, theory
from unrolled.views.figures.style import (
    DASHES,
    INPUT,
    MARKERS,
    ORANGE,
    PREDICTION,
    PURPLE,
    SKY,
    TARGET,
    WIDTH,
    Drawing,
    canvas,
    course_look,
    label,
)

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


@course_look
def drawing() -> Drawing:
    """Return a figure with everything that the chapters' figures use."""
    figure, (top, bottom) = canvas(4.0, rows=2)
    x = np.linspace(0.0, 1.0, 7)
    top.plot(x, np.sin(5 * x), color="#0072b2", marker="o", label="input $x_t$")
    top.plot(x, 1.0e-7 * x, color=TARGET, linestyle=DASHES[4], alpha=0.125)
    top.set_title("A title at 10.123 s")
    top.legend()
    label(top, 0.5, 0.5, "beside the line", TARGET)
    bottom.pcolormesh(x, x, np.outer(x[1:], x[1:]), rasterized=True)
    bottom.fill_between(x + 0.1, x, hatch="/", alpha=0.333)
    bottom.set_yscale("log")
    bottom.set_xlabel("steps back", fontsize=10.5)
    return Drawing(figure, "an example")


@pytest.fixture(scope="module")
def rounded() -> str:
    return drawing()._repr_svg_()


@pytest.fixture(scope="module")
def exact() -> str:
    """Return the same drawing as matplotlib wrote it: not rounded, not joined."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "_LONG_NUMBER", re.compile(rb"(?!)"))
        patch.setattr(style, "_PATH", re.compile(rb"(?!)"))
        patch.setattr(style, "_BETWEEN_ELEMENTS", re.compile(rb"(?!)"))
        return drawing()._repr_svg_()


def words(text: str) -> str:
    """Return what is left of an attribute without its numbers and white space."""
    return re.sub(r"\s", "", NUMBER.sub("#", text))


def test_the_drawing_is_the_same_file_on_every_run(rounded):
    assert drawing()._repr_svg_() == rounded


def test_another_process_draws_the_same_file(rounded):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from test_figures_style import drawing;"
        "sys.stdout.buffer.write(drawing()._repr_svg_().encode())"
    )
    folder = str(__file__).rpartition("/")[0]
    result = subprocess.run(
        [sys.executable, "-c", program, folder], capture_output=True, check=True
    )
    assert result.stdout.decode() == rounded


def test_the_settings_at_the_time_of_showing_change_nothing(rounded):
    finished = drawing()
    with mpl.rc_context({"font.size": 20, "svg.fonttype": "none", "svg.hashsalt": "x"}):
        assert finished._repr_svg_() == rounded


def test_there_is_no_date(rounded):
    assert "dc:date" not in rounded
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", rounded)


def test_the_file_is_well_formed_and_keeps_its_version(rounded, exact):
    root = ET.fromstring(rounded)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("version") == "1.1"
    assert rounded.splitlines()[0] == exact.splitlines()[0]
    assert 'xml version="1.0"' in rounded


def test_no_white_space_stands_between_elements(rounded, exact):
    assert not re.search(r">\s+</?\w", rounded)
    written = "".join(ET.fromstring(rounded).itertext())
    assert words(written) == words("".join(ET.fromstring(exact).itertext()))


def test_every_reference_leads_to_an_element(rounded):
    root = ET.fromstring(rounded)
    there = {element.get("id") for element in root.iter()}
    links = {
        value.removeprefix("#")
        for element in root.iter()
        for key, value in element.attrib.items()
        if key.endswith("href") and value.startswith("#")
    }
    assert links
    assert links | set(re.findall(r"url\(#([^)]+)\)", rounded)) <= there


def test_rounding_changes_numbers_alone_and_each_by_less_than_a_hundredth(
    rounded, exact
):
    ours, theirs = (list(ET.fromstring(text).iter()) for text in (rounded, exact))
    assert [element.tag for element in ours] == [element.tag for element in theirs]
    changed = 0
    for mine, other in zip(ours, theirs, strict=True):
        assert list(mine.attrib) == list(other.attrib)
        for key, value in other.attrib.items():
            if key in ("id", "clip-path") or key.endswith("href"):
                assert mine.get(key) == value
                continue
            assert words(mine.get(key)) == words(value)
            a, b = (
                np.array([float(n) for n in NUMBER.findall(text)])
                for text in (mine.get(key), value)
            )
            assert (np.abs(a - b) < 0.01).all()
            changed += int((a != b).sum())
    assert changed > 100


def test_rounding_leaves_scales_colours_and_opacities_as_they_are(rounded, exact):
    for pattern in (
        r"(?:scale|matrix)\([^)]*\)",
        r"#[0-9a-f]{6}\b",
        r"<image.*?/>",
    ):
        found = re.findall(pattern, exact, flags=re.DOTALL)
        assert found
        assert re.findall(pattern, rounded, flags=re.DOTALL) == found


def test_a_path_stands_on_one_line(rounded, exact):
    paths, before = (re.findall(r' d="([^"]*)"', text) for text in (rounded, exact))
    assert len(paths) == len(before) > 20
    assert not [path for path in paths if re.search(r"\n|[A-Z] | [A-Z]| $", path)]


def test_rounding_and_joining_make_the_file_smaller(rounded, exact):
    assert len(rounded) < 0.93 * len(exact)
    assert rounded.count("\n") < exact.count("\n") / 2


def test_a_drawing_is_named_where_only_text_is_shown():
    assert repr(drawing()) == "Drawing: an example"


# The look


# Another choice for each setting of the look.
OTHER_LOOK: dict[str, Any] = {
    "axes.edgecolor": "red",
    "axes.facecolor": "yellow",
    "axes.grid": False,
    "axes.labelcolor": "red",
    "axes.labelsize": 20,
    "axes.spines.right": True,
    "axes.spines.top": True,
    "axes.titlelocation": "right",
    "axes.titlesize": 20,
    "figure.constrained_layout.use": False,
    "figure.facecolor": "yellow",
    "font.family": ["DejaVu Serif"],
    "font.size": 20,
    "grid.alpha": 1.0,
    "grid.linewidth": 5,
    "legend.fontsize": 20,
    "legend.frameon": True,
    "lines.linewidth": 5,
    "svg.fonttype": "none",
    "svg.hashsalt": "other",
    "text.color": "red",
    "xtick.color": "red",
    "ytick.color": "red",
}

every_figure = pytest.mark.parametrize(
    "function",
    EXAMPLES,
    ids=lambda f: f"{f.__module__.rpartition('.')[2]}.{f.__name__}",
)


def test_every_figure_has_an_example():
    assert set(figure_functions()) == set(EXAMPLES)


def test_the_other_look_is_another_in_every_setting():
    assert OTHER_LOOK.keys() == style._LOOK.keys()
    assert not [key for key in OTHER_LOOK if OTHER_LOOK[key] == style._LOOK[key]]


@every_figure
def test_a_figure_has_the_look_whatever_matplotlib_is_set_to(function):
    expected = EXAMPLES[function]()._repr_svg_()
    with mpl.rc_context(OTHER_LOOK):
        before = dict(mpl.rcParams)
        assert EXAMPLES[function]()._repr_svg_() == expected
        assert dict(mpl.rcParams) == before


@every_figure
def test_titles_stand_on_the_left_in_one_size(function):
    for axes in EXAMPLES[function]().figure.axes:
        assert axes.get_title("center") == axes.get_title("right") == ""
        title = axes.get_title("left")
        words = [text for text in axes.findobj(Text) if text.get_text() == title != ""]
        assert all(text.get_fontsize() == 11 for text in words)


@every_figure
def test_legends_have_no_frame_and_letters_of_one_size(function):
    for legend in EXAMPLES[function]().figure.findobj(Legend):
        assert not legend.get_frame_on()
        assert {text.get_fontsize() for text in legend.get_texts()} == {9.5}


@every_figure
def test_no_line_has_matplotlibs_own_width(function):
    figure = EXAMPLES[function]().figure
    lines = chain.from_iterable(axes.lines for axes in figure.axes)
    widths = {line.get_linewidth() for line in lines}
    assert mpl.rcParamsDefault["lines.linewidth"] not in widths


@every_figure
def test_everything_of_a_figure_lies_on_its_paper(function):
    figure = EXAMPLES[function]().figure
    box = tight_box(figure)
    width, height = figure.get_size_inches()
    assert box.x0 > -0.02
    assert box.y0 > -0.02
    assert box.x1 < width + 0.02
    assert box.y1 < height + 0.02


def tight_box(figure: Figure):
    """Return the rectangle around all that is drawn, in inches."""
    figure.draw_without_rendering()
    return figure.get_tightbbox()


def test_the_look_leaves_a_function_its_name_and_its_words():
    assert drawing.__name__ == "drawing"
    assert drawing.__doc__.startswith("Return a figure")


def test_a_figure_that_fails_leaves_matplotlibs_settings_alone():
    @course_look
    def failing() -> Drawing:
        raise ValueError("no data")

    before = dict(mpl.rcParams)
    with pytest.raises(ValueError, match="no data"):
        failing()
    assert dict(mpl.rcParams) == before


def test_a_canvas_has_the_size_asked_for_and_no_background():
    figure = drawing().figure
    np.testing.assert_allclose(figure.get_size_inches(), [WIDTH, 4.0])
    assert len(figure.axes) == 2
    assert figure.get_facecolor()[3] == 0
    assert all(axes.get_facecolor()[3] == 0 for axes in figure.axes)


# matplotlib is imported late


@pytest.mark.parametrize("name", module_names())
def test_importing_a_module_of_figures_does_not_import_matplotlib(name):
    program = f"import sys, {name}; sys.exit('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == 0


# One thing has one look in all figures


def look(line: Line2D) -> tuple[Any, ...]:
    """Return what a reader tells a line by."""
    return line.get_color(), line.get_marker(), line._unscaled_dash_pattern


def lines(curves: list[str]) -> dict[str, tuple[Any, ...]]:
    """Return how the curves of a figure look, by their names."""
    figure = theory.gradient_reach({name: np.ones(9) for name in curves}).figure
    return {
        line.get_label(): look(line)
        for line in figure.axes[0].lines
        if line.get_label() in curves
    }


def test_a_pair_of_weights_looks_the_same_in_both_figures_that_show_it():
    chapter = ["(2, 1)", "(1, 2)", "(1, -2)", "(1, 0)", "(1, 0.5)", "(1, -0.5)"]
    through_time = linear_rnn.gradients_through_time(dict.fromkeys(chapter, np.ones(9)))
    states = linear_rnn.counting_states(
        np.ones(8), dict.fromkeys(["(1, 1.2)", "(1, 1)", "(1, 0.5)"], np.ones(9))
    )
    one = through_time.figure.axes[0].lines[chapter.index("(1, 0.5)")]
    assert look(one) == look(states.figure.axes[0].lines[2])


def test_a_net_looks_the_same_in_every_figure():
    names = list(theory.OWN_PLACES)
    alone = {name: lines([name])[name] for name in names}
    for company in (["new", "LSTM, forget bias 1"], ["a", "b", "LSTM, forget bias 3"]):
        assert lines(company)[company[-1]] == alone[company[-1]]
    assert lines(names[::-1])[names[-1]] == alone[names[-1]]


def test_nets_with_one_look_are_one_net_under_two_names():
    looks = Counter(lines([name])[name] for name in theory.OWN_PLACES)
    assert sorted(looks.values()) == [1, 1, 1, 1, 1, 4]


@pytest.mark.parametrize(
    "curves",
    [
        ["a", "b", "c", "d", "e", "f"],
        ["a", "LSTM, forget bias 1", "b", "ρ = 0.9", "c"],
        ["ρ = 0.9", "orthogonal", "LSTM, forget bias 0"],
    ],
)
def test_lines_of_one_figure_never_look_the_same(curves):
    for kinds in zip(*lines(curves).values(), strict=True):
        assert len({str(kind) for kind in kinds}) == len(curves)


def test_every_net_with_a_look_of_its_own_is_in_the_chapter():
    chapter = (CHAPTERS / "theory.ipynb").read_text(encoding="utf-8")
    assert not [name for name in theory.OWN_PLACES if name not in chapter]


def test_drawing_does_not_need_pyplot():
    program = (
        "import sys; from unrolled.views.figures import diagrams;"
        "diagrams.lstm_cell()._repr_svg_();"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_labels_of_a_figure_are_written_in_their_own_colour():
    _, axes = canvas(2.0)
    label(axes, 1.0, 2.0, "target", TARGET, offset=(9, 3), fontsize=12)
    (text,) = axes.texts
    assert text.get_text() == "target"
    assert text.get_color() == TARGET
    assert text.get_fontsize() == 12
    assert text.xyann == (9, 3)


def test_the_palette_is_okabe_and_itos():
    colours = [INPUT, TARGET, PREDICTION, ORANGE, SKY, PURPLE]
    assert colours == [
        "#0072B2",
        "#D55E00",
        "#009E73",
        "#E69F00",
        "#56B4E9",
        "#CC79A7",
    ]


def test_lines_of_one_figure_can_be_told_apart_without_colour():
    for kinds in (DASHES, MARKERS):
        assert len(set(kinds)) == len(kinds) >= 6
        assert all(one != other for one, other in pairwise(kinds))
