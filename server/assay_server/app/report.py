"""Report: store measurements, renew the lease, say what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from assay_server.domain.copies import replace
from assay_server.domain.errors import InvalidArgument, Violation
from assay_server.domain.measurement import Measurement
from assay_server.domain.names import TrialName
from assay_server.domain.objective import Score
from assay_server.domain.provenance import Provenance
from assay_server.domain.rung import Action, Directive, Reason, RungResult
from assay_server.domain.strategy import compares_curves
from assay_server.domain.study import Study, StudyState
from assay_server.domain.trial import Checkpoint, Trial, TrialOrigin, TrialState
from assay_server.ports import UnitOfWork
from assay_server.scheduling import Decision

from .ending import creates_no_more, end_if_over, spent
from .leasing import check, end_attempt, load, renew
from .ledger import Ledger
from .measuring import MAX_MEASUREMENTS, absorb, curve_of, measurement_violations, missing_metrics, score_of
from .rungs import top_step
from .tools import Tools

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
        RungResult(
            trial=done.number,
            step=top_step(study),
            score=result,
            waiting=False,
            promoted=False,
            bracket=done.bracket,
        )
    )
    return done


def _validate(ask: Report, study: Study) -> None:
    found = measurement_violations(study, ask.measurements, ask.checkpoint, ask.provenance)
    if not 1 <= len(ask.measurements) <= MAX_MEASUREMENTS:
        text = f"1 to {MAX_MEASUREMENTS} measurements, not {len(ask.measurements)}"
        found.append(Violation(field="measurements", description=text))
    if found:
        raise InvalidArgument(found)


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
    entry = RungResult(
        trial=trial.number,
        step=rung,
        score=result,
        waiting=False,
        promoted=False,
        bracket=trial.bracket,
        curve=curve_of(uow, ledger.study, trial) if compares_curves(ledger.study.strategy.scheduler) else None,
    )
    trial = ledger.put(trial)
    ledger.put_rung_result(entry)
    decision = _decision(uow, tools, ledger.study, trial, rung)
    if decision == "promote":
        until = tools.scheduler_of(ledger.study).next_step(rung)
        trial = ledger.put(replace(trial, until_step=until))
        ledger.put_rung_result(replace(entry, promoted=True))
        return trial, Directive(action=Action.CONTINUE, reason=Reason.PROMOTED, until_step=until)
    if decision == "stop":
        end_attempt(uow, trial)
        return ledger.move(trial, TrialState.STOPPED), Directive(action=Action.STOP, reason=Reason.PRUNED)
    paused, directive = _pause(uow, ledger, trial)
    ledger.put_rung_result(replace(entry, waiting=True))
    return paused, directive


def _decision(uow: UnitOfWork, tools: Tools, study: Study, trial: Trial, rung: int) -> Decision:
    if trial.origin is TrialOrigin.BASELINE:
        return "promote"  # every gain is told against it, and at full fidelity
    return tools.scheduler_of(study).decide(
        tools.rungs.view(uow, study),
        trial=trial.number,
        step=rung,
        bracket=trial.bracket,
        is_last=creates_no_more(study) is not None,
    )


def _pause(uow: UnitOfWork, ledger: Ledger, trial: Trial) -> tuple[Trial, Directive]:
    end_attempt(uow, trial)
    paused = ledger.move(replace(trial, lease=None), TrialState.PAUSED)
    return paused, Directive(action=Action.PAUSE, reason=Reason.RUNG_REACHED)


def _stop(uow: UnitOfWork, ledger: Ledger, trial: Trial) -> tuple[Trial, Directive]:
    end_attempt(uow, trial)
    return ledger.move(trial, TrialState.STOPPED), OVER
