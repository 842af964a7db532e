"""One policy process, as its parent sees it: start, give a task, watch time and memory, kill."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import Literal

import psutil

from .frames import LENGTH, Reply, decode_reply, framed
from .worker import WorkerSettings

Loss = Literal["died", "deadline", "memory", "start"]

MEMORY_POLL_S = 0.1
"""A fit takes tenths of a second to allocate a gigabyte; a look costs 50 µs."""

_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from assay_server.policy.worker import main; main(sys.argv[2])"
)


class ProcessLost(Exception):
    """The process is gone, and what it was doing with it."""

    def __init__(self, why: Loss, message: str) -> None:
        super().__init__(message)
        self.why: Loss = why


class Child:
    """A policy process. One task at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._is_killed = False

    @classmethod
    async def start(cls, settings: WorkerSettings, *, deadline_s: float) -> Child:
        """A process that has imported what it needs. Raises ProcessLost."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _BOOTSTRAP,
            json.dumps(sys.path),
            settings.to_json(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # out of reach of Ctrl-C, and killed together with what it starts
        )
        child = cls(process)
        try:
            async with asyncio.timeout(deadline_s):
                await child._reply()
        except TimeoutError:
            child.kill()
            raise ProcessLost("start", f"a policy process was not ready after {deadline_s:g} s") from None
        except ProcessLost as e:
            child.kill()
            raise ProcessLost("start", f"a policy process ended while it started: {e}") from None
        except BaseException:
            child.kill()
            raise
        return child

    @property
    def pid(self) -> int:
        """Its process id, and that of its process group."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it may still answer, as far as we were told."""
        return self._process.returncode is None and not self._is_killed

    @property
    def has_ended(self) -> bool:
        """Whether it is certain that it is gone."""
        return self._process.returncode is not None

    async def run(self, task: bytes, *, deadline_s: float, max_rss_bytes: int) -> Reply:
        """The answer to an encoded task. Raises ProcessLost, after which the child is of no use."""
        exchange = asyncio.create_task(self._exchange(task))
        memory = asyncio.create_task(self._outgrown(max_rss_bytes))
        try:
            await asyncio.wait({exchange, memory}, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)
            if exchange.done():
                return await exchange
            if memory.done():
                raise ProcessLost("memory", f"used {memory.result() >> 20} MiB, more than {max_rss_bytes >> 20} MiB")
            raise ProcessLost("deadline", f"no answer after {deadline_s:g} s")
        except BaseException:
            self.kill()  # whatever it is doing, nobody will read its answer
            raise
        finally:
            for watch in (exchange, memory):
                watch.cancel()
            await asyncio.gather(exchange, memory, return_exceptions=True)

    def kill(self) -> None:
        """At once, with everything it started; `ended` tells when it is gone."""
        if not self._is_killed:
            self._is_killed = True  # once: when the whole group is gone, its number may become another's
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    async def ended(self) -> None:
        """Wait until the process is gone."""
        await self._process.wait()

    async def _exchange(self, task: bytes) -> Reply:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(framed(task))
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self._death() from None
        return await self._reply()

    async def _reply(self) -> Reply:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
            return decode_reply(await stdout.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            raise await self._death() from None

    async def _death(self) -> ProcessLost:
        self.kill()  # it closed the pipe: if it lives, it is of no use
        code = await self._process.wait()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return ProcessLost("died", f"the policy process {how}")

    async def _outgrown(self, max_rss_bytes: int) -> int:
        """How much memory it uses, as soon as that is more than *max_rss_bytes*."""
        try:
            process = psutil.Process(self.pid)
            while (rss := process.memory_info().rss) <= max_rss_bytes:  # noqa: ASYNC110 (no event tells)
                await asyncio.sleep(MEMORY_POLL_S)
        except psutil.NoSuchProcess:
            await asyncio.Event().wait()  # the closed pipe says so too, and says more
            raise
        return rss
