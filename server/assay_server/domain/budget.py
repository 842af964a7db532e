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


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """None means without limit."""

    max_trials: int | None = None
    max_cost: float | None = None
    max_duration_s: float | None = None
    parallelism: int | None = None
    targets: tuple[Target, ...] = ()
    """The study ends when one trial reaches all of them together."""

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
        for i, target in enumerate(self.targets):
            where = f"{path}.targets[{i}]"
            if target.metric not in objectives:
                yield Violation(field=f"{where}.metric", description=f"{target.metric!r} is not an objective")
            if not math.isfinite(target.value):
                yield Violation(field=f"{where}.value", description=f"{target.value!r} is not finite")
            if target.metric in {t.metric for t in self.targets[:i]}:
                yield Violation(field=f"{where}.metric", description=f"{target.metric!r} has two targets")
