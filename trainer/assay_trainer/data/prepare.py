"""From data as it was read to what a model takes: fitted on the training part, applied to all parts alike."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from typing_extensions import override

from assay_trainer.config import ImageConfig, ImageDataConfig, TrainConfig
from assay_trainer.data.labelled import Labelled, SearchData
from assay_trainer.data.tables import fit_table
from assay_trainer.models.shapes import ImageShape, Shape
from assay_trainer.seeding import generator

SUBSET_SEED = 20_260_102
"""Which samples a share of the data holds is part of the task, so no trial can change it."""
SMALLEST_EDGE = 2
LEAST_DEVIATION = 1e-6
"""A channel that is the same everywhere is not divided by its deviation."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """Data as a model takes it."""

    train: Labelled
    validation: Labelled
    shape: Shape
    transform: nn.Module
    """Does to other inputs what was done to these; part of a model that is handed out."""

    def transformed(self, data: Labelled) -> Labelled:
        """Another part of the same data set, in the same way."""
        return Labelled(inputs=self.transform(data.inputs), targets=data.targets)


class WrongKind(ValueError):
    """A configuration is for another kind of data."""

    def __init__(self, data: SearchData, config: TrainConfig) -> None:
        super().__init__(f"data {data.name!r} is {data.kind}, and the configuration is for {config.kind}")


def prepare(data: SearchData, config: TrainConfig) -> Prepared:
    """The parts that a search sees, as *config* wants them.

    Raises:
        WrongKind: when the configuration is for another kind of data.
    """
    if data.kind != config.kind:
        raise WrongKind(data, config)
    train = _subset(data.train, config.data.fraction)
    shape: Shape
    if isinstance(config, ImageConfig):
        transform, shape = _fit_images(train.inputs, config.data, data.target.num_outputs)
    else:
        transform, shape = fit_table(train.inputs, data.columns, config.data, data.target.num_outputs)
    return Prepared(
        train=Labelled(inputs=transform(train.inputs), targets=train.targets),
        validation=Labelled(inputs=transform(data.validation.inputs), targets=data.validation.targets),
        shape=shape,
        transform=transform,
    )


def shape_of(data: SearchData, config: TrainConfig) -> Shape:
    """What a model for this data takes and gives."""
    return prepare(data, config).shape


def _subset(train: Labelled, fraction: float) -> Labelled:
    """The first of a fixed order: a larger share holds every smaller one."""
    if fraction == 1.0:
        return train
    num = max(1, round(fraction * len(train)))
    rows = torch.randperm(len(train), generator=generator(SUBSET_SEED, "subset"))[:num].sort().values
    return Labelled(inputs=train.inputs[rows], targets=train.targets[rows])


class ImageTransform(nn.Module):
    """Scales channels, then edges."""

    def __init__(self, mean: Tensor, deviation: Tensor, edges: tuple[int, int] | None) -> None:
        """*mean* and *deviation* are (1, channels, 1, 1)."""
        super().__init__()
        self.mean, self.deviation = nn.Buffer(mean), nn.Buffer(deviation)
        self.edges = edges

    @override
    def forward(self, images: Tensor) -> Tensor:
        images = (images - self.mean) / self.deviation
        return images if self.edges is None else interpolate(images, self.edges, mode="bilinear", antialias=True)


def _fit_images(images: Tensor, config: ImageDataConfig, num_outputs: int) -> tuple[nn.Module, ImageShape]:
    _, channels, *edges = images.shape
    height, width = (max(min(edge, SMALLEST_EDGE), round(edge * config.resolution)) for edge in edges)
    shape = ImageShape(channels=channels, height=height, width=width, num_outputs=num_outputs)
    scaled_edges = (height, width) if config.resolution < 1.0 else None
    if config.normalization == "none":
        ones = torch.ones(1, channels, 1, 1)
        return ImageTransform(torch.zeros_like(ones), ones, scaled_edges), shape
    mean = images.mean(dim=(0, 2, 3), keepdim=True)
    deviation = images.std(dim=(0, 2, 3), keepdim=True).clamp_min(LEAST_DEVIATION)
    return ImageTransform(mean, deviation, scaled_edges), shape
