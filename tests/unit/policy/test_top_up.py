"""Top-ups: askers who come faster than a model proposes are served by chance, all others by the model."""

import asyncio

import pytest

from assay_server.domain.candidate import Candidate, StudySnapshot
from assay_server.domain.strategy import Bayesian, Freshness, Sobol
from assay_server.policy.buffer import Refiller
from assay_server.policy.demand import Demand
from assay_server.policy.top_up import is_due
from assay_server.ports import Generated
from assay_server.store.sql import SqlStore
from assay_server.testing.clock import START, FakeClock
from tests.unit.policy.desks import LEARNING, LocalHost, begin, buffer_of, take, until
from tests.unit.policy.refilling import of


def paced(per_s: float) -> Demand:
    """So many candidates are taken per second."""
    demand, clock = Demand(), FakeClock(START)
    demand.saw(0, clock.now())
    demand.saw(int(100 * per_s), clock.advance(100.0))
    return demand


@pytest.mark.parametrize(("fit_s", "is_short"), [(0.5, False), (1.0, True), (30.0, True)])
def test_only_trainings_shorter_than_a_fit_are_topped_up(fit_s: float, is_short: bool) -> None:
    """Eight workers that take eight a second train for a second."""
    assert is_due(paced(8.0), num_workers=8, fit_s=fit_s) is is_short


def test_without_a_pace_nothing_is_topped_up() -> None:
    """A study that has just begun waits for its model."""
    assert not is_due(Demand(), num_workers=1, fit_s=60.0)


@pytest.mark.parametrize("freshness", [Freshness.BUFFERED, Freshness.STRICT])
async def test_askers_are_served_while_a_fit_runs_unless_the_study_is_strict(
    store: SqlStore, freshness: Freshness
) -> None:
    """The candidate says that chance made it and for whom; the fit beside it still adds what it proposes."""
    study = of(Sobol(), Bayesian(), first=2, freshness=freshness)
    clock, host = FakeClock(), HeldModel()
    refiller = Refiller(store, host, clock, table=LEARNING)
    await store.act(lambda uow: begin(uow, study, num_results=2))
    await refiller.start()
    for _ in range(2):
        refiller.want(study.uid, count=1, min_results_seen=0)
        await until(store, buffer_of(study), len)
        clock.advance(1.0)
        await store.act(lambda uow: take(uow, study.uid))
    refiller.want(study.uid, count=1, min_results_seen=0)
    await host.fitting.wait()
    refiller.want(study.uid, count=1, min_results_seen=0)
    clock.advance(60.0)

    if freshness is Freshness.BUFFERED:
        waiting = await until(store, buffer_of(study), len)
        assert {c.generation.generator for c in waiting} == {"sobol"}
        assert {c.generation.fallback_from for c in waiting} == {("bayesian",)}
    host.gate.set()
    waiting = await until(store, buffer_of(study), lambda found: any(is_models(c) for c in found))
    await refiller.close()

    assert any(not is_models(c) for c in waiting) is (freshness is Freshness.BUFFERED)


def is_models(candidate: Candidate) -> bool:
    """Whether the model proposed it."""
    return candidate.generation.generator == "bayesian"


class HeldModel(LocalHost):
    """What needs no model is proposed at once; a fit waits for the gate."""

    def __init__(self) -> None:
        super().__init__()
        self.gate.clear()
        self.fitting = asyncio.Event()
        self._light = LocalHost()

    async def generate(self, snapshot: StudySnapshot, count: int) -> Generated:
        if not isinstance(snapshot.strategy.phases[snapshot.phase].generator, Bayesian):
            return await self._light.generate(snapshot, count)
        self.fitting.set()
        return await super().generate(snapshot, count)
