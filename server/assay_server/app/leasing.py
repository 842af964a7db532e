"""Leasing: granting a trial to a worker, and refusing those whose lease is gone."""

from __future__ import annotations

from datetime import timedelta

from assay_server.domain.copies import replace
from assay_server.domain.errors import LeaseLost, WrongTrialState
from assay_server.domain.lease import Lease
from assay_server.domain.names import TrialName
from assay_server.domain.provenance import Provenance
from assay_server.domain.study import Study
from assay_server.domain.trial import Attempt, FailureKind, Trial, TrialState
from assay_server.ports import UnitOfWork

from .ledger import Ledger


def grant(uow: UnitOfWork, ledger: Ledger, trial: Trial, *, worker: str, token: str, is_new: bool = False) -> Trial:
    """Lease a QUEUED or PAUSED trial to *worker*: a new attempt. One that *is_new* is stored by this."""
    study = ledger.study
    number = trial.num_attempts + 1
    lease = Lease(
        worker=worker,
        token=token,
        attempt=number,
        ttl_s=study.lease_ttl_s,
        expires_at=uow.now + timedelta(seconds=study.lease_ttl_s),
    )
    start_step = trial.checkpoint.step or 0 if trial.checkpoint else 0
    leased = replace(trial, lease=lease, num_attempts=number, started_at=trial.started_at or uow.now)
    granted = (
        ledger.add(replace(leased, state=TrialState.RUNNING)) if is_new else ledger.move(leased, TrialState.RUNNING)
    )
    uow.put_attempt(granted, Attempt(number=number, worker=worker, started_at=uow.now, start_step=start_step))
    return granted


def check(study: Study, trial: Trial, token: str, *, act: str) -> None:
    """Refuse an act on *trial* by anyone but its last lease's holder, or in a state that has none.

    A lease that ran out but was given to nobody else is still good (the trial is RUNNING, or QUEUED again).

    Raises:
        LeaseLost: the token is not the last lease's.
        WrongTrialState: the trial is paused or terminal.
    """
    name = study.name.trial(trial.number)
    if trial.lease is None or trial.lease.token != token:
        holder = trial.lease.worker if trial.lease and trial.state is TrialState.RUNNING else None
        raise LeaseLost(str(name), holder=holder)
    if trial.state not in (TrialState.RUNNING, TrialState.QUEUED):
        raise WrongTrialState(str(name), state=trial.state.value, act=act)


def renew(uow: UnitOfWork, ledger: Ledger, trial: Trial) -> Trial:
    """Extend the lease of a trial that passed `check`; one that was queued again runs again.

    The death that its expiry counted is taken back: the worker is alive.
    """
    assert trial.lease is not None
    renewed = replace(trial, lease=trial.lease.renewed(uow.now))
    if trial.state is TrialState.RUNNING:
        return renewed
    attempt = uow.attempt(trial, trial.lease.attempt)
    uow.put_attempt(trial, replace(attempt, ended_at=None, failure_kind=None, failure_message=""))
    return ledger.move(replace(renewed, num_deaths=max(0, trial.num_deaths - 1)), TrialState.RUNNING)


def end_attempt(
    uow: UnitOfWork,
    trial: Trial,
    *,
    failure_kind: FailureKind | None = None,
    message: str = "",
    provenance: Provenance | None = None,
) -> None:
    """Close the last lease's attempt, with the reason if it died."""
    assert trial.lease is not None
    attempt = uow.attempt(trial, trial.lease.attempt)
    latest = trial.latest
    has_reported = latest is not None and latest.created_at is not None and latest.created_at >= attempt.started_at
    uow.put_attempt(
        trial,
        replace(
            attempt,
            ended_at=uow.now,
            last_step=trial.last_step if has_reported else None,
            failure_kind=failure_kind,
            failure_message=message,
            provenance=provenance or attempt.provenance,
        ),
    )


def load(uow: UnitOfWork, name: TrialName) -> tuple[Study, Trial]:
    """The trial and its study. Raises StudyNotFound, TrialNotFound."""
    study = uow.study(name.study)
    return study, uow.trial(study, name.number)
