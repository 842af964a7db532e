"""The programs of a command that runs a study by itself: a server, and workers with one core each."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from assay.cli.local.fleet import Program
from assay.cli.local.place import Place

_HOST = "127.0.0.1"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the server listens; the same after a restart, so that workers find it again."""

    grpc: str
    metrics: str


def free_addresses() -> Addresses:
    """Two ports that nobody listens on now."""
    with socket.socket() as first, socket.socket() as second:
        first.bind((_HOST, 0))
        second.bind((_HOST, 0))
        return Addresses(grpc=f"{_HOST}:{first.getsockname()[1]}", metrics=f"{_HOST}:{second.getsockname()[1]}")


def server(place: Place, addresses: Addresses) -> Program:
    """A server on an SQLite file."""
    options = [
        f"--listen={addresses.grpc}",
        f"--metrics={addresses.metrics}",
        f"--database=sqlite:///{place.database}",
    ]
    return Program(
        name="server",
        command=_assay("server", *options),
        log=place.logs / "server.log",
        environment=_ONE_THREAD,
    )


def worker(place: Place, addresses: Addresses, number: int, *, study: str, options: Sequence[str] = ()) -> Program:
    """A worker on the CPU; all of them share the checkpoints, so one can go on with another's trial."""
    name = f"worker-{number}"
    given = [
        f"--study={study}",
        f"--name={name}",
        f"--checkpoint-dir={place.checkpoints}",
        "--device=cpu",
        *options,
    ]
    return Program(
        name=name,
        command=_assay("--server", addresses.grpc, "worker", *given),
        log=place.logs / f"{name}.log",
        environment=_ONE_THREAD,
    )


def _assay(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "assay", *arguments]
