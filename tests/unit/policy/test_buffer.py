"""The refiller on a real store: askers find candidates, as fresh as they must be, and no error ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from assay_server.domain.budget import Budget
from assay_server.domain.candidate import Candidate
from assay_server.domain.event import Severity
from assay_server.domain.space import Boolean, Categorical, Parameter, SearchSpace
from assay_server.domain.strategy import Bayesian, Freshness, GeneratorSpec, Phase, Random, Sobol, Strategy
from assay_server.domain.study import Study, StudyState
from assay_server.policy.buffer import Refiller
from assay_server.policy.metrics import NoMetrics
from assay_server.store.sql import SqlStore
from assay_server.store.sqlite import open_sqlite
from assay_server.testing.builders import a_spec, a_study
from assay_server.testing.clock import FakeClock
from tests.unit.policy.desks import LEARNING, LocalHost, begin, buffer_of, learn, take, until

FINITE = SearchSpace(
    parameters=(
        Parameter(name="act", kind=Categorical(values=("relu", "gelu"))),
        Parameter(name="norm", kind=Boolean()),
    )
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """Empty."""
    opened = open_sqlite(tmp_path / "assay.db", FakeClock())
    yield opened
    await opened.close()


@asynccontextmanager
async def refilled(store: SqlStore, host: LocalHost) -> AsyncIterator[Refiller]:
    """The store's buffers, taken care of."""
    refiller = Refiller(store, host, FakeClock(), table=LEARNING)
    await refiller.start()
    try:
        yield refiller
    finally:
        await refiller.close()


def of(
    *generators: GeneratorSpec,
    freshness: Freshness = Freshness.BUFFERED,
    first: int | None = None,
    space: SearchSpace | None = None,
    max_trials: int | None = None,
    max_staleness: int | None = None,
) -> Study:
    """A study of these phases; *first* trials come from the first one."""
    phases = [Phase(generator=g) for g in generators]
    phases[0] = replace(phases[0], max_trials=first)
    strategy = Strategy(phases=tuple(phases), freshness=freshness, max_staleness=max_staleness)
    spec = a_spec(strategy=strategy, budget=Budget(max_trials=max_trials))
    return a_study(spec=spec if space is None else replace(spec, space=space))


def seen(waiting: list[Candidate]) -> list[int]:
    return [c.generation.num_results_seen for c in waiting]


async def test_candidates_wait_before_anyone_asks(store: SqlStore) -> None:
    """A new study's buffer is filled in the background, from its first phase, in order."""
    study = of(Random())
    async with refilled(store, LocalHost()):
        await store.act(lambda uow: uow.add_study(study))
        waiting = await until(store, buffer_of(study), lambda found: len(found) >= 16)

    assert {c.generation.generator for c in waiting} == {"random"}
    assert len({c.configuration["lr"] for c in waiting}) == 16


async def test_a_study_from_before_the_start_is_served(store: SqlStore) -> None:
    """What was active when the server stopped goes on when it starts."""
    study = of(Random())
    await store.act(lambda uow: uow.add_study(study))

    async with refilled(store, LocalHost()):
        assert await until(store, buffer_of(study), len)


async def test_a_restart_continues_the_sequence(store: SqlStore) -> None:
    """Taken and waiting candidates are never made again."""
    study = of(Sobol(), max_trials=40)
    taken: list[object] = []
    await store.act(lambda uow: uow.add_study(study))
    for _ in range(2):
        async with refilled(store, LocalHost()):
            for _ in range(20):
                await until(store, buffer_of(study), len)
                trial = await store.act(lambda uow: take(uow, study.uid))
                assert trial is not None
                taken.append(trial.configuration["lr"])

    assert len(set(taken)) == 40
    async with refilled(store, uninterrupted := LocalHost()):
        again = replace(study, uid="again", name=replace(study.name, study="again"))
        await store.act(lambda uow: uow.add_study(again))
        first = await until(store, buffer_of(again), len)
    assert [c.configuration["lr"] for c in first] == taken[: len(first)]
    assert uninterrupted.asked[0][0].first_index == 0


async def test_no_more_than_the_budget_is_made(store: SqlStore) -> None:
    """Neither while waiting nor after taking."""
    study = of(Random(), max_trials=5)
    async with refilled(store, LocalHost()):
        await store.act(lambda uow: uow.add_study(study))
        assert len(await until(store, buffer_of(study), len)) == 5
        await store.act(lambda uow: take(uow, study.uid))
        await store.act(lambda uow: learn(uow, study.uid))

        assert len(await until(store, buffer_of(study), len)) == 4


async def test_the_next_phase_goes_on_where_the_first_one_ends(store: SqlStore) -> None:
    """The buffer crosses the boundary before the askers do."""
    study = of(Sobol(), Bayesian(), first=3)
    async with refilled(store, LocalHost()):
        await store.act(lambda uow: uow.add_study(study))
        await until(store, buffer_of(study), lambda found: len(found) == 3)
        await store.act(lambda uow: learn(uow, study.uid))
        for _ in range(2):
            await store.act(lambda uow: take(uow, study.uid))
        waiting = await until(store, buffer_of(study), lambda found: len(found) >= 2)

    assert [c.generation.phase for c in waiting] == [0, 1]
    assert [c.generation.generator for c in waiting] == ["sobol", "bayesian"]


