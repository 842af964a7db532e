"""Trials, leases and directives on the wire: what the server says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assay.v1 import trial_pb2
from assay_server.domain.lease import Lease
from assay_server.domain.measurement import Measurement
from assay_server.domain.names import StudyName
from assay_server.domain.rung import Action, Directive, Reason
from assay_server.domain.trial import Attempt, FailureKind, Generation, Lineage, Trial, TrialOrigin, TrialState
from assay_server.rpc.wire.measurements import (
    checkpoint_to_wire,
    measurement_to_wire,
    metrics_to_wire,
    provenance_to_wire,
)
from assay_server.rpc.wire.values import configuration_to_wire, duration_to_wire, instant_to_wire

STATES: Mapping[TrialState, str] = {state: f"TRIAL_STATE_{state.value}" for state in TrialState}
_ORIGINS: Mapping[TrialOrigin, str] = {origin: f"TRIAL_ORIGIN_{origin.value}" for origin in TrialOrigin}
_ACTIONS: Mapping[Action, str] = {action: f"DIRECTIVE_ACTION_{action.value}" for action in Action}
_REASONS: Mapping[Reason, str] = {
    reason: f"DIRECTIVE_REASON_{'UNSPECIFIED' if reason is Reason.BUDGET_LEFT else reason.value}" for reason in Reason
}
_FAILURES: Mapping[FailureKind, str] = {kind: f"FAILURE_KIND_{kind.value}" for kind in FailureKind}


def trial_to_wire(
    study: StudyName,
    trial: Trial,
    *,
    to_holder: bool = False,
    measurements: Iterable[Measurement] = (),
    attempts: Iterable[Attempt] = (),
) -> trial_pb2.Trial:
    """A trial of *study*; its lease token only in an answer *to_holder*."""
    message = trial_pb2.Trial(
        name=str(study.trial(trial.number)),
        uid=trial.uid,
        number=trial.number,
        state=STATES[trial.state],
        configuration=configuration_to_wire(trial.configuration),
        origin=_ORIGINS[trial.origin],
        seed=trial.seed,
        bracket=trial.bracket,
        until_step=trial.until_step,
        last_step=trial.last_step,
        measurements=[measurement_to_wire(m) for m in measurements],
        attempts=[attempt_to_wire(a) for a in attempts],
        cost=trial.cost,
        incomparable=trial.incomparable,
        test_metrics=metrics_to_wire(trial.test_metrics),
        labels=trial.labels,
        priority=trial.priority,
        create_time=instant_to_wire(trial.created_at),
        update_time=instant_to_wire(trial.updated_at),
    )
    _add_parts(study, trial, message)
    if trial.lease is not None and trial.state is TrialState.RUNNING:
        message.lease.CopyFrom(lease_to_wire(trial.lease, to_holder=to_holder))
    return message


def lease_to_wire(lease: Lease, *, to_holder: bool = False) -> trial_pb2.Lease:
    """A lease; its token only *to_holder*."""
    return trial_pb2.Lease(
        worker=lease.worker,
        token=lease.token if to_holder else "",
        attempt=lease.attempt,
        ttl=duration_to_wire(lease.ttl_s),
        expire_time=instant_to_wire(lease.expires_at),
        heartbeat_interval=duration_to_wire(lease.heartbeat_interval_s),
    )


def directive_to_wire(directive: Directive) -> trial_pb2.Directive:
    """What to do next."""
    return trial_pb2.Directive(
        action=_ACTIONS[directive.action], until_step=directive.until_step, reason=_REASONS[directive.reason]
    )


def attempt_to_wire(attempt: Attempt) -> trial_pb2.Attempt:
    """One worker's time with a trial."""
    message = trial_pb2.Attempt(
        number=attempt.number,
        worker=attempt.worker,
        start_time=instant_to_wire(attempt.started_at),
        start_step=attempt.start_step,
        last_step=attempt.last_step,
        failure_kind=None if attempt.failure_kind is None else _FAILURES[attempt.failure_kind],
        failure_message=attempt.failure_message,
    )
    if attempt.ended_at is not None:
        message.end_time.CopyFrom(instant_to_wire(attempt.ended_at))
    if attempt.provenance is not None:
        message.provenance.CopyFrom(provenance_to_wire(attempt.provenance))
    return message


def _add_parts(study: StudyName, trial: Trial, message: trial_pb2.Trial) -> None:
    """What a trial has only later, or only sometimes."""
    if trial.feasible is not None:
        message.feasible = trial.feasible
    if trial.generation is not None:
        message.generation.CopyFrom(_generation_to_wire(trial.generation))
    if trial.lineage is not None:
        message.lineage.CopyFrom(_lineage_to_wire(study, trial.lineage))
    if trial.checkpoint is not None:
        message.checkpoint.CopyFrom(checkpoint_to_wire(trial.checkpoint))
    if trial.latest is not None:
        message.latest_measurement.CopyFrom(measurement_to_wire(trial.latest))
    if trial.final is not None:
        message.final_measurement.CopyFrom(measurement_to_wire(trial.final))
    if trial.started_at is not None:
        message.start_time.CopyFrom(instant_to_wire(trial.started_at))
    if trial.ended_at is not None:
        message.end_time.CopyFrom(instant_to_wire(trial.ended_at))


def _generation_to_wire(generation: Generation) -> trial_pb2.Generation:
    return trial_pb2.Generation(
        generator=generation.generator,
        phase=generation.phase,
        fallback_from=generation.fallback_from,
        num_results_seen=generation.num_results_seen,
    )


def _lineage_to_wire(study: StudyName, lineage: Lineage) -> trial_pb2.Lineage:
    return trial_pb2.Lineage(parent=str(study.trial(lineage.parent)), parent_step=lineage.parent_step)
