"""A vision transformer for small images: Dosovitskiy et al. 2021, the mean of the tokens instead of a class token."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from typing_extensions import override

from assay_trainer.config import ModelConfig, VitConfig
from assay_trainer.models.attention import transformer_blocks
from assay_trainer.models.shapes import ImageShape, Shape

POSITION_SCALE = 0.02
"""Deviation of the initial positions: small beside the tokens, as in the paper."""


def build_vit(config: ModelConfig, shape: Shape) -> nn.Module:
    """Patches become tokens, tokens become one mean, the mean becomes logits."""
    assert isinstance(config, VitConfig), f"not a vit: {config}"
    assert isinstance(shape, ImageShape), f"not images: {shape}"
    return VisionTransformer(config, shape)


class VisionTransformer(nn.Module):
    """Images are padded with zeros below and on the right until the patches cover them."""

    def __init__(self, config: VitConfig, shape: ImageShape) -> None:
        super().__init__()
        rows, columns = (_patch(edge, config.patches) for edge in (shape.height, shape.width))
        num_rows, num_columns = -(-shape.height // rows), -(-shape.width // columns)
        self.padding = (0, num_columns * columns - shape.width, 0, num_rows * rows - shape.height)
        self.embed = nn.Conv2d(shape.channels, config.width, (rows, columns), stride=(rows, columns))
        self.positions = nn.Parameter(POSITION_SCALE * torch.randn(1, num_rows * num_columns, config.width))
        self.blocks = transformer_blocks(config)
        self.head = nn.Linear(config.width, shape.num_outputs)

    @override
    def forward(self, images: Tensor) -> Tensor:
        tokens = self.embed(pad(images, self.padding)).flatten(2).transpose(1, 2) + self.positions
        logits: Tensor = self.head(self.blocks(tokens).mean(dim=1))
        return logits


def _patch(edge: int, num_patches: int) -> int:
    """Edge of a patch; an image with fewer pixels than patches gets one patch per pixel."""
    return -(-edge // num_patches)
