"""Units for a metric: outliers clipped, then shifted and scaled to a spread of about one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .columns import Array

CLIP_ABOVE = 5.0
"""Bad values farther than this many interquartile ranges above the upper quartile are brought back to there: how bad
exactly does not matter, and one diverged training must not make all the others look alike."""
CLIP_BELOW = 30.0
"""The same for surprisingly good ones; generous, because they are what is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """loss -> (clipped loss - centre) / width."""

    low: float
    high: float
    centre: float
    width: float

    def clip(self, losses_N: Array) -> Array:
        """The losses without outliers; NaN stays NaN."""
        return np.clip(losses_N, self.low, self.high)

    def apply(self, losses_N: Array) -> Array:
        """The losses in units of the width; NaN stays NaN."""
        return (self.clip(losses_N) - self.centre) / self.width

    def undone(self, scaled: Array) -> Array:
        """The losses of *scaled* ones, as far as they were not clipped."""
        return scaled * self.width + self.centre

    def without_centre(self, losses_N: Array) -> Array:
        """The same, but zero stays zero."""
        return self.clip(losses_N) / self.width


def scaling_of(losses_N: Array, anchor: float | None) -> Scaling:
    """Units for *losses_N* (NaN is ignored) that keep *anchor*, a threshold, within the clipped range."""
    known = losses_N[np.isfinite(losses_N)]
    lower, centre, upper = np.quantile(known, [0.25, 0.5, 0.75])
    spread = float(upper - lower) or _spread_of_rest(known, float(centre))
    low = max(float(known.min()), float(lower) - CLIP_BELOW * spread)
    high = min(float(known.max()), float(upper) + CLIP_ABOVE * spread)
    if anchor is not None:
        low, high = min(low, anchor), max(high, anchor)
    width = float(np.clip(known, low, high).std()) or spread
    return Scaling(low=low, high=high, centre=float(centre), width=width)


def _spread_of_rest(known: Array, centre: float) -> float:
    """A width when more than half of the values are equal: the nearest other value, or the size of them all."""
    distances = np.abs(known - centre)
    others = distances[distances > 0]
    return float(np.median(others)) if len(others) else max(1e-9, abs(centre))
