"""What is wanted: metrics to optimise, and bounds to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .linear import Comparison, parse_comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A metric to optimise."""

    metric: str
    maximize: bool = False
    threshold: float | None = None
    """Results worse than this have no value; inferred from the data when None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A bound, as the user wrote it: on parameters or on a metric, which the study's space decides."""

    text: str
    comparison: Comparison
    soft_weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterConstraint:
    """sum of weight * parameter <= bound, or >= bound; kept by every configuration."""

    weights: Mapping[str, float]
    at_most: bool
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeConstraint:
    """A bound on a reported metric."""

    metric: str
    at_most: bool
    bound: float
    soft_weight: float | None = None
    """None: hard. Otherwise it may be broken, and a violation has this weight."""


def minimize(metric: str, *, threshold: float | None = None) -> Objective:
    """A metric of which less is better."""
    return Objective(metric=metric, threshold=None if threshold is None else float(threshold))


def maximize(metric: str, *, threshold: float | None = None) -> Objective:
    """A metric of which more is better."""
    return Objective(metric=metric, maximize=True, threshold=None if threshold is None else float(threshold))


def constraint(text: str, *, soft_weight: float | None = None) -> Constraint:
    """A bound such as "params <= 200_000" (a metric) or "lr + 2*depth <= 3" (parameters).

    Args:
        text: a weighted sum, `<=` or `>=`, and another one.
        soft_weight: a metric's bound may be broken, at this price.

    Raises:
        InvalidArgument: naming the text and what is wrong with it.
    """
    return Constraint(text=text, comparison=parse_comparison(text), soft_weight=soft_weight)
