"""What a store promises about acts: together or not at all, in order, durable, told to those who listen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from operator import methodcaller

import pytest

from assay_server.domain.errors import StudyNotFound, Unavailable
from assay_server.domain.listing import Filter, Page
from assay_server.domain.study import Tally
from assay_server.ports import Store, UnitOfWork
from assay_server.testing.builders import a_study, a_trial
from assay_server.testing.clock import FakeClock
from assay_server.testing.store_trials import STUDY, UID, add_trials


class ActsContract:
    """Acts and queries."""

    async def test_an_act_that_raises_has_no_effect(self, store: Store) -> None:
        """Not even of what it did before it raised; its caller sees its own error."""

        def act(uow: UnitOfWork) -> None:
            uow.add_study(STUDY)
            uow.add_trial(a_trial(1, study=STUDY))
            raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            await store.act(act)

        with pytest.raises(StudyNotFound):
            await store.read(lambda uow: uow.study(STUDY.name))

    async def test_the_others_of_a_batch_are_not_touched_by_one_that_raises(self, store: Store) -> None:
        """Acts given together: the good ones happen, each bad one alone is undone."""
        await add_trials(store)

        def add(uow: UnitOfWork, number: int) -> int:
            uow.add_trial(a_trial(number, study=STUDY))
            if number % 3 == 0:
                raise ValueError(f"number {number}")
            return number

        acts = [store.act(partial(add, number=n)) for n in range(1, 10)]
        results = await asyncio.gather(*acts, return_exceptions=True)

        good = [1, 2, 4, 5, 7, 8]
        assert [r for r in results if isinstance(r, int)] == good
        assert [str(r) for r in results if isinstance(r, ValueError)] == ["number 3", "number 6", "number 9"]
        trials = await store.read(lambda uow: uow.list_trials(UID, Filter(), Page(limit=99)))
        assert [t.number for t in trials] == good

    async def test_acts_run_one_after_the_other_in_order(self, store: Store) -> None:
        """Each sees what those before it have written, in the same batch too."""
        await add_trials(store)

        def count(uow: UnitOfWork) -> int:
            tally = uow.study_of(UID).tally
            uow.put_tally(UID, replace(tally, num_results=tally.num_results + 1))
            return tally.num_results

        assert await asyncio.gather(*(store.act(count) for _ in range(300))) == list(range(300))

    async def test_an_act_sees_its_own_writes(self, store: Store) -> None:
        """Before they are committed."""

        def act(uow: UnitOfWork) -> Tally:
            uow.add_study(STUDY)
            uow.put_tally(UID, Tally(num_created=3))
            return uow.study(STUDY.name).tally

        assert await store.act(act) == Tally(num_created=3)

    async def test_an_act_has_one_time(self, store: Store, clock: FakeClock) -> None:
        """It stands still while the act runs, and has a zone."""

        def act(uow: UnitOfWork) -> bool:
            before = uow.now
            clock.advance(1)
            return uow.now == before and before.tzinfo is not None

        assert await store.act(act)

    async def test_a_failed_act_undoes_what_caches_read(self, store: Store) -> None:
        """on_rollback is called once, the last one first; not for acts that succeed."""
        calls: list[str] = []

        def act(uow: UnitOfWork, name: str, *, fails: bool) -> None:
            uow.on_rollback(lambda: calls.append(f"{name} first"))
            uow.on_rollback(lambda: calls.append(f"{name} second"))
            if fails:
                raise ValueError(name)

        await store.act(lambda uow: act(uow, "good", fails=False))
        with pytest.raises(ValueError, match="bad"):
            await store.act(lambda uow: act(uow, "bad", fails=True))

        assert calls == ["bad second", "bad first"]

    async def test_a_query_sees_one_state_of_the_store(self, store: Store) -> None:
        """What is committed while it runs is not there for it; for the next one it is."""
        await add_trials(store)
        has_begun, may_go_on = threading.Event(), threading.Event()

        def query(uow: UnitOfWork) -> tuple[int, int]:
            before = uow.study_of(UID).tally.num_created
            has_begun.set()
            assert may_go_on.wait(60)
            return before, uow.study_of(UID).tally.num_created

        reading = asyncio.ensure_future(store.read(query))
        await asyncio.to_thread(has_begun.wait, 60)
        await store.act(lambda uow: uow.put_tally(UID, Tally(num_created=9)))
        may_go_on.set()

        assert await reading == (0, 0)
        assert await store.read(lambda uow: uow.study_of(UID).tally.num_created) == 9

    async def test_a_query_cannot_write(self, store: Store) -> None:
        """It fails, and nothing has changed."""
        with pytest.raises(Exception, match=r"(?i)read"):
            await store.read(lambda uow: uow.add_study(STUDY))

        with pytest.raises(StudyNotFound):
            await store.read(lambda uow: uow.study(STUDY.name))

    async def test_a_query_that_raises_is_told_to_its_caller(self, store: Store) -> None:
        """And the next query works."""

        def query(uow: UnitOfWork) -> None:
            uow.active_studies()
            raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            await store.read(query)

        assert await store.read(lambda uow: uow.active_studies()) == []

    async def test_an_act_whose_caller_went_away_before_it_began_is_dropped(self, store: Store) -> None:
        """Nobody waits for it. The act before it, with which it was given, sees to it that it is late."""
        acts: list[asyncio.Future[None]] = []

        def first(uow: UnitOfWork) -> None:
            uow.add_study(STUDY)
            acts[1].cancel()

        acts.append(asyncio.ensure_future(store.act(first)))
        acts.append(asyncio.ensure_future(store.act(lambda uow: uow.add_trial(a_trial(1, study=STUDY)))))
        await asyncio.gather(*acts, return_exceptions=True)

        assert [act.cancelled() for act in acts] == [False, True]
        assert await store.read(lambda uow: uow.list_trials(UID, Filter(), Page(limit=9))) == []

    async def test_an_act_whose_caller_went_away_while_it_ran_completes(self, store: Store) -> None:
        """Half an act would be worse than one nobody waits for."""
        acts: list[asyncio.Future[None]] = []

        def act(uow: UnitOfWork) -> None:
            uow.add_study(STUDY)
            acts[0].cancel()
            uow.add_trial(a_trial(1, study=STUDY))

        acts.append(asyncio.ensure_future(store.act(act)))
        with pytest.raises(asyncio.CancelledError):
            await acts[0]
        await store.act(lambda uow: uow.active_studies())

        assert await store.read(lambda uow: uow.study(STUDY.name)) == STUDY
        assert len(await store.read(lambda uow: uow.list_trials(UID, Filter(), Page(limit=9)))) == 1


class ListenersContract:
    """Who is told of changes, and how it ends."""

    async def test_listeners_hear_which_studies_changed(self, store: Store) -> None:
        """After the commit; not of acts that failed, nor of those that wrote nothing."""
        heard: list[str] = []
        store.subscribe(heard.extend)
        other = a_study("other")
        await add_trials(store)
        await store.act(lambda uow: uow.active_studies())

        def fails(uow: UnitOfWork) -> None:
            uow.add_study(other)
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            await store.act(fails)
        await store.act(lambda uow: uow.put_tally(UID, Tally()))

        await asyncio.sleep(0)
        assert heard == [UID, UID]

    async def test_a_listener_that_ended_its_subscription_hears_nothing(self, store: Store) -> None:
        """And one listener's fault does not keep the others from hearing."""
        heard: list[frozenset[str]] = []
        quiet = store.subscribe(lambda _: heard.append(frozenset({"never"})))
        store.subscribe(heard.append)
        quiet()

        await add_trials(store)
        await asyncio.sleep(0)

        assert heard == [frozenset({UID})]

    async def test_closing_finishes_what_was_accepted(self, store: Store, open_store: Callable[[], Store]) -> None:
        """Then acts and queries are refused with Unavailable; what was stored is there when it is opened again."""
        accepted = [store.act(methodcaller("add_study", a_study(f"s{n}"))) for n in range(50)]
        await store.close()
        await asyncio.gather(*accepted)

        with pytest.raises(Unavailable):
            await store.act(lambda uow: uow.active_studies())
        with pytest.raises(Unavailable):
            await store.read(lambda uow: uow.active_studies())

        again = open_store()
        assert len(await again.read(lambda uow: uow.active_studies())) == 50
        await again.close()

    async def test_closing_twice_is_closing_once(self, store: Store) -> None:
        """The second call waits for the same end."""
        await asyncio.gather(store.close(), store.close())
        await store.close()
