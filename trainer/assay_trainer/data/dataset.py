"""A whole data set with its fixed split. A search is given `for_search()`, which does not hold the test part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from assay_trainer.data.labelled import (
    Classes,
    Column,
    Kind,
    Labelled,
    Labels,
    Number,
    Rows,
    SearchData,
    Target,
    fingerprint,
)
from assay_trainer.data.splits import split_rows

FEWEST_ROWS = 50
"""Makes a test part of ten: what fewer say about a model is chance."""
FEWEST_OF_A_CLASS = 5
"""One for the validation part, one for the test part, and something to learn from."""


class BadData(ValueError):
    """Data that nothing can be learnt from as it is; the message names what and where."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DataSet:
    """Everything, in memory."""

    name: str
    kind: Kind
    target: Target
    columns: tuple[Column, ...]
    fingerprint: str
    inputs: NDArray[np.float32]
    targets: Labels | NDArray[np.float32]
    parts: dict[str, Rows]

    def for_search(self) -> SearchData:
        """Training and validation part; there is no way from there to the test part."""
        return SearchData(
            name=self.name,
            kind=self.kind,
            train=self._part("train"),
            validation=self._part("validation"),
            target=self.target,
            columns=self.columns,
            fingerprint=self.fingerprint,
        )

    def sealed_test(self) -> Labelled:
        """The test part. To be opened once, when nothing will be chosen any more."""
        return self._part("test")

    def _part(self, part: str) -> Labelled:
        rows = self.parts[part]
        return Labelled(inputs=torch.from_numpy(self.inputs[rows]), targets=torch.from_numpy(self.targets[rows]))


def with_classes(
    name: str,
    kind: Kind,
    inputs: NDArray[np.float32],
    codes: Labels,
    classes: tuple[str, ...],
    columns: tuple[Column, ...] = (),
) -> DataSet:
    """A data set whose target is one of *classes*, by their numbers *codes*.

    Raises:
        BadData: fewer than two classes, a class too rare to be split, too few rows, an infinite value.
    """
    _check_inputs(name, kind, inputs, columns)
    counts = np.bincount(codes, minlength=len(classes))
    if len(classes) < 2:
        raise BadData(name, f"all {len(codes)} samples are of one class, {', '.join(classes)!r}: nothing to tell apart")
    for label, count in zip(classes, counts, strict=True):
        if count < FEWEST_OF_A_CLASS:
            reason = f"class {label!r} has {count} samples; it takes {FEWEST_OF_A_CLASS} to learn from and to judge by"
            raise BadData(name, reason)
    parts = split_rows(len(codes), classes=codes)
    return DataSet(
        name=name,
        kind=kind,
        target=Classes(names=classes),
        columns=columns,
        fingerprint=fingerprint(inputs, codes, parts),
        inputs=inputs,
        targets=codes,
        parts=parts,
    )


def with_numbers(
    name: str,
    kind: Kind,
    inputs: NDArray[np.float32],
    numbers: NDArray[np.float32],
    columns: tuple[Column, ...] = (),
) -> DataSet:
    """A data set whose target is a number.

    Raises:
        BadData: a number that is not finite or never changes, too few rows, an infinite value.
    """
    _check_inputs(name, kind, inputs, columns)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise BadData(name, f"the target of sample {wrong[0] + 1} is {numbers[wrong[0]]}; {len(wrong)} are not finite")
    parts = split_rows(len(numbers), classes=None)
    train = numbers[parts["train"]].astype(np.float64)
    if train.std() == 0.0:
        raise BadData(name, f"the target is {train[0]:g} in every sample of the training part: nothing to learn")
    return DataSet(
        name=name,
        kind=kind,
        target=Number(mean=float(train.mean()), deviation=float(train.std())),
        columns=columns,
        fingerprint=fingerprint(inputs, numbers, parts),
        inputs=inputs,
        targets=numbers,
        parts=parts,
    )


def _check_inputs(name: str, kind: Kind, inputs: NDArray[np.float32], columns: tuple[Column, ...]) -> None:
    if len(inputs) < FEWEST_ROWS:
        raise BadData(name, f"has {len(inputs)} samples; the split with a test part takes at least {FEWEST_ROWS}")
    if inputs[0].size == 0:
        raise BadData(name, "has no columns to learn from beside the target")
    wrong = np.isinf(inputs) if kind == "tables" else ~np.isfinite(inputs)
    if wrong.any():
        sample, *place = (int(index[0]) for index in np.nonzero(wrong))
        where = f"column {columns[place[0]].name!r}" if columns else f"place {tuple(place)}"
        raise BadData(name, f"sample {sample + 1} has {inputs[(sample, *place)]} at {where}")
