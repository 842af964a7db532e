"""The tables: dumb rows, the source of the schema.

Real columns for whatever is queried, JSON texts for what is opaque; times are whole microseconds since 1970,
UTC. Nothing that serves calls imports this module, because SQLModel takes half a second to load: statements
are plain SQL, a fresh file gets `schema.sql`, an older one the migrations, and tests hold them all together.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, Double, Index, Integer, LargeBinary, MetaData, Text, desc, text
from sqlmodel import Field, SQLModel

CLUSTERED = {"sqlite_with_rowid": False}
"""For small rows that are read in the order of their key."""


class Row(SQLModel):
    """What all tables share."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pk",
            "fk": "%(table_name)s_%(referred_table_name)s_fk",
            "ck": "%(table_name)s_%(constraint_name)s_ck",
        }
    )


class StudyRow(Row, table=True):
    """A study without its tally; rarely written."""

    __tablename__: ClassVar[str] = "study"
    __table_args__ = (
        Index("study_by_name", "project", "study_id", unique=True),
        Index("study_by_age", "project", "created", "study_id"),
        Index("study_active", "created", sqlite_where=text("state = 'ACTIVE'")),
    )

    uid: str = Field(primary_key=True, sa_type=Text)
    project: str = Field(sa_type=Text)
    study_id: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    created: int = Field(sa_type=BigInteger)
    updated: int = Field(sa_type=BigInteger)
    ended: int | None = Field(sa_type=BigInteger)
    end_reason: str | None = Field(sa_type=Text)
    seed: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)
    rationale: str = Field(sa_type=Text)
    labels: str = Field(sa_type=Text)
    """A copy of the specification's, for filters."""
    digest: str = Field(sa_type=Text)
    """Hash of the three plans below: whoever has parsed them once need not read them again."""
    spec: str = Field(sa_type=Text)
    strategy: str = Field(sa_type=Text)
    comparability: str = Field(sa_type=Text)


class TallyRow(Row, table=True):
    """What a study has spent and reached: small, because nearly every act writes it."""

    __tablename__: ClassVar[str] = "tally"

    study_uid: str = Field(primary_key=True, foreign_key="study.uid", ondelete="CASCADE", sa_type=Text)
    trials: str = Field(sa_type=Text)
    num_created: int = Field(sa_type=BigInteger)
    num_generated: str = Field(sa_type=Text)
    num_results: int = Field(sa_type=BigInteger)
    num_feasible: int = Field(sa_type=BigInteger)
    cost: float = Field(sa_type=Double)
    revision: int = Field(sa_type=BigInteger)
    exhausted: bool


class TrialRow(Row, table=True):
    """A trial; its measurements and attempts have tables of their own."""

    __tablename__: ClassVar[str] = "trial"
    __table_args__ = (
        Index("trial_by_state", "study_uid", "state", "number"),
        Index("trial_by_revision", "study_uid", "revision"),
        Index("trial_by_age", "study_uid", "created", "number"),
        Index("trial_held", "study_uid", "worker", "number", sqlite_where=text("state = 'RUNNING'")),
        Index("trial_next", "study_uid", desc("priority"), "number", sqlite_where=text("state = 'QUEUED'")),
        Index("trial_lease", "lease_expires", sqlite_where=text("state = 'RUNNING'")),
    )

    study_uid: str = Field(primary_key=True, foreign_key="study.uid", ondelete="CASCADE", sa_type=Text)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    uid: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    configuration: str = Field(sa_type=Text)
    origin: str = Field(sa_type=Text)
    seed: int = Field(sa_type=BigInteger)
    created: int = Field(sa_type=BigInteger)
    updated: int = Field(sa_type=BigInteger)
    generation: str | None = Field(sa_type=Text)
    lineage: str | None = Field(sa_type=Text)
    labels: str = Field(sa_type=Text)
    priority: int = Field(sa_type=BigInteger)
    bracket: int | None = Field(sa_type=BigInteger)
    worker: str | None = Field(sa_type=Text)
    lease_token: str | None = Field(sa_type=Text)
    lease_attempt: int | None = Field(sa_type=BigInteger)
    lease_ttl_s: float | None = Field(sa_type=Double)
    lease_expires: int | None = Field(sa_type=BigInteger)
    num_attempts: int = Field(sa_type=BigInteger)
    num_deaths: int = Field(sa_type=BigInteger)
    until_step: int | None = Field(sa_type=BigInteger)
    last_step: int | None = Field(sa_type=BigInteger)
    checkpoint: str | None = Field(sa_type=Text)
    latest: str | None = Field(sa_type=Text)
    final: str | None = Field(sa_type=Text)
    feasible: bool | None
    cost: float = Field(sa_type=Double)
    incomparable: str = Field(sa_type=Text)
    test_metrics: str = Field(sa_type=Text)
    started: int | None = Field(sa_type=BigInteger)
    ended: int | None = Field(sa_type=BigInteger)
    revision: int = Field(sa_type=BigInteger)


