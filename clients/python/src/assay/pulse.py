"""When which lease needs a heartbeat, and what its answer means. Shared by both clients; it neither waits nor sends."""

from __future__ import annotations

import logging
from collections.abc import Callable

from .errors import AssayError, DeadlineExceeded, Unavailable
from .holding import Holding
from .v1 import trial_service_pb2 as trial_pb

logger = logging.getLogger("assay")

SOON_S = 2.0
"""A heartbeat that did not get through is tried again within this, however long the interval."""


class Pulse:
    """The trials in hand, each with the time of its next heartbeat."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._due: dict[Holding, float] = {}

    def add(self, holding: Holding) -> None:
        """Keep its lease alive from now on."""
        self._due[holding] = self._now() + holding.heartbeat_interval_s

    def postpone(self, holding: Holding) -> None:
        """A report was a heartbeat too."""
        if holding in self._due:
            self.add(holding)

    def remove(self, holding: Holding) -> None:
        """Leave its lease alone."""
        self._due.pop(holding, None)

    def clear(self) -> None:
        """Leave all leases alone."""
        self._due.clear()

    def next(self) -> tuple[Holding, float] | None:
        """Whose turn is next, and in how many seconds; None when there are no trials in hand."""
        if not self._due:
            return None
        holding = min(self._due, key=self._due.__getitem__)
        return holding, self._due[holding] - self._now()

    def heard(self, holding: Holding, answer: trial_pb.HeartbeatResponse) -> None:
        """Take in the answer to a heartbeat."""
        holding.heard(answer)
        self._again(holding, holding.heartbeat_interval_s)

    def missed(self, holding: Holding, error: AssayError) -> None:
        """Take in what came instead of an answer."""
        if isinstance(error, Unavailable | DeadlineExceeded):
            self._again(holding, min(SOON_S, holding.heartbeat_interval_s))
            return
        if not holding.is_over:
            logger.warning("%s: heartbeat refused: %s", holding.record.name, error)
        holding.refused(error)
        self._again(holding, holding.heartbeat_interval_s)

    def _again(self, holding: Holding, delay_s: float) -> None:
        if holding.is_over:
            self.remove(holding)
        elif holding in self._due:
            self._due[holding] = self._now() + delay_s
