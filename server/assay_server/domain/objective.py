"""Objectives and outcome constraints, and how a result is judged by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A metric to minimise or maximise."""

    metric: str
    minimize: bool
    threshold: float | None = None
    """Results worse than this have no value; inferred from the data when None."""

    def loss(self, value: float) -> float:
        """*value* as something to minimise."""
        return value if self.minimize else -value


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeConstraint:
    """A bound on a metric; hard, or soft with a weight."""

    metric: str
    at_most: bool
    """True for <=, False for >=."""
    bound: float
    soft_weight: float | None = None

    def violation(self, value: float) -> float:
        """By how much *value* breaks the bound, in the metric's unit; 0 when it keeps it."""
        excess = value - self.bound if self.at_most else self.bound - value
        return max(0.0, excess)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A result as ranking sees it."""

    losses: tuple[float, ...]
    """One per objective, minimised; soft violations are added to each, times their weight."""
    violation: float
    """Sum of hard violations, each relative to max(1, |bound|); 0 is feasible."""

    @property
    def is_feasible(self) -> bool:
        """Whether all hard constraints hold."""
        return self.violation == 0.0


def score(
    objectives: tuple[Objective, ...],
    constraints: tuple[OutcomeConstraint, ...],
    metrics: Mapping[str, float],
) -> Score | None:
    """The score of *metrics*, or None when an objective or constrained metric is missing."""
    needed = {o.metric for o in objectives} | {c.metric for c in constraints}
    if not needed <= metrics.keys():
        return None
    penalty = sum(c.soft_weight * c.violation(metrics[c.metric]) for c in constraints if c.soft_weight is not None)
    hard = sum(c.violation(metrics[c.metric]) / max(1.0, abs(c.bound)) for c in constraints if c.soft_weight is None)
    return Score(losses=tuple(o.loss(metrics[o.metric]) + penalty for o in objectives), violation=hard)
