"""Branin whose valley bends with the fidelity: one objective (Wu et al. 2019, as in BoTorch)."""

from __future__ import annotations

import math

from assay.space import double
from tests.bench.quality.problem import Configuration, Metrics, Problem

STEPS = 27


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """Branin after all steps, a bent one before."""
    x0, x1 = float(configuration["x0"]), float(configuration["x1"])
    bend = 5.1 / (4.0 * math.pi**2) - 0.1 * (1.0 - step / STEPS)
    bowl = x1 - bend * x0**2 + 5.0 / math.pi * x0 - 6.0
    return {"f0": bowl**2 + 10.0 * (1.0 - 1.0 / (8.0 * math.pi)) * math.cos(x0) + 10.0}


PROBLEM = Problem(
    name="aug_branin",
    summary="one objective, two parameters, cheap steps that bend the valley",
    space={"x0": double(-5, 10), "x1": double(0, 15)},
    evaluate=evaluate,
    objectives=("f0",),
    best=0.39788735772973816,
    max_step=STEPS,
)
