"""What the server tells: frozen pictures of studies and trials at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .objectives import Objective
from .space import Scalar
from .spec import Comparability, StudySpec
from .strategy import Strategy


class TrialState(StrEnum):
    """Where a trial is in its life."""

    UNKNOWN = "UNKNOWN"
    """A state of a newer server."""
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
        return self in (TrialState.SUCCEEDED, TrialState.STOPPED, TrialState.FAILED, TrialState.INFEASIBLE)


class StudyState(StrEnum):
    """Whether a study hands out trials."""

    UNKNOWN = "UNKNOWN"
    ACTIVE = "ACTIVE"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"


class Action(StrEnum):
    """What a worker shall do now."""

    CONTINUE = "CONTINUE"
    PAUSE = "PAUSE"
    STOP = "STOP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """The answer to a report."""

    action: Action = Action.CONTINUE
    until_step: int | None = None
    """Train until this step is reported; None without a fidelity."""
    reason: str = ""
    """PROMOTED, RUNG_REACHED, COMPLETED, PRUNED, STUDY_OVER, STOPPED_BY_USER, or empty."""

    @property
    def leaves(self) -> bool:
        """Whether the worker shall leave the trial; its lease is over."""
        return self.action is not Action.CONTINUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Metrics at one step of a trial."""

    step: int
    metrics: Mapping[str, float]
    sem: Mapping[str, float] = field(default_factory=dict)
    """Standard errors, of the metrics that have one."""
    cost: float | None = None
    """Since the previous measurement."""
    elapsed_s: float | None = None
    create_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Under what circumstances an attempt ran."""

    seed: int | None = None
    code_version: str = ""
    code_dirty: bool | None = None
    dataset_fingerprint: str = ""
    evaluation_protocol: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Library versions and the like."""
    hardware: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One worker's time with a trial."""

    number: int
    worker: str
    start_time: datetime | None
    end_time: datetime | None
    start_step: int
    last_step: int | None
    failure_kind: str
    """CRASHED, LEASE_EXPIRED, INFEASIBLE, PREEMPTED, or empty."""
    failure_message: str
    provenance: Provenance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """One configuration with its history, as it was when it was read."""

    name: str
    uid: str
    number: int
    state: TrialState
    params: Mapping[str, Scalar]
    metrics: Mapping[str, float]
    """Of the result once SUCCEEDED, of the latest measurement before; empty when there is none."""
    sem: Mapping[str, float]
    steps: int
    """The last reported step; 0 when there is none."""
    until_step: int | None
    feasible: bool | None
    """Whether all hard constraints are kept; None when that is not known."""
    cost: float
    origin: str
    """BASELINE, GENERATED, QUEUED or EXTERNAL."""
    generator: str
    """What proposed it; empty when nothing did."""
    fallback_from: tuple[str, ...]
    """Generators that should have proposed it and failed."""
    seed: int
    worker: str
    """Who holds it; empty when nobody does."""
    attempt: int
    """How often it was handed out, as far as the view tells."""
    checkpoint: str | None
    checkpoint_step: int | None
    measurements: tuple[Measurement, ...]
    """All of them by step; only in full records."""
    attempts: tuple[Attempt, ...]
    """Only in full records."""
    test_metrics: Mapping[str, float]
    """On the sealed test data; empty until they are written."""
    incomparable: tuple[str, ...]
    """Why it is not ranked with the others; empty when it is."""
    labels: Mapping[str, str]
    priority: int
    bracket: int | None
    """The bracket of its scheduler, from 0; None without brackets, and for baselines."""
    parent: str
    """Full name of the trial whose checkpoint was copied, in a population."""
    create_time: datetime | None
    start_time: datetime | None
    update_time: datetime | None
    end_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecord:
    """A study as it was when it was read."""

    name: str
    uid: str
    spec: StudySpec
    state: StudyState
    end_reason: str
    """MAX_TRIALS, TARGET_REACHED, STOPPED_BY_USER, …; empty while it is active."""
    counts: Mapping[TrialState, int]
    cost_spent: float
    seed: int
    rungs: tuple[int, ...]
    comparability: Comparability
    """What trials must share to be ranked together, with what the first report pinned."""
    strategy: Strategy
    """With everything the server chose filled in."""
    strategy_rationale: str
    etag: str
    create_time: datetime | None
    update_time: datetime | None
    end_time: datetime | None

    @property
    def id(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]

    @property
    def is_over(self) -> bool:
        """Whether nothing is handed out any more."""
        return self.state in (StudyState.STOPPED, StudyState.COMPLETED)

    @property
    def num_trials(self) -> int:
        """Trials in any state."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEvent:
    """One line of a study's log."""

    sequence: int
    time: datetime | None
    severity: str
    """INFO, WARNING or ERROR."""
    kind: str
    message: str
    trial: str
    """Full name of the trial it is about; empty when it is about none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestValue:
    """The best feasible value of an objective at full fidelity."""

    metric: str
    value: float | None
    trial: int | None
    baseline: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """How full a rung is."""

    step: int
    reached: int
    paused: int
    promoted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """A worker that holds a trial."""

    worker: str
    trial: int | None
    silence_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a study is."""

    study: StudyRecord
    best_values: tuple[BestValue, ...]
    rungs: tuple[Rung, ...]
    workers: tuple[WorkerStatus, ...]
    hypervolume: float | None
    front_size: int
    time_left_s: float | None
    """Estimated; None when it cannot be told."""
    buffer_depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HypervolumePoint:
    """The hypervolume after a trial finished."""

    trial: int
    time: datetime | None
    hypervolume: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HypervolumeHistory:
    """How the hypervolume grew, by time."""

    points: tuple[HypervolumePoint, ...]
    reference_point: Mapping[str, float]

    def __iter__(self) -> Iterator[HypervolumePoint]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The feasible trials at full fidelity that no other one beats, best by the first objective first."""

    trials: tuple[TrialRecord, ...]
    objectives: tuple[Objective, ...]
    hypervolume: float | None
    reference_point: Mapping[str, float]
    """By objective: its threshold, given or inferred."""
    inferred: frozenset[str]
    """Objectives whose threshold was inferred."""

    def __iter__(self) -> Iterator[TrialRecord]:
        return iter(self.trials)

    def __len__(self) -> int:
        return len(self.trials)

    def __getitem__(self, index: int) -> TrialRecord:
        return self.trials[index]

    def __str__(self) -> str:
        from .table import front_table

        return front_table(self)
