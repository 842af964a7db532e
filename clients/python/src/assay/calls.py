"""Every call of the contract as a value: which method, which message, and what its answer means.

Nothing here waits or sends: `Client` and `AsyncClient` run the same calls, each in its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from . import decode, decode_analyses, encode
from .analyses import Corrected, Importances, Predictions
from .budget import Budget
from .objectives import Objective
from .records import (
    Front,
    HypervolumeHistory,
    Measurement,
    Progress,
    StudyEvent,
    StudyRecord,
    TrialRecord,
)
from .space import Scalar
from .spec import StudySpec
from .v1 import analysis_service_pb2 as analysis_pb
from .v1 import study_pb2, trial_pb2
from .v1 import study_service_pb2 as study_pb
from .v1 import trial_service_pb2 as trial_pb

Answer = TypeVar("Answer", bound=Message)
Result = TypeVar("Result")

SLOW_S = 120.0
"""For what fits a model or renders a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Answer, Result]):
    """One call that may be repeated: a read, or an act under a request_id."""

    method: str
    """"TrialService/GetTrial"."""
    request: Message
    answer: type[Answer]
    decode: Callable[[Answer], Result]
    is_patient: bool = False
    """Whether a worker depends on it: tried again for as long as the client's patience lasts."""
    timeout_s: float | None = None
    """Of one try; the client's when None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Result]):
    """Some of a list."""

    items: tuple[Result, ...]
    next_token: str


def create_study(
    project: str, study_id: str, spec: StudySpec, *, request_id: str, validate_only: bool
) -> Call[study_pb2.Study, StudyRecord]:
    """Create a study, or get the equal one that exists."""
    request = study_pb.CreateStudyRequest(
        parent=f"projects/{project}",
        study_id=study_id,
        study=study_pb2.Study(spec=encode.study_spec(spec)),
        request_id=request_id,
        validate_only=validate_only,
    )
    return _study("StudyService/CreateStudy", request)


def get_study(name: str) -> Call[study_pb2.Study, StudyRecord]:
    """Read a study."""
    return _study("StudyService/GetStudy", study_pb.GetStudyRequest(name=name))


def list_studies(
    project: str, *, matching: str, order_by: str, page_size: int, page_token: str
) -> Call[study_pb.ListStudiesResponse, Page[StudyRecord]]:
    """Read a page of studies."""
    request = study_pb.ListStudiesRequest(
        parent=f"projects/{project}", page_size=page_size, page_token=page_token, filter=matching, order_by=order_by
    )
    return Call(
        method="StudyService/ListStudies",
        request=request,
        answer=study_pb.ListStudiesResponse,
        decode=lambda answer: Page(
            items=tuple(decode.study(study) for study in answer.studies), next_token=answer.next_page_token
        ),
    )


def update_study(
    name: str,
    *,
    budget: Budget | None,
    description: str | None,
    labels: Mapping[str, str] | None,
    etag: str,
    request_id: str,
) -> Call[study_pb2.Study, StudyRecord]:
    """Change what is given; None leaves it."""
    spec = study_pb2.StudySpec(
        description=description or "", labels=dict(labels or {}), budget=encode.budget(budget or Budget())
    )
    given = {"spec.budget": budget, "spec.description": description, "spec.labels": labels}
    request = study_pb.UpdateStudyRequest(study=study_pb2.Study(name=name, spec=spec, etag=etag), request_id=request_id)
    request.update_mask.paths.extend(path for path, value in given.items() if value is not None)
    return _study("StudyService/UpdateStudy", request)


def delete_study(name: str, *, request_id: str) -> Call[Empty, None]:
    """Delete a study with all its trials."""
    return Call(
        method="StudyService/DeleteStudy",
        request=study_pb.DeleteStudyRequest(name=name, request_id=request_id),
        answer=Empty,
        decode=lambda _: None,
    )


def stop_study(name: str, *, request_id: str) -> Call[study_pb.StopStudyResponse, StudyRecord]:
    """End a study."""
    return Call(
        method="StudyService/StopStudy",
        request=study_pb.StopStudyRequest(name=name, request_id=request_id),
        answer=study_pb.StopStudyResponse,
        decode=lambda answer: decode.study(answer.study),
    )


def reopen_study(name: str, *, request_id: str) -> Call[study_pb.ReopenStudyResponse, StudyRecord]:
    """Let a study go on."""
    return Call(
        method="StudyService/ReopenStudy",
        request=study_pb.ReopenStudyRequest(name=name, request_id=request_id),
        answer=study_pb.ReopenStudyResponse,
        decode=lambda answer: decode.study(answer.study),
    )


def list_events(
    study: str, *, page_size: int, page_token: str
) -> Call[study_pb.ListStudyEventsResponse, Page[StudyEvent]]:
    """Read a page of a study's log."""
    return Call(
        method="StudyService/ListStudyEvents",
        request=study_pb.ListStudyEventsRequest(parent=study, page_size=page_size, page_token=page_token),
        answer=study_pb.ListStudyEventsResponse,
        decode=lambda answer: Page(
            items=tuple(decode.event(event) for event in answer.events), next_token=answer.next_page_token
        ),
    )


