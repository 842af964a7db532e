"""The demonstration from its start to its end, whatever ends it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic
from types import FrameType

from rich.console import Console

import assay
from assay.cli.demo import digits, programs
from assay.cli.demo.digits import Size
from assay.cli.demo.ending import tell_ending
from assay.cli.demo.fleet import CannotRun, Fleet
from assay.cli.demo.place import Place
from assay.cli.failures import Refused
from assay.cli.watch import Watcher

STARTS_WITHIN_S = 60.0
"""A server is there in a second; a machine that is busy installing things takes longer."""
FIRST_CONTACT_S = 2.0
"""Between two looks at whether the server has died instead of starting."""


class Interrupted(Exception):
    """Somebody wants the demonstration to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def run(console: Console, place: Place, size: Size) -> int:
    """Run it; the exit status. No process of it is left, whatever happens.

    Raises:
        Refused: a program does not start.
    """
    try:
        with _told_by_signals():
            return _run(console, place, size)
    except Interrupted as error:
        console.print(f"ended by {error}; everything so far is in {place.root}", markup=False, highlight=False)
        return 128 + error.number


def _run(console: Console, place: Place, size: Size) -> int:
    def tell(text: str) -> None:
        console.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)

    began = monotonic()
    addresses = programs.free_addresses()
    with Fleet(tell) as fleet:
        try:
            fleet.start(programs.server(place, addresses))
            with assay.Client(addresses.grpc, connect_timeout_s=FIRST_CONTACT_S) as client:
                study = _create(client, fleet, size)
                _welcome(console, place, addresses.grpc, addresses.metrics, size)
                for number in range(size.workers):
                    fleet.start(programs.worker(place, addresses, number))
                _follow(console, study, fleet)
                tell_ending(console, place, study, took_s=lambda: monotonic() - began)
        except CannotRun as error:
            raise Refused(str(error)) from error
    return 0


def _create(client: assay.Client, fleet: Fleet, size: Size) -> assay.Study:
    """Create the study as soon as the server is there."""
    give_up_at = monotonic() + STARTS_WITHIN_S
    while True:
        try:
            return digits.create(client, size)
        except assay.Unavailable:
            fleet.check()  # says why the server does not come
            if monotonic() > give_up_at:
                raise


def _follow(console: Console, study: assay.Study, fleet: Fleet) -> None:
    never = Event()

    def wait(seconds: float) -> None:
        fleet.check()
        never.wait(seconds)

    Watcher(console=console, look=lambda: (study.progress(), study.front()), wait=wait).follow()


def _welcome(console: Console, place: Place, grpc: str, metrics: str, size: Size) -> None:
    limits = f"{size.trials} configurations, {size.epochs} epochs each, {size.longest.total_seconds():.0f} seconds"
    lines = (
        f"a server on {grpc} (metrics on http://{metrics}/metrics) and {size.workers} workers",
        f"look on from another terminal: assay --server {grpc} study watch {digits.STUDY}",
        f"at most {limits}; everything is kept in {place.root}",
    )
    for line in lines:
        console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _told_by_signals() -> Iterator[None]:
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
