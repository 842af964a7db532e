"""What a process of the load generator is told, and what it found: both cross a pipe as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from tests.bench.report import percentile


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one process does."""

    target: str
    study: str
    """Full name."""
    clients: int
    """Each has a connection of its own and one call in flight."""
    worker: str
    """Prefix of the workers' names."""
    seconds: float | None = None
    """Length of the measured window; a trial that is begun is finished after it, unmeasured."""
    trials: int | None = None
    """Instead: trials to work through, all clients together; all of them are measured."""
    warm_up_s: float = 0.0
    """Unmeasured time before the window."""
    think_s: float = 0.0
    """Time that a client trains for each trial, spread evenly over its reports."""


@dataclass(slots=True, kw_only=True)
class Found:
    """What one process, or all together, measured."""

    window_s: float = 0.0
    latencies_ms: dict[str, list[float]] = field(default_factory=dict)
    """By path; answered calls of the window."""
    trials: int = 0
    empty: int = 0
    """Answers to an asker that held no trial; they are not counted as calls."""
    generators: dict[str, int] = field(default_factory=dict)
    """Trials handed out in the window by what had proposed them."""
    errors: dict[str, int] = field(default_factory=dict)
    """Refused calls by code, within the window or not."""
    example: str = ""
    """What one of them said."""
    cpu_s: float = 0.0
    """Time on a core that the load generator itself took."""

    @property
    def calls(self) -> int:
        """Answered calls."""
        return sum(len(values) for values in self.latencies_ms.values())

    @property
    def calls_per_s(self) -> float:
        """Throughput over the window."""
        return self.calls / self.window_s if self.window_s else 0.0

    def ms(self, path: str, percent: float) -> float:
        """A percentile of a call's latency; NaN without such calls."""
        return percentile(self.latencies_ms.get(path, []), percent)

    def add(self, other: Found) -> None:
        """Take in what another process found over the same window."""
        self.window_s = max(self.window_s, other.window_s)
        self.join(other)

    def join(self, other: Found) -> None:
        """Take in what was found, but for the length of the window."""
        for path, values in other.latencies_ms.items():
            self.latencies_ms.setdefault(path, []).extend(values)
        for mine, theirs in ((self.generators, other.generators), (self.errors, other.errors)):
            for key, count in theirs.items():
                mine[key] = mine.get(key, 0) + count
        self.example = self.example or other.example
        self.trials += other.trials
        self.empty += other.empty
        self.cpu_s += other.cpu_s


def to_json(value: Plan | Found) -> str:
    """One line."""
    return json.dumps(asdict(value))


def plan_from_json(text: str) -> Plan:
    """The inverse of `to_json`."""
    return Plan(**json.loads(text))


def found_from_json(text: str) -> Found:
    """The inverse of `to_json`."""
    return Found(**json.loads(text))
