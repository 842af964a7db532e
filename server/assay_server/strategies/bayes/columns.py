"""How one parameter becomes columns in [0, 1] for a surrogate, and back.

N is the number of points, C the number of columns of a parameter, K the number of its values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assay_server.domain.scale import snapped, stepped
from assay_server.domain.space import (
    Boolean,
    Categorical,
    Derived,
    Double,
    Fixed,
    Integer,
    Kind,
    Value,
    num_steps,
    same,
)

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

MAX_LEVELS = 12
"""Ordered values up to which each is tried by itself; longer rows are searched like a line, then rounded."""
MAX_ONE_HOT = 16
"""Unordered values up to which each gets a column."""
CODE_COLUMNS = 6
"""Columns of longer lists: random codes keep values apart without hundreds of dimensions."""


@dataclass(frozen=True, slots=True)
class Levels:
    """A parameter with few values: each has a code."""

    values: tuple[Value, ...]
    codes_KC: Array
    is_ordered: bool

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.codes_KC.shape[1])

    def level(self, value: Value) -> int:
        """Index of *value*, which must be one of the values."""
        return next(i for i, v in enumerate(self.values) if same(v, value))

    def code(self, value: Value) -> Array:
        """Columns of *value*."""
        return np.asarray(self.codes_KC[self.level(value)])

    def levels(self, points_NC: Array) -> Indices:
        """Index of the value whose code is nearest to each point."""
        if self.width == 1 or self.codes_KC.shape[0] > MAX_ONE_HOT:
            distance_NK = np.square(points_NC[:, None, :] - self.codes_KC[None]).sum(axis=2)
            return np.asarray(distance_NK.argmin(axis=1), dtype=np.int64)
        return np.asarray(points_NC.argmax(axis=1), dtype=np.int64)

    def snap(self, points_NC: Array) -> Array:
        """The code nearest to each point."""
        return self.codes_KC[self.levels(points_NC)]

    def value(self, point_C: Array) -> Value:
        """The value whose code is nearest."""
        return self.values[int(self.levels(point_C[None])[0])]

    def numbers(self, points_NC: Array) -> Array:
        """The values as floats; they must be numbers."""
        return np.array([float(v) for v in self.values])[self.levels(points_NC)]

    def sample(self, unit_N: Array) -> Array:
        """Points for uniform numbers in [0, 1)."""
        num = len(self.values)
        return self.codes_KC[np.minimum((unit_N * num).astype(np.int64), num - 1)]


@dataclass(frozen=True, slots=True)
class Line:
    """A number on a linear or log scale, on a grid if it is whole or has a step: one column."""

    kind: Double | Integer

    @property
    def width(self) -> int:
        """Number of columns."""
        return 1

    @property
    def is_continuous(self) -> bool:
        """Whether there is no grid."""
        return isinstance(self.kind, Double) and self.kind.step is None

    def code(self, value: Value) -> Array:
        """Column of *value*, which must be a number in the range."""
        return self._to_unit(np.array([float(value)]))

    def snap(self, points_NC: Array) -> Array:
        """The points themselves in [0, 1], or those of the nearest values on the grid."""
        inside_NC = np.clip(points_NC, 0.0, 1.0)
        return np.asarray(inside_NC if self.is_continuous else self._to_unit(self._to_number(inside_NC)))

    def value(self, point_C: Array) -> Value:
        """The value at the point."""
        return snapped(self.kind, float(self._to_number(point_C)[0]))

    def numbers(self, points_NC: Array) -> Array:
        """The values at the points."""
        return np.asarray(self._to_number(points_NC)[:, 0])

    def sample(self, unit_N: Array) -> Array:
        """Points for uniform numbers in [0, 1)."""
        return self.snap(unit_N[:, None])

    def _to_unit(self, number: Array) -> Array:
        low, high = float(self.kind.min), float(self.kind.max)
        if self.kind.log:
            return np.asarray(np.clip((np.log(number) - np.log(low)) / (np.log(high) - np.log(low)), 0.0, 1.0))
        return np.asarray(np.clip((number - low) / (high - low), 0.0, 1.0))

    def _to_number(self, unit: Array) -> Array:
        low, high = float(self.kind.min), float(self.kind.max)
        number = self._from_log(unit) if self.kind.log else low + unit * (high - low)
        if self.kind.step is not None:
            steps = np.clip(np.round((number - low) / self.kind.step), 0, num_steps(self.kind))
            number = low + steps * self.kind.step
        elif isinstance(self.kind, Integer):
            number = np.round(number)
        return np.asarray(np.clip(number, low, high))

    def _from_log(self, unit: Array) -> Array:
        low, high = np.log(float(self.kind.min)), np.log(float(self.kind.max))  # their ratio may be beyond a double
        return np.asarray(np.exp(low + unit * (high - low)))


Column = Levels | Line


def column_of(kind: Kind) -> Column | None:
    """Columns of a searched parameter; None for one that is not searched."""
    match kind:
        case Boolean():
            return Levels((False, True), _scale(2), is_ordered=True)
        case Categorical():
            return _categorical(kind)
        case Double() | Integer():
            return _numeric(kind)
        case Fixed() | Derived():
            return None


def _categorical(kind: Categorical) -> Levels:
    num = len(kind.values)
    if kind.ordered or num <= 2:
        return Levels(kind.values, _scale(num), kind.ordered)
    if num <= MAX_ONE_HOT:
        return Levels(kind.values, np.eye(num), is_ordered=False)
    codes_KC = np.random.default_rng(num).random((num, CODE_COLUMNS))  # fixed: the same codes in every process
    return Levels(kind.values, codes_KC, is_ordered=False)


def _numeric(kind: Double | Integer) -> Column:
    line = Line(kind)
    values = _few_values(kind)
    if values is None:
        return line
    return Levels(tuple(values), np.stack([line.code(v) for v in values]), is_ordered=True)


def _few_values(kind: Double | Integer) -> Sequence[Value] | None:
    """All values on the grid if there are few of them."""
    if kind.step is not None:
        num = num_steps(kind) + 1
        return [stepped(kind, i) for i in range(num)] if num <= MAX_LEVELS else None
    if isinstance(kind, Integer) and kind.max - kind.min < MAX_LEVELS:
        return range(kind.min, kind.max + 1)
    return None


def _scale(num: int) -> Array:
    return np.linspace(0.0, 1.0, num)[:, None] if num > 1 else np.zeros((1, 1))
