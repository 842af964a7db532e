"""The Gaussian process of a metric: BoTorch's, with hyperparameters found by our own fit."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import torch
from botorch.models import SingleTaskGP
from gpytorch.constraints import GreaterThan
from gpytorch.likelihoods.noise_models import FixedGaussianNoise
from gpytorch.mlls.marginal_log_likelihood import MarginalLogLikelihood
from numpy.linalg import LinAlgError
from torch import Tensor

from .columns import Array
from .map_fit import NOISES, Hyperparameters, Priors, most_likely

MAX_FIT_ROWS = 150
"""Rows that decide about the hyperparameters: more hardly move them, and a fit costs the cube. Predictions use all."""

_log = logging.getLogger(__name__)


class Surrogate(SingleTaskGP):
    """BoTorch's default process.

    A fit that fails leaves the hyperparameters of the prior, which is still a sensible model.
    """

    def custom_fit(self, mll: MarginalLogLikelihood, **_: Any) -> MarginalLogLikelihood:  # Any: BoTorch's hook
        """Called by BoTorch instead of its own fit."""
        found: list[Hyperparameters] = []
        try:
            for points_ND, values_N, noises_N in self._outcomes():
                priors = Priors.for_columns(points_ND.shape[1])
                found.append(most_likely(points_ND, values_N, priors=priors, noises_N=noises_N))
        except LinAlgError as error:
            _log.warning("a fit failed, hyperparameters of the prior are used: %s", error)
        else:
            self._adopt(found)
        return mll.eval()

    def _outcomes(self) -> list[tuple[Array, Array, Array | None]]:
        """Points, values and, where they are known, noise variances of the rows to fit, for each outcome."""
        assert self.train_inputs is not None
        points_OND, values_ON = _by_outcome(self.train_inputs[0], 3), _by_outcome(self.train_targets, 2)
        fixed = self.likelihood.noise_covar
        noises_ON = _by_outcome(fixed.noise, 2) if isinstance(fixed, FixedGaussianNoise) else None
        num = values_ON.shape[1]
        rows = np.linspace(0, num - 1, min(num, MAX_FIT_ROWS)).round().astype(np.int64)
        return [
            (points_OND[o][rows], values_ON[o][rows], None if noises_ON is None else noises_ON[o][rows])
            for o in range(len(values_ON))
        ]

    def _adopt(self, found: list[Hyperparameters]) -> None:
        def tensor(values: list[float] | list[Array], like: Tensor) -> Tensor:
            return torch.as_tensor(np.array(values), dtype=like.dtype).reshape(like.shape)

        kernel, mean = self.covar_module, self.mean_module
        kernel.lengthscale = tensor([h.lengths_D for h in found], kernel.lengthscale)
        mean.constant = tensor([h.mean for h in found], mean.constant)
        noise = self.likelihood.noise_covar
        if not isinstance(noise, FixedGaussianNoise):
            noise.register_constraint("raw_noise", GreaterThan(NOISES[0], transform=None))
            noise.noise = tensor([h.noise for h in found], noise.noise)


class RunsSurrogate(SingleTaskGP):
    """Whether a trial runs at all, from zeros and ones, with the length scales of the prior.

    Fitted ones follow the edges between the few failures known and invent passages right through them.
    """

    def custom_fit(self, mll: MarginalLogLikelihood, **_: Any) -> MarginalLogLikelihood:  # Any: BoTorch's hook
        """Called by BoTorch instead of its own fit."""
        return mll.eval()


def _by_outcome(tensor: Tensor, num_dimensions: int) -> Array:
    """The tensor with outcomes as its first dimension, also where there is only one."""
    array = tensor.detach().numpy()
    return np.asarray(array if array.ndim == num_dimensions else array[None], dtype=np.float64)
