"""A fit from its start to its end, whatever ends it."""

from __future__ import annotations

from time import monotonic

from rich.console import Console

import assay
from assay.cli.failures import Refused
from assay.cli.fit import study as fitted
from assay.cli.fit.ending import end
from assay.cli.fit.preparing import Prepared
from assay.cli.fit.wishes import Wishes
from assay.cli.local import programs
from assay.cli.local.fleet import CannotRun, Fleet
from assay.cli.local.place import Place
from assay.cli.local.running import FIRST_CONTACT_S, Interrupted, create_when_up, follow, told_by_signals


def run(console: Console, place: Place, prepared: Prepared, wishes: Wishes) -> int:
    """Run it; the exit status. No process of it is left, whatever happens.

    Raises:
        Refused: a program does not start, or no model came of it.
    """
    try:
        with told_by_signals():
            _run(console, place, prepared, wishes)
    except Interrupted as error:
        console.print(f"ended by {error}; go on with --keep, in {place.root}", markup=False, highlight=False)
        return 128 + error.number
    return 0


def _run(console: Console, place: Place, prepared: Prepared, wishes: Wishes) -> None:
    def tell(text: str, style: str = "dim") -> None:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    began, addresses = monotonic(), programs.free_addresses()
    options = [f"--task={prepared.task}", "--costs=trainings", f"--epochs={wishes.epochs}"]
    with Fleet(lambda text: tell(text, "yellow")) as fleet:
        try:
            fleet.start(programs.server(place, addresses))
            with assay.Client(addresses.grpc, connect_timeout_s=FIRST_CONTACT_S) as client:
                study = create_when_up(lambda: fitted.create(client, prepared.decided, wishes), fleet)
                tell(f"a server on {addresses.grpc} and {wishes.workers} workers; everything is kept in {place.root}")
                for number in range(wishes.workers):
                    fleet.start(programs.worker(place, addresses, number, study=study.id, options=options))
                follow(console, study, fleet)
                end(place, study, prepared, wishes, tell=tell, took_s=lambda: monotonic() - began)
        except CannotRun as error:
            raise Refused(str(error)) from error
