"""Tables as models take them: gaps filled, numbers scaled, categories as codes.

By scikit-learn, fitted on the training part.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler
from torch import Tensor

from assay_trainer.config import TableDataConfig
from assay_trainer.data.labelled import Column
from assay_trainer.models.shapes import TableShape

MOST_QUANTILES = 1000
FARTHEST = 10.0
"""Scaled numbers are cut off here: one wild value in a new row must not decide everything."""

Floats = NDArray[np.float32]


def fit_table(
    rows: Tensor, columns: tuple[Column, ...], config: TableDataConfig, num_outputs: int
) -> tuple[Callable[[Tensor], Tensor], TableShape]:
    """What turns raw rows (N, columns) into prepared ones, and their shape.

    A category that the training part does not have, and one that is missing, get the code 0.
    """
    numbers = [index for index, column in enumerate(columns) if not column.categories]
    categories = [index for index, column in enumerate(columns) if column.categories]
    raw = rows.numpy()
    transform_numbers, num_numbers = _fit_numbers(raw[:, numbers], config)
    seen = [np.unique(raw[:, index][~np.isnan(raw[:, index])]) for index in categories]

    def transform(more: Tensor) -> Tensor:
        values = more.numpy()
        codes = [_codes(values[:, index], known) for index, known in zip(categories, seen, strict=True)]
        parts = [transform_numbers(values[:, numbers]), *codes]
        return torch.from_numpy(np.concatenate(parts, axis=1, dtype=np.float32))

    cardinalities = tuple(len(known) + 1 for known in seen)
    one_hot = config.categories == "one_hot"
    shape = TableShape(num_numbers=num_numbers, cardinalities=cardinalities, num_outputs=num_outputs, one_hot=one_hot)
    return transform, shape


def _fit_numbers(raw: Floats, config: TableDataConfig) -> tuple[Callable[[Floats], Floats], int]:
    """How columns of numbers are filled and scaled, and how many columns that makes."""
    if raw.shape[1] == 0:
        return (lambda values: values), 0
    with_gaps = np.isnan(raw).any(axis=0) if config.indicators else np.zeros(raw.shape[1], dtype=bool)
    # An empty column is kept: which columns there are must not depend on chance.
    imputer = SimpleImputer(strategy=config.missing, keep_empty_features=True)
    pipeline = make_pipeline(imputer, _scaler(config, len(raw))).fit(raw)

    def transform(values: Floats) -> Floats:
        scaled = np.clip(pipeline.transform(values), -FARTHEST, FARTHEST)
        gaps = np.isnan(values[:, with_gaps])
        return np.concatenate([scaled, gaps], axis=1, dtype=np.float32)

    return transform, raw.shape[1] + int(with_gaps.sum())


def _scaler(config: TableDataConfig, num_rows: int) -> StandardScaler | QuantileTransformer | RobustScaler:
    match config.scaling:
        case "standard":
            return StandardScaler()
        case "robust":
            return RobustScaler()
        case "quantile":
            return QuantileTransformer(
                output_distribution="normal", n_quantiles=min(num_rows, MOST_QUANTILES), random_state=0
            )


def _codes(values: Floats, known: Floats) -> Floats:
    """1, 2, ... for what is known, 0 for the rest; as a column."""
    if len(known) == 0:
        return np.zeros((len(values), 1), dtype=np.float32)
    places = np.minimum(np.searchsorted(known, values), len(known) - 1)
    codes = np.where(known[places] == values, places + 1, 0)
    return codes[:, np.newaxis].astype(np.float32)
