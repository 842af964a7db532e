"""Regret: how far the best found is from the best there is, along a run.

Only feasible points that were evaluated to the end count. Several objectives: 1 - hypervolume / largest hypervolume,
from 1 (nothing better than the reference) to 0. One objective: the least value found less the least there is, infinite
before there is any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.bench.quality.problem import Problem
from tests.bench.quality.simulate import Evaluation, Trace
from tests.bench.quality.volume import hypervolume

FEASIBLE = 1e-9
"""A constraint's value up to which rounding is forgiven."""
COSTS = (1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 40.0)
"""Where curves of problems with a fidelity have points, in full evaluations."""
EVERY = 5
"""Trials from one point of the other curves to the next."""


def points(problem: Problem, budget: float) -> list[float]:
    """Where the curve of a run with that budget has points."""
    if problem.has_fidelity:
        return [cost for cost in COSTS if cost <= budget]
    return [float(num) for num in range(EVERY, round(budget) + 1, EVERY)]


def regret_at(problem: Problem, trace: Trace, point: float) -> float | None:
    """Regret of what was known at a point of the curve; None when the run ended before it."""
    if not _reached(problem, trace, point):
        return None
    return regret_of(problem, [e.values for e in known_at(problem, trace, point) if counts(problem, e)])


def known_at(problem: Problem, trace: Trace, point: float) -> Sequence[Evaluation]:
    """With a fidelity everything bought for that much, without one that many finished trials."""
    if problem.has_fidelity:
        return [e for e in trace.evaluations if e.cost <= point + 1e-6]
    return trace.evaluations[: round(point)]


def counts(problem: Problem, evaluation: Evaluation) -> bool:
    """Whether it is feasible, and was evaluated to the end."""
    bounds = evaluation.values[len(problem.objectives) :]
    return evaluation.step >= problem.max_step and all(value <= FEASIBLE for value in bounds)


def regret_of(problem: Problem, values: Sequence[Sequence[float]]) -> float:
    """Regret of a set of points that count; objectives, and perhaps constraints after them."""
    found_NM = [value[: len(problem.objectives)] for value in values]
    if problem.has_front:
        return 1.0 - hypervolume(found_NM, problem.reference) / problem.best
    return min((value[0] for value in found_NM), default=math.inf) - problem.best


def first_feasible(problem: Problem, trace: Trace) -> float | None:
    """Finished trials (with a fidelity: full evaluations) until the first point that counts; None: there is none."""
    for number, evaluation in enumerate(trace.evaluations, start=1):
        if counts(problem, evaluation):
            return evaluation.cost if problem.has_fidelity else float(number)
    return None


def _reached(problem: Problem, trace: Trace, point: float) -> bool:
    """Whether the run came so far; what was begun within a budget may end a little before it."""
    if problem.has_fidelity:
        return bool(trace.evaluations) and trace.evaluations[-1].cost >= point - 1.5
    return len(trace.evaluations) >= point - 0.02 * point
