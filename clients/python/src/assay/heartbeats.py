"""One thread that keeps the leases of all trials in hand alive. It lives while there are any."""

from __future__ import annotations

import threading

from .errors import AssayError
from .holding import Holding
from .pulse import Pulse
from .transport import Transport


class Heartbeats:
    """Says that the worker lives, as often as the server wants to hear it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._changed = threading.Condition()
        self._pulse = Pulse(transport.surroundings.now)
        self._thread: threading.Thread | None = None

    def add(self, holding: Holding) -> None:
        """Keep its lease alive from now on."""
        with self._changed:
            self._pulse.add(holding)
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat_while_any, name="assay-heartbeats", daemon=True)
                self._thread.start()
            self._changed.notify()

    def postpone(self, holding: Holding) -> None:
        """A report was a heartbeat too."""
        with self._changed:
            self._pulse.postpone(holding)

    def remove(self, holding: Holding) -> None:
        """Leave its lease alone."""
        with self._changed:
            self._pulse.remove(holding)
            self._changed.notify()

    def close(self) -> None:
        """Leave all leases alone."""
        with self._changed:
            self._pulse.clear()
            self._changed.notify()

    def _beat_while_any(self) -> None:
        while (holding := self._next()) is not None:
            self._beat(holding)

    def _next(self) -> Holding | None:
        """Wait until one is due; None when there are none left, and then this thread is not the thread any more."""
        with self._changed:
            while (found := self._pulse.next()) is not None:
                holding, wait_s = found
                if wait_s <= 0:
                    return holding
                self._changed.wait(wait_s)
            self._thread = None
            return None

    def _beat(self, holding: Holding) -> None:
        call = holding.heartbeat()
        try:
            answer = self._transport.once(call, call.timeout_s)
        except AssayError as error:
            with self._changed:
                self._pulse.missed(holding, error)
        except ValueError:  # what gRPC raises on a channel that was closed meanwhile
            self.close()
        else:
            with self._changed:
                self._pulse.heard(holding, answer)
