"""Small things to train on, with defaults."""

from __future__ import annotations

import torch

from assay_trainer.config import (
    AdamWConfig,
    ImageConfig,
    ImageModelConfig,
    MlpConfig,
    TableConfig,
    TableModelConfig,
    TrainingConfig,
)
from assay_trainer.data.labelled import Classes, Column, Labelled, Number, SearchData


def some_images(num: int = 8, *, channels: int = 1, edge: int = 8, num_classes: int = 4, seed: int = 0) -> Labelled:
    """Noise with labels in turn: nothing to understand, so it can only be learnt by heart."""
    noise = torch.rand((num, channels, edge, edge), generator=torch.Generator().manual_seed(seed))
    return Labelled(inputs=noise, targets=torch.arange(num) % num_classes)


def some_data(num: int = 8, *, channels: int = 1, edge: int = 8, num_classes: int = 4) -> SearchData:
    """Data whose validation part is its training part: what is measured is whether a model can learn."""
    images = some_images(num, channels=channels, edge=edge, num_classes=num_classes)
    return SearchData(
        name="noise",
        kind="images",
        train=images,
        validation=images,
        target=Classes(names=tuple(map(str, range(num_classes)))),
        columns=(),
        fingerprint=f"noise-{num}",
    )


def some_table(num: int = 8, *, num_classes: int | None = 4) -> SearchData:
    """Noise in two columns of numbers, one with a gap, and one of categories; a number is predicted without classes."""
    draw = torch.Generator().manual_seed(0)
    numbers = torch.rand((num, 2), generator=draw)
    numbers[0, 1] = torch.nan
    rows = torch.cat([numbers, (torch.arange(num) % 3)[:, None].float()], dim=1)
    targets = torch.rand(num, generator=draw) if num_classes is None else torch.arange(num) % num_classes
    part = Labelled(inputs=rows, targets=targets)
    names = tuple(map(str, range(num_classes or 0)))
    return SearchData(
        name="noise",
        kind="tables",
        train=part,
        validation=part,
        target=Number(mean=0.5, deviation=0.3) if num_classes is None else Classes(names=names),
        columns=(Column(name="a"), Column(name="b"), Column(name="c", categories=("x", "y", "z"))),
        fingerprint=f"table-{num}",
    )


def a_config(model: ImageModelConfig | None = None, *, lr: float = 1e-2, seed: int = 0) -> ImageConfig:
    """AdamW without decay worth the name, so that learning by heart is not held back."""
    return ImageConfig(
        model=MlpConfig(width=16) if model is None else model,
        optimizer=AdamWConfig(lr=lr, weight_decay=1e-4),
        training=TrainingConfig(batch_size=16),
        seed=seed,
    )


def a_table_config(model: TableModelConfig | None = None, *, seed: int = 0) -> TableConfig:
    """The same for a table."""
    return TableConfig(
        model=MlpConfig(width=16) if model is None else model,
        optimizer=AdamWConfig(lr=1e-2, weight_decay=1e-4),
        training=TrainingConfig(batch_size=16),
        seed=seed,
    )
