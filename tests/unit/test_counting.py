"""The counting task: the published bits, random ones, and the caller's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import seeds

from unrolled.tasks import counting

PUBLISHED_BITS = """
0100000001 0101010100 1101110001 0011101101 1101001000
0100001011 0010011111 1001001011 1110010111 0101001101
0110110111 0011011110 0000111100 1110101011 1000000110
0110010111 0011000011 0110111000 1010010111 0011110011
"""


def as_bits(text: str) -> list[list[float]]:
    return [[float(bit) for bit in row] for row in text.split()]


def test_the_published_bits_are_those_of_the_published_figures():
    task = counting.published()
    assert task.inputs.tolist() == as_bits(PUBLISHED_BITS)
    np.testing.assert_array_equal(task.targets, task.inputs.sum(axis=1))


def test_the_published_bits_come_from_the_legacy_generator_row_by_row():
    np.random.seed(1)  # noqa: NPY002 (the published program's own words)
    rows = [
        np.around(np.random.rand(10)).astype(int)  # noqa: NPY002
        for _ in range(20)
    ]
    np.testing.assert_array_equal(counting.published().inputs, rows)


def test_drawing_the_published_bits_leaves_the_global_generator_alone():
    np.random.seed(7)  # noqa: NPY002
    wanted = np.random.rand()  # noqa: NPY002
    np.random.seed(7)  # noqa: NPY002
    counting.published()
    assert np.random.rand() == wanted  # noqa: NPY002


def test_fewer_published_sequences_are_the_first_of_them():
    few = counting.published(samples=3)
    np.testing.assert_array_equal(few.inputs, counting.published().inputs[:3])


@given(st.integers(1, 30), st.integers(1, 30), seeds)
def test_random_sequences_are_bits_with_their_sums(samples, steps, seed):
    task = counting.random(samples, steps, seed)
    assert task.inputs.shape == (samples, steps)
    assert task.targets.shape == (samples,)
    assert np.isin(task.inputs, (0.0, 1.0)).all()
    np.testing.assert_array_equal(task.targets, task.inputs.sum(axis=1))


def test_a_seed_fixes_the_bits_and_another_seed_draws_others():
    first, again, other = (counting.random(20, 20, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.inputs, again.inputs)
    assert (first.inputs != other.inputs).any()


def test_noise_changes_the_targets_alone_and_has_the_standard_deviation_asked_for():
    clean = counting.random(4000, 5, seed=3)
    noisy = counting.random(4000, 5, seed=3, noise=0.5)
    np.testing.assert_array_equal(noisy.inputs, clean.inputs)
    noise = noisy.targets - clean.targets
    assert abs(noise.mean()) < 0.03
    assert abs(noise.std() - 0.5) < 0.03


def test_the_bits_are_fair():
    assert abs(counting.random(200, 200, seed=4).inputs.mean() - 0.5) < 0.02


@pytest.mark.parametrize(
    "bits", [[[0, 1, 1]], [[True, False]], np.array([[1.0, 0.0]], dtype=np.float32)]
)
def test_bits_of_any_type_can_be_counted(bits):
    task = counting.from_bits(bits)
    assert task.inputs.dtype == np.float64
    np.testing.assert_array_equal(task.targets, np.sum(bits, axis=1))


def test_every_step_sees_all_of_the_data():
    task = counting.published()
    for step in (0, 1, 17):
        inputs, targets = task.batch(step)
        np.testing.assert_array_equal(inputs, task.inputs)
        np.testing.assert_array_equal(targets, task.targets)
    assert task.steps_per_epoch == 1


def test_a_task_says_how_much_data_there_is():
    assert repr(counting.published()) == "Counting(20 sequences of 10 steps)"
