"""The net of the pad: what is packed is unpacked, what it reads, which rows count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.cells.lstm import LSTMCell
from unrolled.training import digit_net
from unrolled.training.digit_net import (
    MAGIC,
    NAMES,
    DigitNet,
    pack,
    shapes,
    shipped_bytes,
    shipped_net,
    unpack,
)
from unrolled.training.losses import log_softmax
from unrolled.training.packed import rounded

seeds = st.integers(0, 2**32 - 1)


def drawn(seed=0, pixels=4, hidden=5, classes=3) -> DigitNet:
    normal = np.random.default_rng(seed).standard_normal
    wanted = shapes(pixels, hidden, classes)
    parameters = {name: normal(shape) for name, shape in wanted.items()}
    return DigitNet("toy", "Drawn at random.", parameters)


def pictures(seed=0, shape=(6, 7, 4)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


# --- packing -----------------------------------------------------------------------


@given(seeds, st.integers(1, 6), st.integers(1, 6), st.integers(2, 5))
def test_what_is_packed_is_unpacked_rounded(seed, pixels, hidden, classes):
    net = drawn(seed, pixels, hidden, classes)
    found = unpack(pack(net))
    assert (found.name, found.about) == (net.name, net.about)
    for name in NAMES:
        wanted = rounded(net.parameters[name])
        np.testing.assert_array_equal(found.parameters[name], wanted)
    assert pack(net) == pack(net)


@pytest.mark.parametrize("content", [b"", b"UNRNETS1" + bytes(40), None, MAGIC[:5]])
def test_other_files_are_refused(content):
    with pytest.raises(ValueError, match=r"must hold a net that pack\(net\) has"):
        unpack(content)


@given(st.data())
def test_every_damage_is_noticed(data):
    damaged = bytearray(pack(drawn()))
    place = data.draw(st.integers(len(MAGIC), len(damaged) - 1))
    damaged[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match=r"packed is damaged.*ONLY=digit_weights"):
        unpack(bytes(damaged))


def test_a_missing_file_says_how_to_make_it(monkeypatch, tmp_path):
    monkeypatch.setattr(digit_net, "SHIPPED", tmp_path / "none.bin")
    with pytest.raises(FileNotFoundError, match="make experiments ONLY=digit_weights"):
        digit_net.shipped_bytes()


def test_parameters_must_fit():
    parameters = drawn().parameters
    with pytest.raises(ValueError, match=r"b_q must have the shape|W_hq must have"):
        DigitNet("toy", "", parameters | {"W_hq": np.zeros((4, 3))})
    broken = np.full_like(parameters["W_hh"], np.nan)
    with pytest.raises(ValueError, match="W_hh must hold finite numbers"):
        DigitNet("toy", "", parameters | {"W_hh": broken})
    with pytest.raises(ValueError, match="parameters must be W_xh, W_hh, b_h, W_hq"):
        DigitNet("toy", "", {name: parameters[name] for name in NAMES[:-1]})


# --- reading -----------------------------------------------------------------------


def test_it_is_an_lstm_over_the_rows():
    net, images = drawn(1), pictures(1)
    cell = net.numpy_cell()
    assert isinstance(cell, LSTMCell)
    trace = cell.forward(images / 255)
    np.testing.assert_allclose(net.hidden_states(images), trace.outputs, rtol=1e-13)
    logits = trace.outputs @ net.parameters["W_hq"] + net.parameters["b_q"]
    found = net.probabilities(images)
    np.testing.assert_allclose(
        np.log(found).reshape(-1, 3), log_softmax(logits.reshape(-1, 3)), rtol=1e-10
    )
    np.testing.assert_array_equal(net.classes(images), found[:, -1].argmax(axis=1))
    assert repr(net) == "DigitNet('toy': rows of 4 pixels, 5 units, 218 numbers)"


def test_the_answer_after_a_row_knows_nothing_of_later_ones():
    net, images = drawn(2), pictures(2)
    other = images.copy()
    other[:, 4:] = 255 - other[:, 4:]
    before, after = net.probabilities(images), net.probabilities(other)
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).all()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (pictures(shape=(2, 7, 5)), r"images must have rows of 4 pixels"),
        (pictures(shape=(7, 4)), r"images must have the axes"),
        (pictures() / 255, r"images must be whole numbers of 0 to 255"),
    ],
)
def test_other_images_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        drawn().probabilities(images)


@given(seeds)
def test_a_row_counts_by_what_the_margin_would_be_without_it(seed):
    net, (image,) = drawn(seed), pictures(seed, (1, 7, 4))
    image[2] = 0
    found = net.attribution(image)
    shares = net.probabilities(image[np.newaxis])[0, -1]
    assert [found.chosen, found.runner_up] == np.argsort(-shares)[:2].tolist()
    gap = np.log(shares[found.chosen] / shares[found.runner_up])
    assert found.margin == pytest.approx(gap, rel=1e-9, abs=1e-12)
    assert found.margin >= 0
    for row in (0, 6):
        without = image.copy()
        without[row] = 0
        logits = net.logits(without[np.newaxis])[0, -1]
        rest = logits[found.chosen] - logits[found.runner_up]
        assert found.rows[row] == pytest.approx(found.margin - rest, abs=1e-12)
    assert found.rows[2] == 0, "it was paper before"


# --- the net that comes with the course --------------------------------------------


def test_the_shipped_net_is_small_and_reads_mnist():
    net = shipped_net()
    assert len(shipped_bytes()) < 300_000  # base64 in a page: 400 kB
    assert (net.name, net.pixels, net.hidden_size) == ("MNIST", 28, 128)
    assert net.parameters["b_q"].shape == (10,)
    assert "MNIST" in net.about
