"""Many cheap candidates from one fit: the winners of joint posterior samples over a pool (Thompson 1933).

Each sample is judged in another direction: the hypervolume is the mean of such scalarised maxima over all
directions (Zhang and Golovin 2020), so the winners spread over the front.

S is the number of samples, N of pool points, M of objectives, O of outcomes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from botorch.models.model import Model
from torch import Tensor

from .columns import Array

MAX_POOL = 400
"""A joint sample costs the cube of the pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What outcomes are worth."""

    weights_MO: Tensor
    """From outcomes to objectives, to be maximised."""
    reference_M: Tensor | None
    bounds: tuple[Tensor, Tensor] | None
    """A and b: outcomes y with A y <= b keep the constraints."""

    def worth(self, samples_SNO: Tensor) -> Tensor:
        """What is to be maximised in each sample, shape (S, N): a scalarised value, or how badly bounds are broken."""
        values_SNM = samples_SNO @ self.weights_MO.T
        worth_SN = values_SNM[..., 0] if values_SNM.shape[-1] == 1 else self._scalarised(values_SNM)
        broken_SN = self._broken(samples_SNO)
        lowest_S1 = worth_SN.amin(dim=1, keepdim=True)
        return torch.where(broken_SN > 0, lowest_S1 - 1.0 - broken_SN, worth_SN)

    def _scalarised(self, values_SNM: Tensor) -> Tensor:
        low_M = values_SNM.amin(dim=(0, 1))
        span_M = (values_SNM.amax(dim=(0, 1)) - low_M).clamp_min(1e-9)
        base_M = low_M
        if self.reference_M is not None:
            base_M = torch.where(self.reference_M.isnan(), low_M, self.reference_M)
        num_samples, _, num_objectives = values_SNM.shape
        directions_SM = torch.randn(num_samples, num_objectives, dtype=values_SNM.dtype).abs().clamp_min(1e-3)
        directions_SM /= directions_SM.norm(dim=1, keepdim=True)
        return ((values_SNM - base_M) / span_M / directions_SM[:, None, :]).amin(dim=2)

    def _broken(self, samples_SNO: Tensor) -> Tensor:
        if self.bounds is None:
            return torch.zeros(samples_SNO.shape[:2], dtype=samples_SNO.dtype)
        a_CO, b_C1 = self.bounds
        return (samples_SNO @ a_CO.T - b_C1[:, 0]).clamp_min(0.0).sum(dim=2)


def thompson(model: Model, judge: Judge, pool_ND: Array, count: int, tensor: Callable[[Array], Tensor]) -> list[Array]:
    """At most *count* distinct points of the pool; *tensor* makes them what the model takes."""
    pool_ND = _part(pool_ND, max(MAX_POOL, 2 * count))
    if len(pool_ND) == 0:
        return []
    with torch.no_grad():
        worth_SN = judge.worth(model.posterior(tensor(pool_ND)).rsample(torch.Size([count])))
    chosen: list[int] = []
    for worth_N in worth_SN[: len(pool_ND)]:
        worth_N[chosen] = -torch.inf
        chosen.append(int(worth_N.argmax()))
    return [pool_ND[i] for i in chosen]


def _part(pool_ND: Array, size: int) -> Array:
    if len(pool_ND) <= size:
        return pool_ND
    return pool_ND[np.linspace(0, len(pool_ND) - 1, size).astype(np.int64)]
