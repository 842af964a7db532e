"""The real front for the tests of clients, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contract.rpc.fronts import serving


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a front that takes calls within the block; a client that waits does not hold it up."""
    found: list[str] = []
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with serving(folder, drain_s=0.0) as front:
            found.append(front.address)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield found[0]
    done.set()
    thread.join()
