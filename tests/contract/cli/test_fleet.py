"""Processes of the demonstration: kept running, and none left behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import psutil
import pytest

from assay.cli.local.fleet import CannotRun, Fleet, Program

pytestmark = pytest.mark.e2e

PATIENCE_S = 30.0
SLEEP = "import time; time.sleep(600)"


def a_program(folder: Path, code: str, name: str = "sleeper") -> Program:
    """A Python program that first writes its process id to a pipe of its own name."""
    say = f"import os; fd = os.open({str(folder / name)!r}, os.O_WRONLY); os.write(fd, b'%d\\n' % os.getpid())"
    os.mkfifo(folder / name)
    return Program(name=name, command=[sys.executable, "-c", f"{say}; {code}"], log=folder / f"{name}.log")


def pid_of(folder: Path, name: str = "sleeper") -> int:
    """Wait until the program runs; its process id."""
    while True:
        with (folder / name).open() as pipe:
            if line := pipe.readline():  # empty when it was opened while a killed program still had it open
                return int(line)


def test_a_killed_program_is_started_again(tmp_path: Path) -> None:
    """After kill -9 another process takes its place, and the user is told."""
    told: Queue[str] = Queue()
    with Fleet(told.put) as fleet:
        fleet.start(a_program(tmp_path, SLEEP))
        first = pid_of(tmp_path)

        os.kill(first, signal.SIGKILL)

        assert pid_of(tmp_path) != first
        assert told.get(timeout=PATIENCE_S) == "sleeper is gone (signal SIGKILL); starting it again"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """What programs have started ends with them, also when they ignore SIGTERM's politeness."""
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); {SLEEP}"
    with Fleet(lambda _: None) as fleet:
        fleet.start(a_program(tmp_path, child))
        leader = pid_of(tmp_path)

    assert not psutil.pid_exists(leader)
    assert not [p for p in psutil.process_iter() if p.pid == leader or in_session(p.pid, leader)]


def test_an_error_leaves_nothing_behind_either(tmp_path: Path) -> None:
    """However the block ends, its processes end."""
    pids: list[int] = []

    def fail() -> None:
        with Fleet(lambda _: None) as fleet:
            fleet.start(a_program(tmp_path, SLEEP))
            pids.append(pid_of(tmp_path))
            raise RuntimeError("the demonstration fails")

    with pytest.raises(RuntimeError):
        fail()

    assert not psutil.pid_exists(pids[0])


def test_a_program_that_is_done_is_not_started_again(tmp_path: Path) -> None:
    """Status 0 means done: a worker whose study is over."""
    told: Queue[str] = Queue()
    with Fleet(told.put) as fleet:
        fleet.start(a_program(tmp_path, "pass"))
        psutil.wait_procs([psutil.Process(pid_of(tmp_path))], timeout=PATIENCE_S)
        wait_until(lambda: not fleet.pids())

    assert told.empty()


def test_a_program_that_does_not_start_is_given_up(tmp_path: Path) -> None:
    """Its last words are in the error."""
    program = Program(
        name="broken", command=[sys.executable, "-c", "raise SystemExit('no such thing')"], log=tmp_path / "log"
    )
    with Fleet(lambda _: None) as fleet:
        fleet.start(program)

        with pytest.raises(CannotRun, match="no such thing"):
            wait_until(lambda: is_dead(fleet))


def is_dead(fleet: Fleet) -> bool:
    """Never: a dead fleet raises."""
    fleet.check()
    return False


def in_session(pid: int, leader: int) -> bool:
    """Whether a process belongs to the session of *leader*."""
    try:
        return os.getsid(pid) == leader
    except ProcessLookupError:
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    """Ask again and again; the test's time limit ends what never comes."""
    while not is_so():
        os.sched_yield()
