"""Statements on trials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay_server.domain.errors import TrialNotFound
from assay_server.domain.listing import Filter, Page
from assay_server.domain.study import Study
from assay_server.domain.trial import Trial, TrialState
from assay_server.store.lists import trials_query
from assay_server.store.rows.cells import Params, Row
from assay_server.store.rows.trial import TRIAL_COLUMNS, TRIAL_KEY, trial_from_row, trial_to_row
from assay_server.store.session import Session
from assay_server.store.statement import insert, select, update
from assay_server.store.times import to_micros

TRIAL = select(TRIAL_COLUMNS, "FROM trial")
BY_NUMBER = f"{TRIAL} WHERE study_uid = :study_uid AND number = :number"
ADD = insert("trial", TRIAL_COLUMNS)
PUT = update("trial", TRIAL_COLUMNS, TRIAL_KEY)
# States stand in the text, not in parameters: only then a partial index is used.
HELD_BY = f"{TRIAL} WHERE study_uid = :study_uid AND worker = :worker AND state = 'RUNNING' ORDER BY number"
NEXT_QUEUED = f"{TRIAL} WHERE study_uid = :study_uid AND state = 'QUEUED' ORDER BY priority DESC, number LIMIT 1"
EXPIRED = f"{TRIAL} WHERE state = 'RUNNING' AND lease_expires <= :now ORDER BY lease_expires LIMIT :limit"
CHANGED = f"{TRIAL} WHERE study_uid = :study_uid AND revision > :after ORDER BY revision LIMIT :limit"


def in_states(states: Iterable[TrialState]) -> str:
    """The statement that finds the trials in *states*; there are few such sets, so it is soon prepared."""
    listed = ", ".join(f"'{state.value}'" for state in TrialState if state in states)
    return f"{TRIAL} WHERE study_uid = :study_uid AND state IN ({listed})"


class Trials(Session):
    """ports.UnitOfWork, trials."""

    def trial(self, study: Study, number: int) -> Trial:
        row = self._row(BY_NUMBER, {"study_uid": study.uid, "number": number})
        if row is None:
            raise TrialNotFound(str(study.name.trial(number)))
        return self._to_be_changed(row)

    def add_trial(self, trial: Trial) -> None:
        self._write(trial.study_uid, ADD, trial_to_row(trial))

    def put_trial(self, trial: Trial) -> None:
        if not self._write(trial.study_uid, PUT, trial_to_row(trial, known=self._known(trial))):
            raise TrialNotFound(f"trial {trial.number} of study {trial.study_uid}")

    def list_trials(self, study_uid: str, filter_: Filter, page: Page) -> Sequence[Trial]:
        query = trials_query(study_uid, filter_, page)
        return [trial_from_row(row) for row in self._rows(f"{TRIAL} {query.sql}", query.params)]

    def trials_held_by(self, study_uid: str, worker: str) -> Sequence[Trial]:
        return [self._to_be_changed(row) for row in self._rows(HELD_BY, {"study_uid": study_uid, "worker": worker})]

    def next_queued(self, study_uid: str) -> Trial | None:
        row = self._row(NEXT_QUEUED, {"study_uid": study_uid})
        return None if row is None else self._to_be_changed(row)

    def trials_in(self, study_uid: str, states: Iterable[TrialState]) -> Sequence[Trial]:
        # Sorted here: asked to sort, SQLite would rather walk through all trials of the study in their order.
        rows = self._rows(in_states(frozenset(states)), {"study_uid": study_uid})
        return sorted(map(trial_from_row, rows), key=lambda trial: trial.number)

    def trials_changed(self, study_uid: str, *, after_revision: int, limit: int) -> Sequence[Trial]:
        params: Params = {"study_uid": study_uid, "after": after_revision, "limit": limit}
        return [trial_from_row(row) for row in self._rows(CHANGED, params)]

    def expired_trials(self, limit: int) -> Sequence[Trial]:
        rows = self._rows(EXPIRED, {"now": to_micros(self._now), "limit": limit})
        return [self._to_be_changed(row) for row in rows]

    def _to_be_changed(self, row: Row) -> Trial:
        """A trial that is probably put again in this act: its row is kept, to be put with little work."""
        trial = trial_from_row(row)
        self._read[trial.study_uid, trial.number] = trial, row
        return trial

    def _known(self, trial: Trial) -> tuple[Trial, Row] | None:
        return self._read.get((trial.study_uid, trial.number))
