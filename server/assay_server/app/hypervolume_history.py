"""How the hypervolume grew with each finished trial."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assay_server import pareto
from assay_server.domain.names import StudyName
from assay_server.domain.objective import Score
from assay_server.domain.study import Study
from assay_server.domain.trial import TrialState
from assay_server.ports import UnitOfWork

from .front import Reference, full_results, reference_of, volume


@dataclass(frozen=True, slots=True, kw_only=True)
class HypervolumePoint:
    """The hypervolume from the end of a trial on."""

    trial: int
    at: datetime
    hypervolume: float
    cost: float
    """Spent by then on trials with a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HypervolumeHistory:
    """By time; all points against the same reference point, today's."""

    study: Study
    points: tuple[HypervolumePoint, ...]
    reference: Reference | None


def hypervolume_history(uow: UnitOfWork, name: StudyName) -> HypervolumeHistory:
    """The history of a study. Raises StudyNotFound."""
    study = uow.study(name)
    scores = {r.trial: r.score for r in full_results(uow, study)}
    reference = reference_of(study, list(scores.values()))
    if reference is None:
        return HypervolumeHistory(study=study, points=(), reference=None)
    ended = [t for t in uow.trials_in(study.uid, (TrialState.SUCCEEDED,)) if t.number in scores]
    ended.sort(key=lambda t: (t.ended_at or t.created_at, t.number))
    points: list[HypervolumePoint] = []
    members: list[Score] = []
    cost = 0.0
    for trial in ended:
        cost += trial.cost
        members.append(scores[trial.number])
        # Only the front is carried on: the volume of the others is inside its own.
        members = [members[i] for i in pareto.front(members)]
        points.append(
            HypervolumePoint(
                trial=trial.number,
                at=trial.ended_at or trial.created_at,
                hypervolume=volume(members, reference),
                cost=cost,
            )
        )
    return HypervolumeHistory(study=study, points=tuple(points), reference=reference)
