"""Rungs: where trials of a study are compared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .objective import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class RungResult:
    """What one trial achieved at one rung."""

    trial: int
    """Number of the trial."""
    step: int
    """The rung."""
    score: Score
    waiting: bool
    """The trial is PAUSED at this rung."""
    promoted: bool
    """The trial went on beyond this rung."""
    revision: int = 0
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
    REPLACED = "REPLACED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """The answer to a report."""

    action: Action
    reason: Reason = Reason.BUDGET_LEFT
    until_step: int | None = None
