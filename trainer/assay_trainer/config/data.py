"""How data becomes what a model takes: the configuration of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assay_trainer.config.schema import SEARCHED, Schema

Fraction = Annotated[float, Field(gt=0.0, le=1.0)]


class ImageDataConfig(Schema):
    """Images: their edge, their scale."""

    resolution: Annotated[float, Field(ge=0.25, le=1.0)] = 1.0
    """Edge of the model's input as a share of the edge that the data has."""
    normalization: Annotated[Literal["none", "standard"], SEARCHED] = "none"
    """`standard`: mean 0 and deviation 1 in each channel, measured on the training part."""
    fraction: Fraction = 1.0
    """Share of the training part that is used; smaller shares are contained in larger ones."""


class TableDataConfig(Schema):
    """Columns of numbers and of categories, some of them with gaps."""

    scaling: Annotated[Literal["standard", "quantile", "robust"], SEARCHED] = "standard"
    """Of numbers: by mean and deviation, by rank to a normal distribution, or by median and quartiles."""
    missing: Annotated[Literal["mean", "median"], SEARCHED] = "median"
    """What stands for a number that is missing; a category that is missing is one of its own."""
    indicators: Annotated[bool, SEARCHED] = False
    """Whether a column says for each column with gaps where they were."""
    categories: Annotated[Literal["one_hot", "embedding"], SEARCHED] = "one_hot"
    """How a multi-layer perceptron is told a category; an FT-Transformer embeds them always."""
    fraction: Fraction = 1.0
    """Share of the training part that is used; smaller shares are contained in larger ones."""
