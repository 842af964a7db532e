"""ZDT1 with six parameters: a convex front on one edge of the space (Zitzler, Deb & Thiele 2000)."""

from __future__ import annotations

import math

from assay.space import double
from tests.bench.quality.problem import Configuration, Metrics, Problem

NUM = 6


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """On the front all parameters but the first are 0."""
    x = [float(configuration[f"x{i}"]) for i in range(NUM)]
    g = 1.0 + 9.0 * sum(x[1:]) / (NUM - 1)
    return {"f0": x[0], "f1": g * (1.0 - math.sqrt(x[0] / g))}


PROBLEM = Problem(
    name="zdt1_6d",
    summary="two objectives, six parameters, the optimum on the border",
    space={f"x{i}": double(0, 1) for i in range(NUM)},
    evaluate=evaluate,
    objectives=("f0", "f1"),
    reference=(11.0, 11.0),
    best=121.0 - 1.0 / 3.0,  # the square less what lies under 1 - sqrt(f0)
)
