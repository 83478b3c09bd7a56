"""The stored results of the experiments on MNIST, repeated in a small part.

What is trained again is recipe 1 for its first 21 updates. Of the others, whose first
number comes after a whole epoch, it is held against the chapter what the prose says.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from unrolled.training.stored import stored_result


@pytest.fixture(scope="module")
def mnist() -> None:
    folder = os.environ.get("UNROLLED_DATA", "")
    if not folder or not Path(folder, "mnist.npz").is_file():
        pytest.skip("no mnist.npz in the folder that UNROLLED_DATA names")


def means(variants: dict) -> dict[str, float]:
    """Return the mean accuracy of each variant after its last epoch."""
    return {
        variant: float(np.mean([run["accuracy"][-1] for run in runs]))
        for variant, runs in variants.items()
    }


@pytest.mark.usefixtures("mnist")
def test_recipe_1_starts_again_as_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments import mnist_recipes

    monkeypatch.setattr(mnist_recipes, "UPDATES", 21)
    again = mnist_recipes.recipe_1(seed=0)["step_loss_accuracy"]
    stored = stored_result("mnist_recipes")["recipe_1"][0]["step_loss_accuracy"][:3]
    assert [step for step, *_ in again] == [step for step, *_ in stored] == [1, 11, 21]
    for (_, loss, right), (_, wanted, right_then) in zip(again, stored, strict=True):
        assert loss == pytest.approx(wanted, rel=1e-2)
        assert right == pytest.approx(right_then, abs=0.02)


def test_ten_seeds_of_recipe_1_lie_around_the_published_accuracy() -> None:
    runs = stored_result("mnist_recipes")["recipe_1"]
    first = np.array([run["accuracy_first"] for run in runs])
    whole = np.array([run["accuracy"] for run in runs])
    assert len(runs) == 10
    assert first.min() < 0.953 < np.mean(first) < first.max()
    assert 0.95 < whole.mean() < 0.96
    assert np.sqrt(0.953 * 0.047 / 256) == pytest.approx(0.013, abs=5e-4)
    assert np.sqrt(0.955 * 0.045 / 10_000) == pytest.approx(0.002, abs=5e-4)


def test_the_softmax_taken_twice_costs_what_the_chapter_says() -> None:
    ways = stored_result("mnist_recipes")["recipe_2"]
    after = {
        epoch: np.mean([run[epoch - 1] for run in ways["mended"]])
        - np.mean([run[epoch - 1] for run in ways["softmax_twice"]])
        for epoch in (1, 3)
    }
    assert after[1] == pytest.approx(0.08, abs=0.006)
    assert after[3] == pytest.approx(0.05, abs=0.006)
    longest = [max(ways[name], key=len) for name in ("mended", "softmax_twice")]
    assert [len(run) for run in longest] == [10, 10]
    assert (np.subtract(*longest) > 0).all()
    assert longest[0][-1] - longest[1][-1] == pytest.approx(0.01, abs=0.003)


def test_what_needs_no_recurrence_gets_is_what_the_chapter_says() -> None:
    stored = stored_result("mnist_baselines")
    assert stored["most_frequent"] == 1
    assert stored["dense_weights"] == 81_100
    assert 1 - np.mean(stored["dense_net"]) == pytest.approx(0.027, abs=5e-4)


@pytest.mark.usefixtures("mnist")
def test_the_most_frequent_digit_is_counted_again() -> None:
    from experiments._mnist import data, parts

    most = np.bincount(parts().train_labels).argmax()
    stored = stored_result("mnist_baselines")
    assert most == stored["most_frequent"]
    share = np.mean(data().test_labels == most)
    assert share == pytest.approx(stored["always_the_most_frequent"], abs=1e-4)


@pytest.mark.usefixtures("mnist")
def test_spread_memories_reach_from_one_step_to_all() -> None:
    from experiments.mnist_pixels import RECIPE, STEPS, spread

    net = spread(RECIPE.net(), seed=0)
    forget, rest = net.weights["b_h"][128:256], net.weights["b_h"][256:]
    gates = 1 / (1 + np.exp(-forget))
    reach = gates / (1 - gates)
    assert 1 <= reach.min() < 20
    assert STEPS - 20 < reach.max() < STEPS
    np.testing.assert_allclose(net.weights["b_h"][:128], -forget)
    assert not rest.any()


def test_neither_memory_nor_moves_explain_what_an_order_costs() -> None:
    variants = stored_result("mnist_order")["variants"]
    wrong = {name: 1 - mean for name, mean in means(variants).items()}
    for rows in ("in order", "permuted"):
        without = wrong[f"{rows}, images are not moved"]
        assert without == pytest.approx(wrong[f"{rows}, as it was"], abs=1e-3)
    longer = {
        rows: wrong[f"{rows}, forget bias 3"] for rows in ("in order", "permuted")
    }
    assert longer["in order"] == pytest.approx(wrong["in order, as it was"], abs=1e-3)
    assert longer["permuted"] - wrong["permuted, as it was"] > 0.009
    runs = {name: [run["accuracy"][-1] for run in v] for name, v in variants.items()}
    assert max(runs["permuted, forget bias 3"]) < min(runs["permuted, as it was"])


def test_what_a_recurrence_uses_is_what_the_chapter_says() -> None:
    variants = stored_result("mnist_reading")["variants"]
    sizes = [found["weights"] for found in variants.values()]
    assert max(sizes) / min(sizes) < 1.005
    wrong = {
        name: 1 - mean
        for name, mean in means(
            {name: found["runs"] for name, found in variants.items()}
        ).items()
    }
    assert wrong["lstm, rows"] == pytest.approx(0.0156, abs=5e-4)
    assert wrong["gru, rows"] == pytest.approx(0.015, abs=5e-4)
    assert wrong["lstm, columns"] == pytest.approx(0.015, abs=1e-3)
    assert wrong["tanh, rows"] == pytest.approx(0.0224, abs=5e-4)
    assert 2 < wrong["lstm, rows permuted"] / wrong["lstm, rows"] < 2.3
    assert 1 < wrong["tanh, rows permuted"] / wrong["tanh, rows"] < 1.4


def test_pixel_by_pixel_a_net_learns_only_if_its_memory_is_long() -> None:
    stored = stored_result("mnist_pixels")
    assert (stored["epochs"], stored["steps"]) == (2, 784)
    stuck, spread = (
        np.array(stored[name]["step_loss"])[:, 1]
        for name in ("forget_bias_1", "spread")
    )
    assert (np.abs(stuck[2:9] - np.log(10)) < 0.012).all()  # 387 of 429 updates
    assert (spread < stuck).all()
    known = [stored[name]["accuracy"] for name in ("forget_bias_1", "spread")]
    assert known[0] < 0.25 < 0.3 < known[1] < 0.5
    two_epochs = stored_result("mnist_better")["variants"]["half the epochs"]
    assert min(run["accuracy"][-1] for run in two_epochs) > 0.975
