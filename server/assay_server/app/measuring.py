"""Measuring: what a worker brings is judged, and taken into its trial."""

from __future__ import annotations

from collections.abc import Mapping

from assay_server.domain.copies import replace
from assay_server.domain.errors import Violation
from assay_server.domain.event import Severity, StudyEvent
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.objective import Score, score
from assay_server.domain.provenance import Provenance
from assay_server.domain.rung import Curve
from assay_server.domain.study import Study
from assay_server.domain.trial import Checkpoint, Trial
from assay_server.ports import UnitOfWork

from .ledger import Ledger

MAX_MEASUREMENTS = 1000
MAX_URI = 2048


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


def curve_of(uow: UnitOfWork, study: Study, trial: Trial) -> Curve | None:
    """What the trial's measurements so far say together; None while none of them can be scored.

    A metric that a measurement lacks has its last reported value. What a dead attempt measured later on is left out.
    """
    metrics: dict[str, float] = {}
    scores: list[Score] = []
    for m in uow.measurements(study.uid, trial.number):
        if trial.last_step is not None and m.step > trial.last_step:
            break
        metrics.update(m.values())
        judged = score(study.spec.objectives, study.spec.constraints, metrics)
        if judged is not None:
            scores.append(judged)
    if not scores:
        return None
    columns = list(zip(*(s.losses for s in scores), strict=True))
    return Curve(
        mean_losses=tuple(sum(column) / len(column) for column in columns),
        best_losses=tuple(min(column) for column in columns),
        least_violation=min(s.violation for s in scores),
    )


def is_feasible(study: Study, measurement: Measurement) -> bool | None:
    """Whether all hard constraints hold; None when that is not known."""
    judged = score_of(study, measurement)
    return None if judged is None else judged.is_feasible


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
