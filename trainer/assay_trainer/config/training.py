"""The system that trains, how it is judged, and what it will be used on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assay_trainer.config.schema import LOG, Schema

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


class TrainingConfig(Schema):
    """Batches, and the arithmetic of the machine."""

    batch_size: Annotated[int, Field(ge=16, le=256), LOG] = 64
    """Samples in one step of the optimizer."""
    accumulation: Annotated[int, Field(ge=1, le=16)] = 1
    """Parts that a batch is computed in, one after the other: for models that are too large for all of it."""
    clip_norm: Annotated[float, Field(gt=0.0)] | None = None
    """Longest gradient; longer ones are shortened to it."""
    precision: Precision = "32-true"
    """Number format of the arithmetic; the machine decides it, not the search."""
    channels_last: bool = False
    """Lay images out as accelerators like them."""
    deterministic: bool = False
    """Refuse algorithms whose result depends on the order in which threads finish."""


class EvaluationConfig(Schema):
    """How a model is judged."""

    batch_size: Annotated[int, Field(ge=1)] = 1024
    """Large, because there are no gradients to keep, and bounded, because a validation set may not be."""
    bins: Annotated[int, Field(ge=2, le=100)] = 15
    """Bins of confidence in which the calibration error is measured."""


class DeploymentConfig(Schema):
    """What a finished model will run as."""

    inference_batch_size: Annotated[int, Field(ge=1, le=4096)] = 64
    """Samples in one call when latency is measured."""
