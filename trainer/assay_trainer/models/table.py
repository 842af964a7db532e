"""Model families by name; a family is imported when it is first built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from math import prod
from typing import Protocol, cast

from torch import nn

from assay_trainer.config import ModelConfig

FAMILIES = {
    "mlp": "assay_trainer.models.mlp:build_mlp",
    "cnn": "assay_trainer.models.cnn:build_cnn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageShape:
    """What goes into a model for images and what comes out."""

    channels: int
    height: int
    width: int
    num_classes: int

    @property
    def num_values(self) -> int:
        """Numbers in one image."""
        return prod((self.channels, self.height, self.width))


class BuildModel(Protocol):
    """Makes the model of a configuration: (B, channels, height, width) -> logits (B, num_classes)."""

    def __call__(self, config: ModelConfig, shape: ImageShape) -> nn.Module: ...


class UnknownFamily(LookupError):
    """No model family has this name."""

    def __init__(self, family: str) -> None:
        super().__init__(f"model family {family!r} is unknown; there are {', '.join(FAMILIES)}")
        self.family = family


def build_model(config: ModelConfig, shape: ImageShape) -> nn.Module:
    """The model of *config*, its weights drawn from torch's generator.

    Raises:
        UnknownFamily: when the table has no such family.
    """
    if config.family not in FAMILIES:
        raise UnknownFamily(config.family)
    module, attribute = FAMILIES[config.family].split(":")
    build = cast("BuildModel", getattr(import_module(module), attribute))
    return build(config, shape)


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}
