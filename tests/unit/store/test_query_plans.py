"""Every statement of an act finds its rows by an index: an act costs the same at 100 and at 100,000 trials."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assay_server.domain.listing import Filter, Page
from assay_server.domain.trial import TrialState
from assay_server.store import buffer, history, journal, rungs, studies, trials
from assay_server.store.lists import studies_query, trials_query
from assay_server.store.schema import prepare
from assay_server.store.sqlite import connect

HOT = {
    "study by name": studies.BY_NAME,
    "study by uid": studies.BY_UID,
    "plans of a study": studies.PLANS,
    "active studies": studies.ACTIVE,
    "put study": studies.PUT,
    "put tally": studies.PUT_TALLY,
    "trial": trials.BY_NUMBER,
    "put trial": trials.PUT,
    "held by": trials.HELD_BY,
    "next queued": trials.NEXT_QUEUED,
    "expired": trials.EXPIRED,
    "changed": trials.CHANGED,
    "measurements": history.MEASUREMENTS,
    "all measurements": history.ALL_MEASUREMENTS,
    "attempt": history.ATTEMPT,
    "attempts": history.ATTEMPTS,
    "rung result": rungs.ONE,
    "rung results changed": rungs.CHANGED,
    "bracket members changed": rungs.MEMBERS_CHANGED,
    "oldest candidate": buffer.OLDEST,
    "take candidate": buffer.TAKE,
    "num candidates": buffer.COUNT,
    "last event": journal.LAST_SEQUENCE,
    "events": journal.EVENTS,
    "answer": journal.ANSWER,
    "old answers": journal.FORGET,
    "first page of trials": f"{trials.TRIAL} {trials_query('uid', Filter(), Page(limit=50)).sql}",
    "later page of trials": f"{trials.TRIAL} {trials_query('uid', Filter(), Page(limit=50, after=(0.0, '9'))).sql}",
    "page of trials by time": (
        f"{trials.TRIAL} {trials_query('uid', Filter(), Page(limit=50, order_by='create_time', after=(0.0, '9'))).sql}"
    ),
    "page of studies": f"{studies.STUDY} {studies_query('p', Filter(), Page(limit=50, after=(0.0, 'a'))).sql}",
}
SORTED_BY_INDEX = HOT.keys() - {"rung results changed"}
"""Rung results of one revision are few: sorting those costs nothing."""


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """To an empty database: plans depend on the schema alone."""
    with closing(connect(tmp_path / "assay.db")) as connection:
        prepare(connection, tmp_path / "assay.db")
        yield connection


def plan(connection: sqlite3.Connection, sql: str) -> str:
    """How SQLite would run it."""
    return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", AnyParameters()))


class AnyParameters(dict[str, int]):
    """Has every parameter."""

    def __missing__(self, name: str) -> int:
        return 0


@pytest.mark.parametrize("name", sorted(HOT))
def test_hot_statements_look_rows_up(connection: sqlite3.Connection, name: str) -> None:
    """No table is scanned; an index that holds only the wanted rows may be."""
    found = plan(connection, HOT[name])

    scans = [line for line in found.splitlines() if line.startswith("SCAN")]
    assert all("USING INDEX study_active" in line for line in scans), found


@pytest.mark.parametrize("name", sorted(SORTED_BY_INDEX))
def test_hot_statements_sort_nothing(connection: sqlite3.Connection, name: str) -> None:
    """The index has the order that is asked for."""
    assert "TEMP B-TREE" not in plan(connection, HOT[name])


def test_trials_by_state_are_looked_up(connection: sqlite3.Connection) -> None:
    """For any set of states: those that ended, the most, are not walked through."""
    found = plan(connection, trials.in_states({TrialState.RUNNING, TrialState.PAUSED}))

    assert "SEARCH trial USING INDEX trial_by_state" in found
