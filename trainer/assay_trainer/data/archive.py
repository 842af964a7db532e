"""NumPy archives (.npz) with an array `x` of samples and an array `y` of targets."""

from __future__ import annotations

from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from assay_trainer.data.classes import coded, is_like_classes
from assay_trainer.data.dataset import BadData, DataSet, with_classes, with_numbers
from assay_trainer.data.files import Reading
from assay_trainer.data.labelled import Column, Kind

BRIGHTEST = 255
"""Of pixels that are bytes."""


def read_archive(reading: Reading) -> DataSet:
    """Rows (N, columns), or images (N, height, width) or (N, channels, height, width).

    Raises:
        BadData: it cannot be read, or is of another shape or type.
    """
    name = str(reading.path)
    x, y = _arrays(reading)
    if len(x) != len(y):
        raise BadData(name, f"x holds {len(x)} samples and y {len(y)}")
    if y.ndim != 1:
        raise BadData(name, f"y has the shape {y.shape}; one target for each sample is needed")
    kind, inputs, columns = _inputs(name, x)
    if reading.predicts == "classes" or (reading.predicts is None and is_like_classes(y)):
        codes, classes = coded(name, y)
        return with_classes(reading.path.stem, kind, inputs, codes, classes, columns)
    if y.dtype.kind not in "iuf":
        raise BadData(name, f"y holds {y.dtype} and not numbers")
    return with_numbers(reading.path.stem, kind, inputs, y.astype(np.float32), columns)


def _arrays(reading: Reading) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    try:
        with np.load(reading.path, allow_pickle=False) as archive:
            if missing := {"x", "y"} - set(archive.files):
                found = ", ".join(archive.files) or "nothing"
                raise BadData(str(reading.path), f"has no array {min(missing)!r}; it holds {found}")
            return archive["x"], archive["y"]
    except (OSError, BadZipFile, EOFError) as error:
        raise BadData(str(reading.path), f"cannot be read: {error}") from error
    except ValueError as error:
        if isinstance(error, BadData):
            raise
        raise BadData(str(reading.path), f"cannot be read: {error}") from error


def _inputs(name: str, x: NDArray[np.generic]) -> tuple[Kind, NDArray[np.float32], tuple[Column, ...]]:
    if x.dtype.kind not in "iufb":
        raise BadData(name, f"x holds {x.dtype} and not numbers")
    scale = np.float32(BRIGHTEST if x.dtype == np.uint8 and x.ndim > 2 else 1)
    inputs = x.astype(np.float32) / scale
    match x.ndim:
        case 2:
            return "tables", inputs, tuple(Column(name=f"x{index}") for index in range(x.shape[1]))
        case 3:
            return "images", inputs[:, np.newaxis], ()
        case 4:
            return "images", inputs, ()
        case _:
            raise BadData(name, f"x has the shape {x.shape}; rows have two dimensions, images three or four")
