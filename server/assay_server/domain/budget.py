"""Budget: how much a study may spend, so that the server knows when it is over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A value of an objective that is good enough."""

    metric: str
    value: float


MAX_WINDOW = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Convergence:
    """When the hypervolume of the full results counts as not growing any more."""

    window_trials: int
    """Full results in a row that brought too little."""
    min_relative_improvement: float | None = None
    """Too little is at most this share of the hypervolume, over the whole window; 0 when None."""

    @property
    def share(self) -> float:
        """The share in force."""
        return self.min_relative_improvement or 0.0

    def violations(self, path: str) -> Iterator[Violation]:
        """Every rule it breaks."""
        if not 2 <= self.window_trials <= MAX_WINDOW:
            text = f"{self.window_trials} is not in [2, {MAX_WINDOW}]"
            yield Violation(field=f"{path}.window_trials", description=text)
        share = self.min_relative_improvement
        if share is not None and not 0.0 <= share < 1.0:
            yield Violation(field=f"{path}.min_relative_improvement", description=f"{share!r} is not in [0, 1)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """None means without limit."""

    max_trials: int | None = None
    max_cost: float | None = None
    max_duration_s: float | None = None
    parallelism: int | None = None
    targets: tuple[Target, ...] = ()
    """The study ends when one trial reaches all of them together."""
    convergence: Convergence | None = None
    """The study ends when new results do not improve the front any more."""

    def violations(self, path: str, objectives: frozenset[str]) -> Iterator[Violation]:
        """Every rule it breaks."""
        for name in ("max_trials", "parallelism"):
            number: int | None = getattr(self, name)
            if number is not None and number < 1:
                yield Violation(field=f"{path}.{name}", description=f"{number} is not at least 1")
        if self.max_cost is not None and not (math.isfinite(self.max_cost) and self.max_cost > 0):
            yield Violation(field=f"{path}.max_cost", description=f"{self.max_cost!r} is not a finite number above 0")
        if self.max_duration_s is not None and self.max_duration_s <= 0:
            yield Violation(field=f"{path}.max_duration", description=f"{self.max_duration_s!r} s is not above 0")
        if self.convergence is not None:
            yield from self.convergence.violations(f"{path}.convergence")
        for i, target in enumerate(self.targets):
            where = f"{path}.targets[{i}]"
            if target.metric not in objectives:
                yield Violation(field=f"{where}.metric", description=f"{target.metric!r} is not an objective")
            if not math.isfinite(target.value):
                yield Violation(field=f"{where}.value", description=f"{target.value!r} is not finite")
            if target.metric in {t.metric for t in self.targets[:i]}:
                yield Violation(field=f"{where}.metric", description=f"{target.metric!r} has two targets")
