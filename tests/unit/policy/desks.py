"""A real store, a host without processes, and short acts, for the tests of the refiller."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from assay_server.domain.candidate import Candidate, StudySnapshot
from assay_server.domain.space import Configuration
from assay_server.domain.strategy import Bayesian, Random, Sobol
from assay_server.domain.study import Study
from assay_server.domain.trial import Trial, TrialState
from assay_server.policy.host import GenerationFailed
from assay_server.policy.worker import load
from assay_server.ports import Exhausted, Generated, NotReady, Store, UnitOfWork
from assay_server.strategies.table import TABLE, GeneratorTable, Row, line
from assay_server.testing.builders import a_trial

T = TypeVar("T")
PATIENCE_S = 30.0


class Learner:
    """A model-based generator in miniature: it must have results, and answers with how many it has seen."""

    def generate(self, snapshot: StudySnapshot, count: int) -> list[Configuration]:
        if not snapshot.num_results:
            raise NotReady("no results yet")
        taken = len(snapshot.pending) + len(snapshot.observations)
        return [{"lr": (snapshot.num_results + (taken + i) / 1000) / 1000} for i in range(count)]


LEARNING: GeneratorTable = {
    **TABLE,
    Bayesian: Row(target="tests.unit.policy.desks:Learner", is_model_based=True, fallbacks=(Sobol, Random)),
}


class LocalHost:
    """Keeps ports.PolicyHost in this process; a closed gate holds generations up, faults fail them."""

    def __init__(self, table: GeneratorTable = LEARNING) -> None:
        self._table = table
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[tuple[StudySnapshot, int]] = []
        self.begun = asyncio.Event()
        self.faults: list[Exception] = []
        self.failing: set[str] = set()
        self.held: set[str] = set()
        """Studies whose generations never end."""

    async def generate(self, snapshot: StudySnapshot, count: int) -> Generated:
        self.asked.append((snapshot, count))
        self.begun.set()
        await self.gate.wait()
        if snapshot.study_uid in self.held:
            await asyncio.Event().wait()
        if self.faults:
            raise self.faults.pop(0)
        failed: list[str] = []
        problems: list[str] = []
        is_degraded = False
        for name, row in line(self._table, snapshot.strategy.phases[snapshot.phase].generator):
            try:
                if name in self.failing:
                    raise ValueError("a fault")
                found = tuple(load(row.target).generate(snapshot, count))
            except Exhausted:
                raise
            except Exception as e:  # noqa: BLE001 (as a host does)
                failed.append(name)
                problems.append(f"{name}: {e}")
                is_degraded |= not isinstance(e, NotReady)
                continue
            return Generated(
                configurations=found,
                generator=name,
                fallback_from=tuple(failed),
                problems=tuple(problems),
                seconds=0.01,
                is_degraded=is_degraded,
            )
        raise GenerationFailed("; ".join(problems))

    async def close(self) -> None:
        """Nothing to end."""


async def until(store: Store, query: Callable[[UnitOfWork], T], is_so: Callable[[T], object]) -> T:
    """What *query* sees as soon as it is as wanted; looks again after each commit."""
    changed = asyncio.Event()
    end = store.subscribe(lambda _: changed.set())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not is_so(found := await store.read(query)):
                await changed.wait()
                changed.clear()
            return found
    finally:
        end()


def buffer_of(study: Study) -> Callable[[UnitOfWork], list[Candidate]]:
    """A query: its candidates, oldest first."""
    return lambda uow: list(uow.candidates(study.uid))


def take(uow: UnitOfWork, uid: str, *, min_results_seen: int = 0) -> Trial | None:
    """A candidate becomes a running trial, as when a worker asks."""
    study = uow.study_of(uid)
    candidate = uow.take_candidate(uid, min_results_seen=min_results_seen)
    if candidate is None:
        return None
    tally = study.tally
    phase = candidate.generation.phase
    generated = [*tally.num_generated, *[0] * (phase + 1 - len(tally.num_generated))]
    generated[phase] += 1
    number = tally.num_created + 1
    running = {**tally.trials, TrialState.RUNNING: tally.count(TrialState.RUNNING) + 1}
    trial = replace(
        a_trial(number, study=uid, state=TrialState.RUNNING, params=study.spec.space.complete(candidate.configuration)),
        generation=candidate.generation,
    )
    uow.add_trial(trial)
    uow.put_tally(uid, replace(tally, trials=running, num_created=number, num_generated=tuple(generated)))
    return trial


def begin(uow: UnitOfWork, study: Study, *, num_results: int) -> None:
    """The study is created, with results from nowhere."""
    uow.add_study(study)
    learn(uow, study.uid, num_results)


def learn(uow: UnitOfWork, uid: str, num_results: int = 1) -> None:
    """So many results arrive."""
    tally = uow.study_of(uid).tally
    uow.put_tally(uid, replace(tally, num_results=tally.num_results + num_results))
