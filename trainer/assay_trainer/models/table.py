"""Model families by name; a family is imported when it is first built."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

from torch import nn

from assay_trainer.config import ModelConfig
from assay_trainer.models.shapes import Shape

FAMILIES = {
    "mlp": "assay_trainer.models.mlp:build_mlp",
    "cnn": "assay_trainer.models.cnn:build_cnn",
    "vit": "assay_trainer.models.vit:build_vit",
    "hybrid": "assay_trainer.models.hybrid:build_hybrid",
    "ft_transformer": "assay_trainer.models.ft_transformer:build_ft_transformer",
}


class BuildModel(Protocol):
    """Makes the model of a configuration: inputs of *shape* -> outputs (B, num_outputs)."""

    def __call__(self, config: ModelConfig, shape: Shape) -> nn.Module: ...


class UnknownFamily(LookupError):
    """No model family has this name."""

    def __init__(self, family: str) -> None:
        super().__init__(f"model family {family!r} is unknown; there are {', '.join(FAMILIES)}")
        self.family = family


def build_model(config: ModelConfig, shape: Shape) -> nn.Module:
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
