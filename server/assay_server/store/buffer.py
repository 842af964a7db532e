"""Statements on candidates."""

from __future__ import annotations

from collections.abc import Sequence

from assay_server.domain.candidate import Candidate
from assay_server.store.rows.candidate import CANDIDATE_COLUMNS, candidate_from_row, candidate_to_row
from assay_server.store.session import Session
from assay_server.store.statement import delete, insert, select

ADD = insert("candidate", CANDIDATE_COLUMNS)
ALL = select(CANDIDATE_COLUMNS, "FROM candidate WHERE study_uid = :study_uid ORDER BY id")
COUNT = select(("count(*)",), "FROM candidate WHERE study_uid = :study_uid")
OLDEST = select(
    (*CANDIDATE_COLUMNS, "id"),
    "FROM candidate WHERE study_uid = :study_uid AND results_seen >= :at_least ORDER BY id LIMIT 1",
)
TAKE = delete("candidate", "id = :id")
DROP = delete("candidate", "study_uid = :study_uid AND results_seen <= :at_most")


class Buffer(Session):
    """ports.UnitOfWork, candidates."""

    def add_candidates(self, study_uid: str, candidates: Sequence[Candidate]) -> None:
        self._write_all(study_uid, ADD, [candidate_to_row(c, study_uid=study_uid) for c in candidates])

    def oldest_candidate(self, study_uid: str, *, min_results_seen: int) -> Candidate | None:
        row = self._row(OLDEST, {"study_uid": study_uid, "at_least": min_results_seen})
        return None if row is None else candidate_from_row(row[:-1])

    def take_candidate(self, study_uid: str, *, min_results_seen: int) -> Candidate | None:
        row = self._row(OLDEST, {"study_uid": study_uid, "at_least": min_results_seen})
        if row is None:
            return None
        self._write(study_uid, TAKE, {"id": row[-1]})
        return candidate_from_row(row[:-1])

    def drop_candidates(self, study_uid: str, *, max_results_seen: int) -> int:
        return self._write(study_uid, DROP, {"study_uid": study_uid, "at_most": max_results_seen})

    def candidates(self, study_uid: str) -> Sequence[Candidate]:
        return [candidate_from_row(row) for row in self._rows(ALL, {"study_uid": study_uid})]

    def num_candidates(self, study_uid: str) -> int:
        row = self._row(COUNT, {"study_uid": study_uid})
        assert row is not None
        return int(row[0])
