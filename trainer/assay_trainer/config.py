"""The typed configuration of one training: types, ranges and defaults are declared here, once.

A field that carries `Search` is a parameter of the search space that `space.py` derives; its range is
the range of the field. A field without it is given by whoever runs the training. A tagged union
becomes a conditional branch. The defaults together are the baseline configuration.

This module knows pydantic and nothing of torch, so a client can derive the space in a light process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Activation = Literal["relu", "gelu", "silu"]
Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Marks a field as searched, and says how its range is to be walked."""

    log: bool = False
    """Walk the range on a logarithmic scale: for what spans orders of magnitude."""
    step: float | None = None
    """Only low, low + step, low + 2 step... are proposed; the field accepts what lies between too."""
    ordered: bool = False
    """The choices have an order that the search may use."""


SEARCHED = Search()
LOG = Search(log=True)
ORDERED = Search(ordered=True)


class Schema(BaseModel):
    """What all parts of a configuration share: frozen, strict, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class MlpConfig(Schema):
    """Fully connected layers of equal width."""

    family: Literal["mlp"] = "mlp"
    depth: Annotated[int, Field(ge=1, le=4), SEARCHED] = 2
    """Hidden layers."""
    width: Annotated[int, Field(ge=8, le=256), LOG] = 64
    """Units in each hidden layer."""
    dropout: Annotated[float, Field(ge=0.0, le=0.5), SEARCHED] = 0.0
    activation: Annotated[Activation, SEARCHED] = "relu"


class CnnConfig(Schema):
    """Residual blocks of convolutions, then a linear head on the spatial mean."""

    family: Literal["cnn"] = "cnn"
    width: Annotated[int, Field(ge=4, le=32), LOG] = 16
    """Channels of the first block; each halving of the resolution doubles them."""
    blocks: Annotated[int, Field(ge=1, le=3), SEARCHED] = 2
    kernel: Annotated[Literal[3, 5], ORDERED] = 3
    """Edge of each filter in pixels; odd, so that the padding is symmetric."""
    dropout: Annotated[float, Field(ge=0.0, le=0.5), SEARCHED] = 0.0
    activation: Annotated[Activation, SEARCHED] = "relu"


ModelConfig = MlpConfig | CnnConfig


class SgdConfig(Schema):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"] = "sgd"
    lr: Annotated[float, Field(ge=1e-3, le=1.0), LOG] = 0.1
    momentum: Annotated[float, Field(ge=0.0, le=0.98), SEARCHED] = 0.9
    nesterov: Annotated[bool, SEARCHED] = False
    """Look ahead along the momentum; without momentum there is nothing to look along, and it is off."""
    weight_decay: Annotated[float, Field(ge=1e-6, le=1e-2), LOG] = 1e-4


class AdamWConfig(Schema):
    """Adam with decoupled weight decay. Loshchilov & Hutter 2019."""

    name: Literal["adamw"] = "adamw"
    lr: Annotated[float, Field(ge=1e-4, le=1e-1), LOG] = 1e-3
    weight_decay: Annotated[float, Field(ge=1e-4, le=1.0), LOG] = 1e-2


OptimizerConfig = SgdConfig | AdamWConfig


class ConstantConfig(Schema):
    """The learning rate stays where the warm-up brought it."""

    name: Literal["constant"] = "constant"
    warmup: Annotated[float, Field(ge=0.0, le=0.2), SEARCHED] = 0.0
    """Share of the full training over which the rate grows linearly from zero."""


class CosineConfig(Schema):
    """The learning rate falls along half a cosine wave to a share of its peak."""

    name: Literal["cosine"] = "cosine"
    warmup: Annotated[float, Field(ge=0.0, le=0.2), SEARCHED] = 0.0
    """Share of the full training over which the rate grows linearly from zero."""
    floor: Annotated[float, Field(ge=1e-3, le=0.5), LOG] = 1e-2
    """Share of the peak rate that is left at the end."""


ScheduleConfig = ConstantConfig | CosineConfig


class TrainConfig(Schema):
    """Everything that decides what a training does."""

    model: Annotated[ModelConfig, Field(discriminator="family")] = MlpConfig()
    optimizer: Annotated[OptimizerConfig, Field(discriminator="name")] = AdamWConfig()
    schedule: Annotated[ScheduleConfig, Field(discriminator="name")] = ConstantConfig()
    batch_size: Annotated[int, Field(ge=16, le=256), LOG] = 64
    label_smoothing: Annotated[float, Field(ge=0.0, le=0.2), SEARCHED] = 0.0
    precision: Precision = "32-true"
    """Number format of the arithmetic; the machine decides it, not the search."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Decides initial weights, data order and dropout; comes with the trial."""
    inference_batch_size: Annotated[int, Field(ge=1, le=4096)] = 64
    """Images in one call when latency is measured."""


def branches(annotation: object) -> Iterator[type[Schema]]:
    """The schemas of a union, in the order of their declaration."""
    for part in get_args(annotation):
        if isinstance(part, type) and issubclass(part, Schema):
            yield part
