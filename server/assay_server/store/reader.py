"""The readers: threads that run queries, each on a consistent view of what is committed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from assay_server.domain.errors import Unavailable
from assay_server.ports import Clock, UnitOfWork
from assay_server.store.driver import Connection, Driver
from assay_server.store.session import PlanCache
from assay_server.store.unit_of_work import SqlUnitOfWork

T = TypeVar("T")

NUM_READERS = 2
"""So that one long list does not stop the short ones."""


class Readers:
    """Owns the connections that read: one per thread, opened when the thread first needs it."""

    def __init__(self, driver: Driver, clock: Clock, plans: PlanCache) -> None:
        self._driver = driver
        self._clock = clock
        self._plans = plans
        self.threads = ThreadPoolExecutor(NUM_READERS, thread_name_prefix="store-reader")
        """Where `run` is to be called."""
        self._own = threading.local()
        self._all: list[Connection] = []

    def run(self, query: Callable[[UnitOfWork], T]) -> T:
        """Run *query* in a transaction that is thrown away. Raises Unavailable when the database is in trouble."""
        try:
            return self._run(self._connection(), query)
        except self._driver.error as error:
            trouble = self._driver.trouble(error)
            if trouble is None:
                raise
            raise Unavailable(trouble) from error

    def close(self) -> None:
        """Finish what was accepted, then close the connections. Blocks."""
        self.threads.shutdown()
        for connection in self._all:
            connection.close()

    def _run(self, connection: Connection, query: Callable[[UnitOfWork], T]) -> T:
        cursor = connection.cursor()
        cursor.execute(self._driver.begin_read)
        try:
            return query(SqlUnitOfWork(cursor, self._clock.now(), self._plans))
        finally:
            if connection.in_transaction:  # some errors have ended it already
                cursor.execute("ROLLBACK")

    def _connection(self) -> Connection:
        own: Connection | None = getattr(self._own, "connection", None)
        if own is None:
            own = self._own.connection = self._driver.connect_reader()
            self._all.append(own)
        return own
