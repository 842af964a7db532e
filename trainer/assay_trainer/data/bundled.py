"""The data sets that scikit-learn bundles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from assay_trainer.data.dataset import DataSet, with_classes, with_numbers
from assay_trainer.data.labelled import Column

BRIGHTEST = 16.0
"""The digits' pixels are whole numbers from 0 to this."""


def open_digits() -> DataSet:
    """1797 images of handwritten digits, 8 x 8, ten classes."""
    bunch = load_digits()
    images = np.asarray(bunch.images, dtype=np.float32)[:, np.newaxis] / np.float32(BRIGHTEST)
    return with_classes("digits", "images", images, np.asarray(bunch.target, dtype=np.int64), tuple("0123456789"))


def open_breast_cancer() -> DataSet:
    """569 tumours by 30 measures; malignant or benign."""
    bunch = load_breast_cancer()
    return _classes("breast_cancer", bunch.data, bunch.target, bunch.target_names, bunch.feature_names)


def open_wine() -> DataSet:
    """178 wines by 13 measures; three cultivars."""
    bunch = load_wine()
    return _classes("wine", bunch.data, bunch.target, bunch.target_names, bunch.feature_names)


def open_diabetes() -> DataSet:
    """442 patients by 10 measures; how far the disease had come a year later, a number."""
    bunch = load_diabetes()
    columns = tuple(Column(name=str(name)) for name in bunch.feature_names)
    targets = np.asarray(bunch.target, dtype=np.float32)
    return with_numbers("diabetes", "tables", np.asarray(bunch.data, dtype=np.float32), targets, columns)


def _classes(
    name: str, rows: NDArray[np.float64], codes: NDArray[np.int64], classes: NDArray[np.str_], columns: list[str]
) -> DataSet:
    return with_classes(
        name,
        "tables",
        np.asarray(rows, dtype=np.float32),
        np.asarray(codes, dtype=np.int64),
        tuple(map(str, classes)),
        tuple(Column(name=str(column)) for column in columns),
    )
