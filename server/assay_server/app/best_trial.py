"""The best feasible trial at full fidelity by one objective."""

from __future__ import annotations

from collections.abc import Sequence

from assay_server.domain.errors import InvalidArgument
from assay_server.domain.names import StudyName
from assay_server.domain.rung import RungResult
from assay_server.domain.study import Study
from assay_server.domain.trial import Trial
from assay_server.ports import UnitOfWork

from .front import full_results


def best_trial(uow: UnitOfWork, name: StudyName, metric: str) -> tuple[Study, Trial | None]:
    """The best trial by *metric*, an objective; it may be empty when there is only one.

    Raises:
        StudyNotFound, InvalidArgument.
    """
    study = uow.study(name)
    best = best_result(full_results(uow, study), objective_index(study, metric))
    return study, None if best is None else uow.trial(study, best.trial)


def objective_index(study: Study, metric: str) -> int:
    """Which objective *metric* is; it may be empty when there is only one. Raises InvalidArgument."""
    metrics = [o.metric for o in study.spec.objectives]
    if metric == "" and len(metrics) == 1:
        return 0
    if metric not in metrics:
        raise InvalidArgument.of("metric", f"{metric!r} is not an objective; those are {', '.join(metrics)}")
    return metrics.index(metric)


def best_result(results: Sequence[RungResult], objective: int) -> RungResult | None:
    """The feasible result of smallest loss, the earliest of equals."""
    feasible = [r for r in results if r.score.is_feasible]
    return min(feasible, key=lambda r: r.score.losses[objective], default=None)
