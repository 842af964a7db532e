"""Convergence: the hypervolume of the full results has stopped growing."""

from __future__ import annotations

import numpy as np

from assay_server import pareto
from assay_server.domain.budget import Convergence
from assay_server.domain.study import Study
from assay_server.domain.trial import TrialOrigin, TrialState
from assay_server.ports import UnitOfWork

from .front import full_results

FENCE = 1.5
"""Interquartile ranges above the upper quartile beyond which a result says nothing about the scale (Tukey 1977)."""


def has_converged(uow: UnitOfWork, study: Study) -> bool:
    """Whether the last results of trials that were run, as many as the budget's rule says, brought too little.

    What was measured elsewhere counts for what was reached, but not as a result of the window.
    """
    rule = study.spec.budget.convergence
    if rule is None:
        return False
    results = full_results(uow, study)
    if len(results) <= rule.window_trials:
        return False
    losses_NM, violation_N = pareto.arrays([r.score for r in results])
    given = [None if o.threshold is None else o.loss(o.threshold) for o in study.spec.objectives]
    if not has_stalled(losses_NM, violation_N, given, len(results) - rule.window_trials, rule):
        return False
    # Read only now: of a study with thousands of trials that takes a while, and a longer window grew no less.
    ended = uow.trials_in(study.uid, (TrialState.SUCCEEDED,))
    elsewhere = {t.number for t in ended if t.origin is TrialOrigin.EXTERNAL}
    run = [i for i, r in enumerate(results) if r.trial not in elsewhere]
    if len(run) < rule.window_trials:
        return False
    return has_stalled(losses_NM, violation_N, given, run[-rule.window_trials], rule)


def has_stalled(
    losses_NM: pareto.Array,
    violation_N: pareto.Array,
    given_M: list[float | None],
    num_before: int,
    rule: Convergence,
) -> bool:
    """Whether the hypervolume grew too little after the first *num_before* results, in order of arrival.

    Both volumes are against the same reference point: thresholds as given (as losses), the others inferred from the
    feasible results without those far from the rest. False as long as there is nothing feasible within it.
    """
    feasible_N = violation_N == 0
    if not feasible_N[:num_before].any():
        return False
    reference_M = _reference(losses_NM[feasible_N], given_M)
    before = pareto.hypervolume(losses_NM[:num_before][feasible_N[:num_before]], reference_M)
    after = pareto.hypervolume(losses_NM[feasible_N], reference_M)
    return before > 0 and after - before <= rule.share * after


def _reference(losses_KM: pareto.Array, given_M: list[float | None]) -> pareto.Array:
    """One diverged result would make the volume so large that nothing counts as growth any more."""
    lower_M, upper_M = np.quantile(losses_KM, [0.25, 0.75], axis=0)
    usual_K = (losses_KM <= upper_M + FENCE * (upper_M - lower_M)).all(axis=1)
    inferred_M = pareto.infer_reference(losses_KM[usual_K] if usual_K.any() else losses_KM)
    return np.array([float(x) if g is None else g for g, x in zip(given_M, inferred_M, strict=True)])
