"""Lanes: runs side by side, each lane with processes of its own."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from tests.bench.quality.contender import Contender, Host
from tests.bench.quality.errors import Unfit
from tests.bench.quality.problem import Problem
from tests.bench.quality.results import Result, Run
from tests.bench.quality.simulate import Simulation, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A run with all that it needs."""

    run: Run
    problem: Problem
    contender: Contender
    version: str


def run_all(tasks: Sequence[Task], *, num_lanes: int, wall_limit_s: float) -> Iterator[Result]:
    """The results as they come. Threads will do: what costs time happens in the contenders' processes.

    When the caller leaves early, runs in progress are dropped after their next evaluation.
    """
    todo: SimpleQueue[Task] = SimpleQueue()
    done: SimpleQueue[Result] = SimpleQueue()
    for task in tasks:
        todo.put(task)
    stop = threading.Event()
    lanes = [threading.Thread(target=_lane, args=(todo, done, stop, wall_limit_s)) for _ in range(num_lanes)]
    for lane in lanes:
        lane.start()
    try:
        for _ in tasks:
            yield done.get()
    finally:
        stop.set()
        for lane in lanes:
            lane.join()


def _lane(todo: SimpleQueue[Task], done: SimpleQueue[Result], stop: threading.Event, wall_limit_s: float) -> None:
    with ExitStack() as stack:
        host_of = _Hosts(stack)
        while not stop.is_set():
            try:
                task = todo.get_nowait()
            except Empty:
                return
            done.put(_result(task, host_of, _Alarm(stop, time.monotonic() + wall_limit_s)))


@dataclass(frozen=True, slots=True)
class _Alarm:
    """Late when the time is up, or everything shall stop."""

    stop: threading.Event
    end: float

    def __call__(self) -> bool:
        return self.stop.is_set() or time.monotonic() > self.end


class _Hosts:
    """The host of one contender at a time: the next one's takes the place of the one before."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._contender: Contender | None = None
        self._host: Host | None = None

    def __call__(self, contender: Contender) -> Host:
        if self._host is None or contender is not self._contender:
            self._stack.close()
            self._host = None
            self._host = self._stack.enter_context(contender.host())
            self._contender = contender
        return self._host


def _traced(host: Host, task: Task, is_late: Callable[[], bool]) -> Trace:
    run = task.run
    optimizer = host.start(task.problem, num_workers=run.num_workers, seed=run.seed, budget=run.budget)
    try:
        return Simulation(
            task.problem,
            optimizer,
            num_workers=run.num_workers,
            seed=run.seed,
            budget=run.budget,
            is_late=is_late,
        ).run()
    finally:
        optimizer.close()


def _result(task: Task, host_of: _Hosts, is_late: Callable[[], bool]) -> Result:
    """What came of it; a contender that fails loses this run, and the others go on."""
    try:
        trace = _traced(host_of(task.contender), task, is_late)
        return Result(run=task.run, version=task.version, trace=trace)
    except Unfit as why:
        return Result(run=task.run, version=task.version, trace=Trace(), error=str(why), is_unfit=True)
    except Exception:  # noqa: BLE001 (whatever a contender's library raises)
        return Result(run=task.run, version=task.version, trace=Trace(), error=traceback.format_exc()[-4000:])
