"""The multi-layer perceptron: the baseline that every other family has to beat."""

from __future__ import annotations

from torch import nn

from assay_trainer.config import MlpConfig, ModelConfig
from assay_trainer.models.table import ACTIVATIONS, ImageShape


def build_mlp(config: ModelConfig, shape: ImageShape) -> nn.Module:
    """Hidden layers of equal width over the flattened image."""
    assert isinstance(config, MlpConfig), f"not an mlp: {config}"
    layers: list[nn.Module] = [nn.Flatten()]
    num_inputs = shape.num_values
    for _ in range(config.depth):
        layers += [nn.Linear(num_inputs, config.width), ACTIVATIONS[config.activation]()]
        layers += [nn.Dropout(config.dropout)]
        num_inputs = config.width
    return nn.Sequential(*layers, nn.Linear(num_inputs, shape.num_classes))
