"""How far a study and its trials may go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Convergence:
    """When a study has found what there is to find: the hypervolume of its full results has stopped growing."""

    window_trials: int
    """The study ends when so many full results in a row brought too little."""
    min_relative_improvement: float | None = None
    """Too little is a growth over the whole window of at most this share of the hypervolume; 0 when None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much a study may spend. None means without limit."""

    trials: int | None = None
    cost: float | None = None
    """Sum of reported cost, in the user's unit: seconds, dollars, joules."""
    duration: timedelta | float | None = None
    """Wall-clock time since creation; a number is seconds."""
    parallelism: int | None = None
    """Trials that may run at the same time."""
    targets: Mapping[str, float] = field(default_factory=dict)
    """By objective; the study ends when one trial reaches all of them together."""
    convergence: Convergence | None = None
    """The study ends when new results do not improve the front any more; never, when None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """What a step costs, before any trial has told; in the unit of the budget's cost."""

    cost_per_step: float
    startup_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What a cheap evaluation spends less of, counted in whole steps."""

    name: str
    """What a step is: "epoch", "percent_of_data", …"""
    min: int
    """Steps of the cheapest evaluation, at least 1."""
    max: int
    """Steps of a full evaluation."""
    eta: float | None = None
    """Ratio between rungs; 3 when None."""
    rungs: Sequence[int] = ()
    """The rungs themselves, from min to max; computed when empty."""
    cost_model: CostModel | None = None
    """Learnt from reported costs when None."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rungs", tuple(self.rungs))


def seconds(duration: timedelta | float) -> float:
    """*duration* in seconds."""
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)
