"""The smoke test for a GPU: its checks run on the processor, and can fail."""

import copy

import numpy as np
import pytest

from scripts import test_gpu as gpu


@pytest.fixture(scope="module")
def found() -> gpu.Found:
    return gpu.measure(images=256)


def test_on_one_device_all_expectations_are_met(found: gpu.Found) -> None:
    said = gpu.verdicts(found, gpu.losses_on_the_processor())
    assert len(said) == 6
    assert all(said.values()), said
    assert len(found["echo"]) == len(found["images"]) == gpu.UPDATES
    assert found["images"][-1] < found["images"][0] - 0.01
    assert all(fit["images_per_second"] > 0 for fit in found["fit"].values())


@pytest.mark.parametrize("name", ["echo", "images", "fused", "fit"])
def test_each_expectation_can_be_missed(found: gpu.Found, name: str) -> None:
    wrong = copy.deepcopy(found)
    if name in ("echo", "images"):
        wrong[name][3] += 2 * gpu.TOLERANCE
    elif name == "fused":
        wrong[name] = 2 * gpu.FUSED_TOLERANCE
    else:
        wrong[name]["float32"]["loss"] = np.nan
    said = gpu.verdicts(wrong, found)
    assert sum(not is_met for is_met in said.values()) == 1


def test_without_a_gpu_nothing_is_said_to_have_passed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gpu.main() == 2
    out, err = capsys.readouterr()
    assert out.startswith("CPU")
    assert "passed" not in out
    assert "nothing was tested" in err
