"""The front: feasible non-dominated trials at full fidelity, and the volume they dominate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay_server import pareto
from assay_server.domain.names import StudyName
from assay_server.domain.objective import Score
from assay_server.domain.rung import RungResult
from assay_server.domain.study import Study
from assay_server.domain.trial import Trial
from assay_server.ports import UnitOfWork

from .rungs import top_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The reference point of the hypervolume."""

    losses: tuple[float, ...]
    """Minimised, one per objective."""
    inferred: tuple[bool, ...]

    def values(self, study: Study) -> tuple[float, ...]:
        """In the objectives' own direction."""
        return tuple(o.loss(x) for o, x in zip(study.spec.objectives, self.losses, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the study found."""

    study: Study
    trials: tuple[Trial, ...]
    """By the first objective, best first."""
    reference: Reference | None
    """None when there is no feasible result."""
    hypervolume: float | None


def front(uow: UnitOfWork, name: StudyName) -> Front:
    """The front of a study. Raises StudyNotFound."""
    study = uow.study(name)
    results = full_results(uow, study)
    scores = [r.score for r in results]
    reference = reference_of(study, scores)
    members = pareto.front(scores)
    return Front(
        study=study,
        trials=tuple(uow.trial(study, results[i].trial) for i in members),
        reference=reference,
        hypervolume=None if reference is None else volume([scores[i] for i in members], reference),
    )


def full_results(uow: UnitOfWork, study: Study) -> Sequence[RungResult]:
    """Results at full fidelity of the trials that are ranked, in order of arrival."""
    step = top_step(study)
    return [r for r in uow.rung_results(study.uid) if r.step == step]


def reference_of(study: Study, scores: Sequence[Score]) -> Reference | None:
    """The thresholds the user gave, the others inferred from feasible *scores*; None without any."""
    feasible = [s for s in scores if s.is_feasible]
    if not feasible:
        return None
    inferred = pareto.infer_reference(pareto.arrays(feasible)[0])
    given = [None if o.threshold is None else o.loss(o.threshold) for o in study.spec.objectives]
    return Reference(
        losses=tuple(float(x) if g is None else g for g, x in zip(given, inferred, strict=True)),
        inferred=tuple(g is None for g in given),
    )


def volume(scores: Sequence[Score], reference: Reference) -> float:
    """Hypervolume of feasible *scores*."""
    feasible = [s for s in scores if s.is_feasible]
    if not feasible:
        return 0.0
    return pareto.hypervolume(pareto.arrays(feasible)[0], np.array(reference.losses))
