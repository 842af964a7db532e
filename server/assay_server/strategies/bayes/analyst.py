"""Answers questions about a study: a model is fitted as for a suggestion, and asked."""

from __future__ import annotations

import numpy as np

from assay_server.domain.analysis import (
    Answer,
    FrontQuestion,
    ImportanceQuestion,
    Importances,
    LikelyFront,
    PredictionQuestion,
    Predictions,
    Question,
)
from assay_server.domain.candidate import StudySnapshot
from assay_server.strategies.sampling import seed_of

from .fitted import Fitted, fitted
from .likely import estimates_of, likely_front
from .quality import qualities_of
from .sensitivity import importances_of


class BayesianAnalyst:
    """Keeps ports.Analyst."""

    def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        """See ports.Analyst."""
        models = fitted(snapshot)
        rng = np.random.default_rng(seed_of("analysis", snapshot.seed))
        match question:
            case PredictionQuestion():
                return _predictions(models, question)
            case ImportanceQuestion():
                found = importances_of(models, question.reference, rng)
                return Importances(metrics=found, qualities=qualities_of(models))
            case FrontQuestion():
                likely = likely_front(models, snapshot, question, rng)
                return LikelyFront(trials=likely, qualities=qualities_of(models))


def _predictions(models: Fitted, question: PredictionQuestion) -> Predictions:
    encoded = [models.encoding.encode(c) for c in question.configurations]
    points_ND = np.array([p_D for p_D in encoded if p_D is not None])
    assert len(points_ND) == len(encoded), "configurations are judged before they come here"
    means_NM, deviations_NM = models.estimates(models.at_step(points_ND, question.step))
    return Predictions(
        estimates=tuple(
            estimates_of(models, mean_M, deviation_M)
            for mean_M, deviation_M in zip(means_NM, deviations_NM, strict=True)
        ),
        qualities=qualities_of(models),
    )
