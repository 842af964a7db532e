"""What TrialService is asked, from the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.v1 import trial_pb2, trial_service_pb2
from assay_server.app.complete import Complete
from assay_server.app.create_trial import CreateTrial
from assay_server.app.fail import Fail
from assay_server.app.heartbeat import Heartbeat
from assay_server.app.release import Release
from assay_server.app.report import Report
from assay_server.app.suggest import MAX_COUNT, MAX_WORKER_NAME, Suggest
from assay_server.domain.measurement import MetricValue, metric_violations
from assay_server.domain.names import StudyName, TrialName
from assay_server.domain.provenance import Provenance
from assay_server.domain.study import label_violations
from assay_server.domain.trial import Checkpoint, FailureKind
from assay_server.rpc.wire.asks import check_request_id
from assay_server.rpc.wire.measurements import (
    checkpoint_from_wire,
    measurement_from_wire,
    measurements_from_wire,
    metrics_from_wire,
    provenance_from_wire,
)
from assay_server.rpc.wire.problems import Problems
from assay_server.rpc.wire.specs import labels_from_wire
from assay_server.rpc.wire.values import configuration_from_wire

MAX_MESSAGE = 16_384
MAX_TOKEN = 256
FAILURES: Mapping[int, FailureKind] = {
    trial_pb2.FAILURE_KIND_CRASHED: FailureKind.CRASHED,
    trial_pb2.FAILURE_KIND_INFEASIBLE: FailureKind.INFEASIBLE,
}
"""What a worker may say; the other kinds are the server's to tell."""

