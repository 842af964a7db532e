"""Blocks of attention and a perceptron over tokens (B, tokens, width), normalised first: Xiong et al. 2020."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from typing_extensions import override

from assay_trainer.config import TransformerConfig
from assay_trainer.models.stochastic import StochasticDepth, probabilities

EXPANSION = 2
"""The perceptron is this many times as wide as a token: models here are small."""


def transformer_blocks(config: TransformerConfig) -> nn.Sequential:
    """As many blocks as configured, and the normalisation that their outputs need."""
    depths = probabilities(config.stochastic_depth, config.depth)
    return nn.Sequential(*(Block(config, skipped) for skipped in depths), nn.LayerNorm(config.width))


class Block(nn.Module):
    """What other tokens say is added to each token, then what it makes of that."""

    def __init__(self, config: TransformerConfig, skipped: float) -> None:
        super().__init__()
        width = config.width
        self.attention = nn.Sequential(nn.LayerNorm(width), Attention(width, config.heads), nn.Dropout(config.dropout))
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, EXPANSION * width),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(EXPANSION * width, width),
        )
        self.skip = StochasticDepth(skipped)

    @override
    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.skip(self.attention(tokens))
        result: Tensor = tokens + self.skip(self.perceptron(tokens))
        return result


class Attention(nn.Module):
    """Every token looks at every token. Vaswani et al. 2017."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)

    @override
    def forward(self, tokens: Tensor) -> Tensor:
        batch, num_tokens, width = tokens.shape
        parts = self.project(tokens).view(batch, num_tokens, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = scaled_dot_product_attention(queries, keys, values)
        merged: Tensor = self.merge(mixed.transpose(1, 2).reshape(batch, num_tokens, width))
        return merged
