"""Greedy text from compiled calls, against the loop in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from unrolled.cells.gru_tf import GRU
from unrolled.cells.lstm_tf import LSTM
from unrolled.cells.tanh_tf import TANH
from unrolled.training import generation_tf
from unrolled.training.generation import generate
from unrolled.training.generation_tf import generate_greedy
from unrolled.training.nets_tf import RecurrentNet

CHARACTERS, HIDDEN = 29, 40

every_cell = pytest.mark.parametrize(
    "cell", [TANH, LSTM, GRU], ids=lambda cell: cell.name
)


def lively_net(cell, seed=0, dtype="float32", gain=1):
    """Return a net that writes many characters; the more gain, the more of them.

    With much gain, the text hangs on the last digits.
    """
    normal = np.random.default_rng(seed).standard_normal
    columns = cell.blocks * HIDDEN
    weights = {
        "W_xh": gain * normal((CHARACTERS, columns)),
        "W_hh": gain * 2.5 / np.sqrt(HIDDEN) * normal((HIDDEN, columns)),
        "b_h": normal(columns),
        "W_hq": normal((HIDDEN, CHARACTERS)),
        "b_q": normal(CHARACTERS),
    }
    return RecurrentNet(cell, weights, dtype)


@every_cell
@pytest.mark.parametrize("seed", range(3))
def test_the_characters_are_those_of_the_loop(cell, seed):
    net = lively_net(cell, seed, "float64", gain=5)
    text = generate_greedy(net, [4, 11], 30)
    assert text.dtype == np.int64
    assert text.tolist() == generate(net, [4, 11], 30).tolist()
    assert len(set(text.tolist())) > 5  # or there would be little to compare


@every_cell
def test_half_the_bits_write_the_same_text_where_nothing_is_close(cell):
    net = lively_net(cell, 2)
    text = generate_greedy(net, [4, 11], 60).tolist()
    assert text == generate(net, [4, 11], 60).tolist()
    assert len(set(text)) > 5


@every_cell
def test_the_whole_prefix_is_read(cell):
    net = lively_net(cell)
    texts = []
    for prefix in ([7], [3, 7], [7, 3, 7], np.array([0, 28, 7], np.int32)):
        texts.append(generate_greedy(net, prefix, 12).tolist())
        assert texts[-1] == generate(net, prefix, 12).tolist()
    assert len({tuple(text) for text in texts}) == 4


@pytest.mark.parametrize(("prefix", "length"), [(1, 37), (3, 30), (20, 3), (32, 1)])
def test_calls_follow_each_other_without_a_seam(monkeypatch, prefix, length):
    monkeypatch.setattr(generation_tf, "MOST_CHARACTERS", 8)
    net = lively_net(LSTM, dtype="float64")
    given = np.random.default_rng(1).integers(CHARACTERS, size=prefix)
    text = generate_greedy(net, given, length)
    assert text.shape == (length,)
    assert text.tolist() == generate(net, given, length).tolist()


def test_a_longer_text_begins_with_the_shorter_one():
    net = lively_net(GRU)
    long = generate_greedy(net, [1], 50).tolist()
    assert [generate_greedy(net, [1], n).tolist() for n in (1, 2, 49)] == [
        long[:1],
        long[:2],
        long[:49],
    ]


def test_all_lengths_and_prefixes_are_served_by_one_program():
    writer = generation_tf.compiled_writer(TANH)
    net = lively_net(TANH)
    generate_greedy(net, [1], 5)
    traced = writer.experimental_get_tracing_count()
    for prefix, length in (([2], 5), ([1], 6), ([5, 6, 7], 20)):
        generate_greedy(net, prefix, length)
    assert writer.experimental_get_tracing_count() == traced


def test_of_equals_the_first_is_written():
    zeros = {n: tf.zeros_like(p) for n, p in lively_net(TANH).parameters.items()}
    net = RecurrentNet(TANH, zeros)
    assert generate_greedy(net, [5], 3).tolist() == [0, 0, 0]
    last = np.zeros(CHARACTERS)
    last[[12, 20]] = 1
    net = RecurrentNet(TANH, zeros | {"b_q": last})
    assert generate_greedy(net, [5], 3).tolist() == [12, 12, 12]


def test_the_weights_are_those_of_the_call_and_stay_as_they_are():
    net = lively_net(TANH)
    before, weights = generate_greedy(net, [1], 20).tolist(), net.weights
    net.parameters = lively_net(TANH, seed=5).parameters
    assert generate_greedy(net, [1], 20).tolist() != before
    net.parameters = {n: tf.constant(w, tf.float32) for n, w in weights.items()}
    assert generate_greedy(net, [1], 20).tolist() == before


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["W_hq", "W_hh", "b_q"])
def test_a_net_that_has_diverged_is_noticed(name, wrong):
    net = lively_net(TANH)
    broken = net.weights[name]
    broken[..., 3] = wrong
    net.parameters = net.parameters | {name: tf.constant(broken, tf.float32)}
    with pytest.raises(ValueError, match=r"^logits must be finite, .* character \d"):
        generate_greedy(net, [0], 9)


def test_the_character_at_which_it_breaks_down_is_told(monkeypatch):
    monkeypatch.setattr(generation_tf, "MOST_CHARACTERS", 4)
    net = lively_net(TANH)
    rows = net.weights["W_xh"]
    rows[13] = np.nan
    net.parameters = net.parameters | {"W_xh": tf.constant(rows, tf.float32)}
    prefix = [1, 2, 3, 4, 5, 13]
    with pytest.raises(ValueError, match=r"those after character 6 of prefix"):
        generate_greedy(net, prefix, 9)


def test_bad_input_gets_one_sentence():
    net = lively_net(TANH)
    for call, message in (
        (lambda: generate_greedy(net, [], 3), "^prefix must not be empty"),
        (lambda: generate_greedy(net, [29], 3), "^prefix must hold the numbers of"),
        (lambda: generate_greedy(net, "a", 3), "^prefix must hold the numbers of"),
        (lambda: generate_greedy(net, [0], 0), "^length must be a whole number of at"),
        (
            lambda: generate_greedy(RecurrentNet.draw(TANH, 4, seed=0), [0], 1),
            "^net must have as many inputs as outputs, one for each character, but it",
        ),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            call()
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)