def create_trial(
    study: str,
    params: Mapping[str, Scalar],
    *,
    measurements: Iterable[Measurement],
    labels: Mapping[str, str],
    priority: int,
    request_id: str,
) -> Call[trial_pb2.Trial, TrialRecord]:
    """Queue a configuration, or attach one that was measured elsewhere."""
    request = trial_pb.CreateTrialRequest(
        parent=study,
        trial=trial_pb2.Trial(configuration=encode.configuration(params), labels=dict(labels), priority=priority),
        measurements=[encode.measurement(measurement) for measurement in measurements],
        request_id=request_id,
    )
    return _trial("TrialService/CreateTrial", request)


def get_trial(name: str) -> Call[trial_pb2.Trial, TrialRecord]:
    """Read a trial with everything about it."""
    return _trial("TrialService/GetTrial", trial_pb.GetTrialRequest(name=name))


def list_trials(
    study: str, *, matching: str, order_by: str, is_full: bool, page_size: int, page_token: str
) -> Call[trial_pb.ListTrialsResponse, Page[TrialRecord]]:
    """Read a page of trials."""
    request = trial_pb.ListTrialsRequest(
        parent=study,
        page_size=page_size,
        page_token=page_token,
        filter=matching,
        order_by=order_by,
        view=trial_pb2.TRIAL_VIEW_FULL if is_full else trial_pb2.TRIAL_VIEW_BASIC,
    )
    return Call(
        method="TrialService/ListTrials",
        request=request,
        answer=trial_pb.ListTrialsResponse,
        decode=lambda answer: Page(
            items=tuple(decode.trial(trial) for trial in answer.trials), next_token=answer.next_page_token
        ),
    )


def stop_trial(name: str, *, request_id: str) -> Call[trial_pb.StopTrialResponse, TrialRecord]:
    """Stop a trial, whoever holds it."""
    return Call(
        method="TrialService/StopTrial",
        request=trial_pb.StopTrialRequest(name=name, request_id=request_id),
        answer=trial_pb.StopTrialResponse,
        decode=lambda answer: decode.trial(answer.trial),
    )


def seal_test_metrics(
    name: str, metrics: Mapping[str, float], *, request_id: str
) -> Call[trial_pb.SealTestMetricsResponse, TrialRecord]:
    """Write the metrics on the sealed test data."""
    values = {metric: trial_pb2.MetricValue(value=value) for metric, value in metrics.items()}
    return Call(
        method="TrialService/SealTestMetrics",
        request=trial_pb.SealTestMetricsRequest(name=name, metrics=values, request_id=request_id),
        answer=trial_pb.SealTestMetricsResponse,
        decode=lambda answer: decode.trial(answer.trial),
    )


def watch_trials(study: str, *, resume_token: str) -> Call[trial_pb.WatchTrialsResponse, trial_pb.WatchTrialsResponse]:
    """Follow a study's trials: a stream of answers."""
    return Call(
        method="TrialService/WatchTrials",
        request=trial_pb.WatchTrialsRequest(parent=study, resume_token=resume_token),
        answer=trial_pb.WatchTrialsResponse,
        decode=lambda answer: answer,
    )


