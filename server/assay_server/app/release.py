"""Release: hand a trial back."""

from __future__ import annotations

from dataclasses import dataclass

from assay_server.domain.copies import replace
from assay_server.domain.errors import InvalidArgument
from assay_server.domain.names import TrialName
from assay_server.domain.study import StudyState
from assay_server.domain.trial import Checkpoint, FailureKind, Trial, TrialState
from assay_server.ports import UnitOfWork

from .ending import end_if_over
from .fail import MAX_MESSAGE
from .leasing import check, end_attempt, load, renew
from .ledger import Ledger
from .measuring import absorb, measurement_violations
from .tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A worker has to leave."""

    trial: TrialName
    token: str
    checkpoint: Checkpoint | None = None
    message: str = ""


def release(uow: UnitOfWork, tools: Tools, ask: Release) -> Trial:
    """The trial, QUEUED to be resumed by whoever asks next; STOPPED in a study that is over. Not a death.

    Raises:
        StudyNotFound, TrialNotFound, InvalidArgument, LeaseLost, WrongTrialState.
    """
    study, trial = load(uow, ask.trial)
    check(study, trial, ask.token, act="release")
    if found := measurement_violations(study, (), ask.checkpoint, None):
        raise InvalidArgument(found)
    ledger = Ledger(uow, study)
    trial = absorb(uow, ledger, renew(uow, ledger, trial), (), ask.checkpoint, None)
    end_attempt(uow, trial, failure_kind=FailureKind.PREEMPTED, message=ask.message[:MAX_MESSAGE])
    state = TrialState.QUEUED if study.state is StudyState.ACTIVE else TrialState.STOPPED
    ledger.move(replace(trial, lease=None), state)
    end_if_over(uow, tools, ledger)
    ledger.close()
    return uow.trial(study, trial.number)
