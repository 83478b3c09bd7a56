"""The gradient split by the distance that it travelled."""

import numpy as np
import pytest
from strategies import (
    CELLS,
    LOSSES,
    assert_close,
    random_cell,
    random_model,
    random_problem,
)

from unrolled.cells.cell import Cell, Parameters, Trace
from unrolled.cells.linear import LinearCell
from unrolled.training.models import RecurrentModel
from unrolled.training.truncation import (
    gradient_by_lag,
    gradient_norms,
    truncation_errors,
)
from unrolled.training.weights import gaussian_with_radius, scaled_orthogonal
from unrolled.validation import Array

every_cell = pytest.mark.parametrize("kind", CELLS)
every_loss = pytest.mark.parametrize("loss_at", LOSSES)


def split(model: RecurrentModel, x: Array, y: Array) -> tuple[list, Trace, Array]:
    """Return the gradient by lag, with the trace and direct gradient behind it."""
    trace = model.cell.forward(x)
    _, direct, _ = model.readout_gradients(trace, y)
    return gradient_by_lag(model.cell, trace, direct), trace, direct


def total(by_lag: list[Parameters]) -> Parameters:
    return {name: sum(lag[name] for lag in by_lag) for name in by_lag[0]}


def truncated_bptt(
    cell: Cell, x: Array, trace: Trace, direct: Array, window: int
) -> Parameters:
    """Run BPTT anew for the loss of each step, over the last ``window`` steps alone.

    Each window is a forward pass of its own that starts from the state which the full
    pass had there; no gradient crosses its beginning.
    """
    sums = {name: np.zeros_like(value) for name, value in cell.parameters.items()}
    for end in range(1, x.shape[1] + 1):
        start = max(0, end - window)
        state = tuple(part[:, start] for part in trace.states)
        inside = cell.forward(x[:, start:end], state)
        at_the_end = np.zeros_like(inside.outputs)
        at_the_end[:, -1] = direct[:, end - 1]
        for name, gradient in cell.backward(inside, at_the_end).parameters.items():
            sums[name] += gradient
    return sums


@every_loss
@every_cell
def test_the_lags_add_up_to_the_full_gradient(kind, loss_at):
    model, x, y = random_model(kind, loss_at, seed=1)
    by_lag, _, _ = split(model, x, y)
    _, full = model.loss_and_gradients(x, y)
    assert len(by_lag) == x.shape[1]
    for name, gradient in total(by_lag).items():
        assert_close(gradient, full[name], 1e-13, 0)


@every_loss
@every_cell
def test_the_first_lags_are_truncated_backpropagation_through_time(kind, loss_at):
    model, x, y = random_model(kind, loss_at, seed=2)
    by_lag, trace, direct = split(model, x, y)
    for window in range(1, x.shape[1] + 1):
        wanted = truncated_bptt(model.cell, x, trace, direct, window)
        for name, gradient in total(by_lag[:window]).items():
            assert_close(gradient, wanted[name], 1e-12, 1e-16)


@every_loss
@every_cell
def test_truncation_errors_are_relative_to_the_full_gradient_and_end_at_zero(
    kind, loss_at
):
    model, x, y = random_model(kind, loss_at, seed=3)
    by_lag, trace, direct = split(model, x, y)
    errors = truncation_errors(by_lag)
    assert errors.shape == (x.shape[1],)
    assert errors[-1] < 1e-14
    full = model.cell.backward(trace, direct).parameters
    for window in (1, 3):
        short = truncated_bptt(model.cell, x, trace, direct, window)
        distance = np.sqrt(sum(np.sum((short[n] - full[n]) ** 2) for n in full))
        norm = np.sqrt(sum(np.sum(full[n] ** 2) for n in full))
        np.testing.assert_allclose(errors[window - 1], distance / norm, rtol=1e-10)


@every_cell
def test_one_step_has_one_lag(kind):
    problem = random_problem(kind, 1, 1, 1, 1, seed=4)
    trace = problem.cell.forward(problem.inputs, problem.state)
    (only,) = gradient_by_lag(problem.cell, trace, problem.direct)
    for name, gradient in problem.cell.backward(
        trace, problem.direct
    ).parameters.items():
        np.testing.assert_array_equal(only[name], gradient)


def test_a_gradient_of_zero_has_no_relative_error():
    problem = random_problem(LinearCell, 2, 3, 1, 2, seed=5)
    trace = problem.cell.forward(problem.inputs, problem.state)
    by_lag = gradient_by_lag(problem.cell, trace, np.zeros_like(problem.direct))
    with pytest.raises(ValueError, match=r"^by_lag adds up to a gradient of exactly 0"):
        truncation_errors(by_lag)


# The norm of the gradient on its way back


@pytest.mark.parametrize("radius", [0.9, 1.0, 1.1])
def test_an_orthogonal_matrix_scales_the_gradient_by_its_radius_at_every_step(radius):
    cell = LinearCell(W_xh=np.ones((1, 8)), W_hh=scaled_orthogonal(8, radius, seed=6))
    trace = cell.forward(np.ones((3, 100, 1)))
    grad_last = np.random.default_rng(6).standard_normal((3, 8))
    norms = gradient_norms(cell, trace, grad_last)
    wanted = np.linalg.norm(grad_last) * radius ** np.arange(100, -1, -1)
    np.testing.assert_allclose(norms, wanted, rtol=1e-12)


def test_a_gaussian_matrix_tends_to_its_spectral_radius_after_a_transient():
    cell = LinearCell(W_xh=np.ones((1, 32)), W_hh=gaussian_with_radius(32, 1.0, seed=7))
    trace = cell.forward(np.ones((1, 400, 1)))
    grad_last = np.random.default_rng(7).standard_normal((1, 32))
    norms = gradient_norms(cell, trace, grad_last)[::-1]
    rate = (norms[400] / norms[100]) ** (1 / 300)
    assert abs(rate - 1.0) < 0.01
    first = cell.parameters["W_hh"]
    assert np.linalg.norm(first, 2) > 1.3


@every_cell
def test_the_norm_counts_every_part_of_the_state(kind):
    problem = random_problem(kind, 2, 5, 2, 3, seed=8)
    trace = problem.cell.forward(problem.inputs, problem.state)
    grad_last = problem.direct[:, -1]
    direct = np.zeros_like(problem.direct)
    direct[:, -1] = grad_last
    states = problem.cell.backward(trace, direct).states
    norms = gradient_norms(problem.cell, trace, grad_last)
    assert norms.shape == (6,)
    for t, norm in enumerate(norms):
        whole = np.concatenate([part[:, t].ravel() for part in states])
        np.testing.assert_allclose(norm, np.linalg.norm(whole), rtol=1e-13)


def test_a_tanh_cell_never_beats_the_largest_singular_value():
    cell = random_cell(CELLS[1], 1, 6, seed=9)
    bound = np.linalg.norm(cell.parameters["W_hh"], 2)
    trace = cell.forward(np.random.default_rng(9).standard_normal((1, 30, 1)))
    norms = gradient_norms(cell, trace, np.ones((1, 6)))
    assert (norms[:-1] <= bound * norms[1:] * (1 + 1e-12)).all()
