"""Writing text with a character model: read a prefix, then feed each output back.

A character model is a recurrent net whose inputs are one-hot characters and whose
outputs are the logits of the next one, so that it has as many inputs as outputs: ``V``,
the size of the vocabulary. Here a character is its index, 0 to ``V - 1``.

How a character is chosen, and why a page's script writes the same text for the same
seed, is the contract of :mod:`unrolled.training.choosing`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self, get_args

import numpy as np
from numpy.typing import ArrayLike

from unrolled.cells.cell import Cell, Parameters, State
from unrolled.random import Generator
from unrolled.tasks.text import one_hot
from unrolled.training.choosing import GREEDY, Choice, Indices, draw
from unrolled.training.losses import log_softmax
from unrolled.validation import Array, count, finite_array


class CharacterNet(Protocol):
    """What is needed of a net; ``RecurrentNet`` has it."""

    @property
    def weights(self) -> Parameters:
        """The parameters by name; the readout's are ``W_hq`` and ``b_q``."""

    def numpy_cell(self) -> Cell:
        """Return the recurrence."""


Precision = Literal["float64", "float32"]
"""64 bits are those of the contract; 32 are about twice as fast."""


@dataclass(frozen=True, eq=False)
class LookUp:
    """A net's weights, for single steps in which a look-up takes a product's place.

    Attributes:
        cell: The recurrence; its ``W_xh`` has a row for each character.
        W_hq: Weights of the readout, shape ``(H, V)``.
        b_q: Its bias, shape ``(V,)``.
        one: The input that takes the place of a one-hot character, shape ``(1, 1)``.
        row_cells: For each character met so far, a cell with its row alone; see
            :meth:`step`.
    """

    cell: Cell
    W_hq: Array
    b_q: Array
    one: Array
    row_cells: dict[int, Cell] = field(default_factory=dict)

    @classmethod
    def of(cls, net: CharacterNet, precision: Precision = "float64") -> Self:
        """Take the weights of a net as they are now.

        Raises:
            ValueError: If a weight is not finite, the net has not as many inputs as
                outputs, or the precision is none.
        """
        if precision not in get_args(Precision):
            raise ValueError(
                f"precision must be 'float64' or 'float32', but {precision!r} was "
                f"given."
            )
        cell, weights = net.numpy_cell(), net.weights
        b_q = finite_array("b_q", weights["b_q"], "V")
        W_hq = finite_array("W_hq", weights["W_hq"], f"{cell.hidden_size}, {len(b_q)}")
        vocabulary_size(cell.input_size, len(b_q))
        kept = copy.copy(cell)
        kept.parameters = {n: p.astype(precision) for n, p in cell.parameters.items()}
        one = np.ones((1, 1), precision)
        return cls(kept, W_hq.astype(precision), b_q.astype(precision), one)

    @property
    def characters(self) -> int:
        """``V``, the size of the vocabulary."""
        return len(self.b_q)

    def zero_state(self) -> State:
        """Return the all-zero state of one text."""
        return tuple(part.astype(self.one.dtype) for part in self.cell.zero_state(1))

    def step(self, index: int, state: State) -> State:
        """Read one character.

        A one-hot input picks a row of ``W_xh``. Here the row is taken out first, and
        the cell gets it as its only input weights, with the input 1: their product is
        the row itself, to the last digit, in every kind of cell.

        Args:
            index: The character.
            state: Arrays of shape ``(1, H)``.

        Returns:
            The new state; the old one is left as it was.
        """
        cell = self.row_cells.get(index) or self._row_cell(index)
        return cell.step(self.one, state)[0]

    def _row_cell(self, index: int) -> Cell:
        """Make the cell that has one row, and keep it for the next time."""
        row = self.cell.parameters["W_xh"][index : index + 1]
        cell = copy.copy(self.cell)  # the constructor's checks would take longer
        cell.parameters = self.cell.parameters | {"W_xh": row}  # the rest is shared
        self.row_cells[index] = cell
        return cell

    def logits(self, state: State) -> Array:
        """Return ``h W_hq + b_q`` for ``B`` states, shape ``(B, V)``."""
        read: Array = state[0] @ self.W_hq + self.b_q
        return read


