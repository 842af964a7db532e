"""Where to look: points that are configurations, and better ones near them.

N is the number of points, D the number of columns (without the fidelity).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from assay_server.domain.space import Configuration

from .columns import Array
from .encode import Encoding, key_of

MAX_CHANGES = 96
"""Neighbours of a point that differ in one choice: beyond this many, a random part of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Draws points of a space that keep its constraints and were not tried."""

    encoding: Encoding
    tried: frozenset[tuple[float, ...]]
    good_GD: Array
    """Around these it looks more closely."""
    spares: Sequence[Configuration]
    """Untried configurations for spaces in which chance finds few."""
    seed: int

    def pool(self, size: int) -> Array:
        """About *size* distinct untried points: half spread over the space, half near the good ones."""
        rng = np.random.default_rng(self.seed)
        num = self.encoding.num_searched
        sobol = qmc.Sobol(max(1, num), rng=rng)
        spread_ND = self.encoding.sample(sobol.random(1 << (size - 1).bit_length())[:, :num])
        parts = [self._kept(spread_ND)[: size // 2]]
        spares = [p for c in self.spares if (p := self.encoding.encode(c)) is not None]
        if len(self.good_GD):
            near_D = self.good_GD[rng.integers(len(self.good_GD), size=size)]
            parts.append(self.near(near_D, rng)[: size // 2])
        if spares:
            parts.append(np.array(spares))
        return self._distinct(np.concatenate(parts))

    def near(self, points_ND: Array, rng: np.random.Generator, width: float = 0.1) -> Array:
        """A varied copy of each point, as far as it is allowed: some parameters moved, some chosen anew."""
        num_points, num_columns = points_ND.shape
        scale_N = width * rng.choice([0.1, 0.3, 1.0, 2.0], size=(num_points, 1))
        moved_ND = rng.random((num_points, num_columns)) < max(0.3, 2.0 / max(1, num_columns))
        varied_ND = points_ND + np.where(moved_ND, rng.normal(size=points_ND.shape) * scale_N, 0.0)
        fresh_ND = self.encoding.sample(rng.random((num_points, self.encoding.num_searched)))
        anew_NP = rng.random((num_points, self.encoding.num_searched)) < 0.5 / max(1, self.encoding.num_searched) + 0.1
        return self._kept(self.encoding.snap(self.encoding.mixed(varied_ND, fresh_ND, anew_NP)))

    def changes(self, point_D: Array, rng: np.random.Generator) -> Array:
        """Points that differ from *point_D* in one choice."""
        every_ND = self.encoding.level_changes(point_D)
        if len(every_ND) > MAX_CHANGES:
            every_ND = every_ND[rng.choice(len(every_ND), MAX_CHANGES, replace=False)]
        return self._kept(every_ND)

    def settled(self, start_D: Array, end_D: Array) -> Array | None:
        """The point nearest to *end_D*, on the way from *start_D*, that is allowed; None if there is none."""
        for share in (1.0, 0.999, 0.97, 0.9, 0.7, 0.4, 0.1):
            found = self._kept(self.encoding.snap((start_D + share * (end_D - start_D))[None]))
            if len(found):
                return np.asarray(found[0])
        return None

    def _kept(self, points_ND: Array) -> Array:
        """Those that keep the constraints and were not tried."""
        feasible_ND = points_ND[self.encoding.is_feasible(points_ND)]
        untried = [key_of(p_D) not in self.tried for p_D in feasible_ND]
        return feasible_ND[np.array(untried, dtype=np.bool_)]

    def _distinct(self, points_ND: Array) -> Array:
        first = {key_of(p_D): i for i, p_D in reversed(list(enumerate(points_ND)))}
        return points_ND[sorted(first.values())]
