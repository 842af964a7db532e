"""Answers of models as JSON, from a policy process to its parent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from assay_server.domain.analysis import (
    Answer,
    Estimate,
    Importance,
    Importances,
    LikelyFront,
    LikelyTrial,
    ModelQuality,
    Predictions,
)

Json = dict[str, Any]

_KINDS: Mapping[str, type[Answer]] = {kind.__name__: kind for kind in (Predictions, Importances, LikelyFront)}


def answer_to_json(answer: Answer) -> Json:
    """Every field, with the kind of the answer."""
    return {"kind": type(answer).__name__, **asdict(answer)}


def answer_from_json(data: Json) -> Answer:
    """The inverse of `answer_to_json`. Raises KeyError for a kind that it does not know."""
    kind = _KINDS[data["kind"]]
    qualities = tuple(ModelQuality(**q) for q in data["qualities"])
    if kind is Predictions:
        return Predictions(estimates=tuple(_estimates(e) for e in data["estimates"]), qualities=qualities)
    if kind is Importances:
        return Importances(metrics=tuple(Importance(**m) for m in data["metrics"]), qualities=qualities)
    trials = tuple(LikelyTrial(**{**t, "estimates": _estimates(t["estimates"])}) for t in data["trials"])
    return LikelyFront(trials=trials, qualities=qualities)


def _estimates(data: Json) -> dict[str, Estimate]:
    return {name: Estimate(**estimate) for name, estimate in data.items()}