_ActOnTrial = (
    trial_service_pb2.ReportMeasurementsRequest
    | trial_service_pb2.CompleteTrialRequest
    | trial_service_pb2.FailTrialRequest
    | trial_service_pb2.ReleaseTrialRequest
    | trial_service_pb2.HeartbeatRequest
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealTestMetrics:
    """Metrics on the sealed test data."""

    trial: TrialName
    metrics: Mapping[str, MetricValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTrials:
    """Changes of a study's trials after a token."""

    study: StudyName
    resume_token: str


def suggest_from_wire(request: trial_service_pb2.SuggestTrialsRequest) -> Suggest:
    """Raises InvalidArgument with all violations."""
    problems = Problems()
    check_request_id(request.request_id, problems)
    count = request.count or 1
    if not 1 <= count <= MAX_COUNT:
        problems.add("count", f"{count} is not in [1, {MAX_COUNT}]")
    ask = Suggest(
        study=problems.study(request.parent, "parent"),
        worker=problems.text(request.worker, "worker", limit=MAX_WORKER_NAME, required=True, printable=True),
        count=count,
    )
    problems.raise_any()
    return ask


def report_from_wire(request: trial_service_pb2.ReportMeasurementsRequest) -> Report:
    """Raises InvalidArgument with all violations that can be told without the study."""
    problems = Problems()
    trial, token = _held(request, problems)
    check_request_id(request.request_id, problems)
    if not request.measurements:
        problems.add("measurements", "required")
    ask = Report(
        trial=trial,
        token=token,
        measurements=measurements_from_wire(request.measurements, "measurements", problems),
        checkpoint=_checkpoint(request, problems),
        provenance=_provenance(request, problems),
    )
    problems.raise_any(judge=False)
    return ask


def complete_from_wire(request: trial_service_pb2.CompleteTrialRequest) -> Complete:
    """Raises InvalidArgument with all violations that can be told without the study."""
    problems = Problems()
    trial, token = _held(request, problems)
    check_request_id(request.request_id, problems)
    final = request.final_measurement
    ask = Complete(
        trial=trial,
        token=token,
        final=measurement_from_wire(final, "final_measurement", problems)
        if request.HasField("final_measurement")
        else None,
        checkpoint=_checkpoint(request, problems),
        provenance=_provenance(request, problems),
    )
    problems.raise_any(judge=False)
    return ask


def fail_from_wire(request: trial_service_pb2.FailTrialRequest) -> Fail:
    """Raises InvalidArgument with all violations; a long message is cut."""
    problems = Problems()
    trial, token = _held(request, problems)
    check_request_id(request.request_id, problems)
    ask = Fail(
        trial=trial,
        token=token,
        kind=problems.enum(FAILURES, request.kind, "kind", default=FailureKind.CRASHED),
        message=request.message[:MAX_MESSAGE],
        permanent=request.permanent,
        provenance=_provenance(request, problems),
    )
    problems.raise_any()
    return ask


def release_from_wire(request: trial_service_pb2.ReleaseTrialRequest) -> Release:
    """Raises InvalidArgument with all violations; a long message is cut."""
    problems = Problems()
    trial, token = _held(request, problems)
    check_request_id(request.request_id, problems)
    ask = Release(
        trial=trial,
        token=token,
        checkpoint=_checkpoint(request, problems),
        message=request.message[:MAX_MESSAGE],
    )
    problems.raise_any()
    return ask


def heartbeat_from_wire(request: trial_service_pb2.HeartbeatRequest) -> Heartbeat:
    """Raises InvalidArgument with all violations."""
    problems = Problems()
    trial, token = _held(request, problems)
    problems.raise_any()
    return Heartbeat(trial=trial, token=token)


def create_trial_from_wire(request: trial_service_pb2.CreateTrialRequest) -> CreateTrial:
    """Raises InvalidArgument with all violations that can be told without the study."""
    problems = Problems()
    check_request_id(request.request_id, problems)
    study = problems.study(request.parent, "parent")
    trial = request.trial
    if not request.HasField("trial"):
        problems.add("trial", "required")
    elif not trial.HasField("configuration"):
        problems.add("trial.configuration", "required")
    labels = labels_from_wire(trial.labels, "trial.labels", problems)
    problems.judge(label_violations(labels, "trial.labels"))
    ask = CreateTrial(
        study=study,
        configuration=configuration_from_wire(trial.configuration, "trial.configuration", problems),
        labels=labels,
        priority=trial.priority,
        measurements=measurements_from_wire(request.measurements, "measurements", problems),
    )
    problems.raise_any(judge=False)
    return ask


def seal_from_wire(request: trial_service_pb2.SealTestMetricsRequest) -> SealTestMetrics:
    """Raises InvalidArgument with all violations."""
    problems = Problems()
    check_request_id(request.request_id, problems)
    trial = problems.trial(request.name, "name")
    if not request.metrics:
        problems.add("metrics", "required")
    metrics = metrics_from_wire(request.metrics, "metrics", problems)
    problems.judge(metric_violations(metrics, "metrics"))
    problems.raise_any()
    return SealTestMetrics(trial=trial, metrics=metrics)


def watch_from_wire(request: trial_service_pb2.WatchTrialsRequest) -> WatchTrials:
    """Raises InvalidArgument with all violations."""
    problems = Problems()
    ask = WatchTrials(study=problems.study(request.parent, "parent"), resume_token=request.resume_token)
    problems.raise_any()
    return ask


def named_trial(name: str, *, request_id: str = "") -> TrialName:
    """The trial of a request that has little else in it. Raises InvalidArgument."""
    problems = Problems()
    check_request_id(request_id, problems)
    trial = problems.trial(name, "name")
    problems.raise_any()
    return trial


def _held(request: _ActOnTrial, problems: Problems) -> tuple[TrialName, str]:
    trial = problems.trial(request.name, "name")
    return trial, problems.text(request.lease_token, "lease_token", limit=MAX_TOKEN, required=True)


def _checkpoint(
    request: trial_service_pb2.ReportMeasurementsRequest
    | trial_service_pb2.CompleteTrialRequest
    | trial_service_pb2.ReleaseTrialRequest,
    problems: Problems,
) -> Checkpoint | None:
    if not request.HasField("checkpoint"):
        return None
    return checkpoint_from_wire(request.checkpoint, "checkpoint", problems)


def _provenance(
    request: trial_service_pb2.ReportMeasurementsRequest
    | trial_service_pb2.CompleteTrialRequest
    | trial_service_pb2.FailTrialRequest,
    problems: Problems,
) -> Provenance | None:
    if not request.HasField("provenance"):
        return None
    return provenance_from_wire(request.provenance, "provenance", problems)
