"""Live training in the kernel that is installed; `make test-kernels` checks others."""

from collections.abc import Iterator

import pytest

from scripts import test_kernels as kernels


@pytest.fixture(scope="module")
def kernel() -> Iterator[kernels.Kernel]:
    with kernels.running_kernel() as started:
        yield started


@pytest.mark.parametrize("check", kernels.CHECKS, ids=lambda check: check.__name__)
def test_live_training_answers(check, kernel):
    try:
        check(kernel)
    except kernels.NotInThisKernel as reason:
        pytest.skip(str(reason))
