"""Convolutions first, attention behind them: CoAtNet, Dai et al. 2021, for small images."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from assay_trainer.config import CnnConfig, HybridConfig, ModelConfig
from assay_trainer.models.attention import transformer_blocks
from assay_trainer.models.cnn import SMALLEST_EDGE, ResidualBlock
from assay_trainer.models.shapes import ImageShape, Shape
from assay_trainer.models.stochastic import probabilities
from assay_trainer.models.vit import POSITION_SCALE

MOST_TOKENS_ALONG = 8
"""The convolutions' grid is averaged down to this: attention costs the square of the number of tokens."""


def build_hybrid(config: ModelConfig, shape: Shape) -> nn.Module:
    """Residual blocks at full resolution, then attention on a grid of half of it."""
    assert isinstance(config, HybridConfig), f"not a hybrid: {config}"
    assert isinstance(shape, ImageShape), f"not images: {shape}"
    return Hybrid(config, shape)


class Hybrid(nn.Module):
    """Both kinds of blocks are residual, so each may do as little as it likes."""

    def __init__(self, config: HybridConfig, shape: ImageShape) -> None:
        super().__init__()
        convolutions = CnnConfig(
            blocks=config.blocks, dropout=config.dropout, stochastic_depth=config.stochastic_depth, activation="gelu"
        )
        skipped = probabilities(config.stochastic_depth, config.blocks)
        width, grid = config.width, tuple(_grid(edge) for edge in (shape.height, shape.width))
        self.convolutions = nn.Sequential(
            nn.Conv2d(shape.channels, width, 3, padding=1),
            *(ResidualBlock(width, width, convolutions, halves=False, skipped=each) for each in skipped),
            nn.AdaptiveAvgPool2d(grid),
        )
        self.positions = nn.Parameter(POSITION_SCALE * torch.randn(1, grid[0] * grid[1], width))
        self.blocks = transformer_blocks(config)
        self.head = nn.Linear(width, shape.num_outputs)

    @override
    def forward(self, images: Tensor) -> Tensor:
        tokens = self.convolutions(images).flatten(2).transpose(1, 2) + self.positions
        logits: Tensor = self.head(self.blocks(tokens).mean(dim=1))
        return logits


def _grid(edge: int) -> int:
    """Half of the edge where that leaves enough to tell places apart, and never too many."""
    return min(edge // 2 if edge >= 2 * SMALLEST_EDGE else edge, MOST_TOKENS_ALONG)
