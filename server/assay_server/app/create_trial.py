"""Create a trial by hand: queue a configuration, or attach one that was measured elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assay_server.domain.copies import replace
from assay_server.domain.errors import InvalidArgument, StudyOver, Violation
from assay_server.domain.measurement import Measurement
from assay_server.domain.names import StudyName
from assay_server.domain.rung import RungResult
from assay_server.domain.space import Configuration, configuration_violations
from assay_server.domain.study import Study, StudyState, label_violations
from assay_server.domain.trial import Trial, TrialOrigin, TrialState
from assay_server.ports import UnitOfWork

from .create_study import new_trial
from .ending import creates_no_more, end_if_over
from .ledger import Ledger
from .measuring import MAX_MEASUREMENTS, measurement_violations, missing_metrics, score_of, stored_now
from .rungs import top_step
from .tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTrial:
    """A configuration from a user."""

    study: StudyName
    configuration: Configuration
    labels: Mapping[str, str]
    priority: int = 0
    measurements: tuple[Measurement, ...] = ()
    """Empty: to be run."""


def create_trial(uow: UnitOfWork, tools: Tools, ask: CreateTrial) -> Trial:
    """The trial, QUEUED to run before generated ones, or SUCCEEDED with its last measurement.

    A queued configuration must be one of the space, and max_trials must leave room for it. One that was measured
    elsewhere may be attached at any time; it must name parameters of the space, but may lie outside its bounds.
    Either is a trial that was created, and leaves one less to max_trials.

    Raises:
        StudyNotFound, InvalidArgument, StudyOver.
    """
    study = uow.study(ask.study)
    if found := tuple(_violations(study, ask)):
        raise InvalidArgument(found)
    ledger = Ledger(uow, study)
    if ask.measurements:
        trial = _attach(uow, tools, ledger, ask)
        end_if_over(uow, tools, ledger, finished=trial)
    else:
        trial = _queue(uow, tools, ledger, ask)
    ledger.close()
    return uow.trial(study, trial.number)


def _queue(uow: UnitOfWork, tools: Tools, ledger: Ledger, ask: CreateTrial) -> Trial:
    study = ledger.study
    if study.state is not StudyState.ACTIVE:
        raise StudyOver(str(study.name), end_reason=study.end_reason.value if study.end_reason else study.state.value)
    limit = study.spec.budget.max_trials
    if limit is not None and study.tally.num_created >= limit:
        reason = creates_no_more(study)
        raise StudyOver(str(study.name), end_reason=reason.value if reason else "MAX_TRIALS")
    trial = new_trial(uow, tools, ledger, ask.configuration, origin=TrialOrigin.QUEUED)
    return ledger.add(replace(trial, labels=ask.labels, priority=ask.priority))


def _attach(uow: UnitOfWork, tools: Tools, ledger: Ledger, ask: CreateTrial) -> Trial:
    study = ledger.study
    measurements = stored_now(uow, ask.measurements)
    final = measurements[-1]
    result = score_of(study, final)
    assert result is not None, "validated"
    trial = new_trial(uow, tools, ledger, ask.configuration, origin=TrialOrigin.EXTERNAL)
    cost = sum(m.cost for m in measurements if m.cost is not None)
    trial = ledger.add(
        replace(
            trial,
            state=TrialState.SUCCEEDED,
            labels=ask.labels,
            latest=final,
            final=final,
            last_step=final.step,
            until_step=None,
            feasible=result.is_feasible,
            cost=cost,
            ended_at=uow.now,
        )
    )
    uow.add_measurements(trial, measurements)
    ledger.learnt(num_results=1, num_feasible=int(result.is_feasible))
    ledger.put_rung_result(
        RungResult(trial=trial.number, step=top_step(study), score=result, waiting=False, promoted=False)
    )
    return trial


def _violations(study: Study, ask: CreateTrial) -> Iterator[Violation]:
    yield from label_violations(ask.labels, "trial.labels")
    if not ask.measurements:
        yield from configuration_violations(study.spec.space, ask.configuration, "trial.configuration")
        return
    for name in ask.configuration:
        if study.spec.space.parameter(name) is None:
            field = f"trial.configuration.values[{name!r}]"
            yield Violation(field=field, description="the space has no such parameter")
    if len(ask.measurements) > MAX_MEASUREMENTS:
        text = f"at most {MAX_MEASUREMENTS}, not {len(ask.measurements)}"
        yield Violation(field="measurements", description=text)
    yield from measurement_violations(study, ask.measurements, None, None)
    for i, m in enumerate(ask.measurements):
        if missing := missing_metrics(study, m.metrics):
            yield Violation(field=f"measurements[{i}].metrics", description=f"lacks {', '.join(missing)}")
