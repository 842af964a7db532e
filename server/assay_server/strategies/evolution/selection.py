"""Selection: who survives, and who wins a tournament.

Feasible before infeasible, the infeasible by their total violation, the feasible by non-dominated rank; among
equals by how alone they are. Deb et al. 2002 have the crowding distance there. Survivors of a rank that does not
fit in are chosen farthest first, as everywhere in Assay, and in a tournament the distance to the nearest of the
same rank decides: both also hold for more than two objectives, and extremes win no more often than others.

N is the number of members, M the number of objectives.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np

from assay_server.pareto import MAX_LOSS, Array, arrays, strata, top

from .members import Member


def survivors(members: Sequence[Member], size: int) -> list[Member]:
    """The best *size* members."""
    return [members[i] for i in top(*arrays([m.score for m in members]), size)]


class Tournaments:
    """Tournaments among members."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        losses_NM, violation_N = arrays([m.score for m in members])
        self._standing: dict[int, tuple[int, float, int]] = {}
        strata_N = strata(losses_NM, violation_N)
        for rank in range(int(strata_N.max()) + 1):
            group = np.flatnonzero(strata_N == rank)
            for i, distance in zip(group, _isolation(losses_NM[group]), strict=True):
                # In front of its twins is who came last: it has the better chance to be something new.
                self._standing[int(i)] = (rank, -float(distance), -int(i))

    def winner(self, chance: Random, *, size: int) -> Member:
        """The best of *size* members drawn by chance, or of all when there are fewer."""
        drawn = chance.sample(range(len(self._members)), min(size, len(self._members)))
        return self._members[min(drawn, key=self._standing.__getitem__)]


def _isolation(losses_NM: Array) -> Array:
    """Distance of each row to the nearest other one, objectives normalised to their range, shape (N,)."""
    if len(losses_NM) < 2:
        return np.zeros(len(losses_NM))
    losses_NM = np.clip(losses_NM, -MAX_LOSS, MAX_LOSS)
    width_M = losses_NM.max(axis=0) - losses_NM.min(axis=0)
    unit_NM = losses_NM / np.where(width_M > 0, width_M, 1.0)
    distance_NN = np.linalg.norm(unit_NM[:, None, :] - unit_NM[None, :, :], axis=2)
    np.fill_diagonal(distance_NN, np.inf)
    return np.asarray(distance_NN.min(axis=1))
