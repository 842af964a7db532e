"""Why a store cannot be opened. What callers are told is in `domain.errors`.

StoreError
├── StoreInUse       another server has the file
└── UnknownSchema    written by a newer version of Assay
"""

from __future__ import annotations

from pathlib import Path


class StoreError(Exception):
    """The store cannot be opened."""


class StoreInUse(StoreError):
    """Another server has the file."""

    def __init__(self, path: Path, *, pid: int | None) -> None:
        who = f"the server with process id {pid}" if pid is not None else "another server"
        super().__init__(f"{path} is in use by {who}; stop it first, or give this one a file of its own")
        self.path, self.pid = path, pid


class UnknownSchema(StoreError):
    """Written by a version of Assay that this one does not know."""

    def __init__(self, where: str, *, found: str, newest: str) -> None:
        super().__init__(
            f"{where} has schema {found!r}, which this version of Assay does not know (its newest is {newest!r}); "
            "open it with the version that wrote it, or a newer one"
        )
        self.where, self.found, self.newest = where, found, newest
