"""Expected improvement in closed form: of the hypervolume, or of the best value where there is one objective.

The space beyond the front is cut into boxes; a point's improvement within a box is the product of its improvements
along each objective, whose expectations are known (Emmerich et al. 2006; Yang et al. 2019), and expectations of
independent outcomes multiply. Everything is in logarithms, as in Ament et al. 2023, so that there is a slope where
almost nothing is expected. Times the probability that all constraints are kept (Gardner et al. 2014).

P is the number of points, M of objectives, O of outcomes, C of constraints, B of boxes, D of columns.
"""

from __future__ import annotations

import torch
from botorch.acquisition.acquisition import AcquisitionFunction
from botorch.acquisition.analytic import _log_ei_helper
from botorch.utils.multi_objective.box_decompositions.non_dominated import FastNondominatedPartitioning
from torch import Tensor, nn

from .aim import Aim
from .posterior import Marginals

MAX_OBJECTIVES = 3
"""Boxes grow fast with the objectives."""


class LogImprovement(AcquisitionFunction):
    """Logarithm of the expected improvement over points that are taken to have their expected outcomes.

    Observed points count where they keep the constraints; while none does, only the probability of keeping them
    matters. Awaited points always count: what else could be found there is known when they are back.
    """

    def __init__(self, marginals: Marginals, aim: Aim, observed_ND: Tensor, awaited_PD: Tensor | None = None) -> None:
        nn.Module.__init__(self)  # not BoTorch's, which wants one of its models
        self._marginals = marginals
        self._aim = aim
        with torch.no_grad():
            mean_NO, _ = marginals(observed_ND)
            good_N = aim.violations(mean_NO) == 0
            self._has_feasible = bool(good_N.any())
            counted = [mean_NO[good_N]] + ([] if awaited_PD is None else [marginals(awaited_PD)[0]])
            values_PM = torch.cat(counted) @ aim.weights_MO.T
            self._lower_BM, self._upper_BM = _boxes(values_PM, aim.reference_M)

    def forward(self, points_P1D: Tensor) -> Tensor:
        """Shape (P,), for points of shape (P, 1, D)."""
        mean_PO, variance_PO = self._marginals(points_P1D.squeeze(-2))
        log_feasible_P = self._aim.log_feasibility(mean_PO, variance_PO)
        if not self._has_feasible and self._aim.bounds is not None:
            return log_feasible_P
        mean_PM, variance_PM = self._aim.objectives(mean_PO, variance_PO)
        return self._log_gain(mean_PM, variance_PM.sqrt()) + log_feasible_P

    def _log_gain(self, mean_PM: Tensor, deviation_PM: Tensor) -> Tensor:
        mean_P1M, deviation_P1M = mean_PM[:, None], deviation_PM[:, None]
        above_PBM = _log_ei_helper((mean_P1M - self._lower_BM) / deviation_P1M)
        beyond_PBM = _log_ei_helper((mean_P1M - self._upper_BM.clamp_max(1e8)) / deviation_P1M)
        share_PBM = (beyond_PBM - above_PBM).clamp_max(-1e-12)
        within_PBM = above_PBM + torch.log(-torch.expm1(share_PBM)) + deviation_P1M.log()
        return torch.logsumexp(within_PBM.sum(-1), dim=1)


def _boxes(values_PM: Tensor, reference_M: Tensor | None) -> tuple[Tensor, Tensor]:
    """Lower and upper corners, shape (B, M), of boxes that fill what no value dominates and the reference bounds."""
    if values_PM.shape[1] == 1:
        best = values_PM.max() if len(values_PM) else torch.tensor(-10.0, dtype=values_PM.dtype)
        return best.reshape(1, 1), torch.full((1, 1), torch.inf, dtype=values_PM.dtype)
    assert reference_M is not None
    corners = FastNondominatedPartitioning(ref_point=reference_M, Y=values_PM).get_hypercell_bounds()
    return corners[0], corners[1]
