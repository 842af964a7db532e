"""What the policy host and the refiller tell whoever counts."""

from __future__ import annotations

from typing import Protocol


class PolicyMetrics(Protocol):
    """Called on the event loop; must not block."""

    def generation(self, generator: str, seconds: float, count: int) -> None:
        """*generator* proposed *count* configurations in *seconds*."""
        ...

    def fallback(self, generator: str, answered_by: str, why: str) -> None:
        """*generator* could not answer, *answered_by* did; why: one of host.WHY."""
        ...

    def process_lost(self, why: str) -> None:
        """A policy process ended before its time: "died", "deadline", "memory" or "start"."""
        ...

    def analysis(self, outcome: str, seconds: float) -> None:
        """A question was answered or not in *seconds*: "answered", "not_ready" or "failed"."""
        ...

    def buffer(self, study: str, depth: int, age_s: float) -> None:
        """The study's buffer holds *depth* candidates, the oldest generated *age_s* ago by this process."""
        ...

    def forget(self, study: str) -> None:
        """The study is over: nothing more will be said of it."""
        ...


class NoMetrics:
    """For whoever does not count."""

    def generation(self, generator: str, seconds: float, count: int) -> None:
        """Nothing."""

    def fallback(self, generator: str, answered_by: str, why: str) -> None:
        """Nothing."""

    def process_lost(self, why: str) -> None:
        """Nothing."""

    def analysis(self, outcome: str, seconds: float) -> None:
        """Nothing."""

    def buffer(self, study: str, depth: int, age_s: float) -> None:
        """Nothing."""

    def forget(self, study: str) -> None:
        """Nothing."""
