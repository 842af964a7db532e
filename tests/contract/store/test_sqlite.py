"""SQLite keeps the promises of a store, also when its process is killed."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assay_server.domain.listing import Filter, Page
from assay_server.ports import Store
from assay_server.store.errors import StoreInUse
from assay_server.store.sqlite import BUSY_TIMEOUT_S, open_sqlite
from assay_server.testing.builders import a_study
from assay_server.testing.clock import FakeClock
from assay_server.testing.store_contract import StoreContract

WRITER = Path(__file__).with_name("endless_writer.py")


class TestSqlite(StoreContract):
    """The embedded store."""

    @pytest.fixture
    def open_store(self, tmp_path: Path, clock: FakeClock) -> Callable[[], Store]:
        """Opens the file of this test."""
        return lambda: open_sqlite(tmp_path / "assay.db", clock)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that adds trials without end, 8 at a time, and prints the number of each that was acknowledged."""
    command = [sys.executable, str(WRITER), str(tmp_path / "assay.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.chaos
async def test_what_was_acknowledged_survives_kill_9(writer: subprocess.Popen[str], tmp_path: Path) -> None:
    """Killed in the middle of writing: every acknowledged act is there, each act whole or not at all."""
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(200)]
    writer.kill()
    acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]

    store = open_sqlite(tmp_path / "assay.db", FakeClock())
    study = await store.read(lambda uow: uow.study(a_study().name))
    trials = await store.read(lambda uow: uow.list_trials(study.uid, Filter(), Page(limit=10**6)))
    measured = [await store.read(lambda uow, n=t.number: uow.measurements(study.uid, n)) for t in trials]  # type: ignore[misc]  # a lambda's default
    await store.close()

    stored = [t.number for t in trials]
    assert set(acknowledged) <= set(stored)
    assert stored == list(range(1, len(stored) + 1))
    assert study.tally.num_created == len(stored)
    assert all(len(m) == 1 for m in measured)


@pytest.mark.chaos
async def test_a_second_server_on_the_same_file_is_refused(writer: subprocess.Popen[str], tmp_path: Path) -> None:
    """The message names the file and the process; once that one is dead, by whatever means, the file is free."""
    assert writer.stdout is not None
    writer.stdout.readline()

    with pytest.raises(StoreInUse, match=rf"assay.db is in use by the server with process id {writer.pid}; stop it"):
        open_sqlite(tmp_path / "assay.db", FakeClock())

    writer.kill()
    writer.wait()
    await open_sqlite(tmp_path / "assay.db", FakeClock()).close()


async def test_somebody_else_who_holds_the_file_makes_acts_wait_and_nothing_else(tmp_path: Path) -> None:
    """A shell's transaction, say. The event loop goes on; when it has ended, the acts happen."""
    store = open_sqlite(tmp_path / "assay.db", FakeClock())
    shell = sqlite3.connect(tmp_path / "assay.db", isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    act = asyncio.ensure_future(store.act(lambda uow: uow.add_study(a_study())))
    async with asyncio.timeout(BUSY_TIMEOUT_S / 2):
        for _ in range(3):
            assert await store.read(lambda uow: uow.active_studies()) == []
    assert not act.done()

    shell.execute("COMMIT")
    shell.close()
    await act
    assert await store.read(lambda uow: uow.study(a_study().name)) == a_study()
    await store.close()
