"""The service against a model of a few lines, whatever is called in whatever order, restarts included.

Promises of architecture.md section 7: at most one token is accepted per trial; a zombie changes nothing;
terminal is terminal; nothing acknowledged is lost; the tally counts what is there.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from assay_server.app.complete import Complete, complete
from assay_server.app.create_study import CreateStudy, create_study
from assay_server.app.fail import Fail, fail
from assay_server.app.heartbeat import Heartbeat, heartbeat
from assay_server.app.reap import reap
from assay_server.app.release import Release, release
from assay_server.app.report import Report, report
from assay_server.app.rungs import RungCache
from assay_server.app.stop_trial import stop_trial
from assay_server.app.suggest import Suggest, suggest
from assay_server.app.tools import Tools
from assay_server.domain.budget import Budget
from assay_server.domain.candidate import Candidate
from assay_server.domain.errors import AssayError, LeaseLost, WrongTrialState
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.listing import Filter, Page
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.names import ProjectName, StudyName, TrialName
from assay_server.domain.objective import Objective
from assay_server.domain.rung import Action
from assay_server.domain.space import Double, Parameter, SearchSpace
from assay_server.domain.study import StudySpec, StudyState
from assay_server.domain.trial import Checkpoint, FailureKind, Generation, Trial, TrialState
from assay_server.ports import UnitOfWork
from assay_server.schedulers.table import scheduler_of
from assay_server.store.sqlite import open_sqlite
from assay_server.testing.clock import FakeClock
from assay_server.testing.ids import FakeIds

T = TypeVar("T")
STUDY = StudyName("default", "machine")
MAX_TRIALS = 4
TTL_S = 10.0
SPEC = StudySpec(
    space=SearchSpace(parameters=(Parameter(name="x", kind=Double(min=0.0, max=1.0)),)),
    objectives=(Objective(metric="a", minimize=True), Objective(metric="b", minimize=False)),
    fidelity=Fidelity(name="epoch", min=1, max=4, eta=2.0),
    budget=Budget(max_trials=MAX_TRIALS),
    seed=3,
    max_attempts=2,
    lease_ttl_s=TTL_S,
)
values = st.sampled_from([0.0, -0.0, 1.0]) | st.floats(-5, 5)
tickets = st.integers(0, 200)


@dataclass
class Ticket:
    """A token that was handed out once."""

    trial: int
    token: str
    worker: str
    step: int


@dataclass
class Known:
    """What the model remembers of a trial."""

    token: str | None = None
    """The only one that may be accepted."""
    acknowledged: dict[int, float] = field(default_factory=dict)
    """Values of metric a by step."""
    terminal: TrialState | None = None


class ServiceMachine(RuleBasedStateMachine):
    """Workers, zombies, clocks and restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="assay-machine-"))
        self.runner = asyncio.Runner()
        self.clock, self.ids = FakeClock(), FakeIds()
        self.tickets: list[Ticket] = []
        self.known: dict[int, Known] = {}
        self.open()

    def open(self) -> None:
        """A server's beginning: caches are empty, the file is as it was left."""
        self.tools = Tools(ids=self.ids, scheduler_of=scheduler_of, rungs=RungCache())

        async def opened() -> None:
            self.store = open_sqlite(self.folder / "assay.db", self.clock)

        self.runner.run(opened())

    def act(self, act: Callable[[UnitOfWork], T]) -> T:
        """Run one act."""

        async def acted() -> T:
            return await self.store.act(act)

        return self.runner.run(acted())

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def trial(self, number: int) -> Trial:
        """As it is stored."""
        return self.act(lambda uow: uow.trial(uow.study(STUDY), number))

    # -- rules -------------------------------------------------------------------------------------------
    @initialize()
    def create(self) -> None:
        """One study with its baseline."""
        ask = CreateStudy(project=ProjectName("default"), study_id="machine", spec=SPEC)
        self.act(lambda uow: create_study(uow, self.tools, ask))

    @rule(x=st.floats(0, 1), count=st.integers(1, MAX_TRIALS))
    def generate(self, x: float, count: int) -> None:
        """The policy host adds candidates."""
        candidate = Candidate(configuration={"x": x}, generation=Generation(generator="random", phase=0))

        def add(uow: UnitOfWork) -> None:
            uow.add_candidates(uow.study(STUDY).uid, [candidate] * count)

        self.act(add)

    @rule(worker=st.sampled_from(["u", "v", "w"]), count=st.integers(1, 2))
    def ask(self, worker: str, count: int) -> None:
        """A worker asks; what it holds comes first."""
        held = {n for n, k in self.known.items() if self.holder(n) == worker and k.token}
        suggestion = self.act(lambda uow: suggest(uow, self.tools, Suggest(study=STUDY, worker=worker, count=count)))
        given_numbers = [t.number for t in suggestion.trials]
        assert len(given_numbers) <= count
        if suggestion.study.state is StudyState.ACTIVE and suggestion.trials:
            assert set(given_numbers[: len(held)]) <= held | set(given_numbers)
        for trial in suggestion.trials:
            assert trial.state is TrialState.RUNNING
            assert trial.lease is not None
            assert trial.lease.worker == worker
            known = self.known.setdefault(trial.number, Known())
            assert known.terminal is None
            if known.token != trial.lease.token:
                assert trial.lease.token not in {t.token for t in self.tickets}, "a token was used twice"
                start = trial.checkpoint.step or 0 if trial.checkpoint else 0
                self.tickets.append(Ticket(trial.number, trial.lease.token, worker, start))
            known.token = trial.lease.token

    def holder(self, number: int) -> str | None:
        """Who the stored lease names."""
        lease = self.trial(number).lease
        return lease.worker if lease else None

    @precondition(lambda self: self.tickets)
    @rule(which=tickets, a=values, b=values, save=st.booleans())
    def report(self, which: int, a: float, b: float, save: bool) -> None:
        """Anyone who ever held a token reports the next step."""
        ticket = self.tickets[which % len(self.tickets)]
        before = self.trial(ticket.trial)
        step = min(4, ticket.step + 1)
        ask = Report(
            trial=TrialName(STUDY, ticket.trial),
            token=ticket.token,
            measurements=(
                Measurement(step=step, metrics={"a": MetricValue(value=a), "b": MetricValue(value=b)}, cost=1.0),
            ),
            checkpoint=Checkpoint(uri="memory://") if save else None,
        )
        known = self.known[ticket.trial]
        try:
            reported = self.act(lambda uow: report(uow, self.tools, ask))
        except (LeaseLost, WrongTrialState):
            assert self.trial(ticket.trial) == before, "a refused report changed something"
            assert known.token != ticket.token or known.terminal, "the live token was refused"
            return
        assert known.token == ticket.token, "a token that was given up was accepted"
        if before.state is TrialState.STOPPED:
            assert reported.directive.action is Action.STOP
            assert self.trial(ticket.trial) == before
            return
        ticket.step = step
        known.acknowledged[step] = a
        if reported.directive.action is Action.PAUSE:
            known.token = None
        self.note(ticket.trial)

    @precondition(lambda self: self.tickets)
    @rule(which=tickets, verb=st.sampled_from(["complete", "fail", "infeasible", "release", "heartbeat"]))
    def end(self, which: int, verb: str) -> None:
        """Anyone who ever held a token does something else with it."""
        ticket = self.tickets[which % len(self.tickets)]
        name = TrialName(STUDY, ticket.trial)
        before = self.trial(ticket.trial)
        known = self.known[ticket.trial]
        kind = FailureKind.INFEASIBLE if verb == "infeasible" else FailureKind.CRASHED
        acts: dict[str, Callable[[UnitOfWork], object]] = {
            "complete": lambda uow: complete(uow, self.tools, Complete(trial=name, token=ticket.token)),
            "fail": lambda uow: fail(uow, self.tools, Fail(trial=name, token=ticket.token, kind=kind)),
            "infeasible": lambda uow: fail(uow, self.tools, Fail(trial=name, token=ticket.token, kind=kind)),
            "release": lambda uow: release(uow, self.tools, Release(trial=name, token=ticket.token)),
            "heartbeat": lambda uow: heartbeat(uow, Heartbeat(trial=name, token=ticket.token)),
        }
        try:
            self.act(acts[verb])
        except AssayError:
            assert self.trial(ticket.trial) == before, f"a refused {verb} changed something"
            is_live = known.token == ticket.token and not known.terminal
            assert not is_live or (verb == "complete" and before.latest is None), "the live token was refused"
            return
        assert known.token == ticket.token, "a token that was given up was accepted"
        if verb in ("fail", "infeasible", "release"):
            known.token = None
        self.note(ticket.trial)

    @rule(number=st.integers(1, MAX_TRIALS))
    def stop(self, number: int) -> None:
        """A user stops a trial."""
        if number not in self.known:
            return
        try:
            self.act(lambda uow: stop_trial(uow, self.tools, TrialName(STUDY, number)))
        except WrongTrialState:
            assert self.known[number].terminal
        self.note(number)

    @rule(seconds=st.sampled_from([1.0, TTL_S / 2, TTL_S, 2 * TTL_S]))
    def pass_time(self, seconds: float) -> None:
        """The reaper runs after a while; leases that ran out stay good until somebody else has the trial."""
        self.clock.advance(seconds)
        self.act(lambda uow: reap(uow, self.tools))
        for number in self.known:
            self.note(number)

    @rule()
    def restart(self) -> None:
        """The process dies and another opens the file: caches are empty."""
        self.runner.run(self.store.close())
        self.open()

    def note(self, number: int) -> None:
        """Remember a terminal state; it must never change."""
        state = self.trial(number).state
        known = self.known[number]
        if known.terminal:
            assert state is known.terminal, f"{known.terminal} became {state}"
        elif state.is_terminal:
            known.terminal = state

    # -- what always holds -------------------------------------------------------------------------------
    @invariant()
    def the_tally_counts_what_is_there(self) -> None:
        """Counters and rows agree, and no limit is passed."""

        def look(uow: UnitOfWork) -> tuple[StudyState, dict[TrialState, int], int, float, list[Trial]]:
            study = uow.study(STUDY)
            trials = uow.list_trials(study.uid, Filter(), Page(limit=100))
            return study.state, dict(study.tally.trials), study.tally.num_created, study.tally.cost, list(trials)

        state, counted, num_created, cost, trials = self.act(look)
        assert {k: v for k, v in counted.items() if v} == dict(Counter(t.state for t in trials))
        assert [t.number for t in trials] == list(range(1, num_created + 1))
        assert num_created <= MAX_TRIALS
        assert abs(cost - sum(t.cost for t in trials)) < 1e-9
        if state is not StudyState.ACTIVE:
            assert not {t.state for t in trials} & {TrialState.QUEUED, TrialState.PAUSED}
        for known_number in self.known:
            if trials[known_number - 1].state.is_terminal:
                self.known[known_number].terminal = trials[known_number - 1].state

    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        """Every acknowledged value is stored, the latest at its step."""
        for number, known in self.known.items():
            if not known.acknowledged:
                continue

            def stored(uow: UnitOfWork, number: int = number) -> dict[int, float]:
                found = uow.measurements(uow.study(STUDY).uid, number)
                return {m.step: m.metrics["a"].value for m in found}

            assert self.act(stored) == known.acknowledged


ServiceMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestServiceMachine = pytest.mark.timeout(600)(ServiceMachine.TestCase)  # a failure is shrunk, commit by commit
