"""Statements on rung results."""

from __future__ import annotations

from collections.abc import Sequence

from assay_server.domain.rung import BracketMember, RungResult
from assay_server.store.rows.rung import (
    MEMBER_COLUMNS,
    RUNG_COLUMNS,
    member_from_row,
    rung_result_from_row,
    rung_result_to_row,
)
from assay_server.store.session import Session
from assay_server.store.statement import select, upsert

PUT = upsert("rung_result", RUNG_COLUMNS, ("study_uid", "step", "trial"))
RUNG_RESULT = select(RUNG_COLUMNS, "FROM rung_result WHERE study_uid = :study_uid")
ONE = f"{RUNG_RESULT} AND step = :step AND trial = :trial"
CHANGED = f"{RUNG_RESULT} AND revision > :after ORDER BY revision, step, trial"
MEMBERS_CHANGED = select(
    MEMBER_COLUMNS,
    "FROM trial WHERE study_uid = :study_uid AND revision > :after AND bracket IS NOT NULL ORDER BY revision",
)


class Rungs(Session):
    """ports.UnitOfWork, rungs."""

    def put_rung_result(self, study_uid: str, result: RungResult) -> None:
        self._write(study_uid, PUT, rung_result_to_row(result, study_uid=study_uid))

    def rung_results(self, study_uid: str, *, after_revision: int = 0) -> Sequence[RungResult]:
        rows = self._rows(CHANGED, {"study_uid": study_uid, "after": after_revision})
        return [rung_result_from_row(row) for row in rows]

    def rung_result(self, study_uid: str, trial: int, step: int) -> RungResult | None:
        row = self._row(ONE, {"study_uid": study_uid, "trial": trial, "step": step})
        return None if row is None else rung_result_from_row(row)

    def bracket_members(self, study_uid: str, *, after_revision: int = 0) -> Sequence[BracketMember]:
        rows = self._rows(MEMBERS_CHANGED, {"study_uid": study_uid, "after": after_revision})
        return [member_from_row(row) for row in rows]
