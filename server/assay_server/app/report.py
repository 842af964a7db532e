"""Report: store measurements, renew the lease, say what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay_server.domain.copies import replace
from assay_server.domain.errors import InvalidArgument, Violation
from assay_server.domain.event import Severity, StudyEvent
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.names import TrialName
from assay_server.domain.objective import Score, score
from assay_server.domain.provenance import Provenance
from assay_server.domain.rung import Action, Directive, Reason, RungResult
from assay_server.domain.study import Study, StudyState
from assay_server.domain.trial import Checkpoint, Trial, TrialOrigin, TrialState
from assay_server.ports import UnitOfWork

from .ending import end_if_over, spent
from .leasing import check, end_attempt, load, renew
from .ledger import Ledger
from .tools import Tools

MAX_MEASUREMENTS = 1000
MAX_URI = 2048
OVER = Directive(action=Action.STOP, reason=Reason.STUDY_OVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a worker measured."""

    trial: TrialName
    token: str
    measurements: tuple[Measurement, ...]
    checkpoint: Checkpoint | None = None
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What to do next."""

    study: Study
    trial: Trial
    directive: Directive


def report(uow: UnitOfWork, tools: Tools, ask: Report) -> Reported:
    """Store the measurements and decide.

    A trial that was STOPPED under its worker answers STOP and stores nothing.

    Raises:
        StudyNotFound, TrialNotFound, InvalidArgument, LeaseLost, WrongTrialState.
    """
    study, trial = load(uow, ask.trial)
    if trial.state is TrialState.STOPPED and trial.lease is not None and trial.lease.token == ask.token:
        reason = Reason.STOPPED_BY_USER if study.state is StudyState.ACTIVE else Reason.STUDY_OVER
        return Reported(study=study, trial=trial, directive=Directive(action=Action.STOP, reason=reason))
    check(study, trial, ask.token, act="report")
    _validate(ask, study)
    ledger = Ledger(uow, study)
    trial = absorb(uow, ledger, renew(uow, ledger, trial), ask.measurements, ask.checkpoint, ask.provenance)
    trial, directive = _decide(uow, tools, ledger, trial)
    finished = trial if trial.state is TrialState.SUCCEEDED else None
    ended = end_if_over(uow, tools, ledger, finished=finished)
    if ended.state is not StudyState.ACTIVE and trial.state is TrialState.RUNNING:
        trial, directive = _stop(uow, ledger, trial)
    elif ended.state is not StudyState.ACTIVE and trial.state is TrialState.PAUSED:
        trial, directive = uow.trial(study, trial.number), OVER  # the end of the study has stopped it
    tally = ledger.close()
    return Reported(study=replace(ended, tally=tally), trial=trial, directive=directive)


def absorb(
    uow: UnitOfWork,
    ledger: Ledger,
    trial: Trial,
    measurements: tuple[Measurement, ...],
    checkpoint: Checkpoint | None,
    provenance: Provenance | None,
) -> Trial:
    """The trial with new measurements taken in; they are stored, the trial itself is not yet."""
    if provenance is not None:
        trial = _take_provenance(uow, ledger, trial, provenance)
    if measurements:
        measurements = stored_now(uow, measurements)
        uow.add_measurements(trial, measurements)
        latest = _merged(trial, measurements)
        cost = sum(m.cost for m in measurements if m.cost is not None)
        ledger.learnt(cost=cost)
        trial = replace(
            trial,
            latest=latest,
            last_step=latest.step,
            cost=trial.cost + cost,
            feasible=is_feasible(ledger.study, latest),
        )
    if checkpoint is not None:
        step = checkpoint.step if checkpoint.step is not None else trial.last_step
        trial = replace(trial, checkpoint=replace(checkpoint, step=step))
    return trial


def stored_now(uow: UnitOfWork, measurements: tuple[Measurement, ...]) -> tuple[Measurement, ...]:
    """*measurements* with the time at which they are stored, in the curve and in the trial alike."""
    return tuple(replace(m, created_at=uow.now) for m in measurements)


def score_of(study: Study, measurement: Measurement | None) -> Score | None:
    """The score of a measurement; None when a required metric is missing."""
    if measurement is None:
        return None
    return score(study.spec.objectives, study.spec.constraints, measurement.values())


def is_feasible(study: Study, measurement: Measurement) -> bool | None:
    """Whether all hard constraints hold; None when that is not known."""
    judged = score_of(study, measurement)
    return None if judged is None else judged.is_feasible


def succeed(uow: UnitOfWork, ledger: Ledger, trial: Trial, result: Score) -> Trial:
    """End a trial with its latest measurement as the result."""
    study = ledger.study
    end_attempt(uow, trial)
    done = ledger.move(replace(trial, final=trial.latest, feasible=result.is_feasible), TrialState.SUCCEEDED)
    if done.incomparable:
        ledger.learnt(num_results=1)
        return done
    ledger.learnt(num_results=1, num_feasible=int(result.is_feasible))
    ledger.put_rung_result(
        RungResult(trial=done.number, step=top_step(study), score=result, waiting=False, promoted=False)
    )
    return done


def top_step(study: Study) -> int:
    """The rung of full evaluations; 0 without a fidelity."""
    return study.rungs[-1] if study.rungs else 0


def measurement_violations(
    study: Study, measurements: tuple[Measurement, ...], checkpoint: Checkpoint | None, provenance: Provenance | None
) -> list[Violation]:
    """Every rule that a report or a completion breaks."""
    found: list[Violation] = []
    top = study.spec.fidelity.max if study.spec.fidelity else None
    for i, m in enumerate(measurements):
        found += m.violations(f"measurements[{i}]")
        if i and m.step <= measurements[i - 1].step:
            text = f"{m.step} does not grow: the measurement before has {measurements[i - 1].step}"
            found.append(Violation(field=f"measurements[{i}].step", description=text))
        if top is not None and m.step > top:
            text = f"{m.step} is beyond the fidelity's max {top}"
            found.append(Violation(field=f"measurements[{i}].step", description=text))
    if checkpoint is not None and not 1 <= len(checkpoint.uri) <= MAX_URI:
        text = f"1 to {MAX_URI} characters, not {len(checkpoint.uri)}"
        found.append(Violation(field="checkpoint.uri", description=text))
    if checkpoint is not None and checkpoint.step is not None and checkpoint.step < 0:
        found.append(Violation(field="checkpoint.step", description=f"{checkpoint.step} is below 0"))
    if provenance is not None:
        found += provenance.violations("provenance")
    return found


def missing_metrics(study: Study, metrics: Mapping[str, MetricValue]) -> list[str]:
    """Required metrics that are not there, sorted."""
    return sorted(study.spec.required_metrics - metrics.keys())


def _validate(ask: Report, study: Study) -> None:
    found = measurement_violations(study, ask.measurements, ask.checkpoint, ask.provenance)
    if not 1 <= len(ask.measurements) <= MAX_MEASUREMENTS:
        text = f"1 to {MAX_MEASUREMENTS} measurements, not {len(ask.measurements)}"
        found.append(Violation(field="measurements", description=text))
    if found:
        raise InvalidArgument(found)


def _merged(trial: Trial, measurements: tuple[Measurement, ...]) -> Measurement:
    metrics: dict[str, MetricValue] = dict(trial.latest.metrics) if trial.latest else {}
    for m in measurements:
        metrics.update(m.metrics)
    return replace(measurements[-1], metrics=metrics)


def _take_provenance(uow: UnitOfWork, ledger: Ledger, trial: Trial, provenance: Provenance) -> Trial:
    assert trial.lease is not None
    attempt = uow.attempt(trial, trial.lease.attempt)
    uow.put_attempt(trial, replace(attempt, provenance=provenance))
    study = ledger.study
    pinned = study.comparability.pinned_by(provenance)
    if pinned != study.comparability:
        ledger.change_study(replace(study, comparability=pinned))
    deviations = pinned.deviations(provenance)
    if deviations and deviations != trial.incomparable:
        message = f"trial {trial.number} is not ranked: {'; '.join(deviations)}"
        event = StudyEvent(severity=Severity.WARNING, kind="INCOMPARABLE", message=message, trial=trial.number)
        uow.log(study.uid, event)
    return replace(trial, incomparable=deviations or trial.incomparable)


def _decide(uow: UnitOfWork, tools: Tools, ledger: Ledger, trial: Trial) -> tuple[Trial, Directive]:
    study = ledger.study
    if study.state is not StudyState.ACTIVE or spent(study, uow) is not None:
        at_top = study.rungs and trial.last_step == study.rungs[-1]
        if not at_top:
            return _stop(uow, ledger, trial)
    if trial.until_step is None or trial.last_step is None or trial.last_step < trial.until_step:
        return ledger.put(trial), Directive(action=Action.CONTINUE, until_step=trial.until_step)
    return _at_rung(uow, tools, ledger, trial)


def _at_rung(uow: UnitOfWork, tools: Tools, ledger: Ledger, trial: Trial) -> tuple[Trial, Directive]:
    study = ledger.study
    assert trial.latest is not None
    assert trial.last_step is not None
    result = score_of(study, trial.latest)
    if result is None:
        missing = ", ".join(missing_metrics(study, trial.latest.metrics))
        raise InvalidArgument.of("measurements", f"step {trial.last_step} ends a rung and lacks {missing}")
    rung = max(r for r in study.rungs if r <= trial.last_step)
    if rung == study.rungs[-1]:
        done = succeed(uow, ledger, trial, result)
        return done, Directive(action=Action.STOP, reason=Reason.COMPLETED)
    return _below_top(uow, tools, ledger, trial, rung, result)


def _below_top(
    uow: UnitOfWork, tools: Tools, ledger: Ledger, trial: Trial, rung: int, result: Score
) -> tuple[Trial, Directive]:
    ledger.learnt(num_results=1)
    if trial.incomparable:
        return _pause(uow, ledger, trial)
    scheduler = tools.scheduler_of(ledger.study)
    entry = RungResult(trial=trial.number, step=rung, score=result, waiting=False, promoted=False)
    trial = ledger.put(trial)
    ledger.put_rung_result(entry)
    decision = scheduler.decide(tools.rungs.view(uow, ledger.study), trial=trial.number, step=rung)
    if trial.origin is TrialOrigin.BASELINE:
        decision = "promote"  # every gain is told against it, and at full fidelity
    if decision == "promote":
        until = scheduler.next_step(rung)
        trial = ledger.put(replace(trial, until_step=until))
        ledger.put_rung_result(replace(entry, promoted=True))
        return trial, Directive(action=Action.CONTINUE, reason=Reason.PROMOTED, until_step=until)
    if decision == "stop":
        end_attempt(uow, trial)
        return ledger.move(trial, TrialState.STOPPED), Directive(action=Action.STOP, reason=Reason.PRUNED)
    paused, directive = _pause(uow, ledger, trial)
    ledger.put_rung_result(replace(entry, waiting=True))
    return paused, directive


def _pause(uow: UnitOfWork, ledger: Ledger, trial: Trial) -> tuple[Trial, Directive]:
    end_attempt(uow, trial)
    paused = ledger.move(replace(trial, lease=None), TrialState.PAUSED)
    return paused, Directive(action=Action.PAUSE, reason=Reason.RUNG_REACHED)


def _stop(uow: UnitOfWork, ledger: Ledger, trial: Trial) -> tuple[Trial, Directive]:
    end_attempt(uow, trial)
    return ledger.move(trial, TrialState.STOPPED), OVER
