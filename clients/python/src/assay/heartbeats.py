"""One thread that keeps the leases of all trials in hand alive. It lives while there are any."""

from __future__ import annotations

import logging
import threading

from .errors import AssayError, DeadlineExceeded, Unavailable
from .holding import Holding
from .transport import Transport

logger = logging.getLogger("assay")

SOON_S = 2.0
"""A heartbeat that did not get through is tried again within this, however long the interval."""


class Heartbeats:
    """Says that the worker lives, as often as the server wants to hear it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._now = transport.surroundings.now
        self._changed = threading.Condition()
        self._due: dict[Holding, float] = {}
        self._thread: threading.Thread | None = None

    def add(self, holding: Holding) -> None:
        """Keep its lease alive from now on."""
        with self._changed:
            self._due[holding] = self._now() + holding.heartbeat_interval_s
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat_while_any, name="assay-heartbeats", daemon=True)
                self._thread.start()
            self._changed.notify()

    def postpone(self, holding: Holding) -> None:
        """A report was a heartbeat too."""
        with self._changed:
            if holding in self._due:
                self._due[holding] = self._now() + holding.heartbeat_interval_s

    def remove(self, holding: Holding) -> None:
        """Leave its lease alone."""
        with self._changed:
            self._due.pop(holding, None)
            self._changed.notify()

    def close(self) -> None:
        """Leave all leases alone."""
        with self._changed:
            self._due.clear()
            self._changed.notify()

    def _beat_while_any(self) -> None:
        while (holding := self._next()) is not None:
            delay_s = self._beat(holding)
            with self._changed:
                if holding.is_over:
                    self._due.pop(holding, None)
                elif holding in self._due:
                    self._due[holding] = max(self._due[holding], self._now() + delay_s)

    def _next(self) -> Holding | None:
        """Wait until one is due; None when there are none left, and then this thread is not the thread any more."""
        with self._changed:
            while self._due:
                holding = min(self._due, key=self._due.__getitem__)
                wait_s = self._due[holding] - self._now()
                if wait_s <= 0:
                    return holding
                self._changed.wait(wait_s)
            self._thread = None
            return None

    def _beat(self, holding: Holding) -> float:
        """Send one; returns how long to wait until the next."""
        call = holding.heartbeat()
        try:
            holding.heard(self._transport.once(call, call.timeout_s))
        except (Unavailable, DeadlineExceeded):
            return min(SOON_S, holding.heartbeat_interval_s)
        except AssayError as error:
            holding.refused(error)
            logger.warning("%s: heartbeat refused: %s", holding.record.name, error)
        except ValueError:  # what gRPC raises on a channel that was closed meanwhile
            self.close()
        return holding.heartbeat_interval_s
