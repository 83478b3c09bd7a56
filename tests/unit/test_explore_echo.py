"""The echo lab, as far as Python has it: its state and its checks."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from scripts import golden_echo
from scripts.notebooks import ROOT
from tests.demo.demo import bars
from unrolled.random import Generator
from unrolled.tasks.echo import Echo
from unrolled.views import explore
from unrolled.views.bundling import bundle
from unrolled.views.explore.echo_view import CHOICES, LIMITS, STATE, EchoLab

MODEL = ROOT / "lib" / "unrolled" / "views" / "js" / "echo_model.js"


def made(**state) -> EchoLab:
    return explore.echo(picture=bars(), alt="Bars.", **state)


def test_it_begins_untrained_with_windows_that_are_too_narrow():
    view = made()
    assert (view.delay, view.window, view.stride, view.windows) == (3, 3, 3, 0)
    assert (view.hidden, view.rate, view.rule) == (4, 0.3, "adagrad")
    assert repr(view) == "EchoLab: an interactive figure"


def test_a_window_that_is_given_alone_is_its_own_stride():
    assert made(window=15).stride == 15
    assert made(window=15, stride=3).stride == 3


def test_a_shorter_window_shortens_the_stride():
    view = made(window=15)
    view.window = 4
    assert view.stride == 4
    view.window = 9
    assert view.stride == 4


def test_numbers_of_numpy_are_shared_as_plain_ones():
    state = made(window=np.int64(5), rate=np.float32(0.5)).get_state()
    assert (state["window"], state["rate"]) == (5, 0.5)
    assert {type(state[name]) for name in LIMITS} == {int}
    assert type(state["rate"]) is float


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"delay": 0}, "delay must be a whole number of at least 1"),
        ({"delay": 11}, "delay must be at most 10, but 11 was given"),
        ({"window": 31}, "window must be at most 30"),
        ({"window": 2.5}, "window must be a whole number"),
        ({"stride": 4}, "stride must not be longer than the window, but stride = 4"),
        ({"hidden": 13}, "hidden must be at most 12"),
        ({"seed": 1000}, "seed must be at most 999"),
        ({"rate": 0}, "rate must be a finite number above 0"),
        ({"rule": "rprop"}, "rule must be one of adagrad, adam, .* 'rprop'"),
        ({"scheme": "mine"}, "scheme must be one of course, published"),
        ({"scale": "square"}, "scale must be one of linear, log"),
        ({"widow": 4}, "a setting of the view must name one of delay, .* 'widow'"),
    ],
)
def test_what_cannot_be_shown_is_refused(state, message):
    with pytest.raises(ValueError, match=message):
        made(**state)


def test_what_was_refused_later_leaves_the_view_as_it_was():
    view = made()
    with pytest.raises(ValueError, match="seed must be at most"):
        view.seed = 4000
    assert view.seed == STATE["seed"]


def test_limits_and_choices_are_those_of_the_script():
    text = MODEL.read_text(encoding="utf-8")
    (limits,) = re.findall(r"ECHO_LIMITS = \{(.*?)\}", text)
    for name, most in re.findall(r"(\w+): (\d+)", limits):
        assert LIMITS[name][1] == int(most)
    kernel = MODEL.with_name("echo_kernel.js").read_text(encoding="utf-8")
    for rule in CHOICES["rule"]:
        assert re.search(rf'^  "?{rule}"?[:(]', kernel, re.MULTILINE)


def test_the_first_settings_are_those_of_the_failing_window():
    text = MODEL.read_text(encoding="utf-8")
    (failing,) = re.findall(r'"the failing window",\s+settings: \{(.*?)\}', text)
    for name, value in re.findall(r"(\w+): ([^,}]+)", failing):
        assert STATE[name] == json.loads(value)


def test_the_task_is_the_published_one():
    text = MODEL.read_text(encoding="utf-8")
    assert f"ECHO_BATCH = {Echo().batch};" in text
    assert f"SERIES_LENGTH = {Echo().series_length:_};" in text


def test_the_numbers_the_script_is_held_against_are_those_of_tensorflow():
    tf = pytest.importorskip("tensorflow")
    from unrolled.cells.tanh_tf import tanh_step
    from unrolled.training.window_tf import adagrad, train_window

    settings = golden_echo.SETTINGS[1]
    stored = golden_echo.echo_case(settings)
    parameters = as_tensors(golden_echo.first_weights(settings))
    squares = {name: tf.fill(p.shape, p.dtype.as_numpy_dtype(0.1))
               for name, p in parameters.items()}  # fmt: skip
    zeros = state = (tf.zeros((golden_echo.BATCH, settings["hidden"]), tf.float64),)

    def update(weights, gradients, memory):
        return adagrad(weights, gradients, memory, settings["rate"])

    losses = []
    for number in range(golden_echo.WINDOWS):
        inputs, targets, is_first = golden_echo.window(settings, number)
        parameters, squares, state, loss, _, gradients = train_window(
            parameters, squares, zeros if is_first else state, tf.constant(inputs),
            tf.constant(targets), tanh_step, update, settings["stride"],
        )  # fmt: skip
        losses.append(float(loss))
    np.testing.assert_allclose(losses, stored["losses"], rtol=1e-10)
    for name, gradient in stored["gradients"][1].items():
        np.testing.assert_allclose(np.ravel(gradients[name]), gradient, atol=1e-11)
        weights = stored["weights"][name]
        np.testing.assert_allclose(np.ravel(parameters[name]), weights, atol=1e-9)


def as_tensors(weights):
    tf = pytest.importorskip("tensorflow")
    return {name: tf.constant(value, tf.float64) for name, value in weights.items()}


class Uniform:
    """The course's generator under the names of NumPy's."""

    def __init__(self, seed):
        generator = Generator(seed)
        self.random, self.standard_normal = generator.uniforms, generator.normals


@pytest.mark.parametrize("scheme", ["course", "published"])
def test_the_first_weights_follow_the_schemes_of_the_library(monkeypatch, scheme):
    pytest.importorskip("tensorflow")
    from unrolled.cells.tanh_tf import TANH
    from unrolled.training.nets_tf import draw_weights

    monkeypatch.setattr(np.random, "default_rng", Uniform)
    wanted = draw_weights(TANH, 4, 7, scheme=scheme)
    settings = {"hidden": 4, "seed": 7, "scheme": scheme}
    drawn = golden_echo.first_weights(settings)
    assert drawn.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_array_equal(drawn[name], value)


def test_the_reach_is_the_share_of_the_loss_that_arrives():
    # The definition itself, by TensorFlow: the norm of the gradient of the last loss.
    tf = pytest.importorskip("tensorflow")
    from unrolled.cells.tanh_tf import tanh_step

    settings = golden_echo.PUBLISHED
    weights = as_tensors(golden_echo.first_weights(settings))
    inputs, targets, _ = golden_echo.window(settings, 0)
    state = tf.zeros((golden_echo.BATCH, 4), tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(state)
        states = [state]
        for t in range(settings["window"]):
            from_input = inputs[:, t] @ weights["W_xh"] + weights["b_h"]
            states += tanh_step(from_input, (states[-1],), weights["W_hh"])
        logits = states[-1] @ weights["W_hq"] + weights["b_q"]
        loss = tf.reduce_sum(
            tf.nn.sparse_softmax_cross_entropy_with_logits(targets[:, -1], logits)
        )
    norms = np.linalg.norm(tape.gradient(loss, states[:0:-1]), axis=2)
    stack = np.stack(states, axis=1)
    drawn = golden_echo.first_weights(settings)
    reach = golden_echo.gradient_reach(drawn, stack, inputs)
    np.testing.assert_allclose(reach, (norms / norms[0]).mean(axis=1), rtol=1e-9)


def test_the_bundle_is_light():
    import gzip

    size = len(gzip.compress(bundle("echo").encode(), 6))
    print(f"echo: {size / 1e3:.1f} kB compressed")
    assert size < 35_000


def test_the_widget_is_imported_with_the_first_view_only():
    code = (
        "import sys, unrolled.views.explore\n"
        "sys.exit(' '.join({'anywidget', 'matplotlib'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
