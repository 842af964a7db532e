"""Candidates: configurations generated ahead of being asked for, and what a generator is told."""

from __future__ import annotations

from dataclasses import dataclass

from .measurement import Measurement
from .space import Configuration
from .strategy import Strategy
from .study import StudySpec
from .trial import Generation, TrialState


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a model makes of the paused trials beside a candidate: by the improvement expected per cost still to pay."""

    better: tuple[int, ...] = ()
    """Trials that promise more than the candidate, the best first."""
    worse: tuple[int, ...] = ()
    """The others that it knew, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a generator proposes that has an opinion of paused trials too."""

    configuration: Configuration
    verdict: Verdict | None = None
    """None: it knows too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A configuration that is ready to become a trial."""

    configuration: Configuration
    """Searched parameters at least; fixed and derived ones may be left out."""
    generation: Generation
    verdict: Verdict | None = None
    """Of the model that made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is known about one trial."""

    number: int
    configuration: Configuration
    state: TrialState
    measurements: tuple[Measurement, ...]
    """By step; the curve may be thinned but has the rungs and the last point."""
    is_external: bool = False
    """Measured elsewhere; may lie outside the space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySnapshot:
    """Everything a generator may use: it crosses a process boundary and holds no connection to anything."""

    study_uid: str
    study_name: str
    spec: StudySpec
    strategy: Strategy
    """Resolved."""
    seed: int
    phase: int
    """Index of the phase to generate for."""
    first_index: int
    """Candidates made for this phase so far, used or waiting; the next one's index within the phase."""
    num_created: int
    """Trials of the study so far."""
    num_results: int
    observations: tuple[Observation, ...]
    """All trials with at least one measurement, or ended INFEASIBLE or FAILED."""
    pending: tuple[Configuration, ...]
    """Configurations of trials that run, are paused or queued, and of waiting candidates."""
