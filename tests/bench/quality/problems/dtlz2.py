"""DTLZ2 with three objectives on five parameters: the front is an eighth of a sphere (Deb et al. 2002)."""

from __future__ import annotations

import math

from assay.space import double
from tests.bench.quality.problem import Configuration, Metrics, Problem

NUM = 5


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """On the sphere where the last three parameters are 1/2."""
    x = [float(configuration[f"x{i}"]) for i in range(NUM)]
    radius = 1.0 + sum((value - 0.5) ** 2 for value in x[2:])
    a, b = x[0] * math.pi / 2.0, x[1] * math.pi / 2.0
    return {
        "f0": radius * math.cos(a) * math.cos(b),
        "f1": radius * math.cos(a) * math.sin(b),
        "f2": radius * math.sin(a),
    }


PROBLEM = Problem(
    name="dtlz2_3obj",
    summary="three objectives, five parameters",
    space={f"x{i}": double(0, 1) for i in range(NUM)},
    evaluate=evaluate,
    objectives=("f0", "f1", "f2"),
    reference=(1.1, 1.1, 1.1),
    best=1.1**3 - math.pi / 6.0,  # the cube less the ball's eighth
)
