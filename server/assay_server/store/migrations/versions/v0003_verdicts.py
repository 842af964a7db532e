"""What models make of paused trials beside their candidates.

Candidates are made again when they are missed: the table starts empty.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make `candidate` anew."""
    op.drop_table("candidate")
    op.create_table(
        "candidate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("results_seen", sa.BigInteger(), nullable=False),
        sa.Column("configuration", sa.Text(), nullable=False),
        sa.Column("generation", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("candidate_study_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("candidate_pk")),
    )
    op.create_index("candidate_by_age", "candidate", ["study_uid", "id"], unique=False)
