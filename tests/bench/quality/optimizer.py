"""What is compared: anything that proposes configurations and is told what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tests.bench.quality.problem import Configuration, Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work for one worker."""

    id: str
    """The optimizer's own; unique among those that are not told yet."""
    configuration: Configuration
    until_step: int | None = None
    """Train so far; None: to the end."""
    from_step: int | None = None
    """Steps that its checkpoint has behind it; None: as many as this configuration was ever trained, if fewer."""
    reports_steps: bool = False
    """Each step is reported, and the answer may end the job."""
    origin: str = ""
    """What proposed it, for the record: "sobol", "bayesian", ..."""


class Optimizer(Protocol):
    """One search. The calls come one after the other, in the order of the virtual clock."""

    def ask(self, worker: int) -> Job | None:
        """Work for an idle worker; None: nothing before another result comes, or nothing any more."""
        ...

    def report(self, job: Job, step: int, metrics: Metrics) -> bool:
        """A step of a job that reports its steps; True: leave it here. `tell` follows where it ends."""
        ...

    def tell(self, job: Job, step: int, metrics: Metrics) -> None:
        """The job ended at this step, with these metrics."""
        ...

    def cpu_s(self) -> float:
        """Time on a core that proposing has taken so far: of the policy process, or of whatever stands for it."""
        ...

    def close(self) -> None:
        """The run is over."""
        ...
