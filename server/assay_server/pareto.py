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


def farthest_first(losses_NM: Array) -> list[int]:
    """Rows in an order that spreads over them from the first row on.

    It starts at the best of the first objective, then always takes the row farthest (Euclidean, objectives
    normalised to their range) from those taken; ties go to the earlier row (Gonzalez 1985).
    """
    n = len(losses_NM)
    if n == 0:
        return []
    losses_NM = _bounded(losses_NM)
    low, high = losses_NM.min(axis=0), losses_NM.max(axis=0)
    unit_NM = (losses_NM - low) / np.where(high > low, high - low, 1.0)
    order = [int(np.argmin(unit_NM[:, 0]))]
    distance_N = np.linalg.norm(unit_NM - unit_NM[order[0]], axis=1)
    distance_N[order[0]] = -1.0
    while len(order) < n:
        nearest = int(np.argmax(distance_N))
        order.append(nearest)
        distance_N = np.minimum(distance_N, np.linalg.norm(unit_NM - unit_NM[nearest], axis=1))
        distance_N[nearest] = -1.0
    return order


def layers(losses_NM: Array, violation_N: Array, count: int) -> Iterator[tuple[Indices, int]]:
    """Groups of equals, best group first, and how many of each belong to the best *count*.

    Feasible before infeasible: the feasible by non-dominated rank, the infeasible one by one by violation.
    The group that *count* cuts through comes last.
    """
    feasible_K = np.flatnonzero(violation_N == 0)
    left = count
    if len(feasible_K):
        ranks_K = nondominated_ranks(losses_NM[feasible_K])
        for rank in range(int(ranks_K.max()) + 1):
            if left <= 0:
                return
            members = feasible_K[ranks_K == rank]
            yield members, min(left, len(members))
            left -= len(members)
    broken = np.flatnonzero(violation_N > 0)
    for i in broken[np.argsort(violation_N[broken], kind="stable")][: max(0, left)]:
        yield np.array([i], dtype=np.int64), 1


def spread(losses_NM: Array, members: Indices) -> Indices:
    """*members*, equals by rank, in farthest-first order; with one objective as they came."""
    if len(members) < 2 or losses_NM.shape[1] == 1:
        return members
    return np.asarray(members[farthest_first(losses_NM[members])])


def top(losses_NM: Array, violation_N: Array, count: int) -> list[int]:
    """The best *count* rows, best first.

    Feasible before infeasible; the infeasible by total violation; the feasible by non-dominated rank, and
    farthest-first within a rank. With one objective this is the order of its values, ties by arrival.
    """
    out: list[int] = []
    for members, take in layers(losses_NM, violation_N, count):
        out += [int(i) for i in spread(losses_NM, members)[:take]]
    return out


def among(losses_NM: Array, violation_N: Array, eligible_N: npt.NDArray[np.bool_], count: int) -> Iterator[int]:
    """The eligible rows of `top`, best first, found one by one without ordering more than is needed."""
    for members, take in layers(losses_NM, violation_N, count):
        if not eligible_N[members].any():
            continue
        for i in spread(losses_NM, members)[:take]:
            if eligible_N[i]:
                yield int(i)


def is_among(losses_NM: Array, violation_N: Array, row: int, count: int) -> bool:
    """Whether *row* is one of `top`."""
    eligible_N = np.zeros(len(violation_N), dtype=np.bool_)
    eligible_N[row] = True
    return next(among(losses_NM, violation_N, eligible_N, count), None) is not None


def is_on_front(losses_NM: Array, violation_N: Array, row: int) -> bool:
    """Whether *row* is feasible and no feasible row dominates it."""
    if violation_N[row] > 0:
        return False
    feasible_KM = losses_NM[violation_N == 0]
    no_worse_K = (feasible_KM <= losses_NM[row]).all(axis=1)
    return not (no_worse_K & (feasible_KM < losses_NM[row]).any(axis=1)).any()


def strata(losses_NM: Array, violation_N: Array) -> npt.NDArray[np.int64]:
    """The order of `top` without its spread, as a number for each row: equals share one, better ones have less."""
    out_N = np.zeros(len(violation_N), dtype=np.int64)
    is_feasible_N = violation_N == 0
    ranks_K = nondominated_ranks(losses_NM[is_feasible_N])
    out_N[is_feasible_N] = ranks_K
    first = int(ranks_K.max()) + 1 if len(ranks_K) else 0
    out_N[~is_feasible_N] = first + np.unique(violation_N[~is_feasible_N], return_inverse=True)[1]
    return out_N


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
    width_M = np.where(width_M > 0, width_M, np.maximum(1e-3, 0.1 * np.abs(ideal_M)))
    return np.asarray(np.where(nadir_M > ideal_M, nadir_M, worst_M) + 0.1 * width_M)


def _bounded(losses: Array) -> Array:
    return np.clip(losses, -MAX_LOSS, MAX_LOSS)
