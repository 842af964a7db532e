"""Waiting: askers who found nothing wait, in order, and no trial is lost on the way to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from assay_server.app.once import Once
from assay_server.app.suggest import Suggest, Suggestion
from assay_server.app.waiting import Waiting
from assay_server.domain.budget import Budget
from assay_server.domain.errors import InvalidArgument, RequestIdReused, StudyNotFound
from assay_server.domain.strategy import Freshness, Phase, Random, Strategy
from assay_server.domain.study import StudySpec
from assay_server.ports import Store, UnitOfWork
from tests.unit.app.service import STUDY, Service, a_plain_spec, measured

T = TypeVar("T")
LONG_S = 60.0
"""Longer than any test: who waits so long waits for ever."""


class Source:
    """Keeps ports.CandidateSource: remembers what was wanted; the test adds the candidates."""

    def __init__(self) -> None:
        self.wants: list[tuple[int, int]] = []
        """Count and results to have seen."""

    def want(self, study_uid: str, *, count: int, min_results_seen: int) -> None:
        assert study_uid
        self.wants.append((count, min_results_seen))


class StoreBetween:
    """Keeps ports.Store; does something more after the first act."""

    def __init__(self, store: Store, then: Callable[[], Awaitable[None]]) -> None:
        self._store, self._then, self._is_first = store, then, True

    async def act(self, act: Callable[[UnitOfWork], T]) -> T:
        result = await self._store.act(act)
        if self._is_first:
            self._is_first = False
            await self._then()
        return result

    def read(self, query: Callable[[UnitOfWork], T]) -> Awaitable[T]:
        return self._store.read(query)

    def subscribe(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        return self._store.subscribe(listener)

    async def close(self) -> None:
        await self._store.close()


class Askers:
    """Workers who ask and wait."""

    def __init__(self, service: Service) -> None:
        self.service, self.source = service, Source()
        self.waiting = Waiting(service.store, self.source, service.tools)

    async def ask(self, worker: str, *, timeout_s: float = LONG_S, request: Once | None = None, count: int = 1) -> str:
        """Numbers of the trials that it was given, or why there are none."""
        ask = Suggest(study=STUDY, worker=worker, count=count)
        answer = await self.waiting.suggest(ask, request=request, encode=shown, timeout_s=timeout_s)
        return answer.decode()

    async def line_up(self, *workers: str, request: Once | None = None) -> list[asyncio.Task[str]]:
        """They all wait now, in this order."""
        tasks = []
        for worker in workers:
            tasks.append(asyncio.create_task(self.ask(worker, request=request)))
            await self.settle()
        return tasks

    async def settle(self) -> None:
        """Whatever was begun has come to its end, or waits: acts are run in the order in which they came."""
        for _ in range(3):
            await asyncio.sleep(0)
            await self.service.act(lambda _: None)


def shown(suggestion: Suggestion) -> bytes:
    """An encoding to compare."""
    reason = suggestion.end_reason.value if suggestion.end_reason else "nothing yet"
    return (",".join(str(t.number) for t in suggestion.trials) or reason).encode()


def once(request_id: str, fingerprint: bytes = b"same") -> Once:
    return Once(project="default", request_id=request_id, fingerprint=fingerprint)


def a_strict_spec() -> StudySpec:
    strategy = Strategy(phases=(Phase(generator=Random()),), freshness=Freshness.STRICT)
    return replace(a_plain_spec(), strategy=strategy)


@pytest.fixture
async def askers(service: Service) -> AsyncIterator[Askers]:
    """Nobody yet."""
    askers = Askers(service)
    yield askers
    assert askers.waiting.num_studies == 0, "something is kept for those who are gone"
    askers.waiting.close()


async def test_what_is_ready_is_handed_out_at_once(service: Service, askers: Askers) -> None:
    """Nobody is asked for more."""
    await service.create()
    await service.fill(0.1)

    assert await askers.ask("u", timeout_s=0) == "1"
    assert askers.source.wants == []


async def test_who_waits_is_given_what_comes(service: Service, askers: Askers) -> None:
    """The source was told that somebody waits."""
    await service.create()
    (task,) = await askers.line_up("u")
    assert askers.source.wants == [(1, 0)]

    await service.fill(0.1)

    assert await task == "1"


async def test_who_waits_is_given_what_another_worker_gives_back(service: Service, askers: Askers) -> None:
    """Anything that makes a trial available ends the waiting, not candidates alone."""
    await service.create()
    await service.fill(0.1)
    trial = await service.begin("v")
    (task,) = await askers.line_up("u")

    await service.release(trial)

    assert await task == "1"


async def test_first_come_first_served(service: Service, askers: Askers) -> None:
    """Of those who wait."""
    await service.create()
    tasks = await askers.line_up("u", "v", "w")

    for lr in (0.1, 0.2, 0.3):
        await service.fill(lr)
        await askers.settle()

    assert await asyncio.gather(*tasks) == ["1", "2", "3"]
    assert {(await service.trial(n)).lease.worker for n in (1, 2, 3)} == {"u", "v", "w"}  # type: ignore[union-attr]


async def test_many_at_once_go_to_as_many(service: Service, askers: Askers) -> None:
    """One change serves all who wait, though only the first is woken by it."""
    await service.create()
    tasks = await askers.line_up("u", "v", "w")

    await service.fill(0.1, 0.2, 0.3)

    assert await asyncio.gather(*tasks) == ["1", "2", "3"]


async def test_the_source_hears_how_many_wait(service: Service, askers: Askers) -> None:
    """When the first is served, the next one says that there are others."""
    await service.create()
    tasks = await askers.line_up("u", "v", "w")

    await service.fill(0.1)
    await askers.settle()

    assert askers.source.wants[-1] == (2, 0)
    await service.fill(0.2, 0.3)
    await asyncio.gather(*tasks)


async def test_no_more_is_wanted_than_may_run(service: Service, askers: Askers) -> None:
    """Of three who wait one has a slot: two more candidates would only grow stale."""
    await service.create(a_plain_spec(budget=Budget(parallelism=1)))
    tasks = await askers.line_up("u", "v", "w")
    await service.budget(Budget(parallelism=1, max_trials=9))  # any change wakes the first of them
    await askers.settle()

    assert {count for count, _ in askers.source.wants} == {1}
    await service.stop()
    await asyncio.gather(*tasks)


async def test_nothing_is_wanted_when_no_more_may_run(service: Service, askers: Askers) -> None:
    """The one that runs takes the only slot."""
    await service.create(a_plain_spec(budget=Budget(parallelism=1)))
    await service.fill(0.1, 0.2)
    trial = await service.begin("v")
    (task,) = await askers.line_up("u")
    assert askers.source.wants == []

    await service.complete(trial, measured(0, loss=1.0))

    assert await task == "2"


async def test_fewer_than_asked_for_are_handed_out_and_the_others_ordered(service: Service, askers: Askers) -> None:
    """They are there when the worker asks again."""
    await service.create()
    await service.fill(0.1)

    assert await askers.ask("u", count=3) == "1"
    assert askers.source.wants == [(2, 0)]


async def test_waiting_ends_with_the_time(service: Service, askers: Askers) -> None:
    """Empty-handed; also for those who wait behind another one."""
    await service.create()
    (first,) = await askers.line_up("u")

    assert await askers.ask("v", timeout_s=0) == "nothing yet"

    await service.fill(0.1)
    assert await first == "1"


async def test_a_trial_that_was_taken_as_the_time_ran_out_is_handed_out(service: Service) -> None:
    """The act had begun: its answer is given, not thrown away."""
    await service.create()
    askers = Askers(service)
    askers.waiting = Waiting(StoreBetween(service.store, lambda: service.fill(0.1)), askers.source, service.tools)

    assert await askers.ask("u", timeout_s=0) == "1"


async def test_who_goes_away_is_passed_over(service: Service, askers: Askers) -> None:
    """The next in line is given what comes; no wake-up is lost with the one who was first."""
    await service.create()
    first, second, third = await askers.line_up("u", "v", "w")
    first.cancel()
    second.cancel()

    await service.fill(0.1)

    assert await third == "1"
    assert (await service.study()).tally.num_created == 1


async def test_who_goes_away_in_the_middle_of_an_act_loses_nothing(service: Service, askers: Askers) -> None:
    """Either it was not given the trial, or it holds it and is given it when it asks again."""
    await service.create()
    (task,) = await askers.line_up("u")
    filled = asyncio.ensure_future(service.fill(0.1))
    await filled
    await asyncio.sleep(0)  # woken: its act is on the way
    task.cancel()
    await askers.settle()

    assert await askers.ask("u") == "1"
    assert (await service.study()).tally.num_created == 1


async def test_a_call_that_is_repeated_while_it_waits_gets_the_same_answer(service: Service, askers: Askers) -> None:
    """One trial, two answers: the first connection may have broken without our knowing."""
    await service.create()
    tasks = await askers.line_up("u", "u", request=once("r"))

    await service.fill(0.1, 0.2)

    assert await asyncio.gather(*tasks) == ["1", "1"]
    assert (await service.study()).tally.num_created == 1


async def test_an_answer_with_trials_is_remembered(service: Service, askers: Askers) -> None:
    """Also when they are long finished."""
    await service.create()
    await service.fill(0.1, 0.2)
    assert await askers.ask("u", request=once("r")) == "1"
    await service.complete(await service.trial(1), measured(0, loss=1.0))

    assert await askers.ask("u", request=once("r")) == "1"


async def test_an_empty_answer_is_not_remembered(service: Service, askers: Askers) -> None:
    """Asked again there may be something."""
    await service.create()
    assert await askers.ask("u", request=once("r"), timeout_s=0) == "nothing yet"
    await service.fill(0.1)

    assert await askers.ask("u", request=once("r")) == "1"


async def test_a_request_id_is_of_one_request(service: Service, askers: Askers) -> None:
    """With another payload it is refused, and nothing is handed out."""
    await service.create()
    await service.fill(0.1, 0.2)
    await askers.ask("u", request=once("r", b"one"))

    with pytest.raises(RequestIdReused):
        await askers.ask("v", request=once("r", b"other"))

    assert (await service.study()).tally.num_created == 1


async def test_the_end_of_a_study_ends_all_waiting(service: Service, askers: Askers) -> None:
    """Everyone is told why."""
    await service.create()
    tasks = await askers.line_up("u", "v")

    await service.stop()

    assert await asyncio.gather(*tasks) == ["STOPPED_BY_USER"] * 2


async def test_a_study_that_is_deleted_ends_all_waiting(service: Service, askers: Askers) -> None:
    """It is not there any more."""
    study = await service.create()
    tasks = await askers.line_up("u", "v")

    await service.act(lambda uow: uow.delete_study(study.uid))

    refusals = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(r) for r in refusals] == [StudyNotFound] * 2


async def test_a_server_that_stops_sends_everyone_away(service: Service, askers: Askers) -> None:
    """Empty-handed, to come again elsewhere."""
    await service.create()
    tasks = await askers.line_up("u", "v", "w")

    askers.waiting.close()

    assert await asyncio.gather(*tasks) == ["nothing yet"] * 3


async def test_a_bad_question_is_refused_at_once(service: Service, askers: Askers) -> None:
    """Nobody waits with it."""
    await service.create()

    with pytest.raises(InvalidArgument):
        await askers.ask("u", count=65)


async def test_results_that_arrive_while_one_waits_need_not_be_seen(service: Service, askers: Askers) -> None:
    """STRICT: all data that was there when it asked, so that a busy study does not starve anyone."""
    await service.create(a_strict_spec())
    await service.fill(0.1)
    trial = await service.begin("v")
    (task,) = await askers.line_up("u")

    await service.complete(trial, measured(0, loss=1.0))
    await service.fill(0.2, seen=0)

    assert await task == "2"


async def test_a_strict_asker_does_not_take_what_has_seen_less(service: Service, askers: Askers) -> None:
    """It waits for a candidate that knows the result."""
    await service.create(a_strict_spec())
    await service.fill(0.1)
    await service.complete(await service.begin("v"), measured(0, loss=1.0))
    await service.fill(0.2, seen=0)
    (task,) = await askers.line_up("u")
    assert askers.source.wants == [(1, 1)]

    await service.fill(0.3, seen=1)

    assert await task == "2"
    assert (await service.trial(2)).configuration == {"lr": 0.3}


async def test_two_strict_askers_are_served_each_with_what_it_must_have_seen(service: Service, askers: Askers) -> None:
    """The first asked before the result, the second after it: what satisfies the first is not enough for the second."""
    await service.create(a_strict_spec())
    await service.fill(0.1)
    trial = await service.begin("v")
    (first,) = await askers.line_up("u")
    await service.complete(trial, measured(0, loss=1.0))
    (second,) = await askers.line_up("w")

    await service.fill(0.2, 0.3, seen=0)
    assert await first == "2"
    await askers.settle()
    assert not second.done()
    await service.fill(0.4, seen=1)

    assert await second == "3"
    assert (await service.trial(3)).configuration == {"lr": 0.4}
