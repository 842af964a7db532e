"""Suggest: hand out trials to run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from assay_server.domain.copies import replace
from assay_server.domain.errors import InvalidArgument
from assay_server.domain.names import StudyName
from assay_server.domain.strategy import Freshness, has_brackets
from assay_server.domain.study import Study, StudyEndReason, StudyState
from assay_server.domain.trial import Trial, TrialOrigin, TrialState
from assay_server.ports import UnitOfWork

from .create_study import new_trial
from .ending import creates_no_more, end_if_over, spent
from .leasing import grant, renew
from .ledger import Ledger
from .settling import settle
from .thaw import thawed, waits_for_opinion, weighs
from .tools import Tools

MAX_COUNT = 64
MAX_ELIGIBLE = 64
"""Paused trials that are weighed against a new one; the scheduler names the most deserving first."""
MAX_WORKER_NAME = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggest:
    """A worker asks."""

    study: StudyName
    worker: str
    count: int = 1
    """Trials the worker wants to hold."""
    min_results_seen: int | None = None
    """Candidates that have seen fewer results are not good enough (STRICT); None: as of now."""

    def validate(self) -> None:
        """Raises InvalidArgument."""
        if not (1 <= len(self.worker) <= MAX_WORKER_NAME and self.worker.isprintable()):
            raise InvalidArgument.of("worker", f"1 to {MAX_WORKER_NAME} printable characters, not {self.worker!r}")
        if not 1 <= self.count <= MAX_COUNT:
            raise InvalidArgument.of("count", f"{self.count} is not in [1, {MAX_COUNT}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What to run."""

    study: Study
    trials: tuple[Trial, ...] = ()
    end_reason: StudyEndReason | None = None
    num_wanted: int = 0
    """Candidates that would be taken at once if there were any."""


def suggest(uow: UnitOfWork, tools: Tools, ask: Suggest) -> Suggestion:
    """Trials for the worker: those it holds already, then queued, promotable and new ones.

    With a study that is over: none, and the reason.

    Raises:
        StudyNotFound, InvalidArgument.
    """
    ask.validate()
    study = uow.study(ask.study)
    if study.state is not StudyState.ACTIVE:
        return Suggestion(study=study, end_reason=study.end_reason)
    if ask.min_results_seen is None:
        ask = replace(ask, min_results_seen=results_to_see(study))
    ledger = Ledger(uow, study)
    trials = [ledger.put(renew(uow, ledger, t)) for t in uow.trials_held_by(study.uid, ask.worker)][: ask.count]
    while len(trials) < ask.count and spent(ledger.study, uow) is None:
        trial = _next(uow, tools, ledger, ask)
        if trial is None:
            break
        trials.append(trial)
    ended = study if trials else end_if_over(uow, tools, ledger)
    is_wanting = ended.state is StudyState.ACTIVE and _admits(uow, tools, ledger.study)
    num_wanted = num_takeable(ledger.study, ask.count - len(trials)) if is_wanting else 0
    tally = ledger.close()
    return Suggestion(
        study=replace(ended, tally=tally), trials=tuple(trials), end_reason=ended.end_reason, num_wanted=num_wanted
    )


def _next(uow: UnitOfWork, tools: Tools, ledger: Ledger, ask: Suggest) -> Trial | None:
    if _slots(ledger.study) == 0:
        return None
    if waiting := _queued(uow, ledger) or _promoted(uow, tools, ledger, ask.min_results_seen or 0):
        return grant(uow, ledger, waiting, worker=ask.worker, token=tools.ids.token())
    new = _new(uow, tools, ledger, ask)
    return None if new is None else grant(uow, ledger, new, worker=ask.worker, token=tools.ids.token(), is_new=True)


def _queued(uow: UnitOfWork, ledger: Ledger) -> Trial | None:
    study = ledger.study
    return uow.next_queued(study.uid) if study.tally.count(TrialState.QUEUED) else None


def _promoted(uow: UnitOfWork, tools: Tools, ledger: Ledger, min_results_seen: int) -> Trial | None:
    """The paused trial that goes on, with its next budget granted."""
    study = ledger.study
    if not study.tally.count(TrialState.PAUSED):
        return None
    scheduler, view = tools.scheduler_of(study), tools.rungs.view(uow, study)
    is_last = creates_no_more(study) is not None
    if settle(uow, ledger, scheduler.settled(view, is_last=is_last)):
        view = tools.rungs.view(uow, study)
    promotable = scheduler.promotable(view, is_last=is_last)
    if weighs(study):
        if waits_for_opinion(uow, study, min_results_seen):
            return None
        next_new = uow.oldest_candidate(study.uid, min_results_seen=min_results_seen)
        found = thawed(list(islice(promotable, MAX_ELIGIBLE)), None if next_new is None else next_new.verdict)
    else:
        found = next(promotable, None)
    if found is None:
        return None
    trial = uow.trial(study, found.trial)
    result = uow.rung_result(study.uid, found.trial, found.step)
    assert result is not None, "a promotable trial has a result at its rung"
    promoted = ledger.put(replace(trial, until_step=scheduler.next_step(found.step)))
    ledger.put_rung_result(replace(result, waiting=False, promoted=True))
    return promoted


def _new(uow: UnitOfWork, tools: Tools, ledger: Ledger, ask: Suggest) -> Trial | None:
    """A trial of the next candidate, not stored yet."""
    study = ledger.study
    limit = study.spec.budget.max_trials
    if limit is not None and study.tally.num_created >= limit:
        return None
    if not _admits(uow, tools, study):
        return None
    candidate = uow.take_candidate(study.uid, min_results_seen=ask.min_results_seen or 0)
    if candidate is None:
        return None
    trial = new_trial(uow, tools, ledger, candidate.configuration, origin=TrialOrigin.GENERATED)
    return replace(trial, generation=candidate.generation)


def _admits(uow: UnitOfWork, tools: Tools, study: Study) -> bool:
    """Whether the scheduler lets a new trial begin."""
    if not has_brackets(study.strategy.scheduler):
        return True
    return tools.scheduler_of(study).admits(tools.rungs.view(uow, study))


def _slots(study: Study) -> int | None:
    """How many more may run at the same time; None: any number."""
    limit = study.spec.budget.parallelism
    return None if limit is None else max(0, limit - study.tally.count(TrialState.RUNNING))


def num_takeable(study: Study, missing: int) -> int:
    """How many of *missing* candidates would be taken at once: no more than may run or be created."""
    if creates_no_more(study) is not None:
        return 0
    limit = study.spec.budget.max_trials
    bounds = (missing, _slots(study), None if limit is None else limit - study.tally.num_created)
    return max(0, min(bound for bound in bounds if bound is not None))


def results_to_see(study: Study) -> int:
    """How many results a candidate must have seen for an asker that comes now."""
    return study.tally.num_results if study.strategy.freshness is Freshness.STRICT else 0
