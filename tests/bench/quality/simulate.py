"""One run: an optimizer, a problem, workers on a virtual clock.

Nothing sleeps: a training takes virtual time only. A full evaluation costs 1; with a fidelity, training on from step a
to step b costs (b - a) / max_step, for every optimizer alike: a checkpoint is always there. Work is handed out while
the budget lasts, and what was begun is finished.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.quality.clock import EventHeap, Fleet
from tests.bench.quality.optimizer import Job, Optimizer
from tests.bench.quality.problem import Problem, active

EPSILON = 1e-9
"""Budgets are sums of fractions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a worker found."""

    time: float
    """Virtual."""
    cost: float
    """Of everything so far, this one included; full evaluations."""
    step: int
    values: tuple[float, ...]
    """Objectives, then constraints."""
    job: int
    """From 0, in the order in which work was handed out."""
    is_end: bool
    """Of its job."""


@dataclass(slots=True, kw_only=True)
class Trace:
    """Everything that happened in a run."""

    evaluations: list[Evaluation] = field(default_factory=list)
    ask_cpu_s: list[float] = field(default_factory=list)
    """Of each suggestion that was handed out: time on a core."""
    ask_wall_s: list[float] = field(default_factory=list)
    """The same on the wall; depends on what else the machine does."""
    origins: dict[str, int] = field(default_factory=dict)
    """Jobs by what proposed them."""
    num_repeated: int = 0
    """Jobs that trained again what was trained so far before."""
    cpu_s: float = 0.0
    """Time on a core of all proposing, reports and ends included."""
    wall_s: float = 0.0
    is_cut: bool = False
    """The time was up before the budget."""


@dataclass(slots=True, kw_only=True)
class _Work:
    job: Job
    number: int
    worker: int
    step: int
    """Reached when its event comes."""
    previous: int
    until: int


class Simulation:
    """A fleet that works for an optimizer until the budget is spent."""

    def __init__(
        self,
        problem: Problem,
        optimizer: Optimizer,
        *,
        num_workers: int,
        seed: int,
        budget: float,
        is_late: Callable[[], bool] = lambda: False,
    ) -> None:
        """*is_late* is asked after each evaluation; once it says so, the run is cut."""
        self._problem, self._optimizer = problem, optimizer
        self._fleet = Fleet(num_workers, seed)
        self._events: EventHeap[_Work] = EventHeap()
        self._idle = deque(range(num_workers))
        self._budget, self._is_late = budget, is_late
        self._committed = 0.0
        """Cost of what was begun."""
        self._spent = 0.0
        self._trained: dict[str, int] = {}
        self._num_jobs = 0
        self._trace = Trace()

    def run(self) -> Trace:
        """To the end of the budget or of what the optimizer proposes, or until it is late."""
        began, cpu_s = time.perf_counter(), self._optimizer.cpu_s()
        while not self._trace.is_cut:
            self._hand_out()
            if not self._events:
                break
            self._receive(self._events.take())
            self._trace.is_cut = self._is_late()
        self._trace.wall_s = time.perf_counter() - began
        self._trace.cpu_s = self._optimizer.cpu_s() - cpu_s
        return self._trace

    def _hand_out(self) -> None:
        while self._idle and self._has_budget():
            job = self._ask(self._idle[0])
            if job is None:
                return
            self._begin(job, self._idle.popleft())

    def _ask(self, worker: int) -> Job | None:
        began, cpu_s = time.perf_counter(), self._optimizer.cpu_s()
        job = self._optimizer.ask(worker)
        if job is not None:
            self._trace.ask_wall_s.append(time.perf_counter() - began)
            self._trace.ask_cpu_s.append(self._optimizer.cpu_s() - cpu_s)
        return job

    def _begin(self, job: Job, worker: int) -> None:
        until = job.until_step or self._problem.max_step
        trained = self._trained.get(self._key(job), 0)
        self._trace.num_repeated += trained >= until
        start = job.from_step if job.from_step is not None else trained
        start = 0 if start >= until else start
        self._trace.origins[job.origin] = self._trace.origins.get(job.origin, 0) + 1
        first = start + 1 if job.reports_steps else until
        work = _Work(job=job, number=self._num_jobs, worker=worker, step=first, previous=start, until=until)
        self._num_jobs += 1
        self._plan(work)

    def _plan(self, work: _Work) -> None:
        cost = self._cost(work)
        self._committed += cost
        self._events.plan(self._fleet.duration(work.worker, cost), work)

    def _receive(self, work: _Work) -> None:
        job, step = work.job, work.step
        self._spent += self._cost(work)
        key = self._key(job)
        self._trained[key] = max(self._trained.get(key, 0), step)
        metrics = self._problem.evaluate(active(self._problem.space, job.configuration), step)
        is_end = step >= work.until
        if job.reports_steps:
            is_end = self._optimizer.report(job, step, metrics) or is_end
        self._record(work, tuple(metrics[n] for n in (*self._problem.objectives, *self._problem.constraints)), is_end)
        if is_end:
            self._optimizer.tell(job, step, metrics)
            self._idle.append(work.worker)
        elif self._has_budget():
            work.previous, work.step = step, step + 1
            self._plan(work)

    def _record(self, work: _Work, values: tuple[float, ...], is_end: bool) -> None:
        self._trace.evaluations.append(
            Evaluation(
                time=self._events.now,
                cost=self._spent,
                step=work.step,
                values=values,
                job=work.number,
                is_end=is_end,
            )
        )

    def _cost(self, work: _Work) -> float:
        return (work.step - work.previous) / self._problem.max_step

    def _has_budget(self) -> bool:
        return self._committed < self._budget - EPSILON

    def _key(self, job: Job) -> str:
        return repr(sorted(job.configuration.items()))
