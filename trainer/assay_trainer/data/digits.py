"""The 1797 images of handwritten digits (8 x 8, ten classes) that scikit-learn bundles.

The split is fixed: it is part of the task, so it has its own seed that no trial can change. A search
opens the data with `open_for_search`, which does not return the test part; `open_sealed_test` is for
the one evaluation after the search is closed.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from assay_trainer.data.labelled import Images, Labelled, Labels, SearchData, fingerprint

NUM_CLASSES = 10
BRIGHTEST = 16.0
"""The pixels are whole numbers from 0 to this."""
SPLIT_SEED = 20_260_101
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.2

Rows = NDArray[np.int64]


def open_for_search() -> SearchData:
    """Training and validation part; there is no way from here to the test part."""
    images, labels = _read()
    parts = _split()
    return SearchData(
        name="digits",
        train=_part(images, labels, parts["train"]),
        validation=_part(images, labels, parts["validation"]),
        num_classes=NUM_CLASSES,
        fingerprint=fingerprint(images, labels, parts),
    )


def open_sealed_test() -> Labelled:
    """The test part. To be opened once, when nothing will be chosen any more."""
    images, labels = _read()
    return _part(images, labels, _split()["test"])


@cache
def _read() -> tuple[Images, Labels]:
    bunch = load_digits()
    images = np.asarray(bunch.images, dtype=np.float32)[:, np.newaxis] / np.float32(BRIGHTEST)
    return images, np.asarray(bunch.target, dtype=np.int64)


@cache
def _split() -> dict[str, Rows]:
    """Which rows belong to which part, every class in proportion."""
    _, labels = _read()
    rows = np.arange(len(labels), dtype=np.int64)
    searched, test = train_test_split(rows, test_size=TEST_SHARE, stratify=labels, random_state=SPLIT_SEED)
    train, validation = train_test_split(
        searched,
        test_size=VALIDATION_SHARE / (1.0 - TEST_SHARE),
        stratify=labels[searched],
        random_state=SPLIT_SEED,
    )
    return {"train": np.sort(train), "validation": np.sort(validation), "test": np.sort(test)}


def _part(images: Images, labels: Labels, rows: Rows) -> Labelled:
    return Labelled(images=torch.from_numpy(images[rows]), labels=torch.from_numpy(labels[rows]))
