"""Quasi-random search: a scrambled Sobol sequence (Owen 1998), more even than independent draws.

Point *i* of the sequence is candidate *i* of the phase. Where a point breaks a constraint or was tried, the
whole sequence is shifted modulo 1 (Cranley and Patterson 1976): still even, and still a function of *i* alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random

import numpy as np
from scipy.stats import qmc

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Configuration

from .sampling import UnitCube, seed_of
from .sampling_draw import draw


class SobolGenerator:
    """A scrambled Sobol sequence."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        """See ports.Generator; raises ValueError when no configuration that keeps the constraints is found."""
        num_dimensions = UnitCube(snapshot.spec.space).num_dimensions
        points_ND = _points(snapshot, count, num_dimensions)

        @cache
        def shift(attempt: int) -> list[float]:
            chance = Random(seed_of("sobol shift", snapshot.seed, snapshot.phase, attempt))
            return [chance.random() if attempt else 0.0 for _ in range(num_dimensions)]

        def point(index: int, attempt: int) -> list[float]:
            point_D = points_ND[index - snapshot.first_index]
            return [(u + s) % 1.0 for u, s in zip(point_D, shift(attempt), strict=True)]

        return draw(snapshot, count, point)


def _points(snapshot: StudySnapshot, count: int, num_dimensions: int) -> list[list[float]]:
    if num_dimensions == 0:
        return [[] for _ in range(count)]
    chance = np.random.default_rng(seed_of("sobol", snapshot.seed, snapshot.phase))
    sequence = qmc.Sobol(num_dimensions, scramble=True, seed=chance)
    if snapshot.first_index:
        sequence.fast_forward(snapshot.first_index)
    # One at a time: scipy warns when the first points are not a power of two, but ours go on later.
    return [[float(u) for u in sequence.random(1)[0]] for _ in range(count)]
