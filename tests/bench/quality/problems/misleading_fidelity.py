"""Branin and Currin of which the cheap steps show the mirror image: halving drops what is best, nearly to the end."""

from __future__ import annotations

from assay.space import double
from tests.bench.quality.problem import Configuration, Metrics, Problem
from tests.bench.quality.problems import branin_currin

STEPS = 27


def evaluate(configuration: Configuration, step: int) -> Metrics:
    """A blend of both functions at the point (after all steps: nothing else) and at its mirror image."""
    u, v = float(configuration["x0"]), float(configuration["x1"])
    truth = branin_currin.evaluate({"x0": u, "x1": v}, 1)
    mirrored = branin_currin.evaluate({"x0": 1.0 - u, "x1": 1.0 - v}, 1)
    share = (step / STEPS) ** 3
    return {name: share * truth[name] + (1.0 - share) * mirrored[name] for name in truth}


PROBLEM = Problem(
    name="misleading_fidelity",
    summary="two objectives, two parameters, cheap steps that rank the wrong way round",
    space={"x0": double(0, 1), "x1": double(0, 1)},
    evaluate=evaluate,
    objectives=("f0", "f1"),
    reference=branin_currin.PROBLEM.reference,
    best=branin_currin.PROBLEM.best,
    max_step=STEPS,
)
