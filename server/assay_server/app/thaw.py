"""Thaw or start: which paused trial goes on, or none where a new one promises more.

The scheduler has the veto: only what it lets go on is thawed. Among that the model decides that made the next
candidate, by the improvement that it expects per cost still to pay. Where it has no opinion (it is cold, predicts
badly, or has not seen a trial yet) the scheduler's order counts.
"""

from __future__ import annotations

from assay_server.domain.candidate import Verdict
from assay_server.domain.phases import current_phase
from assay_server.domain.strategy import AsynchronousHalving, Bayesian, Freshness
from assay_server.domain.study import Study
from assay_server.ports import UnitOfWork
from assay_server.scheduling import WaitingTrial

from .ending import creates_no_more

MAX_HELD_BACK = 3
"""Trials that the scheduler would let go on and a model holds back for new ones; of more, the best goes on. Without a
bound a model that always hopes for better would never finish anything."""


def thawed(
    eligible: list[WaitingTrial], verdict: Verdict | None, *, max_held_back: int = MAX_HELD_BACK
) -> WaitingTrial | None:
    """The one of *eligible*, which are in the scheduler's order, that goes on now; None: start a new trial."""
    if not eligible or verdict is None:
        return eligible[0] if eligible else None
    by_number = {w.trial: w for w in eligible}
    for number in verdict.better:
        if number in by_number:
            return by_number[number]
    worse = [by_number[number] for number in verdict.worse if number in by_number]
    unknown = [w for w in eligible if w not in worse]
    if unknown:
        return unknown[0]
    return worse[0] if len(worse) > max_held_back else None


def weighs(study: Study) -> bool:
    """Whether a model's opinion is asked before a trial is thawed."""
    if creates_no_more(study) is not None or not isinstance(study.strategy.scheduler, AsynchronousHalving):
        return False
    phase, _ = current_phase(study.strategy, study.tally.num_generated, study.tally.num_feasible)
    return isinstance(study.strategy.phases[phase].generator, Bayesian)


def waits_for_opinion(uow: UnitOfWork, study: Study, min_results_seen: int) -> bool:
    """Whether the asker of a STRICT study must wait for a model that has seen all results; others never do."""
    if study.strategy.freshness is not Freshness.STRICT or not weighs(study):
        return False
    return uow.oldest_candidate(study.uid, min_results_seen=min_results_seen) is None
