"""Adds trials to the store in `argv[1]` until it is killed; prints the number of each that was acknowledged."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from assay_server.ports import UnitOfWork
from assay_server.store.sqlite import open_sqlite
from assay_server.system import SystemClock
from assay_server.testing.builders import a_measurement, a_study, a_trial

STUDY = a_study()


def add_trial(uow: UnitOfWork) -> int:
    """One act of several writes, which must be seen together."""
    tally = uow.study(STUDY.name).tally
    trial = a_trial(tally.num_created + 1, study=STUDY)
    uow.add_trial(trial)
    uow.add_measurements(trial, [a_measurement()])
    uow.put_tally(STUDY.uid, replace(tally, num_created=trial.number))
    return trial.number


async def main() -> None:
    """Several clients, so that commits carry several acts."""
    store = open_sqlite(sys.argv[1], SystemClock())
    await store.act(lambda uow: uow.add_study(STUDY))

    async def client() -> None:
        while True:
            number = await store.act(add_trial)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()

    await asyncio.gather(*(client() for _ in range(8)))


asyncio.run(main())
