"""Claims of the linear chapter's prose that are too slow or too ugly for its cells."""

from itertools import product

import numpy as np
import pytest

from unrolled.cells import linear
from unrolled.cells.linear import LinearCell
from unrolled.tasks import counting
from unrolled.training.closed_form import curvature_at_optimum, output_and_slopes
from unrolled.training.race import race
from unrolled.training.rprop import Rprop
from unrolled.training.rules import Clipped, GradientDescent, Momentum
from unrolled.training.surface import cost_surface
from unrolled.views.figures import linear_rnn as figures

TASK = counting.published()
START = (-1.5, 2.0)


def test_the_data_come_from_the_legacy_generator():
    generator = np.random.RandomState(1)
    rows = [np.around(generator.rand(10)).astype(int) for _ in range(20)]
    assert np.array_equal(TASK.inputs, rows)
    modern = np.random.default_rng(1)
    assert not np.array_equal(
        TASK.inputs, [np.around(modern.random(10)) for _ in range(20)]
    )


# Gradient descent from the cliff ----------------------------------------------------


BORDER = 8.69e-7


@pytest.mark.parametrize("rate", np.logspace(np.log10(BORDER), 0, 60))
def test_no_rate_from_the_border_on_survives(rate):
    assert race(GradientDescent(rate), TASK, START, limit=60).diverged


def test_a_rate_below_the_border_survives():
    assert not race(GradientDescent(8.68e-7), TASK, START, limit=500).diverged


def loss_polynomials():
    """Return P and Q of ``L = w_x^2 P(w_rec) - 2 w_x Q(w_rec) + C``, lowest first."""
    per_power = TASK.inputs[:, ::-1]
    samples = len(per_power)
    squares = sum(np.convolve(row, row) for row in per_power) / samples
    return squares.tolist(), (TASK.targets @ per_power / samples).tolist()


def value_and_slope(polynomial, at):
    """Evaluate a polynomial, lowest coefficient first, and its derivative."""
    value = slope = 0.0
    for coefficient in reversed(polynomial):
        slope = slope * at + value
        value = value * at + coefficient
    return value, slope


def test_one_rate_below_the_border_is_thrown_to_a_good_place():
    squares, products = loss_polynomials()
    constant, rate = float(np.mean(TASK.targets**2)), 0.85e-6
    (w_x, w_rec), updates, loss = START, 0, np.inf
    while loss >= 1e-3 and updates < 200_000:
        p, p_slope = value_and_slope(squares, w_rec)
        q, q_slope = value_and_slope(products, w_rec)
        loss = w_x**2 * p - 2 * w_x * q + constant
        step = 2 * (w_x * p - q), w_x**2 * p_slope - 2 * w_x * q_slope
        w_x, w_rec, updates = w_x - rate * step[0], w_rec - rate * step[1], updates + 1
    assert 168_000 < updates < 170_000
    assert np.hypot(w_x - 1, w_rec - 1) < 0.05  # right beside the minimum


@pytest.mark.parametrize("rate", np.logspace(-9, -6.1, 7))
def test_rates_well_below_the_border_crawl(rate):
    run = race(GradientDescent(rate), TASK, START, limit=1500)
    assert not run.diverged
    assert run.losses[-1] > 20


def test_the_valley_alone_takes_over_a_million_updates_at_a_millionth():
    # At a thousandth gradient descent follows the floor closely: a thousand times as
    # many updates at a millionth cover the same way.
    run = race(GradientDescent(1e-3), TASK, (1.7, 0.85), limit=2500)
    assert run.losses[0] < 1
    assert run.steps is not None
    assert run.steps > 1000


def test_the_rate_limit_of_the_valley():
    limit = 2 / np.linalg.eigvalsh(curvature_at_optimum(TASK.inputs))[-1]
    near = (1.001, 1.0005)
    below = race(GradientDescent(0.99 * limit), TASK, near, limit=2000)
    above = race(GradientDescent(1.01 * limit), TASK, near, limit=2000)
    assert below.losses[-1] < 1e-9
    assert above.losses[-1] > below.losses[0]


