"""Measurements: metrics at a step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from .errors import Violation
from .space_rules import name_violations

MAX_METRICS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """A finite value with its standard error, if known."""

    value: float
    sem: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Metrics at one step of a trial."""

    step: int
    metrics: Mapping[str, MetricValue]
    cost: float | None = None
    """Since the previous measurement, in the unit of the budget's max_cost."""
    elapsed_s: float | None = None
    """Wall-clock seconds since the previous measurement."""
    created_at: datetime | None = None
    """None until stored."""

    def values(self) -> dict[str, float]:
        """The metrics without their noise."""
        return {name: m.value for name, m in self.metrics.items()}

    def violations(self, path: str) -> Iterator[Violation]:
        """Every rule it breaks."""
        if self.step < 0:
            yield Violation(field=f"{path}.step", description=f"{self.step} is below 0")
        yield from metric_violations(self.metrics, f"{path}.metrics")
        if self.cost is not None and not (math.isfinite(self.cost) and self.cost >= 0):
            yield Violation(field=f"{path}.cost", description=f"{self.cost!r} is not a finite number >= 0")
        if self.elapsed_s is not None and self.elapsed_s < 0:
            yield Violation(field=f"{path}.elapsed", description=f"{self.elapsed_s!r} s is below 0")


def metric_violations(metrics: Mapping[str, MetricValue], path: str) -> Iterator[Violation]:
    """Rules of metrics by name."""
    if not 1 <= len(metrics) <= MAX_METRICS:
        yield Violation(field=path, description=f"1 to {MAX_METRICS} metrics, not {len(metrics)}")
    for name, m in metrics.items():
        where = f"{path}[{name!r}]"
        yield from name_violations(name, where)
        if not math.isfinite(m.value):
            yield Violation(field=f"{where}.value", description=f"{m.value!r} is not finite; fail the trial instead")
        if m.sem is not None and not (math.isfinite(m.sem) and m.sem >= 0):
            yield Violation(field=f"{where}.sem", description=f"{m.sem!r} is not a finite number >= 0")
