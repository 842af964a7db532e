"""C2-DTLZ2 with four parameters: a round front of which a constraint leaves three pieces (Jain & Deb 2014)."""

from __future__ import annotations

import math

from assay.space import double
from tests.bench.quality.problem import Configuration, Metrics, Problem

NUM = 4
RADIUS = 0.2


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """Feasible within a radius of the ends of the front, or of its middle."""
    x = [float(configuration[f"x{i}"]) for i in range(NUM)]
    g = 1.0 + sum((value - 0.5) ** 2 for value in x[1:])
    f = (g * math.cos(x[0] * math.pi / 2.0), g * math.sin(x[0] * math.pi / 2.0))
    ends = min((f[0] - 1.0) ** 2 + f[1] ** 2, (f[1] - 1.0) ** 2 + f[0] ** 2) - RADIUS**2
    middle = sum((value - 1.0 / math.sqrt(2.0)) ** 2 - RADIUS**2 for value in f)
    return {"f0": f[0], "f1": f[1], "g0": min(ends, middle)}


PROBLEM = Problem(
    name="c2dtlz2_4d",
    summary="two objectives, four parameters, a constraint that cuts the front in three",
    space={f"x{i}": double(0, 1) for i in range(NUM)},
    evaluate=evaluate,
    objectives=("f0", "f1"),
    constraints=("g0",),
    reference=(1.1, 1.1),
    best=0.3996406303723544,  # BoTorch's; a test computes it from the feasible pieces of the front
)
