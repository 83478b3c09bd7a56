"""Packed nets: what goes in comes out, rounded; what is damaged is refused."""

import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.cells.gru import GRUCell
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training import packed
from unrolled.training.choosing import Choice
from unrolled.training.generation import Reader, generate
from unrolled.training.packed import (
    HEAD,
    LENGTH,
    MAGIC,
    NAMES,
    PackedNet,
    pack,
    rounded,
    shapes,
    unpack,
)

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 7)


def drawn(seed=0, alphabet="\n 人分a", embedding=3, hidden=4, name="toy"):
    normal = np.random.default_rng(seed).standard_normal
    wanted = shapes(len(alphabet), embedding, hidden)
    factors = {n: normal(shape) for n, shape in wanted.items()}
    vocabulary = Vocabulary("".join(sorted(alphabet)))
    return PackedNet(name, "Drawn at random.", vocabulary, factors, ((2, "nothing"),))


@given(seeds, sizes, sizes, st.text(min_size=1, max_size=9))
def test_what_is_packed_is_unpacked_rounded(seed, embedding, hidden, text):
    letters = [sign for sign in set(text) if not 0xD800 <= ord(sign) < 0xE000]
    alphabet = "".join(sorted(letters)) or "a"
    net = drawn(seed, alphabet, embedding, max(hidden, 2))
    (found,) = unpack(pack([net])).values()
    assert (found.name, found.about, found.units) == (net.name, net.about, net.units)
    assert found.vocabulary == net.vocabulary
    for name in NAMES:
        assert found.factors[name].dtype == np.float64
        np.testing.assert_array_equal(found.factors[name], rounded(net.factors[name]))


@given(seeds, sizes, sizes, st.floats(-30, 30))
def test_rounding_is_by_half_a_unit_of_the_column(seed, rows, columns, power):
    tensor = np.random.default_rng(seed).standard_normal((rows, columns)) * 2.0**power
    units = np.abs(tensor).max(axis=0) / 127
    assert (np.abs(rounded(tensor) - tensor) <= units * (0.5 + 1e-4)).all()
    vector = tensor.ravel()
    unit = np.abs(vector).max() / 32767
    assert (np.abs(rounded(vector) - vector) <= unit * (0.5 + 1e-2)).all()


def test_rounding_again_changes_next_to_nothing():
    tensor = np.random.default_rng(1).standard_normal((50, 20))
    once = rounded(tensor)
    np.testing.assert_allclose(rounded(once), once, rtol=1e-6)


def test_a_column_of_zeros_stays_one():
    tensor = np.array([[0.0, 1.0], [0.0, -2.0]])
    np.testing.assert_array_equal(rounded(tensor)[:, 0], [0, 0])


def test_a_matrix_takes_a_byte_for_a_number():
    net = drawn(alphabet="abcdefgh", embedding=5, hidden=6)
    sizes_of = {n: f.size for n, f in net.factors.items()}
    whole = sum(size * (2 if n[0] == "b" else 1) for n, size in sizes_of.items())
    scales = 4 * (5 + 18 + 18 + 1 + 5 + 1)
    body = pack([net])[HEAD.size :]
    header = LENGTH.size + LENGTH.unpack_from(body)[0]
    assert len(body) - header == whole + scales


def test_several_nets_keep_their_names_and_order():
    nets = [drawn(1, name="one"), drawn(2, "xy", 2, 3, name="two")]
    found = unpack(pack(nets))
    assert list(found) == ["one", "two"]
    np.testing.assert_array_equal(
        found["two"].factors["W_hh"], rounded(nets[1].factors["W_hh"])
    )


def test_equal_nets_are_equal_bytes():
    assert pack([drawn(3)]) == pack([drawn(3)]) != pack([drawn(4)])


# --- the net ---------------------------------------------------------------------


