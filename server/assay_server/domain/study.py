"""Study: what is searched, for what, by which means, and how far it got."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from .budget import Budget
from .errors import InvalidArgument, Violation
from .fidelity import Fidelity
from .names import StudyName
from .objective import Objective, OutcomeConstraint
from .provenance import ComparabilityKey
from .space import Configuration, SearchSpace, configuration_violations
from .space_rules import name_violations, space_violations
from .strategy import Strategy
from .transfer import TransferSource, transfer_violations
from .trial import TrialState

MAX_OBJECTIVES = 20
MAX_OUTCOME_CONSTRAINTS = 64
MAX_TRACKED = 64
MAX_BASELINES = 100
MAX_LABELS = 64
MAX_LABEL_TEXT = 256
MAX_DESCRIPTION = 4096
DEFAULT_MAX_ATTEMPTS = 3
DEFAULT_LEASE_TTL_S = 60.0
_LABEL_KEY = re.compile(r"[a-z0-9_.-]{1,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """What a user says about a study."""

    space: SearchSpace
    objectives: tuple[Objective, ...]
    constraints: tuple[OutcomeConstraint, ...] = ()
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    tracked_metrics: tuple[str, ...] = ()
    fidelity: Fidelity | None = None
    budget: Budget = Budget()
    strategy: Strategy = Strategy()
    seed: int | None = None
    baselines: tuple[Configuration, ...] = ()
    no_default_baseline: bool = False
    max_attempts: int | None = None
    lease_ttl_s: float | None = None
    comparability: ComparabilityKey = ComparabilityKey()
    transfer: tuple[TransferSource, ...] = ()
    """Earlier studies to start from."""

    @property
    def required_metrics(self) -> frozenset[str]:
        """Metrics that a result must have."""
        return frozenset(o.metric for o in self.objectives) | frozenset(c.metric for c in self.constraints)

    def violations(self, path: str) -> Iterator[Violation]:
        """Every rule it breaks, with paths below *path*."""
        if len(self.description) > MAX_DESCRIPTION:
            yield Violation(field=f"{path}.description", description=f"longer than {MAX_DESCRIPTION} characters")
        yield from label_violations(self.labels, f"{path}.labels")
        yield from space_violations(self.space, f"{path}.space")
        yield from self._metric_violations(path)
        if self.fidelity is not None:
            yield from self.fidelity.violations(f"{path}.fidelity")
        yield from self.budget.violations(f"{path}.budget", frozenset(o.metric for o in self.objectives))
        yield from self.strategy.violations(f"{path}.strategy", self.space, self.fidelity)
        yield from self._baseline_violations(path)
        yield from transfer_violations(self.transfer, f"{path}.transfer")
        if self.max_attempts is not None and not 1 <= self.max_attempts <= 100:
            yield Violation(field=f"{path}.max_attempts", description=f"{self.max_attempts} is not in [1, 100]")
        if self.lease_ttl_s is not None and not 1 <= self.lease_ttl_s <= 86_400:
            yield Violation(field=f"{path}.lease_ttl", description=f"{self.lease_ttl_s!r} s is not in [1, 86400]")

    def validate(self, path: str) -> None:
        """Raises InvalidArgument with every violation, if there is one."""
        if found := tuple(self.violations(path)):
            raise InvalidArgument(found)

    def _metric_violations(self, path: str) -> Iterator[Violation]:
        if not 1 <= len(self.objectives) <= MAX_OBJECTIVES:
            yield Violation(
                field=f"{path}.objectives", description=f"1 to {MAX_OBJECTIVES}, not {len(self.objectives)}"
            )
        counts = Counter(o.metric for o in self.objectives)
        for i, o in enumerate(self.objectives):
            where = f"{path}.objectives[{i}]"
            yield from name_violations(o.metric, f"{where}.metric")
            if counts[o.metric] > 1:
                yield Violation(field=f"{where}.metric", description=f"{o.metric!r} is an objective twice")
            if o.threshold is not None and not math.isfinite(o.threshold):
                yield Violation(field=f"{where}.threshold", description=f"{o.threshold!r} is not finite")
        if len(self.constraints) > MAX_OUTCOME_CONSTRAINTS:
            yield Violation(
                field=f"{path}.constraints",
                description=f"at most {MAX_OUTCOME_CONSTRAINTS}, not {len(self.constraints)}",
            )
        known = {*counts, *self.tracked_metrics}
        for i, c in enumerate(self.constraints):
            yield from _constraint_violations(c, f"{path}.constraints[{i}]", known, self.space)
        if len(self.tracked_metrics) > MAX_TRACKED:
            yield Violation(
                field=f"{path}.tracked_metrics", description=f"at most {MAX_TRACKED}, not {len(self.tracked_metrics)}"
            )
        for i, name in enumerate(self.tracked_metrics):
            yield from name_violations(name, f"{path}.tracked_metrics[{i}]")
            if name in counts or name in self.tracked_metrics[:i]:
                yield Violation(field=f"{path}.tracked_metrics[{i}]", description=f"{name!r} is declared twice")

    def _baseline_violations(self, path: str) -> Iterator[Violation]:
        if len(self.baselines) > MAX_BASELINES:
            yield Violation(
                field=f"{path}.baselines", description=f"at most {MAX_BASELINES}, not {len(self.baselines)}"
            )
        for i, configuration in enumerate(self.baselines):
            yield from configuration_violations(self.space, configuration, f"{path}.baselines[{i}]")


class StudyState(Enum):
    """Whether a study hands out trials."""

    ACTIVE = "ACTIVE"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"


class StudyEndReason(Enum):
    """Why a study is over."""

    STOPPED_BY_USER = "STOPPED_BY_USER"
    MAX_TRIALS = "MAX_TRIALS"
    MAX_COST = "MAX_COST"
    MAX_DURATION = "MAX_DURATION"
    TARGET_REACHED = "TARGET_REACHED"
    SPACE_EXHAUSTED = "SPACE_EXHAUSTED"
    CONVERGED = "CONVERGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a study has spent and reached; changes with every act."""

    trials: Mapping[TrialState, int] = field(default_factory=dict)
    """Number of trials in each state; absent means 0."""
    num_created: int = 0
    """Trials so far, of any origin; the last trial's number."""
    num_generated: tuple[int, ...] = ()
    """Trials so far from each phase."""
    num_results: int = 0
    """Reports at a rung, completions and infeasible ends so far; grows when there is something new to learn."""
    num_feasible: int = 0
    """Trials that SUCCEEDED and keep all hard constraints."""
    cost: float = 0.0
    revision: int = 0
    """Grows with every change of a trial; orders watches and rung results."""
    exhausted: bool = False
    """The last generator has nothing more to propose."""

    def count(self, state: TrialState) -> int:
        """Trials in *state*."""
        return self.trials.get(state, 0)

    @property
    def num_open(self) -> int:
        """Trials that run or wait to be run."""
        return self.count(TrialState.RUNNING) + self.count(TrialState.QUEUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A search and how far it got."""

    uid: str
    name: StudyName
    spec: StudySpec
    state: StudyState
    strategy: Strategy
    """The specification's, with everything the server chose filled in."""
    strategy_rationale: str
    seed: int
    comparability: ComparabilityKey
    """The specification's, with what the first report pinned."""
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    end_reason: StudyEndReason | None = None
    version: int = 1
    """Grows with every change of the study itself (not of its trials); the etag."""
    tally: Tally = Tally()

    @property
    def rungs(self) -> tuple[int, ...]:
        """Steps at which trials are compared; empty without a fidelity."""
        return self.spec.fidelity.resolved_rungs() if self.spec.fidelity else ()

    @property
    def max_attempts(self) -> int:
        """Deaths after which a trial is FAILED."""
        return self.spec.max_attempts or DEFAULT_MAX_ATTEMPTS

    @property
    def lease_ttl_s(self) -> float:
        """How long a worker may be silent."""
        return self.spec.lease_ttl_s or DEFAULT_LEASE_TTL_S


def label_violations(labels: Mapping[str, str], path: str) -> Iterator[Violation]:
    """Rules of labels of studies and trials."""
    if len(labels) > MAX_LABELS:
        yield Violation(field=path, description=f"at most {MAX_LABELS}, not {len(labels)}")
    for key, text in labels.items():
        if not _LABEL_KEY.fullmatch(key):
            yield Violation(field=f"{path}[{key[:80]!r}]", description=f"keys match {_LABEL_KEY.pattern}")
        if len(text) > MAX_LABEL_TEXT:
            yield Violation(field=f"{path}[{key[:80]!r}]", description=f"longer than {MAX_LABEL_TEXT} characters")


def _constraint_violations(
    constraint: OutcomeConstraint, path: str, known: set[str], space: SearchSpace
) -> Iterator[Violation]:
    yield from name_violations(constraint.metric, f"{path}.metric")
    if space.parameter(constraint.metric) is not None and constraint.metric not in known:
        yield Violation(
            field=f"{path}.metric", description=f"{constraint.metric!r} is a parameter; use space.constraints"
        )
    elif constraint.metric not in known:
        yield Violation(
            field=f"{path}.metric",
            description=f"unknown metric {constraint.metric!r}: neither an objective nor in tracked_metrics",
        )
    if not math.isfinite(constraint.bound):
        yield Violation(field=f"{path}.bound", description=f"{constraint.bound!r} is not finite")
    weight = constraint.soft_weight
    if weight is not None and not (math.isfinite(weight) and weight > 0):
        yield Violation(field=f"{path}.soft_weight", description=f"{weight!r} is not a finite number above 0")
