"""Drawings in MNIST's frame: the steps in fractions, and what must not matter."""

import os
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from unrolled.tasks import digits
from unrolled.tasks.digit_frame import centred, scale_weights

HALF = Fraction(1, 2)

drawings = npst.arrays(
    np.uint8,
    npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40),
    elements=st.sampled_from([0, 0, 0, 90, 255]),
).filter(lambda drawing: drawing.any())


def weight(new: int, old: int, i: int, j: int) -> Fraction:
    """Return how much of old pixel ``j`` is in new pixel ``i``, from its definition."""
    step = Fraction(old, new)
    if new <= old:
        shared = min((i + 1) * step, Fraction(j + 1)) - max(i * step, Fraction(j))
        return max(shared, Fraction(0)) / step
    place = min(max((i + HALF) * step - HALF, Fraction(0)), Fraction(old - 1))
    return max(1 - abs(place - j), Fraction(0))


def slowly(drawing: np.ndarray) -> np.ndarray | None:
    """Bring a drawing into the frame in fractions, pixel by pixel."""
    rows = [r for r in range(drawing.shape[0]) if drawing[r].any()]
    columns = [c for c in range(drawing.shape[1]) if drawing[:, c].any()]
    box = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].tolist()
    old = len(box), len(box[0])
    new = [max(1, floor(Fraction(20 * side, max(old)) + HALF)) for side in old]
    down = [
        [
            sum(weight(new[0], old[0], i, a) * box[a][b] for a in range(old[0]))
            for b in range(old[1])
        ]
        for i in range(new[0])
    ]
    digit = [
        [
            floor(
                sum(weight(new[1], old[1], j, b) * v for b, v in enumerate(line)) + HALF
            )
            for j in range(new[1])
        ]
        for line in down
    ]
    mass = sum(map(sum, digit))
    if mass == 0:
        return None
    row = Fraction(sum(i * sum(line) for i, line in enumerate(digit)), mass)
    column = Fraction(sum(j * v for line in digit for j, v in enumerate(line)), mass)
    top, left = (
        min(max(floor(14 - middle + HALF), 0), 28 - side)
        for middle, side in zip((row, column), new, strict=True)
    )
    frame = np.zeros((28, 28), np.uint8)
    frame[top : top + new[0], left : left + new[1]] = digit
    return frame


def visible(drawing: np.ndarray) -> np.ndarray:
    """Return a drawing in its frame, unless it is too faint for it."""
    try:
        return centred(drawing)
    except ValueError:
        assume(False)
        raise


def digit_like(seed: int) -> np.ndarray:
    """Draw some thick strokes on paper of 100 × 80."""
    generator = np.random.default_rng(seed)
    paper = np.zeros((100, 80))
    for _ in range(5):
        top, left = generator.integers(10, 60, 2)
        height, width = generator.integers(8, 18, 2)
        paper[top : top + height, left : left + width] = generator.uniform(0.5, 1)
    return paper


@settings(max_examples=50)
@given(drawings)
def test_the_frame_is_that_of_the_steps_in_fractions(drawing):
    wanted = slowly(drawing)
    if wanted is None:
        with pytest.raises(ValueError, match=r"^drawing is too faint"):
            centred(drawing)
        return
    framed = centred(drawing)
    assert (framed.dtype, framed.shape) == (np.uint8, (28, 28))
    np.testing.assert_array_equal(framed, wanted)


@given(st.integers(1, 60), st.integers(1, 60))
def test_the_weights_of_every_new_pixel_add_up_to_the_same(old, new):
    weights = scale_weights(old, new)
    assert weights.shape == (new, old)
    assert (weights >= 0).all()
    assert (weights.sum(axis=1) == (old if new <= old else 2 * new)).all()
    if new <= old:  # no ink is lost: each old pixel is used up
        assert (weights.sum(axis=0) == new).all()


@given(drawings, st.tuples(*[st.integers(0, 9)] * 4))
def test_paper_around_a_drawing_does_not_matter(drawing, margins):
    top, bottom, left, right = margins
    wider = np.pad(drawing, ((top, bottom), (left, right)))
    np.testing.assert_array_equal(visible(wider), centred(drawing))


