"""Draws the pictures of the course's first page: ``python site/draw_landing.py``.

Every number in them is computed here, by the library that the course teaches. The files
are kept in ``site/assets/landing/``; a test draws them anew and compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from unrolled.cells.linear import LinearCell
from unrolled.cells.lstm import LSTMCell
from unrolled.cells.tanh import TanhCell
from unrolled.tasks import counting
from unrolled.training.models import ScalarModel
from unrolled.training.rprop import Rprop
from unrolled.training.surface import cost_surface
from unrolled.validation import Array
from unrolled.views.figures import landing
from unrolled.views.figures.style import Drawing

DEFAULT_FOLDER = Path(__file__).parent / "assets" / "landing"
STEPS_BACK = 100
RADII = np.array([1.1, 1.0, 0.9])


def toy_forward_pass() -> tuple[Array, Array, Array]:
    """Run the theory chapter's net with two units over the inputs 1 and 2.

    Returns:
        Inputs of shape (2,), states of shape (3, 2) and outputs of shape (2,).
    """
    cell = TanhCell(W_xh=[[0.5, 0.6]], W_hh=[[0.1, 0.2], [0.3, 0.4]], b_h=[0.1, -0.1])
    trace = cell.forward([[[1.0], [2.0]]])
    states = trace.states[0][0]
    return trace.inputs[0, :, 0], states, states[1:] @ np.array([0.1, 0.2]) + 0.1


def rprop_path(steps: int = 500) -> Array:
    """Train the linear net with Rprop; return its weights, shape (steps + 1, 2)."""
    data = counting.published()
    model = ScalarModel(w_x=-1.5, w_rec=2.0)
    rule = Rprop()
    memory = rule.start(model.parameters)
    path = [list(model.parameters.values())]
    for _ in range(steps):
        _, gradients = model.loss_and_gradients(data.inputs, data.targets)
        model.parameters, memory = rule.update(model.parameters, gradients, memory)
        path.append(list(model.parameters.values()))
    return np.array(path, dtype=np.float64)


def gradient_norms(hidden: int = 32) -> Array:
    """Send a gradient back through scaled orthogonal matrices.

    Returns:
        Its norm after 0 .. STEPS_BACK steps back for each radius, relative to its
        start, shape (3, STEPS_BACK + 1).
    """
    generator = np.random.default_rng(0)
    orthogonal, _ = np.linalg.qr(generator.standard_normal((hidden, hidden)))
    start = generator.standard_normal(hidden)
    norms = []
    for radius in RADII:
        cell = LinearCell(W_xh=np.zeros((1, hidden)), W_hh=radius * orthogonal)
        trace = cell.forward(np.zeros((1, STEPS_BACK, 1)))
        arriving = np.zeros((1, STEPS_BACK, hidden))
        arriving[0, -1] = start
        back = cell.backward(trace, arriving).states[0][0, ::-1]
        norms.append(np.linalg.norm(back, axis=1) / np.linalg.norm(start))
    return np.array(norms)


def remembered_gradient(hidden: int = 32) -> Array:
    """Send a gradient back along the memory of an LSTM whose forget gate is open.

    The recurrent weights are zero and the forget gate's bias is 5, so that the gate
    stays at 0.9933 and the memory loses 0.67 % at each step.

    Returns:
        The gradient's norm after 0 .. STEPS_BACK steps back, relative to its start.
    """
    generator = np.random.default_rng(0)
    weights = {
        name: np.zeros(shape) for name, shape in LSTMCell.shapes(1, hidden).items()
    }
    weights["b_h"][hidden : 2 * hidden] = 5.0  # the second block: the forget gate
    cell = LSTMCell(**weights)
    trace = cell.forward(np.zeros((1, STEPS_BACK + 1, 1)))
    arriving = np.zeros((1, STEPS_BACK + 1, hidden))
    arriving[0, -1] = generator.standard_normal(hidden)
    back = np.linalg.norm(cell.backward(trace, arriving).states[1][0], axis=1)[-2::-1]
    return np.asarray(back / back[0])


def pictures() -> dict[str, Drawing]:
    """Return every picture by the name of its file."""
    data = counting.published()
    axis = np.linspace(-3, 3, 81)
    costs = cost_surface(data.inputs, data.targets, axis, axis)
    toy, path = toy_forward_pass(), rprop_path()
    norms, remembered = gradient_norms(), remembered_gradient()
    drawn = {}
    for version, ink in (("light", landing.LIGHT), ("dark", landing.DARK)):
        drawn[f"net-{version}.svg"] = landing.unrolled_net(*toy, ink)
        drawn[f"landscape-{version}.svg"] = landing.cost_landscape(
            axis, axis, costs, path, ink
        )
        drawn[f"reach-{version}.svg"] = landing.gradient_reach(
            norms, RADII, remembered, ink
        )
    return drawn


def write(folder: Path) -> list[Path]:
    """Write every picture into a folder; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, picture in pictures().items():
        files.append(folder / name)
        svg = picture._repr_svg_()
        files[-1].write_text(svg, encoding="utf-8", newline="\n")
    return files


if __name__ == "__main__":
    for file in write(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER):
        print(file)