class Reader:
    """A net that reads one character after another and carries its state along.

    It keeps the weights that the net had at the start: training a ``RecurrentNet``
    further does not change it.
    """

    def __init__(self, net: CharacterNet) -> None:
        """Begin with the all-zero state.

        Args:
            net: With one-hot characters as inputs, and as many outputs.

        Raises:
            ValueError: If a weight is not finite, or the net has not as many inputs as
                outputs.
        """
        self._net = LookUp.of(net)
        self._state = self._net.zero_state()

    def read(self, index: int) -> Array:
        """Read a character and return the logits of the next one, shape ``(V,)``.

        Raises:
            ValueError: If ``index`` is no character.
        """
        last = self._net.characters - 1
        whole = count("index", index, at_least=0)
        if whole > last:
            raise ValueError(
                f"index must be the number of a character, 0 to {last}, but {index!r} "
                f"was given."
            )
        self._state = self._net.step(whole, self._state)
        logits: Array = self._net.logits(self._state)[0]
        return logits

    @property
    def state(self) -> State:
        """A copy of the state: arrays of shape ``(1, H)``; part 0 is ``h``."""
        return tuple(part.copy() for part in self._state)

    def reset(self) -> None:
        """Forget all that was read: go back to the all-zero state."""
        self._state = self._net.zero_state()

    def copy(self) -> Reader:
        """Return a reader that has read the same, and goes its own way from here."""
        return copy.copy(self)  # a step replaces the state, it never writes into it

    def __repr__(self) -> str:
        """Name the cell and the sizes."""
        return f"Reader({self._net.cell!r}, characters={self._net.characters})"


@dataclass(frozen=True, eq=False)
class Step:
    """One generated character, and what it was chosen from.

    Attributes:
        index: The character.
        distribution: What it was drawn from, after temperature, top-k and nucleus;
            shape ``(V,)``.
        hidden: The hidden state that the distribution was read from, shape ``(H,)``:
            it has seen all characters before this one.
    """

    index: int
    distribution: Array
    hidden: Array


def stream(
    net: CharacterNet, prefix: ArrayLike, choice: Choice = GREEDY, seed: int = 0
) -> Iterator[Step]:
    """Write text without end, one character at a time.

    The prefix warms up the state; then each output is the next input. The weights are
    those of the call: a ``RecurrentNet`` may be trained meanwhile.

    Args:
        net: With one-hot characters as inputs, and as many outputs.
        prefix: The characters to begin with, at least one; shape ``(N,)``.
        choice: How to choose from the logits.
        seed: Of ``unrolled.random.Generator``; one number is drawn for each character.

    Returns:
        An endless iterator; the prefix is not among its steps.

    Raises:
        ValueError: At the call, if the prefix is empty or holds what is no character,
            the net does not fit, or the choice or the seed is none.
    """
    checked, generator = _checked_choice(choice), Generator(seed)
    weights = LookUp.of(net)
    return _stream(weights, _warmed_up(weights, prefix), checked, generator)


def _stream(
    net: LookUp, state: State, choice: Choice, generator: Generator
) -> Iterator[Step]:
    """Write text without end; see :func:`stream`."""
    while True:
        distribution = choice.distribution(net.logits(state)[0])
        index = draw(distribution, generator.uniform())
        yield Step(index, distribution, state[0][0].copy())
        state = net.step(index, state)


def generate(
    net: CharacterNet,
    prefix: ArrayLike,
    length: int,
    choice: Choice = GREEDY,
    seed: int = 0,
    precision: Precision = "float64",
) -> Indices:
    """Write a text of a given length: the characters of :func:`stream`.

    Args:
        net: With one-hot characters as inputs, and as many outputs.
        prefix: The characters to begin with, at least one; shape ``(N,)``.
        length: How many characters to write; at least 1.
        choice: How to choose from the logits.
        seed: Of ``unrolled.random.Generator``; one number is drawn for each character.
        precision: Of weights and states. ``"float32"`` is about twice as fast, and the
            text may differ where two characters are almost equally good.

    Returns:
        What was written, without the prefix; shape ``(length,)``.

    Raises:
        ValueError: If the prefix is empty or holds what is no character, the net does
            not fit, or the length, the choice, the seed or the precision is none.
    """
    text = np.empty(count("length", length), np.int64)
    checked, generator = _checked_choice(choice), Generator(seed)
    weights = LookUp.of(net, precision)
    state = _warmed_up(weights, prefix)
    text[0] = _chosen(weights.logits(state)[0], checked, generator)
    for n in range(1, len(text)):
        state = weights.step(int(text[n - 1]), state)
        text[n] = _chosen(weights.logits(state)[0], checked, generator)
    return text


