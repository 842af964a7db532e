"""Processes that belong together: kept running while they are wanted, and none left when they are not."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Self

LOOK_EVERY_S = 0.2
CALM_S = 20.0
"""A process that lived this long has not died of how it was started."""
MAX_EARLY_DEATHS = 3
GRACE_S = 10.0
"""To hand back trials and drain calls, before a process is killed."""
_LAST_WORDS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Something to keep running."""

    name: str
    command: Sequence[str]
    log: Path
    """Its output is appended here."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """On top of ours."""


class CannotRun(Exception):
    """A program dies again and again right after its start."""

    def __init__(self, program: Program, status: int) -> None:
        words = _tail(program.log)
        super().__init__(f"{program.name} does not start ({_ending(status)}); {program.log} ends with:\n{words}")
        self.program, self.status = program, status


class Fleet:
    """Starts programs, starts them again when they are killed or crash, and ends them all together.

    Each program gets a session of its own, so that Ctrl-C reaches the command alone and what a
    program has started ends with it. An exit with status 0 is taken for done.

    Processes are started by a thread: a signal that interrupts the main thread cannot come between the
    start of a process and the note that it runs.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._lock = Lock()
        self._new: list[Program] = []
        self._running: dict[str, _Running] = {}
        self._is_over = Event()
        self._something_to_do = Event()
        self._failure: CannotRun | None = None
        self._watcher = Thread(target=self._watch, name="fleet", daemon=True)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.end()
        except BaseException:  # a signal in the middle of it
            self.end()
            raise

    def start(self, program: Program) -> None:
        """Run *program* from now on."""
        with self._lock:
            self._new.append(program)
        self._something_to_do.set()

    def check(self) -> None:
        """Raises CannotRun when a program cannot be kept running."""
        if self._failure is not None:
            raise self._failure

    def pids(self) -> Mapping[str, int]:
        """Process ids by name, of what runs now."""
        with self._lock:
            return {name: running.process.pid for name, running in self._running.items()}

    def end(self) -> None:
        """End every program and what it has started: politely, then by force. May be called again."""
        self._is_over.set()
        self._something_to_do.set()
        if self._watcher.is_alive():
            self._watcher.join()
        leaving = list(self._running.values())
        for running in leaving:
            _signal_session(running.process.pid, signal.SIGTERM)
        deadline = monotonic() + GRACE_S
        for running in leaving:
            with suppress(subprocess.TimeoutExpired):
                running.process.wait(max(0.0, deadline - monotonic()))
        for running in leaving:
            _signal_session(running.process.pid, signal.SIGKILL)
            running.process.wait()

    def _watch(self) -> None:
        while not self._is_over.is_set():
            with self._lock:
                new, self._new = self._new, []
                for program in new:
                    self._running[program.name] = _Running(program=program, process=_start(program), since=monotonic())
                for running in list(self._running.values()):
                    self._revive(running)
            self._something_to_do.clear()
            if not self._new and not self._is_over.is_set():
                self._something_to_do.wait(LOOK_EVERY_S)

    def _revive(self, running: _Running) -> None:
        status = running.process.poll()
        if status is None:
            return
        program = running.program
        _signal_session(running.process.pid, signal.SIGKILL)  # what it left behind
        del self._running[program.name]
        if status == 0:
            return
        early = running.early_deaths + 1 if monotonic() - running.since < CALM_S else 0
        if early > MAX_EARLY_DEATHS:
            self._failure = CannotRun(program, status)
            return
        self._tell(f"{program.name} is gone ({_ending(status)}); starting it again")
        self._running[program.name] = _Running(
            program=program, process=_start(program), since=monotonic(), early_deaths=early
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    since: float
    early_deaths: int = 0


def _start(program: Program) -> subprocess.Popen[bytes]:
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **program.environment},
            start_new_session=True,
        )


def _signal_session(leader: int, number: signal.Signals) -> None:
    """To every process of the session that has not left it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _ending(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def _tail(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-_LAST_WORDS:].strip()
    except OSError as error:
        return str(error)
