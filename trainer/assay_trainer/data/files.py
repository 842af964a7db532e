"""The user's own data: image folders, CSV, Parquet, NumPy archives. What is wrong with them is told precisely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assay_trainer.data.dataset import BadData, DataSet

Predicts = Literal["classes", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file or a folder is to be read."""

    path: Path
    target: str | None = None
    """Column of a table that is predicted."""
    predicts: Predicts | None = None
    """What the target is; None: classes where it is text or a few whole numbers, otherwise a number."""
    ignore: tuple[str, ...] = ()
    """Columns of a table that are left out."""
    edge: int | None = None
    """Images are scaled to squares of this edge; None: all must be of one size already."""


def open_files(reading: Reading) -> DataSet:
    """Read everything into memory.

    Raises:
        BadData: it cannot be read, or nothing can be learnt from it.
    """
    path = reading.path
    if not path.exists():
        raise BadData(str(path), "does not exist")
    return _reader(path)(reading)


def _reader(path: Path) -> Callable[[Reading], DataSet]:
    if path.is_dir():
        from assay_trainer.data.image_folder import read_image_folder

        return read_image_folder
    match path.suffix.lower():
        case ".csv" | ".parquet":
            from assay_trainer.data.frames import read_frame

            return read_frame
        case ".npz":
            from assay_trainer.data.archive import read_archive

            return read_archive
        case suffix:
            reason = f"is neither a folder of images nor .csv, .parquet or .npz, but {suffix or 'without a suffix'}"
            raise BadData(str(path), reason)
