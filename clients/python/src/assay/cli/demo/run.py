"""The demonstration from its start to its end, whatever ends it."""

from __future__ import annotations

from time import monotonic

from rich.console import Console

import assay
from assay.cli.demo import digits
from assay.cli.demo.digits import Size
from assay.cli.demo.ending import tell_ending
from assay.cli.failures import Refused
from assay.cli.local import programs
from assay.cli.local.fleet import CannotRun, Fleet
from assay.cli.local.place import Place
from assay.cli.local.running import FIRST_CONTACT_S, Interrupted, create_when_up, follow, told_by_signals


def run(console: Console, place: Place, size: Size) -> int:
    """Run it; the exit status. No process of it is left, whatever happens.

    Raises:
        Refused: a program does not start.
    """
    try:
        with told_by_signals():
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
                study = create_when_up(lambda: digits.create(client, size), fleet)
                _welcome(console, place, addresses.grpc, addresses.metrics, size)
                for number in range(size.workers):
                    fleet.start(programs.worker(place, addresses, number, study=digits.STUDY))
                follow(console, study, fleet)
                tell_ending(console, place, study, took_s=lambda: monotonic() - began)
        except CannotRun as error:
            raise Refused(str(error)) from error
    return 0


def _welcome(console: Console, place: Place, grpc: str, metrics: str, size: Size) -> None:
    limits = f"{size.trials} configurations, {size.epochs} epochs each, {size.longest.total_seconds():.0f} seconds"
    lines = (
        f"a server on {grpc} (metrics on http://{metrics}/metrics) and {size.workers} workers",
        f"look on from another terminal: assay --server {grpc} study watch {digits.STUDY}",
        f"at most {limits}; everything is kept in {place.root}",
    )
    for line in lines:
        console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
