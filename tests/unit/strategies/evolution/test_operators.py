"""Crossover and mutation have the densities that were published; the twins add those densities up step by step."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from assay_server.strategies.evolution.operators import polynomial, simulated_binary

ETA = 7.0
SHARES = [0.01, 0.2, 0.49, 0.51, 0.8, 0.99]


def quantile(density: Callable[[float], float], low: float, high: float, share: float) -> float:
    """The slow, obvious twin: where the area under *density*, cut off at *low* and *high*, reaches *share*."""
    x_N = np.linspace(low, high, 200_001)
    area_N = np.cumsum([density(float(x)) for x in x_N])
    return float(x_N[np.searchsorted(area_N, share * area_N[-1])])


def spread_density(beta: float) -> float:
    """Deb and Agrawal 1995, equation of the contracting and of the expanding crossover."""
    return 0.5 * (ETA + 1) * math.pow(beta, ETA if beta <= 1 else -(ETA + 2))


@pytest.mark.parametrize("share", SHARES)
def test_children_spread_as_published(share: float) -> None:
    """The distance of each child from the middle, in half distances of the parents, follows the bounded density."""
    a, b = 0.2, 0.6
    first, second = simulated_binary(a, b, share, eta=ETA)

    beta_first, beta_second = (0.4 - first) / 0.2, (second - 0.4) / 0.2
    assert beta_first == pytest.approx(quantile(spread_density, 0.0, 0.4 / 0.2, share), abs=1e-4)
    assert beta_second == pytest.approx(quantile(spread_density, 0.0, 0.6 / 0.2, share), abs=1e-4)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("position", [0.3, 0.5, 0.95])
def test_moves_are_as_published(position: float, share: float) -> None:
    """Below and above the old position the move has the density (1 - |move|)^eta, each side cut off at its bound."""

    def density(move: float) -> float:
        return math.pow(1 - abs(move), ETA)

    moved = polynomial(position, share, eta=ETA) - position
    if share < 0.5:
        expected = quantile(density, -position, 0.0, 2 * share)
    else:
        expected = quantile(density, 0.0, 1 - position, 2 * share - 1)
    assert moved == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("position", [0.0, 1e-15, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0 - 2**-53])
def test_the_bounds_are_kept(position: float, share: float) -> None:
    """At the bounds themselves, too, and for the last share that chance can give."""
    assert 0.0 <= polynomial(position, share, eta=ETA) <= 1.0
    for other in (0.0, 0.3, 1.0):
        assert all(0.0 <= child <= 1.0 for child in simulated_binary(position, other, share, eta=ETA))


def test_equal_parents_have_equal_children() -> None:
    """There is nothing to cross."""
    assert simulated_binary(0.4, 0.4, 0.9, eta=ETA) == (0.4, 0.4)
