"""The writer: runs acts one after the other and makes many of them durable by one commit (group commit).

Acts that arrive while a commit is under way make up the next batch. Each runs in a savepoint, so that one
that fails is undone alone. Callers are answered after the commit, all of a batch together.
"""

from __future__ import annotations

import time
from asyncio import Future
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from assay_server.domain.errors import Unavailable
from assay_server.ports import Clock, UnitOfWork
from assay_server.store.driver import Connection, Driver
from assay_server.store.session import PlanCache
from assay_server.store.unit_of_work import SqlUnitOfWork

MAX_BATCH = 256
MAX_BATCH_S = 0.02
"""A batch that has run this long is committed: whoever came first does not wait for many who came later."""
MAX_TRIES = 2
"""A commit that fails once may have met a disk that was full for a moment; twice is a fault to be told."""


@dataclass(slots=True, eq=False)
class Job:
    """An act on its way. Its outcome is kept here until it is durable."""

    act: Callable[[UnitOfWork], Any]  # each act has a type of its own
    answer: Future[Any]
    result: object = None
    error: BaseException | None = None
    uow: SqlUnitOfWork | None = None
    """None before it ran, and when it had no effect."""
    tries: int = 0

    def settle(self) -> None:
        """Answer the caller, unless that has gone away. On the event loop."""
        if self.answer.done():
            return
        if self.error is None:
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(self.error)


class TransactionLost(Exception):
    """The database gave up the whole transaction because of one act's statement (a full disk, no memory)."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job


@dataclass(frozen=True, slots=True)
class Batch:
    """What one commit has settled."""

    jobs: Sequence[Job]
    changed: frozenset[str]
    """Uids of studies that changed."""
    seconds: float


class Writer:
    """Owns the connection that writes. `serve` is what its thread runs; the rest may be called by others."""

    def __init__(
        self, connection: Connection, driver: Driver, clock: Clock, plans: PlanCache, deliver: Callable[[Batch], None]
    ) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._driver = driver
        self._clock = clock
        self._plans = plans
        self._deliver = deliver
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._waiting: deque[Job] = deque()
        self._stopping = False

    def put(self, job: Job) -> None:
        """Accept an act."""
        self._queue.put(job)

    def stop(self) -> None:
        """Let `serve` return after all that was accepted before."""
        self._queue.put(None)

    def serve(self) -> None:
        """Run acts until stopped, then close the connection."""
        while self._fill():
            started = time.perf_counter()
            settled = self._commit()
            if settled:
                changed = frozenset[str]().union(*(job.uow.changed for job in settled if job.uow is not None))
                self._deliver(Batch(settled, changed, time.perf_counter() - started))
        self._connection.close()

    def _fill(self) -> bool:
        """Wait for acts and take all that are there; False when there will be none any more."""
        if not self._waiting and not self._stopping:
            self._take(self._queue.get())
        with suppress(Empty):
            while not self._stopping:
                self._take(self._queue.get_nowait())
        return bool(self._waiting)

    def _take(self, job: Job | None) -> None:
        if job is None:
            self._stopping = True
        else:
            self._waiting.append(job)

    def _commit(self) -> Sequence[Job]:
        """Run acts and commit them; those that now have an outcome."""
        jobs = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
        try:
            self._cursor.execute(self._driver.begin)
            jobs = self._run_some(jobs)
            self._cursor.execute("COMMIT")
        except TransactionLost as lost:
            self._roll_back(jobs)
            self._waiting.extendleft(job for job in reversed(jobs) if job is not lost.job)
            return [lost.job]
        except self._driver.error as error:
            self._roll_back(jobs)
            return self._failed(jobs, error)
        return jobs

    def _run_some(self, jobs: list[Job]) -> list[Job]:
        """Run jobs until the time for a batch is over; the others wait again."""
        deadline = time.perf_counter() + MAX_BATCH_S
        for i, job in enumerate(jobs):
            if i > 0 and time.perf_counter() > deadline:
                self._waiting.extendleft(reversed(jobs[i:]))
                return jobs[:i]
            self._run(job)
        return jobs

    def _run(self, job: Job) -> None:
        if job.answer.cancelled():
            return
        job.error = None
        uow = job.uow = SqlUnitOfWork(self._cursor, self._clock.now(), self._plans)
        try:
            job.result = job.act(uow)
        except BaseException as error:
            job.error = self._told(error)
            job.uow = None
            uow.rolled_back()
            if not self._connection.in_transaction:
                job.error = Unavailable(self._trouble(error))
                raise TransactionLost(job) from error
            if uow.has_written:
                self._cursor.execute("ROLLBACK TO act")

    def _told(self, error: BaseException) -> BaseException:
        """What the caller of an act that raised *error* is told."""
        if isinstance(error, StopIteration):
            return RuntimeError("the act raised StopIteration")  # which a future would refuse
        trouble = self._driver.trouble(error)
        return error if trouble is None else Unavailable(trouble)

    def _trouble(self, error: BaseException) -> str:
        return self._driver.trouble(error) or f"the database failed: {error}"

    def _roll_back(self, jobs: Sequence[Job]) -> None:
        for job in reversed(jobs):
            if job.uow is not None:
                job.uow.rolled_back()
                job.uow = None
        if self._connection.in_transaction:
            with suppress(self._driver.error):  # it may be rolled back already
                self._cursor.execute("ROLLBACK")

    def _failed(self, jobs: Sequence[Job], error: Exception) -> Sequence[Job]:
        """After a transaction that failed as a whole: some are tried again, these are not."""
        for job in jobs:
            job.tries += 1
        self._waiting.extendleft(job for job in reversed(jobs) if job.tries < MAX_TRIES)
        over = [job for job in jobs if job.tries >= MAX_TRIES]
        for job in over:
            job.error = Unavailable(self._trouble(error))
        return over
