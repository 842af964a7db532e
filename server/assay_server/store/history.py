"""Statements on what belongs to a trial: measurements and attempts, and what they teach."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from assay_server.domain.candidate import Observation
from assay_server.domain.copies import replace
from assay_server.domain.measurement import Measurement
from assay_server.domain.trial import Attempt, Trial, TrialOrigin, TrialState
from assay_server.store.json_text import loads
from assay_server.store.rows.attempt import ATTEMPT_COLUMNS, attempt_from_row, attempt_to_row
from assay_server.store.rows.measurement import MEASUREMENT_COLUMNS, measurement_from_row, measurement_to_row
from assay_server.store.session import Session
from assay_server.store.statement import select, upsert

PUT_MEASUREMENT = upsert("measurement", MEASUREMENT_COLUMNS, ("study_uid", "number", "step"))
OF_STUDY = select(MEASUREMENT_COLUMNS, "FROM measurement WHERE study_uid = :study_uid")
MEASUREMENTS = f"{OF_STUDY} AND number = :number ORDER BY step"
ALL_MEASUREMENTS = f"{OF_STUDY} ORDER BY number, step"
PUT_ATTEMPT = upsert("attempt", ATTEMPT_COLUMNS, ("study_uid", "trial", "number"))
ATTEMPTS = select(ATTEMPT_COLUMNS, "FROM attempt WHERE study_uid = :study_uid AND trial = :trial ORDER BY number")
ATTEMPT = select(ATTEMPT_COLUMNS, "FROM attempt WHERE study_uid = :study_uid AND trial = :trial AND number = :number")
TEACHERS = select(
    ("number", "configuration", "state", "origin"),
    """FROM trial WHERE study_uid = :study_uid AND incomparable = '[]'
    AND (state IN ('FAILED', 'INFEASIBLE') OR EXISTS (
        SELECT 1 FROM measurement WHERE measurement.study_uid = trial.study_uid AND measurement.number = trial.number))
    ORDER BY number""",
)


class History(Session):
    """ports.UnitOfWork, what belongs to a trial."""

    def add_measurements(self, trial: Trial, measurements: Sequence[Measurement]) -> None:
        rows = [
            measurement_to_row(
                m if m.created_at is not None else replace(m, created_at=self._now),
                study_uid=trial.study_uid,
                number=trial.number,
            )
            for m in measurements
        ]
        self._write_all(trial.study_uid, PUT_MEASUREMENT, rows)

    def measurements(self, study_uid: str, number: int) -> Sequence[Measurement]:
        rows = self._rows(MEASUREMENTS, {"study_uid": study_uid, "number": number})
        return [measurement_from_row(row) for row in rows]

    def put_attempt(self, trial: Trial, attempt: Attempt) -> None:
        row = attempt_to_row(attempt, study_uid=trial.study_uid, trial=trial.number)
        self._write(trial.study_uid, PUT_ATTEMPT, row)

    def attempt(self, trial: Trial, number: int) -> Attempt:
        row = self._row(ATTEMPT, {"study_uid": trial.study_uid, "trial": trial.number, "number": number})
        if row is None:
            raise LookupError(f"trial {trial.number} of study {trial.study_uid} has no attempt {number}")
        return attempt_from_row(row)

    def attempts(self, study_uid: str, number: int) -> Sequence[Attempt]:
        return [attempt_from_row(row) for row in self._rows(ATTEMPTS, {"study_uid": study_uid, "trial": number})]

    def observations(self, study_uid: str) -> Sequence[Observation]:
        params = {"study_uid": study_uid}
        rows = groupby(self._rows(ALL_MEASUREMENTS, params), key=lambda row: row[1])
        curves = {number: tuple(measurement_from_row(row) for row in curve) for number, curve in rows}
        return [
            Observation(
                number=number,
                configuration=loads(configuration),
                state=TrialState(state),
                measurements=curves.get(number, ()),
                is_external=origin == TrialOrigin.EXTERNAL.value,
            )
            for number, configuration, state, origin in self._rows(TEACHERS, params)
        ]
