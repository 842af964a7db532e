"""Optimizers by configuration."""

from __future__ import annotations

import torch
from torch import nn

from assay_trainer.config import OptimizerConfig, SgdConfig


def build_optimizer(config: OptimizerConfig, module: nn.Module) -> torch.optim.Optimizer:
    """Fused: one kernel for all weights, which is what small models need most."""
    weights = module.parameters()
    if isinstance(config, SgdConfig):
        return torch.optim.SGD(
            weights,
            lr=config.lr,
            momentum=config.momentum,
            nesterov=config.nesterov and config.momentum > 0.0,
            weight_decay=config.weight_decay,
            fused=True,
        )
    return torch.optim.AdamW(weights, lr=config.lr, weight_decay=config.weight_decay, fused=True)
