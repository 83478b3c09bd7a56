"""The pad, as far as Python has it: its state, its checks, its picture."""

import gzip

import numpy as np
import pytest

from scripts.notebooks import ROOT
from tests.demo.demo import bars
from unrolled.tasks import digit_frame
from unrolled.training.digit_net import MAGIC, shipped_bytes
from unrolled.views import explore
from unrolled.views.bundling import bundle
from unrolled.views.explore.digit_view import SIDE, STATE, TOOLS, Digit

SCRIPTS = ROOT / "lib" / "unrolled" / "views" / "js"
LARGEST_RECORD = 300_000
"""Bytes of a view's record in a notebook."""

IMAGES = np.arange(3 * 784, dtype=np.uint32).reshape(3, 28, 28).astype(np.uint8)
LABELS = np.array([7, 2, 1])


def made(images=IMAGES, labels=LABELS, **state) -> Digit:
    given = {"picture": bars(), "alt": "Bars.", **state}
    return explore.digit(shipped_bytes(), images, labels, **given)


def test_it_begins_with_an_empty_pad():
    view = made()
    assert not view.drawing.any()
    assert (view.row, view.tool, view.chosen) == (28, "draw", None)
    assert repr(view) == "Digit: an interactive figure"


def test_what_is_on_the_pad_can_be_read_and_set():
    drawing = np.eye(28, dtype=np.uint8) * 200
    view = made(chosen=1)
    np.testing.assert_array_equal(view.drawing, IMAGES[1])
    view.drawing = drawing
    assert view.chosen is None
    np.testing.assert_array_equal(view.drawing, drawing)
    view.drawing[0, 0] = 1  # a copy
    np.testing.assert_array_equal(view.drawing, drawing)
    np.testing.assert_array_equal(made(drawing=drawing).drawing, drawing)


def test_a_page_sends_memory_and_python_has_bytes():
    view = made()
    sent = bytes(range(256)) + bytes(528)
    view.set_state({"ink": memoryview(sent), "chosen": None})
    assert view.ink == sent
    assert view.get_state()["ink"] == sent


def test_numbers_of_numpy_are_shared_as_plain_ones():
    shared = made(chosen=np.int64(2), row=np.int64(3)).get_state()
    assert [type(shared[name]) for name in ("chosen", "row")] == [int, int]
    assert shared["labels"] == [7, 2, 1]
    assert shared["images"] == IMAGES.tobytes()
    assert shared["weights"] == shipped_bytes()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"row": 0}, "row must be a whole number of at least 1, but 0"),
        ({"row": 29}, "row must be at most 28"),
        ({"chosen": 3}, "chosen must be at most 2"),
        ({"chosen": -1}, "chosen must be a whole number of at least 0"),
        ({"tool": "blow"}, "tool must be one of draw, erase, but 'blow'"),
        ({"ink": b"abc"}, "ink must be 784 bytes, .* but 3 were given"),
        ({"drawing": np.zeros((28, 28))}, "drawing must be .* but float64 of shape"),
        ({"pen": 1}, "a setting of the view must name one of ink, .* 'pen'"),
        ({"images": IMAGES[:, 1:]}, r"images must be .* uint8 of shape \(3, 27, 28\)"),
        ({"images": IMAGES / 255}, "images must be of uint8 .* but float64"),
        ({"labels": [1, 2]}, "labels must be a digit for each of the 3 images"),
        ({"labels": [1, 2, 10]}, "labels must be a digit for each of the 3 images"),
        (
            {"images": np.zeros((101, 28, 28), np.uint8)},
            "images must be at most 100",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(state, message):
    with pytest.raises(ValueError, match=message):
        made(**state)


def test_bytes_that_are_no_net_are_refused():
    with pytest.raises(ValueError, match="weights must be a packed net, but 3 bytes"):
        explore.digit(b"abc", IMAGES, LABELS, picture=bars(), alt="Bars.")


def test_it_can_do_without_images():
    view = made(images=np.zeros((0, 28, 28), np.uint8), labels=[])
    assert view.labels == []


def test_numbers_are_those_of_the_script():
    frame = (SCRIPTS / "digit_frame.js").read_text(encoding="utf-8")
    for name, value in (
        ("FRAME_SIDE", digit_frame.FRAME),
        ("BOX", digit_frame.BOX),
        ("MIDDLE", digit_frame.MIDDLE),
    ):
        assert f"const {name} = {value};" in frame
    assert SIDE == digit_frame.FRAME
    net = (SCRIPTS / "digit_net.js").read_text(encoding="utf-8")
    assert f'DIGIT_MAGIC = "{MAGIC.decode()}";' in net
    view = (SCRIPTS / "digit.js").read_text(encoding="utf-8")
    for tool in TOOLS:
        assert f'value: "{tool}"' in view
    assert STATE["row"] == SIDE


def test_the_record_is_small_as_a_notebook_stores_it():
    images = np.zeros((40, 28, 28), np.uint8)
    state = made(images=images, labels=np.zeros(40, int)).get_state()
    size = sum(len(v) for v in state.values() if isinstance(v, bytes))
    print(f"net and 40 images: {size / 1e3:.1f} kB")
    assert 4 * size / 3 <= LARGEST_RECORD


def test_the_bundle_is_light():
    size = len(gzip.compress(bundle("digit").encode(), 6))
    print(f"digit: {size / 1e3:.1f} kB compressed")
    assert size < 30_000
