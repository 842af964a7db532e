"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "answer",
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("project", "request_id", name=op.f("answer_pk")),
    )
    op.create_index("answer_by_age", "answer", ["created"], unique=False)
    op.create_table(
        "study",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("study_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("comparability", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("study_pk")),
    )
    op.create_index("study_active", "study", ["created"], unique=False, sqlite_where=sa.text("state = 'ACTIVE'"))
    op.create_index("study_by_age", "study", ["project", "created", "study_id"], unique=False)
    op.create_index("study_by_name", "study", ["project", "study_id"], unique=True)
    op.create_table(
        "attempt",
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("start_step", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("failure_kind", sa.Text(), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("attempt_study_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_uid", "trial", "number", name=op.f("attempt_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "candidate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("results_seen", sa.BigInteger(), nullable=False),
        sa.Column("configuration", sa.Text(), nullable=False),
        sa.Column("generation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("candidate_study_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("candidate_pk")),
    )
    op.create_index("candidate_by_age", "candidate", ["study_uid", "id"], unique=False)
    op.create_table(
        "measurement",
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("elapsed_s", sa.Double(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("measurement_study_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_uid", "number", "step", name=op.f("measurement_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rung_result",
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("rung_result_study_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_uid", "step", "trial", name=op.f("rung_result_pk")),
        sqlite_with_rowid=False,
    )
    op.create_index("rung_result_by_revision", "rung_result", ["study_uid", "revision"], unique=False)
    op.create_table(
        "study_event",
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("trial", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("study_event_study_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_uid", "sequence", name=op.f("study_event_pk")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally",
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("trials", sa.Text(), nullable=False),
        sa.Column("num_created", sa.BigInteger(), nullable=False),
        sa.Column("num_generated", sa.Text(), nullable=False),
        sa.Column("num_results", sa.BigInteger(), nullable=False),
        sa.Column("num_feasible", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("exhausted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("tally_study_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_uid", name=op.f("tally_pk")),
    )
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
    op.create_index("trial_by_age", "trial", ["study_uid", "created", "number"], unique=False)
    op.create_index("trial_by_revision", "trial", ["study_uid", "revision"], unique=False)
    op.create_index("trial_by_state", "trial", ["study_uid", "state", "number"], unique=False)
    op.create_index(
        "trial_held",
        "trial",
        ["study_uid", "worker", "number"],
        unique=False,
        sqlite_where=sa.text("state = 'RUNNING'"),
    )
    op.create_index("trial_lease", "trial", ["lease_expires"], unique=False, sqlite_where=sa.text("state = 'RUNNING'"))
    op.create_index(
        "trial_next",
        "trial",
        ["study_uid", sa.text("priority DESC"), "number"],
        unique=False,
        sqlite_where=sa.text("state = 'QUEUED'"),
    )
