"""Statements on studies and their tallies."""

from __future__ import annotations

from collections.abc import Sequence

from assay_server.domain.errors import StudyNotFound
from assay_server.domain.listing import Filter, Page
from assay_server.domain.names import ProjectName, StudyName
from assay_server.domain.study import Study, Tally
from assay_server.store.lists import studies_query
from assay_server.store.rows.cells import Row
from assay_server.store.rows.study import (
    HEAD_COLUMNS,
    PLAN_COLUMNS,
    STUDY_COLUMNS,
    TALLY_COLUMNS,
    Plans,
    plans_from_row,
    study_from_row,
    study_to_row,
    tally_to_row,
)
from assay_server.store.session import Session
from assay_server.store.statement import delete, insert, select, update

STUDY = select((*HEAD_COLUMNS, *TALLY_COLUMNS), "FROM study JOIN tally ON tally.study_uid = study.uid")
BY_NAME = f"{STUDY} WHERE project = :project AND study_id = :study_id"
BY_UID = f"{STUDY} WHERE uid = :uid"
ACTIVE = f"{STUDY} WHERE state = 'ACTIVE' ORDER BY created"
PLANS = select(PLAN_COLUMNS, "FROM study WHERE uid = :uid")
ADD = insert("study", STUDY_COLUMNS)
PUT = update("study", STUDY_COLUMNS, ("uid",))
ADD_TALLY = insert("tally", TALLY_COLUMNS)
PUT_TALLY = update("tally", TALLY_COLUMNS, ("study_uid",))
DELETE = delete("study", "uid = :uid")


class Studies(Session):
    """ports.UnitOfWork, studies."""

    def study(self, name: StudyName) -> Study:
        row = self._row(BY_NAME, {"project": name.project, "study_id": name.study})
        if row is None:
            raise StudyNotFound(str(name))
        return self._study(row)

    def study_of(self, uid: str) -> Study:
        row = self._row(BY_UID, {"uid": uid})
        if row is None:
            raise StudyNotFound(f"study {uid}")
        return self._study(row)

    def add_study(self, study: Study) -> None:
        self._write(study.uid, ADD, study_to_row(study))
        self._write(study.uid, ADD_TALLY, tally_to_row(study.uid, study.tally))

    def put_study(self, study: Study) -> None:
        if not self._write(study.uid, PUT, study_to_row(study)):
            raise StudyNotFound(str(study.name))

    def put_tally(self, uid: str, tally: Tally) -> None:
        if not self._write(uid, PUT_TALLY, tally_to_row(uid, tally)):
            raise StudyNotFound(f"study {uid}")

    def delete_study(self, uid: str) -> None:
        # Every other table refers to this one with ON DELETE CASCADE.
        if not self._write(uid, DELETE, {"uid": uid}):
            raise StudyNotFound(f"study {uid}")

    def list_studies(self, project: ProjectName, filter_: Filter, page: Page) -> Sequence[Study]:
        query = studies_query(project.project, filter_, page)
        return [self._study(row) for row in self._rows(f"{STUDY} {query.sql}", query.params)]

    def active_studies(self) -> Sequence[Study]:
        return [self._study(row) for row in self._rows(ACTIVE, {})]

    def _study(self, row: Row) -> Study:
        uid, digest = row[0], row[11]
        return study_from_row(row, self._plans.get(digest, lambda: self._load_plans(uid)))

    def _load_plans(self, uid: str) -> Plans:
        row = self._row(PLANS, {"uid": uid})
        assert row is not None, "read in the same transaction as the study"
        return plans_from_row(row)
