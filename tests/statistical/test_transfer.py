"""What starting from an earlier study gains, and what a bad one costs, in regret over many seeds."""

import numpy as np

from assay_server.domain.space import Configuration
from assay_server.domain.transfer import DEFAULT_TRANSFERRED, brought_into
from assay_server.strategies.sobol import SobolGenerator
from tests.unit.strategies.bayes.studies import SQUARE, a_snapshot, bowl

SEEDS = range(40)


def loss(configuration: Configuration) -> float:
    return bowl({name: float(value) for name, value in configuration.items()})["loss"]


def sobol(seed: int, num: int) -> list[Configuration]:
    return list(SobolGenerator().generate(a_snapshot(seed=seed), num))


def regret(configurations: list[Configuration]) -> float:
    return min(map(loss, configurations))


def taken(seed: int, *, sign: float) -> list[Configuration]:
    """The best of an earlier study of thirty trials, whose losses are those of the new one times *sign*."""
    best = sorted(sobol(1000 + seed, 30), key=lambda c: sign * loss(c))[:DEFAULT_TRANSFERRED]
    return [f.configuration for c in best if (f := brought_into(SQUARE, c)) is not None]


def test_a_good_source_speeds_up_the_start() -> None:
    """After five trials the regret is less than half of that without it, in the median over seeds."""
    with_source = [regret(taken(seed, sign=1.0) + sobol(seed, 2)) for seed in SEEDS]
    without = [regret(sobol(seed, 5)) for seed in SEEDS]

    assert np.median(with_source) < 0.5 * np.median(without)
    assert np.mean(np.array(with_source) < np.array(without)) > 0.7


def test_an_inverted_source_costs_its_runs_and_no_more() -> None:
    """The search is exactly as far as one without a source was that many trials earlier, on every seed."""
    spoilt = np.array([regret(taken(seed, sign=-1.0) + sobol(seed, 60 - DEFAULT_TRANSFERRED)) for seed in SEEDS])
    earlier = np.array([regret(sobol(seed, 60 - DEFAULT_TRANSFERRED)) for seed in SEEDS])
    without = np.array([regret(sobol(seed, 60)) for seed in SEEDS])

    assert (spoilt <= earlier).all()
    assert spoilt.mean() < 1.1 * without.mean()
