"""What all cells share: a step, its transpose, and the two loops over time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from unrolled.validation import Array, count, finite_array

Parameters = dict[str, Array]
State = tuple[Array, ...]
Cache = tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class Trace:
    """All that a forward pass leaves behind for the backward pass.

    Attributes:
        inputs: The input sequences, shape ``(B, T, D)``.
        states: The state before and after every step, one array of shape
            ``(B, T + 1, H)`` for each part of the state; part 0 is ``h``, and an
            LSTM's part 1 is ``c``.
        caches: For every step, the arrays that its backward step needs.
    """

    inputs: Array
    states: tuple[Array, ...]
    caches: tuple[Cache, ...]

    @property
    def outputs(self) -> Array:
        """The hidden states ``h_1 .. h_T``, shape ``(B, T, H)``."""
        return self.states[0][:, 1:]

    @property
    def final_state(self) -> State:
        """The state after the last step: what the next window would start from."""
        return tuple(part[:, -1] for part in self.states)


@dataclass(frozen=True, eq=False)
class Gradients:
    """What a backward pass returns.

    Attributes:
        parameters: Gradient of the loss with respect to each parameter, by name.
        inputs: With respect to the inputs, shape ``(B, T, D)``.
        states: With respect to the state before and after every step, shaped like
            ``Trace.states``. Entry ``t`` counts every path from ``h_t`` to the loss.
    """

    parameters: Parameters
    inputs: Array
    states: tuple[Array, ...]


class Cell(ABC):
    """A recurrence with its parameters.

    A cell says what happens in one time step (:meth:`step`) and how a gradient crosses
    that step (:meth:`step_backward`). The loops over time are the same for every cell
    and stand here. All arrays are float64; ``B`` is the batch, ``T`` the time steps,
    ``D`` the inputs in a step and ``H`` the hidden units.
    """

    state_parts: int = 1
    """How many arrays of shape ``(B, H)`` make up the state."""

    def __init__(self, **parameters: ArrayLike) -> None:
        """Check and keep the parameters; see the subclass for names and shapes."""
        self.parameters: Parameters = self._checked(parameters)

    @classmethod
    @abstractmethod
    def shapes(cls, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter for ``D = inputs``, ``H = hidden``."""

    @abstractmethod
    def step(self, x: Array, state: State) -> tuple[State, Cache]:
        """Make one step: ``x`` is ``(B, D)``, each part of the state ``(B, H)``."""

    @abstractmethod
    def step_backward(
        self, cache: Cache, grad_state: State
    ) -> tuple[Parameters, Array, State]:
        """Carry a gradient back over one step.

        Args:
            cache: What :meth:`step` returned beside the new state.
            grad_state: Gradient of the loss with respect to the new state.

        Returns:
            The gradients with respect to the parameters (summed over the batch), the
            input and the old state.
        """

    @property
    def input_size(self) -> int:
        """``D``, the number of inputs in a step."""
        return int(self.parameters["W_xh"].shape[0])

    @property
    def hidden_size(self) -> int:
        """``H``, the number of hidden units."""
        return int(self.parameters["W_hh"].shape[0])

    def with_parameters(self, parameters: Parameters) -> Self:
        """Return a cell of the same kind with other parameters."""
        return type(self)(**parameters)

    def zero_state(self, batch: int) -> State:
        """Return the all-zero state for ``batch`` sequences.

        Raises:
            ValueError: If ``batch`` is not a whole number of at least 1.
        """
        shape = count("batch", batch), self.hidden_size
        return tuple(np.zeros(shape) for _ in range(self.state_parts))

    def forward(self, inputs: ArrayLike, state: State | None = None) -> Trace:
        """Run the cell over a batch of sequences.

        Args:
            inputs: Shape ``(B, T, D)``.
            state: The initial state, a tuple of arrays of shape ``(B, H)``; all zeros
                if left out.

        Returns:
            The trace of the pass: states, and what :meth:`backward` needs.

        Raises:
            ValueError: If a shape is wrong, a sequence is empty, or a value is not
                finite.
        """
        # The trace keeps a copy, so that a caller may use its buffers again.
        x = np.array(finite_array("inputs", inputs, f"B, T, {self.input_size}"))
        state = self._checked_state(state, len(x))
        states, caches = [state], []
        for t in range(x.shape[1]):
            state, cache = self.step(x[:, t], state)
            states.append(state)
            caches.append(cache)
        parts = tuple(np.stack(part, axis=1) for part in zip(*states, strict=True))
        return Trace(inputs=x, states=parts, caches=tuple(caches))

    def backward(self, trace: Trace, grad_outputs: ArrayLike) -> Gradients:
        """Backpropagate through time.

        Args:
            trace: What :meth:`forward` returned.
            grad_outputs: The direct gradient of the loss with respect to each hidden
                state ``h_1 .. h_T``, shape ``(B, T, H)``; zero where the loss does not
                look.

        Returns:
            The gradients with respect to parameters, inputs and states.

        Raises:
            ValueError: If ``grad_outputs`` has another shape than the outputs, or is
                not finite.
        """
        wanted = ", ".join(str(length) for length in trace.outputs.shape)
        return back_through_time(
            self, trace, finite_array("grad_outputs", grad_outputs, wanted)
        )

    def __repr__(self) -> str:
        """Name the cell, its sizes and its number of parameters."""
        size = sum(p.size for p in self.parameters.values())
        return (
            f"{type(self).__name__}(inputs={self.input_size}, "
            f"hidden={self.hidden_size}, parameters={size})"
        )

    def _checked(self, parameters: dict[str, ArrayLike]) -> Parameters:
        """Return the parameters as arrays whose names and shapes fit each other."""
        wanted = set(self.shapes(1, 1))
        if set(parameters) != wanted:
            raise ValueError(
                f"{type(self).__name__} takes the parameters {sorted(wanted)}, but "
                f"{sorted(parameters)} were given."
            )
        inputs = len(finite_array("W_xh", parameters["W_xh"], "D, H"))
        hidden = len(finite_array("W_hh", parameters["W_hh"], "H, H"))
        return {
            name: finite_array(name, parameters[name], ", ".join(map(str, shape)))
            for name, shape in self.shapes(inputs, hidden).items()
        }

    def _checked_state(self, state: State | None, batch: int) -> State:
        """Return the initial state as arrays of the right shape."""
        if state is None:
            return self.zero_state(batch)
        if not isinstance(state, tuple) or len(state) != self.state_parts:
            raise ValueError(
                f"state must be a tuple of {self.state_parts} arrays of shape "
                f"({batch}, {self.hidden_size}), but {type(state).__name__} of length "
                f"{np.size(state) if not isinstance(state, tuple) else len(state)} was "
                f"given."
            )
        shape = f"{batch}, {self.hidden_size}"
        return tuple(
            np.array(finite_array(f"state[{i}]", part, shape))
            for i, part in enumerate(state)
        )


def back_through_time(cell: Cell, trace: Trace, direct: Array) -> Gradients:
    """Backpropagate through time: :meth:`Cell.backward` without its checks.

    Where a forward pass overflowed, the gradients hold NaN or infinity; a training run
    notices them and says so.

    Args:
        cell: The recurrence.
        trace: What its forward pass returned.
        direct: The direct gradient at every hidden state, shape ``(B, T, H)``.
    """
    totals = {name: np.zeros_like(p) for name, p in cell.parameters.items()}
    grad_inputs = np.zeros_like(trace.inputs)
    grad_states = tuple(np.zeros_like(part) for part in trace.states)
    grad_states[0][:, 1:] += direct
    for t in reversed(range(len(trace.caches))):
        grad_state = tuple(part[:, t + 1] for part in grad_states)
        grads, grad_x, grad_before = cell.step_backward(trace.caches[t], grad_state)
        for name, grad in grads.items():
            totals[name] += grad
        grad_inputs[:, t] = grad_x
        for part, grad in zip(grad_states, grad_before, strict=True):
            part[:, t] += grad
    return Gradients(totals, grad_inputs, grad_states)
