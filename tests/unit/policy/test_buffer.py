"""The refiller on a real store: askers find candidates, as fresh as they must be, and no error ends it."""

from dataclasses import replace

from assay_server.domain.candidate import Candidate
from assay_server.domain.event import Severity
from assay_server.domain.space import Boolean, Categorical, Parameter, SearchSpace
from assay_server.domain.strategy import Bayesian, Freshness, Random, Sobol
from assay_server.store.sql import SqlStore
from tests.unit.policy.desks import LocalHost, begin, buffer_of, learn, take, until
from tests.unit.policy.refilling import of, refilled

FINITE = SearchSpace(
    parameters=(
        Parameter(name="act", kind=Categorical(values=("relu", "gelu"))),
        Parameter(name="norm", kind=Boolean()),
    )
)


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
