"""The writer: runs acts one after the other and makes many of them durable by one commit (group commit).

Acts run on the event loop: each takes a fraction of a millisecond, and a thread of their own would fight with
the loop for the interpreter at every statement. Only the commit, which waits for the disk, has a thread; acts
that arrive meanwhile make up the next batch. An act that writes does so in a savepoint, so that one that fails
is undone alone. Callers are answered after the commit, all of a batch together.

With a database behind a socket acts would wait there: `Writer._commit` would then give its thread the whole
transaction, from `begin` to COMMIT, and nothing else would change.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import Future
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from assay_server.domain.errors import Unavailable
from assay_server.ports import Clock, UnitOfWork
from assay_server.store.driver import Connection, Driver
from assay_server.store.session import PlanCache
from assay_server.store.unit_of_work import SqlUnitOfWork

MAX_BATCH = 256
MAX_BATCH_S = 0.01
"""A batch that has run this long is committed: the loop has other things to do."""
MAX_BUSY_S = 10.0
"""Only someone outside Assay (a backup, a shell) can hold the database; wait that long for them."""
BUSY_RETRY_S = 0.02
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
        """Answer the caller, unless that has gone away."""
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
    """Owns the connection that writes. All is called on the event loop."""

    def __init__(
        self, connection: Connection, driver: Driver, clock: Clock, plans: PlanCache, deliver: Callable[[Batch], None]
    ) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._driver = driver
        self._clock = clock
        self._plans = plans
        self._deliver = deliver
        self._waiting: deque[Job] = deque()
        self._serving: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-commit")

    def put(self, job: Job) -> None:
        """Accept an act. It runs when the loop comes to it, together with what else has arrived by then."""
        self._waiting.append(job)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())

    async def close(self) -> None:
        """Finish what was accepted, then close the connection."""
        if self._serving is not None:
            await self._serving
        await asyncio.to_thread(self._thread.shutdown)
        await asyncio.to_thread(self._connection.close)

    async def _serve(self) -> None:
        """Make durable what waits, until nothing does.

        Where acts come together, the loop has as long for all else as the batch took: callers get their answers
        and come again, so that a commit is for many and not for the two or three that were quickest.
        """
        while self._waiting:
            started = time.perf_counter()
            settled = await self._commit()
            if settled:
                changed = frozenset[str]().union(*(job.uow.changed for job in settled if job.uow is not None))
                seconds = time.perf_counter() - started
                self._deliver(Batch(settled, changed, seconds))
                if len(settled) > 1:
                    await asyncio.sleep(min(seconds, MAX_BATCH_S))

    async def _commit(self) -> Sequence[Job]:
        """Run acts and commit them; those that now have an outcome."""
        jobs = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
        try:
            await self._begin()
            jobs = self._run_some(jobs)
            await asyncio.get_running_loop().run_in_executor(self._thread, self._cursor.execute, "COMMIT")
        except TransactionLost as lost:
            self._roll_back(jobs)
            self._waiting.extendleft(job for job in reversed(jobs) if job is not lost.job)
            return [lost.job]
        except self._driver.error as error:
            self._roll_back(jobs)
            return self._failed(jobs, error)
        return jobs

    async def _begin(self) -> None:
        """Begin a transaction. While somebody else holds the database, the loop goes on."""
        deadline = time.perf_counter() + MAX_BUSY_S
        while True:
            try:
                self._cursor.execute(self._driver.begin)
            except self._driver.error as error:
                if not self._driver.is_busy(error) or time.perf_counter() > deadline:
                    raise
                await asyncio.sleep(BUSY_RETRY_S)
            else:
                return

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
