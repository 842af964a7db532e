"""Scales: where the values of a parameter lie in [0, 1], evenly on its scale or as its prior says, and back."""

from __future__ import annotations

import math
from statistics import NormalDist

from .space import Boolean, Categorical, Derived, Double, Fixed, Integer, Kind, NormalPrior, Value, num_steps


def from_unit(kind: Kind, u: float) -> Value:
    """The value at *u* in [0, 1): uniform on the parameter's scale, or as its prior says."""
    match kind:
        case Boolean():
            return u >= 0.5
        case Categorical():
            return kind.values[_weighted_index(kind, u)]
        case Double() | Integer():
            return snapped(kind, _quantile(kind, u))
        case Fixed() | Derived():
            raise AssertionError(f"{kind} is not searched")


def to_unit(kind: Double | Integer, value: float) -> float:
    """Where *value* lies on the parameter's scale, in [0, 1]; its prior makes no difference.

    `from_unit` of a kind without a prior leads back.
    """
    low, high = _bounds(kind)
    if kind.log:
        low, high, value = math.log10(low), math.log10(high), math.log10(value)
    return min(1.0, max(0.0, (value - low) / (high - low)))


def snapped(kind: Double | Integer, value: float) -> int | float:
    """The nearest value of the parameter."""
    if kind.step is not None:
        index = min(num_steps(kind), max(0, round((value - kind.min) / kind.step)))
        return stepped(kind, index)
    clipped = min(kind.max, max(kind.min, value))
    return round(clipped) if isinstance(kind, Integer) else float(clipped)


def stepped(kind: Double | Integer, index: int) -> int | float:
    """The value *index* steps above the minimum, as a person would write it (0.3, not 0.30000000000000004)."""
    assert kind.step is not None
    value = kind.min + index * kind.step
    return value if isinstance(kind, Integer) else float(min(kind.max, max(kind.min, float(f"{value:.15g}"))))


def _weighted_index(kind: Categorical, u: float) -> int:
    if not kind.prior_weights:
        return min(len(kind.values) - 1, int(u * len(kind.values)))
    left = u * math.fsum(kind.prior_weights)
    for index, weight in enumerate(kind.prior_weights):
        left -= weight
        if left < 0:
            return index
    return max(i for i, weight in enumerate(kind.prior_weights) if weight > 0)  # u was 1 but for rounding


def _quantile(kind: Double | Integer, u: float) -> float:
    """Where a share of *u* lies below."""
    low, high = _bounds(kind)
    if not kind.log:
        return _prior_quantile(kind.prior, low, high, u) if kind.prior else low + u * (high - low)
    low, high = math.log10(low), math.log10(high)
    prior = kind.prior and NormalPrior(
        mean=math.log10(max(kind.min, kind.prior.mean)), standard_deviation=kind.prior.standard_deviation
    )
    return math.pow(10.0, _prior_quantile(prior, low, high, u) if prior else low + u * (high - low))


def _bounds(kind: Double | Integer) -> tuple[float, float]:
    """Half a step beyond the least and the largest value, so that snapping favours no value."""
    half = kind.step / 2 if kind.step is not None else 0.5 if isinstance(kind, Integer) else 0.0
    top = kind.max if kind.step is None else kind.min + num_steps(kind) * kind.step
    return kind.min - half, top + half


def _prior_quantile(prior: NormalPrior, low: float, high: float, u: float) -> float:
    """Of a normal distribution cut off at the bounds."""
    normal = NormalDist(prior.mean, prior.standard_deviation)
    below, above = normal.cdf(low), normal.cdf(high)
    share = below + u * (above - below)
    if not 0.0 < share < 1.0:
        return low if share <= 0.0 else high
    return min(high, max(low, normal.inv_cdf(share)))