class MeasurementRow(Row, table=True):
    """Metrics of a trial at a step."""

    __tablename__: ClassVar[str] = "measurement"
    __table_args__ = (CLUSTERED,)

    study_uid: str = Field(primary_key=True, foreign_key="study.uid", ondelete="CASCADE", sa_type=Text)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    step: int = Field(primary_key=True, sa_type=BigInteger)
    metrics: str = Field(sa_type=Text)
    cost: float | None = Field(sa_type=Double)
    elapsed_s: float | None = Field(sa_type=Double)
    created: int = Field(sa_type=BigInteger)


class AttemptRow(Row, table=True):
    """One worker's time with a trial."""

    __tablename__: ClassVar[str] = "attempt"
    __table_args__ = (CLUSTERED,)

    study_uid: str = Field(primary_key=True, foreign_key="study.uid", ondelete="CASCADE", sa_type=Text)
    trial: int = Field(primary_key=True, sa_type=BigInteger)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    worker: str = Field(sa_type=Text)
    started: int = Field(sa_type=BigInteger)
    start_step: int = Field(sa_type=BigInteger)
    ended: int | None = Field(sa_type=BigInteger)
    last_step: int | None = Field(sa_type=BigInteger)
    failure_kind: str | None = Field(sa_type=Text)
    failure_message: str = Field(sa_type=Text)
    provenance: str | None = Field(sa_type=Text)


class RungResultRow(Row, table=True):
    """What a trial achieved at a rung."""

    __tablename__: ClassVar[str] = "rung_result"
    __table_args__ = (Index("rung_result_by_revision", "study_uid", "revision"), CLUSTERED)

    study_uid: str = Field(primary_key=True, foreign_key="study.uid", ondelete="CASCADE", sa_type=Text)
    step: int = Field(primary_key=True, sa_type=BigInteger)
    trial: int = Field(primary_key=True, sa_type=BigInteger)
    score: str = Field(sa_type=Text)
    waiting: bool
    promoted: bool
    bracket: int | None = Field(sa_type=BigInteger)
    curve: str | None = Field(sa_type=Text)
    arrival: int = Field(sa_type=BigInteger)
    revision: int = Field(sa_type=BigInteger)


class CandidateRow(Row, table=True):
    """A configuration that waits to become a trial."""

    __tablename__: ClassVar[str] = "candidate"
    __table_args__ = (Index("candidate_by_age", "study_uid", "id"),)

    id: int = Field(primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    study_uid: str = Field(foreign_key="study.uid", ondelete="CASCADE", sa_type=Text)
    results_seen: int = Field(sa_type=BigInteger)
    configuration: str = Field(sa_type=Text)
    generation: str = Field(sa_type=Text)
    verdict: str | None = Field(default=None, sa_type=Text)


class EventRow(Row, table=True):
    """One line of a study's log."""

    __tablename__: ClassVar[str] = "study_event"
    __table_args__ = (CLUSTERED,)

    study_uid: str = Field(primary_key=True, foreign_key="study.uid", ondelete="CASCADE", sa_type=Text)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)
    severity: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    trial: int | None = Field(sa_type=BigInteger)


class AnswerRow(Row, table=True):
    """What a request_id was answered with."""

    __tablename__: ClassVar[str] = "answer"
    __table_args__ = (Index("answer_by_age", "created"),)

    project: str = Field(primary_key=True, sa_type=Text)
    request_id: str = Field(primary_key=True, sa_type=Text)
    created: int = Field(sa_type=BigInteger)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    answer: bytes = Field(sa_type=LargeBinary)
