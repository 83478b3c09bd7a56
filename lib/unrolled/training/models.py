"""What a run trains: something with parameters, a loss, and the loss's gradient."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from unrolled.cells import linear
from unrolled.cells.cell import (
    Cell,
    Gradients,
    Parameters,
    Trace,
    back_through_time,
)
from unrolled.validation import Array, finite_array, number


class Model(Protocol):
    """Anything that a run can train."""

    parameters: Parameters

    def loss(self, inputs: Array, targets: Array) -> float:
        """Return the loss of the present parameters."""

    def loss_and_gradients(
        self, inputs: Array, targets: Array
    ) -> tuple[float, Parameters]:
        """Return the loss and its gradient with respect to each parameter."""


class ScalarModel:
    """The linear net with two weights.

    ``h_t = x_t w_x + h_{t-1} w_rec`` from ``h_0 = 0``, and the output is ``h_T``.
    The loss is the mean over the samples of ``(h_T - y)^2``.

    Attributes:
        parameters: ``w_x`` and ``w_rec``, arrays without axes.
    """

    def __init__(self, w_x: float, w_rec: float) -> None:
        """Keep the two weights.

        Raises:
            ValueError: If a weight is not a finite number.
        """
        self.parameters: Parameters = {
            "w_x": np.asarray(number("w_x", w_x)),
            "w_rec": np.asarray(number("w_rec", w_rec)),
        }

    def predict(self, inputs: ArrayLike) -> Array:
        """Return ``h_T`` for each sequence: inputs ``(B, T)``, result ``(B,)``.

        Raises:
            ValueError: If the inputs have another shape, or are not finite.
        """
        bits = finite_array("inputs", inputs, "B, T")
        return linear.forward(bits, **self.parameters)[:, -1]

    def loss(self, inputs: ArrayLike, targets: ArrayLike) -> float:
        """Return the mean squared error."""
        outputs = self.predict(inputs)
        wanted = finite_array("targets", targets, str(len(outputs)))
        return float(np.mean((outputs - wanted) ** 2))

    def loss_and_gradients(
        self, inputs: ArrayLike, targets: ArrayLike
    ) -> tuple[float, Parameters]:
        """Return the mean squared error and its gradients.

        Args:
            inputs: Shape ``(B, T)``.
            targets: Shape ``(B,)``.

        Raises:
            ValueError: If a shape is wrong or a value is not finite.
        """
        bits = finite_array("inputs", inputs, "B, T")
        wanted = finite_array("targets", targets, str(len(bits)))
        states = linear.forward(bits, **self.parameters)
        errors = states[:, -1] - wanted
        grad_w_x, grad_w_rec, _ = linear.backward(
            bits, states, 2 * errors / len(bits), self.parameters["w_rec"]
        )
        gradients = {"w_x": np.asarray(grad_w_x), "w_rec": np.asarray(grad_w_rec)}
        return float(np.mean(errors**2)), gradients

    def __repr__(self) -> str:
        """Show both weights."""
        weights = ", ".join(f"{k}={float(v):.6g}" for k, v in self.parameters.items())
        return f"ScalarModel({weights})"


class RecurrentModel:
    """Any cell with a linear readout ``o_t = h_t W_hq + b_q`` and a squared error.

    With ``loss_at="last"`` the loss is the mean over samples and outputs of
    ``(o_T - y)^2`` and targets are ``(B, Q)``; with ``loss_at="every"`` it is the mean
    over samples, steps and outputs of ``(o_t - y_t)^2`` and targets are ``(B, T, Q)``.

    Attributes:
        cell: The recurrence.
        parameters: The cell's parameters, ``W_hq`` of shape ``(H, Q)`` and ``b_q`` of
            shape ``(Q,)``. Each look gives a new dictionary; to change the model,
            assign a whole one, which also updates the cell.
    """

    def __init__(
        self,
        cell: Cell,
        W_hq: ArrayLike,
        b_q: ArrayLike,
        loss_at: Literal["last", "every"] = "last",
    ) -> None:
        """Join the parts.

        Raises:
            ValueError: If ``cell`` is not a cell, a shape does not fit it, or
                ``loss_at`` is unknown.
        """
        if not isinstance(cell, Cell):
            raise ValueError(
                f"cell must be a cell with its parameters, such as TanhCell(...), but "
                f"a {type(cell).__name__} was given."
            )
        if loss_at not in ("last", "every"):
            raise ValueError(
                f"loss_at must be 'last' or 'every', but {loss_at!r} was given."
            )
        self.cell = cell
        self.loss_at = loss_at
        self._readout = _checked_readout(cell, W_hq, b_q)

    @property
    def parameters(self) -> Parameters:
        """All parameters by name."""
        return {**self.cell.parameters, **self._readout}

    @parameters.setter
    def parameters(self, parameters: Parameters) -> None:
        if set(parameters) != set(self.parameters):
            raise ValueError(
                f"parameters must have the names {sorted(self.parameters)}, but "
                f"{sorted(parameters)} were given."
            )
        cell = self.cell.with_parameters(
            {n: parameters[n] for n in self.cell.parameters}
        )
        readout = _checked_readout(cell, parameters["W_hq"], parameters["b_q"])
        self.cell, self._readout = cell, readout

    def predict(self, inputs: ArrayLike) -> Array:
        """Return ``o_1 .. o_T``: inputs ``(B, T, D)``, result ``(B, T, Q)``."""
        return self._read(self.cell.forward(inputs))

    def loss(self, inputs: ArrayLike, targets: ArrayLike) -> float:
        """Return the mean squared error (see the class for the shapes)."""
        errors = self._errors(self.predict(inputs), targets)
        return float(np.mean(errors**2))

    def loss_and_gradients(
        self, inputs: ArrayLike, targets: ArrayLike
    ) -> tuple[float, Parameters]:
        """Return the loss and the gradient of every parameter, through time."""
        loss, gradients, _ = self.backpropagate(inputs, targets)
        return loss, gradients

    def backpropagate(
        self, inputs: ArrayLike, targets: ArrayLike
    ) -> tuple[float, Parameters, Gradients]:
        """Return the loss, all gradients by name, and the cell's own gradients."""
        trace = self.cell.forward(inputs)
        loss, grad_outputs, readout = self.readout_gradients(trace, targets)
        through_time = back_through_time(self.cell, trace, grad_outputs)
        return loss, {**through_time.parameters, **readout}, through_time

    def readout_gradients(
        self, trace: Trace, targets: ArrayLike
    ) -> tuple[float, Array, Parameters]:
        """Return the loss, its direct gradient at every ``h_t``, and the readout's.

        The direct gradient has the shape ``(B, T, H)``; it is what a backward pass
        starts from.
        """
        errors = self._errors(self._read(trace), targets)
        grad_read = np.zeros((*trace.outputs.shape[:2], self._readout["b_q"].size))
        seen = slice(None) if self.loss_at == "every" else slice(-1, None)
        grad_read[:, seen] = 2 * errors / errors.size
        readout = {
            "W_hq": np.einsum("bth,btq->hq", trace.outputs, grad_read),
            "b_q": grad_read.sum(axis=(0, 1)),
        }
        loss = float(np.mean(errors**2))
        return loss, grad_read @ self._readout["W_hq"].T, readout

    def _read(self, trace: Trace) -> Array:
        """Return ``o_t = h_t W_hq + b_q`` at every step."""
        outputs: Array = trace.outputs @ self._readout["W_hq"]
        return outputs + self._readout["b_q"]

    def _errors(self, outputs: Array, targets: ArrayLike) -> Array:
        """Return output minus target where the loss looks, with a time axis."""
        samples, steps, size = outputs.shape
        if self.loss_at == "every":
            return outputs - finite_array(
                "targets", targets, f"{samples}, {steps}, {size}"
            )
        return (
            outputs[:, -1:]
            - finite_array("targets", targets, f"{samples}, {size}")[:, None]
        )

    def __repr__(self) -> str:
        """Name the cell and say where the loss looks."""
        return f"RecurrentModel({self.cell!r}, loss_at={self.loss_at!r})"


def _checked_readout(cell: Cell, W_hq: ArrayLike, b_q: ArrayLike) -> Parameters:
    """Return the readout's parameters, whose shapes fit the cell and each other."""
    weights = finite_array("W_hq", W_hq, f"{cell.hidden_size}, Q")
    return {"W_hq": weights, "b_q": finite_array("b_q", b_q, str(weights.shape[1]))}