async def test_without_results_the_quasi_random_goes_on_and_is_said_once(store: SqlStore) -> None:
    """All initial trials are out, none has reported: askers still find candidates; that is INFO, once."""
    study = of(Bayesian())
    async with refilled(store, LocalHost()):
        await store.act(lambda uow: uow.add_study(study))
        for _ in range(6):
            waiting = await until(store, buffer_of(study), len)
            assert waiting[0].generation.generator == "sobol"
            assert waiting[0].generation.fallback_from == ("bayesian",)
            await store.act(lambda uow: take(uow, study.uid))
        events = await until(store, lambda uow: uow.events(study.uid, limit=10), len)

    assert [(e.severity, e.kind) for e in events] == [(Severity.INFO, "GENERATOR_FALLBACK")]


async def test_a_failure_is_a_warning_in_the_log(store: SqlStore) -> None:
    """With what failed, who answered, and why."""
    study = of(Bayesian())
    host = LocalHost()
    host.failing = {"bayesian"}
    async with refilled(store, host):
        await store.act(lambda uow: uow.add_study(study))
        events = await until(store, lambda uow: uow.events(study.uid, limit=10), len)

    assert [(e.severity, e.kind) for e in events] == [(Severity.WARNING, "GENERATOR_FALLBACK")]
    assert events[0].message == "bayesian could not propose, sobol did: bayesian: a fault"


async def test_old_candidates_stay_until_new_ones_are_there(store: SqlStore) -> None:
    """A refresh begins at half the staleness, and replaces all in one act: askers are never starved."""
    study = of(Bayesian(), max_staleness=8)
    host = LocalHost()
    async with refilled(store, host):
        await store.act(lambda uow: begin(uow, study, num_results=1))
        assert seen(await until(store, buffer_of(study), lambda found: len(found) == 2)) == [1, 1]
        host.gate.clear()
        host.begun.clear()
        await store.act(lambda uow: learn(uow, study.uid, 4))
        await host.begun.wait()
        assert seen(await store.read(buffer_of(study))) == [1, 1]
        host.gate.set()
        waiting = await until(store, buffer_of(study), lambda found: seen(found)[0] != 1)

    assert seen(waiting) == [5, 5]


async def test_candidates_beyond_the_staleness_are_dropped_at_once(store: SqlStore) -> None:
    """Even before new ones are there."""
    study = of(Bayesian(), max_staleness=8)
    host = LocalHost()
    async with refilled(store, host):
        await store.act(lambda uow: begin(uow, study, num_results=1))
        await until(store, buffer_of(study), lambda found: len(found) == 2)
        host.gate.clear()
        await store.act(lambda uow: learn(uow, study.uid, 8))
        assert await until(store, buffer_of(study), lambda found: not found) == []
        host.gate.set()
        assert seen(await until(store, buffer_of(study), len))[0] == 9


async def test_candidates_of_a_model_free_phase_do_not_age(store: SqlStore) -> None:
    """They have learnt nothing that could be outdated."""
    study = of(Random(), max_staleness=1)
    host = LocalHost()
    async with refilled(store, host):
        await store.act(lambda uow: uow.add_study(study))
        before = await until(store, buffer_of(study), lambda found: len(found) == 16)
        await store.act(lambda uow: learn(uow, study.uid, 100))
        other = of(Random())
        other = replace(other, uid="other", name=replace(other.name, study="other"))
        await store.act(lambda uow: uow.add_study(other))
        await until(store, buffer_of(other), len)

        assert await store.read(buffer_of(study)) == before


async def test_a_strict_study_generates_what_is_asked_for_with_all_the_data(store: SqlStore) -> None:
    """Nothing ahead of being asked, nothing that has seen less."""
    study = of(Bayesian(), freshness=Freshness.STRICT)
    host = LocalHost()
    async with refilled(store, host) as refiller:
        await store.act(lambda uow: begin(uow, study, num_results=3))
        refiller.want(study.uid, count=2, min_results_seen=3)
        assert seen(await until(store, buffer_of(study), len)) == [3, 3]
        await store.act(lambda uow: learn(uow, study.uid))
        refiller.want(study.uid, count=1, min_results_seen=4)
        waiting = await until(store, buffer_of(study), lambda found: seen(found) == [4])

    assert len(waiting) == 1
    assert [count for _, count in host.asked] == [2, 1]
    assert host.asked[1][0].pending == ()


async def test_a_want_repeated_while_it_is_served_makes_nothing_more(store: SqlStore) -> None:
    """An asker asks again whenever something changes."""
    study = of(Random(), freshness=Freshness.STRICT)
    host = LocalHost()
    host.gate.clear()
    async with refilled(store, host) as refiller:
        await store.act(lambda uow: uow.add_study(study))
        refiller.want(study.uid, count=1, min_results_seen=0)
        await host.begun.wait()
        refiller.want(study.uid, count=1, min_results_seen=0)
        host.gate.set()
        await until(store, buffer_of(study), len)
        refiller.want(study.uid, count=2, min_results_seen=0)

        assert len(await until(store, buffer_of(study), lambda found: len(found) == 2)) == 2
    assert [count for _, count in host.asked] == [1, 1]


async def test_many_askers_get_many(store: SqlStore) -> None:
    """More wait than the buffer is deep: as many are made."""
    study = of(Random())
    async with refilled(store, LocalHost()) as refiller:
        await store.act(lambda uow: uow.add_study(study))
        await until(store, buffer_of(study), len)
        refiller.want(study.uid, count=100, min_results_seen=0)

        assert len(await until(store, buffer_of(study), lambda found: len(found) >= 100)) == 100


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
