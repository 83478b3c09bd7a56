"""The texts that ship with the course are what its character model needs."""

from collections import Counter
from pathlib import Path

import pytest

from unrolled.tasks.corpora import SHIPPED, load, prepare

DATA = Path(__file__).resolve().parents[2] / "data"
PUBLISHED = 10_000
"""How many characters the published experiment uses."""

every_text = pytest.mark.parametrize("name", SHIPPED)


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.fixture(autouse=True)
def of_the_course(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the course's own folder, whatever a reader has set."""
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    monkeypatch.chdir(DATA.parent)


def test_the_chinese_lyrics_fill_the_published_length_with_many_characters():
    text = prepare(load("lyrics_zh").text, PUBLISHED)
    assert len(text) == PUBLISHED
    assert len(set(text)) >= 700


def test_what_the_net_is_asked_to_go_on_from_occurs_often():
    # 98 and 29 times in the whole text, 70 and 20 times in the part that is used.
    text = prepare(load("lyrics_zh").text, PUBLISHED)
    assert text.count("分开") >= 20
    assert text.count("不分开") >= 10
    assert text.count("分开") > text.count("不分开")  # not always after the same


def test_the_english_lyrics_are_long_enough():
    text = prepare(load("lyrics_en").text)
    assert len(text) >= 20_000
    assert len(set(text)) >= 40


@every_text
def test_few_lines_repeat(name):
    # Of 100 lines, 7 in the Chinese and 8 in the English lyrics have stood before.
    lines = lines_of(load(name).text)
    counts = Counter(lines)
    assert len(lines) >= 700
    assert len(lines) - len(counts) <= 0.12 * len(lines)
    assert max(counts.values()) <= 5


@every_text
def test_a_line_comes_again_in_its_own_song_alone(name):
    songs = [set(lines_of(song)) for song in load(name).text.split("\n\n")]
    assert len(songs) >= 30
    assert sum(map(len, songs)) == len(set().union(*songs))


@every_text
def test_lines_end_plainly(name):
    text = load(name).text
    assert "\r" not in text
    assert "\t" not in text
    assert "\ufeff" not in text
    assert text.endswith("\n")
    assert not any(line != line.strip() for line in text.splitlines())
