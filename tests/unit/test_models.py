"""The models: loss, gradient, and parameters that can be replaced safely."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import CELLS, LOSSES, assert_close, random_model, seeds, slope

from unrolled.cells.linear import LinearCell
from unrolled.cells.tanh import TanhCell
from unrolled.tasks import counting
from unrolled.training.models import RecurrentModel, ScalarModel

PUBLISHED = {"w_x": 1.00135554721, "w_rec": 0.999674473785}
TEST_BITS = [[0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1]]

every_cell = pytest.mark.parametrize("kind", CELLS)
every_loss = pytest.mark.parametrize("loss_at", LOSSES)
weights = st.floats(-2, 2)


# The linear net with two weights


@given(w_x=weights, w_rec=weights, seed=seeds)
def test_the_scalar_output_is_a_polynomial_in_the_recurrent_weight(w_x, w_rec, seed):
    x = np.random.default_rng(seed).standard_normal((3, 6))
    wanted = [w_x * sum(row[t] * w_rec ** (5 - t) for t in range(6)) for row in x]
    outputs = ScalarModel(w_x, w_rec).predict(x)
    np.testing.assert_allclose(outputs, wanted, rtol=1e-9, atol=1e-12)


def test_the_published_weights_count_the_test_sequence_as_4_99896():
    (output,) = ScalarModel(**PUBLISHED).predict(TEST_BITS)
    assert f"{output:.5f}" == "4.99896"
    assert f"{output:.2f}" == "5.00"


def test_the_optimum_counts_without_an_error():
    task = counting.published()
    loss, gradients = ScalarModel(1, 1).loss_and_gradients(task.inputs, task.targets)
    assert loss == 0.0
    assert gradients == {"w_x": 0.0, "w_rec": 0.0}


def test_the_gradient_beside_the_cliff_is_the_one_in_the_chapter():
    task = counting.published()
    _, gradients = ScalarModel(1, 2).loss_and_gradients(task.inputs, task.targets)
    assert f"{float(gradients['w_x']):.1e}" == "5.4e+05"
    assert f"{float(gradients['w_rec']):.2e}" == "2.17e+06"


@settings(max_examples=20)
@given(w_x=weights, w_rec=weights, seed=seeds)
def test_the_scalar_gradient_agrees_with_central_differences(w_x, w_rec, seed):
    normal = np.random.default_rng(seed).standard_normal
    x, y = normal((4, 5)), normal(4)
    model = ScalarModel(w_x, w_rec)
    loss, gradients = model.loss_and_gradients(x, y)
    assert loss == model.loss(x, y)
    np.testing.assert_allclose(loss, np.mean((model.predict(x) - y) ** 2), rtol=1e-14)
    numerical = slope(
        lambda pair: ScalarModel(*pair).loss(x, y), np.array([w_x, w_rec])
    )
    assert_close(list(gradients.values()), numerical, 1e-6, 1e-7)


def test_a_column_of_targets_is_refused_because_it_would_be_broadcast():
    task = counting.published()
    with pytest.raises(ValueError, match=r"^targets must have the shape \(20\)"):
        ScalarModel(1, 1).loss(task.inputs, task.targets[:, None])


def test_a_scalar_model_shows_its_weights():
    assert repr(ScalarModel(1, -0.5)) == "ScalarModel(w_x=1, w_rec=-0.5)"


# Any cell with a readout


def plain_loss(model: RecurrentModel, x: np.ndarray, y: np.ndarray) -> float:
    """Return the loss, sample by sample and step by step."""
    W, b = model.parameters["W_hq"], model.parameters["b_q"]
    squares = []
    for i in range(len(x)):
        states = model.cell.forward(x[i : i + 1]).outputs[0]
        if model.loss_at == "last":
            squares += [(states[-1] @ W + b - y[i]) ** 2]
        else:
            squares += [(h @ W + b - y[i, t]) ** 2 for t, h in enumerate(states)]
    return float(np.mean(squares))


@every_loss
@every_cell
def test_the_loss_is_the_mean_squared_error_where_it_looks(kind, loss_at):
    model, x, y = random_model(kind, loss_at, seed=1)
    loss, _ = model.loss_and_gradients(x, y)
    assert loss == model.loss(x, y)
    np.testing.assert_allclose(loss, plain_loss(model, x, y), rtol=1e-12)


@every_loss
@every_cell
def test_every_gradient_of_a_model_agrees_with_central_differences(kind, loss_at):
    model, x, y = random_model(kind, loss_at, seed=2)
    _, gradients = model.loss_and_gradients(x, y)
    start = model.parameters
    assert set(gradients) == set(start)

    def loss(name: str, value: np.ndarray) -> float:
        model.parameters = {**start, name: value}
        return model.loss(x, y)

    for name, value in start.items():
        numerical = slope(lambda v, name=name: loss(name, v), value)
        assert_close(gradients[name], numerical, 1e-6, 1e-8)


@every_cell
def test_with_one_step_both_losses_are_the_same(kind):
    model, x, y = random_model(kind, "last", seed=3)
    p = model.parameters
    every = RecurrentModel(model.cell, p["W_hq"], p["b_q"], "every")
    one, (loss, gradients) = x[:, :1], every.loss_and_gradients(x[:, :1], y[:, None])
    wanted_loss, wanted = model.loss_and_gradients(one, y)
    assert loss == wanted_loss
    for name, gradient in wanted.items():
        np.testing.assert_allclose(gradients[name], gradient, rtol=1e-13, atol=1e-15)


def test_the_linear_cell_with_a_bare_readout_is_the_scalar_model():
    task = counting.published()
    model = RecurrentModel(LinearCell(W_xh=[[0.8]], W_hh=[[1.1]]), [[1.0]], [0.0])
    loss, gradients = model.loss_and_gradients(
        task.inputs[:, :, None], task.targets[:, None]
    )
    scalar_loss, scalar = ScalarModel(0.8, 1.1).loss_and_gradients(*task.batch(0))
    np.testing.assert_allclose(loss, scalar_loss, rtol=1e-12)
    np.testing.assert_allclose(gradients["W_xh"], [[scalar["w_x"]]], rtol=1e-12)
    np.testing.assert_allclose(gradients["W_hh"], [[scalar["w_rec"]]], rtol=1e-12)


@every_loss
@every_cell
def test_the_order_of_the_batch_changes_neither_loss_nor_gradient(kind, loss_at):
    model, x, y = random_model(kind, loss_at, seed=4)
    order = [3, 0, 4, 2, 1]
    loss, gradients = model.loss_and_gradients(x, y)
    other_loss, other = model.loss_and_gradients(x[order], y[order])
    np.testing.assert_allclose(other_loss, loss, rtol=1e-13)
    for name, gradient in gradients.items():
        assert_close(other[name], gradient, 1e-12, 1e-14)


@every_cell
def test_predictions_have_one_row_for_each_step(kind):
    model, x, _ = random_model(kind, "every", seed=5)
    outputs = model.predict(x)
    assert outputs.shape == (5, 6, 2)
    p = model.parameters
    wanted = model.cell.forward(x).outputs[2, 3] @ p["W_hq"] + p["b_q"]
    np.testing.assert_allclose(outputs[2, 3], wanted, rtol=1e-14)


# Replacing parameters


@every_cell
def test_new_parameters_reach_the_cell_and_the_readout(kind):
    model, x, y = random_model(kind, "last", seed=6)
    other, _, _ = random_model(kind, "last", seed=7)
    model.parameters = other.parameters
    assert model.loss(x, y) == other.loss(x, y)
    np.testing.assert_array_equal(
        model.cell.parameters["W_hh"], other.cell.parameters["W_hh"]
    )


def refused() -> dict[str, tuple[dict, str]]:
    good = random_model(TanhCell, "last", seed=8)[0].parameters
    without = {name: value for name, value in good.items() if name != "W_hh"}
    return {
        "a missing name": (without, "parameters"),
        "an unknown name": ({**good, "W_hp": good["W_hq"]}, "parameters"),
        "a wrong shape in the cell": ({**good, "b_h": np.zeros(9)}, "b_h"),
        "a wrong shape in the readout": ({**good, "W_hq": np.zeros((9, 2))}, "W_hq"),
        "a readout bias that does not fit": ({**good, "b_q": np.zeros(3)}, "b_q"),
        "NaN in the cell": ({**good, "W_xh": np.full((3, 4), np.nan)}, "W_xh"),
        "infinity in the readout": ({**good, "b_q": [np.inf, 0.0]}, "b_q"),
    }


@pytest.mark.parametrize("fault", refused())
def test_parameters_that_do_not_fit_are_refused_and_the_model_stays_as_it_was(fault):
    parameters, name = refused()[fault]
    model, x, y = random_model(TanhCell, "last", seed=8)
    before = model.loss_and_gradients(x, y)
    with pytest.raises(ValueError, match=f"^{name} must"):
        model.parameters = parameters
    after = model.loss_and_gradients(x, y)
    assert after[0] == before[0]
    for key, gradient in before[1].items():
        np.testing.assert_array_equal(after[1][key], gradient)


def test_a_change_to_the_dictionary_handed_out_cannot_split_model_and_cell():
    model, x, y = random_model(TanhCell, "last", seed=9)
    before = model.loss(x, y)
    handed_out = model.parameters
    handed_out["W_hh"] = np.zeros((4, 4))
    del handed_out["b_q"]
    assert model.loss(x, y) == before
    assert set(model.parameters) == {"W_xh", "W_hh", "b_h", "W_hq", "b_q"}
    np.testing.assert_array_equal(
        model.parameters["W_hh"], model.cell.parameters["W_hh"]
    )


def test_parameters_given_as_lists_of_whole_numbers_become_arrays_of_floats():
    model = RecurrentModel(LinearCell(W_xh=[[1]], W_hh=[[1]]), [[1]], [0])
    model.parameters = {"W_xh": [[2]], "W_hh": [[1]], "W_hq": [[1]], "b_q": [0]}
    assert {p.dtype for p in model.parameters.values()} == {np.dtype(np.float64)}
    np.testing.assert_array_equal(model.predict([[[1], [1]]]), [[[2.0], [4.0]]])


def test_an_overflow_gives_an_infinite_loss_and_no_error_about_gradients():
    model = RecurrentModel(LinearCell(W_xh=[[1.0]], W_hh=[[1e5]]), [[1.0]], [0.0])
    with np.errstate(over="ignore", invalid="ignore"):
        loss, gradients = model.loss_and_gradients(np.ones((2, 99, 1)), np.ones((2, 1)))
    assert loss == np.inf
    assert not np.isfinite(gradients["W_hh"]).all()


def test_a_model_names_its_cell_and_where_the_loss_looks():
    model, _, _ = random_model(TanhCell, "every", seed=10)
    cell = "TanhCell(inputs=3, hidden=4, parameters=32)"
    assert repr(model) == f"RecurrentModel({cell}, loss_at='every')"
