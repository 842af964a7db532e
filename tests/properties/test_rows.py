"""The gate between rows and domain loses nothing: zeros, empty and unset stay what they are, and kinds apart.

`repr` is compared, because 1, 1.0 and True are equal but not the same.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_server.domain.candidate import Candidate
from assay_server.domain.event import StudyEvent
from assay_server.domain.measurement import Measurement
from assay_server.domain.rung import RungResult
from assay_server.domain.study import Study, StudySpec, Tally
from assay_server.domain.trial import Attempt, Trial
from assay_server.store.json_text import dumps, loads
from assay_server.store.rows.attempt import ATTEMPT_COLUMNS, attempt_from_row, attempt_to_row
from assay_server.store.rows.candidate import CANDIDATE_COLUMNS, candidate_from_row, candidate_to_row
from assay_server.store.rows.cells import Cell, Row
from assay_server.store.rows.event import EVENT_COLUMNS, event_from_row, event_to_row
from assay_server.store.rows.measurement import MEASUREMENT_COLUMNS, measurement_from_row, measurement_to_row
from assay_server.store.rows.rung import RUNG_COLUMNS, rung_result_from_row, rung_result_to_row
from assay_server.store.rows.study import (
    HEAD_COLUMNS,
    PLAN_COLUMNS,
    STUDY_COLUMNS,
    TALLY_COLUMNS,
    plans_from_row,
    study_from_row,
    study_to_row,
    tally_from_row,
    tally_to_row,
)
from assay_server.store.rows.trial import TRIAL_COLUMNS, trial_from_row, trial_to_row
from assay_server.store.spec_json import spec_from_json, spec_to_json
from assay_server.testing import arbitrary


def read(row: dict[str, Cell], columns: tuple[str, ...]) -> Row:
    """What the database would give back for these columns: flags as 0 and 1."""
    return tuple(int(row[c]) if isinstance(row[c], bool) else row[c] for c in columns)  # type: ignore[arg-type]  # a bool is an int


def is_same(found: object, expected: object) -> bool:
    """Equal, and of the same kinds down to the last number."""
    return found == expected and repr(found) == repr(expected)


@given(arbitrary.trials)
def test_a_trial_survives_its_row(trial: Trial) -> None:
    """Encoding then decoding changes nothing, and every column is filled."""
    row = trial_to_row(trial)

    assert tuple(row) == TRIAL_COLUMNS
    assert is_same(trial_from_row(read(row, TRIAL_COLUMNS)), trial)


@given(arbitrary.trials, arbitrary.trials, st.sets(st.sampled_from(list(Trial.__dataclass_fields__))))
def test_what_an_act_did_not_replace_need_not_be_encoded(trial: Trial, other: Trial, changed: set[str]) -> None:
    """The row made with the help of the one that was read is the row made without it."""
    fields = {name: getattr(other, name) for name in changed - {"study_uid", "number"}}
    new = replace(trial, **fields)
    stored = read(trial_to_row(trial), TRIAL_COLUMNS)

    assert is_same(trial_to_row(new, known=(trial, stored)), trial_to_row(new))


@given(arbitrary.studies)
def test_a_study_survives_its_rows(study: Study) -> None:
    """Its own, its plans' and its tally's."""
    row, tally = study_to_row(study), tally_to_row(study.uid, study.tally)

    assert tuple(row) == STUDY_COLUMNS
    plans = plans_from_row(read(row, PLAN_COLUMNS))
    found = study_from_row(read(row, HEAD_COLUMNS) + read(tally, TALLY_COLUMNS), plans)
    assert is_same(found, study)


@given(arbitrary.studies, arbitrary.specs)
def test_another_specification_has_another_digest(study: Study, spec: StudySpec) -> None:
    """Plans are cached by their digest: it is the same only for the same plans."""
    other = replace(study, spec=spec)

    same_digest = study_to_row(study)["digest"] == study_to_row(other)["digest"]

    assert same_digest == (repr(study.spec) == repr(spec))


@given(arbitrary.tallies)
def test_a_tally_survives_its_row(tally: Tally) -> None:
    """A state with no trials is not the same as one that was never entered."""
    row = tally_to_row("uid", tally)

    assert tuple(row) == TALLY_COLUMNS
    assert is_same(tally_from_row(read(row, TALLY_COLUMNS)), tally)


@given(arbitrary.specs)
def test_a_specification_survives_its_json(spec: StudySpec) -> None:
    """As text, so that the kinds of numbers are those that a reader finds."""
    assert is_same(spec_from_json(loads(dumps(spec_to_json(spec)))), spec)


def test_a_specification_of_a_later_version_is_refused() -> None:
    """It is not read by guesswork."""
    with pytest.raises(ValueError, match="unknown version 2"):
        spec_from_json({"version": 2})


@given(arbitrary.measurements.filter(lambda m: m.created_at is not None))
def test_a_measurement_survives_its_row(measurement: Measurement) -> None:
    """Noise of zero is not unknown noise."""
    row = measurement_to_row(measurement, study_uid="uid", number=1)

    assert tuple(row) == MEASUREMENT_COLUMNS
    assert is_same(measurement_from_row(read(row, MEASUREMENT_COLUMNS)), measurement)


@given(arbitrary.attempts)
def test_an_attempt_survives_its_row(attempt: Attempt) -> None:
    """With its provenance: a clean working tree is not an unknown one."""
    row = attempt_to_row(attempt, study_uid="uid", trial=1)

    assert tuple(row) == ATTEMPT_COLUMNS
    assert is_same(attempt_from_row(read(row, ATTEMPT_COLUMNS)), attempt)


@given(arbitrary.rung_results)
def test_a_rung_result_survives_its_row(result: RungResult) -> None:
    """Infinite losses too."""
    row = rung_result_to_row(result, study_uid="uid")

    assert tuple(row) == RUNG_COLUMNS
    assert is_same(rung_result_from_row(read(row, RUNG_COLUMNS)), result)


@given(arbitrary.candidates)
def test_a_candidate_survives_its_row(candidate: Candidate) -> None:
    """With how it was generated."""
    row = candidate_to_row(candidate, study_uid="uid")

    assert tuple(row) == CANDIDATE_COLUMNS
    assert is_same(candidate_from_row(read(row, CANDIDATE_COLUMNS)), candidate)


@given(arbitrary.events)
def test_an_event_survives_its_row(event: StudyEvent) -> None:
    """With the sequence and time that the store gives it."""
    assert event.at is not None
    row = event_to_row(event, study_uid="uid", sequence=event.sequence, at=event.at)

    assert tuple(row) == EVENT_COLUMNS
    assert is_same(event_from_row(read(row, EVENT_COLUMNS)), event)


@given(arbitrary.configurations)
def test_texts_are_plain_json(configuration: dict[str, object]) -> None:
    """Any reader of the file can read them: standard JSON."""
    text = dumps(configuration)

    assert is_same(json.loads(text), configuration)
