"""Images with their labels, and what a search may see of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Images = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """Images (N, channels, height, width) in float32 and their classes (N,) in int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def num_bytes(self) -> int:
        """What it takes in memory."""
        return self.images.nbytes + self.labels.nbytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchData:
    """The parts of a data set that a search may see. The test part is not among them."""

    name: str
    train: Labelled
    validation: Labelled
    num_classes: int
    fingerprint: str
    """SHA-256 over content and split: two trainings are comparable only when theirs agree."""


def fingerprint(images: Images, labels: Labels, parts: dict[str, NDArray[np.int64]]) -> str:
    """SHA-256 over every byte of the data, its shape, and which rows each part holds."""
    digest = sha256()
    arrays: dict[str, Images | Labels] = {"images": images, "labels": labels, **parts}
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
