"""Small things to train on, with defaults."""

from __future__ import annotations

import torch

from assay_trainer.config import AdamWConfig, MlpConfig, ModelConfig, TrainConfig
from assay_trainer.data.labelled import Labelled, SearchData


def some_images(num: int = 8, *, channels: int = 1, edge: int = 8, num_classes: int = 4, seed: int = 0) -> Labelled:
    """Noise with labels in turn: nothing to understand, so it can only be learnt by heart."""
    noise = torch.rand((num, channels, edge, edge), generator=torch.Generator().manual_seed(seed))
    return Labelled(images=noise, labels=torch.arange(num) % num_classes)


def some_data(num: int = 8, *, channels: int = 1, edge: int = 8, num_classes: int = 4) -> SearchData:
    """Data whose validation part is its training part: what is measured is whether a model can learn."""
    images = some_images(num, channels=channels, edge=edge, num_classes=num_classes)
    return SearchData(
        name="noise", train=images, validation=images, num_classes=num_classes, fingerprint=f"noise-{num}"
    )


def a_config(model: ModelConfig | None = None, *, lr: float = 1e-2, seed: int = 0) -> TrainConfig:
    """AdamW without decay worth the name, so that learning by heart is not held back."""
    return TrainConfig(
        model=MlpConfig(width=16) if model is None else model,
        optimizer=AdamWConfig(lr=lr, weight_decay=1e-4),
        batch_size=16,
        seed=seed,
    )
