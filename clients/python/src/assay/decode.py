"""Records from messages. Enum values of a newer server become UNKNOWN or an empty text, never an exception."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.timestamp_pb2 import Timestamp

from . import decode_spec
from .objectives import Objective
from .records import (
    Action,
    Attempt,
    BestValue,
    Directive,
    Front,
    HypervolumeHistory,
    HypervolumePoint,
    Measurement,
    Progress,
    Provenance,
    Rung,
    StudyEvent,
    StudyRecord,
    StudyState,
    TrialRecord,
    TrialState,
    WorkerStatus,
)
from .v1 import analysis_service_pb2, study_pb2, trial_pb2


def study(message: study_pb2.Study) -> StudyRecord:
    """A study as it is now."""
    counts = message.trial_counts
    return StudyRecord(
        name=message.name,
        uid=message.uid,
        spec=decode_spec.study_spec(message.spec),
        state=_study_state(message.state),
        end_reason=end_reason(message.end_reason),
        counts={state: getattr(counts, state.name.lower()) for state in TrialState if state is not TrialState.UNKNOWN},
        cost_spent=message.cost_spent,
        seed=message.resolved_seed,
        rungs=tuple(message.resolved_rungs),
        comparability=decode_spec.comparability(message.resolved_comparability),
        strategy=decode_spec.strategy(message.resolved_strategy),
        strategy_rationale=message.strategy_rationale,
        etag=message.etag,
        create_time=_time(message.create_time) if message.HasField("create_time") else None,
        update_time=_time(message.update_time) if message.HasField("update_time") else None,
        end_time=_time(message.end_time) if message.HasField("end_time") else None,
    )


def end_reason(number: int) -> str:
    """Why a study is over; empty when it is not."""
    return _short(study_pb2.StudyEndReason, number, "STUDY_END_REASON_")


def event(message: study_pb2.StudyEvent) -> StudyEvent:
    """One line of a study's log."""
    return StudyEvent(
        sequence=message.sequence,
        time=_time(message.time) if message.HasField("time") else None,
        severity=_short(study_pb2.Severity, message.severity, "SEVERITY_"),
        kind=message.kind,
        message=message.message,
        trial=message.trial,
    )


def trial(message: trial_pb2.Trial) -> TrialRecord:
    """A trial as it is now."""
    shown = measurement(
        message.final_measurement if message.HasField("final_measurement") else message.latest_measurement
    )
    return TrialRecord(
        name=message.name,
        uid=message.uid,
        number=message.number,
        state=trial_state(message.state),
        params=decode_spec.params(message.configuration),
        metrics=shown.metrics,
        sem=shown.sem,
        steps=message.last_step,
        until_step=message.until_step if message.HasField("until_step") else None,
        feasible=message.feasible if message.HasField("feasible") else None,
        cost=message.cost,
        origin=_short(trial_pb2.TrialOrigin, message.origin, "TRIAL_ORIGIN_"),
        generator=message.generation.generator,
        fallback_from=tuple(message.generation.fallback_from),
        seed=message.seed,
        worker=message.lease.worker,
        attempt=message.lease.attempt or max((attempt.number for attempt in message.attempts), default=0),
        checkpoint=message.checkpoint.uri if message.HasField("checkpoint") else None,
        checkpoint_step=message.checkpoint.step if message.checkpoint.HasField("step") else None,
        measurements=tuple(measurement(m) for m in message.measurements),
        attempts=tuple(_attempt(attempt) for attempt in message.attempts),
        test_metrics={name: metric.value for name, metric in message.test_metrics.items()},
        incomparable=tuple(message.incomparable),
        labels=dict(message.labels),
        priority=message.priority,
        bracket=message.bracket if message.HasField("bracket") else None,
        parent=message.lineage.parent,
        create_time=_time(message.create_time) if message.HasField("create_time") else None,
        start_time=_time(message.start_time) if message.HasField("start_time") else None,
        update_time=_time(message.update_time) if message.HasField("update_time") else None,
        end_time=_time(message.end_time) if message.HasField("end_time") else None,
    )


def trial_state(number: int) -> TrialState:
    """Where a trial is in its life."""
    name = _short(trial_pb2.TrialState, number, "TRIAL_STATE_")
    return TrialState(name) if name in TrialState.__members__ else TrialState.UNKNOWN


def measurement(message: trial_pb2.Measurement) -> Measurement:
    """Metrics at a step."""
    return Measurement(
        step=message.step,
        metrics={name: metric.value for name, metric in message.metrics.items()},
        sem={name: metric.sem for name, metric in message.metrics.items() if metric.HasField("sem")},
        cost=message.cost if message.HasField("cost") else None,
        elapsed_s=message.elapsed.ToTimedelta().total_seconds() if message.HasField("elapsed") else None,
        create_time=_time(message.create_time) if message.HasField("create_time") else None,
    )


