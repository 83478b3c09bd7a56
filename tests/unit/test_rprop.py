"""Rprop: its law, and the published result to ten digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from strategies import arrays

from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rprop import Rprop, rprop_step
from unrolled.training.running import train

signs = npst.arrays(np.float64, (2, 3), elements=st.sampled_from([-1.0, 0.0, 1.0]))
deltas = npst.arrays(np.float64, (2, 3), elements=st.floats(1e-6, 10))


def test_the_published_weights_come_out_to_ten_digits():
    model = ScalarModel(-1.5, 2.0)
    *_, last = train(model, counting.published(), Rprop(), 500)
    w_x, w_rec = (float(model.parameters[name]) for name in ("w_x", "w_rec"))
    assert last.step == 500
    assert f"{w_x:.11f}" == "1.00135554721"
    assert f"{w_rec:.12f}" == "0.999674473785"
    (output,) = model.predict([[0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1]])
    assert f"{output:.5f}" == "4.99896"


def test_the_first_step_already_halves_the_step_size_as_published():
    model = ScalarModel(-1.5, 2.0)
    (_, second) = train(model, counting.published(), Rprop(), 1)
    moved = {n: abs(np.diff(w)[0]) for n, w in path(model).items()}
    assert second.step == 1
    np.testing.assert_allclose(list(moved.values()), 0.0005, rtol=1e-9)


def path(model: ScalarModel) -> dict[str, np.ndarray]:
    start = {"w_x": -1.5, "w_rec": 2.0}
    return {n: np.array([start[n], float(w)]) for n, w in model.parameters.items()}


@given(arrays((2, 3)), signs, deltas)
def test_every_entry_steps_against_its_own_sign_by_its_own_size(
    gradient, before, delta
):
    step, sign, fresh = rprop_step(gradient, before, delta)
    for index in np.ndindex(gradient.shape):
        g, kept = gradient[index], np.sign(gradient[index]) == before[index]
        size = delta[index] * (1.2 if kept else 0.5)
        assert fresh[index] == size
        assert sign[index] == float(g > 0) - float(g < 0)
        assert step[index] == -sign[index] * size


@given(arrays((2, 3)), signs, deltas, st.integers(-30, 30))
def test_only_the_sign_of_the_gradient_counts(gradient, before, delta, exponent):
    plain = rprop_step(gradient, before, delta)
    scaled = rprop_step(gradient * 2.0**exponent, before, delta)
    for ours, theirs in zip(plain, scaled, strict=True):
        np.testing.assert_array_equal(theirs, ours)


@given(arrays((2, 3)), signs, deltas)
def test_the_step_leaves_its_arguments_alone(gradient, before, delta):
    copies = [a.copy() for a in (gradient, before, delta)]
    rprop_step(gradient, before, delta)
    for argument, copy in zip((gradient, before, delta), copies, strict=True):
        np.testing.assert_array_equal(argument, copy)


def test_the_factors_are_those_of_the_rule():
    rule, place = Rprop(delta=1.0, eta_plus=3.0, eta_minus=0.25), {"w": np.array(0.0)}
    memory, sizes = rule.start(place), []
    for slope in (1.0, 2.0, 5.0, -1.0, -0.5):
        _, memory = rule.update(place, {"w": np.array(slope)}, memory)
        sizes.append(float(memory["delta"]["w"]))
    assert sizes == [0.25, 0.75, 2.25, 0.5625, 1.6875]


def test_it_begins_with_equal_step_sizes_and_no_sign():
    memory = Rprop(delta=0.5).start({"W": np.ones((2, 2)), "b": np.array([1, 2])})
    assert all((sign == 0).all() for sign in memory["sign"].values())
    assert all((delta == 0.5).all() for delta in memory["delta"].values())
    assert memory["delta"]["W"].shape == (2, 2)


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
def test_a_run_does_not_depend_on_the_unit_of_the_loss(factor):
    class InAnotherUnit(ScalarModel):
        def loss_and_gradients(self, inputs, targets):
            loss, gradients = super().loss_and_gradients(inputs, targets)
            return factor * loss, {n: factor * g for n, g in gradients.items()}

    task, plain, other = (
        counting.published(),
        ScalarModel(-1.5, 2.0),
        InAnotherUnit(-1.5, 2.0),
    )
    for model in (plain, other):
        list(train(model, task, Rprop(), 50))
    assert plain.parameters == other.parameters
