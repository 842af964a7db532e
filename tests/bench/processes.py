"""The servers under test, each a process of its own, and what they cost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".bench" / "cache"
"""Kept from run to run, as a user's is: compiling kernels is no part of what is measured."""
STOP_S = 20.0
_READY = re.compile(r"assay server ready on \S+:(\d+) \(.*metrics on http://\S+:(\d+)/metrics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that takes calls."""

    process: psutil.Process
    port: int
    metrics_port: int | None = None

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Time on a core so far of the process that answers calls, without its children."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def rss_mb(self) -> float:
        """Resident memory of the process that answers calls, in 10^6 bytes."""
        return float(self.process.memory_info().rss) / 1e6

    def counters(self, prefix: str) -> dict[str, float]:
        """Metrics of that prefix by name and labels; empty for a server without."""
        if self.metrics_port is None:
            return {}
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if line.startswith(prefix))
        return {name: float(value) for name, value in samples}


@contextmanager
def echo(answers: Path, *, is_typed: bool) -> Iterator[Running]:
    """A bare echo."""
    command = [sys.executable, "-m", "tests.bench.echo", str(answers), *(["--typed"] if is_typed else [])]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Running(process=psutil.Process(process.pid), port=int(process.stdout.readline()))
        finally:
            process.kill()


@contextmanager
def assay(
    folder: Path, *, python: str = sys.executable, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Our server as it comes, on a file in *folder*; its log goes there too.

    *python* may be another checkout's interpreter, *environment* adds settings.
    """
    command = [python, "-m", "assay_server.main", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]
    command += ["--database", str(folder / "assay.db"), "--cache-dir", str(CACHE)]
    with (
        (folder / "server.log").open("a") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment() | dict(environment or {}),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield _ready(process, folder / "server.log")
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _ready(process: subprocess.Popen[str], log: Path) -> Running:
    """The server behind the process, once it says where it listens."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = _READY.match(line)
    if found is None:
        raise RuntimeError(f"the server did not start: {line!r} {log.read_text()[-2000:]}")
    return Running(process=psutil.Process(process.pid), port=int(found[1]), metrics_port=int(found[2]))


def _environment() -> dict[str, str]:
    """Ours, but for settings of a server: it is measured as it comes."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
