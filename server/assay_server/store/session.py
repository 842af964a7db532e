"""Session: runs statements for one act, and remembers what it touched."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock
from typing import Protocol

from assay_server.domain.trial import Trial
from assay_server.store.rows.cells import Params, Row
from assay_server.store.rows.study import Plans

logger = logging.getLogger(__name__)

MAX_PLANS = 256
"""Studies whose parsed plans are kept; an active one is among them."""


class Cursor(Protocol):
    """What is needed of a DB-API cursor."""

    @property
    def rowcount(self) -> int: ...
    def execute(self, sql: str, parameters: Params = ..., /) -> object: ...
    def executemany(self, sql: str, seq_of_parameters: Sequence[Params], /) -> object: ...
    def fetchall(self) -> list[Row]: ...


class PlanCache:
    """Parsed plans by the digest of their text: never stale, whoever wrote them. Shared by threads."""

    def __init__(self) -> None:
        self._plans: OrderedDict[str, Plans] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: str, load: Callable[[], Plans]) -> Plans:
        """The plans with that digest, from *load* the first time."""
        with self._lock:
            if (known := self._plans.get(digest)) is not None:
                self._plans.move_to_end(digest)
                return known
        plans = load()
        with self._lock:
            self._plans[digest] = plans
            while len(self._plans) > MAX_PLANS:
                self._plans.popitem(last=False)
        return plans


class Session:
    """One act's or query's access to the rows."""

    def __init__(self, cursor: Cursor, now: datetime, plans: PlanCache) -> None:
        self._cursor = cursor
        self._now = now
        self._plans = plans
        self._undo: list[Callable[[], None]] = []
        self._read: dict[tuple[str, int], tuple[Trial, Row]] = {}
        """Trials that this act has read, by study and number, with their rows."""
        self.changed: set[str] = set()
        """Uids of studies that were written to."""
        self.has_written = False
        """Whether there is a savepoint `act` to return to. It is not released: the commit does that for all."""

    @property
    def now(self) -> datetime:
        """When it happens."""
        return self._now

    def on_rollback(self, undo: Callable[[], None]) -> None:
        """Keep *undo* for `rolled_back`."""
        self._undo.append(undo)

    def rolled_back(self) -> None:
        """Tell those who asked, the last one first, that nothing has happened."""
        while self._undo:
            try:
                self._undo.pop()()
            except Exception:
                logger.exception("a cache could not undo what an act had done")

    def _rows(self, sql: str, params: Params) -> list[Row]:
        self._cursor.execute(sql, params)
        return self._cursor.fetchall()

    def _row(self, sql: str, params: Params) -> Row | None:
        rows = self._rows(sql, params)
        return rows[0] if rows else None

    def _write(self, study_uid: str, sql: str, params: Params) -> int:
        """Run a statement that changes a study; the number of rows it touched."""
        self._begin_writing()
        self.changed.add(study_uid)
        self._cursor.execute(sql, params)
        return self._cursor.rowcount

    def _write_all(self, study_uid: str, sql: str, params: Sequence[Params]) -> None:
        self._begin_writing()
        self.changed.add(study_uid)
        self._cursor.executemany(sql, params)

    def _begin_writing(self) -> None:
        """To be called before the first statement that writes."""
        if not self.has_written:
            self._cursor.execute("SAVEPOINT act")
            self.has_written = True
