"""Everything that decides what a training does."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from assay_trainer.config.augmentation import AugmentationConfig, NoAugmentation
from assay_trainer.config.data import ImageDataConfig, TableDataConfig
from assay_trainer.config.models import ImageModelConfig, MlpConfig, TableModelConfig
from assay_trainer.config.optimization import (
    AdamWConfig,
    ConstantConfig,
    OptimizerConfig,
    RegularizationConfig,
    ScheduleConfig,
)
from assay_trainer.config.schema import Schema
from assay_trainer.config.training import DeploymentConfig, EvaluationConfig, TrainingConfig


class CommonConfig(Schema):
    """What a training has whatever it is trained on."""

    optimizer: Annotated[OptimizerConfig, Field(discriminator="name")] = AdamWConfig()
    schedule: Annotated[ScheduleConfig, Field(discriminator="name")] = ConstantConfig()
    regularization: RegularizationConfig = RegularizationConfig()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    deployment: DeploymentConfig = DeploymentConfig()
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Decides initial weights, data order and dropout; comes with the trial."""

    @model_validator(mode="after")
    def _optimizer_fits_precision(self) -> Self:
        # Muon comes with a second optimizer, and the scale of fp16 gradients is adjusted after each one.
        if self.optimizer.name == "muon" and self.training.precision == "16-mixed":
            raise ValueError("optimizer.name 'muon' cannot be combined with training.precision '16-mixed'")
        return self


class ImageConfig(CommonConfig):
    """A training on images."""

    kind: Literal["images"] = "images"
    model: Annotated[ImageModelConfig, Field(discriminator="family")] = MlpConfig()
    data: ImageDataConfig = ImageDataConfig()
    augmentation: Annotated[AugmentationConfig, Field(discriminator="kind")] = NoAugmentation()


class TableConfig(CommonConfig):
    """A training on a table; images' families and augmentation do not exist here, so they cannot be asked for."""

    kind: Literal["tables"] = "tables"
    model: Annotated[TableModelConfig, Field(discriminator="family")] = MlpConfig()
    data: TableDataConfig = TableDataConfig()


TrainConfig = ImageConfig | TableConfig
TRAIN_CONFIG: TypeAdapter[TrainConfig] = TypeAdapter(Annotated[TrainConfig, Field(discriminator="kind")])
"""Reads, checks and describes a configuration of either kind."""
BASELINES: dict[str, TrainConfig] = {"images": ImageConfig(), "tables": TableConfig()}
"""The default configuration for each kind of data."""
