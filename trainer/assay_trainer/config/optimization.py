"""How weights move: optimizers, schedules of the learning rate, and what holds weights back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assay_trainer.config.schema import LOG, SEARCHED, Schema

Warmup = Annotated[float, Field(ge=0.0, le=0.2), SEARCHED]
"""Share of the full training over which the rate grows linearly from zero."""


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


class MuonConfig(Schema):
    """Momentum made orthogonal, for matrices inside of the model; AdamW for all other weights. Jordan et al. 2024."""

    name: Literal["muon"] = "muon"
    lr: Annotated[float, Field(ge=1e-4, le=1e-1), LOG] = 3e-3
    """Of both; scaled so that a step of Muon is as long as one of AdamW."""
    momentum: Annotated[float, Field(ge=0.5, le=0.98), SEARCHED] = 0.95
    weight_decay: Annotated[float, Field(ge=1e-4, le=1.0), LOG] = 1e-2


OptimizerConfig = SgdConfig | AdamWConfig | MuonConfig


class ConstantConfig(Schema):
    """The learning rate stays where the warm-up brought it."""

    name: Literal["constant"] = "constant"
    warmup: Warmup = 0.0


class CosineConfig(Schema):
    """The learning rate falls along half a cosine wave to a share of its peak."""

    name: Literal["cosine"] = "cosine"
    warmup: Warmup = 0.0
    floor: Annotated[float, Field(ge=1e-3, le=0.5), LOG] = 1e-2
    """Share of the peak rate that is left at the end."""


class StepConfig(Schema):
    """The learning rate falls at even intervals, by the same factor each time."""

    name: Literal["step"] = "step"
    warmup: Warmup = 0.0
    drops: Annotated[int, Field(ge=1, le=4), SEARCHED] = 2
    factor: Annotated[float, Field(ge=0.05, le=0.7), LOG] = 0.3
    """What each drop leaves."""


class OneCycleConfig(Schema):
    """Up to the peak and down to nothing. Smith & Topin 2018."""

    name: Literal["one_cycle"] = "one_cycle"
    warmup: Annotated[float, Field(ge=0.1, le=0.5), SEARCHED] = 0.3
    """Share of the full training that the way up takes."""
    start: Annotated[float, Field(ge=0.01, le=0.5), LOG] = 0.04
    """Share of the peak rate to start from."""


ScheduleConfig = ConstantConfig | CosineConfig | StepConfig | OneCycleConfig


class RegularizationConfig(Schema):
    """What keeps a model from learning by heart, beside what its family and the optimizer offer."""

    label_smoothing: Annotated[float, Field(ge=0.0, le=0.2), SEARCHED] = 0.0
    """Of classes; where a number is predicted it has no effect."""
    ema: Annotated[float, Field(ge=0.0, le=0.2), SEARCHED] = 0.0
    """Weights are averaged exponentially over this share of the full training; 0 uses them as they are."""
