"""Branin and Currin: two objectives on two parameters, the usual first test (Belakaria et al. 2019, as in BoTorch)."""

from __future__ import annotations

import math

from assay.space import double
from tests.bench.quality.problem import Configuration, Metrics, Problem


def branin(u: float, v: float) -> float:
    """Branin-Hoo on the unit square; three minima of 0.397887."""
    a, d = 15.0 * u - 5.0, 15.0 * v
    bowl = d - 5.1 / (4.0 * math.pi**2) * a**2 + 5.0 / math.pi * a - 6.0
    return bowl**2 + 10.0 * (1.0 - 1.0 / (8.0 * math.pi)) * math.cos(a) + 10.0


def currin(u: float, v: float) -> float:
    """Currin's exponential function on the unit square (Currin et al. 1988)."""
    front = 1.0 if v == 0.0 else 1.0 - math.exp(-1.0 / (2.0 * v))
    return front * currin_quotient(u)


def currin_quotient(u: float) -> float:
    """The part of Currin's function that depends on the first coordinate alone."""
    above = 2300.0 * u**3 + 1900.0 * u**2 + 2092.0 * u + 60.0
    return above / (100.0 * u**3 + 500.0 * u**2 + 4.0 * u + 20.0)


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """Both functions."""
    u, v = float(configuration["x0"]), float(configuration["x1"])
    return {"f0": branin(u, v), "f1": currin(u, v)}


PROBLEM = Problem(
    name="branin_currin",
    summary="two objectives, two parameters; a small part of the square is better than the reference",
    space={"x0": double(0, 1), "x1": double(0, 1)},
    evaluate=evaluate,
    objectives=("f0", "f1"),
    reference=(18.0, 6.0),
    best=59.36011874867746,  # BoTorch's, by a long evolutionary run
)
