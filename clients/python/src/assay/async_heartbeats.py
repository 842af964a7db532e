"""One task that keeps the leases of all trials in hand alive. It lives while there are any."""

from __future__ import annotations

import asyncio

from .async_transport import AsyncTransport
from .errors import AssayError
from .holding import Holding
from .pulse import Pulse


class AsyncHeartbeats:
    """Says that the worker lives, as often as the server wants to hear it; as long as the event loop is let run."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self._pulse = Pulse(transport.surroundings.now)
        self._changed: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None

    def add(self, holding: Holding) -> None:
        """Keep its lease alive from now on."""
        self._pulse.add(holding)
        if self._task is None or self._task.done():
            self._changed = asyncio.Event()
            self._task = asyncio.create_task(self._beat_while_any(self._changed), name="assay-heartbeats")
        self._notify()

    def postpone(self, holding: Holding) -> None:
        """A report was a heartbeat too."""
        self._pulse.postpone(holding)

    def remove(self, holding: Holding) -> None:
        """Leave its lease alone."""
        self._pulse.remove(holding)
        self._notify()

    async def close(self) -> None:
        """Leave all leases alone, and wait until nothing beats any more."""
        self._pulse.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _notify(self) -> None:
        if self._changed is not None:
            self._changed.set()

    async def _beat_while_any(self, changed: asyncio.Event) -> None:
        while (found := self._pulse.next()) is not None:
            holding, wait_s = found
            if wait_s <= 0:
                await self._beat(holding)
                continue
            changed.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await changed.wait()
            except TimeoutError:
                pass  # the next one is due

    async def _beat(self, holding: Holding) -> None:
        call = holding.heartbeat()
        try:
            answer = await self._transport.once(call, call.timeout_s)
        except AssayError as error:
            self._pulse.missed(holding, error)
        else:
            self._pulse.heard(holding, answer)
