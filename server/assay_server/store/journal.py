"""Statements on the log of a study, and on what requests were answered with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from assay_server.domain.event import StudyEvent
from assay_server.ports import StoredAnswer
from assay_server.store.rows.event import EVENT_COLUMNS, event_from_row, event_to_row
from assay_server.store.session import Session
from assay_server.store.statement import delete, insert, select, upsert
from assay_server.store.times import to_micros

ANSWERS_KEPT_FOR = timedelta(hours=24)

ADD_EVENT = insert("study_event", EVENT_COLUMNS)
LAST_SEQUENCE = select(("coalesce(max(sequence), 0)",), "FROM study_event WHERE study_uid = :study_uid")
EVENTS = select(
    EVENT_COLUMNS,
    "FROM study_event WHERE study_uid = :study_uid AND sequence < :before ORDER BY sequence DESC LIMIT :limit",
)
NEWEST_FIRST = 2**63 - 1
"""Before this sequence number comes every event."""

ANSWER_COLUMNS = ("project", "request_id", "created", "fingerprint", "answer")
ANSWER = select(
    ("fingerprint", "answer"),
    "FROM answer WHERE project = :project AND request_id = :request_id AND created > :after",
)
REMEMBER = upsert("answer", ANSWER_COLUMNS, ("project", "request_id"))
FORGET = delete("answer", "created < :before")


class Journal(Session):
    """ports.UnitOfWork, log and idempotency."""

    def log(self, study_uid: str, event: StudyEvent) -> None:
        row = self._row(LAST_SEQUENCE, {"study_uid": study_uid})
        assert row is not None
        stored = event_to_row(event, study_uid=study_uid, sequence=row[0] + 1, at=self._now)
        self._write(study_uid, ADD_EVENT, stored)

    def events(self, study_uid: str, *, limit: int, before_sequence: int | None = None) -> Sequence[StudyEvent]:
        before = NEWEST_FIRST if before_sequence is None else before_sequence
        rows = self._rows(EVENTS, {"study_uid": study_uid, "before": before, "limit": limit})
        return [event_from_row(row) for row in rows]

    def answer(self, project: str, request_id: str) -> StoredAnswer | None:
        after = to_micros(self._now - ANSWERS_KEPT_FOR)
        row = self._row(ANSWER, {"project": project, "request_id": request_id, "after": after})
        return None if row is None else StoredAnswer(fingerprint=row[0], answer=row[1])

    def remember(self, project: str, request_id: str, answer: StoredAnswer) -> None:
        self._begin_writing()
        self._cursor.execute(
            REMEMBER,
            {
                "project": project,
                "request_id": request_id,
                "created": to_micros(self._now),
                "fingerprint": answer.fingerprint,
                "answer": answer.answer,
            },
        )

    def forget_answers(self, older_than: timedelta) -> int:
        self._begin_writing()
        self._cursor.execute(FORGET, {"before": to_micros(self._now - older_than)})
        return self._cursor.rowcount
