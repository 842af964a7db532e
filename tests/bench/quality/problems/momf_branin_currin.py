"""Branin and Currin with cheap steps, both to be maximised, given here with their signs turned (Irshad et al. 2021)."""

from __future__ import annotations

import math

from assay.space import double
from tests.bench.quality.problem import Configuration, Metrics, Problem
from tests.bench.quality.problems.branin_currin import currin_quotient

STEPS = 27
EXPONENT = 4.8
"""A fidelity s costs exp(EXPONENT (s - 1)) of a full evaluation in the paper; a step costs 1/STEPS here."""


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """Both functions at the fidelity that the step's cost buys."""
    lack = 1.0 - max(0.0, 1.0 + math.log(step / STEPS) / EXPONENT)
    u, v = float(configuration["x0"]), float(configuration["x1"])
    return {"f0": -_branin(u, v, lack), "f1": -_currin(u, v, lack)}


def _branin(u: float, v: float, lack: float) -> float:
    a, d = 15.0 * u - 5.0, 15.0 * v
    bend = 5.1 / (4.0 * math.pi**2) - 0.01 * lack
    slope = 5.0 / math.pi - 0.1 * lack
    wave = 1.0 / (8.0 * math.pi) + 0.05 * lack
    value = (d - bend * a**2 + slope * a - 6.0) ** 2 + 10.0 * (1.0 - wave) * math.cos(a) + 10.0
    return (21.0 - value) / 22.0


def _currin(u: float, v: float, lack: float) -> float:
    front = 1.0 - 0.1 * lack * (math.exp(-1.0 / (2.0 * v)) if v > 0.0 else 0.0)
    return (14.0 - front * currin_quotient(u)) / 15.0


PROBLEM = Problem(
    name="momf_branin_currin",
    summary="two objectives, two parameters, cheap steps",
    space={"x0": double(0, 1), "x1": double(0, 1)},
    evaluate=evaluate,
    objectives=("f0", "f1"),
    reference=(0.0, 0.0),
    # The front of 3001 by 3001 points; the 0.5235514158034145 of the paper's authors is not reached by any of them.
    best=0.5032905856381692,
    max_step=STEPS,
)