def test_the_steep_curvature_grows_with_the_fourth_power_of_the_length():
    def steep(length):
        bits = counting.random(200, length, seed=0).inputs
        return np.linalg.eigvalsh(curvature_at_optimum(bits))[-1]

    assert 0.9 < steep(400) / (400**4 / 8) < 1.1
    assert 0.8e4 < steep(400) / steep(40) < 1.2e4


def test_clipped_steps_are_never_longer_than_threshold_times_rate():
    run = race(Clipped(GradientDescent(1e-3), 10), TASK, START, limit=300)
    lengths = np.linalg.norm(np.diff(run.path, axis=0), axis=1)
    assert lengths.max() <= 10 * 1e-3 * (1 + 1e-9)


# Rprop ------------------------------------------------------------------------------


def test_rprop_ignores_the_scale_of_the_loss():
    larger = counting.Counting(1000 * TASK.inputs, 1000 * TASK.targets)
    ours = race(Rprop(), TASK, START, limit=60)
    scaled = race(Rprop(), larger, START, limit=60)
    np.testing.assert_allclose(scaled.path, ours.path, rtol=1e-12)


def test_six_orders_of_magnitude_of_the_first_step():
    firsts = np.logspace(-6, 0, 61)
    steps = [race(Rprop(first), TASK, START, limit=300).steps for first in firsts]
    assert np.all(np.abs(np.percentile(steps, [5, 50, 95]) - 200) < 60)


# Momentum ---------------------------------------------------------------------------


def test_momentum_at_a_ten_millionth_stays_where_it_has_rolled():
    path = race(Momentum(1e-7), TASK, START, limit=5000).path
    assert np.linalg.norm(path[5000] - path[2500]) < 0.01
    assert (path[2500:, 1] < -1).all()


@pytest.mark.parametrize(("rate", "updates"), [(2.5e-3, 209), (3e-3, 151)])
def test_clipped_momentum_can_be_faster_than_rprop(rate, updates):
    run = race(Clipped(Momentum(rate), 10), TASK, START, limit=2500)
    assert run.steps == updates < 229


@pytest.mark.parametrize("rate", [2e-3, 4.5e-3])
def test_clipped_momentum_oscillates_at_rates_nearby(rate):
    run = race(Clipped(Momentum(rate), 10), TASK, START, limit=2500)
    assert run.steps is None


# Noise ------------------------------------------------------------------------------


def test_twice_the_length_gains_more_than_twice_the_sequences():
    def spread(samples, steps):
        bits = counting.random(samples, steps, seed=0).inputs
        slopes = np.stack(output_and_slopes(bits, 1.0, 1.0)[1:], axis=1)
        return np.sqrt(np.linalg.inv(slopes.T @ slopes)[1, 1])

    assert np.isclose(spread(200, 10) / spread(400, 10), np.sqrt(2), rtol=0.15)
    assert np.isclose(spread(2000, 20) / spread(2000, 40), 2**1.5, rtol=0.05)


def test_the_noise_that_is_left_is_a_tenth_below_its_variance():
    left = []
    for seed in range(60):
        noise = 0.5 * np.random.default_rng(seed).standard_normal(20)
        noisy = counting.Counting(TASK.inputs, TASK.targets + noise)
        left.append(race(Momentum(1e-3), noisy, (0.0, 0.0), limit=300).losses[-1])
    assert abs(np.mean(left) / 0.25 - 0.9) < 0.1


# What a linear net cannot do --------------------------------------------------------


def separable(values, wanted):
    """Say whether one threshold tells the wanted values from the others."""
    yes, no = values[wanted], values[~wanted]
    return yes.min() > no.max() or yes.max() < no.min()


@pytest.mark.parametrize("w_x", [1.0, -0.7])
def test_the_sequences_of_the_proof_defeat_every_recurrent_weight(w_x):
    single = np.vstack([np.zeros(6), np.eye(6)])
    wanted = single[:, -1 - 3] == 1
    generator = np.random.default_rng(0)
    for w_rec in [*np.linspace(-3, 3, 601), *generator.normal(size=500)]:
        states = linear.forward(single, w_x, w_rec)[:, -1]
        assert not separable(states, wanted)


def test_the_proof_needs_the_sequence_with_the_older_one():
    # Without a bit that came longer ago, a weight above 1 would do.
    single = np.vstack([np.zeros(4), np.eye(4)])
    states = linear.forward(single, 1.0, 2.0)[:, -1]
    assert separable(states, single[:, 0] == 1)


