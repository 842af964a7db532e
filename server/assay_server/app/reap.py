"""Reap: return trials whose lease ran out, and end studies that are over though nobody asks."""

from __future__ import annotations

from dataclasses import dataclass

from assay_server.domain.study import StudyState
from assay_server.domain.trial import FailureKind, Trial
from assay_server.ports import UnitOfWork

from .ending import end_if_over
from .fail import died
from .leasing import end_attempt
from .ledger import Ledger
from .tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """What was found."""

    num_leases_expired: int
    num_studies_ended: int


def reap(uow: UnitOfWork, tools: Tools, limit: int = 100) -> Reaped:
    """Queue at most *limit* trials again whose workers fell silent; end studies with no time or space left.

    A trial keeps its last lease, so that a late report of its worker is still welcome until it is handed to
    another one.
    """
    expired = uow.expired_trials(limit)
    for trial in expired:
        _expire(uow, tools, trial)
    return Reaped(num_leases_expired=len(expired), num_studies_ended=_end_overdue(uow, tools))


def _expire(uow: UnitOfWork, tools: Tools, trial: Trial) -> None:
    assert trial.lease is not None
    ledger = Ledger(uow, uow.study_of(trial.study_uid))
    message = f"worker {trial.lease.worker} was silent for more than {trial.lease.ttl_s:g} s"
    end_attempt(uow, trial, failure_kind=FailureKind.LEASE_EXPIRED, message=message)
    died(uow, ledger, trial, message)
    end_if_over(uow, tools, ledger)
    ledger.close()


def _end_overdue(uow: UnitOfWork, tools: Tools) -> int:
    num_ended = 0
    for study in uow.active_studies():
        if study.spec.budget.max_duration_s is None and not study.tally.exhausted:
            continue  # all else is noticed by the act that brings it about
        ledger = Ledger(uow, study)
        num_ended += end_if_over(uow, tools, ledger).state is not StudyState.ACTIVE
        ledger.close()
    return num_ended
