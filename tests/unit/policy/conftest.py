"""A real store for the tests of the refiller."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay_server.store.sql import SqlStore
from assay_server.store.sqlite import open_sqlite
from assay_server.testing.clock import FakeClock


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """Empty."""
    opened = open_sqlite(tmp_path / "assay.db", FakeClock())
    yield opened
    await opened.close()
