"""A service over a fresh SQLite file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay_server.store.sqlite import open_sqlite
from assay_server.testing.clock import FakeClock
from tests.unit.app.service import Service


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Nothing in it yet."""
    clock = FakeClock()
    store = open_sqlite(tmp_path / "assay.db", clock)
    yield Service(store, clock)
    await store.close()
