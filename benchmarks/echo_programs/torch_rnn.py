"""PyTorch's own parts: `torch.nn.RNN`, a linear readout, `torch.optim.Adagrad`.

PyTorch has a second bias in the recurrence, which stays at zero here. It computes on
one thread, which is the faster setting for so small a net.
"""

import numpy as np
import torch

from benchmarks.echo_programs.start import (
    BATCH,
    HIDDEN,
    INITIAL,
    RATE,
    WINDOW,
    Start,
)
from benchmarks.timing import Losses, TrainEpoch


def prepare(start: Start) -> TrainEpoch:
    """Build the net with the given weights."""
    torch.set_num_threads(1)
    cell = torch.nn.RNN(1, HIDDEN, batch_first=True)
    readout = torch.nn.Linear(HIDDEN, 2)
    given = {name: torch.from_numpy(value) for name, value in start.weights.items()}
    with torch.no_grad():
        cell.weight_ih_l0.copy_(given["W_xh"].T)
        cell.weight_hh_l0.copy_(given["W_hh"].T)
        cell.bias_ih_l0.copy_(given["b_h"])
        cell.bias_hh_l0.zero_()
        readout.weight.copy_(given["W_hq"].T)
        readout.bias.copy_(given["b_q"])
    cell.bias_hh_l0.requires_grad_(False)
    trained = [
        p for p in (*cell.parameters(), *readout.parameters()) if p.requires_grad
    ]
    optimizer = torch.optim.Adagrad(trained, lr=RATE, initial_accumulator_value=INITIAL)

    def train(epoch: int) -> Losses:
        inputs, targets = (torch.from_numpy(rows) for rows in start.rows(epoch))
        labels = targets.long()
        state = torch.zeros(1, BATCH, HIDDEN)
        losses = []
        for window in range(start.windows):
            here = slice(window * WINDOW, (window + 1) * WINDOW)
            outputs, state = cell(inputs[:, here, None], state.detach())
            logits = readout(outputs).reshape(-1, 2)
            loss = torch.nn.functional.cross_entropy(
                logits, labels[:, here].reshape(-1)
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return np.array(torch.stack(losses))

    return train
