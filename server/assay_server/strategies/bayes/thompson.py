"""Many cheap candidates from one fit: the winners of joint posterior samples over a pool (Thompson 1933).

Each sample is judged in another direction: the hypervolume is the mean of such scalarised maxima over all
directions (Zhang and Golovin 2020), so the winners spread over the front.

S is the number of samples, N of pool points, M of objectives, O of outcomes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from botorch.models.model import Model
from torch import Tensor

from .aim import Aim
from .columns import Array

MAX_POOL = 400
"""A joint sample costs the cube of the pool."""


def thompson(model: Model, aim: Aim, pool_ND: Array, count: int, tensor: Callable[[Array], Tensor]) -> list[Array]:
    """At most *count* distinct points of the pool; *tensor* makes them what the model takes."""
    pool_ND = _part(pool_ND, max(MAX_POOL, 2 * count))
    if len(pool_ND) == 0:
        return []
    with torch.no_grad():
        worth_SN = _worth(aim, model.posterior(tensor(pool_ND)).rsample(torch.Size([count])))
    chosen: list[int] = []
    for worth_N in worth_SN[: len(pool_ND)]:
        worth_N[chosen] = -torch.inf
        chosen.append(int(worth_N.argmax()))
    return [pool_ND[i] for i in chosen]


def _part(pool_ND: Array, size: int) -> Array:
    if len(pool_ND) <= size:
        return pool_ND
    return pool_ND[np.linspace(0, len(pool_ND) - 1, size).astype(np.int64)]


def _worth(aim: Aim, samples_SNO: Tensor) -> Tensor:
    """What is to be maximised in each sample, shape (S, N): a scalarised value, or how badly bounds are broken."""
    values_SNM = samples_SNO @ aim.weights_MO.T
    worth_SN = values_SNM[..., 0] if values_SNM.shape[-1] == 1 else _scalarised(values_SNM, aim.reference_M)
    if aim.bounds is None:
        return worth_SN
    broken_SN = aim.violations(samples_SNO)
    return torch.where(broken_SN > 0, worth_SN.amin(dim=1, keepdim=True) - 1.0 - broken_SN, worth_SN)


def _scalarised(values_SNM: Tensor, reference_M: Tensor | None) -> Tensor:
    low_M = values_SNM.amin(dim=(0, 1))
    span_M = (values_SNM.amax(dim=(0, 1)) - low_M).clamp_min(1e-9)
    base_M = low_M if reference_M is None else torch.where(reference_M.isnan(), low_M, reference_M)
    num_samples, _, num_objectives = values_SNM.shape
    directions_SM = torch.randn(num_samples, num_objectives, dtype=values_SNM.dtype).abs().clamp_min(1e-3)
    directions_SM /= directions_SM.norm(dim=1, keepdim=True)
    return ((values_SNM - base_M) / span_M / directions_SM[:, None, :]).amin(dim=2)
