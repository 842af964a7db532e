"""Driver: what differs between databases when a transaction is run; statements' differences are in `dialect.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from assay_server.store.session import Cursor


class Connection(Protocol):
    """What is needed of a DB-API connection that leaves transactions to us."""

    @property
    def in_transaction(self) -> bool: ...
    def cursor(self) -> Cursor: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """How to reach one database."""

    connect_reader: Callable[[], Connection]
    """A connection that cannot write. From any thread, which then is the only one to use it."""
    begin: str
    """Begins a transaction that writes. Fails at once, not after a while, when somebody else holds the database."""
    begin_read: str
    """Begins a transaction whose queries see the same state of the database."""
    error: type[Exception]
    """Root of what statements raise."""
    is_busy: Callable[[Exception], bool]
    """Whether such an error says that somebody else holds the database."""
    trouble: Callable[[BaseException], str | None]
    """What is wrong with the database, for callers, if an error says so; None if it is an error of the act."""
