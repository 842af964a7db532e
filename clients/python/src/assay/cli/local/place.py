"""The folder of a command that runs a study by itself: what lies where in it, and when it may be emptied."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from assay.cli.failures import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command keeps everything."""

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
    def model(self) -> Path:
        """The finished model and its card."""
        return self.root / "model"

    @property
    def report(self) -> Path:
        return self.root / "report.html"


def prepare(root: Path, *, command: str, keep: bool) -> Place:
    """The folder of *command*, made if need be, and emptied unless *keep*.

    Raises:
        Refused: when it holds something that the command did not put there.
    """
    place = Place(root=root.absolute())
    try:
        if place.root.exists():
            _check_ours(place.root, command)
            if not keep:
                _empty(place)
        place.logs.mkdir(parents=True, exist_ok=True)
        _mark(place.root, command).touch()
    except OSError as error:
        raise Refused(f"cannot use {place.root}: {error.strerror}") from error
    return place


def _mark(root: Path, command: str) -> Path:
    """Only a folder with this file in it is emptied: it was made by the command."""
    return root / f".assay-{command}"


def _check_ours(root: Path, command: str) -> None:
    if any(root.iterdir()) and not _mark(root, command).exists():
        raise Refused(f"{root} holds files that 'assay {command}' did not make; name another folder with --dir")


def _empty(place: Place) -> None:
    for folder in (place.checkpoints, place.logs, place.model):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (place.report, *place.root.glob(f"{place.database.name}*"), *place.root.glob("*.task.json")):
        file.unlink(missing_ok=True)
