"""Fail: an attempt died."""

from __future__ import annotations

from dataclasses import dataclass

from assay_server.domain.copies import replace
from assay_server.domain.errors import InvalidArgument
from assay_server.domain.event import Severity, StudyEvent
from assay_server.domain.names import TrialName
from assay_server.domain.provenance import Provenance
from assay_server.domain.study import StudyState
from assay_server.domain.trial import FailureKind, Trial, TrialState
from assay_server.ports import UnitOfWork

from .ending import end_if_over
from .leasing import check, end_attempt, load, renew
from .ledger import Ledger
from .tools import Tools

MAX_MESSAGE = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """What happened."""

    trial: TrialName
    token: str
    kind: FailureKind = FailureKind.CRASHED
    """CRASHED or INFEASIBLE."""
    message: str = ""
    permanent: bool = False
    """Do not try again."""
    provenance: Provenance | None = None


def fail(uow: UnitOfWork, tools: Tools, ask: Fail) -> Trial:
    """The trial: QUEUED again, or FAILED after its last attempt, or INFEASIBLE.

    Raises:
        StudyNotFound, TrialNotFound, InvalidArgument, LeaseLost, WrongTrialState.
    """
    study, trial = load(uow, ask.trial)
    check(study, trial, ask.token, act="fail")
    if found := tuple(ask.provenance.violations("provenance")) if ask.provenance else ():
        raise InvalidArgument(found)
    ledger = Ledger(uow, study)
    trial = renew(uow, ledger, trial)
    message = ask.message[:MAX_MESSAGE]
    end_attempt(uow, trial, failure_kind=ask.kind, message=message, provenance=ask.provenance)
    if ask.kind is FailureKind.INFEASIBLE:
        trial = ledger.move(replace(trial, lease=None, feasible=False), TrialState.INFEASIBLE)
        ledger.learnt(num_results=1)
    else:
        trial = died(uow, ledger, replace(trial, lease=None), message, permanent=ask.permanent)
    end_if_over(uow, tools, ledger)
    ledger.close()
    return uow.trial(study, trial.number)


def died(uow: UnitOfWork, ledger: Ledger, trial: Trial, message: str, *, permanent: bool = False) -> Trial:
    """Count a death of a RUNNING trial: it is queued again or, after the last, FAILED; STOPPED if the study is over."""
    study = ledger.study
    trial = replace(trial, num_deaths=trial.num_deaths + 1)
    if permanent or trial.num_deaths >= study.max_attempts:
        state, severity = TrialState.FAILED, Severity.ERROR
        ledger.learnt(num_results=1)
    elif study.state is not StudyState.ACTIVE:
        state, severity = TrialState.STOPPED, Severity.INFO
    else:
        state, severity = TrialState.QUEUED, Severity.WARNING
    first_line = message.strip().splitlines()[-1][:500] if message.strip() else "no reason given"
    text = f"attempt {trial.num_attempts} of trial {trial.number} died, now {state.value}: {first_line}"
    uow.log(study.uid, StudyEvent(severity=severity, kind="ATTEMPT_DIED", message=text, trial=trial.number))
    return ledger.move(trial, state)
