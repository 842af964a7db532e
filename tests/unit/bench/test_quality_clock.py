"""The virtual clock of bench-quality."""

from collections import Counter

import pytest

from tests.bench.quality.clock import EventHeap, Fleet
from tests.bench.quality.optimizer import Job
from tests.bench.quality.problem import Metrics, Problem
from tests.bench.quality.problems.table import problem_named
from tests.bench.quality.simulate import Simulation, Trace


def test_events_come_in_the_order_of_their_times() -> None:
    """Not in the order in which they were planned; and the clock moves with them."""
    heap: EventHeap[str] = EventHeap()
    heap.plan(3.0, "slow")
    heap.plan(1.0, "fast")

    assert [(heap.take(), heap.now), (heap.take(), heap.now)] == [("fast", 1.0), ("slow", 3.0)]


def test_events_of_one_time_come_as_they_were_planned() -> None:
    """So a run does not depend on how a heap breaks ties, and events need not be comparable."""
    heap: EventHeap[object] = EventHeap()
    events = [object() for _ in range(5)]
    for event in events:
        heap.plan(1.0, event)

    assert [heap.take() for _ in events] == events


def test_a_delay_is_counted_from_now() -> None:
    """A worker that begins later ends later."""
    heap: EventHeap[str] = EventHeap()
    heap.plan(2.0, "first")
    heap.take()
    heap.plan(1.0, "second")
    heap.take()

    assert heap.now == 3.0


def test_nothing_happens_in_the_past() -> None:
    """A negative or undefined delay is a bug of the caller."""
    with pytest.raises(ValueError, match="delay nan is not at least 0"):
        EventHeap[str]().plan(float("nan"), "never")


def test_a_fleet_is_the_same_for_every_contender() -> None:
    """Speeds and jitter come from the seed alone."""
    one, other = Fleet(8, seed=3), Fleet(8, seed=3)

    assert [one.duration(w, 1.0) for w in range(8)] == [other.duration(w, 1.0) for w in range(8)]
    assert Fleet(8, seed=4).times_W.tolist() != one.times_W.tolist()


class Recorded:
    """Keeps optimizer.Optimizer: proposes the middle of the space, and remembers what happened in which order."""

    def __init__(self, problem: Problem, *, leaves_at: int | None = None, waits_for: int = 0) -> None:
        self._leaves_at, self._waits_for = leaves_at, waits_for
        self._configuration = dict.fromkeys(problem.space, 0.5)
        self._reports = leaves_at is not None
        self.asked: list[int] = []
        self.told: list[tuple[int, int]] = []
        """Job and step."""

    def ask(self, worker: int) -> Job | None:
        if self._waits_for and len(self.asked) - len(self.told) >= self._waits_for:
            return None
        self.asked.append(worker)
        number = len(self.asked) - 1
        return Job(
            id=str(number),
            configuration={**self._configuration, "x0": 0.5 + number / 1000},
            reports_steps=self._reports,
        )

    def report(self, job: Job, step: int, metrics: Metrics) -> bool:
        return step == self._leaves_at

    def tell(self, job: Job, step: int, metrics: Metrics) -> None:
        self.told.append((int(job.id), step))

    def cpu_s(self) -> float:
        return 0.0

    def close(self) -> None:
        """Nothing."""


def _run(problem: Problem, optimizer: Recorded, *, num_workers: int, budget: float) -> Trace:
    return Simulation(problem, optimizer, num_workers=num_workers, seed=0, budget=budget).run()


def test_a_faster_worker_does_more() -> None:
    """Of two workers, the one that takes less time for a trial is asked for more of them."""
    optimizer = Recorded(problem_named("branin_currin"))
    times = Fleet(2, seed=0).times_W

    _run(problem_named("branin_currin"), optimizer, num_workers=2, budget=60)

    count = Counter(optimizer.asked)
    assert (count[0] > count[1]) == (times[0] < times[1])


def test_results_are_delivered_in_the_order_of_virtual_time() -> None:
    """With eight workers they do not come in the order in which the work was handed out, but their times grow."""
    optimizer = Recorded(problem_named("branin_currin"))

    trace = _run(problem_named("branin_currin"), optimizer, num_workers=8, budget=40)

    times = [e.time for e in trace.evaluations]
    assert times == sorted(times)
    assert [job for job, _ in optimizer.told] != sorted(job for job, _ in optimizer.told)


def test_the_budget_is_spent_and_not_exceeded() -> None:
    """As many trials as the budget has, however many workers wait for another."""
    optimizer = Recorded(problem_named("branin_currin"))

    trace = _run(problem_named("branin_currin"), optimizer, num_workers=8, budget=21)

    assert (len(optimizer.told), trace.evaluations[-1].cost) == (21, 21.0)


def test_a_job_that_is_left_costs_what_it_trained() -> None:
    """Three of 27 steps are a ninth of a full evaluation, so a budget of two pays for eighteen such jobs."""
    problem = problem_named("momf_branin_currin")
    optimizer = Recorded(problem, leaves_at=3)

    _run(problem, optimizer, num_workers=1, budget=2)

    assert optimizer.told == [(job, 3) for job in range(18)]


def test_what_was_trained_before_goes_on_from_its_checkpoint() -> None:
    """A configuration that is promoted costs only what is added."""

    class Promoting(Recorded):
        def ask(self, worker: int) -> Job | None:
            self.asked.append(worker)
            until = (9, 27)[len(self.asked) - 1] if len(self.asked) < 3 else None
            return None if until is None else Job(id="0", configuration=self._configuration, until_step=until)

    problem = problem_named("momf_branin_currin")
    trace = _run(problem, Promoting(problem), num_workers=1, budget=40)

    assert [e.cost for e in trace.evaluations] == pytest.approx([9 / 27, 1.0])


def test_workers_without_work_are_asked_again_after_the_next_result() -> None:
    """An optimizer that wants a result first leaves workers idle, and ends nothing."""
    optimizer = Recorded(problem_named("branin_currin"), waits_for=1)

    _run(problem_named("branin_currin"), optimizer, num_workers=4, budget=10)

    assert len(optimizer.told) == 10