@given(drawings)
def test_rows_and_columns_are_treated_alike(drawing):
    np.testing.assert_array_equal(visible(drawing).T, centred(drawing.T))


@given(drawings)
def test_shares_of_ink_are_the_same_as_grey_values(drawing):
    framed = visible(drawing)
    for kind in (np.float32, np.float64):
        np.testing.assert_array_equal(centred(drawing.astype(kind) / 255), framed)


@pytest.mark.parametrize("seed", range(10))
def test_ink_is_centred_and_fills_the_box(seed):
    framed = centred(digit_like(seed)).astype(float)
    rows, columns = (np.flatnonzero(framed.any(axis=axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) == 19
    for axis in (0, 1):
        middle = framed.sum(axis=1 - axis) @ np.arange(28) / framed.sum()
        assert abs(middle - 14) <= 0.5


@pytest.mark.parametrize("seed", range(10))
def test_what_is_in_the_frame_stays_however_large_it_is_shown(seed):
    framed = centred(digit_like(seed))
    np.testing.assert_array_equal(centred(framed), framed)
    for zoom in (2, 3, 10):
        shown = np.kron(framed, np.ones((zoom, zoom), np.uint8))
        np.testing.assert_array_equal(centred(shown), framed)


def test_a_line_keeps_a_pixel_of_width():
    framed = centred(np.ones((400, 1)))
    assert np.argwhere(framed).min(axis=0).tolist() == [5, 14]  # 14.5 - 9.5
    assert framed.sum() == 20 * 255
    assert centred(np.ones((1, 1))).sum() == 400 * 255  # a dot fills the box


def test_ink_far_from_the_middle_is_not_cut_off():
    drawing = np.zeros((20, 20))
    drawing[0], drawing[19, 0] = 1, 1 / 255
    framed = centred(drawing)  # to centre it, the row would have to lie at 14
    assert (framed[8, 5:25] == 255).all()
    assert framed[27].any()


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        (np.zeros((9, 9)), r"drawing is empty: all of it is paper"),
        (np.zeros((9, 9), np.uint8), r"drawing is empty"),
        (np.full((9, 9), 0.001), r"drawing is empty"),
        (np.zeros((9, 9, 3)), r"drawing must have the shape \(H, W\), but .*9, 9, 3"),
        (np.zeros((0, 9)), r"drawing must have the shape \(H, W\), but .*\(0, 9\)"),
        (1.0, r"drawing must have the shape"),
        (np.ones((9, 9), int), r"drawing must hold grey values as uint8, .* int64"),
        (np.ones((9, 9), bool), r"drawing must hold .* but it holds bool"),
        ([["a"]], r"drawing must hold"),
        (np.full((9, 9), 255.0), r"drawing must lie from 0 to 1 .* largest 255; div"),
        (np.full((9, 9), -0.1), r"drawing must lie from 0 to 1 .* value is -0.1 and"),
        (np.full((9, 9), np.nan), r"drawing must lie from 0 to 1 .* nan"),
        (np.eye(900), None),
        (np.eye(900) / 12, r"drawing is too faint: scaled from 900 × 900 pixels to 20"),
    ],
)
def test_what_is_no_drawing_is_told(drawing, message):
    if message is None:
        assert centred(drawing).any()
        return
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        centred(drawing)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_the_embedded_digits_are_in_the_frame_already():
    images = digits.load_embedded().train_images
    framed = np.array([centred(image) for image in images])
    assert np.abs(framed.astype(int) - images).mean() < 0.2
    again = np.array([centred(image) for image in framed])
    assert (again == framed).all(axis=(1, 2)).mean() > 0.99


def test_mnist_s_digits_are_in_the_frame_already():
    data = os.environ.get("UNROLLED_DATA", "")
    if not (Path(data) / "mnist.npz").is_file():
        pytest.skip("no mnist.npz in the folder that UNROLLED_DATA names")
    images = digits.load(data).test_images
    framed = np.array([centred(image) for image in images])
    same = (framed == images).all(axis=(1, 2))
    assert same.mean() > 0.999  # 4 of 10,000 differ
    assert np.abs(framed.astype(int) - images).mean() < 0.01
    np.testing.assert_array_equal([centred(image) for image in framed], framed)
