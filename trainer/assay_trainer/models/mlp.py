"""The multi-layer perceptron: the baseline that every other family has to beat."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot
from typing_extensions import override

from assay_trainer.config import MlpConfig, ModelConfig
from assay_trainer.models.shapes import Shape, TableShape
from assay_trainer.models.table import ACTIVATIONS

WIDEST_EMBEDDING = 16


def build_mlp(config: ModelConfig, shape: Shape) -> nn.Module:
    """Hidden layers of equal width over the flattened image, or over the columns."""
    assert isinstance(config, MlpConfig), f"not an mlp: {config}"
    first = Columns(shape) if isinstance(shape, TableShape) else nn.Flatten()
    num_inputs = first.num_values if isinstance(first, Columns) else shape.example(1).numel()
    layers: list[nn.Module] = [first]
    for _ in range(config.depth):
        layers += [nn.Linear(num_inputs, config.width), ACTIVATIONS[config.activation]()]
        layers += [nn.Dropout(config.dropout)]
        num_inputs = config.width
    return nn.Sequential(*layers, nn.Linear(num_inputs, shape.num_outputs))


class Columns(nn.Module):
    """Numbers as they are; each category as a column of its own, or as the numbers of a learnt embedding."""

    def __init__(self, shape: TableShape) -> None:
        super().__init__()
        self.num_numbers, self.cardinalities, self.one_hot = shape.num_numbers, shape.cardinalities, shape.one_hot
        widths = shape.cardinalities if shape.one_hot else tuple(map(_width, shape.cardinalities))
        self.num_values = shape.num_numbers + sum(widths)
        sizes = () if shape.one_hot else zip(shape.cardinalities, widths, strict=True)
        self.embeddings = nn.ModuleList(nn.Embedding(size, width) for size, width in sizes)

    @override
    def forward(self, rows: Tensor) -> Tensor:
        codes = rows[:, self.num_numbers :].long()
        if self.one_hot:
            spread = [one_hot(codes[:, index], size) for index, size in enumerate(self.cardinalities)]
        else:
            spread = [embed(codes[:, index]) for index, embed in enumerate(self.embeddings)]
        return torch.cat([rows[:, : self.num_numbers], *spread], dim=1)


def _width(cardinality: int) -> int:
    """Half as many numbers as there are categories, as in entity embeddings (Guo & Berkhahn 2016), but not many."""
    return min((cardinality + 1) // 2, WIDEST_EMBEDDING)
