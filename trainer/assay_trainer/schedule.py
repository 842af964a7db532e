"""The learning rate as a function of how far the full training has come."""

from __future__ import annotations

from math import cos, pi

from assay_trainer.config import ConstantConfig, CosineConfig, OneCycleConfig, ScheduleConfig, StepConfig


def rate_factor(config: ScheduleConfig, progress: float) -> float:
    """Share of the peak rate at *progress*, which is 0 at the start and 1 at the end of the full training.

    It knows nothing of where a training was paused, so a paused one continues as if it had not been.
    """
    if progress < config.warmup:
        start = config.start if isinstance(config, OneCycleConfig) else 0.0
        return start + (1.0 - start) * progress / config.warmup
    match config:
        case ConstantConfig():
            return 1.0
        case StepConfig(warmup=warmup, drops=drops, factor=factor):
            done = min((progress - warmup) / (1.0 - warmup), 1.0)
            return factor ** min(int(done * (drops + 1)), drops)
        case OneCycleConfig(warmup=warmup):
            descent = min((progress - warmup) / (1.0 - warmup), 1.0)
            return 0.5 * (1.0 + cos(pi * descent))
        case CosineConfig(warmup=warmup, floor=floor):
            descent = min((progress - warmup) / (1.0 - warmup), 1.0)
            return floor + (1.0 - floor) * 0.5 * (1.0 + cos(pi * descent))
