"""The sampler, as far as Python has it: its state, its checks, its picture."""

import gzip
import re

import numpy as np
import pytest

from scripts.notebooks import ROOT
from tests.demo.demo import bars
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.packed import MAGIC, shipped_bytes, shipped_nets
from unrolled.training.saliency import REACH
from unrolled.views import explore
from unrolled.views.bundling import bundle
from unrolled.views.explore.sampler_view import (
    LONGEST,
    LONGEST_PREFIX,
    MOST_SEED,
    MOST_TEMPERATURE,
    PREFIXES,
    STATE,
    Sampler,
)
from unrolled.views.figures.sampler import next_character

SCRIPTS = ROOT / "lib" / "unrolled" / "views" / "js"
LARGEST_RECORD = 300_000
"""Bytes of a view's record in a notebook."""


def made(**state) -> Sampler:
    return explore.sampler(shipped_bytes(), picture=bars(), alt="Bars.", **state)


def test_it_begins_with_the_prefix_of_its_language():
    assert made().prefix == "ROMEO:"
    assert made(language="Chinese").prefix == "分开"
    assert made(language="Chinese", prefix="夜").prefix == "夜"
    assert repr(made()) == "Sampler: an interactive figure"


def test_numbers_of_numpy_are_shared_as_plain_ones():
    state = made(top_k=np.int64(5), temperature=np.float32(0.5), place=np.int64(3))
    shared = state.get_state()
    assert [type(shared[n]) for n in ("top_k", "temperature", "place")] == [
        int, float, int,
    ]  # fmt: skip
    assert shared["weights"] == shipped_bytes()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"language": "Latin"}, "language must be one of English, Chinese, but 'Latin"),
        ({"prefix": 3}, "prefix must be a text of at most 200 characters, but 3 was"),
        ({"prefix": "a" * 201}, "prefix must be a text .*, but 201 was given"),
        ({"temperature": -0.1}, "temperature must be a finite number of at least 0"),
        ({"temperature": 2.1}, "temperature must be .* at most 2, but 2.1"),
        ({"top_k": 0}, "top_k must be a whole number of at least 1, but 0"),
        ({"nucleus": 1.5}, "nucleus must be .* at most 1, but 1.5"),
        ({"nucleus": None}, "nucleus must be .* but None was given"),
        ({"seed": 1000}, "seed must be at most 999"),
        ({"length": 2001}, "length must be at most 2000"),
        ({"unit": 0}, "unit must be a whole number of at least 1"),
        ({"behind": "me"}, "behind must be one of unit, saliency, but 'me'"),
        ({"place": 0}, "place must be a whole number of at least 1"),
        ({"heat": 1}, "a setting of the view must name one of language, .* 'heat'"),
    ],
)
def test_what_cannot_be_shown_is_refused(state, message):
    with pytest.raises(ValueError, match=message):
        made(**state)


def test_bytes_that_are_no_nets_are_refused():
    with pytest.raises(ValueError, match="weights must be packed nets, but 3 bytes"):
        explore.sampler(b"abc", picture=bars(), alt="Bars.")


def test_what_was_refused_later_leaves_the_view_as_it_was():
    view = made()
    with pytest.raises(ValueError, match="seed must be at most"):
        view.seed = 4000
    assert view.seed == STATE["seed"]


def test_limits_and_prefixes_are_those_of_the_script():
    text = (SCRIPTS / "sampler_model.js").read_text(encoding="utf-8")
    assert f"SAMPLER_LONGEST = {LONGEST};" in text
    assert f"LONGEST_PREFIX = {LONGEST_PREFIX};" in text
    assert f"SALIENCY_REACH = {REACH};" in text
    limits = f"{{ temperature: {MOST_TEMPERATURE:g}, seed: {MOST_SEED} }}"
    assert f"SAMPLER_LIMITS = {limits};" in text
    for language, prefix in PREFIXES.items():
        assert re.search(rf'PREFIXES = {{.*{language}: "{prefix}"', text)
    nets = (SCRIPTS / "sampler_nets.js").read_text(encoding="utf-8")
    assert f'MAGIC = "{MAGIC.decode()}";' in nets


def test_the_nets_know_the_prefixes():
    nets = shipped_nets()
    assert list(nets) == list(PREFIXES)
    for language, prefix in PREFIXES.items():
        assert isinstance(nets[language].vocabulary, Vocabulary)
        assert len(nets[language].vocabulary.encode(prefix)) == len(prefix)


def test_the_record_is_small_as_a_notebook_stores_it():
    size = len(shipped_bytes())
    print(f"nets: {size / 1e3:.1f} kB")
    assert 4 * size / 3 <= LARGEST_RECORD


def test_the_bundle_is_light():
    size = len(gzip.compress(bundle("sampler").encode(), 6))
    print(f"sampler: {size / 1e3:.1f} kB compressed")
    assert size < 35_000


# --- the picture -----------------------------------------------------------------


def words_of(drawing) -> list[str]:
    return [text.get_text() for text in drawing.figure.axes[0].texts]


def test_the_picture_marks_what_was_cut_and_what_was_drawn():
    own = np.array([0.5, 0.3, 0.15, 0.05])
    drawing = next_character("a \nb", own, [0.6, 0.4, 0, 0], drawn=1)
    (axes,) = drawing.figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["a", "␣", "↵", "b"]
    assert words_of(drawing) == ["drawn", "cut", "cut"]
    widths = [bar.get_width() for bar in axes.patches]
    np.testing.assert_allclose(widths, [50, 30, 15, 5, 60, 40, 0, 0])


def test_the_picture_has_the_drawn_character_in_any_case():
    own = np.linspace(1, 2, 20)[::-1] / 30
    drawing = next_character("abcdefghijklmnopqrst", own, own, drawn=19)
    labels = drawing.figure.axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == list("abcdefghijk") + ["t"]
    assert words_of(drawing) == ["drawn"]


def test_the_picture_asks_for_a_distribution_over_the_alphabet():
    with pytest.raises(ValueError, match=r"chosen must have the shape \(2\)"):
        next_character("ab", [0.5, 0.5], [1.0])
