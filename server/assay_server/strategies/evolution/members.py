"""Members: results that may become parents, all compared at the same step.

What counts: without a fidelity the results of trials that SUCCEEDED or were measured elsewhere. With one, the
results at the highest rung that enough trials have reached, whatever became of those trials later; a trial that
SUCCEEDED, at whichever step, counts as one that reached the top. So a study under asynchronous halving breeds
from its cheap rungs at first, and from full results once there are enough of them.

A trial that FAILED or was INFEASIBLE is no parent, nor is one measured outside of the space's bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay_server.domain.candidate import Observation, StudySnapshot
from assay_server.domain.measurement import Measurement
from assay_server.domain.objective import Score, score
from assay_server.domain.study import StudySpec
from assay_server.domain.trial import TrialState

from .genes import Genome, Values

_DEAD = (TrialState.FAILED, TrialState.INFEASIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A configuration with its result."""

    number: int
    values: Values
    score: Score
    done: float
    """When its result came, in seconds: the order in which members age."""


def members_of(snapshot: StudySnapshot, genome: Genome, *, enough: int) -> list[Member]:
    """Members at the highest rung that *enough* have reached, or at the lowest one; the oldest result first."""
    fidelity = snapshot.spec.fidelity
    steps: Sequence[int] = fidelity.resolved_rungs() if fidelity is not None else (0,)
    found: list[Member] = []
    genes = {o.number: genome.read(o.configuration) for o in snapshot.observations if o.state not in _DEAD}
    for step in reversed(steps):
        found = _members_at(snapshot, genes, step)
        if len(found) >= enough:
            break
    return sorted(found, key=lambda m: (m.done, m.number))


def _members_at(snapshot: StudySnapshot, genes: Mapping[int, Values | None], step: int) -> list[Member]:
    has_fidelity = snapshot.spec.fidelity is not None
    found: list[Member] = []
    for observation in snapshot.observations:
        values = genes.get(observation.number)
        if values is None or not (has_fidelity or _is_complete(observation)):
            continue
        curve = _curve_to(observation, step if has_fidelity else None)
        judged = _judged(snapshot.spec, curve)
        if judged is None:
            continue
        at = curve[-1].created_at
        done = 0.0 if at is None else at.timestamp()
        found.append(Member(number=observation.number, values=values, score=judged, done=done))
    return found


def _is_complete(observation: Observation) -> bool:
    return observation.state is TrialState.SUCCEEDED or observation.is_external


def _curve_to(observation: Observation, step: int | None) -> list[Measurement]:
    """Measurements up to the first at or beyond *step*, all when None; empty when the trial did not come so far."""
    curve = sorted(observation.measurements, key=lambda m: m.step)
    reached = next((i for i, m in enumerate(curve) if step is not None and m.step >= step), None)
    if reached is not None:
        return curve[: reached + 1]
    return curve if step is None or _is_complete(observation) else []


def _judged(spec: StudySpec, curve: Sequence[Measurement]) -> Score | None:
    """The score at the end of *curve*; a metric that a measurement does not have keeps its last value."""
    latest: dict[str, float] = {}
    for measurement in curve:
        latest.update(measurement.values())
    return score(spec.objectives, spec.constraints, latest)
