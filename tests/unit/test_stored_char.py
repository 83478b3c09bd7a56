"""The stored results of the character experiments, repeated in a small part."""

import os
from pathlib import Path

import numpy as np
import pytest

from experiments import (
    charlm_fading,
    charlm_published,
    charlm_sentence,
    charlm_shakespeare,
)
from unrolled.tasks.corpora import load
from unrolled.tasks.text import split
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.ngrams import NGram
from unrolled.training.perplexity import bits_per_character
from unrolled.training.stored import stored_result


def test_the_published_experiment_starts_again_as_stored() -> None:
    stored = stored_result("charlm_published")
    again = charlm_published.trained("consecutive", epochs=25)
    found = stored["consecutive"]
    assert found["epochs"][0] == again["epochs"][0] == 25
    assert again["training"][0] == pytest.approx(found["training"][0], rel=0.02)
    assert again["unread"][0] == pytest.approx(found["unread"][0], rel=0.02)
    assert again["norm"][0] > charlm_published.RULE.threshold
    assert again["epochs_to_goal"] is None


@pytest.mark.parametrize("sampling", ["consecutive", "random"])
def test_the_published_experiment_was_run_to_its_end(sampling: str) -> None:
    found = stored_result("charlm_published")[sampling]
    assert found["epochs"][-1] == charlm_published.EPOCHS
    assert min(found["training"]) < 2  # and above the goal: the steps do not fade
    assert found["epochs_to_goal"] is None
    assert all(
        len(found[name]) == len(found["epochs"])
        for name in ("training", "unread", "norm")
    )


@pytest.mark.parametrize("sampling", ["consecutive", "random"])
def test_with_fading_steps_the_goal_was_reached(sampling: str) -> None:
    found = stored_result("charlm_fading")[sampling]
    assert found["epochs"][-1] == charlm_fading.EPOCHS
    assert found["last"] <= charlm_published.GOAL
    assert 0 < found["epochs_to_goal"] <= charlm_fading.EPOCHS
    windows = charlm_fading.EPOCHS * charlm_fading.WINDOWS
    assert charlm_fading.RULE.rule.updates == windows


def test_counting_on_the_unread_songs_gives_the_stored_numbers() -> None:
    stored = stored_result("charlm_published")
    vocabulary, indices, start = charlm_published.texts()
    assert stored["vocabulary"] == len(vocabulary)
    assert stored["unread_characters"] == len(indices) - start
    for order in charlm_published.ORDERS:
        losses = NGram.fit(indices[:start], order, len(vocabulary)).losses(indices)
        again = np.exp(losses[start:].mean())
        assert again == pytest.approx(stored["counting_unread"][str(order)], abs=0.01)


@pytest.mark.parametrize("name", charlm_sentence.RULES)
def test_the_sentence_is_learnt_again_as_stored(name: str) -> None:
    stored = stored_result("charlm_sentence")[name]
    assert len(stored) == charlm_sentence.SEEDS
    again = charlm_sentence.steps_needed(charlm_sentence.RULES[name], seed=0)
    assert again == pytest.approx(stored[0], rel=0.2)


def test_counting_in_shakespeare_gives_the_stored_numbers() -> None:
    data = os.environ.get("UNROLLED_DATA", "")
    if not (Path(data) / "tinyshakespeare.txt").is_file():
        pytest.skip("no tinyshakespeare.txt in the folder that UNROLLED_DATA names")
    stored = stored_result("charlm_shakespeare")
    text = load("shakespeare", data).text
    vocabulary = Vocabulary.of(text)
    indices = vocabulary.encode(text)
    part, rest = split(indices)
    assert stored["characters"] == len(text)
    assert stored["held_out"] == len(rest)
    for order in (1, 2, 3):
        losses = NGram.fit(part, order, len(vocabulary)).losses(indices)[len(part) :]
        bits = bits_per_character(losses.mean())
        assert bits == pytest.approx(stored["counting_bits"][str(order)], abs=0.001)


def test_the_net_s_three_minutes_were_kept() -> None:
    stored = stored_result("charlm_shakespeare")
    assert stored["seconds"] <= charlm_shakespeare.MOST_SECONDS + 1
    assert stored["bits"] < stored["counting_bits"]["3"] - 0.7  # the trigram's
    assert stored["bits"] < min(stored["counting_bits"].values()) + 0.05
