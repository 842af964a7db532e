"""The model families: what can be chosen about each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assay_trainer.config.schema import LOG, ORDERED, SEARCHED, Schema, Search

Activation = Literal["relu", "gelu", "silu"]
Dropout = Annotated[float, Field(ge=0.0, le=0.5), SEARCHED]
StochasticDepth = Annotated[float, Field(ge=0.0, le=0.3), SEARCHED]
"""Probability that the last residual block is skipped in training; earlier ones less. Huang et al. 2016."""
TokenWidth = Annotated[int, Field(ge=16, le=128, multiple_of=8), Search(step=8)]
"""Numbers in a token; a multiple of eight, so that every number of heads divides it."""
Heads = Annotated[Literal[1, 2, 4, 8], ORDERED]


class MlpConfig(Schema):
    """Fully connected layers of equal width."""

    family: Literal["mlp"] = "mlp"
    depth: Annotated[int, Field(ge=1, le=4), SEARCHED] = 2
    """Hidden layers."""
    width: Annotated[int, Field(ge=8, le=256), LOG] = 64
    """Units in each hidden layer."""
    dropout: Dropout = 0.0
    activation: Annotated[Activation, SEARCHED] = "relu"


class CnnConfig(Schema):
    """Residual blocks of convolutions, then a linear head on the spatial mean."""

    family: Literal["cnn"] = "cnn"
    width: Annotated[int, Field(ge=4, le=32), LOG] = 16
    """Channels of the first block; each halving of the resolution doubles them."""
    blocks: Annotated[int, Field(ge=1, le=3), SEARCHED] = 2
    kernel: Annotated[Literal[3, 5], ORDERED] = 3
    """Edge of each filter in pixels; odd, so that the padding is symmetric."""
    dropout: Dropout = 0.0
    stochastic_depth: StochasticDepth = 0.0
    activation: Annotated[Activation, SEARCHED] = "relu"


class VitConfig(Schema):
    """A vision transformer: the image in square patches, attention between all of them."""

    family: Literal["vit"] = "vit"
    patches: Annotated[Literal[2, 4, 8], ORDERED] = 4
    """Patches along an edge."""
    width: TokenWidth = 48
    depth: Annotated[int, Field(ge=1, le=6), SEARCHED] = 2
    """Blocks of attention and a perceptron."""
    heads: Heads = 4
    dropout: Dropout = 0.0
    stochastic_depth: StochasticDepth = 0.0


class HybridConfig(Schema):
    """Convolutions look at neighbours first, attention then at everything, on a coarser grid."""

    family: Literal["hybrid"] = "hybrid"
    width: TokenWidth = 32
    """Channels of the convolutions, which become the numbers of a token."""
    blocks: Annotated[int, Field(ge=1, le=3), SEARCHED] = 1
    """Residual blocks of convolutions."""
    depth: Annotated[int, Field(ge=1, le=4), SEARCHED] = 1
    """Blocks of attention and a perceptron."""
    heads: Heads = 4
    dropout: Dropout = 0.0
    stochastic_depth: StochasticDepth = 0.0


class FtTransformerConfig(Schema):
    """Every column becomes a token; attention between columns."""

    family: Literal["ft_transformer"] = "ft_transformer"
    width: TokenWidth = 32
    depth: Annotated[int, Field(ge=1, le=4), SEARCHED] = 2
    """Blocks of attention and a perceptron."""
    heads: Heads = 4
    dropout: Dropout = 0.0
    stochastic_depth: StochasticDepth = 0.0


ImageModelConfig = MlpConfig | CnnConfig | VitConfig | HybridConfig
TableModelConfig = MlpConfig | FtTransformerConfig
ModelConfig = ImageModelConfig | TableModelConfig
TransformerConfig = VitConfig | HybridConfig | FtTransformerConfig
