"""Which trials are the front, or the best, without the noise of their measurements.

The best of many noisy values is too good to be true (the winner's curse). Joint draws from the models say how often
each trial is non-dominated, or best, among all that were run: a trial far from the others is so in every draw, one that
was lucky in few.

N is the number of trials, S of draws, M of metrics.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from assay_server.domain.analysis import Estimate, FrontQuestion, LikelyTrial
from assay_server.domain.candidate import StudySnapshot
from assay_server.pareto import nondominated_ranks, top

from .columns import Array
from .fitted import Fitted
from .sensitivity import losses_of, violations_of

NUM_DRAWS = 512
"""A probability of a half is known to 0.02."""
MAX_TRIALS = 400
"""Judged together, best by what the models expect: a joint draw costs the cube of their number."""
MIN_PROBABILITY = 0.01


def likely_front(
    fitted: Fitted, snapshot: StudySnapshot, question: FrontQuestion, rng: np.random.Generator
) -> tuple[LikelyTrial, ...]:
    """The trials that the question names and those that are likely enough, the likeliest first."""
    numbers, points_ND = _judged(fitted, snapshot, question)
    if not numbers:
        return ()
    probability_N = _probability(fitted, fitted.samples(points_ND, NUM_DRAWS, rng), question.objective)
    means_NM, deviations_NM = fitted.estimates(points_ND)
    found = [
        LikelyTrial(
            trial=number,
            estimates=estimates_of(fitted, means_NM[i], deviations_NM[i]),
            probability=float(probability_N[i]),
        )
        for i, number in enumerate(numbers)
        if probability_N[i] >= MIN_PROBABILITY or number in question.observed
    ]
    return tuple(sorted(found, key=lambda t: (-t.probability, t.trial)))


def estimates_of(fitted: Fitted, means_M: Array, deviations_M: Array) -> Mapping[str, Estimate]:
    """One point's estimates by metric."""
    return {
        name: Estimate(mean=float(mean), deviation=float(deviation))
        for name, mean, deviation in zip(fitted.names, means_M, deviations_M, strict=True)
    }


def _judged(fitted: Fitted, snapshot: StudySnapshot, question: FrontQuestion) -> tuple[list[int], Array]:
    """Numbers and points of the trials that are compared."""
    configurations = {o.number: o.configuration for o in snapshot.observations}
    known = [(n, c) for n in question.trials if (c := configurations.get(n)) is not None]
    encoded = [(n, p_D) for n, c in known if (p_D := fitted.encoding.encode(c)) is not None]
    if not encoded:
        return [], np.zeros((0, fitted.encoding.width))
    points_ND = fitted.at_step(np.array([p_D for _, p_D in encoded]))
    kept = np.arange(len(encoded))
    if len(encoded) > MAX_TRIALS:
        means_NM = fitted.means(points_ND)
        best = set(top(losses_of(fitted, means_NM), violations_of(fitted, means_NM), MAX_TRIALS))
        best |= {i for i, (n, _) in enumerate(encoded) if n in question.observed}
        kept = np.array(sorted(best))
    return [encoded[i][0] for i in kept], points_ND[kept]


def _probability(fitted: Fitted, draws_SNM: Array, objective: int | None) -> Array:
    """Share of the draws in which each trial is on the front, or is the best by *objective*."""
    losses_SNM, violations_SN = losses_of(fitted, draws_SNM), violations_of(fitted, draws_SNM)
    hits_N = np.zeros(draws_SNM.shape[1])
    for losses_NM, violations_N in zip(losses_SNM, violations_SN, strict=True):
        feasible = np.flatnonzero(violations_N == 0)
        if len(feasible) == 0:
            continue
        judged_KM = losses_NM[feasible] if objective is None else losses_NM[feasible, objective : objective + 1]
        hits_N[feasible[nondominated_ranks(judged_KM) == 0]] += 1
    return np.asarray(hits_N / len(draws_SNM))
