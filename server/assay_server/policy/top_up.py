"""Top-up: what askers get who come faster than a model proposes.

Where a training is shorter than a fit, idle workers lose more than a quasi-random trial costs. A training that
takes longer than a fit is worth waiting for the model.
"""

from __future__ import annotations

import math
from dataclasses import replace

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.strategy import Sobol
from assay_server.ports import Generated

from .demand import Demand
from .plan import Plan

LOW_S = 0.5
"""A top-up is made when what is left would be taken within this time: nobody waits for it."""
AHEAD_S = 1.5
"""It lasts for so long, at the pace so far."""
MAX_TOP_UP = 32


def is_due(demand: Demand, *, num_workers: int, fit_s: float) -> bool:
    """Whether *num_workers* could each have done a training during a fit of *fit_s* seconds, at the pace so far."""
    return demand.rate_per_s * fit_s >= num_workers


def low(demand: Demand) -> int:
    """With fewer candidates than this the buffer is topped up."""
    return math.ceil(demand.rate_per_s * LOW_S)


def top_up_plan(plan: Plan, demand: Demand, *, num_askers: int) -> Plan:
    """Candidates beside the fit that *plan* is about, in the same phase."""
    count = min(MAX_TOP_UP, max(1, num_askers, math.ceil(demand.rate_per_s * AHEAD_S)))
    return replace(plan, first_index=plan.num_made, count=count, replaces_seen=-1, discard_seen=-1)


def top_up_snapshot(snapshot: StudySnapshot, plan: Plan) -> StudySnapshot:
    """What a quasi-random generator shall see instead of the model."""
    phases = list(snapshot.strategy.phases)
    phases[plan.phase] = replace(phases[plan.phase], generator=Sobol())
    strategy = replace(snapshot.strategy, phases=tuple(phases))
    if snapshot.spec.space.num_configurations() is None:  # nothing is drawn twice, whatever was tried
        snapshot = replace(snapshot, observations=(), pending=())
    return replace(snapshot, strategy=strategy, first_index=plan.first_index)


def said_to_be_topped_up(generated: Generated, model: str) -> Generated:
    """*generated* with the reason why *model* did not make it."""
    problem = f"{model}: asked for faster than it proposes"
    return replace(generated, fallback_from=(model, *generated.fallback_from), problems=(problem, *generated.problems))
