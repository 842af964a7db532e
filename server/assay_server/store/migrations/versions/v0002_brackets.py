"""Brackets of schedulers; curves at rungs, and in which order results came.

A column that is added to a table of SQLite stands behind its constraints, unlike in a fresh file: both tables are
made again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TRIAL = (
    *("study_uid", "number", "uid", "state", "configuration", "origin", "seed", "created", "updated", "generation"),
    *("lineage", "labels", "priority", "worker", "lease_token", "lease_attempt", "lease_ttl_s", "lease_expires"),
    *("num_attempts", "num_deaths", "until_step", "last_step", "checkpoint", "latest", "final", "feasible", "cost"),
    *("incomparable", "test_metrics", "started", "ended", "revision"),
)
_RUNG_RESULT = ("study_uid", "step", "trial", "score", "waiting", "promoted", "revision")


def upgrade() -> None:
    """Make `trial` and `rung_result` again, with what they hold."""
    op.rename_table("rung_result", "old_rung_result")
    _create_rung_result()
    # When a result came was not kept: equals are ranked as they changed last.
    _move("rung_result", (*_RUNG_RESULT, "arrival"), (*_RUNG_RESULT, "revision"))
    op.create_index("rung_result_by_revision", "rung_result", ["study_uid", "revision"], unique=False)
    op.rename_table("trial", "old_trial")
    _create_trial()
    _move("trial", _TRIAL, _TRIAL)
    _create_trial_indices()


def _move(table: str, into: tuple[str, ...], of: tuple[str, ...]) -> None:
    new, old = ", ".join(into), ", ".join(of)
    op.execute(f"INSERT INTO {table} ({new}) SELECT {old} FROM old_{table}")  # noqa: S608 - names of ours
    op.drop_table(f"old_{table}")


def _create_rung_result() -> None:
    op.create_table(
        "rung_result",
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("bracket", sa.BigInteger(), nullable=True),
        sa.Column("curve", sa.Text(), nullable=True),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("rung_result_study_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_uid", "step", "trial", name=op.f("rung_result_pk")),
        sqlite_with_rowid=False,
    )


def _create_trial() -> None:
    op.create_table(
        "trial",
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("configuration", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Text(), nullable=True),
        sa.Column("lineage", sa.Text(), nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("bracket", sa.BigInteger(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_attempt", sa.BigInteger(), nullable=True),
        sa.Column("lease_ttl_s", sa.Double(), nullable=True),
        sa.Column("lease_expires", sa.BigInteger(), nullable=True),
        sa.Column("num_attempts", sa.BigInteger(), nullable=False),
        sa.Column("num_deaths", sa.BigInteger(), nullable=False),
        sa.Column("until_step", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("checkpoint", sa.Text(), nullable=True),
        sa.Column("latest", sa.Text(), nullable=True),
        sa.Column("final", sa.Text(), nullable=True),
        sa.Column("feasible", sa.Boolean(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column("incomparable", sa.Text(), nullable=False),
        sa.Column("test_metrics", sa.Text(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("trial_study_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_uid", "number", name=op.f("trial_pk")),
    )


def _create_trial_indices() -> None:
    running, queued = sa.text("state = 'RUNNING'"), sa.text("state = 'QUEUED'")
    op.create_index("trial_by_age", "trial", ["study_uid", "created", "number"], unique=False)
    op.create_index("trial_by_revision", "trial", ["study_uid", "revision"], unique=False)
    op.create_index("trial_by_state", "trial", ["study_uid", "state", "number"], unique=False)
    op.create_index("trial_held", "trial", ["study_uid", "worker", "number"], unique=False, sqlite_where=running)
    op.create_index("trial_lease", "trial", ["lease_expires"], unique=False, sqlite_where=running)
    op.create_index(
        "trial_next",
        "trial",
        ["study_uid", sa.text("priority DESC"), "number"],
        unique=False,
        sqlite_where=queued,
    )
