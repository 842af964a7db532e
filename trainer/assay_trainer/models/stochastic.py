"""Residual branches that are skipped at random in training: Huang et al. 2016."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override


class StochasticDepth(nn.Module):
    """Leaves a branch out for some of the samples, and scales it for the others, so that its mean stays."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    @override
    def forward(self, branch: Tensor) -> Tensor:
        if not self.training or self.probability == 0.0:
            return branch
        kept = 1.0 - self.probability
        mask = torch.rand((len(branch), *(1 for _ in branch.shape[1:])), device=branch.device) < kept
        return branch * mask / kept


def probabilities(last: float, num_blocks: int) -> list[float]:
    """Rising linearly over the blocks up to *last*: early features are needed by everything behind them."""
    return [last * (index + 1) / num_blocks for index in range(num_blocks)]
