"""The promises of ports.Store and ports.UnitOfWork, as a suite for every implementation.

    class TestMine(StoreContract):
        @pytest.fixture
        def open_store(self, tmp_path, clock):
            return lambda: open_mine(tmp_path / "file", clock)

`open_store` opens the same store each time it is called, the one before it being closed. The suite is
asynchronous: it needs pytest-asyncio with `asyncio_mode = "auto"`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from assay_server.ports import Store
from assay_server.testing.clock import FakeClock
from assay_server.testing.store_acts import ActsContract, ListenersContract
from assay_server.testing.store_history import CandidatesContract, HistoryContract, JournalContract, RungsContract
from assay_server.testing.store_studies import StudiesContract, StudyListsContract
from assay_server.testing.store_trial_lists import TrialListsContract
from assay_server.testing.store_trials import TrialsContract


class StoreContract(
    StudiesContract,
    StudyListsContract,
    TrialsContract,
    TrialListsContract,
    HistoryContract,
    RungsContract,
    CandidatesContract,
    JournalContract,
    ActsContract,
    ListenersContract,
):
    """All of it; a subclass gives the fixture `open_store`."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        """The time of the store."""
        return FakeClock()

    @pytest.fixture
    async def store(self, open_store: Callable[[], Store]) -> AsyncIterator[Store]:
        """A fresh store."""
        store = open_store()
        yield store
        await store.close()
