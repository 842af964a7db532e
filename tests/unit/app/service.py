"""All use cases over a real store and a clock that stands still: each method is one act."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from assay_server.app.complete import Complete, complete
from assay_server.app.create_study import CreateStudy, create_study
from assay_server.app.create_trial import CreateTrial, create_trial
from assay_server.app.fail import Fail, fail
from assay_server.app.front import Front, front
from assay_server.app.heartbeat import Beat, Heartbeat, heartbeat
from assay_server.app.progress import Progress, progress
from assay_server.app.reap import Reaped, reap
from assay_server.app.release import Release, release
from assay_server.app.reopen_study import reopen_study
from assay_server.app.report import Report, Reported, report
from assay_server.app.rungs import RungCache
from assay_server.app.stop_study import stop_study
from assay_server.app.stop_trial import stop_trial
from assay_server.app.suggest import Suggest, Suggestion, suggest
from assay_server.app.tools import Tools
from assay_server.app.update_study import UpdateStudy, update_study
from assay_server.domain.budget import Budget
from assay_server.domain.fidelity import Fidelity
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.names import ProjectName, StudyName, TrialName
from assay_server.domain.objective import Objective
from assay_server.domain.provenance import Provenance
from assay_server.domain.rung import RungResult
from assay_server.domain.space import Configuration
from assay_server.domain.study import Study, StudySpec
from assay_server.domain.trial import Attempt, Checkpoint, FailureKind, Trial
from assay_server.ports import Store, UnitOfWork
from assay_server.schedulers.table import scheduler_of
from assay_server.testing.builders import a_candidate, a_spec
from assay_server.testing.clock import FakeClock
from assay_server.testing.ids import FakeIds

T = TypeVar("T")
STUDY = StudyName("default", "digits")
EPOCHS = Fidelity(name="epoch", min=1, max=9, eta=3.0)
"""Rungs 1, 3 and 9."""
TWO = (Objective(metric="loss", minimize=True), Objective(metric="size", minimize=True))
TTL_S = 60.0


def a_plain_spec(
    *,
    fidelity: Fidelity | None = None,
    budget: Budget | None = None,
    objectives: tuple[Objective, ...] = TWO[:1],
    baselines: tuple[Configuration, ...] = (),
) -> StudySpec:
    """Minimise `loss` over `lr`; no baseline unless one is given."""
    plain = a_spec(fidelity=fidelity, budget=budget or Budget(), objectives=objectives)
    return replace(plain, no_default_baseline=True, baselines=baselines)


def measured(step: int, *, cost: float | None = None, **metrics: float) -> Measurement:
    """Metrics at a step, as a worker sends them."""
    return Measurement(step=step, metrics={k: MetricValue(value=v) for k, v in metrics.items()}, cost=cost)


def token_of(trial: Trial) -> str:
    """The token of its last lease."""
    assert trial.lease is not None
    return trial.lease.token


class Service:
    """One study, named by STUDY, and those who work at it."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store, self.clock, self.ids = store, clock, FakeIds()
        self.tools = Tools(ids=self.ids, scheduler_of=scheduler_of, rungs=RungCache())

    def act(self, act: Callable[[UnitOfWork], T]) -> Awaitable[T]:
        return self.store.act(act)

    # -- studies -----------------------------------------------------------------------------------------
    async def create(self, spec: StudySpec | None = None, *, study_id: str = "digits") -> Study:
        ask = CreateStudy(project=ProjectName("default"), study_id=study_id, spec=spec or a_plain_spec())
        return await self.act(lambda uow: create_study(uow, self.tools, ask))

    async def fill(self, *values: float, seen: int = 0) -> None:
        """Candidates with these learning rates are ready."""
        made = [a_candidate({"lr": lr}, num_results_seen=seen) for lr in values]
        await self.act(lambda uow: uow.add_candidates(uow.study(STUDY).uid, made))

    async def study(self) -> Study:
        return await self.act(lambda uow: uow.study(STUDY))

    async def budget(self, budget: Budget, *, etag: str = "") -> Study:
        ask = UpdateStudy(
            name=STUDY, etag=etag, mask=frozenset({"spec.budget"}), description="", labels={}, budget=budget
        )
        return await self.act(lambda uow: update_study(uow, self.tools, ask))

    async def stop(self) -> Study:
        return await self.act(lambda uow: stop_study(uow, STUDY))

    async def reopen(self) -> Study:
        return await self.act(lambda uow: reopen_study(uow, STUDY))

    async def exhaust(self) -> None:
        """The last generator has nothing more to propose."""

        def say(uow: UnitOfWork) -> None:
            study = uow.study(STUDY)
            uow.put_tally(study.uid, replace(study.tally, exhausted=True))

        await self.act(say)

    async def reap(self) -> Reaped:
        return await self.act(lambda uow: reap(uow, self.tools))

    async def front(self) -> Front:
        return await self.act(lambda uow: front(uow, STUDY))

    async def progress(self) -> Progress:
        return await self.act(lambda uow: progress(uow, STUDY))

    # -- trials ------------------------------------------------------------------------------------------
    async def ask(self, worker: str = "u", *, count: int = 1, min_seen: int | None = None) -> Suggestion:
        ask = Suggest(study=STUDY, worker=worker, count=count, min_results_seen=min_seen)
        return await self.act(lambda uow: suggest(uow, self.tools, ask))

    async def begin(self, worker: str = "u") -> Trial:
        """The trial that *worker* is given."""
        suggestion = await self.ask(worker)
        assert suggestion.trials, f"nothing for {worker}: {suggestion.end_reason}"
        return suggestion.trials[0]

    async def report(
        self,
        trial: Trial,
        *measurements: Measurement,
        checkpoint: Checkpoint | None = None,
        provenance: Provenance | None = None,
    ) -> Reported:
        ask = Report(
            trial=TrialName(STUDY, trial.number),
            token=token_of(trial),
            measurements=measurements,
            checkpoint=checkpoint,
            provenance=provenance,
        )
        return await self.act(lambda uow: report(uow, self.tools, ask))

    async def complete(
        self, trial: Trial, final: Measurement | None = None, *, provenance: Provenance | None = None
    ) -> Trial:
        ask = Complete(trial=TrialName(STUDY, trial.number), token=token_of(trial), final=final, provenance=provenance)
        return await self.act(lambda uow: complete(uow, self.tools, ask))

    async def fail(
        self,
        trial: Trial,
        *,
        kind: FailureKind = FailureKind.CRASHED,
        permanent: bool = False,
        message: str = "",
        provenance: Provenance | None = None,
    ) -> Trial:
        ask = Fail(
            trial=TrialName(STUDY, trial.number),
            token=token_of(trial),
            kind=kind,
            message=message,
            permanent=permanent,
            provenance=provenance,
        )
        return await self.act(lambda uow: fail(uow, self.tools, ask))

    async def release(self, trial: Trial, *, checkpoint: Checkpoint | None = None) -> Trial:
        ask = Release(trial=TrialName(STUDY, trial.number), token=token_of(trial), checkpoint=checkpoint)
        return await self.act(lambda uow: release(uow, self.tools, ask))

    async def beat(self, trial: Trial) -> Beat:
        ask = Heartbeat(trial=TrialName(STUDY, trial.number), token=token_of(trial))
        return await self.act(lambda uow: heartbeat(uow, ask))

    async def stop_trial(self, number: int) -> Trial:
        return await self.act(lambda uow: stop_trial(uow, self.tools, TrialName(STUDY, number)))

    async def add(
        self,
        *measurements: Measurement,
        lr: float = 0.5,
        priority: int = 0,
        labels: Mapping[str, str] | None = None,
    ) -> Trial:
        """A trial by hand: queued, or attached with its measurements."""
        ask = CreateTrial(
            study=STUDY, configuration={"lr": lr}, labels=labels or {}, priority=priority, measurements=measurements
        )
        return await self.act(lambda uow: create_trial(uow, self.tools, ask))

    async def trial(self, number: int) -> Trial:
        return await self.act(lambda uow: uow.trial(uow.study(STUDY), number))

    async def attempts(self, number: int) -> list[Attempt]:
        return list(await self.act(lambda uow: uow.attempts(uow.study(STUDY).uid, number)))

    async def rungs(self) -> list[RungResult]:
        return list(await self.act(lambda uow: uow.rung_results(uow.study(STUDY).uid)))

    async def expire(self) -> Reaped:
        """All leases run out, and the reaper comes."""
        self.clock.advance(TTL_S + 1)
        return await self.reap()