def test_it_is_a_gru_whose_factors_are_multiplied():
    net = drawn()
    cell, f = net.numpy_cell(), net.factors
    assert isinstance(cell, GRUCell)
    np.testing.assert_array_equal(cell.parameters["W_xh"], f["E"] @ f["W_eh"])
    np.testing.assert_array_equal(net.weights["W_hq"], f["W_he"] @ f["E"].T)
    np.testing.assert_array_equal(net.weights["b_q"], f["b_q"])
    assert repr(net) == "PackedNet('toy': 5 characters, 4 units, 128 numbers)"


def test_it_reads_and_writes_as_other_nets_do():
    net = drawn(5)
    logits = Reader(net).read(2)
    state = net.numpy_cell().forward(np.eye(5)[[[2]]]).final_state[0]
    np.testing.assert_allclose(
        logits, (state @ net.weights["W_hq"] + net.weights["b_q"])[0]
    )
    text = generate(net, [0, 1], 20, Choice(temperature=1.5), seed=3)
    assert text.shape == (20,)
    assert len(set(text.tolist())) > 1


# --- what is amiss ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b_q": np.zeros(4)}, r"b_q must have the shape \(5\)"),
        ({"W_he": np.full((4, 3), np.nan)}, "W_he must hold finite numbers"),
    ],
)
def test_factors_that_do_not_fit_are_refused(change, message):
    net = drawn()
    with pytest.raises(ValueError, match=message):
        PackedNet("toy", "", net.vocabulary, net.factors | change)


def test_a_missing_factor_is_refused():
    net = drawn()
    factors = {name: net.factors[name] for name in NAMES[:-1]}
    with pytest.raises(ValueError, match=r"factors must be E, .*, but E, W_eh"):
        PackedNet("toy", "", net.vocabulary, factors)


@pytest.mark.parametrize("unit", [0, 5])
def test_a_unit_that_is_none_is_refused(unit):
    net = drawn()
    with pytest.raises(ValueError, match="a unit must be"):
        PackedNet("toy", "", net.vocabulary, net.factors, ((unit, "none"),))


@pytest.mark.parametrize("nets", [[], [drawn(1), drawn(2)]])
def test_nets_need_names_of_their_own(nets):
    with pytest.raises(ValueError, match="each with a name of its own"):
        pack(nets)


@pytest.mark.parametrize(
    "content", [b"", b"UNRNETS2" + bytes(40), "text", None, MAGIC[:5]]
)
def test_other_files_are_refused(content):
    with pytest.raises(ValueError, match=r"must hold nets that pack\(nets\) has"):
        unpack(content)


@given(st.data())
def test_every_damage_is_noticed(data):
    content = pack([drawn()])
    place = data.draw(st.integers(len(MAGIC), len(content) - 1))
    mask = data.draw(st.integers(1, 255))
    damaged = bytearray(content)
    damaged[place] ^= mask
    with pytest.raises(ValueError, match="packed is damaged"):
        unpack(bytes(damaged))


@given(st.integers(len(MAGIC), 200))
def test_a_file_that_was_cut_is_refused(length):
    with pytest.raises(ValueError, match="packed is damaged"):
        unpack(pack([drawn()])[:length])


def test_a_missing_file_says_how_to_make_it(monkeypatch, tmp_path):
    monkeypatch.setattr(packed, "SHIPPED", tmp_path / "none.bin")
    with pytest.raises(
        FileNotFoundError, match="make experiments ONLY=sampler_weights"
    ):
        packed.shipped_bytes()


def test_the_header_is_plain_json_under_the_checksum():
    content = pack([drawn()])
    magic, checksum = HEAD.unpack_from(content)
    body = content[HEAD.size :]
    assert (magic, checksum) == (MAGIC, zlib.crc32(body))
    end = LENGTH.size + LENGTH.unpack_from(body)[0]
    (described,) = json.loads(body[LENGTH.size : end])["nets"]
    assert described["characters"] == "\n a人分"
    assert described["shapes"]["W_hh"] == [4, 12]
