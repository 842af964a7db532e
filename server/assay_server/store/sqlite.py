"""SQLite: how a file is opened, locked, and what its errors mean. The place of what other databases do otherwise."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from assay_server.ports import Clock
from assay_server.store.driver import Driver
from assay_server.store.errors import StoreError, StoreInUse
from assay_server.store.schema import prepare
from assay_server.store.sql import SqlStore

BUSY_TIMEOUT_S = 10.0
"""Only someone outside Assay (a backup, a shell) can hold a lock; what runs in a thread waits that long for them."""
CACHE_KIB = 8 * 1024
"""Pages in memory of the connection that writes: what acts touch again. The system caches the rest of the file."""
READER_CACHE_KIB = 2 * 1024
"""The same of each that reads: long lists pass through it once, and a long history shall not show in our memory."""
WAL_LIMIT_BYTES = 64 * 1024 * 1024
"""The log is cut back to this after a long reader let it grow."""

_BROKEN = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}


def open_sqlite(path: Path | str, clock: Clock, *, on_commit: Callable[[int, float], None] | None = None) -> SqlStore:
    """Open or make the file, alone; bring its schema up to date.

    *on_commit* is told, on the event loop, how many acts each commit had and how many seconds it took.

    Raises:
        StoreInUse: another server has it.
        UnknownSchema: a newer version of Assay wrote it.
        StoreError: the file cannot be opened.
    """
    path = Path(path).absolute()
    release = _lock(path)
    try:
        connection = connect(path)
        prepare(connection, path)
        connection.execute("PRAGMA busy_timeout = 0")  # acts run on the event loop: the writer waits without holding it
    except sqlite3.Error as error:
        release()
        raise StoreError(f"cannot open {path}: {error}") from error
    except BaseException:
        release()
        raise
    driver = Driver(
        connect_reader=lambda: connect_reader(path),
        begin="BEGIN IMMEDIATE",
        begin_read="BEGIN",
        error=sqlite3.Error,
        is_busy=is_busy,
        trouble=trouble,
    )
    return SqlStore(driver=driver, connection=connection, clock=clock, release=release, on_commit=on_commit)


def connect(path: Path, *, cache_kib: int = CACHE_KIB) -> sqlite3.Connection:
    """The connection that writes: WAL, and every commit is on the disk before it returns."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        f"cache_size = -{cache_kib}",
        f"journal_size_limit = {WAL_LIMIT_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    connection = connect(path, cache_kib=READER_CACHE_KIB)
    connection.execute("PRAGMA query_only = ON")
    return connection


def is_busy(error: Exception) -> bool:
    """Whether somebody else holds the file."""
    return _code(error) == sqlite3.SQLITE_BUSY


def trouble(error: BaseException) -> str | None:
    """What is wrong with the database, if *error* says so; None for any other error."""
    if not isinstance(error, sqlite3.Error):
        return None
    return f"the database cannot be used: {error}" if _code(error) in _BROKEN else None


def _code(error: BaseException) -> int:
    """SQLite's code of *error*, 0 if it has none."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF  # the higher bits say it in more detail


def _lock(path: Path) -> Callable[[], None]:
    """Take the file for this process; the operating system gives it back whatever happens to us."""
    if not path.parent.is_dir():
        raise StoreError(f"cannot open {path}: there is no directory {path.parent}")
    lock, holder = FileLock(f"{path}.lock"), Path(f"{path}.pid")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StoreInUse(path, pid=_pid_in(holder)) from None
    except OSError as error:
        raise StoreError(f"cannot lock {path}: {error}") from error
    holder.write_text(f"{os.getpid()}\n")

    def release() -> None:
        with suppress(OSError):
            holder.unlink()
        lock.release()

    return release


def _pid_in(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
