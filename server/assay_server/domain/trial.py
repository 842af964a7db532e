"""Trial: one configuration with its whole history, and the life it may lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from .lease import Lease
from .measurement import Measurement, MetricValue
from .provenance import Provenance
from .space import Configuration


class TrialState(Enum):
    """Where a trial is in its life."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    STOPPED = "STOPPED"
    FAILED = "FAILED"
    INFEASIBLE = "INFEASIBLE"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing can change it any more."""
        return not TRANSITIONS[self]


TRANSITIONS: Mapping[TrialState, Mapping[TrialState, str]] = {
    TrialState.QUEUED: {
        TrialState.RUNNING: "leased; or renewed by a late report",
        TrialState.STOPPED: "study over; or stopped by a user",
    },
    TrialState.RUNNING: {
        TrialState.SUCCEEDED: "completed",
        TrialState.PAUSED: "rung reached",
        TrialState.STOPPED: "pruned; study over; or stopped by a user",
        TrialState.QUEUED: "lease expired; died with attempts left; or handed back",
        TrialState.FAILED: "died too often",
        TrialState.INFEASIBLE: "the configuration cannot be run",
    },
    TrialState.PAUSED: {
        TrialState.RUNNING: "promoted",
        TrialState.STOPPED: "its rung was decided without it; study over; or stopped by a user",
    },
    TrialState.SUCCEEDED: {},
    TrialState.STOPPED: {},
    TrialState.FAILED: {},
    TrialState.INFEASIBLE: {},
}
"""From state to state, with what makes it happen. docs/state_machine.md is drawn from this."""


class TrialOrigin(Enum):
    """Where the configuration comes from."""

    BASELINE = "BASELINE"
    GENERATED = "GENERATED"
    QUEUED = "QUEUED"
    EXTERNAL = "EXTERNAL"


class FailureKind(Enum):
    """How an attempt ended, when it died."""

    CRASHED = "CRASHED"
    LEASE_EXPIRED = "LEASE_EXPIRED"
    INFEASIBLE = "INFEASIBLE"
    PREEMPTED = "PREEMPTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where the state of a training is; written and read by trainers only."""

    uri: str
    step: int | None = None
    """Steps done when it was written."""
    sha256: str = ""
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How the configuration was generated."""

    generator: str
    phase: int
    fallback_from: tuple[str, ...] = ()
    num_results_seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Descent of a member of a population."""

    parent: int
    parent_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One worker's time with the trial."""

    number: int
    worker: str
    started_at: datetime
    start_step: int
    ended_at: datetime | None = None
    last_step: int | None = None
    failure_kind: FailureKind | None = None
    failure_message: str = ""
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One configuration with its whole history (measurements and attempts are stored beside it)."""

    study_uid: str
    number: int
    uid: str
    state: TrialState
    configuration: Configuration
    origin: TrialOrigin
    seed: int
    created_at: datetime
    updated_at: datetime
    generation: Generation | None = None
    lineage: Lineage | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    bracket: int | None = None
    """The bracket of its scheduler that it began in, from 0; None where there are none, and for baselines."""
    lease: Lease | None = None
    """The last lease; live only while RUNNING and not expired. Kept in QUEUED, to be renewed by a late report."""
    num_attempts: int = 0
    """Leases granted so far; the last one's attempt number."""
    num_deaths: int = 0
    """Attempts that ended in a crash or an expired lease."""
    until_step: int | None = None
    """The budget granted so far; None without a fidelity."""
    last_step: int | None = None
    checkpoint: Checkpoint | None = None
    latest: Measurement | None = None
    """The last measurement; a metric it does not have keeps its last reported value."""
    final: Measurement | None = None
    feasible: bool | None = None
    cost: float = 0.0
    incomparable: tuple[str, ...] = ()
    """Why it is not ranked with the others; empty when it is."""
    test_metrics: Mapping[str, MetricValue] = field(default_factory=dict)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    revision: int = 0
    """The study's revision at its last change; orders watches."""