def front(study: str, objectives: tuple[Objective, ...]) -> Call[analysis_pb.GetFrontResponse, Front]:
    """Read the front."""
    return Call(
        method="AnalysisService/GetFront",
        request=analysis_pb.GetFrontRequest(name=study),
        answer=analysis_pb.GetFrontResponse,
        decode=lambda answer: decode.front(answer, objectives),
    )


def best(study: str, metric: str) -> Call[analysis_pb.GetBestTrialResponse, TrialRecord | None]:
    """Read the best trial."""
    return Call(
        method="AnalysisService/GetBestTrial",
        request=analysis_pb.GetBestTrialRequest(name=study, metric=metric),
        answer=analysis_pb.GetBestTrialResponse,
        decode=lambda answer: decode.trial(answer.trial) if answer.HasField("trial") else None,
    )


def corrected_front(study: str) -> Call[analysis_pb.GetFrontResponse, Corrected]:
    """Ask a model for the front without the noise."""
    return Call(
        method="AnalysisService/GetFront",
        request=analysis_pb.GetFrontRequest(name=study, corrected=True),
        answer=analysis_pb.GetFrontResponse,
        decode=decode_analyses.corrected,
        timeout_s=SLOW_S,
    )


def corrected_best(study: str, metric: str) -> Call[analysis_pb.GetBestTrialResponse, Corrected]:
    """Ask a model for the best trial without the noise."""
    return Call(
        method="AnalysisService/GetBestTrial",
        request=analysis_pb.GetBestTrialRequest(name=study, metric=metric, corrected=True),
        answer=analysis_pb.GetBestTrialResponse,
        decode=decode_analyses.corrected,
        timeout_s=SLOW_S,
    )


def progress(study: str) -> Call[analysis_pb.GetProgressResponse, Progress]:
    """Read how far a study is."""
    return Call(
        method="AnalysisService/GetProgress",
        request=analysis_pb.GetProgressRequest(name=study),
        answer=analysis_pb.GetProgressResponse,
        decode=decode.progress,
    )


def hypervolume_history(
    study: str, objectives: tuple[Objective, ...]
) -> Call[analysis_pb.GetHypervolumeHistoryResponse, HypervolumeHistory]:
    """Read how the hypervolume grew."""
    return Call(
        method="AnalysisService/GetHypervolumeHistory",
        request=analysis_pb.GetHypervolumeHistoryRequest(name=study),
        answer=analysis_pb.GetHypervolumeHistoryResponse,
        decode=lambda answer: decode.hypervolume_history(answer, objectives),
    )


def importances(study: str) -> Call[analysis_pb.GetImportancesResponse, Importances]:
    """Read which parameters matter."""
    return Call(
        method="AnalysisService/GetImportances",
        request=analysis_pb.GetImportancesRequest(name=study),
        answer=analysis_pb.GetImportancesResponse,
        decode=decode_analyses.importances,
        timeout_s=SLOW_S,
    )


def predict(
    study: str, configurations: Sequence[Mapping[str, Scalar]], step: int | None
) -> Call[analysis_pb.PredictMetricsResponse, Predictions]:
    """Predict metrics."""
    return Call(
        method="AnalysisService/PredictMetrics",
        request=analysis_pb.PredictMetricsRequest(
            name=study, configurations=[encode.configuration(params) for params in configurations], step=step
        ),
        answer=analysis_pb.PredictMetricsResponse,
        decode=decode_analyses.predictions,
        timeout_s=SLOW_S,
    )


def report(study: str) -> Call[analysis_pb.RenderReportResponse, str]:
    """Render the study as a page."""
    return Call(
        method="AnalysisService/RenderReport",
        request=analysis_pb.RenderReportRequest(name=study),
        answer=analysis_pb.RenderReportResponse,
        decode=lambda answer: answer.html,
        timeout_s=SLOW_S,
    )


def _study(method: str, request: Message) -> Call[study_pb2.Study, StudyRecord]:
    return Call(method=method, request=request, answer=study_pb2.Study, decode=decode.study)


def _trial(method: str, request: Message) -> Call[trial_pb2.Trial, TrialRecord]:
    return Call(method=method, request=request, answer=trial_pb2.Trial, decode=decode.trial)
