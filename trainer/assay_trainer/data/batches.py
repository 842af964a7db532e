"""Batches of a data set on the device that trains."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from assay_trainer.data.labelled import Labelled

RESIDENT_SHARE = 0.5
"""Data may take this share of the device's free memory: the rest is for activations."""


class Batches:
    """A data set that lies on the device when it fits there, and is copied batch by batch when not."""

    def __init__(self, data: Labelled, device: torch.device) -> None:
        self.is_resident = fits(data, device)
        self._device = device
        home = device if self.is_resident else torch.device("cpu")
        self._inputs, self._targets = data.inputs.to(home), data.targets.to(home)

    def __len__(self) -> int:
        return len(self._targets)

    def num_batches(self, size: int) -> int:
        """How many batches of at most *size* hold everything."""
        return -(-len(self) // size)

    def in_order(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Everything once, in the order of the data."""
        for inputs, targets in zip(torch.split(self._inputs, size), torch.split(self._targets, size), strict=True):
            yield self._moved(inputs, targets)

    def shuffled(self, size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Everything once, in random order, in batches whose sizes differ by one at most.

        So there is no small last batch whose gradient would be noisier than the others.
        """
        order = torch.randperm(len(self), generator=generator).to(self._inputs.device)
        for rows in order.tensor_split(self.num_batches(size)):
            yield self._moved(self._inputs.index_select(0, rows), self._targets.index_select(0, rows))

    def _moved(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        if self.is_resident:
            return inputs, targets
        return inputs.to(self._device, non_blocking=True), targets.to(self._device, non_blocking=True)


def fits(data: Labelled, device: torch.device) -> bool:
    """Whether the data may lie on the device for the whole training."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return data.num_bytes < RESIDENT_SHARE * free
