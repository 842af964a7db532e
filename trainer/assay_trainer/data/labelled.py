"""Samples with their targets, and what a search may see of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Kind = Literal["images", "tables"]
Images = NDArray[np.float32]
Labels = NDArray[np.int64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """Samples in float32 and their targets (N,): classes in int64, or numbers in float32.

    Images are (N, channels, height, width); tables are (N, columns), with NaN where a value is missing
    and the code of a category as a whole number.
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def num_bytes(self) -> int:
        """What it takes in memory."""
        return self.inputs.nbytes + self.targets.nbytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """A target that is one of several classes."""

    names: tuple[str, ...]
    """In the order of their numbers."""

    @property
    def num_outputs(self) -> int:
        """One logit for each."""
        return len(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A target that is a number; a model predicts (number - mean) / deviation."""

    mean: float
    """Of the training part."""
    deviation: float
    """Of the training part, above zero."""

    @property
    def num_outputs(self) -> int:
        """The number."""
        return 1


Target = Classes | Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    name: str
    categories: tuple[str, ...] = ()
    """In the order of their codes; none for a column of numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchData:
    """The parts of a data set that a search may see. The test part is not among them."""

    name: str
    kind: Kind
    train: Labelled
    validation: Labelled
    target: Target
    columns: tuple[Column, ...]
    """Of a table; none for images."""
    fingerprint: str
    """SHA-256 over content and split: two trainings are comparable only when theirs agree."""


def fingerprint(inputs: NDArray[np.float32], targets: Labels | NDArray[np.float32], parts: Mapping[str, Rows]) -> str:
    """SHA-256 over every byte of the data, its shape, and which rows each part holds."""
    digest = sha256()
    arrays: dict[str, NDArray[np.float32] | Labels] = {"images": inputs, "labels": targets, **parts}
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