def directive(message: trial_pb2.Directive) -> Directive:
    """What a worker shall do; a newer server's unknown wish is to leave, since that loses nothing."""
    name = _short(trial_pb2.DirectiveAction, message.action, "DIRECTIVE_ACTION_")
    return Directive(
        action=Action(name) if name in Action.__members__ else Action.STOP,
        until_step=message.until_step if message.HasField("until_step") else None,
        reason=_short(trial_pb2.DirectiveReason, message.reason, "DIRECTIVE_REASON_"),
    )


def front(message: analysis_service_pb2.GetFrontResponse, objectives: tuple[Objective, ...]) -> Front:
    """The front of a study with these objectives."""
    inferred = zip(objectives, message.reference_inferred, strict=False)
    return Front(
        trials=tuple(trial(t) for t in message.trials),
        objectives=objectives,
        hypervolume=message.hypervolume if message.HasField("hypervolume") else None,
        reference_point=_by_objective(objectives, message.reference_point),
        inferred=frozenset(objective.metric for objective, is_inferred in inferred if is_inferred),
    )


def progress(message: analysis_service_pb2.GetProgressResponse) -> Progress:
    """How far a study is."""
    return Progress(
        study=study(message.study),
        best_values=tuple(_best_value(best) for best in message.best_values),
        rungs=tuple(
            Rung(step=rung.step, reached=rung.reached, paused=rung.paused, promoted=rung.promoted)
            for rung in message.rungs
        ),
        workers=tuple(
            WorkerStatus(
                worker=worker.worker,
                trial=_number(worker.trial),
                silence_s=worker.silence.ToTimedelta().total_seconds(),
            )
            for worker in message.workers
        ),
        hypervolume=message.hypervolume if message.HasField("hypervolume") else None,
        front_size=message.front_size,
        time_left_s=message.time_left.ToTimedelta().total_seconds() if message.HasField("time_left") else None,
        buffer_depth=message.buffer_depth,
    )


def hypervolume_history(
    message: analysis_service_pb2.GetHypervolumeHistoryResponse, objectives: tuple[Objective, ...]
) -> HypervolumeHistory:
    """How the hypervolume grew."""
    points = tuple(
        HypervolumePoint(
            trial=_number(point.trial) or 0,
            time=_time(point.time) if point.HasField("time") else None,
            hypervolume=point.hypervolume,
            cost=point.cost,
        )
        for point in message.points
    )
    return HypervolumeHistory(points=points, reference_point=_by_objective(objectives, message.reference_point))


def _best_value(message: analysis_service_pb2.BestValue) -> BestValue:
    return BestValue(
        metric=message.metric,
        value=message.value if message.HasField("value") else None,
        trial=_number(message.trial),
        baseline=message.baseline_value if message.HasField("baseline_value") else None,
    )


def _attempt(message: trial_pb2.Attempt) -> Attempt:
    return Attempt(
        number=message.number,
        worker=message.worker,
        start_time=_time(message.start_time) if message.HasField("start_time") else None,
        end_time=_time(message.end_time) if message.HasField("end_time") else None,
        start_step=message.start_step,
        last_step=message.last_step if message.HasField("last_step") else None,
        failure_kind=_short(trial_pb2.FailureKind, message.failure_kind, "FAILURE_KIND_"),
        failure_message=message.failure_message,
        provenance=_provenance(message.provenance) if message.HasField("provenance") else None,
    )


def _provenance(message: trial_pb2.Provenance) -> Provenance:
    return Provenance(
        seed=message.seed if message.HasField("seed") else None,
        code_version=message.code_version,
        code_dirty=message.code_dirty if message.HasField("code_dirty") else None,
        dataset_fingerprint=message.dataset_fingerprint,
        evaluation_protocol=message.evaluation_protocol,
        environment=dict(message.environment),
        hardware=message.hardware,
    )


def _study_state(number: int) -> StudyState:
    name = _short(study_pb2.StudyState, number, "STUDY_STATE_")
    return StudyState(name) if name in StudyState.__members__ else StudyState.UNKNOWN


def _short(enum: EnumTypeWrapper, number: int, prefix: str) -> str:
    """The name without its prefix; empty for UNSPECIFIED and for what this version does not know."""
    if number == 0 or number not in enum.values():
        return ""
    return enum.Name(number).removeprefix(prefix)


def _time(message: Timestamp) -> datetime:
    return message.ToDatetime(UTC)


def _number(trial_name: str) -> int | None:
    last = trial_name.rpartition("/")[2]
    return int(last) if last.isdecimal() else None


def _by_objective(objectives: Iterable[Objective], values: Iterable[float]) -> Mapping[str, float]:
    return {objective.metric: value for objective, value in zip(objectives, values, strict=False)}
