"""What a fitted surrogate knows of single points: means and variances, fast and differentiable.

The same numbers as BoTorch's posterior, without its layers of laziness: an acquisition asks for them hundreds of
times.

N is the number of rows, P of points, O of outcomes, D of columns with the fidelity.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from botorch.models import SingleTaskGP
from botorch.models.model import Model
from botorch.models.model_list_gp_regression import ModelListGP
from gpytorch.likelihoods.noise_models import FixedGaussianNoise
from linear_operator.utils.cholesky import psd_safe_cholesky
from torch import Tensor

MIN_VARIANCE = 1e-10
JITTER = 1e-8
"""Added to the noise: rows may be equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One outcome: constant mean, squared exponential kernel of unit variance, noisy rows."""

    points_ND: Tensor
    values_N: Tensor
    noises_N: Tensor
    """Variances."""
    lengths_D: Tensor
    mean: Tensor

    def covariance(self, a_ND: Tensor, b_PD: Tensor) -> Tensor:
        """Between points, without noise."""
        a_ND, b_PD = a_ND / self.lengths_D, b_PD / self.lengths_D
        squares_NP = a_ND.square().sum(-1)[:, None] + b_PD.square().sum(-1)[None] - 2.0 * a_ND @ b_PD.T
        return torch.exp(-0.5 * squares_NP.clamp_min(0.0))


class Marginals:
    """Means and variances of all outcomes at single points.

    With *awaited_PD*, variances of the outcomes in *informed* are as they will be when those points' results are
    there. Not of constraints: near an awaited point that is expected to keep them, all would seem safe.
    """

    def __init__(
        self, processes: list[Process], awaited_PD: Tensor | None = None, informed: Collection[int] = ()
    ) -> None:
        self._known = [_Known(p, awaited_PD if o in informed else None) for o, p in enumerate(processes)]

    def __call__(self, points_PD: Tensor) -> tuple[Tensor, Tensor]:
        """Means and variances of the outcomes without noise, both of shape (P, O)."""
        found = [known.moments(points_PD) for known in self._known]
        return torch.stack([mean for mean, _ in found], dim=1), torch.stack([var for _, var in found], dim=1)


class _Known:
    """A process with its equations solved."""

    def __init__(self, process: Process, awaited_PD: Tensor | None) -> None:
        self._process = process
        factor_NN = _factor(process, process.points_ND, process.noises_N)
        centred_N1 = (process.values_N - process.mean)[:, None]
        self._weights_N = torch.cholesky_solve(centred_N1, factor_NN)[:, 0]
        self._num_rows = len(process.points_ND)
        self._all_ND = process.points_ND
        if awaited_PD is not None and len(awaited_PD):
            self._all_ND = torch.cat([process.points_ND, awaited_PD])
            typical = process.noises_N.mean().expand(len(awaited_PD))
            factor_NN = _factor(process, self._all_ND, torch.cat([process.noises_N, typical]))
        self._inverse_NN = torch.linalg.solve_triangular(
            factor_NN, torch.eye(len(factor_NN), dtype=factor_NN.dtype), upper=False
        )

    def moments(self, points_PD: Tensor) -> tuple[Tensor, Tensor]:
        cross_PN = self._process.covariance(points_PD, self._all_ND)
        mean_P = self._process.mean + cross_PN[:, : self._num_rows] @ self._weights_N
        explained_P = (cross_PN @ self._inverse_NN.T).square().sum(-1)
        return mean_P, (1.0 - explained_P).clamp_min(MIN_VARIANCE)


def processes_of(model: Model) -> list[Process]:
    """The outcomes of a model made of our surrogates, in order."""
    if isinstance(model, ModelListGP):
        parts = [part for part in model.models if isinstance(part, SingleTaskGP)]
        return [process for part in parts for process in processes_of(part)]
    assert isinstance(model, SingleTaskGP)
    assert model.train_inputs is not None
    with torch.no_grad():
        points, values = model.train_inputs[0], model.train_targets
        noise_covar = model.likelihood.noise_covar
        noise = noise_covar.noise
        noises = noise if isinstance(noise_covar, FixedGaussianNoise) else noise.expand(values.shape)
        lengths, mean = model.covar_module.lengthscale, model.mean_module.constant
        if values.ndim == 1:
            return [_process(points, values, noises, lengths, mean)]
        return [_process(points[o], values[o], noises[o], lengths[o], mean[o]) for o in range(len(values))]


def _process(points_ND: Tensor, values_N: Tensor, noises_N: Tensor, lengths: Tensor, mean: Tensor) -> Process:
    return Process(
        points_ND=points_ND, values_N=values_N, noises_N=noises_N, lengths_D=lengths.reshape(-1), mean=mean.reshape(())
    )


def _factor(process: Process, points_ND: Tensor, noises_N: Tensor) -> Tensor:
    """Cholesky factor of the rows' covariance; BoTorch adds more and more noise where rounding broke it."""
    factor_NN: Tensor = psd_safe_cholesky(process.covariance(points_ND, points_ND) + torch.diag(noises_N + JITTER))
    return factor_NN
