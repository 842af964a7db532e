"""Ending: when a study is over, and what happens to its trials then."""

from __future__ import annotations

from assay_server.domain.copies import replace
from assay_server.domain.event import Severity, StudyEvent
from assay_server.domain.study import Study, StudyEndReason, StudyState
from assay_server.domain.trial import Trial, TrialState
from assay_server.ports import UnitOfWork

from .convergence import has_converged
from .ledger import Ledger
from .tools import Tools


def spent(study: Study, uow: UnitOfWork) -> StudyEndReason | None:
    """The limit that is used up for good, whatever still runs."""
    budget, tally = study.spec.budget, study.tally
    if budget.max_cost is not None and tally.cost >= budget.max_cost:
        return StudyEndReason.MAX_COST
    limit = budget.max_duration_s
    # Not created_at + limit: a limit of thousands of years is beyond what a date can say.
    if limit is not None and (uow.now - study.created_at).total_seconds() >= limit:
        return StudyEndReason.MAX_DURATION
    return None


def creates_no_more(study: Study) -> StudyEndReason | None:
    """Why no new trial will be created, if so; the open ones still run to their ends."""
    limit = study.spec.budget.max_trials
    if limit is not None and study.tally.num_created >= limit:
        return StudyEndReason.MAX_TRIALS
    return StudyEndReason.SPACE_EXHAUSTED if study.tally.exhausted else None


def reaches_targets(study: Study, trial: Trial) -> bool:
    """Whether a SUCCEEDED trial is as good as the budget's targets ask, all together."""
    targets = study.spec.budget.targets
    if not targets or not trial.feasible or trial.final is None or trial.incomparable:
        return False
    values = trial.final.values()
    losses = {o.metric: o.loss for o in study.spec.objectives}
    return all(losses[t.metric](values[t.metric]) <= losses[t.metric](t.value) for t in targets)


def end_if_over(uow: UnitOfWork, tools: Tools, ledger: Ledger, *, finished: Trial | None = None) -> Study:
    """End the study if its budget is used up, its targets are reached, it has converged or nothing is left to do.

    Call it at the end of every act that changes what is left; *finished* is the trial that just SUCCEEDED, if any.
    Whether it has converged is looked at when there is one.
    """
    study = ledger.study
    if study.state is not StudyState.ACTIVE:
        return study
    reason = spent(study, uow)
    if reason is None and finished is not None and reaches_targets(study, finished):
        reason = StudyEndReason.TARGET_REACHED
    if reason is None and finished is not None and has_converged(uow, study):
        reason = StudyEndReason.CONVERGED
    if reason is None:
        reason = _nothing_left(uow, tools, study)
    return study if reason is None else end(uow, ledger, StudyState.COMPLETED, reason)


def end(uow: UnitOfWork, ledger: Ledger, state: StudyState, reason: StudyEndReason) -> Study:
    """End the study now. Waiting trials are STOPPED; running ones are told by their next report or heartbeat."""
    for trial in uow.trials_in(ledger.study.uid, (TrialState.QUEUED, TrialState.PAUSED)):
        ledger.move(trial, TrialState.STOPPED)
    for result in uow.rung_results(ledger.study.uid):
        if result.waiting:
            ledger.put_rung_result(replace(result, waiting=False))
    uow.drop_candidates(ledger.study.uid, max_results_seen=ledger.tally.num_results)
    study = replace(
        ledger.study,
        state=state,
        end_reason=reason,
        ended_at=uow.now,
        updated_at=uow.now,
        version=ledger.study.version + 1,
    )
    uow.put_study(study)
    message = f"the study is over: {reason.value}"
    uow.log(study.uid, StudyEvent(severity=Severity.INFO, kind="STUDY_ENDED", message=message))
    return study


def _nothing_left(uow: UnitOfWork, tools: Tools, study: Study) -> StudyEndReason | None:
    tally = study.tally
    reason = creates_no_more(study)
    if reason is None or tally.num_open > 0:
        return None
    if reason is StudyEndReason.SPACE_EXHAUSTED and uow.num_candidates(study.uid) > 0:
        return None
    return None if _anyone_waits(uow, tools, study) else reason


def _anyone_waits(uow: UnitOfWork, tools: Tools, study: Study) -> bool:
    """Whether a paused trial may go on, though no new ones come."""
    if not study.tally.count(TrialState.PAUSED):
        return False
    view = tools.rungs.view(uow, study)
    return next(tools.scheduler_of(study).promotable(view, is_last=True), None) is not None
