"""Operators on positions in [0, 1]: how far a child lies from its parents.

Both are quantile functions of the published densities, cut off at the bounds: *share* is the probability below.
"""

from __future__ import annotations

import math

SAME = 1e-12
"""Parents that are nearer to each other than this are one."""


def simulated_binary(a: float, b: float, share: float, *, eta: float) -> tuple[float, float]:
    """Two children of *a* and *b*, as far beyond or between them as *share* says, the smaller first.

    Simulated binary crossover (Deb and Agrawal 1995) within bounds: the larger *eta*, the nearer to the parents.
    """
    low, high = min(a, b), max(a, b)
    if high - low < SAME:
        return low, high
    middle, width = 0.5 * (low + high), high - low
    first = middle - 0.5 * width * _spread(1.0 + 2.0 * low / width, share, eta)
    second = middle + 0.5 * width * _spread(1.0 + 2.0 * (1.0 - high) / width, share, eta)
    return _bounded(first), _bounded(second)


def polynomial(position: float, share: float, *, eta: float) -> float:
    """*position* moved, more upwards the larger *share*; polynomial mutation (Deb and Goyal 1996) within bounds.

    The larger *eta*, the smaller the move: about 1 / (eta + 1) of the range.
    """
    power = eta + 1.0
    if share < 0.5:
        rest = (1.0 - position) ** power  # what the lower bound cuts off
        move = (2.0 * share + (1.0 - 2.0 * share) * rest) ** (1.0 / power) - 1.0
    else:
        rest = position**power
        move = 1.0 - (2.0 * (1.0 - share) + (2.0 * share - 1.0) * rest) ** (1.0 / power)
    return _bounded(position + move)


def _spread(reach: float, share: float, eta: float) -> float:
    """The spread factor that a share lies below, when none beyond *reach* is allowed."""
    power = eta + 1.0
    allowed = (2.0 - math.pow(reach, -power)) * share
    return math.pow(allowed if allowed <= 1.0 else 1.0 / (2.0 - allowed), 1.0 / power)


def _bounded(position: float) -> float:
    return min(1.0, max(0.0, position))
