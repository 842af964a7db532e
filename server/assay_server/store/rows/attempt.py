"""Attempts and their provenance <-> rows."""

from __future__ import annotations

from assay_server.domain.provenance import Provenance
from assay_server.domain.trial import Attempt, FailureKind
from assay_server.store.json_text import dumps, loads
from assay_server.store.rows.cells import Cell, Row
from assay_server.store.times import from_micros, from_micros_or_none, to_micros, to_micros_or_none

ATTEMPT_COLUMNS = (
    *("study_uid", "trial", "number", "worker", "started", "start_step", "ended", "last_step", "failure_kind"),
    *("failure_message", "provenance"),
)


def attempt_to_row(attempt: Attempt, *, study_uid: str, trial: int) -> dict[str, Cell]:
    """The row of a trial's attempt."""
    return {
        "study_uid": study_uid,
        "trial": trial,
        "number": attempt.number,
        "worker": attempt.worker,
        "started": to_micros(attempt.started_at),
        "start_step": attempt.start_step,
        "ended": to_micros_or_none(attempt.ended_at),
        "last_step": attempt.last_step,
        "failure_kind": attempt.failure_kind and attempt.failure_kind.value,
        "failure_message": attempt.failure_message,
        "provenance": None if attempt.provenance is None else _provenance_to_text(attempt.provenance),
    }


def attempt_from_row(row: Row) -> Attempt:
    """The inverse of `attempt_to_row`, up to whose it is."""
    _, _, number, worker, started, start_step, ended, last_step, failure_kind, failure_message, provenance = row
    return Attempt(
        number=number,
        worker=worker,
        started_at=from_micros(started),
        start_step=start_step,
        ended_at=from_micros_or_none(ended),
        last_step=last_step,
        failure_kind=None if failure_kind is None else FailureKind(failure_kind),
        failure_message=failure_message,
        provenance=None if provenance is None else _provenance_from_text(provenance),
    )


def _provenance_to_text(provenance: Provenance) -> str:
    return dumps(
        {
            "seed": provenance.seed,
            "code_version": provenance.code_version,
            "code_dirty": provenance.code_dirty,
            "dataset_fingerprint": provenance.dataset_fingerprint,
            "evaluation_protocol": provenance.evaluation_protocol,
            "environment": dict(provenance.environment),
            "hardware": provenance.hardware,
        }
    )


def _provenance_from_text(text: str) -> Provenance:
    data = loads(text)
    return Provenance(
        seed=data["seed"],
        code_version=data["code_version"],
        code_dirty=data["code_dirty"],
        dataset_fingerprint=data["dataset_fingerprint"],
        evaluation_protocol=data["evaluation_protocol"],
        environment=data["environment"],
        hardware=data["hardware"],
    )
