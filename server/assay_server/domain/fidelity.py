"""Fidelity: what a cheap evaluation spends less of, and the rungs on the way to a full one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from .errors import Violation
from .space_rules import name_violations

MAX_RUNGS = 64
DEFAULT_ETA = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """What a step costs, before any trial has told; in the unit of the budget's max_cost."""

    startup_cost: float = 0.0
    cost_per_step: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """Counted in whole steps: epochs, percent of data, ..."""

    name: str
    min: int
    max: int
    eta: float | None = None
    rungs: tuple[int, ...] = ()
    """Given by the user; use `resolved_rungs`."""
    cost_model: CostModel | None = None

    def resolved_rungs(self) -> tuple[int, ...]:
        """Steps at which trials are compared, growing, the last one being max.

        min * eta^k rounded, as in successive halving (Jamieson and Talwalkar 2016).
        """
        if self.rungs:
            return self.rungs
        eta = self.eta or DEFAULT_ETA
        num_below = max(0, math.ceil(math.log(self.max / self.min) / math.log(eta) - 1e-9))
        below = {round(self.max / eta**k) for k in range(1, num_below + 1)}
        return (*sorted(r for r in below | {self.min} if self.min <= r < self.max), self.max)

    def violations(self, path: str) -> Iterator[Violation]:
        """Every rule it breaks."""
        yield from name_violations(self.name, f"{path}.name")
        if self.min < 1:
            yield Violation(field=f"{path}.min", description=f"{self.min} is not at least 1")
        if self.max < max(1, self.min):
            yield Violation(field=f"{path}.max", description=f"{self.max} is below min {self.min}: there is no rung")
        if self.eta is not None and not (math.isfinite(self.eta) and self.eta > 1):
            yield Violation(field=f"{path}.eta", description=f"{self.eta!r} is not above 1")
        elif self.eta is not None and not self.rungs and 1 <= self.min <= self.max and self._num_rungs() > MAX_RUNGS:
            yield Violation(field=f"{path}.eta", description=f"{self.eta!r} makes more than {MAX_RUNGS} rungs")
        yield from self._rung_violations(f"{path}.rungs")
        if (cost := self.cost_model) is not None:
            if not (math.isfinite(cost.startup_cost) and cost.startup_cost >= 0):
                yield Violation(
                    field=f"{path}.cost_model.startup_cost", description=f"{cost.startup_cost!r} is not >= 0"
                )
            if not (math.isfinite(cost.cost_per_step) and cost.cost_per_step > 0):
                yield Violation(
                    field=f"{path}.cost_model.cost_per_step", description=f"{cost.cost_per_step!r} is not above 0"
                )

    def _num_rungs(self) -> float:
        assert self.eta is not None
        return math.log(self.max / self.min) / math.log(self.eta)

    def _rung_violations(self, path: str) -> Iterator[Violation]:
        rungs = self.rungs
        if not rungs:
            return
        if len(rungs) > MAX_RUNGS:
            yield Violation(field=path, description=f"at most {MAX_RUNGS} rungs, not {len(rungs)}")
        if any(a >= b for a, b in pairwise(rungs)):
            yield Violation(field=path, description=f"{list(rungs)} does not grow")
        if rungs[0] != self.min or rungs[-1] != self.max:
            yield Violation(field=path, description=f"{list(rungs)} does not go from min {self.min} to max {self.max}")
