"""The writer in trouble: full disks, lost transactions, failing commits. Nothing hangs, nothing is half done."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from assay_server.domain.errors import StudyNotFound, Unavailable
from assay_server.domain.listing import Filter, Page
from assay_server.domain.trial import Checkpoint
from assay_server.ports import UnitOfWork
from assay_server.store.driver import Driver
from assay_server.store.schema import prepare
from assay_server.store.sql import SqlStore
from assay_server.store.sqlite import connect_reader, is_busy, trouble
from assay_server.store.writer import MAX_BATCH_S
from assay_server.testing.builders import a_study, a_trial
from assay_server.testing.clock import FakeClock

STUDY = a_study("digits")
TRIAL = a_trial(1, study=STUDY)


class FaultyConnection(sqlite3.Connection):
    """Its next commits fail, as a disk's do, or take long."""

    commits_to_fail = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.in_commit, self.may_commit = threading.Event(), threading.Event()
        self.may_commit.set()

    def cursor(self, factory: object = None) -> FaultyCursor:  # type: ignore[override]  # always ours
        assert factory is None
        return super().cursor(FaultyCursor)


class FaultyCursor(sqlite3.Cursor):
    """Of a FaultyConnection."""

    def execute(self, sql: str, parameters: Mapping[str, object] = {}, /) -> FaultyCursor:  # type: ignore[override]
        faulty = self.connection
        assert isinstance(faulty, FaultyConnection)
        if sql == "COMMIT":
            faulty.in_commit.set()
            assert faulty.may_commit.wait(60)
        if sql == "COMMIT" and faulty.commits_to_fail:
            faulty.commits_to_fail -= 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        super().execute(sql, parameters)
        return self


@pytest.fixture
def connection(tmp_path: Path) -> FaultyConnection:
    """To a fresh file."""
    path = tmp_path / "assay.db"
    out = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False, factory=FaultyConnection)
    out.execute("PRAGMA journal_mode = WAL")
    prepare(out, path)
    return out


@pytest.fixture
def commits() -> list[int]:
    """Sizes of the batches that `store` has settled."""
    return []


@pytest_asyncio.fixture
async def store(connection: FaultyConnection, commits: list[int], tmp_path: Path) -> AsyncIterator[SqlStore]:
    """A store over that connection."""
    driver = Driver(
        connect_reader=lambda: connect_reader(tmp_path / "assay.db"),
        begin="BEGIN IMMEDIATE",
        begin_read="BEGIN",
        error=sqlite3.Error,
        is_busy=is_busy,
        trouble=trouble,
    )
    store = SqlStore(
        driver=driver,
        connection=connection,
        clock=FakeClock(),
        release=lambda: None,
        on_commit=lambda size, _: commits.append(size),
    )
    yield store
    await store.close()


@asynccontextmanager
async def slow_commit(store: SqlStore, connection: FaultyConnection) -> AsyncIterator[asyncio.Future[None]]:
    """While it is open, the disk makes the commit of an act that has added STUDY wait; that act's answer."""
    connection.in_commit.clear()
    connection.may_commit.clear()
    held = asyncio.ensure_future(store.act(lambda uow: uow.add_study(STUDY)))
    await asyncio.to_thread(connection.in_commit.wait, 60)
    try:
        yield held
    finally:
        connection.may_commit.set()


async def test_nobody_is_answered_before_the_commit(store: SqlStore, connection: FaultyConnection) -> None:
    """Nor is anything seen of the act; meanwhile the loop goes on."""
    async with slow_commit(store, connection) as held:
        with pytest.raises(StudyNotFound):
            await store.read(lambda uow: uow.study(STUDY.name))
        assert not held.done()
    await held
    assert await store.read(lambda uow: uow.study(STUDY.name)) == STUDY


async def test_an_act_whose_caller_went_away_during_the_commit_is_stored(
    store: SqlStore, connection: FaultyConnection
) -> None:
    """What has run is not taken back."""
    async with slow_commit(store, connection) as held:
        held.cancel()
    await store.act(lambda uow: uow.now)

    assert await store.read(lambda uow: uow.study(STUDY.name)) == STUDY


async def test_an_act_whose_caller_went_away_during_the_commit_before_it_is_dropped(
    store: SqlStore, connection: FaultyConnection
) -> None:
    """Acts wait for the commit under way; who leaves in that time has asked for nothing."""
    async with slow_commit(store, connection) as held:
        waiting = asyncio.ensure_future(store.act(lambda uow: uow.add_trial(TRIAL)))
        await store.read(lambda uow: uow.active_studies())
        waiting.cancel()
    await held
    await store.act(lambda uow: uow.now)

    assert await store.read(lambda uow: uow.list_trials(STUDY.uid, Filter(), Page(limit=9))) == []


async def test_closing_waits_for_a_slow_commit_and_for_what_waits_behind_it(
    store: SqlStore, connection: FaultyConnection
) -> None:
    """All that was accepted is answered; the rest is refused."""
    async with slow_commit(store, connection) as held:
        waiting = asyncio.ensure_future(store.act(lambda uow: uow.study(STUDY.name)))
        closing = asyncio.ensure_future(store.close())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await store.act(lambda uow: uow.now)
        assert not closing.done()
    await asyncio.gather(held, closing)

    assert await waiting == STUDY


