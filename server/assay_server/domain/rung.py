"""Rungs: where trials of a study are compared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .objective import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What a trial's measurements up to a rung say together, each scored by itself."""

    mean_losses: tuple[float, ...]
    """One per objective: the average."""
    best_losses: tuple[float, ...]
    """One per objective: the least."""
    least_violation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RungResult:
    """What one trial achieved at one rung."""

    trial: int
    """Number of the trial."""
    step: int
    """The rung."""
    score: Score
    waiting: bool
    """The trial is PAUSED at this rung, and the scheduler has not decided yet that it stays there."""
    promoted: bool
    """The trial went on beyond this rung."""
    bracket: int | None = None
    """The trial's; only results of one bracket are compared with each other."""
    curve: Curve | None = None
    """For schedulers that compare curves."""
    arrival: int = 0
    """The study's revision when it came: equals are ranked in this order."""
    revision: int = 0
    """The study's revision at its last change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BracketMember:
    """A trial that belongs to a bracket."""

    trial: int
    """Its number."""
    bracket: int
    is_open: bool
    """It runs, or is queued to run."""
    revision: int
    """The study's revision at its last change."""


class Action(Enum):
    """What a worker shall do now."""

    CONTINUE = "CONTINUE"
    PAUSE = "PAUSE"
    STOP = "STOP"


class Reason(Enum):
    """Why."""

    BUDGET_LEFT = "BUDGET_LEFT"
    PROMOTED = "PROMOTED"
    RUNG_REACHED = "RUNG_REACHED"
    COMPLETED = "COMPLETED"
    PRUNED = "PRUNED"
    STUDY_OVER = "STUDY_OVER"
    STOPPED_BY_USER = "STOPPED_BY_USER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """The answer to a report."""

    action: Action
    reason: Reason = Reason.BUDGET_LEFT
    until_step: int | None = None
