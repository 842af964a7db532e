"""The fast fit against the definition of what it maximises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from assay_server.strategies.bayes.columns import Array
from assay_server.strategies.bayes.map_fit import LENGTHS, NOISES, Priors, most_likely

pytestmark = pytest.mark.torch  # the package imports ax


def waves(num: int, num_columns: int, *, noise: float, seed: int = 0) -> tuple[Array, Array]:
    """Points and standardised values of a function of the first two columns."""
    rng = np.random.default_rng(seed)
    points_ND = rng.random((num, num_columns))
    values_N = np.sin(5 * points_ND[:, 0]) + points_ND[:, 1] ** 2 + noise * rng.normal(size=num)
    return points_ND, (values_N - values_N.mean()) / values_N.std()


def density(points_ND: Array, values_N: Array, logs: Array, *, mean: float, priors: Priors) -> float:
    """The slow twin: log posterior of lengths and noise, from the definition."""
    lengths_D, noise = np.exp(logs[:-1]), math.exp(logs[-1])
    squares_NN = np.square((points_ND[:, None] - points_ND[None]) / lengths_D).sum(axis=2)
    covariance_NN = np.exp(-0.5 * squares_NN) + (noise + 1e-8) * np.eye(len(points_ND))
    of_rows = stats.multivariate_normal(np.full(len(values_N), mean), covariance_NN).logpdf(values_N)
    of_lengths = stats.norm(priors.length_mean, priors.length_deviation).logpdf(logs[:-1]).sum()
    return float(of_rows + of_lengths + stats.norm(priors.noise_mean, priors.noise_deviation).logpdf(logs[-1]))


@pytest.mark.parametrize("noise", [0.0, 0.1, 1.0])
def test_the_fit_is_at_the_top_of_a_hill(noise: float) -> None:
    """By the slow twin no step in any direction, of the mean neither, is likelier."""
    points_ND, values_N = waves(25, 3, noise=noise)
    priors = Priors.for_columns(3)

    found = most_likely(points_ND, values_N, priors=priors)

    top = np.log([*found.lengths_D, found.noise])
    best = density(points_ND, values_N, top, mean=found.mean, priors=priors)
    low, high = np.log([*[LENGTHS] * 3, NOISES]).T
    for step in (0.02, -0.02, 0.3, -0.3):
        for logs in np.clip(top + step * np.eye(4), low, high):
            assert density(points_ND, values_N, logs, mean=found.mean, priors=priors) <= best + 1e-3
        assert density(points_ND, values_N, top, mean=found.mean + step, priors=priors) <= best + 1e-9


@pytest.mark.parametrize(("noise", "low", "high"), [(0.0, 0.0, 1e-3), (0.7, 0.2, 0.9)])
def test_noise_is_told_from_signal(noise: float, low: float, high: float) -> None:
    """Results without noise are followed closely; those that are half noise are not."""
    points_ND, values_N = waves(60, 2, noise=noise)

    found = most_likely(points_ND, values_N, priors=Priors.for_columns(2))

    assert low <= found.noise <= high


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
