"""Desk: what the refiller remembers of one study. All of it may be lost: it is rebuilt from the rows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from assay_server.domain.event import Severity, StudyEvent
from assay_server.ports import Generated

from .demand import Demand
from .plan import Want


class Desk:
    """One study's demand, wants and alarms."""

    def __init__(self, uid: str) -> None:
        self.uid = uid
        self.name = ""
        """Once known."""
        self.changed = asyncio.Event()
        self.wanted = asyncio.Event()
        self.want: Want | None = None
        self.demand = Demand()
        self.exhausted: set[int] = set()
        """Phases whose generators have nothing more."""
        self.is_drained = False
        """The last generator had nothing more to propose beside what is waiting."""
        self.is_warm = False
        """What fits its models was told to get ready."""
        self.is_light = False
        """At the last full look neither the phase nor the makers of what waited learnt from results."""
        self._batches: deque[tuple[datetime, int]] = deque()
        self._said: str | None = None
        self._said_not_ready = False

    def add_want(self, want: Want) -> None:
        """Askers wait; the largest want counts, for each asks again when there is nothing left for it."""
        if self.want is not None:
            want = Want(
                count=max(want.count, self.want.count),
                min_results_seen=max(want.min_results_seen, self.want.min_results_seen),
            )
        self.want = want
        self.wanted.set()
        self.changed.set()

    def served(self, num_results_seen: int) -> None:
        """Candidates came that have seen so many results: whoever still waits will say so."""
        if self.want is not None and self.want.min_results_seen <= num_results_seen:
            self.want = None

    def settled(self, want: Want | None) -> None:
        """Nothing has to be done for *want*; for one that came meanwhile, perhaps."""
        if self.want is want:
            self.want = None

    def added(self, count: int, now: datetime) -> None:
        """Candidates were added to the buffer."""
        self._batches.append((now, count))

    def age_s(self, num_waiting: int, now: datetime) -> float:
        """Seconds since the oldest of the waiting candidates was added, as far as this process knows."""
        surplus = sum(count for _, count in self._batches) - num_waiting
        while self._batches and surplus > 0:
            at, count = self._batches.popleft()
            if count > surplus:
                self._batches.appendleft((at, count - surplus))
            surplus -= count
        return (now - self._batches[0][0]).total_seconds() if self._batches else 0.0

    def event_of(self, generated: Generated) -> StudyEvent | None:
        """What the study's log should say: each trouble once, until it is over or another one."""
        if not generated.fallback_from:
            self._said = None
            return None
        message = f"{' and '.join(generated.fallback_from)} could not propose, {generated.generator} did: " + "; ".join(
            generated.problems
        )
        if not generated.is_degraded:
            if self._said_not_ready:
                return None
            self._said_not_ready = True
            return StudyEvent(severity=Severity.INFO, kind="GENERATOR_FALLBACK", message=message)
        return self._once(
            generated.problems, StudyEvent(severity=Severity.WARNING, kind="GENERATOR_FALLBACK", message=message)
        )

    def event_of_failure(self, message: str) -> StudyEvent | None:
        """The same when nobody could propose."""
        event = StudyEvent(severity=Severity.WARNING, kind="GENERATION_FAILED", message=message)
        return self._once((message,), event)

    def _once(self, problems: Sequence[str], event: StudyEvent) -> StudyEvent | None:
        said = "; ".join(problems)
        if said == self._said:
            return None
        self._said = said
        return event
