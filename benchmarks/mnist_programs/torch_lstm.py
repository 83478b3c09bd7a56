"""PyTorch's own parts: `LSTM`, a linear readout, `Adam`.

`LSTM` adds a second bias; here it is zero and not trained, so that the net is ours. All
threads compute, which is the faster setting.
"""

import numpy as np
import torch

from benchmarks.mnist_programs.start import EPSILON, HIDDEN, RATE, Start
from benchmarks.timing import Losses, TrainEpoch


def prepare(start: Start) -> TrainEpoch:
    """Build the net with the given weights."""
    given = {name: torch.from_numpy(value) for name, value in start.weights.items()}
    cell = torch.nn.LSTM(28, HIDDEN, batch_first=True)
    readout = torch.nn.Linear(HIDDEN, 10)
    with torch.no_grad():
        cell.weight_ih_l0.copy_(given["W_xh"].T)
        cell.weight_hh_l0.copy_(given["W_hh"].T)
        cell.bias_ih_l0.copy_(given["b_h"])
        cell.bias_hh_l0.zero_()
        readout.weight.copy_(given["W_hq"].T)
        readout.bias.copy_(given["b_q"])
    cell.bias_hh_l0.requires_grad_(False)
    parts = cell, readout
    trained = [p for part in parts for p in part.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=RATE, eps=EPSILON)
    images = torch.from_numpy(start.scaled())
    labels = torch.from_numpy(start.labels).long()

    def train(epoch: int) -> Losses:
        losses = []
        for batch, classes in zip(images, labels, strict=True):
            outputs, _ = cell(batch)
            loss = torch.nn.functional.cross_entropy(readout(outputs[:, -1]), classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return np.array(torch.stack(losses))

    return train
