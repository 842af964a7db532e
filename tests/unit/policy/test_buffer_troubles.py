"""The refiller when studies end, race, fail or run dry, and what it tells of its buffers."""

import asyncio
from dataclasses import replace

from assay_server.domain.space import Boolean, Categorical, Parameter, SearchSpace
from assay_server.domain.strategy import Bayesian, Random, Sobol
from assay_server.domain.study import StudyState
from assay_server.policy.buffer import Refiller
from assay_server.policy.metrics import NoMetrics
from assay_server.store.sql import SqlStore
from assay_server.testing.clock import FakeClock
from tests.unit.policy.desks import LEARNING, LocalHost, buffer_of, learn, take, until
from tests.unit.policy.refilling import of, refilled

FINITE = SearchSpace(
    parameters=(
        Parameter(name="act", kind=Categorical(values=("relu", "gelu"))),
        Parameter(name="norm", kind=Boolean()),
    )
)


async def test_a_generation_for_a_study_that_ended_meanwhile_is_dropped(store: SqlStore) -> None:
    """Nothing is added to a study that is over."""
    study = of(Random())
    host = LocalHost()
    host.gate.clear()
    async with refilled(store, host):
        await store.act(lambda uow: uow.add_study(study))
        await host.begun.wait()
        await store.act(lambda uow: uow.put_study(replace(study, state=StudyState.STOPPED, version=2)))
        host.gate.set()
        other = replace(study, uid="other", name=replace(study.name, study="other"))
        await store.act(lambda uow: uow.add_study(other))
        await until(store, buffer_of(other), len)

        assert await store.read(buffer_of(study)) == []


async def test_a_generation_for_a_deleted_study_is_dropped(store: SqlStore) -> None:
    """And the others go on."""
    study = of(Random())
    host = LocalHost()
    host.gate.clear()
    async with refilled(store, host):
        await store.act(lambda uow: uow.add_study(study))
        await host.begun.wait()
        await store.act(lambda uow: uow.delete_study(study.uid))
        host.gate.set()
        again = replace(study, uid="again")
        await store.act(lambda uow: uow.add_study(again))

        assert await until(store, buffer_of(again), len)


async def test_two_refillers_make_no_candidate_twice(store: SqlStore) -> None:
    """Two replicas on one database: whoever adds second sees that and starts again."""
    study = of(Random(), max_trials=20)
    hosts = [LocalHost(), LocalHost()]
    for host in hosts:
        host.gate.clear()
    async with refilled(store, hosts[0]), refilled(store, hosts[1]):
        await store.act(lambda uow: uow.add_study(study))
        await asyncio.gather(*(host.begun.wait() for host in hosts))
        for host in hosts:
            host.gate.set()
        taken: list[object] = []
        while len(taken) < 20:
            await until(store, buffer_of(study), len)
            trial = await store.act(lambda uow: take(uow, study.uid))
            assert trial is not None
            taken.append(trial.configuration["lr"])

    assert len(set(taken)) == 20


async def test_a_spent_space_is_told_once_nothing_waits(store: SqlStore) -> None:
    """All four configurations are handed out, then the study knows that there are no more."""
    study = of(Random(), space=FINITE)
    async with refilled(store, LocalHost()):
        await store.act(lambda uow: uow.add_study(study))
        taken = []
        for _ in range(4):
            await until(store, buffer_of(study), len)
            assert not (await store.read(lambda uow: uow.study_of(study.uid))).tally.exhausted
            trial = await store.act(lambda uow: take(uow, study.uid))
            assert trial is not None
            taken.append((trial.configuration["act"], trial.configuration["norm"]))
        await until(store, lambda uow: uow.study_of(study.uid), lambda found: found.tally.exhausted)
        events = await store.read(lambda uow: uow.events(study.uid, limit=10))

    assert len(set(taken)) == 4
    assert [e.kind for e in events] == ["SPACE_EXHAUSTED"]


async def test_an_error_in_one_study_stops_neither_it_nor_the_others(store: SqlStore) -> None:
    """It is tried again, later and later."""
    study = of(Random())
    host = LocalHost()
    host.faults = [RuntimeError("out of the blue")]
    async with refilled(store, host):
        await store.act(lambda uow: uow.add_study(study))

        assert await until(store, buffer_of(study), len)
    assert len(host.asked) == 2


async def test_a_slow_study_holds_up_no_other(store: SqlStore) -> None:
    """Each has a task of its own."""
    slow, quick = of(Random()), of(Random())
    quick = replace(quick, uid="quick", name=replace(quick.name, study="quick"))
    host = LocalHost()
    host.held = {slow.uid}
    async with refilled(store, host):
        await store.act(lambda uow: uow.add_study(slow))
        await host.begun.wait()
        await store.act(lambda uow: uow.add_study(quick))

        assert await until(store, buffer_of(quick), len)
        assert await store.read(buffer_of(slow)) == []


async def test_metrics_tell_depth_and_age_and_forget_what_is_over(store: SqlStore) -> None:
    """By the study's full name; a study that is over leaves no series behind."""
    study = of(Random())
    told = Told()
    clock = FakeClock()
    refiller = Refiller(store, LocalHost(), clock, metrics=told, table=LEARNING)
    await refiller.start()
    await store.act(lambda uow: uow.add_study(study))
    await until(store, buffer_of(study), len)
    clock.advance(5)
    await store.act(lambda uow: learn(uow, study.uid))
    async with asyncio.timeout(30):
        await told.aged.wait()
        await store.act(lambda uow: uow.put_study(replace(study, state=StudyState.STOPPED, version=2)))
        await told.forgot.wait()
    await refiller.close()

    assert told.buffers[0] == (str(study.name), 0, 0.0)
    assert (str(study.name), 16, 5.0) in told.buffers


async def test_a_study_that_will_fit_models_warms_up_once(store: SqlStore) -> None:
    """While its initial trials run; a study without models wakes nobody."""
    plain = replace(of(Random()), uid="plain", name=replace(of(Random()).name, study="plain"))
    study = of(Sobol(), Bayesian(), first=4)
    warmed: list[str] = []
    refiller = Refiller(store, LocalHost(), FakeClock(), table=LEARNING, warm=lambda: warmed.append("warm"))
    await refiller.start()
    await store.act(lambda uow: uow.add_study(plain))
    await until(store, buffer_of(plain), len)
    assert warmed == []
    await store.act(lambda uow: uow.add_study(study))
    for _ in range(6):
        await until(store, buffer_of(study), len)
        await store.act(lambda uow: take(uow, study.uid))
    await refiller.close()

    assert warmed == ["warm"]


class Told(NoMetrics):
    """What was said of buffers."""

    def __init__(self) -> None:
        self.buffers: list[tuple[str, int, float]] = []
        self.aged = asyncio.Event()
        self.forgot = asyncio.Event()

    def buffer(self, study: str, depth: int, age_s: float) -> None:
        self.buffers.append((study, depth, age_s))
        if age_s:
            self.aged.set()

    def forget(self, study: str) -> None:
        self.forgot.set()
