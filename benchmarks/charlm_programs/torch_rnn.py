"""PyTorch's own parts: `Embedding`, `RNN`, a linear readout, `SGD`.

An embedding has a row of 256 numbers for each character. `RNN` would multiply it with
input weights and add a second bias; here these are the identity and zero, and are not
trained, so that the net is ours. All threads compute, which is the faster setting.

The gradient is clipped by hand: `clip_grad_norm_` adds a millionth to the norm, which
alone moves the first losses by 2e-4.
"""

from collections.abc import Iterable

import numpy as np
import torch

from benchmarks.charlm_programs.start import BATCH, HIDDEN, RATE, THRESHOLD, Start
from benchmarks.timing import Losses, TrainEpoch


def clip(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Clip the gradients by their global norm."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.sqrt(torch.stack([(g**2).sum() for g in gradients]).sum())
    share = torch.clamp(THRESHOLD / norm, max=1)
    for gradient in gradients:
        gradient.mul_(share)


def prepare(start: Start) -> TrainEpoch:
    """Build the net with the given weights."""
    given = {name: torch.from_numpy(value) for name, value in start.weights.items()}
    embedding = torch.nn.Embedding(start.size, HIDDEN)
    cell = torch.nn.RNN(HIDDEN, HIDDEN, batch_first=True)
    readout = torch.nn.Linear(HIDDEN, start.size)
    with torch.no_grad():
        embedding.weight.copy_(given["W_xh"])
        cell.weight_ih_l0.copy_(torch.eye(HIDDEN))
        cell.weight_hh_l0.copy_(given["W_hh"].T)
        cell.bias_ih_l0.copy_(given["b_h"])
        cell.bias_hh_l0.zero_()
        readout.weight.copy_(given["W_hq"].T)
        readout.bias.copy_(given["b_q"])
    cell.weight_ih_l0.requires_grad_(False)
    cell.bias_hh_l0.requires_grad_(False)
    parts = embedding, cell, readout
    trained = [p for part in parts for p in part.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=RATE)

    def train(epoch: int) -> Losses:
        state = torch.zeros(1, BATCH, HIDDEN)
        losses = []
        for number in range(start.windows):
            characters, following = map(torch.from_numpy, start.window(number))
            outputs, state = cell(embedding(characters), state.detach())
            loss = torch.nn.functional.cross_entropy(
                readout(outputs).reshape(-1, start.size), following.long().reshape(-1)
            )
            optimizer.zero_grad()
            loss.backward()
            clip(trained)
            optimizer.step()
            losses.append(loss.detach())
        return np.array(torch.stack(losses))

    return train
