"""SqlUnitOfWork: one act's view of the store, over a cursor of an open transaction."""

from __future__ import annotations

from assay_server.store.buffer import Buffer
from assay_server.store.history import History
from assay_server.store.journal import Journal
from assay_server.store.rungs import Rungs
from assay_server.store.studies import Studies
from assay_server.store.trials import Trials


class SqlUnitOfWork(Studies, Trials, History, Rungs, Buffer, Journal):
    """ports.UnitOfWork. Who makes it begins and ends the transaction."""
