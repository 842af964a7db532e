"""Tables in files: CSV and Parquet, by pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assay_trainer.data.classes import coded, is_like_classes
from assay_trainer.data.dataset import BadData, DataSet, with_classes, with_numbers
from assay_trainer.data.files import Reading
from assay_trainer.data.labelled import Column

MOST_CATEGORIES = 100
"""A text column with more kinds than this is a name or prose, and an embedding of it is learnt by heart."""


def read_frame(reading: Reading) -> DataSet:
    """A table whose target column is given; text becomes categories, and what is empty is missing.

    Raises:
        BadData: it cannot be read, or a column cannot be learnt from.
    """
    name, frame = str(reading.path), _read(reading)
    if reading.target is None:
        raise BadData(name, f"which column is predicted? It has {_listed(frame)}; name one with --target")
    for column in (reading.target, *reading.ignore):
        if column not in frame.columns:
            raise BadData(name, f"has no column {column!r}; it has {_listed(frame)}")
    targets = frame[reading.target]
    features = frame.drop(columns=[reading.target, *reading.ignore])
    missing = np.flatnonzero(targets.isna())
    if len(missing):
        reason = f"the target {reading.target!r} is missing in row {missing[0] + 1}, and in {len(missing)} rows in all"
        raise BadData(name, reason)
    columns = tuple(_column(name, features[column]) for column in features.columns)
    arrays = [_values(features[column.name], column) for column in columns]
    inputs = np.stack(arrays, axis=1) if arrays else np.empty((len(frame), 0), dtype=np.float32)
    return _with_target(reading, inputs, _plain(targets), columns)


def _read(reading: Reading) -> pd.DataFrame:
    name = str(reading.path)
    try:
        frame = pd.read_csv(reading.path) if reading.path.suffix.lower() == ".csv" else pd.read_parquet(reading.path)
    except pd.errors.EmptyDataError as error:
        raise BadData(name, "is empty") from error
    except ImportError as error:
        raise BadData(name, "Parquet needs pyarrow; get it with: pip install 'assay[parquet]'") from error
    except (OSError, ValueError) as error:  # the errors of both parsers are ValueErrors
        raise BadData(name, f"cannot be read: {' '.join(str(error).split())}") from error
    if frame.empty:
        raise BadData(name, "has no rows")
    frame.columns = frame.columns.map(str)
    if frame.columns.has_duplicates:
        raise BadData(name, f"has two columns {frame.columns[frame.columns.duplicated()][0]!r}")
    return frame


def _column(name: str, values: pd.Series) -> Column:
    """What a column holds, by its type."""
    title = str(values.name)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return Column(name=title)
    texts = values.dropna().astype(str)
    kinds = sorted(set(texts))
    if len(kinds) > MOST_CATEGORIES:
        reason = (
            f"column {title!r} holds {len(kinds)} different texts in {len(texts)} rows (the first is {texts.iloc[0]!r})"
        )
        raise BadData(name, f"{reason}: no categories; leave it out with --ignore {title}")
    return Column(name=title, categories=tuple(kinds) or ("missing",))


def _values(values: pd.Series, column: Column) -> NDArray[np.float32]:
    """Numbers as they are and categories by their codes; NaN for what is missing."""
    if not column.categories:
        return np.asarray(values.to_numpy(dtype=np.float32, na_value=np.nan))
    codes = {category: float(code) for code, category in enumerate(column.categories)}
    found = [np.nan if missing else codes[str(value)] for value, missing in zip(values, values.isna(), strict=True)]
    return np.asarray(found, dtype=np.float32)


def _plain(targets: pd.Series) -> NDArray[np.generic]:
    """Text as text, numbers as numbers, whatever pandas holds them in."""
    if pd.api.types.is_bool_dtype(targets.dtype) or not pd.api.types.is_numeric_dtype(targets.dtype):
        return np.asarray(targets.astype(str).to_numpy(dtype=str))
    return np.asarray(targets.to_numpy())


def _with_target(
    reading: Reading, inputs: NDArray[np.float32], targets: NDArray[np.generic], columns: tuple[Column, ...]
) -> DataSet:
    name, title = str(reading.path), reading.path.stem
    if reading.predicts == "classes" or (reading.predicts is None and is_like_classes(targets)):
        codes, classes = coded(name, targets)
        return with_classes(title, "tables", inputs, codes, classes, columns)
    if targets.dtype.kind not in "iuf":
        raise BadData(
            name, f"the target {reading.target!r} is to be a number, and the first is {targets.tolist()[0]!r}"
        )
    return with_numbers(title, "tables", inputs, targets.astype(np.float32), columns)


def _listed(frame: pd.DataFrame) -> str:
    return ", ".join(map(str, frame.columns))
