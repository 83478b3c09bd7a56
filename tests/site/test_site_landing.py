"""The first page: its pictures are what the code draws, its numbers are computed."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.site.site_tools import ROOT

sys.path.insert(0, str(ROOT / "site"))
import draw_landing

HASH = re.compile(r"\b[a-z]?[0-9a-f]{10}\b")
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
NAMES = [
    f"{picture}-{version}.svg"
    for picture in ("net", "landscape", "reach")
    for version in ("light", "dark")
]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    assert sorted(file.name for file in draw_landing.write(folder)) == sorted(NAMES)
    return folder


def skeleton(svg: str) -> tuple[str, np.ndarray]:
    """Split a picture into its text without numbers and its numbers."""
    named = HASH.sub("id", svg)
    return NUMBER.sub("#", named), np.array([float(n) for n in NUMBER.findall(named)])


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_picture_is_what_the_code_draws(drawn: Path, name: str) -> None:
    stored = (draw_landing.DEFAULT_FOLDER / name).read_text(encoding="utf-8")
    text, numbers = skeleton(stored)
    text_now, numbers_now = skeleton((drawn / name).read_text(encoding="utf-8"))
    assert len(numbers) > 100
    assert text == text_now, f"draw it anew: python site/draw_landing.py ({name})"
    np.testing.assert_allclose(numbers, numbers_now, atol=0.05)


def test_the_toy_net_has_the_numbers_of_the_first_page() -> None:
    _, states, outputs = draw_landing.toy_forward_pass()
    page = (ROOT / "intro.md").read_text(encoding="utf-8")
    pairs = [f"({a:.2f}, {b:.2f})" for a, b in states[1:]]
    assert pairs == ["(0.54, 0.46)", "(0.86, 0.88)"]
    assert all(pair in page for pair in pairs)
    assert f"the outputs {outputs[0]:.2f} and {outputs[1]:.2f}" in page


def test_rprop_ends_where_the_first_page_says() -> None:
    path = draw_landing.rprop_path()
    assert path[0].tolist() == [-1.5, 2.0]
    np.testing.assert_allclose(path[-1], [1.00135554721, 0.999674473785], rtol=1e-10)


def test_the_cost_climbs_over_eight_orders_of_magnitude() -> None:
    data = draw_landing.counting.published()
    axis = np.linspace(-3, 3, 81)
    costs = draw_landing.cost_surface(data.inputs, data.targets, axis, axis)
    assert costs.max() / 1.0 > 1e8
    assert costs.min() < 1.0


def test_the_gradient_keeps_what_the_first_page_says() -> None:
    page = (ROOT / "intro.md").read_text(encoding="utf-8")
    exploding, constant, vanishing = draw_landing.gradient_norms()[:, -1]
    assert f"{exploding / 1000:.0f} thousand times" in page
    assert constant == pytest.approx(1.0)
    assert f"{vanishing * 1e6:.0f} millionths" in page
    kept = draw_landing.remembered_gradient()
    assert kept[0] == 1.0
    assert f"{kept[-1] * 100:.0f} percent" in page
