"""The fixed split of a data set: part of the task, so it has its own seed that no trial can change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from assay_trainer.data.labelled import Rows

SPLIT_SEED = 20_260_101
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.2


def split_rows(num_rows: int, *, classes: NDArray[np.int64] | None) -> dict[str, Rows]:
    """Which rows belong to which part: 60 % train, 20 % validation, 20 % test, every class in proportion."""
    rows = np.arange(num_rows, dtype=np.int64)
    searched, test = train_test_split(rows, test_size=TEST_SHARE, stratify=classes, random_state=SPLIT_SEED)
    train, validation = train_test_split(
        searched,
        test_size=VALIDATION_SHARE / (1.0 - TEST_SHARE),
        stratify=None if classes is None else classes[searched],
        random_state=SPLIT_SEED,
    )
    return {"train": np.sort(train), "validation": np.sort(validation), "test": np.sort(test)}
