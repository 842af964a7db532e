"""Heartbeat: a worker lives."""

from __future__ import annotations

from dataclasses import dataclass

from assay_server.domain.lease import Lease
from assay_server.domain.names import TrialName
from assay_server.domain.rung import Action, Directive, Reason
from assay_server.domain.study import StudyState
from assay_server.domain.trial import TrialState
from assay_server.ports import UnitOfWork

from .ending import spent
from .leasing import check, load, renew
from .ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A worker lives."""

    trial: TrialName
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The renewed lease, or the news that it is over."""

    directive: Directive
    lease: Lease | None


def heartbeat(uow: UnitOfWork, ask: Heartbeat) -> Beat:
    """CONTINUE with a renewed lease; STOP when the study is over or the trial was stopped.

    After STOP the worker may still report or complete what it has.

    Raises:
        StudyNotFound, TrialNotFound, LeaseLost, WrongTrialState.
    """
    study, trial = load(uow, ask.trial)
    if trial.state is TrialState.STOPPED and trial.lease is not None and trial.lease.token == ask.token:
        reason = Reason.STOPPED_BY_USER if study.state is StudyState.ACTIVE else Reason.STUDY_OVER
        return Beat(directive=Directive(action=Action.STOP, reason=reason), lease=None)
    check(study, trial, ask.token, act="heartbeat")
    ledger = Ledger(uow, study)
    trial = ledger.put(renew(uow, ledger, trial))
    ledger.close()
    if study.state is not StudyState.ACTIVE or spent(study, uow) is not None:
        return Beat(directive=Directive(action=Action.STOP, reason=Reason.STUDY_OVER), lease=trial.lease)
    return Beat(directive=Directive(action=Action.CONTINUE, until_step=trial.until_step), lease=trial.lease)
