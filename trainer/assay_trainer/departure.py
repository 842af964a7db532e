"""How a worker learns that it must leave: SIGTERM from a scheduler, SIGINT from a person."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

LEAVING = (signal.SIGTERM, signal.SIGINT)


class Departure:
    """Set by the first signal; the second one ends the process as it would without us."""

    def __init__(self) -> None:
        self.event = Event()
        """For whoever waits and is to be woken."""

    def is_due(self) -> bool:
        return self.event.is_set()

    @contextmanager
    def announced_by_signals(self) -> Iterator[None]:
        """Within this block a signal means departure. To be entered by the main thread."""
        before = {number: signal.getsignal(number) for number in LEAVING}

        def restore() -> None:
            for number, handler in before.items():
                signal.signal(number, handler)

        def leave(_number: int, _frame: FrameType | None) -> None:
            self.event.set()
            restore()

        for number in LEAVING:
            signal.signal(number, leave)
        try:
            yield
        finally:
            restore()
