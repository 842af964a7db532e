"""The schema of an opened file: made, brought up to date, or refused.

A current or fresh file costs no import of SQLAlchemy or Alembic: a server is ready in a blink.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from assay_server.store.errors import UnknownSchema

REVISIONS = ("0001", "0002", "0003")
"""All migrations, oldest first; a test compares them with those in `migrations/versions`."""
HEAD = REVISIONS[-1]
CREATE = Path(__file__).with_name("schema.sql")
"""Generated from the tables: `python -m assay_server.store.generate_schema`."""

_FIND_VERSION_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the database to HEAD.

    Raises:
        UnknownSchema: it was written by a newer version; nothing is changed.
    """
    found = version(connection)
    if found == HEAD:
        return
    if found is None:
        _create(connection)
    elif found in REVISIONS:
        from assay_server.store.migrations import upgrade

        upgrade(path)
    else:
        raise UnknownSchema(str(path), found=found, newest=HEAD)


def version(connection: sqlite3.Connection) -> str | None:
    """Which migration was the last one; None for a database without tables of ours."""
    if connection.execute(_FIND_VERSION_TABLE).fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _create(connection: sqlite3.Connection) -> None:
    # One transaction: a crash in between leaves an empty file, not half a schema.
    script = CREATE.read_text()
    connection.executescript(f"BEGIN IMMEDIATE; {script} COMMIT;")
