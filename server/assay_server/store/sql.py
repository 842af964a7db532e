"""SqlStore: ports.Store over a SQL database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from assay_server.domain.errors import Unavailable
from assay_server.ports import Clock, UnitOfWork
from assay_server.store.driver import Connection, Driver
from assay_server.store.reader import Readers
from assay_server.store.session import PlanCache
from assay_server.store.writer import Batch, Job, Writer

T = TypeVar("T")
Listener = Callable[[frozenset[str]], None]


class SqlStore:
    """ports.Store. It belongs to the event loop on which it is first used."""

    def __init__(
        self,
        *,
        driver: Driver,
        connection: Connection,
        clock: Clock,
        release: Callable[[], None],
        on_commit: Callable[[int, float], None] | None,
    ) -> None:
        plans = PlanCache()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer = Writer(connection, driver, clock, plans, self._settle)
        self._readers = Readers(driver, clock, plans)
        self._release = release
        self._on_commit = on_commit
        self._listeners: list[Listener] = []
        self._closed: asyncio.Future[None] | None = None

    def act(self, act: Callable[[UnitOfWork], T]) -> Awaitable[T]:
        answer: asyncio.Future[T] = self._running_loop().create_future()
        if self._closed is not None:
            answer.set_exception(Unavailable("the server is stopping"))
        else:
            self._writer.put(Job(act, answer))
        return answer

    async def read(self, query: Callable[[UnitOfWork], T]) -> T:
        if self._closed is not None:
            raise Unavailable("the server is stopping")
        return await self._running_loop().run_in_executor(self._readers.threads, self._readers.run, query)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._running_loop()
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def close(self) -> None:
        if self._closed is None:
            self._closed = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closed)

    async def _close(self) -> None:
        await self._writer.close()
        await asyncio.to_thread(self._readers.close)
        self._release()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        assert self._loop is loop, "a store belongs to one event loop"
        return loop

    def _settle(self, batch: Batch) -> None:
        """Answer a batch's callers, and tell the hooks."""
        for job in batch.jobs:
            job.settle()
        if self._on_commit is not None:
            self._call(self._on_commit, len(batch.jobs), batch.seconds)
        if batch.changed:
            for listener in tuple(self._listeners):
                self._call(listener, batch.changed)

    def _call(self, hook: Callable[..., None], *arguments: Any) -> None:
        """One hook's fault must not keep the next from being called."""
        assert self._loop is not None
        self._loop.call_soon(hook, *arguments)
