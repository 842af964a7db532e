"""Optimizers by configuration."""

from __future__ import annotations

import torch
from torch import nn

from assay_trainer.config import AdamWConfig, MuonConfig, OptimizerConfig, SgdConfig


def build_optimizers(config: OptimizerConfig, module: nn.Module) -> list[torch.optim.Optimizer]:
    """Fused: one kernel for all weights, which is what small models need most. Several share out the weights."""
    match config:
        case SgdConfig(lr=lr, momentum=momentum, weight_decay=decay):
            nesterov = config.nesterov and momentum > 0.0
            weights = module.parameters()
            return [
                torch.optim.SGD(weights, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=decay, fused=True)
            ]
        case AdamWConfig(lr=lr, weight_decay=decay):
            return [torch.optim.AdamW(module.parameters(), lr=lr, weight_decay=decay, fused=True)]
        case MuonConfig():
            return _muon(config, module)


def _muon(config: MuonConfig, module: nn.Module) -> list[torch.optim.Optimizer]:
    """Muon for matrices between hidden values, AdamW for all else: its paper leaves the first and last layer out.

    A network of convolutions has no such matrix and is trained by AdamW alone.
    """
    linear = [part.weight for part in module.modules() if isinstance(part, nn.Linear)]
    inner = {id(weight) for weight in linear[:-1]}
    matrices = [weight for weight in module.parameters() if id(weight) in inner]
    others = [weight for weight in module.parameters() if id(weight) not in inner]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(others, lr=config.lr, weight_decay=config.weight_decay, fused=True)
    ]
    if matrices:
        optimizers.append(
            torch.optim.Muon(
                matrices,
                lr=config.lr,
                momentum=config.momentum,
                weight_decay=config.weight_decay,
                adjust_lr_fn="match_rms_adamw",
            )
        )
    return optimizers
