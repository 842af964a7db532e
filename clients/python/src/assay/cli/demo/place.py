"""The folder of a demonstration: what lies where in it, and when it may be emptied."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from assay.cli.failures import Refused

_MARK = ".assay-demo"
"""Only a folder with this file in it is emptied: it was made by a demonstration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a demonstration keeps everything."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "assay.db"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def report(self) -> Path:
        return self.root / "report.html"


def prepare(root: Path, *, keep: bool) -> Place:
    """The folder, made if need be, and emptied unless *keep*.

    Raises:
        Refused: when it holds something that no demonstration put there.
    """
    place = Place(root=root.absolute())
    try:
        if place.root.exists():
            _check_ours(place.root)
            if not keep:
                _empty(place)
        place.logs.mkdir(parents=True, exist_ok=True)
        (place.root / _MARK).touch()
    except OSError as error:
        raise Refused(f"cannot use {place.root}: {error.strerror}") from error
    return place


def _check_ours(root: Path) -> None:
    if any(root.iterdir()) and not (root / _MARK).exists():
        raise Refused(f"{root} holds files that are not a demonstration's; name another folder with --dir")


def _empty(place: Place) -> None:
    for folder in (place.checkpoints, place.logs):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (place.report, *place.root.glob(f"{place.database.name}*")):
        file.unlink(missing_ok=True)
