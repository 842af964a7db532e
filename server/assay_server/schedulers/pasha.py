"""Progressive asynchronous halving, PASHA (Bohdal et al. 2023): the maximum grows while rankings still change."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from assay_server.pareto import MAX_LOSS, Array, strata, top
from assay_server.scheduling import Rung, RungView

from .asha import PromotingHalving

MAX_COMPARED = 100
"""The last so many trials of the highest rung are compared: the cost of a decision is bounded."""
NOISE_PERCENTILE = 90.0
"""As published."""


class ProgressiveHalving(PromotingHalving):
    """Asynchronous halving that goes no higher than needed to tell good from bad.

    Trials are promoted up to a maximum, at first the second rung. It is raised by a rung when the two highest rungs
    rank their trials differently, differences within noise aside. Use it when full trainings are expensive and the
    ranking is probably clear early. When no new trials come, the best floor(eta) of each rung go on to the top.

    Beside the paper: curves are compared at rungs, not at each step, and so noise is first known when three rungs
    are reached. Trials of the study are in bracket 0; baselines, which are promoted whatever the maximum, in none.
    """

    def __init__(self, rungs: Sequence[int], eta: float) -> None:
        """*rungs* are growing steps, the last one being a full evaluation; *eta* > 1."""
        super().__init__(rungs, eta)
        self._brackets = (0,)
        self._num_finalists = max(1, math.floor(eta))

    def place(self, rungs: RungView, *, number: int, seed: int) -> int | None:
        return 0

    def maximum(self, rungs: RungView, *, is_last: bool = False) -> int:
        """Index of the highest rung to which trials are promoted now.

        It never falls: whoever was sent to a rung shows that it was reached. With *is_last* the few that go on to
        the top do not count.
        """
        steps = self._ladder.rungs
        few = self._num_finalists if is_last else 0
        reached = 1
        for index in range(len(steps) - 1, 1, -1):
            num_sent = int(rungs.at(steps[index - 1], 0).promoted.sum())
            if max(num_sent, len(rungs.at(steps[index], 0).numbers)) > few:
                reached = index
                break
        if reached < len(steps) - 1 and ranking_changes([rungs.at(step, 0) for step in steps[: reached + 1]]):
            return reached + 1
        return reached

    def _quota(self, rungs: RungView, *, is_last: bool) -> Callable[[int, int], int]:
        maximum = self._ladder.rungs[self.maximum(rungs, is_last=is_last)]
        below = super()._quota(rungs, is_last=is_last)
        beyond = self._num_finalists if is_last else 0
        return lambda step, num_results: below(step, num_results) if step < maximum else min(beyond, num_results)


def ranking_changes(rungs: Sequence[Rung]) -> bool:
    """Whether the last two of *rungs*, from the lowest up, rank the trials that reached both differently.

    Soft, as published: a trial may stand in the place of any whose losses at the lower rung are within noise of its
    own; with several objectives also of any of the same non-dominated rank.
    """
    trials = [n for n in rungs[-1].numbers[-MAX_COMPARED:] if rungs[-2].row(n) is not None]
    if len(trials) < 2:
        return False
    low_NM, low_violation_N = _of(rungs[-2], trials)
    high_NM, high_violation_N = _of(rungs[-1], trials)
    noise_M = noise(rungs, trials)
    low_order = top(low_NM, low_violation_N, len(trials))
    high_order = top(high_NM, high_violation_N, len(trials))
    stratum_N = strata(low_NM, low_violation_N)
    for was, now in zip(low_order, high_order, strict=True):
        is_near = bool((np.abs(low_NM[was] - low_NM[now]) <= noise_M).all())
        is_as_valid = low_violation_N[was] == low_violation_N[now]
        if stratum_N[was] != stratum_N[now] and not (is_near and is_as_valid):
            return True
    return False


def noise(rungs: Sequence[Rung], trials: Sequence[int]) -> Array:
    """Differences that mean nothing, shape (M,): the 90th percentile of those between curves that cross twice.

    0 for an objective in which no two curves do.
    """
    known = [n for n in trials if all(rung.row(n) is not None for rung in rungs)]
    losses_RNM = np.array([_of(rung, known)[0] for rung in rungs])
    if len(known) < 2 or len(rungs) < 3:
        return np.zeros(rungs[-1].losses.shape[1])
    gap_RNNM = losses_RNM[:, :, None, :] - losses_RNM[:, None, :, :]
    out = np.zeros(gap_RNNM.shape[-1])
    for m in range(len(out)):
        gaps = _gaps_of_twice_crossed(gap_RNNM[..., m])
        out[m] = np.percentile(gaps, NOISE_PERCENTILE) if len(gaps) else 0.0
    return out


def _gaps_of_twice_crossed(gap_RNN: Array) -> Array:
    """The last gap, as a distance, of each pair of curves whose sign changes at least twice."""
    sign_RNN = np.sign(gap_RNN)
    last_NN = sign_RNN[0]
    num_changes_NN = np.zeros(last_NN.shape, dtype=np.int64)
    for sign_NN in sign_RNN[1:]:
        num_changes_NN += (sign_NN * last_NN) < 0
        last_NN = np.where(sign_NN != 0, sign_NN, last_NN)  # curves that touch have not crossed yet
    crossed_NN = np.triu(num_changes_NN >= 2, k=1)
    return np.asarray(np.abs(gap_RNN[-1])[crossed_NN])


def _of(rung: Rung, trials: Sequence[int]) -> tuple[Array, Array]:
    rows = [row for n in trials if (row := rung.row(n)) is not None]
    return np.clip(rung.losses[rows], -MAX_LOSS, MAX_LOSS), rung.violations[rows]
