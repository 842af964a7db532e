"""What models are asked and what they say, on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assay.v1 import analysis_service_pb2, trial_pb2
from assay_server.app.questions import MAX_CONFIGURATIONS, Predict
from assay_server.domain.analysis import Estimate, Importances, LikelyFront, ModelQuality, Predictions
from assay_server.domain.names import StudyName
from assay_server.rpc.wire.problems import Problems
from assay_server.rpc.wire.values import configuration_from_wire


def predict_from_wire(request: analysis_service_pb2.PredictMetricsRequest) -> Predict:
    """Raises InvalidArgument for what cannot be read; the rest is judged with the study."""
    problems = Problems()
    name = problems.study(request.name, "name")
    messages = problems.at_most(request.configurations, MAX_CONFIGURATIONS, "configurations")
    ask = Predict(
        study=name,
        configurations=tuple(
            configuration_from_wire(m, f"configurations[{i}]", problems) for i, m in enumerate(messages)
        ),
        step=request.step if request.HasField("step") else None,
    )
    problems.raise_any()
    return ask


def predictions_to_wire(answer: Predictions) -> analysis_service_pb2.PredictMetricsResponse:
    """Predictions, in the order of the configurations."""
    return analysis_service_pb2.PredictMetricsResponse(
        predictions=[analysis_service_pb2.Prediction(metrics=_estimates_to_wire(e)) for e in answer.estimates],
        qualities=qualities_to_wire(answer.qualities),
    )


def importances_to_wire(answer: Importances) -> analysis_service_pb2.GetImportancesResponse:
    """Importances of all metrics."""
    return analysis_service_pb2.GetImportancesResponse(
        metrics=[
            analysis_service_pb2.MetricImportance(
                metric=m.metric, importances=m.shares, first_order=m.first_order, total=m.total
            )
            for m in answer.metrics
        ],
        qualities=qualities_to_wire(answer.qualities),
    )


def corrected_to_wire(study: StudyName, answer: LikelyFront) -> list[analysis_service_pb2.CorrectedTrial]:
    """Trials with what a model says of them."""
    return [
        analysis_service_pb2.CorrectedTrial(
            trial=str(study.trial(t.trial)), metrics=_estimates_to_wire(t.estimates), probability=t.probability
        )
        for t in answer.trials
    ]


def qualities_to_wire(qualities: Iterable[ModelQuality]) -> list[analysis_service_pb2.ModelQuality]:
    """How far each metric's model can be trusted."""
    return [
        analysis_service_pb2.ModelQuality(
            metric=q.metric, rank_correlation=q.rank_correlation, num_trials=q.num_trials, step=q.step
        )
        for q in qualities
    ]


def _estimates_to_wire(estimates: Mapping[str, Estimate]) -> dict[str, trial_pb2.MetricValue]:
    return {name: trial_pb2.MetricValue(value=e.mean, sem=e.deviation) for name, e in estimates.items()}
