"""Migrations: how a database of an older version becomes one of this version (Alembic).

A new one: change `tables.py`, run `python -m assay_server.store.generate_schema`, add a file to `versions`,
and its number to `schema.REVISIONS`. Tests compare the results.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine

HERE = Path(__file__).parent


def upgrade(path: Path, to: str = "head") -> None:
    """Run what is missing on a SQLite file, in one transaction."""
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            command.upgrade(config(connection), to)
    finally:
        engine.dispose()


def config(connection: Connection) -> Config:
    """Alembic's configuration; there is no alembic.ini, so that it works from an installed wheel."""
    out = Config()
    out.set_main_option("script_location", str(HERE).replace("%", "%%"))
    out.set_main_option("path_separator", "os")
    out.attributes["connection"] = connection
    return out
