"""What is wanted of a study's outcomes, as the surrogate knows them.

P is the number of points, M of objectives, O of outcomes, C of constraints.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What is wanted of outcomes."""

    weights_MO: Tensor
    """From outcomes to objectives, to be maximised; each objective is one outcome or minus one."""
    reference_M: Tensor | None
    """Values below are worth nothing; None with one objective."""
    bounds: tuple[Tensor, Tensor] | None
    """A (C, O) and b (C, 1): outcomes y with A y <= b keep the constraints."""

    @property
    def objective_outcomes(self) -> set[int]:
        """Outcomes that are objectives."""
        return set(self.weights_MO.nonzero()[:, 1].tolist())

    def objectives(self, mean_PO: Tensor, variance_PO: Tensor) -> tuple[Tensor, Tensor]:
        """Means and variances of the objectives, shape (P, M)."""
        return mean_PO @ self.weights_MO.T, variance_PO @ self.weights_MO.square().T

    def log_feasibility(self, mean_PO: Tensor, variance_PO: Tensor) -> Tensor:
        """Logarithm of the probability that all constraints are kept, shape (P,)."""
        if self.bounds is None:
            return torch.zeros(len(mean_PO), dtype=mean_PO.dtype)
        a_CO, b_C1 = self.bounds
        room_PC = b_C1[:, 0] - mean_PO @ a_CO.T
        log_kept_PC: Tensor = torch.special.log_ndtr(room_PC / (variance_PO @ a_CO.square().T).sqrt())
        return log_kept_PC.sum(-1)

    def violations(self, outcomes_PO: Tensor) -> Tensor:
        """By how much outcomes break the constraints in total, shape (P,); 0 is feasible."""
        if self.bounds is None:
            return torch.zeros(len(outcomes_PO), dtype=outcomes_PO.dtype)
        a_CO, b_C1 = self.bounds
        return (outcomes_PO @ a_CO.T - b_C1[:, 0]).clamp_min(0.0).sum(-1)
