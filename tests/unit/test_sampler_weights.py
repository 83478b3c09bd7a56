"""How the nets of the sampler are trained, and that the shipped file is the result."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import sampler_weights
from experiments._factored_gru import (
    Plan,
    drawn_weights,
    train,
    window_gradient,
)
from unrolled.tasks import corpora
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.losses import cross_entropy
from unrolled.training.packed import PackedNet, shipped_bytes, shipped_nets
from unrolled.training.stored import stored_result

LARGEST = 300_000
PLAN = Plan(hidden=5, embedding=3, batch=4, window=6, updates=300, rate=0.03)


def drawn(V=7, plan=PLAN):
    shares = np.arange(1, V + 1, dtype=np.float32)
    return drawn_weights(plan, V, shares / shares.sum())


def as_net(weights) -> PackedNet:
    vocabulary = Vocabulary("abcdefghijkl"[: len(weights["E"])])
    factors = {name: w.astype(np.float64) for name, w in weights.items()}
    return PackedNet("toy", "", vocabulary, factors)


# --- training ----------------------------------------------------------------------


@given(st.integers(0, 1000), st.booleans())
def test_the_gradient_is_that_of_the_library_s_cell(seed, masked):
    random = np.random.default_rng(seed)
    weights = drawn()
    x, y = random.integers(0, 7, (2, 6, 4))
    h = random.uniform(-1, 1, (4, 5)).astype(np.float32)
    mask = np.ones((4, 5), np.float32)
    if masked:
        mask = (random.random((4, 5)) < 0.5).astype(np.float32) * 2
    loss, after, found = window_gradient(weights, h, x, y, mask)

    net = as_net(weights)
    f, cell = net.factors, net.numpy_cell()
    one_hot = np.eye(7)[x.T]
    trace = cell.forward(one_hot, (h.astype(np.float64),))
    hidden = trace.outputs * mask[:, np.newaxis]
    logits = hidden @ net.weights["W_hq"] + f["b_q"]
    wanted_loss, slopes = cross_entropy(logits.reshape(-1, 7), y.T.ravel())
    slopes = slopes.reshape(logits.shape)
    direct = (slopes @ net.weights["W_hq"].T) * mask[:, np.newaxis]
    through = cell.backward(trace, direct).parameters
    read = np.einsum("bth,btv->hv", hidden, slopes)
    wanted = {
        "W_hh": through["W_hh"],
        "b_h": through["b_h"],
        "W_eh": f["E"].T @ through["W_xh"],
        "E": through["W_xh"] @ f["W_eh"].T + read.T @ f["W_he"],
        "W_he": read @ f["E"],
        "b_q": slopes.sum(axis=(0, 1)),
    }
    assert loss == pytest.approx(wanted_loss, rel=1e-5)
    np.testing.assert_allclose(after, trace.final_state[0], atol=1e-6)
    for name, gradient in wanted.items():
        np.testing.assert_allclose(found[name], gradient, atol=2e-6, err_msg=name)


def test_training_learns_and_is_the_same_again():
    text = np.tile([0, 1, 2, 3, 2, 1], 50)
    curves, ends = [], []
    for _ in range(2):
        weights = drawn(4)
        curves.append([loss for _, loss in train(weights, text, PLAN, 100)])
        ends.append(weights)
    assert curves[0] == curves[1]
    assert len(curves[0]) == 3
    assert curves[0][-1] < 0.6 * curves[0][0]
    for name, w in ends[0].items():
        np.testing.assert_array_equal(w, ends[1][name])


def test_units_in_another_order_are_the_same_net():
    net = as_net(drawn())
    order = np.array([3, 0, 4, 2, 1])
    other = as_net(sampler_weights.in_order(net.factors, order))
    text = np.random.default_rng(0).integers(0, 7, 30)
    bits, states = sampler_weights.reading(net, text)
    bits_then, states_then = sampler_weights.reading(other, text)
    np.testing.assert_allclose(bits_then, bits, rtol=1e-9)
    np.testing.assert_allclose(states_then, states[:, order], rtol=1e-9)


def test_update_gates_are_those_of_the_cell():
    net = as_net(drawn())
    text = np.array([1, 5, 2, 2, 6])
    _, states = sampler_weights.reading(net, text)
    trace = net.numpy_cell().forward(np.eye(7)[text[:-1]][np.newaxis])
    np.testing.assert_allclose(states, trace.outputs[0], rtol=1e-12)
    wanted = np.mean([cache[2][0] for cache in trace.caches], axis=0)
    found = sampler_weights.mean_update_gates(net, text, states)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_features_of_a_text():
    text = "ROMEO:\nO, my.\n"
    assert sampler_weights.in_name(text) == [1] * 7 + [0] * 7
    assert sampler_weights.since("ab\nc\n", "\n") == [1, 2, 0, 1, 0]
    assert sampler_weights.is_one_of("a b", " ") == [0, 1, 0]


def test_the_units_that_follow_are_found_and_none_twice():
    random = np.random.default_rng(1)
    text = "ab cd\nefg h\n" * 20
    states = random.standard_normal((len(text), 4))
    since = np.array(sampler_weights.since(text, "\n"))
    states[:, 2] = -since + 0.1 * states[:, 2]
    features = {"one": lambda t: sampler_weights.since(t, "\n")}
    features["two"] = features["one"]
    found = sampler_weights.followers(states, text, features)
    assert found[0][:2] == (3, "one")
    assert found[0][2] < -0.9
    assert found[1][0] != 3
    assert sampler_weights.said("one", -0.954) == "one, r = −0.95"


# --- the stored result, and the shipped file --------------------------------------


@pytest.fixture(scope="module")
def result():
    return stored_result("sampler_weights")


def test_the_shipped_file_is_the_one_that_was_made(result):
    content = shipped_bytes()
    assert hashlib.sha256(content).hexdigest() == result["sha256"]
    assert len(content) == result["bytes"] <= LARGEST


def test_rounding_costs_next_to_nothing(result):
    for net in result["nets"].values():
        measured = net["measured"]
        assert abs(measured["bits_rounded"] - measured["bits"]) < 0.01


def test_the_plans_are_those_of_the_stored_result(result):
    for name, net in shipped_nets().items():
        plan = sampler_weights.PLANS[name]
        assert result["nets"][name]["plan"]["updates"] == plan.updates
        assert net.hidden_size == plan.hidden
        gates = result["nets"][name]["mean_update_gates"]
        assert gates == sorted(gates, reverse=True)
        units = [
            unit["unit"]
            for unit in result["nets"][name]["units"]
            if abs(unit["correlation"]) > sampler_weights.LISTED
        ]
        assert [unit for unit, _ in net.units] == units


def measured_again(name: str) -> float:
    _, _, text = sampler_weights.split(name)
    bits, _ = sampler_weights.reading(
        shipped_nets()[name], text[: sampler_weights.SLICE]
    )
    return float(bits.mean())


def test_the_chinese_net_does_as_stored(result):
    stored = result["nets"]["Chinese"]["measured"]
    assert measured_again("Chinese") == pytest.approx(
        stored["slice_bits_rounded"], rel=1e-9
    )
    assert stored["perplexity_rounded"] < 3


def test_the_english_net_does_as_stored(result):
    folder = Path(os.environ.get("UNROLLED_DATA") or "")
    if not (folder / corpora.PUBLIC["shakespeare"].file).is_file():
        pytest.skip("Shakespeare's plays are not in the data directory")
    stored = result["nets"]["English"]["measured"]
    assert measured_again("English") == pytest.approx(
        stored["slice_bits_rounded"], rel=1e-9
    )
    assert stored["bits_rounded"] < 2.3


def test_without_shakespeare_nothing_is_trained(monkeypatch):
    lyrics = corpora.load("lyrics_en")
    monkeypatch.setattr(corpora, "load", lambda name: lyrics)
    with pytest.raises(ValueError, match="made from the text 'shakespeare', but it is"):
        sampler_weights.split("English")
