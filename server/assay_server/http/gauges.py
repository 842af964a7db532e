"""Gauges of studies and workers: read beside the calls, at a bounded rate."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from assay_server.app.progress import Progress, progress
from assay_server.domain.errors import StudyNotFound
from assay_server.domain.names import StudyName
from assay_server.domain.trial import TrialState
from assay_server.metrics import MAX_STUDIES, Metrics, StudyReading
from assay_server.ports import Store, UnitOfWork

REST = 20.0
"""Reading takes at most one part in so many of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was read of a study at some revision."""

    revision: int
    reading: StudyReading
    lease_ages: dict[str, float]
    """Silence of each worker in seconds, when it was read."""


class Gauges:
    """Keeps the gauges of active studies up to date."""

    def __init__(self, store: Store, metrics: Metrics, *, interval_s: float) -> None:
        self._store = store
        self._metrics = metrics
        self._interval_s = interval_s
        self._known: dict[str, _Known] = {}

    async def run(self) -> None:
        """Refresh for ever; ends by cancellation."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self.refresh()
            await asyncio.sleep(max(self._interval_s, REST * (loop.time() - began)))

    async def refresh(self) -> None:
        """Read what has changed and set all gauges."""
        names = await self._store.read(_active)
        known: dict[str, _Known] = {}
        for uid, name in names[-MAX_STUDIES:]:
            try:
                last = self._known.get(uid)
                known[uid] = await self._store.read(lambda uow, name=name, last=last: _read(uow, name, last))  # type: ignore[misc]  # defaults in a lambda
            except StudyNotFound:
                continue  # deleted meanwhile
        self._known = known
        self._metrics.studies.set(len(names))
        self._metrics.show_studies(k.reading for k in known.values())
        self._metrics.show_workers(_silences(known))


def _active(uow: UnitOfWork) -> list[tuple[str, StudyName]]:
    return [(study.uid, study.name) for study in uow.active_studies()]


def _read(uow: UnitOfWork, name: StudyName, last: _Known | None) -> _Known:
    study = uow.study(name)
    if last is not None and last.revision == study.tally.revision:
        running = uow.trials_in(study.uid, (TrialState.RUNNING,)) if study.tally.count(TrialState.RUNNING) else ()
        ages = {
            t.lease.worker: max(0.0, t.lease.ttl_s - (t.lease.expires_at - uow.now).total_seconds())
            for t in running
            if t.lease is not None
        }
        return _Known(revision=last.revision, reading=last.reading, lease_ages=ages)
    found = progress(uow, name)
    return _Known(
        revision=found.study.tally.revision,
        reading=_reading(found),
        lease_ages={w.worker: w.silence_s for w in found.workers},
    )


def _reading(found: Progress) -> StudyReading:
    tally = found.study.tally
    return StudyReading(
        study=str(found.study.name),
        trials={state.value.lower(): tally.count(state) for state in TrialState},
        hypervolume=found.hypervolume,
        best_values={b.metric: b.value for b in found.best_values if b.value is not None},
    )


def _silences(known: dict[str, _Known]) -> dict[str, float]:
    """The shortest silence of each worker: it may hold trials of several studies."""
    out: dict[str, float] = {}
    for entry in known.values():
        for worker, silence_s in entry.lease_ages.items():
            out[worker] = min(silence_s, out.get(worker, silence_s))
    return out
