"""The demonstration: ends by itself, survives kills, cleans up after itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import assay

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

PATIENCE_S = 240.0
"""A machine that runs other tests beside these imports torch in half a minute."""


class Demo:
    """`assay demo` in a process of its own, with a pipe to read what it says."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "assay", "demo", "--dir", str(folder), *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
        )
        self.said = ""

    def hear(self, pattern: str) -> re.Match[str]:
        """Read on until something matches."""
        assert self.process.stdout is not None
        while (found := re.search(pattern, self.said)) is None:
            line = self.process.stdout.readline()
            assert line, f"it ended without saying {pattern!r}:\n{self.said}"
            self.said += line
        return found

    def end(self) -> int:
        """Read to the end; the exit status."""
        assert self.process.stdout is not None
        with self.process.stdout as output:
            self.said += output.read()
        return self.process.wait(PATIENCE_S)

    def program(self, word: str) -> psutil.Process:
        """Its child whose command has this word in it, once it is there."""
        return wait_for(lambda: next((p for p in self.children() if word in p.cmdline()), None))

    def children(self) -> list[psutil.Process]:
        """Processes that it started itself."""
        return [p for p in psutil.Process(self.process.pid).children() if p.status() != psutil.STATUS_ZOMBIE]

    def leftovers(self) -> list[str]:
        """Commands of processes that still run on this demonstration's folder."""
        left = []
        for process in psutil.process_iter():
            try:
                command = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if str(self.folder) in command:
                left.append(command)
        return left


Start = Callable[..., Demo]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a demonstration; it is ended with the test."""
    demos: list[Demo] = []

    def begin(*options: str) -> Demo:
        demos.append(Demo(tmp_path / "demo", *options))
        return demos[-1]

    yield begin
    for demo in demos:
        demo.process.terminate()
        demo.process.wait(PATIENCE_S)
        if demo.process.stdout is not None:
            demo.process.stdout.close()


def test_a_small_demo_ends_with_a_report(start: Start) -> None:
    """Front, gain and page are there, the baseline was trained to the end, and no process is left."""
    demo = start("--trials", "6", "--epochs", "3", "--longest", "120", "--seed", "1")

    assert demo.end() == 0, demo.said

    assert "completed (max trials)" in demo.said
    assert re.search(r"best val_error: \S+ \(trial \d+\), baseline \S+", demo.said)
    assert "sealed test images, opened once" in demo.said
    page = (demo.folder / "report.html").read_text()
    assert "(baseline)" in page
    assert "test: test_error" in page
    assert demo.leftovers() == []


def test_killed_processes_are_replaced_and_nothing_is_lost(start: Start) -> None:
    """kill -9 of the server and of a worker: both come back, and no acknowledged measurement is missing."""
    demo = start("--trials", "8", "--epochs", "9", "--longest", "150", "--seed", "1")
    address = demo.hear(r"a server on (\S+)")[1]
    with assay.Client(address, connect_timeout_s=PATIENCE_S) as client:
        study = client.get_study("digits")
        changes = study.watch()
        next(trial for trial in changes if trial.steps > 0)
        known = {trial.number: trial.measurements for trial in study.list_trials(full=True)}

        os.kill(demo.program("server").pid, signal.SIGKILL)
        os.kill(demo.program("--name=worker-0").pid, signal.SIGKILL)
        demo.hear("server is gone")
        demo.hear("worker-0 is gone")

        for number, measurements in known.items():
            now = study.trial(number).measurements
            assert now[: len(measurements)] == measurements
    assert demo.end() == 0, demo.said
    assert "completed" in demo.said
    assert demo.leftovers() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_an_interrupted_demo_leaves_no_process(number: signal.Signals, start: Start) -> None:
    """Whoever ends it, everything it started ends too, and the status says how it ended."""
    demo = start("--trials", "50", "--longest", "200")
    demo.hear("a server on")
    demo.program("--name=worker-1")

    demo.process.send_signal(number)

    assert demo.end() == 128 + number
    assert demo.leftovers() == []


def test_a_folder_of_somebody_else_is_not_emptied(tmp_path: Path) -> None:
    """Only what a demonstration has made is taken away."""
    (tmp_path / "demo").mkdir()
    mine = tmp_path / "demo" / "thesis.txt"
    mine.write_text("years of work")
    demo = Demo(tmp_path / "demo")

    assert demo.end() == 1

    assert "'assay demo' did not make" in demo.said
    assert mine.read_text() == "years of work"


def wait_for(find: Callable[[], psutil.Process | None]) -> psutil.Process:
    """Ask until there is one."""
    give_up_at = time.monotonic() + PATIENCE_S
    while (found := find()) is None:
        assert time.monotonic() < give_up_at
        os.sched_yield()
    return found