async def test_acts_that_take_long_are_not_run_in_one_go(store: SqlStore, commits: list[int]) -> None:
    """The loop is not held up for more than the time of a batch and one act; order is kept."""

    def slow(uow: UnitOfWork, number: int) -> None:
        uow.add_study(a_study(f"s{number}"))
        began = time.perf_counter()
        while time.perf_counter() < began + 1.1 * MAX_BATCH_S:
            pass

    await asyncio.gather(*(store.act(partial(slow, number=n)) for n in range(3)))
    await asyncio.sleep(0)

    assert commits == [1, 1, 1]


async def test_a_commit_that_fails_once_is_made_again(store: SqlStore, connection: FaultyConnection) -> None:
    """All acts of the batch are undone, then run again: each has its effect exactly once."""
    undone: list[str] = []

    def act(uow: UnitOfWork) -> str:
        uow.on_rollback(lambda: undone.append("undone"))
        uow.add_study(STUDY)
        return "done"

    connection.commits_to_fail = 1

    assert await store.act(act) == "done"
    assert undone == ["undone"]
    assert await store.read(lambda uow: uow.study(STUDY.name)) == STUDY


async def test_a_commit_that_fails_twice_is_told_to_every_caller(store: SqlStore, connection: FaultyConnection) -> None:
    """With what is wrong; nothing has changed; the next act works."""
    undone: list[str] = []

    def act(uow: UnitOfWork, name: str) -> None:
        uow.on_rollback(lambda: undone.append(name))
        uow.add_study(a_study(name))

    connection.commits_to_fail = 2
    results = await asyncio.gather(
        *(store.act(partial(act, name=name)) for name in ("a", "b")),
        return_exceptions=True,
    )

    told = [r for r in results if r is not None]
    assert told
    for error in told:
        assert isinstance(error, Unavailable)
        assert str(error) == "the database cannot be used: disk I/O error"
    assert undone.count("a") == 2
    with pytest.raises(StudyNotFound):
        await store.read(lambda uow: uow.study(a_study("a").name))
    await store.act(lambda uow: uow.add_study(a_study("a")))


async def test_a_full_disk_ends_in_a_precise_error(store: SqlStore, connection: FaultyConnection) -> None:
    """Not in a hang, nor in a half of an act; with space again, acts work again."""
    await store.act(lambda uow: uow.add_study(STUDY))
    connection.execute("PRAGMA max_page_count = 60")
    big = Checkpoint(uri="x" * 1_000_000)

    def act(uow: UnitOfWork) -> None:
        uow.add_trial(TRIAL)
        uow.put_trial(replace(TRIAL, checkpoint=big))

    with pytest.raises(Unavailable, match="the database cannot be used: database or disk is full"):
        await store.act(act)

    assert await store.read(lambda uow: uow.list_trials(STUDY.uid, Filter(), Page(limit=9))) == []
    connection.execute("PRAGMA max_page_count = 1000000")
    await store.act(act)


async def test_a_lost_transaction_costs_the_others_nothing(store: SqlStore, connection: FaultyConnection) -> None:
    """When the database gives up the whole transaction, the acts before and after in the batch still happen."""

    def lose(uow: UnitOfWork) -> None:
        connection.execute("ROLLBACK")
        uow.study_of(STUDY.uid)
        raise sqlite3.OperationalError("out of memory")

    async with slow_commit(store, connection) as held:
        batch = [
            store.act(lambda uow: uow.add_trial(TRIAL)),
            store.act(lose),
            store.act(lambda uow: uow.add_trial(replace(TRIAL, number=2))),
        ]
    await held
    first, lost, last = await asyncio.gather(*batch, return_exceptions=True)

    assert isinstance(lost, Unavailable)
    found = await store.read(lambda uow: uow.list_trials(STUDY.uid, Filter(), Page(limit=9)))
    assert (first, last, [t.number for t in found]) == (None, None, [1, 2])


async def test_what_arrives_during_a_commit_is_one_batch(
    store: SqlStore, connection: FaultyConnection, commits: list[int]
) -> None:
    """A hundred acts given while the disk is busy are made durable together."""
    async with slow_commit(store, connection) as held:
        acts = [store.act(lambda uow: uow.now) for _ in range(100)]
    await asyncio.gather(held, *acts)
    await asyncio.sleep(0)

    assert commits == [1, 100]


async def test_a_listener_that_raises_does_not_silence_the_others(store: SqlStore) -> None:
    """The loop's exception handler hears of it; answers and other listeners are not touched."""
    problems: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(str(context["exception"])))
    heard: list[frozenset[str]] = []

    def broken(_: frozenset[str]) -> None:
        raise RuntimeError("broken listener")

    store.subscribe(broken)
    store.subscribe(heard.append)
    await store.act(lambda uow: uow.add_study(STUDY))
    await asyncio.sleep(0)

    assert heard == [frozenset({STUDY.uid})]
    assert problems == ["broken listener"]


async def test_whatever_an_act_raises_reaches_its_caller(store: SqlStore) -> None:
    """Also what a future would refuse to carry; the writer lives on."""

    def stops(_: UnitOfWork) -> None:
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.act(stops)

    assert await store.act(lambda uow: uow.active_studies()) == []
