"""Drawings: one look, and the same undamaged SVG on every run."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest

from unrolled.views.figures import style
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
    label,
)

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


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
    """Return the same drawing as matplotlib wrote it, with nothing rounded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "_LONG_NUMBER", re.compile(rb"(?!)"))
        return drawing()._repr_svg_()


def words(text: str) -> str:
    """Return what is left of an attribute without its numbers."""
    return NUMBER.sub("#", text)


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


def test_rounding_makes_the_file_smaller(rounded, exact):
    assert len(rounded) < 0.97 * len(exact)


def test_a_drawing_is_named_where_only_text_is_shown():
    assert repr(drawing()) == "Drawing: an example"


# The look


def test_a_canvas_has_the_size_asked_for_and_no_background():
    figure, axes = canvas(2.5, rows=2, columns=1, sharex=True)
    np.testing.assert_allclose(figure.get_size_inches(), [WIDTH, 2.5])
    assert len(axes) == 2
    assert figure.get_facecolor()[3] == 0
    assert all(each.get_facecolor()[3] == 0 for each in axes)


def test_making_and_drawing_a_figure_leaves_matplotlibs_settings_alone():
    before = dict(mpl.rcParams)
    drawing()._repr_svg_()
    assert dict(mpl.rcParams) == before


def test_drawing_does_not_need_pyplot():
    program = (
        "import sys; from unrolled.views.figures.style import canvas, Drawing;"
        "Drawing(canvas(2.0)[0], 'x')._repr_svg_();"
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
