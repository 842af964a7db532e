"""How a study chooses: phases of generators, and a scheduler. Leave it out, and the server chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Every combination of values, in order."""

    resolution: int | None = None
    """Points of each double without a step; required if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Random:
    """Independent draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sobol:
    """A scrambled Sobol sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bayesian:
    """Bayesian optimisation."""

    batch_size: int | None = None
    """Candidates made from one fit; the server's choice when None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evolutionary:
    """NSGA-II, or regularised evolution."""

    population_size: int | None = None
    regularised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationBased:
    """Population-based training."""

    population_size: int
    ready_interval: int
    """Steps between exploits."""
    bandit: bool = False


Generator = Grid | Random | Sobol | Bayesian | Evolutionary | PopulationBased


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the study with one generator; it ends at the first condition met, the last one never."""

    generator: Generator
    trials: int | None = None
    """Trials made by this phase."""
    min_feasible: int | None = None
    """Feasible results in the whole study."""
    min_model_quality: float | None = None
    """Cross-validated rank correlation of the surrogate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FullFidelity:
    """Every trial gets the full budget at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessiveHalving:
    """Synchronous, in brackets one after the other."""

    bracket_size: int
    """Trials that begin a bracket, at least 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperband:
    """Brackets of successive halving that begin at different rungs."""

    asynchronous: bool = False
    """Brackets do not wait for each other, and new trials go where cheap rungs predict well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsynchronousHalving:
    """Li et al. 2020."""

    stopping: bool = False
    """Stop what is not promising, instead of pausing all and promoting the best."""
    progressive: bool = False
    """Begin with a low maximum and raise it while the ranking still changes (PASHA); not with *stopping*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentile:
    """Stop what is worse than a percentile of the others at the same rung."""

    percentile: float
    """In (0, 100): the best so many percent go on."""
    min_trials: int
    """Others that must have reached the rung before anything is stopped."""


Scheduler = FullFidelity | SuccessiveHalving | Hyperband | AsynchronousHalving | Percentile


class Freshness(StrEnum):
    """How much data a suggestion must have seen."""

    BUFFERED = "buffered"
    """Answered at once, from candidates that were made ahead."""
    STRICT = "strict"
    """All of it; the asker waits. With a seed and one worker the whole study is reproducible."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a study chooses. Empty phases, scheduler or staleness: the server's choice."""

    phases: Sequence[Phase] = ()
    scheduler: Scheduler | None = None
    freshness: Freshness = Freshness.BUFFERED
    max_staleness: int | None = None
    """A buffered candidate is dropped when this many results arrived after it was made."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "phases", tuple(self.phases))
        object.__setattr__(self, "freshness", Freshness(self.freshness))


def grid(resolution: int | None = None) -> Grid:
    """Every combination of values, in order; *resolution* points of each double without a step."""
    return Grid(resolution=resolution)


def random() -> Random:
    """Independent draws."""
    return Random()


def sobol() -> Sobol:
    """A scrambled Sobol sequence."""
    return Sobol()


def bayesian(batch_size: int | None = None) -> Bayesian:
    """Bayesian optimisation; *batch_size* candidates from one fit."""
    return Bayesian(batch_size=batch_size)


def evolutionary(population_size: int | None = None, *, regularised: bool = False) -> Evolutionary:
    """NSGA-II, or regularised evolution for irregular spaces."""
    return Evolutionary(population_size=population_size, regularised=regularised)


def population_based(population_size: int, ready_interval: int, *, bandit: bool = False) -> PopulationBased:
    """Population-based training; members may copy a better one every *ready_interval* steps."""
    return PopulationBased(population_size=population_size, ready_interval=ready_interval, bandit=bandit)


def full_fidelity() -> FullFidelity:
    """Every trial gets the full budget at once."""
    return FullFidelity()


def asynchronous_halving(*, stopping: bool = False, progressive: bool = False) -> AsynchronousHalving:
    """Asynchronous successive halving, in its promoting form unless *stopping*.

    *progressive* (PASHA) raises the maximum only while the ranking still changes; it needs the promoting form.
    """
    return AsynchronousHalving(stopping=stopping, progressive=progressive)


def successive_halving(bracket_size: int) -> SuccessiveHalving:
    """Synchronous successive halving, in brackets of *bracket_size* trials, one after the other."""
    return SuccessiveHalving(bracket_size=bracket_size)


def hyperband(*, asynchronous: bool = False) -> Hyperband:
    """Brackets of successive halving that begin at different rungs; *asynchronous* ones do not wait."""
    return Hyperband(asynchronous=asynchronous)


def percentile(percentile: float = 50.0, min_trials: int = 5) -> Percentile:
    """Let the best *percentile* percent at each rung go on, once *min_trials* others are there; 50: the median rule."""
    return Percentile(percentile=percentile, min_trials=min_trials)
