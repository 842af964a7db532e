"""Real processes for tests: a server on a free port, workers, and the means to kill them for real."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

import assay

TOY_WORKER = Path(__file__).with_name("toy_worker.py")
PATIENCE_S = 60.0
"""How long anything may take before it counts as hung; nothing waits for it to pass."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class ServerProcess:
    """`assay server` in a process group of its own, on fixed ports, so that it can be killed and started again."""

    def __init__(self, folder: Path, *options: str, tls: assay.TLS | None = None) -> None:
        self.folder = folder
        self._tls = tls
        self.address = f"127.0.0.1:{free_port()}"
        self.metrics_address = f"127.0.0.1:{free_port()}"
        self._options = options
        self._log = (folder / "server.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "assay", "server", "--listen", self.address, *self._options]
        command += ["--metrics", self.metrics_address, "--database", str(self.folder / "assay.db")]
        self._process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        with assay.Client(self.address, connect_timeout_s=PATIENCE_S, tls=self._tls) as client:
            list(client.list_studies())

    def kill(self) -> None:
        """kill -9 of the server process alone; its children must end by themselves."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def terminate(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE_S)

    def children(self) -> list[psutil.Process]:
        """Processes that it started and that live."""
        assert self._process is not None
        return psutil.Process(self._process.pid).children(recursive=True)

    def close(self) -> None:
        """End it and everything in its group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE_S)
        self._log.close()

    def metrics(self) -> str:
        """What Prometheus would scrape."""
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics", timeout=PATIENCE_S) as answer:
            return str(answer.read().decode())

    def metric_sum(self, name: str, **labels: str) -> float:
        """Sum of the samples of that name that carry these labels."""
        total = 0.0
        for line in self.metrics().splitlines():
            head, _, value = line.rpartition(" ")
            if head.split("{")[0] == name and all(f'{k}="{v}"' in head for k, v in labels.items()):
                total += float(value)
        return total


class WorkerProcess:
    """The toy worker."""

    def __init__(self, server: ServerProcess, study: str, name: str, *, step_ms: float = 0) -> None:
        self.name = name
        self.diary_path = server.folder / f"{name}.jsonl"
        self._log = (server.folder / f"{name}.log").open("ab")
        command = [sys.executable, str(TOY_WORKER), server.address, study, name, str(self.diary_path), str(step_ms)]
        self._process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def wait(self) -> int:
        """Wait until it ends by itself; its exit status."""
        return self._process.wait(PATIENCE_S)

    def close(self) -> None:
        """End it, whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait(PATIENCE_S)
        self._log.close()

    def diary(self) -> list[dict[str, int]]:
        """Acknowledged reports; a line cut short by kill -9 is not one."""
        if not self.diary_path.exists():
            return []
        lines = self.diary_path.read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def log(self) -> str:
        """What it printed."""
        return Path(self._log.name).read_text()


def wait_for_reports(workers: Sequence[WorkerProcess], count: int) -> None:
    """Watch the diaries until so many reports were acknowledged."""
    end = time.monotonic() + PATIENCE_S
    while sum(len(w.diary()) for w in workers) < count:
        assert time.monotonic() < end, "no progress:\n" + "\n".join(w.log() for w in workers)
        os.sched_yield()


@contextlib.contextmanager
def running_server(folder: Path, *options: str) -> Iterator[ServerProcess]:
    """A server that is gone at the end, come what may."""
    server = ServerProcess(folder, *options)
    try:
        server.start()
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def running_workers(
    server: ServerProcess, study: str, names: Sequence[str], *, step_ms: float = 0
) -> Iterator[list[WorkerProcess]]:
    """Workers that are gone at the end, come what may."""
    workers = [WorkerProcess(server, study, name, step_ms=step_ms) for name in names]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()