def _chosen(logits: Array, choice: Choice, generator: Generator) -> int:
    """Choose a character, without a distribution where none is needed."""
    if choice.temperature == 0:  # whatever number would be drawn
        best = int(logits.argmax())
        if math.isfinite(logits[best]):  # it is NaN if any of them is
            return best
    return draw(choice.distribution(logits), generator.uniform())


def beam(
    net: CharacterNet, prefix: ArrayLike, length: int, width: int
) -> list[tuple[Indices, float]]:
    """Look for the most probable text of a given length, with a beam (Lowerre 1976).

    After every character only the ``width`` most probable texts are kept. A width of 1
    is greedy; a width of ``V ** length`` looks at every text there is. In between, the
    best text may be missed: its beginning may not have looked good enough.

    Args:
        net: With one-hot characters as inputs, and as many outputs.
        prefix: The characters to begin with, at least one; shape ``(N,)``.
        length: How many characters to write; at least 1.
        width: How many texts to keep; at least 1.

    Returns:
        At most ``width`` texts, the most probable first: what was written, without the
        prefix, of shape ``(length,)``, and its log probability in nats given the
        prefix.

    Raises:
        ValueError: If the prefix is empty or holds what is no character, the net does
            not fit, or a number is below 1.
    """
    steps, kept = count("length", length), count("width", width)
    weights = LookUp.of(net)
    state = _warmed_up(weights, prefix)
    texts, scores = np.empty((1, 0), np.int64), np.zeros(1)
    for done in range(steps):
        if done:
            latest = one_hot(texts[:, -1], weights.characters)
            state, _ = weights.cell.step(latest, state)
        logits = finite_array("logits", weights.logits(state))
        totals = scores[:, np.newaxis] + log_softmax(logits)
        best = np.argsort(-totals, axis=None, kind="stable")[:kept]
        parents, chosen = np.divmod(best, weights.characters)
        texts = np.column_stack([texts[parents], chosen])
        scores = totals.ravel()[best]
        state = tuple(part[parents] for part in state)
    return [(text, float(score)) for text, score in zip(texts, scores, strict=True)]


def vocabulary_size(inputs: int, outputs: int) -> int:
    """Return ``V`` of a net that reads what it writes, given its numbers of both ends.

    Raises:
        ValueError: If they are not the same.
    """
    if inputs != outputs:
        raise ValueError(
            f"net must have as many inputs as outputs, one for each character, but it "
            f"has {inputs} inputs and {outputs} outputs; give a net that reads one-hot "
            f"characters and predicts the next one."
        )
    return outputs


def _warmed_up(net: LookUp, prefix: ArrayLike) -> State:
    """Return the state after the prefix was read."""
    state = net.zero_state()
    for index in checked_prefix(prefix, net.characters).tolist():
        state = net.step(index, state)
    return state


def checked_prefix(prefix: ArrayLike, characters: int) -> Indices:
    """Return the prefix as an array of indices.

    Raises:
        ValueError: If it is empty or holds what is no character.
    """
    if isinstance(prefix, str):
        raise ValueError(
            f"prefix must hold the numbers of characters, but the text {prefix!r} was "
            f"given; turn it into numbers with the vocabulary first."
        )
    if np.size(prefix) == 0:
        raise ValueError(
            "prefix must not be empty, since the net has to read something before it "
            "can go on; give at least one character."
        )
    numbers = finite_array("prefix", prefix, "N")
    strange = numbers[(numbers % 1 != 0) | (numbers < 0) | (numbers >= characters)]
    if strange.size:
        raise ValueError(
            f"prefix must hold the numbers of characters, 0 to {characters - 1}, but "
            f"{strange[0]:g} was given."
        )
    return numbers.astype(np.int64)


def _checked_choice(choice: Choice) -> Choice:
    """Return the choice, or say that it is none."""
    if not isinstance(choice, Choice):
        raise ValueError(
            f"choice must be a Choice, but {choice!r} was given; write, for example, "
            f"Choice(temperature=0.8)."
        )
    return choice
