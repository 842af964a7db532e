"""Analyses on the wire: what the server says a study found."""

from __future__ import annotations

from assay.v1 import analysis_service_pb2
from assay_server.app.front import Front
from assay_server.app.hypervolume_history import HypervolumeHistory
from assay_server.app.progress import BestValue, Progress
from assay_server.domain.analysis import LikelyFront
from assay_server.domain.names import StudyName
from assay_server.domain.study import Study
from assay_server.domain.trial import Trial
from assay_server.rpc.wire.models import corrected_to_wire, qualities_to_wire
from assay_server.rpc.wire.studies import study_to_wire
from assay_server.rpc.wire.trials import trial_to_wire
from assay_server.rpc.wire.values import duration_to_wire, instant_to_wire


def front_to_wire(front: Front, likely: LikelyFront | None = None) -> analysis_service_pb2.GetFrontResponse:
    """The front; without a reference point while there is no feasible result to infer it from."""
    name, reference = front.study.name, front.reference
    return analysis_service_pb2.GetFrontResponse(
        trials=[trial_to_wire(name, t) for t in front.trials],
        hypervolume=front.hypervolume,
        reference_point=() if reference is None else reference.values(front.study),
        reference_inferred=() if reference is None else reference.inferred,
        corrected=() if likely is None else corrected_to_wire(name, likely),
        qualities=() if likely is None else qualities_to_wire(likely.qualities),
    )


def best_trial_to_wire(
    study: Study, trial: Trial | None, likely: LikelyFront | None = None
) -> analysis_service_pb2.GetBestTrialResponse:
    """The best trial, if there is one."""
    return analysis_service_pb2.GetBestTrialResponse(
        trial=None if trial is None else trial_to_wire(study.name, trial),
        corrected=() if likely is None else corrected_to_wire(study.name, likely),
        qualities=() if likely is None else qualities_to_wire(likely.qualities),
    )


def progress_to_wire(progress: Progress) -> analysis_service_pb2.GetProgressResponse:
    """How far a study is."""
    name = progress.study.name
    message = analysis_service_pb2.GetProgressResponse(
        study=study_to_wire(progress.study),
        best_values=[_best_value_to_wire(name, b) for b in progress.best_values],
        rungs=[
            analysis_service_pb2.Rung(step=r.step, reached=r.reached, paused=r.paused, promoted=r.promoted)
            for r in progress.rungs
        ],
        workers=[
            analysis_service_pb2.WorkerStatus(
                worker=w.worker, trial=str(name.trial(w.trial)), silence=duration_to_wire(w.silence_s)
            )
            for w in progress.workers
        ],
        hypervolume=progress.hypervolume,
        front_size=progress.front_size,
        buffer_depth=progress.buffer_depth,
    )
    if progress.time_left_s is not None:
        message.time_left.CopyFrom(duration_to_wire(progress.time_left_s))
    return message


def history_to_wire(history: HypervolumeHistory) -> analysis_service_pb2.GetHypervolumeHistoryResponse:
    """How the hypervolume grew."""
    name, reference = history.study.name, history.reference
    return analysis_service_pb2.GetHypervolumeHistoryResponse(
        points=[
            analysis_service_pb2.HypervolumePoint(
                trial=str(name.trial(p.trial)), time=instant_to_wire(p.at), hypervolume=p.hypervolume, cost=p.cost
            )
            for p in history.points
        ],
        reference_point=() if reference is None else reference.values(history.study),
    )


def _best_value_to_wire(study: StudyName, best: BestValue) -> analysis_service_pb2.BestValue:
    return analysis_service_pb2.BestValue(
        metric=best.metric,
        value=best.value,
        trial="" if best.trial is None else str(study.trial(best.trial)),
        baseline_value=best.baseline_value,
    )
