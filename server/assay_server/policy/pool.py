"""A pool of policy processes of one kind: started when needed, used by one generation at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from assay_server.domain.errors import Unavailable

from .child import Child

_log = logging.getLogger(__name__)

CLOSE_DEADLINE_S = 5.0
"""A killed process is gone in milliseconds, unless the kernel is writing out its memory."""


class Pool:
    """At most *size* processes; whoever finds all of them busy waits, first come first served."""

    def __init__(self, size: int, start: Callable[[], Awaitable[Child]]) -> None:
        self._start = start
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Child] = []
        self._alive: set[Child] = set()
        self._is_closed = False

    @asynccontextmanager
    async def child(self) -> AsyncIterator[Child]:
        """A process for the time of the block; it comes back to the pool if it lives.

        Raises ProcessLost when none can be started, Unavailable when the pool is closed.
        """
        async with self._slots:
            child = self._take() or await self._started()
            try:
                yield child
            finally:
                if child.is_alive and not self._is_closed:
                    self._idle.append(child)

    async def close(self) -> None:
        """Kill all processes and wait until they are gone."""
        self._is_closed = True
        for child in self._alive:
            child.kill()
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                await asyncio.gather(*(child.ended() for child in self._alive))
        except TimeoutError:
            _log.warning(
                "policy processes did not end: %s", [child.pid for child in self._alive if not child.has_ended]
            )

    def _take(self) -> Child | None:
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
            child.kill()  # somebody killed it, but perhaps not what it had started
        return None

    async def _started(self) -> Child:
        self._alive = {child for child in self._alive if not child.has_ended}
        self._check_open()
        child = await self._start()
        self._alive.add(child)
        try:
            self._check_open()  # it may have been closed meanwhile
        except Unavailable:
            child.kill()
            await child.ended()
            raise
        return child

    def _check_open(self) -> None:
        if self._is_closed:
            raise Unavailable("the policy host is closed")
