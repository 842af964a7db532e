"""What a search has gained over the baseline configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assay import Objective, TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """The best value of an objective on the front, beside the baseline's."""

    metric: str
    best: float
    trial: int
    baseline: float | None
    """None when the baseline was not measured at full fidelity."""
    maximize: bool

    @property
    def improvement(self) -> float | None:
        """By how much the best is better, in the metric's unit; negative when it is worse."""
        if self.baseline is None:
            return None
        return self.best - self.baseline if self.maximize else self.baseline - self.best


def gains(
    objectives: Iterable[Objective], front: Iterable[TrialRecord], baseline: TrialRecord | None
) -> Iterator[Gain]:
    """One for each objective that the front has a value of."""
    trials = list(front)
    finished = baseline.metrics if baseline is not None and baseline.state == "SUCCEEDED" else {}
    for objective in objectives:
        name = objective.metric
        found = [(trial.metrics[name], trial.number) for trial in trials if name in trial.metrics]
        if found:
            best, number = max(found) if objective.maximize else min(found)
            yield Gain(metric=name, best=best, trial=number, baseline=finished.get(name), maximize=objective.maximize)
