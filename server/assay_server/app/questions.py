"""What a model is asked about a study: requests, judged, as questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay_server import pareto
from assay_server.domain.analysis import FrontQuestion, ImportanceQuestion, PredictionQuestion
from assay_server.domain.errors import InvalidArgument, Violation
from assay_server.domain.names import StudyName
from assay_server.domain.space import Configuration, configuration_violations
from assay_server.domain.study import Study
from assay_server.ports import UnitOfWork

from .best_trial import best_result, objective_index
from .front import full_results, reference_of

MAX_CONFIGURATIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Predict:
    """Configurations of which metrics shall be predicted."""

    study: StudyName
    configurations: tuple[Configuration, ...]
    step: int | None = None


def prediction_question(uow: UnitOfWork, ask: Predict) -> tuple[Study, PredictionQuestion]:
    """Raises StudyNotFound, InvalidArgument."""
    study = uow.study(ask.study)
    if found := tuple(_violations(study, ask)):
        raise InvalidArgument(found)
    return study, PredictionQuestion(configurations=ask.configurations, step=ask.step)


def importance_question(uow: UnitOfWork, name: StudyName) -> tuple[Study, ImportanceQuestion]:
    """Raises StudyNotFound."""
    study = uow.study(name)
    reference = reference_of(study, [r.score for r in full_results(uow, study)])
    return study, ImportanceQuestion(reference=None if reference is None else reference.losses)


def front_question(uow: UnitOfWork, name: StudyName) -> tuple[Study, FrontQuestion]:
    """Raises StudyNotFound."""
    study = uow.study(name)
    results = full_results(uow, study)
    members = pareto.front([r.score for r in results])
    observed = tuple(results[i].trial for i in members)
    return study, FrontQuestion(trials=tuple(r.trial for r in results), observed=observed)


def best_question(uow: UnitOfWork, name: StudyName, metric: str) -> tuple[Study, FrontQuestion]:
    """Raises StudyNotFound, InvalidArgument."""
    study = uow.study(name)
    index = objective_index(study, metric)
    results = full_results(uow, study)
    best = best_result(results, index)
    return study, FrontQuestion(
        trials=tuple(r.trial for r in results), observed=() if best is None else (best.trial,), objective=index
    )


def _violations(study: Study, ask: Predict) -> Iterator[Violation]:
    num = len(ask.configurations)
    if not 1 <= num <= MAX_CONFIGURATIONS:
        yield Violation(field="configurations", description=f"1 to {MAX_CONFIGURATIONS} configurations, not {num}")
    for i, configuration in enumerate(ask.configurations[:MAX_CONFIGURATIONS]):
        yield from configuration_violations(study.spec.space, configuration, f"configurations[{i}]")
    fidelity = study.spec.fidelity
    if ask.step is None:
        return
    if fidelity is None:
        yield Violation(field="step", description="the study has no fidelity: leave it out")
    elif not 1 <= ask.step <= fidelity.max:
        yield Violation(field="step", description=f"{ask.step} is not in [1, {fidelity.max}]")
