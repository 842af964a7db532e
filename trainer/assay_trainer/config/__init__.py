"""The typed configuration of one training: types, ranges and defaults are declared here, once."""

from assay_trainer.config.augmentation import AugmentationConfig, NoAugmentation, StandardAugmentation
from assay_trainer.config.data import ImageDataConfig, TableDataConfig
from assay_trainer.config.models import (
    CnnConfig,
    FtTransformerConfig,
    HybridConfig,
    ImageModelConfig,
    MlpConfig,
    ModelConfig,
    TableModelConfig,
    TransformerConfig,
    VitConfig,
)
from assay_trainer.config.optimization import (
    AdamWConfig,
    ConstantConfig,
    CosineConfig,
    MuonConfig,
    OneCycleConfig,
    OptimizerConfig,
    RegularizationConfig,
    ScheduleConfig,
    SgdConfig,
    StepConfig,
)
from assay_trainer.config.schema import LOG, ORDERED, SEARCHED, Schema, Search, branches
from assay_trainer.config.train import BASELINES, TRAIN_CONFIG, CommonConfig, ImageConfig, TableConfig, TrainConfig
from assay_trainer.config.training import DeploymentConfig, EvaluationConfig, Precision, TrainingConfig

__all__ = [
    "BASELINES",
    "LOG",
    "ORDERED",
    "SEARCHED",
    "TRAIN_CONFIG",
    "AdamWConfig",
    "AugmentationConfig",
    "CnnConfig",
    "CommonConfig",
    "ConstantConfig",
    "CosineConfig",
    "DeploymentConfig",
    "EvaluationConfig",
    "FtTransformerConfig",
    "HybridConfig",
    "ImageConfig",
    "ImageDataConfig",
    "ImageModelConfig",
    "MlpConfig",
    "ModelConfig",
    "MuonConfig",
    "NoAugmentation",
    "OneCycleConfig",
    "OptimizerConfig",
    "Precision",
    "RegularizationConfig",
    "ScheduleConfig",
    "Schema",
    "Search",
    "SgdConfig",
    "StandardAugmentation",
    "StepConfig",
    "TableConfig",
    "TableDataConfig",
    "TableModelConfig",
    "TrainConfig",
    "TrainingConfig",
    "TransformerConfig",
    "VitConfig",
    "branches",
]
