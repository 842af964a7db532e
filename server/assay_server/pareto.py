"""Ranking of results with several objectives. All losses are minimised.

N is the number of results, M the number of objectives. Their slow, obvious twins are in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from .domain.objective import Score

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

MAX_LOSS = 1e100
"""Where distances and volumes are computed, losses beyond count as this: their differences would overflow."""


def nondominated_ranks(losses_NM: Array) -> npt.NDArray[np.int64]:
    """Rank of each row: 0 for the front, 1 for the front without those, ... Equal rows share one (Deb et al. 2002)."""
    if len(losses_NM) == 0:
        return np.zeros(0, dtype=np.int64)
    if losses_NM.shape[1] == 1:
        return np.unique(losses_NM[:, 0], return_inverse=True)[1].astype(np.int64)
    import moocore  # a tenth of a second: not while the server starts

    return np.asarray(moocore.pareto_rank(losses_NM), dtype=np.int64)


def farthest_first(losses_NM: Array) -> Iterator[int]:
    """Rows in an order that spreads over them from the first row on, found one by one.

    It starts at the best of the first objective, then always takes the row farthest (Euclidean, objectives
    normalised to their range) from those taken; ties go to the earlier row (Gonzalez 1985).
    """
    n = len(losses_NM)
    if n == 0:
        return
    losses_NM = _bounded(losses_NM)
    low, high = losses_NM.min(axis=0), losses_NM.max(axis=0)
    # Column by column, squared and in place: a front of many objectives has thousands of rows.
    unit_MN = np.ascontiguousarray(((losses_NM - low) / np.where(high > low, high - low, 1.0)).T)
    taken = int(np.argmin(unit_MN[0]))
    nearest_N, distance_N, gap_N = np.full(n, np.inf), np.empty(n), np.empty(n)
    for _ in range(n):
        yield taken
        distance_N[:] = 0.0
        for unit_N in unit_MN:
            np.subtract(unit_N, unit_N[taken], out=gap_N)
            np.multiply(gap_N, gap_N, out=gap_N)
            np.add(distance_N, gap_N, out=distance_N)
        np.minimum(nearest_N, distance_N, out=nearest_N)
        nearest_N[taken] = -1.0
        taken = int(np.argmax(nearest_N))


def spread(losses_NM: Array, members: Indices) -> Iterator[int]:
    """*members*, equals by rank, in farthest-first order; with one objective as they came."""
    if len(members) < 2 or losses_NM.shape[1] == 1:
        return iter(members.tolist())
    return (int(members[i]) for i in farthest_first(losses_NM[members]))


def strata(losses_NM: Array, violation_N: Array) -> Indices:
    """The order of `top` without its spread, as a number for each row: equals share one, better ones have less.

    Feasible before infeasible: the feasible by non-dominated rank, the infeasible by violation. Without gaps from 0.
    """
    out_N = np.zeros(len(violation_N), dtype=np.int64)
    is_feasible_N = violation_N == 0
    ranks_K = nondominated_ranks(losses_NM[is_feasible_N])
    out_N[is_feasible_N] = ranks_K
    first = int(ranks_K.max()) + 1 if len(ranks_K) else 0
    out_N[~is_feasible_N] = first + np.unique(violation_N[~is_feasible_N], return_inverse=True)[1]
    return out_N


def top(losses_NM: Array, violation_N: Array, count: int) -> list[int]:
    """The best *count* rows, best first.

    Feasible before infeasible; the infeasible by total violation, ties by arrival; the feasible by non-dominated
    rank, and farthest-first within a rank. With one objective this is the order of its values, ties by arrival.
    """
    return list(Ranking(losses_NM, violation_N).best(count))


class Ranking:
    """The order of `top`, each part of it found when it is asked for, and kept.

    The arrays it is given must not change.
    """

    def __init__(self, losses_NM: Array, violation_N: Array) -> None:
        self._losses_NM = losses_NM
        self._violation_N = violation_N
        self._is_feasible_N = violation_N == 0
        self._num_feasible = int(np.count_nonzero(self._is_feasible_N))
        self._known: dict[bool, Indices] = {}
        """Strata with the infeasible apart from each other, and without."""
        self._orders: dict[int, tuple[list[int], Iterator[int]]] = {}
        """By stratum: what has been found of its order, and where the rest comes from."""

    def best(self, count: int, eligible_N: npt.NDArray[np.bool_] | None = None) -> Iterator[int]:
        """Of the best *count* rows the eligible ones, best first."""
        strata_N = self._strata(count)
        sizes_S = np.bincount(strata_N)
        begins_S = np.cumsum(sizes_S) - sizes_S
        wanted = strata_N if eligible_N is None else strata_N[eligible_N]
        for stratum in np.flatnonzero(np.bincount(wanted)).tolist():  # in order, without sorting ten thousand rows
            num_taken = min(int(sizes_S[stratum]), count - int(begins_S[stratum]))
            if num_taken <= 0:
                return
            for row in self._first_of(strata_N, stratum, num_taken):
                if eligible_N is None or eligible_N[row]:
                    yield row

    def has_among(self, row: int, count: int) -> bool:
        """Whether *row* is one of the best *count*."""
        strata_N = self._strata(count)
        stratum = int(strata_N[row])
        num_before = int(np.count_nonzero(strata_N < stratum))
        num_equal = int(np.count_nonzero(strata_N == stratum))
        if num_before >= count or num_before + num_equal <= count:
            return num_before < count
        return row in self._first_of(strata_N, stratum, count - num_before)

    def _strata(self, count: int) -> Indices:
        """See `strata`; where the feasible alone are *count* the infeasible share one, since none of them counts."""
        in_full = count > self._num_feasible
        if in_full not in self._known:
            self._known[in_full] = (
                strata(self._losses_NM, self._violation_N) if in_full else self._strata_of_the_feasible()
            )
        return self._known[in_full]

    def _strata_of_the_feasible(self) -> Indices:
        ranks_K = nondominated_ranks(self._losses_NM[self._is_feasible_N])
        out_N = np.full(len(self._violation_N), int(ranks_K.max(initial=-1)) + 1, dtype=np.int64)
        out_N[self._is_feasible_N] = ranks_K
        return out_N

    def _first_of(self, strata_N: Indices, stratum: int, count: int) -> Iterator[int]:
        if stratum not in self._orders:
            members = np.flatnonzero(strata_N == stratum)
            is_feasible = self._violation_N[members[0]] == 0
            rest = spread(self._losses_NM, members) if is_feasible else iter(members.tolist())
            self._orders[stratum] = [], rest
        found, rest = self._orders[stratum]
        for place in range(count):
            if place == len(found):
                found.append(next(rest))
            yield found[place]


def is_on_front(losses_NM: Array, violation_N: Array, row: int) -> bool:
    """Whether *row* is feasible and no feasible row dominates it."""
    if violation_N[row] > 0:
        return False
    feasible_KM = losses_NM[violation_N == 0]
    no_worse_K = (feasible_KM <= losses_NM[row]).all(axis=1)
    return not (no_worse_K & (feasible_KM < losses_NM[row]).any(axis=1)).any()


def arrays(scores: Sequence[Score]) -> tuple[Array, Array]:
    """Losses, shape (N, M), and violations, shape (N,), of *scores*."""
    losses_NM = np.array([s.losses for s in scores], dtype=np.float64)
    return losses_NM, np.array([s.violation for s in scores], dtype=np.float64)


def front(scores: Sequence[Score]) -> list[int]:
    """Indices of the feasible non-dominated *scores*, by the first objective; equal ones all stay."""
    feasible = [i for i, s in enumerate(scores) if s.is_feasible]
    if not feasible:
        return []
    losses_NM = np.array([scores[i].losses for i in feasible], dtype=np.float64)
    ranks_N = nondominated_ranks(losses_NM)
    members = [i for i, rank in zip(feasible, ranks_N, strict=True) if rank == 0]
    return sorted(members, key=lambda i: scores[i].losses)


def hypervolume(losses_NM: Array, reference_M: Array) -> float:
    """Volume dominated by *losses_NM* and bounded by *reference_M*; exact (moocore).

    Points that do not dominate the reference add nothing.
    """
    if len(losses_NM) == 0:
        return 0.0
    losses_NM, reference_M = _bounded(losses_NM), _bounded(reference_M)
    if losses_NM.shape[1] == 1:
        return float(max(0.0, reference_M[0] - losses_NM.min()))
    import moocore  # as above

    return float(moocore.hypervolume(losses_NM, ref=reference_M))


def infer_reference(losses_NM: Array) -> Array:
    """A reference point for objectives without a threshold, shape (M,).

    The nadir of the front plus a tenth of its range, as in Ishibuchi et al. 2018; where the front has no
    range (always with one objective), the worst value of all results plus a tenth of theirs, or a little beyond
    the only one.
    """
    losses_NM = _bounded(losses_NM)
    ranks_N = nondominated_ranks(losses_NM)
    front_KM = losses_NM[ranks_N == 0]
    nadir_M, ideal_M = front_KM.max(axis=0), front_KM.min(axis=0)
    worst_M = losses_NM.max(axis=0)
    width_M = np.where(nadir_M > ideal_M, nadir_M - ideal_M, worst_M - ideal_M)
    # Below that a volume would underflow to nothing.
    width_M = np.where(width_M > 1.0 / MAX_LOSS, width_M, np.maximum(1e-3, 0.1 * np.abs(ideal_M)))
    return np.asarray(np.where(nadir_M > ideal_M, nadir_M, worst_M) + 0.1 * width_M)


def _bounded(losses: Array) -> Array:
    return np.clip(losses, -MAX_LOSS, MAX_LOSS)
