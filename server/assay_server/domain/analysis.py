"""Questions that a model of a study's results answers, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .space import Configuration

HYPERVOLUME = "hypervolume"
"""The name under which its importances are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionQuestion:
    """What metrics would configurations have?"""

    configurations: tuple[Configuration, ...]
    """Of the space, complete."""
    step: int | None = None
    """None: at full fidelity, also where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportanceQuestion:
    """Which parameters matter?"""

    reference: tuple[float, ...] | None = None
    """Of the hypervolume, as losses, one per objective; None while there is no feasible result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontQuestion:
    """Which trials are the front, or the best, without the noise?"""

    trials: tuple[int, ...]
    """Numbers of all trials with a full result that are ranked."""
    observed: tuple[int, ...]
    """Numbers of those that look best; they are told of whatever their probability."""
    objective: int | None = None
    """Index of the objective by which a trial is the best; None: the front of all."""


Question = PredictionQuestion | ImportanceQuestion | FrontQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a model believes of a metric's value without noise, in the metric's unit."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelQuality:
    """How well a model predicts what it has not seen."""

    metric: str
    rank_correlation: float | None
    """Spearman's; None when there is too little to compare."""
    num_trials: int
    step: int | None
    """Where the trials were compared; None without a fidelity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """The answer to a PredictionQuestion."""

    estimates: tuple[Mapping[str, Estimate], ...]
    """By metric, in the order of the configurations."""
    qualities: tuple[ModelQuality, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """Sobol indices of one metric by parameter; empty when it is the same everywhere."""

    metric: str
    first_order: Mapping[str, float]
    total: Mapping[str, float]

    @property
    def shares(self) -> Mapping[str, float]:
        """Total indices scaled to a sum of 1."""
        whole = sum(self.total.values())
        return {name: index / whole for name, index in self.total.items()} if whole > 0 else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Importances:
    """The answer to an ImportanceQuestion."""

    metrics: tuple[Importance, ...]
    qualities: tuple[ModelQuality, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyTrial:
    """What a model says about a trial that was run."""

    trial: int
    estimates: Mapping[str, Estimate]
    probability: float
    """That it belongs to the front, or is the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyFront:
    """The answer to a FrontQuestion."""

    trials: tuple[LikelyTrial, ...]
    """The likeliest first."""
    qualities: tuple[ModelQuality, ...]


Answer = Predictions | Importances | LikelyFront
