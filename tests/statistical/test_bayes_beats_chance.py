"""Bayesian search against quasi-random search, by a margin that luck does not explain.

Branin and Currin's function on the unit square, the pair that multi-objective optimisers are compared on
(Belakaria et al. 2019), both minimised. Regret: the share of the largest hypervolume that is missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from assay_server.domain.objective import Objective
from assay_server.domain.space import Configuration
from assay_server.pareto import hypervolume
from assay_server.strategies.bayes import BayesianGenerator
from assay_server.strategies.sobol import SobolGenerator
from tests.unit.strategies.bayes.studies import Metrics, a_result, a_snapshot, with_results

pytestmark = [pytest.mark.torch, pytest.mark.slow, pytest.mark.timeout(900)]

THRESHOLDS = (18.0, 6.0)
LARGEST = 59.36
"""Hypervolume of the whole front beyond the thresholds."""
NUM_TRIALS = 22
NUM_INITIAL = 6


def branin_currin(c: Mapping[str, float]) -> Metrics:
    """Two objectives that want different corners."""
    x, y = c["x"], c["y"]
    u, v = 15 * x - 5, 15 * y
    ridge = v - 5.1 / (4 * math.pi**2) * u**2 + 5 / math.pi * u - 6
    branin = ridge**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(u) + 10
    fall = 1.0 if y == 0 else 1 - math.exp(-1 / (2 * y))
    currin = fall * (2300 * x**3 + 1900 * x**2 + 2092 * x + 60) / (100 * x**3 + 500 * x**2 + 4 * x + 20)
    return {"f": branin, "g": currin}


def floats(c: Configuration) -> dict[str, float]:
    """The values of an all-numeric configuration."""
    return {name: float(value) for name, value in c.items()}


def regret(tried: list[Configuration]) -> float:
    """1 with nothing beyond the thresholds, 0 with the whole front."""
    losses_NM = np.array([[m["f"], m["g"]] for m in (branin_currin(floats(c)) for c in tried)])
    return 1 - hypervolume(losses_NM, np.array(THRESHOLDS)) / LARGEST


def test_bayesian_search_leaves_chance_far_behind() -> None:
    """Over three seeds: at most half of the regret of quasi-random search after as many trials, in each of them."""
    objectives = tuple(
        Objective(metric=metric, minimize=True, threshold=t) for metric, t in zip("fg", THRESHOLDS, strict=True)
    )
    for seed in range(3):
        start = a_snapshot(objectives=objectives, seed=seed)
        snapshot = with_results(start, NUM_INITIAL, branin_currin)
        while len(snapshot.observations) < NUM_TRIALS:
            number = len(snapshot.observations) + 1
            found = BayesianGenerator().generate(snapshot, 1)[0]
            result = a_result(number, found, branin_currin(floats(found)))
            snapshot = replace(snapshot, observations=(*snapshot.observations, result), first_index=number)

        searched = regret([o.configuration for o in snapshot.observations])
        by_chance = regret(list(SobolGenerator().generate(start, NUM_TRIALS)))
        assert searched < 0.5 * by_chance, f"seed {seed}: {searched:.3f} against {by_chance:.3f}"
