"""Events of a study's log <-> rows."""

from __future__ import annotations

from datetime import datetime

from assay_server.domain.event import Severity, StudyEvent
from assay_server.store.rows.cells import Cell, Row
from assay_server.store.times import from_micros, to_micros

EVENT_COLUMNS = ("study_uid", "sequence", "at", "severity", "kind", "message", "trial")


def event_to_row(event: StudyEvent, *, study_uid: str, sequence: int, at: datetime) -> dict[str, Cell]:
    """The row of an event, stored as number *sequence* at time *at*."""
    return {
        "study_uid": study_uid,
        "sequence": sequence,
        "at": to_micros(at),
        "severity": event.severity.value,
        "kind": event.kind,
        "message": event.message,
        "trial": event.trial,
    }


def event_from_row(row: Row) -> StudyEvent:
    """The inverse of `event_to_row`, up to whose it is."""
    _, sequence, at, severity, kind, message, trial = row
    return StudyEvent(
        severity=Severity(severity), kind=kind, message=message, trial=trial, at=from_micros(at), sequence=sequence
    )
