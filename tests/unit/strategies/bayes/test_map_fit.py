"""The fast fit finds what BoTorch's own finds: its slow twin."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from gpytorch.mlls import ExactMarginalLogLikelihood

from assay_server.strategies.bayes.columns import Array
from assay_server.strategies.bayes.map_fit import Priors, most_likely

pytestmark = pytest.mark.torch


def waves(num: int, num_columns: int, *, noise: float, seed: int = 0) -> tuple[Array, Array]:
    """Points and standardised values of a function of the first two columns."""
    rng = np.random.default_rng(seed)
    points_ND = rng.random((num, num_columns))
    values_N = np.sin(5 * points_ND[:, 0]) + points_ND[:, 1] ** 2 + noise * rng.normal(size=num)
    return points_ND, (values_N - values_N.mean()) / values_N.std()


@pytest.mark.parametrize(("num", "num_columns"), [(20, 3), (60, 8)])
def test_the_fit_is_that_of_botorch(num: int, num_columns: int) -> None:
    """Noise, mean and the length scales that matter agree within a few percent."""
    points_ND, values_N = waves(num, num_columns, noise=0.1)
    twin = SingleTaskGP(torch.tensor(points_ND), torch.tensor(values_N)[:, None], outcome_transform=None)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(twin.likelihood, twin))

    found = most_likely(points_ND, values_N, priors=Priors.for_columns(num_columns))

    lengths_D = twin.covar_module.lengthscale.detach().numpy()[0]
    assert found.lengths_D[:2] == pytest.approx(lengths_D[:2], rel=0.05)
    assert found.noise == pytest.approx(float(twin.likelihood.noise_covar.noise.detach()), rel=0.05)
    assert found.mean == pytest.approx(float(twin.mean_module.constant.detach()), abs=0.05)


def test_known_noise_is_not_fitted() -> None:
    """Rows with a large variance are smoothed over; the noise of the whole is said to be zero."""
    points_ND, values_N = waves(30, 2, noise=0.5)

    trusting = most_likely(points_ND, values_N, priors=Priors.for_columns(2), noises_N=np.full(30, 1e-6))
    doubting = most_likely(points_ND, values_N, priors=Priors.for_columns(2), noises_N=np.full(30, 0.25))

    assert trusting.noise == doubting.noise == 0.0
    assert doubting.lengths_D.min() > trusting.lengths_D.min()


def test_equal_rows_are_no_obstacle() -> None:
    """A covariance that is singular but for the noise is factored."""
    points_ND = np.repeat(np.array([[0.2], [0.8]]), 10, axis=0)

    found = most_likely(points_ND, points_ND[:, 0], priors=Priors.for_columns(1))

    assert np.isfinite(found.log_posterior)


def test_a_constant_is_its_own_mean() -> None:
    """Nothing varies: the mean is the value."""
    points_ND, _ = waves(12, 2, noise=0.0)

    found = most_likely(points_ND, np.full(12, 3.0), priors=Priors.for_columns(2))

    assert found.mean == pytest.approx(3.0)
