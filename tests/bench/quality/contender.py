"""Contenders: what is compared under a name, and how it is started."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

from tests.bench import processes
from tests.bench.quality.assay_optimizer import AssayOptimizer, Options
from tests.bench.quality.errors import WrongArgument
from tests.bench.quality.optimizer import Optimizer
from tests.bench.quality.problem import Problem

HERE = Path(__file__).resolve().parent
HARNESS = ("clock.py", "problem.py", "simulate.py")


class Host(Protocol):
    """A contender that is ready to run, one search after the other."""

    def start(self, problem: Problem, *, num_workers: int, seed: int, budget: float) -> Optimizer:
        """A new search."""
        ...


class Contender(Protocol):
    """What is compared."""

    @property
    def name(self) -> str:
        """In tables and results."""
        ...

    def version(self) -> str:
        """Of all the code that its results depend on, but for the problem's: other code, another version."""
        ...

    def host(self) -> AbstractContextManager[Host]:
        """Have it running within the block."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AssayContender:
    """Assay under some options."""

    name: str
    options: Options = field(default_factory=Options)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Of the server, over its own."""
    python: str = sys.executable
    """The interpreter whose assay_server is meant: another checkout's, to compare with."""

    def version(self) -> str:
        """See Contender."""
        said = json.dumps([asdict(self.options), dict(self.environment)], sort_keys=True)
        return digest([said, _sources(_server_of(self.python)), *harness("assay_optimizer.py")])

    @contextmanager
    def host(self) -> Iterator[Host]:
        """See Contender: one server for all of its runs."""
        with (
            tempfile.TemporaryDirectory(prefix="assay-quality-") as folder,
            processes.assay(Path(folder), python=self.python, environment=self.environment) as server,
        ):
            yield _AssayHost(server, self.options)


class _AssayHost:
    def __init__(self, server: processes.Running, options: Options) -> None:
        self._server, self._options = server, options

    def start(self, problem: Problem, *, num_workers: int, seed: int, budget: float) -> Optimizer:
        return AssayOptimizer(self._server, problem, self._options, num_workers=num_workers, seed=seed, budget=budget)


def version_of(path: Path) -> str:
    """Of a file."""
    return digest([path.read_text(encoding="utf-8")])


@cache
def _server_of(python: str) -> Path:
    """The folder of the assay_server that an interpreter would run."""
    command = [python, "-c", "import assay_server; print(assay_server.__path__[0])"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        raise WrongArgument(f"{python} has no assay_server: {found.stderr.strip()[-500:]}")
    return Path(found.stdout.strip())


def _sources(folder: Path) -> str:
    """All code of a package, in a fixed order."""
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix in {".py", ".sql"})
    return "".join(f"{path.relative_to(folder)}\n{path.read_text()}" for path in paths)


def harness(own: str) -> list[str]:
    """The code that every run depends on, and the module that speaks with its contender."""
    return [(HERE / name).read_text(encoding="utf-8") for name in (*HARNESS, own)]


def digest(parts: Iterable[str]) -> str:
    whole = hashlib.blake2b(digest_size=6)
    for part in parts:
        whole.update(part.encode())
    return whole.hexdigest()
