"""Tables, `schema.sql` and migrations say the same; opening is light, and refuses what it does not know."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from assay_server.store.errors import StoreError, UnknownSchema
from assay_server.store.generate_schema import script
from assay_server.store.journal import ANSWER_COLUMNS
from assay_server.store.migrations import HERE, upgrade
from assay_server.store.rows.attempt import ATTEMPT_COLUMNS
from assay_server.store.rows.candidate import CANDIDATE_COLUMNS
from assay_server.store.rows.event import EVENT_COLUMNS
from assay_server.store.rows.measurement import MEASUREMENT_COLUMNS
from assay_server.store.rows.rung import RUNG_COLUMNS
from assay_server.store.rows.study import STUDY_COLUMNS, TALLY_COLUMNS
from assay_server.store.rows.trial import TRIAL_COLUMNS
from assay_server.store.schema import CREATE, HEAD, REVISIONS, prepare, version
from assay_server.store.sqlite import connect, open_sqlite
from assay_server.store.tables import Row
from assay_server.testing.clock import FakeClock

WRITTEN = {
    "study": STUDY_COLUMNS,
    "tally": TALLY_COLUMNS,
    "trial": TRIAL_COLUMNS,
    "measurement": MEASUREMENT_COLUMNS,
    "attempt": ATTEMPT_COLUMNS,
    "rung_result": RUNG_COLUMNS,
    "candidate": ("id", *CANDIDATE_COLUMNS),  # the database numbers them
    "study_event": EVENT_COLUMNS,
    "answer": ANSWER_COLUMNS,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a file that is not there yet."""
    return tmp_path / "assay.db"


@pytest.fixture
def migrated(path: Path) -> Iterator[Engine]:
    """A database made by all migrations."""
    upgrade(path)
    engine = create_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def described(path: Path) -> dict[str, object]:
    """Tables and indices of a database as SQLite itself describes them, white space aside."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'").fetchall()
        return {name: sql and "".join(sql.split()) for name, sql in rows}


def test_the_script_for_a_fresh_file_is_up_to_date() -> None:
    """If this fails: python -m assay_server.store.generate_schema."""
    assert CREATE.read_text() == script()


def test_migrations_end_at_the_tables(migrated: Engine) -> None:
    """Alembic finds nothing left to do; an index with DESC, which it cannot see, is compared by the next test."""
    with migrated.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": lambda _, name, *__: name != "trial_next"}
        )
        assert compare_metadata(context, Row.metadata) == []


def test_a_migrated_file_and_a_fresh_one_are_alike(migrated: Engine, path: Path, tmp_path: Path) -> None:
    """Down to each column, constraint and index."""
    fresh = tmp_path / "fresh.db"
    with closing(connect(fresh)) as connection:
        prepare(connection, fresh)

    migrated.dispose()
    assert described(path) == described(fresh)


def test_a_migration_keeps_what_is_there(path: Path) -> None:
    """Rows of the first schema, in tables that are made again; what is new is empty, or follows from the old."""
    upgrade(path, "0001")
    with closing(sqlite3.connect(path)) as connection, connection:
        for table in ("study", "trial", "rung_result"):
            columns = [(row[1], row[2]) for row in connection.execute(f"PRAGMA table_info({table})")]
            values = ", ".join("'u'" if kind == "TEXT" else "7" for _, kind in columns)
            connection.execute(f"INSERT INTO {table} VALUES ({values})")

    upgrade(path)

    with closing(sqlite3.connect(path)) as connection:
        trial = connection.execute("SELECT number, state, revision, bracket FROM trial").fetchall()
        result = connection.execute("SELECT step, score, revision, bracket, curve, arrival FROM rung_result").fetchall()
        assert (trial, result) == ([(7, "u", 7, None)], [(7, "u", 7, None, None, 7)])
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM study")
        assert connection.execute("SELECT count(*) FROM trial").fetchone() == (0,)


def test_a_migrated_file_is_current(migrated: Engine, path: Path) -> None:
    """It has the version that opening looks for."""
    migrated.dispose()
    with closing(connect(path)) as connection:
        assert version(connection) == HEAD


def test_every_migration_is_known_by_its_number() -> None:
    """In order; one that is not listed could not be told from a newer version's."""
    found = [revision.revision for revision in ScriptDirectory(str(HERE)).walk_revisions()]

    assert tuple(reversed(found)) == REVISIONS


@pytest.mark.parametrize("table", sorted(WRITTEN))
def test_rows_fill_every_column(table: str) -> None:
    """And no others: a column of a table that the gate forgot would stay empty."""
    assert sorted(column.name for column in Row.metadata.tables[table].columns) == sorted(WRITTEN[table])


def test_no_table_is_forgotten() -> None:
    """Every table has its columns listed here."""
    assert Row.metadata.tables.keys() == WRITTEN.keys()


def test_a_newer_schema_is_refused(path: Path) -> None:
    """With a message that says what to do, and without touching the file or keeping it locked."""
    with closing(connect(path)) as connection:
        prepare(connection, path)
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    for _ in range(2):
        with pytest.raises(
            UnknownSchema, match=r"assay.db has schema '9999', .* \(its newest is '0003'\); open it with"
        ):
            open_sqlite(path, FakeClock())


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    """It is named; it may be someone's thesis."""
    path.write_text("Once upon a time, there was a file that was no database at all. " * 100)

    with pytest.raises(StoreError, match=r"cannot open .*assay.db: file is not a database"):
        open_sqlite(path, FakeClock())


def test_a_missing_directory_is_named(path: Path) -> None:
    """Rather than an error of the driver."""
    with pytest.raises(StoreError, match=r"there is no directory .*nowhere"):
        open_sqlite(path.parent / "nowhere" / "assay.db", FakeClock())


@pytest.mark.parametrize("state", ["fresh", "current"])
def test_opening_is_light(path: Path, state: str) -> None:
    """Neither SQLAlchemy nor SQLModel nor Alembic is loaded to open a fresh or a current file."""
    if state == "current":
        with closing(connect(path)) as connection:
            prepare(connection, path)
    code = (
        "import asyncio, sys; from assay_server.store.sqlite import open_sqlite; "
        "from assay_server.system import SystemClock; "
        "store = open_sqlite(sys.argv[1], SystemClock()); asyncio.run(store.close()); "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    result = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert not set(result.stdout.split()) & {"sqlalchemy", "sqlmodel", "alembic", "pydantic"}
