"""What models say about a study: predictions, importances, values corrected for noise; and how far to trust them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelQuality:
    """How well a metric's model predicts trials that it has not seen."""

    metric: str
    rank_correlation: float | None
    """Spearman's, in [-1, 1]; below about 0.5 the model knows little. None when there is too little to compare."""
    num_trials: int
    """That were compared."""
    step: int | None
    """At which they were compared; None without a fidelity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Predicted metrics of a configuration, without noise, each in its own unit."""

    mean: Mapping[str, float]
    standard_deviation: Mapping[str, float]
    """What the model does not know; not how much repeated measurements would scatter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """One for each configuration, in their order."""

    predictions: tuple[Prediction, ...]
    quality: Mapping[str, ModelQuality]
    """By metric: look at it first."""

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self.predictions)

    def __len__(self) -> int:
        return len(self.predictions)

    def __getitem__(self, index: int) -> Prediction:
        return self.predictions[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """How much each parameter matters for one metric; empty when the model sees no difference."""

    metric: str
    """Or "hypervolume"."""
    shares: Mapping[str, float]
    """By parameter, summing to 1: its total index relative to those of all."""
    first_order: Mapping[str, float]
    """Share of the variance that is due to the parameter alone."""
    total: Mapping[str, float]
    """Share of the variance that the parameter has a part in, alone or together with others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importances:
    """By metric, and for the "hypervolume" once there is a feasible result."""

    metrics: Mapping[str, Importance]
    quality: Mapping[str, ModelQuality]
    """By metric: look at it first."""

    def __iter__(self) -> Iterator[Importance]:
        return iter(self.metrics.values())

    def __len__(self) -> int:
        return len(self.metrics)

    def __getitem__(self, metric: str) -> Importance:
        return self.metrics[metric]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedTrial:
    """What a model of all results says about a trial: how good it is without the luck of its measurement."""

    trial: int
    mean: Mapping[str, float]
    standard_deviation: Mapping[str, float]
    probability: float
    """That it belongs to the front, or is the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The trials that may be the front, or the best; the likeliest first."""

    trials: tuple[CorrectedTrial, ...]
    quality: Mapping[str, ModelQuality]
    """By metric: look at it first."""

    def __iter__(self) -> Iterator[CorrectedTrial]:
        return iter(self.trials)

    def __len__(self) -> int:
        return len(self.trials)

    def __getitem__(self, index: int) -> CorrectedTrial:
        return self.trials[index]
