"""Targets that are classes: telling them from numbers, and numbering them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assay_trainer.data.dataset import BadData
from assay_trainer.data.labelled import Labels

MOST_WHOLE_NUMBERS = 20
"""Whole numbers of no more kinds than this are taken for classes, unless the user says otherwise."""
MOST_CLASSES = 1000


def is_like_classes(targets: NDArray[np.generic]) -> bool:
    """Whether targets look like classes: text, truth values, or a few whole numbers."""
    if targets.dtype.kind in "iu":
        return len(np.unique(targets)) <= MOST_WHOLE_NUMBERS
    return targets.dtype.kind != "f"


def coded(name: str, targets: NDArray[np.generic]) -> tuple[Labels, tuple[str, ...]]:
    """The number of each target's class, and the classes' names in that order.

    Raises:
        BadData: numbers with fractions, NaN, or so many kinds that they are no classes.
    """
    if targets.dtype.kind == "f" and not (np.isfinite(targets) & (targets == np.floor(targets))).all():
        first = targets[~(np.isfinite(targets) & (targets == np.floor(targets)))][0]
        raise BadData(name, f"the target is to be a class, and one is {first}")
    names, codes = np.unique(targets, return_inverse=True)
    if len(names) > MOST_CLASSES:
        raise BadData(name, f"the target has {len(names)} different values in {len(targets)} samples: no classes")
    whole = names.astype(np.int64) if names.dtype.kind == "f" else names
    return codes.astype(np.int64), tuple(map(str, whole))
