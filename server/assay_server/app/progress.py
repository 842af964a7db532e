"""How far a study is: states, best values, rungs, workers, time left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assay_server import pareto
from assay_server.domain.listing import Filter, Page
from assay_server.domain.names import StudyName
from assay_server.domain.rung import RungResult
from assay_server.domain.study import Study, StudyState
from assay_server.domain.trial import TrialOrigin, TrialState
from assay_server.ports import UnitOfWork

from .best_trial import best_result
from .front import Reference, reference_of, volume
from .rungs import top_step


@dataclass(frozen=True, slots=True, kw_only=True)
class BestValue:
    """The best feasible value of an objective at full fidelity; None when there is none."""

    metric: str
    value: float | None = None
    trial: int | None = None
    baseline_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RungOccupancy:
    """How full a rung is."""

    step: int
    reached: int
    paused: int
    promoted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """A worker that holds a trial."""

    worker: str
    trial: int
    silence_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a study is."""

    study: Study
    best_values: tuple[BestValue, ...]
    rungs: tuple[RungOccupancy, ...]
    workers: tuple[WorkerStatus, ...]
    reference: Reference | None
    hypervolume: float | None
    front_size: int
    time_left_s: float | None
    buffer_depth: int


def progress(uow: UnitOfWork, name: StudyName) -> Progress:
    """How far the study is. Raises StudyNotFound."""
    study = uow.study(name)
    results = uow.rung_results(study.uid)
    full = [r for r in results if r.step == top_step(study)]
    scores = [r.score for r in full]
    reference = reference_of(study, scores)
    members = pareto.front(scores)
    return Progress(
        study=study,
        best_values=_best_values(uow, study, full),
        rungs=_occupancy(study, results),
        workers=_workers(uow, study),
        reference=reference,
        hypervolume=None if reference is None else volume([scores[i] for i in members], reference),
        front_size=len(members),
        time_left_s=time_left_s(study, uow.now),
        buffer_depth=uow.num_candidates(study.uid),
    )


def time_left_s(study: Study, now: datetime) -> float | None:
    """Seconds to the end of the budget at the pace so far; 0 when over, None when it cannot be told.

    The nearest of the limits decides: trials by how many have ended or wait at a rung, cost and duration by
    what is spent.
    """
    if study.state is not StudyState.ACTIVE:
        return 0.0
    budget, tally = study.spec.budget, study.tally
    elapsed_s = (now - study.created_at).total_seconds()
    shares: list[float] = []
    if budget.max_trials is not None:
        shares.append((tally.num_created - tally.num_open) / budget.max_trials)
    if budget.max_cost is not None:
        shares.append(tally.cost / budget.max_cost)
    left = [elapsed_s / share - elapsed_s for share in shares if share > 0]
    if budget.max_duration_s is not None:
        left.append(budget.max_duration_s - elapsed_s)
    return max(0.0, min(left)) if left else None


def _best_values(uow: UnitOfWork, study: Study, full: Sequence[RungResult]) -> tuple[BestValue, ...]:
    baselines = _baseline_numbers(uow, study)
    out = []
    for i, objective in enumerate(study.spec.objectives):
        best = best_result(full, i)
        baseline = min((r for r in full if r.trial in baselines), key=lambda r: r.score.losses[i], default=None)
        out.append(
            BestValue(
                metric=objective.metric,
                value=None if best is None else _observed(uow, study, best.trial, objective.metric),
                trial=None if best is None else best.trial,
                baseline_value=None if baseline is None else _observed(uow, study, baseline.trial, objective.metric),
            )
        )
    return tuple(out)


def _observed(uow: UnitOfWork, study: Study, number: int, metric: str) -> float | None:
    final = uow.trial(study, number).final
    return None if final is None else final.metrics[metric].value


def _baseline_numbers(uow: UnitOfWork, study: Study) -> frozenset[int]:
    """Baselines come first: they are among the trials of lowest number."""
    num_baselines = max(1, len(study.spec.baselines))
    first = uow.list_trials(study.uid, Filter(), Page(limit=num_baselines))
    return frozenset(t.number for t in first if t.origin is TrialOrigin.BASELINE)


def _occupancy(study: Study, results: Sequence[RungResult]) -> tuple[RungOccupancy, ...]:
    reached = Counter(r.step for r in results)
    paused = Counter(r.step for r in results if r.waiting)
    promoted = Counter(r.step for r in results if r.promoted)
    return tuple(
        RungOccupancy(step=step, reached=reached[step], paused=paused[step], promoted=promoted[step])
        for step in study.rungs
    )


def _workers(uow: UnitOfWork, study: Study) -> tuple[WorkerStatus, ...]:
    out = []
    for trial in uow.trials_in(study.uid, (TrialState.RUNNING,)):
        if trial.lease is not None:
            silence_s = trial.lease.ttl_s - (trial.lease.expires_at - uow.now).total_seconds()
            out.append(WorkerStatus(worker=trial.lease.worker, trial=trial.number, silence_s=max(0.0, silence_s)))
    return tuple(out)
