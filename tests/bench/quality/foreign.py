"""Contenders that are not ours: a process that answers lines of JSON (adapters/speaking.py says which)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from assay.space import Boolean, Choice, Double, Integer, Parameter
from tests.bench.quality.contender import Host, digest, harness
from tests.bench.quality.errors import Unfit, WrongArgument
from tests.bench.quality.optimizer import Job, Optimizer
from tests.bench.quality.problem import Metrics, Problem

ADAPTERS = Path(__file__).resolve().parent / "adapters"
SPEAKING = ADAPTERS / "speaking.py"
END_S = 10.0
"""For a process to end by itself once its input has."""


class ForeignFault(Exception):
    """The other process failed, or does not keep to the lines; the message is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignContender:
    """A library behind an adapter, or any program."""

    name: str
    command: tuple[str, ...]
    """Starts a process that answers."""
    source: Path | None = None
    """The adapter, whose text is a part of the version."""
    options: Mapping[str, str] = field(default_factory=dict)

    def version(self) -> str:
        """See Contender.

        Raises:
            WrongArgument: it cannot be started, or its library is missing.
        """
        said = json.dumps(dict(self.options), sort_keys=True)
        source = "" if self.source is None else self.source.read_text(encoding="utf-8")
        return digest([_own_version(self.name, self.command), said, source, *harness("foreign.py")])

    @contextmanager
    def host(self) -> Iterator[Host]:
        """See Contender: a process for each run, so there is nothing to hold."""
        yield self

    def start(self, problem: Problem, *, num_workers: int, seed: int, budget: float) -> Optimizer:
        """See Host."""
        asked = {
            "problem": described(problem),
            "num_workers": num_workers,
            "seed": seed,
            "budget": budget,
            "options": dict(self.options),
        }
        return ForeignOptimizer(self.command, asked)


class ForeignOptimizer:
    """Keeps optimizer.Optimizer."""

    def __init__(self, command: Sequence[str], asked: Mapping[str, object]) -> None:
        self._talk = _Talk(command)
        try:
            self._process = psutil.Process(self._talk.pid)
            self._talk.answer("start", asked)
            self._cpu_s = self.cpu_s()
        except BaseException:
            self._talk.close()
            raise

    def ask(self, worker: int) -> Job | None:
        """See optimizer.Optimizer."""
        job = self._talk.answer("ask", {}).get("job")
        if job is None:
            return None
        try:
            return Job(
                id=str(job["id"]),
                configuration=job["configuration"],
                until_step=job.get("until_step"),
                reports_steps=bool(job.get("reports_steps", False)),
                origin="foreign",
            )
        except (KeyError, TypeError) as wrong:
            raise ForeignFault(f"{job!r} is no job: {wrong!r}") from None

    def report(self, job: Job, step: int, metrics: Metrics) -> bool:
        """See optimizer.Optimizer."""
        answer = self._talk.answer("report", {"id": job.id, "step": step, "metrics": dict(metrics)})
        return bool(answer.get("leave", False))

    def tell(self, job: Job, step: int, metrics: Metrics) -> None:
        """See optimizer.Optimizer."""
        self._talk.answer("tell", {"id": job.id, "step": step, "metrics": dict(metrics)})

    def cpu_s(self) -> float:
        """See optimizer.Optimizer: all of the process, and of those that it started."""
        times = self._process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)

    def close(self) -> None:
        """See optimizer.Optimizer."""
        self._talk.close()


class _Talk:
    """A process, line by line."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid

    def answer(self, call: str, fields: Mapping[str, object]) -> dict[str, Any]:
        """Raises ForeignFault."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"call": call, **fields}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            answer = json.loads(line) if line else None
        except (BrokenPipeError, json.JSONDecodeError) as wrong:
            raise ForeignFault(f"{call}: {wrong}") from None
        if not isinstance(answer, dict):
            raise ForeignFault(f"{call}: no answer but {line!r}; see above")
        if "unfit" in answer:
            raise Unfit(str(answer["unfit"]))
        if "error" in answer:
            raise ForeignFault(f"{call}: {answer['error']}")
        return answer

    def close(self) -> None:
        """Its input ends, and with it the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def adapted(
    name: str, adapter: Path, *, python: str = sys.executable, options: Mapping[str, str] | None = None
) -> ForeignContender:
    """The contender behind an adapter, run by the interpreter that has its library."""
    command = (python, str(SPEAKING), str(adapter))
    return ForeignContender(name=name, command=command, source=adapter, options=options or {})


@cache
def _own_version(name: str, command: tuple[str, ...]) -> str:
    try:
        talk = _Talk(command)
    except OSError as wrong:
        raise WrongArgument(f"{name}: {wrong}") from None
    try:
        return str(talk.answer("version", {}).get("version", ""))
    except ForeignFault as wrong:
        said = str(wrong).strip().splitlines()[-1]
        raise WrongArgument(f"{name}: {said} (run by {command[0]}; --python chooses another)") from None
    finally:
        talk.close()


def described(problem: Problem) -> dict[str, object]:
    """As adapters/speaking.py has it."""
    return {
        "name": problem.name,
        "parameters": [_parameter(name, parameter) for name, parameter in problem.space.items()],
        "objectives": list(problem.objectives),
        "constraints": list(problem.constraints),
        "reference": list(problem.reference),
        "max_step": problem.max_step,
    }


def _parameter(name: str, parameter: Parameter) -> dict[str, object]:
    found: dict[str, object] = {"name": name, "low": 0.0, "high": 0.0, "log": False, "values": [], "ordered": False}
    found["when"] = {c.parameter: list(c.values) for c in parameter.conditions}
    match parameter.kind:
        case Double(min=low, max=high, log=log):
            return found | {"type": "double", "low": low, "high": high, "log": log}
        case Integer(min=low, max=high, log=log):
            return found | {"type": "integer", "low": low, "high": high, "log": log}
        case Choice(values=values, ordered=ordered):
            return found | {"type": "choice", "values": list(values), "ordered": ordered}
        case Boolean():
            return found | {"type": "boolean", "values": [False, True]}
        case other:
            raise ValueError(f"{name}: {type(other).__name__} is not searched")
