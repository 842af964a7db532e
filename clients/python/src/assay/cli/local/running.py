"""One command's study from its start to its end, whatever ends it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic
from types import FrameType

from rich.console import Console

import assay
from assay.cli.local.fleet import Fleet
from assay.cli.watch import Watcher

STARTS_WITHIN_S = 60.0
"""A server is there in a second; a machine that is busy installing things takes longer."""
FIRST_CONTACT_S = 2.0
"""Between two looks at whether the server has died instead of starting."""


class Interrupted(Exception):
    """Somebody wants the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def create_when_up(create: Callable[[], assay.Study], fleet: Fleet) -> assay.Study:
    """Create the study as soon as the server is there."""
    give_up_at = monotonic() + STARTS_WITHIN_S
    while True:
        try:
            return create()
        except assay.Unavailable:
            fleet.check()  # says why the server does not come
            if monotonic() > give_up_at:
                raise


def follow(console: Console, study: assay.Study, fleet: Fleet) -> None:
    """Show how far the study is until it is over."""
    never = Event()

    def wait(seconds: float) -> None:
        fleet.check()
        never.wait(seconds)

    Watcher(console=console, look=lambda: (study.progress(), study.front()), wait=wait).follow()


@contextmanager
def told_by_signals() -> Iterator[None]:
    """Turn the signals that ask to end into Interrupted, the first one only: cleaning up is not interrupted.

    A hang-up that is ignored already stays so: nohup means it.
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