@pytest.mark.parametrize(("w_rec", "before"), [(0.0, 0), (3.0, 7)])
def test_one_unit_tells_the_newest_or_the_oldest_bit(w_rec, before):
    every = np.array(list(product([0.0, 1.0], repeat=8)))
    states = linear.forward(every, 1.0, w_rec)[:, -1]
    assert separable(states, every[:, -1 - before] == 1)
    assert not separable(states, every[:, -1 - 3] == 1)


def test_four_linear_units_echo_and_forget():
    bits = counting.random(3, 40, seed=2).inputs[:, :, None]
    cell = LinearCell(W_xh=np.eye(4)[:1], W_hh=np.eye(4, k=1))
    echo = cell.forward(bits).outputs[:, :, 3]
    assert np.array_equal(echo[:, 3:], bits[:, :-3, 0])
    assert not np.linalg.matrix_power(np.eye(4, k=1), 4).any()


def test_no_linear_net_with_a_threshold_computes_the_exclusive_or():
    two_bits = np.array(list(product([0.0, 1.0], repeat=2)))
    wanted = two_bits[:, 0] != two_bits[:, 1]
    generator = np.random.default_rng(3)
    for _ in range(300):
        hidden = int(generator.integers(1, 9))
        cell = LinearCell(
            W_xh=generator.normal(size=(1, hidden)),
            W_hh=generator.normal(size=(hidden, hidden)),
        )
        states = cell.forward(two_bits[:, :, None]).outputs[:, -1]
        assert not separable(states @ generator.normal(size=hidden), wanted)


# Figures ----------------------------------------------------------------------------


def small_surface(low, high):
    axis = np.linspace(low, high, 100)
    return axis, axis, cost_surface(TASK.inputs, TASK.targets, axis, axis)


def drawings():
    wide, near = small_surface(-3, 3), small_surface(0, 2)
    path = race(Rprop(), TASK, START, limit=60).path
    states = linear.forward(TASK.inputs[:1], 1, 1)[0]
    widths = 10.0 ** np.arange(-12, 0)
    runs = dict.fromkeys("abcd", path)
    pairs = [(2, 1), (1, 2), (1, -2), (1, 0), (1, 0.5), (1, -0.5)]
    through_time = {str(pair): float(pair[1]) ** np.arange(11) for pair in pairs}
    lengths = np.array([1, 10, 100])
    return {
        "states": figures.counting_states(TASK.inputs[0], {"(1, 1)": states}),
        "check": figures.check_errors(widths, {"w": widths}),
        "surface": figures.surfaces(wide, near, pairs),
        "path": figures.surfaces(wide, near, path=path),
        "time": figures.gradients_through_time(through_time, 20 * np.ones(11)),
        "rprop": figures.rprop_history(np.ones(4), np.ones((3, 2))),
        "race": figures.race_paths(wide, runs),
        "losses": figures.race_losses({n: np.ones(9) for n in "abcd"}, 1e-3),
        "length": figures.length_errors(
            lengths, -0.1 * lengths, -0.2 * lengths, {10: -np.ones(5)}
        ),
    }


def test_every_drawing_is_light_and_the_same_on_every_run():
    first = {name: drawing._repr_svg_() for name, drawing in drawings().items()}
    second = {name: drawing._repr_svg_() for name, drawing in drawings().items()}
    assert first == second
    for name, svg in first.items():
        assert svg.lstrip().startswith("<?xml"), name
        assert len(svg) < 200_000, name


def test_lighter_outlines_stay_where_they_were():
    axis, _, costs = small_surface(-3, 3)
    _, axes = figures.canvas(4)
    band = axes.contourf(axis, axis, costs + 1, [10.0, np.inf])
    (outline,) = band.get_paths()
    light = figures._lighter(outline, axis, axis)
    assert len(light.vertices) < len(outline.vertices) / 2
    corners = light.vertices[np.isin(light.codes, [1, 2])]
    nearest = [np.hypot(*(outline.vertices - corner).T).min() for corner in corners]
    assert max(nearest) < 0.2 * 6 / 300 * 2
