"""The Gaussian process of a metric, and how much is spent on fitting it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from botorch.models import SingleTaskGP
from botorch.optim.fit import fit_gpytorch_mll_scipy
from gpytorch.likelihoods.noise_models import FixedGaussianNoise
from gpytorch.mlls.marginal_log_likelihood import MarginalLogLikelihood
from gpytorch.models import ExactGP
from linear_operator.utils.errors import NanError, NotPSDError
from torch import Tensor

MAX_FIT_ROWS = 128
"""Rows that decide about the hyperparameters: more hardly move them, and a fit costs the cube. Predictions use all."""
MAX_FIT_STEPS = 100
FIT_TOLERANCE = 1e-6
"""Relative gain of the likelihood below which a fit ends. BoTorch's default, 2e-9, takes three to eight times as long.
On noise-free data its log-likelihood per row, summed over three metrics, was higher by 0.02 at 20 and 50 rows, by 1.8
at 150: there the looser fit overstates the noise. What that costs in search quality was not measured."""

_log = logging.getLogger(__name__)


class Surrogate(SingleTaskGP):
    """BoTorch's default process with a fit that ends when it has what matters.

    A fit that fails leaves the hyperparameters of the prior, which is still a sensible model.
    """

    def custom_fit(self, mll: MarginalLogLikelihood, **_: Any) -> MarginalLogLikelihood:  # Any: BoTorch's hook
        """Called by BoTorch instead of its own fit."""
        mll.train()
        before = deepcopy(mll.state_dict())
        try:
            with self._fewer_rows():
                fit_gpytorch_mll_scipy(mll, options=self._options())
        except (NotPSDError, NanError, RuntimeError) as error:
            _log.warning("a fit failed, hyperparameters of the prior are used: %s", error)
            mll.load_state_dict(before)
        return mll.eval()

    def _options(self) -> dict[str, float | None]:
        options: dict[str, float | None] = {"maxiter": MAX_FIT_STEPS, "ftol": FIT_TOLERANCE}
        if self._aug_batch_shape.numel() > 1:  # BoTorch's own optimizer then, which insists on one of the two
            options["factr"] = None
        return options

    @contextmanager
    def _fewer_rows(self) -> Iterator[None]:
        """Only MAX_FIT_ROWS of the data, spread over the rows, within."""
        assert self.train_inputs is not None
        inputs, targets = self.train_inputs[0], self.train_targets
        num = targets.shape[-1]
        if num <= MAX_FIT_ROWS:
            yield
            return
        rows = torch.from_numpy(np.linspace(0, num - 1, MAX_FIT_ROWS).round().astype(np.int64))
        fixed = self._fixed_noise()
        noise = None if fixed is None else fixed.noise
        self._train_on(inputs[..., rows, :], targets[..., rows])
        if fixed is not None and noise is not None:
            fixed.noise = noise[..., rows]
        try:
            yield
        finally:
            self._train_on(inputs, targets)
            if fixed is not None:
                fixed.noise = noise

    def _train_on(self, inputs: Tensor, targets: Tensor) -> None:
        ExactGP.set_train_data(self, inputs, targets, strict=False)

    def _fixed_noise(self) -> FixedGaussianNoise | None:
        """Where the noise of each row is kept, if users gave it."""
        covariance = self.likelihood.noise_covar
        return covariance if isinstance(covariance, FixedGaussianNoise) else None


class RunsSurrogate(SingleTaskGP):
    """Whether a trial runs at all, from zeros and ones, with the length scales of the prior.

    Fitted ones follow the edges between the few failures known and invent passages right through them.
    """

    def custom_fit(self, mll: MarginalLogLikelihood, **_: Any) -> MarginalLogLikelihood:  # Any: BoTorch's hook
        """Called by BoTorch instead of its own fit."""
        return mll.eval()
