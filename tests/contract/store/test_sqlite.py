"""SQLite keeps the promises of a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assay_server.ports import Store
from assay_server.store.sqlite import open_sqlite
from assay_server.testing.clock import FakeClock
from assay_server.testing.store_contract import StoreContract


class TestSqlite(StoreContract):
    """The embedded store."""

    @pytest.fixture
    def open_store(self, tmp_path: Path, clock: FakeClock) -> Callable[[], Store]:
        """Opens the file of this test."""
        return lambda: open_sqlite(tmp_path / "assay.db", clock)
