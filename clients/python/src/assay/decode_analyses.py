"""What models say, from messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .analyses import (
    Corrected,
    CorrectedTrial,
    Importance,
    Importances,
    ModelQuality,
    Prediction,
    Predictions,
)
from .v1 import analysis_service_pb2, trial_pb2


def importances(message: analysis_service_pb2.GetImportancesResponse) -> Importances:
    """Importances by metric."""
    return Importances(
        metrics={
            of.metric: Importance(
                metric=of.metric, shares=dict(of.importances), first_order=dict(of.first_order), total=dict(of.total)
            )
            for of in message.metrics
        },
        quality=_quality(message.qualities),
    )


def predictions(message: analysis_service_pb2.PredictMetricsResponse) -> Predictions:
    """In the order of the configurations."""
    return Predictions(
        predictions=tuple(
            Prediction(mean=_means(p.metrics), standard_deviation=_deviations(p.metrics)) for p in message.predictions
        ),
        quality=_quality(message.qualities),
    )


def corrected(
    message: analysis_service_pb2.GetFrontResponse | analysis_service_pb2.GetBestTrialResponse,
) -> Corrected:
    """What was asked for beside the front or the best trial."""
    return Corrected(
        trials=tuple(
            CorrectedTrial(
                trial=int(of.trial.rpartition("/")[2]),
                mean=_means(of.metrics),
                standard_deviation=_deviations(of.metrics),
                probability=of.probability,
            )
            for of in message.corrected
        ),
        quality=_quality(message.qualities),
    )


def _means(metrics: Mapping[str, trial_pb2.MetricValue]) -> dict[str, float]:
    return {name: metric.value for name, metric in metrics.items()}


def _deviations(metrics: Mapping[str, trial_pb2.MetricValue]) -> dict[str, float]:
    return {name: metric.sem for name, metric in metrics.items()}


def _quality(messages: Iterable[analysis_service_pb2.ModelQuality]) -> dict[str, ModelQuality]:
    return {
        of.metric: ModelQuality(
            metric=of.metric,
            rank_correlation=of.rank_correlation if of.HasField("rank_correlation") else None,
            num_trials=of.num_trials,
            step=of.step if of.HasField("step") else None,
        )
        for of in messages
    }
