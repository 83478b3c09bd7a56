"""The five cells: shapes, invariances, gradients, and what a caller may do to them."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import (
    CELLS,
    SQUASHING_CELLS,
    Problem,
    assert_close,
    problems,
    random_problem,
    seeds,
    slope,
)

from unrolled.cells import linear
from unrolled.cells.cell import Cell, Gradients
from unrolled.cells.gates import sigmoid
from unrolled.cells.gru import GRUCell, GRUResetAfterCell
from unrolled.cells.linear import LinearCell
from unrolled.cells.lstm import LSTMCell
from unrolled.cells.tanh import TanhCell

every_cell = pytest.mark.parametrize("kind", CELLS)
few = settings(max_examples=20)


def run(problem: Problem) -> tuple[list, Gradients]:
    """Return the states and the gradients of a problem."""
    trace = problem.cell.forward(problem.inputs, problem.state)
    return list(trace.states), problem.cell.backward(trace, problem.direct)


def loss(cell: Cell, inputs: np.ndarray, state: tuple, direct: np.ndarray) -> float:
    return float(np.sum(cell.forward(inputs, state).outputs * direct))


def everything(gradients: Gradients) -> dict[str, np.ndarray]:
    parts = {f"states[{i}]": part for i, part in enumerate(gradients.states)}
    return {**gradients.parameters, "inputs": gradients.inputs, **parts}


# Shapes and the two loops


@every_cell
@few
@given(data=st.data())
def test_shapes_follow_from_batch_steps_inputs_and_hidden_units(kind, data):
    problem = data.draw(problems(kind))
    (batch, steps, _), hidden = problem.inputs.shape, problem.cell.hidden_size
    trace = problem.cell.forward(problem.inputs, problem.state)
    gradients = problem.cell.backward(trace, problem.direct)
    assert [s.shape for s in trace.states] == [(batch, steps + 1, hidden)] * len(
        problem.state
    )
    assert trace.outputs.shape == (batch, steps, hidden)
    assert [s.shape for s in trace.final_state] == [(batch, hidden)] * len(
        problem.state
    )
    assert gradients.inputs.shape == problem.inputs.shape
    assert [g.shape for g in gradients.states] == [s.shape for s in trace.states]
    assert {n: g.shape for n, g in gradients.parameters.items()} == kind.shapes(
        problem.inputs.shape[2], hidden
    )


@every_cell
@few
@given(data=st.data())
def test_the_forward_pass_is_one_step_after_the_other(kind, data):
    problem = data.draw(problems(kind))
    trace = problem.cell.forward(problem.inputs, problem.state)
    state = problem.state
    for t in range(problem.inputs.shape[1]):
        for part, held in zip(state, trace.states, strict=True):
            np.testing.assert_array_equal(held[:, t], part)
        state, _ = problem.cell.step(problem.inputs[:, t], state)
        np.testing.assert_array_equal(trace.outputs[:, t], state[0])
    for part, held in zip(state, trace.final_state, strict=True):
        np.testing.assert_array_equal(held, part)


@every_cell
def test_without_a_state_the_cell_starts_from_zeros(kind):
    problem = random_problem(kind, 3, 4, 2, 3, seed=0)
    given_zeros = problem.cell.forward(problem.inputs, problem.cell.zero_state(3))
    left_out = problem.cell.forward(problem.inputs)
    assert all((part == 0).all() for part in problem.cell.zero_state(3))
    np.testing.assert_array_equal(left_out.outputs, given_zeros.outputs)


def test_the_state_of_the_lstm_is_a_pair_and_that_of_the_others_is_not():
    assert [kind.state_parts for kind in CELLS] == [1, 1, 2, 1, 1]


# The numbers


def test_the_tanh_cell_agrees_with_a_pocket_calculator():
    cell = TanhCell(W_xh=[[0.5, 0.6]], W_hh=[[0.1, 0.2], [0.3, 0.4]], b_h=[0.1, -0.1])
    outputs = cell.forward([[[1.0], [2.0]]]).outputs[0]
    # tanh(0.6), tanh(0.5); then tanh(1.2923...), tanh(1.3922...)
    np.testing.assert_allclose(outputs[0], [0.537049567, 0.462117157], atol=5e-10)
    second = [
        0.1 * 0.537049567 + 0.3 * 0.462117157 + 2 * 0.5 + 0.1,
        0.2 * 0.537049567 + 0.4 * 0.462117157 + 2 * 0.6 - 0.1,
    ]
    np.testing.assert_allclose(outputs[1], np.tanh(second), atol=5e-10)


@given(st.floats(-700, 700))
def test_the_sigmoid_is_the_logistic_function(z):
    np.testing.assert_allclose(sigmoid(np.array(z)), 1 / (1 + np.exp(-z)), atol=1e-15)


def test_the_sigmoid_never_overflows():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extremes = sigmoid(np.array([-1e300, -1e4, 0.0, 1e4, 1e300]))
    np.testing.assert_array_equal(extremes, [0, 0, 0.5, 1, 1])


def test_an_lstm_with_its_forget_gate_open_and_its_input_gate_shut_remembers_for_good():
    b_h = np.repeat([-1e4, 1e4, 0.3, 0.2], 2)  # i, f, g, o
    cell = LSTMCell(W_xh=np.ones((1, 8)), W_hh=np.zeros((2, 8)), b_h=b_h)
    start = (np.array([[0.1, 0.2]]), np.array([[0.7, -1.3]]))
    trace = cell.forward(np.ones((1, 50, 1)), start)
    np.testing.assert_array_equal(trace.final_state[1], start[1])
    direct = np.zeros((1, 50, 2))
    direct[:, -1] = 1.0
    memory = cell.backward(trace, direct).states[1]
    # h_50 and c_50 count as two variables, so that only c_0 .. c_49 have a gradient.
    assert (memory[:, 49] > 0).all()
    np.testing.assert_array_equal(memory[:, :50], np.repeat(memory[:, 49:50], 50, 1))


@pytest.mark.parametrize("kind", [GRUCell, GRUResetAfterCell])
def test_a_gru_with_its_update_gate_open_keeps_its_state(kind):
    cell = random_problem(kind, 1, 1, 1, 2, seed=3).cell
    bias = cell.parameters["b_h"].copy()
    bias[:2] = 1e4
    start = (np.array([[0.5, -0.25]]),)
    keeper = cell.with_parameters({**cell.parameters, "b_h": bias})
    trace = keeper.forward(np.ones((1, 20, 1)), start)
    np.testing.assert_array_equal(trace.final_state[0], start[0])


@pytest.mark.parametrize("kind", [GRUCell, GRUResetAfterCell])
def test_the_two_grus_agree_where_nothing_is_reset_and_differ_elsewhere(kind):
    before = random_problem(GRUCell, 2, 4, 2, 3, seed=4)
    p = before.cell.parameters
    wide_open = p["b_h"] + np.repeat([0.0, 1e4, 0.0], 3)
    for bias, agree in ((wide_open, True), (p["b_h"], False)):
        one = GRUCell(W_xh=p["W_xh"], W_hh=p["W_hh"], b_h=bias)
        two = GRUResetAfterCell(
            W_xh=p["W_xh"], W_hh=p["W_hh"], b_x=bias, b_h=np.zeros(9)
        )
        outputs = [c.forward(before.inputs, before.state).outputs for c in (one, two)]
        assert np.allclose(*outputs, rtol=0, atol=1e-12) == agree


@few
@given(problem=problems(LinearCell), seed=seeds)
def test_the_linear_cell_is_linear(problem, seed):
    cell = problem.cell
    normal = np.random.default_rng(seed).standard_normal
    other_x, other_h = normal(problem.inputs.shape), normal(problem.state[0].shape)
    together = cell.forward(
        2 * problem.inputs - 3 * other_x, (2 * problem.state[0] - 3 * other_h,)
    ).outputs
    apart = (
        2 * cell.forward(problem.inputs, problem.state).outputs
        - 3 * cell.forward(other_x, (other_h,)).outputs
    )
    np.testing.assert_allclose(together, apart, rtol=1e-10, atol=1e-10)


@few
@given(
    bits=st.integers(1, 5).flatmap(
        lambda b: st.lists(
            st.lists(st.integers(0, 1), min_size=7, max_size=7), min_size=b, max_size=b
        )
    ),
    w_x=st.floats(-2, 2),
    w_rec=st.floats(-2, 2),
    seed=seeds,
)
def test_the_linear_cell_with_one_unit_equals_the_scalar_functions(
    bits, w_x, w_rec, seed
):
    x = np.array(bits, dtype=float)
    grad_output = np.random.default_rng(seed).standard_normal(len(x))
    states = linear.forward(x, w_x, w_rec)
    grad_w_x, grad_w_rec, grad_states = linear.backward(x, states, grad_output, w_rec)
    cell = LinearCell(W_xh=[[w_x]], W_hh=[[w_rec]])
    trace = cell.forward(x[:, :, None])
    direct = np.zeros((*x.shape, 1))
    direct[:, -1, 0] = grad_output
    gradients = cell.backward(trace, direct)
    np.testing.assert_allclose(trace.states[0][:, :, 0], states, rtol=1e-12)
    np.testing.assert_allclose(gradients.states[0][:, :, 0], grad_states, rtol=1e-12)
    np.testing.assert_allclose(
        gradients.parameters["W_xh"], [[grad_w_x]], rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(
        gradients.parameters["W_hh"], [[grad_w_rec]], rtol=1e-10, atol=1e-12
    )


# Invariances


@every_cell
@few
@given(data=st.data())
def test_the_order_of_the_batch_does_not_matter(kind, data):
    problem = data.draw(problems(kind))
    order = data.draw(st.permutations(range(len(problem.inputs))))
    shuffled = Problem(
        problem.cell,
        problem.inputs[order],
        tuple(part[order] for part in problem.state),
        problem.direct[order],
    )
    (states, gradients), (their_states, theirs) = run(problem), run(shuffled)
    for mine, other in zip(states, their_states, strict=True):
        np.testing.assert_allclose(other, mine[order], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(
        theirs.inputs, gradients.inputs[order], rtol=1e-10, atol=1e-12
    )
    for name, gradient in gradients.parameters.items():
        assert_close(theirs.parameters[name], gradient, 1e-12, 1e-12)


@every_cell
@few
@given(data=st.data())
def test_the_sequences_of_a_batch_do_not_hear_each_other(kind, data):
    problem = data.draw(problems(kind))
    states, gradients = run(problem)
    alone = [
        run(
            Problem(
                problem.cell,
                problem.inputs[i : i + 1],
                tuple(part[i : i + 1] for part in problem.state),
                problem.direct[i : i + 1],
            )
        )
        for i in range(len(problem.inputs))
    ]
    for part, whole in enumerate(states):
        singles = np.concatenate([states[part] for states, _ in alone])
        np.testing.assert_allclose(singles, whole, rtol=1e-12, atol=1e-14)
    for name, gradient in gradients.parameters.items():
        total = sum(single.parameters[name] for _, single in alone)
        assert_close(total, gradient, 1e-11, 1e-12)


@every_cell
@few
@given(data=st.data())
def test_two_windows_with_the_state_carried_over_equal_one_pass(kind, data):
    problem = data.draw(problems(kind, min_steps=2))
    cut = data.draw(st.integers(1, problem.inputs.shape[1] - 1))
    cell = problem.cell
    whole = cell.forward(problem.inputs, problem.state)
    head = cell.forward(problem.inputs[:, :cut], problem.state)
    tail = cell.forward(problem.inputs[:, cut:], head.final_state)
    for part, first, second in zip(whole.states, head.states, tail.states, strict=True):
        joined = np.concatenate([first, second[:, 1:]], axis=1)
        np.testing.assert_allclose(joined, part, rtol=1e-13, atol=1e-14)

    full = cell.backward(whole, problem.direct)
    late = cell.backward(tail, problem.direct[:, cut:])
    np.testing.assert_allclose(
        late.inputs, full.inputs[:, cut:], rtol=1e-10, atol=1e-12
    )
    # What reaches the seam from later steps, beside what the loss says there itself.
    through = [part[:, cut].copy() for part in full.states]
    through[0] -= problem.direct[:, cut - 1]
    for part, wanted in zip(late.states, through, strict=True):
        np.testing.assert_allclose(part[:, 0], wanted, rtol=1e-10, atol=1e-10)


@every_cell
@few
@given(data=st.data())
def test_the_future_changes_neither_the_past_nor_its_gradient(kind, data):
    problem = data.draw(problems(kind, min_steps=2))
    cut = data.draw(st.integers(1, problem.inputs.shape[1] - 1))
    other = problem.inputs.copy()
    other[:, cut:] += 1.0
    trace = problem.cell.forward(problem.inputs, problem.state)
    changed = problem.cell.forward(other, problem.state)
    np.testing.assert_array_equal(changed.outputs[:, :cut], trace.outputs[:, :cut])
    early_loss = problem.direct.copy()
    early_loss[:, cut:] = 0.0
    gradients = problem.cell.backward(trace, early_loss)
    assert (gradients.inputs[:, cut:] == 0).all()
    assert all((part[:, cut + 1 :] == 0).all() for part in gradients.states)


@every_cell
def test_zero_inputs_and_zero_biases_leave_a_cell_at_rest(kind):
    cell = random_problem(kind, 1, 1, 2, 3, seed=5).cell
    quiet = {
        name: np.zeros_like(value) if name.startswith("b_") else value
        for name, value in cell.parameters.items()
    }
    trace = cell.with_parameters(quiet).forward(np.zeros((2, 6, 2)))
    assert all((part == 0).all() for part in trace.states)


@pytest.mark.parametrize("kind", SQUASHING_CELLS)
def test_huge_inputs_stay_finite_and_bounded(kind):
    problem = random_problem(kind, 2, 5, 2, 3, seed=6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = problem.cell.forward(1e100 * problem.inputs)
        gradients = problem.cell.backward(trace, problem.direct)
    assert (np.abs(trace.outputs) <= 1).all()
    assert all(np.isfinite(part).all() for part in everything(gradients).values())


# Gradients


@every_cell
@settings(max_examples=8)
@given(data=st.data())
def test_all_gradients_agree_with_central_differences(kind, data):
    problem = data.draw(problems(kind))
    cell, x, state, direct = (
        problem.cell,
        problem.inputs,
        problem.state,
        problem.direct,
    )
    _, gradients = run(problem)
    for name in cell.parameters:
        numerical = slope(
            lambda value, name=name: loss(
                cell.with_parameters({**cell.parameters, name: value}), x, state, direct
            ),
            cell.parameters[name],
        )
        assert_close(gradients.parameters[name], numerical, 1e-6, 1e-8)
    numerical = slope(lambda value: loss(cell, value, state, direct), x)
    assert_close(gradients.inputs, numerical, 1e-6, 1e-8)
    for i, part in enumerate(state):
        numerical = slope(
            lambda value, i=i: loss(
                cell, x, (*state[:i], value, *state[i + 1 :]), direct
            ),
            part,
        )
        assert_close(gradients.states[i][:, 0], numerical, 1e-6, 1e-8)


@every_cell
def test_no_loss_means_no_gradient(kind):
    problem = random_problem(kind, 2, 3, 2, 3, seed=7)
    trace = problem.cell.forward(problem.inputs, problem.state)
    gradients = problem.cell.backward(trace, np.zeros_like(problem.direct))
    assert all((part == 0).all() for part in everything(gradients).values())


# What a caller may do


@every_cell
def test_neither_pass_changes_its_arguments_and_both_can_be_repeated(kind):
    problem = random_problem(kind, 2, 4, 2, 3, seed=8)
    arguments = [problem.inputs, *problem.state, problem.direct]
    before = [a.copy() for a in [*arguments, *problem.cell.parameters.values()]]
    first = everything(run(problem)[1])
    trace = problem.cell.forward(problem.inputs, problem.state)
    problem.cell.backward(trace, problem.direct)
    again = everything(problem.cell.backward(trace, problem.direct))
    after = [*arguments, *problem.cell.parameters.values()]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(new, old)
    for name, value in first.items():
        np.testing.assert_array_equal(again[name], value)


@every_cell
def test_a_trace_survives_when_the_caller_uses_its_buffers_again(kind):
    problem = random_problem(kind, 2, 4, 2, 3, seed=9)
    wanted = everything(run(problem)[1])
    buffer = problem.inputs.copy()
    state = tuple(part.copy() for part in problem.state)
    trace = problem.cell.forward(buffer, state)
    buffer[:] = 99.0
    for part in state:
        part[:] = 99.0
    gradients = everything(problem.cell.backward(trace, problem.direct))
    for name, value in wanted.items():
        np.testing.assert_array_equal(gradients[name], value)


@every_cell
def test_any_layout_and_type_of_numbers_gives_the_same_result(kind):
    problem = random_problem(kind, 3, 4, 2, 3, seed=10)
    x = np.round(4 * problem.inputs)
    wanted = problem.cell.forward(x).outputs
    time_major = np.ascontiguousarray(x.swapaxes(0, 1)).swapaxes(0, 1)
    spaced = np.repeat(x, 2, axis=1)[:, ::2]
    for same in (x.tolist(), x.astype(int), x.astype(np.float32), time_major, spaced):
        np.testing.assert_allclose(
            problem.cell.forward(same).outputs, wanted, rtol=1e-14
        )
    fortran = {n: np.asfortranarray(p) for n, p in problem.cell.parameters.items()}
    np.testing.assert_allclose(
        problem.cell.with_parameters(fortran).forward(x).outputs, wanted, rtol=1e-14
    )


@every_cell
def test_parameters_given_as_whole_numbers_become_floats(kind):
    ones = {n: np.ones(s, dtype=int).tolist() for n, s in kind.shapes(1, 1).items()}
    cell = kind(**ones)
    assert {p.dtype for p in cell.parameters.values()} == {np.dtype(np.float64)}
    assert np.isfinite(cell.forward([[[1]]]).outputs).all()


@every_cell
def test_with_parameters_returns_the_same_kind_and_leaves_the_old_cell_alone(kind):
    cell = random_problem(kind, 1, 1, 2, 3, seed=11).cell
    before = {n: p.copy() for n, p in cell.parameters.items()}
    doubled = cell.with_parameters({n: 2 * p for n, p in cell.parameters.items()})
    assert type(doubled) is kind
    for name, value in before.items():
        np.testing.assert_array_equal(cell.parameters[name], value)
        np.testing.assert_array_equal(doubled.parameters[name], 2 * value)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    list(zip(CELLS, [15, 18, 72, 54, 63], strict=True)),
)
def test_the_name_of_a_cell_tells_its_sizes(kind, parameters):
    cell = random_problem(kind, 1, 1, 2, 3, seed=12).cell
    name = kind.__name__
    assert repr(cell) == f"{name}(inputs=2, hidden=3, parameters={parameters})"
