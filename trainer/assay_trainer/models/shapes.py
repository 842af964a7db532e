"""What goes into a model and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageShape:
    """Images (B, channels, height, width) become outputs (B, num_outputs)."""

    channels: int
    height: int
    width: int
    num_outputs: int
    """Logits of classes; 1 for a number."""

    @property
    def num_values(self) -> int:
        """Numbers in one image."""
        return prod((self.channels, self.height, self.width))

    def example(self, num: int, device: torch.device | None = None) -> Tensor:
        """Inputs of this shape, all alike."""
        return torch.full((num, self.channels, self.height, self.width), 0.5, device=device)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """Rows (B, num_numbers + len(cardinalities)) become outputs (B, num_outputs).

    Numbers stand first in a row, then the codes of categories, each a whole number below its cardinality.
    """

    num_numbers: int
    cardinalities: tuple[int, ...]
    num_outputs: int
    """Logits of classes; 1 for a number."""
    one_hot: bool
    """How a perceptron is told a category: by a column for each, or by an embedding that is learnt."""

    def example(self, num: int, device: torch.device | None = None) -> Tensor:
        """Inputs of this shape, all alike; zero is a code of every column."""
        return torch.zeros((num, self.num_numbers + len(self.cardinalities)), device=device)


Shape = ImageShape | TableShape
