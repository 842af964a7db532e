"""Makes digits_mlp.npz: trains every network of a grid for 27 epochs and keeps how many images each epoch gets wrong.

    python -m tests.bench.quality.problems.make_digits OUT.npz        twenty minutes on one core

The digits that scikit-learn bundles (1797 images of 8 by 8), split once: 797 to train, 500 to validate, 500 left
alone. One seed for all configurations, so the table holds what one training would have shown, not a mean.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional

EPOCHS = 27
SEED = 1
NUM_TRAIN, NUM_VALIDATION = 797, 500


class Configuration(TypedDict):
    """One network and how it is trained."""

    lr: float
    wd: float
    batch_size: int
    width: int
    depth: int
    dropout: float
    optimizer: str
    activation: str


GRID: dict[str, list[float] | list[int] | list[str]] = {
    "lr": [3e-4, 1e-3, 3e-3, 1e-2, 3e-2],
    "wd": [1e-6, 1e-2],
    "batch_size": [16, 64],
    "width": [8, 16, 32, 64],
    "depth": [1, 2],
    "dropout": [0.0, 0.3],
    "optimizer": ["adam", "sgd"],
    "activation": ["relu", "tanh"],
}
"""Axes in the order of problems/digits.py, which counts places in them."""


class Data:
    """Images and labels, standardised by the training images."""

    def __init__(self) -> None:
        images, labels = load_digits(return_X_y=True)
        scaled = (images / 16.0).astype("float32")
        train, rest, y_train, y_rest = train_test_split(
            scaled, labels, train_size=NUM_TRAIN, random_state=0, stratify=labels
        )
        valid, _, y_valid, _ = train_test_split(
            rest, y_rest, train_size=NUM_VALIDATION, random_state=0, stratify=y_rest
        )
        mean, deviation = train.mean(), train.std()
        self.train, self.valid = (torch.from_numpy((x - mean) / deviation) for x in (train, valid))
        self.y_train, self.y_valid = (torch.from_numpy(y.astype("int64")) for y in (y_train, y_valid))


def network(c: Configuration) -> nn.Sequential:
    """A multi-layer perceptron."""
    layers: list[nn.Module] = []
    width = 64
    for _ in range(c["depth"]):
        layers += [nn.Linear(width, c["width"]), nn.ReLU() if c["activation"] == "relu" else nn.Tanh()]
        if c["dropout"]:
            layers.append(nn.Dropout(c["dropout"]))
        width = c["width"]
    return nn.Sequential(*layers, nn.Linear(width, 10))


def curve(c: Configuration, data: Data) -> tuple[list[int], int]:
    """Wrong validation images after each epoch, and the number of parameters."""
    torch.manual_seed(SEED)
    model = network(c)
    optimizer = _optimizer(c, model)
    wrong: list[int] = []
    for _ in range(EPOCHS):
        model.train()
        order = torch.randperm(NUM_TRAIN)
        for first in range(0, NUM_TRAIN, c["batch_size"]):
            batch = order[first : first + c["batch_size"]]
            loss = functional.cross_entropy(model(data.train[batch]), data.y_train[batch])
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()
        model.eval()
        with torch.no_grad():
            wrong.append(int((model(data.valid).argmax(1) != data.y_valid).sum()))
    return wrong, sum(p.numel() for p in model.parameters())


def _optimizer(c: Configuration, model: nn.Module) -> torch.optim.Optimizer:
    if c["optimizer"] == "sgd":
        return torch.optim.SGD(model.parameters(), lr=c["lr"], momentum=0.9, weight_decay=c["wd"], foreach=True)
    return torch.optim.AdamW(model.parameters(), lr=c["lr"], weight_decay=c["wd"], foreach=True)


def main(out: Path) -> None:
    """Train them all."""
    torch.set_num_threads(1)
    data = Data()
    shape = tuple(len(values) for values in GRID.values())
    wrong: npt.NDArray[np.int16] = np.zeros((*shape, EPOCHS), np.int16)
    params: npt.NDArray[np.int32] = np.zeros(shape, np.int32)
    for place in itertools.product(*(range(num) for num in shape)):
        values = {name: axis[at] for (name, axis), at in zip(GRID.items(), place, strict=True)}
        wrong[place], params[place] = curve(_configuration(values), data)
        if not any(place[3:]):
            print(f"{place[:3]} of {shape[:3]}", flush=True)
    np.savez_compressed(out, wrong=wrong, params=params)


def _configuration(values: dict[str, float | int | str]) -> Configuration:
    return Configuration(
        lr=float(values["lr"]),
        wd=float(values["wd"]),
        batch_size=int(values["batch_size"]),
        width=int(values["width"]),
        depth=int(values["depth"]),
        dropout=float(values["dropout"]),
        optimizer=str(values["optimizer"]),
        activation=str(values["activation"]),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
