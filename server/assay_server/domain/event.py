"""Events: the log of a study."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Severity(Enum):
    """How serious an event is."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEvent:
    """One line of a study's log."""

    severity: Severity
    kind: str
    """UPPER_SNAKE_CASE."""
    message: str
    trial: int | None = None
    at: datetime | None = None
    """None until stored."""
    sequence: int = 0
    """0 until stored; grows within the study."""
