"""What a list is narrowed to, and which part of it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .study import StudyState
from .trial import TrialState


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricBound:
    """One comparison of a filter on metrics of the latest measurement."""

    metric: str
    operator: Literal["<", "<=", ">", ">=", "=", "!="]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list is narrowed to; empty means everything."""

    states: frozenset[TrialState] | None = None
    study_states: frozenset[StudyState] | None = None
    labels: tuple[tuple[str, str], ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    metrics: tuple[MetricBound, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list, in which order."""

    limit: int
    order_by: str = ""
    """Trials: "number" (default), "create_time", "metrics.NAME"; studies: "create_time" (default), "name"."""
    descending: bool = False
    after: tuple[float | str | None, str] | None = None
    """Sort key and tie breaker (number, or study id) of the last item of the page before."""
