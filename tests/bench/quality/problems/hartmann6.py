"""Hartmann's function of six parameters: one objective with six local minima (Dixon & Szego 1978)."""

from __future__ import annotations

import math

from assay.space import double
from tests.bench.quality.problem import Configuration, Metrics, Problem

HEIGHTS = (1.0, 1.2, 3.0, 3.2)
SHARPNESS = (
    (10.0, 3.0, 17.0, 3.5, 1.7, 8.0),
    (0.05, 10.0, 17.0, 0.1, 8.0, 14.0),
    (3.0, 3.5, 1.7, 10.0, 17.0, 8.0),
    (17.0, 8.0, 0.05, 10.0, 0.1, 14.0),
)
CENTRES = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """Four wells."""
    x = [float(configuration[f"x{i}"]) for i in range(6)]
    wells = (
        height * math.exp(-sum(a * (value - p) ** 2 for a, value, p in zip(sharp, x, centre, strict=True)))
        for height, sharp, centre in zip(HEIGHTS, SHARPNESS, CENTRES, strict=True)
    )
    return {"f0": -sum(wells)}


PROBLEM = Problem(
    name="hartmann6",
    summary="one objective, six parameters, local minima",
    space={f"x{i}": double(0, 1) for i in range(6)},
    evaluate=evaluate,
    objectives=("f0",),
    best=-3.32236801141551,
)
