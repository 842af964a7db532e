"""The FT-Transformer for tables: every column is a token. Gorishniy et al. 2021."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from assay_trainer.config import FtTransformerConfig, ModelConfig
from assay_trainer.models.attention import transformer_blocks
from assay_trainer.models.shapes import Shape, TableShape


def build_ft_transformer(config: ModelConfig, shape: Shape) -> nn.Module:
    """Columns become tokens; what a token of their own has gathered becomes the outputs."""
    assert isinstance(config, FtTransformerConfig), f"not an ft_transformer: {config}"
    assert isinstance(shape, TableShape), f"not a table: {shape}"
    return FtTransformer(config, shape)


class FtTransformer(nn.Module):
    """A number scales its column's token, a category chooses one; both are moved by a bias of the column."""

    def __init__(self, config: FtTransformerConfig, shape: TableShape) -> None:
        super().__init__()
        self.num_numbers, width = shape.num_numbers, config.width
        bound = width**-0.5
        num_columns = shape.num_numbers + len(shape.cardinalities)
        self.scales = nn.Parameter(_uniform(shape.num_numbers, width, bound)) if shape.num_numbers else None
        self.biases = nn.Parameter(_uniform(num_columns, width, bound))
        self.categories = nn.ModuleList(nn.Embedding(size, width) for size in shape.cardinalities)
        self.gathering = nn.Parameter(_uniform(1, width, bound))
        self.blocks = transformer_blocks(config)
        self.head = nn.Linear(width, shape.num_outputs)

    @override
    def forward(self, rows: Tensor) -> Tensor:
        tokens = [] if self.scales is None else [rows[:, : self.num_numbers, None] * self.scales]
        codes = rows[:, self.num_numbers :].long()
        tokens += [embed(codes[:, index, None]) for index, embed in enumerate(self.categories)]
        columns = torch.cat(tokens, dim=1) + self.biases
        # Not len(rows): to export, that would be a constant.
        gathering = self.gathering.expand(rows.shape[0], 1, -1)
        outputs: Tensor = self.head(self.blocks(torch.cat([gathering, columns], dim=1))[:, 0])
        return outputs


def _uniform(rows: int, width: int, bound: float) -> Tensor:
    return torch.empty(rows, width).uniform_(-bound, bound)
