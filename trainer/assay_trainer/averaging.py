"""Weights averaged over the last part of the training: what is used is smoother than what is trained."""

from __future__ import annotations

from math import exp

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def build_average(module: nn.Module, *, share: float, num_steps: int) -> AveragedModel | None:
    """The exponential average of a module's weights, with a time constant of *share* of all *num_steps*.

    As a share, the same value means the same for short trainings and long ones. None for a share of 0.
    """
    if share == 0.0:
        return None
    decay = exp(-1.0 / max(1.0, share * num_steps))
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]  # torch does not say its type
    return AveragedModel(module, multi_avg_fn=average)
