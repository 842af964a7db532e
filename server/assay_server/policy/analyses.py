"""Analyses of studies: each is made once for a state of a study, however many ask, and kept.

One that is under way is finished also when whoever asked has left: the fit is paid for, and the next one to ask has
the answer at once. The answers of a study that changes are as old as its last change.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Protocol

from assay_server.domain.analysis import Answer, Question
from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.strategy import Bayesian
from assay_server.domain.study import Study
from assay_server.ports import Store, UnitOfWork
from assay_server.strategies.table import TABLE

from .snapshot import snapshot_of

MAX_KEPT = 256
"""Answers; a thousand predictions of five metrics take half a megabyte."""

Key = tuple[str, int, str]


class AnalysisHost(Protocol):
    """What of `ProcessHost` is needed here."""

    async def analyse(self, snapshot: StudySnapshot, question: Question) -> Answer:
        """See ProcessHost."""
        ...


class SharedAnalyses:
    """Keeps ports.Analyses."""

    def __init__(self, store: Store, host: AnalysisHost) -> None:
        self._store = store
        self._host = host
        self._made: OrderedDict[Key, asyncio.Task[Answer]] = OrderedDict()

    async def ask(self, study: Study, question: Question) -> Answer:
        """See ports.Analyses."""
        key = (study.uid, study.tally.revision, repr(question))
        task = self._made.pop(key, None)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.create_task(self._analysed(study.uid, question), name=f"analysis of {study.name}")
            task.add_done_callback(_seen)
        self._made[key] = task
        if len(self._made) > MAX_KEPT and (oldest := next((k for k, t in self._made.items() if t.done()), None)):
            del self._made[oldest]
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._made.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _analysed(self, uid: str, question: Question) -> Answer:
        return await self._host.analyse(await self._store.read(lambda uow: _snapshot(uow, uid)), question)


def _snapshot(uow: UnitOfWork, uid: str) -> StudySnapshot:
    """What a model-based generator would see."""
    return snapshot_of(uow, uow.study_of(uid), phase=0, first_index=0, waiting=(), row=TABLE[Bayesian])


def _seen(task: asyncio.Task[Answer]) -> None:
    """An error of an analysis for which nobody waits any more is nobody's."""
    if not task.cancelled():
        task.exception()
