"""A small residual network: He et al. 2016, with group normalisation.

Group and not batch normalisation: a model then gives one image the same answer whatever else is in
the batch, has no running statistics to resume, and accepts a batch of one.
"""

from __future__ import annotations

from math import gcd

from torch import Tensor, nn
from typing_extensions import override

from assay_trainer.config import CnnConfig, ModelConfig
from assay_trainer.models.shapes import ImageShape, Shape
from assay_trainer.models.stochastic import StochasticDepth, probabilities
from assay_trainer.models.table import ACTIVATIONS

MAX_GROUPS = 8
SMALLEST_EDGE = 4
"""Images are not halved below this edge: a kernel of five would see mostly padding."""


def build_cnn(config: ModelConfig, shape: Shape) -> nn.Module:
    """A stem, residual blocks that halve the resolution from the second on, a mean and a linear head."""
    assert isinstance(config, CnnConfig), f"not a cnn: {config}"
    assert isinstance(shape, ImageShape), f"not images: {shape}"
    channels, edge = config.width, min(shape.height, shape.width)
    layers: list[nn.Module] = [_convolution(shape.channels, channels, config.kernel, stride=1)]
    for index, skipped in enumerate(probabilities(config.stochastic_depth, config.blocks)):
        halves = index > 0 and edge >= 2 * SMALLEST_EDGE
        layers += [
            ResidualBlock(channels, channels * 2 if halves else channels, config, halves=halves, skipped=skipped)
        ]
        channels, edge = (channels * 2, edge // 2) if halves else (channels, edge)
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(config.dropout)]
    return nn.Sequential(*layers, *head, nn.Linear(channels, shape.num_outputs))


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, num_in: int, num_out: int, config: CnnConfig, *, halves: bool, skipped: float) -> None:
        super().__init__()
        stride = 2 if halves else 1
        activation = ACTIVATIONS[config.activation]
        self.branch = nn.Sequential(
            _normalisation(num_in),
            activation(),
            _convolution(num_in, num_out, config.kernel, stride=stride),
            _normalisation(num_out),
            activation(),
            _convolution(num_out, num_out, config.kernel, stride=1),
        )
        self.skip = StochasticDepth(skipped)
        self.shortcut: nn.Module = nn.Identity()
        if halves:
            self.shortcut = nn.Sequential(nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(num_in, num_out, 1))

    @override
    def forward(self, images: Tensor) -> Tensor:
        shortcut: Tensor = self.shortcut(images)
        branch: Tensor = self.skip(self.branch(images))
        return shortcut + branch


def _convolution(num_in: int, num_out: int, kernel: int, *, stride: int) -> nn.Module:
    return nn.Conv2d(num_in, num_out, kernel, stride=stride, padding=kernel // 2)


def _normalisation(channels: int) -> nn.Module:
    return nn.GroupNorm(gcd(MAX_GROUPS, channels), channels)
