"""Genes: the values of a configuration as variation sees them, numbers on a line and choices beside each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from assay_server.domain.scale import from_unit, to_unit
from assay_server.domain.space import (
    Boolean,
    Categorical,
    Configuration,
    Derived,
    Double,
    Fixed,
    Integer,
    Kind,
    Parameter,
    SearchSpace,
    Value,
    num_steps,
    same,
    value_problem,
)

Values = dict[str, Value]
"""Searched, active parameters by name."""


@dataclass(frozen=True, slots=True)
class Line:
    """The values of a number, or of an ordered choice, at positions in [0, 1] on the parameter's scale."""

    kind: Double | Integer | Categorical

    def position(self, value: Value) -> float:
        """Where *value* is."""
        if isinstance(self.kind, Categorical):
            return (_index(self.kind, value) + 0.5) / len(self.kind.values)
        return to_unit(self.kind, float(value))

    def at(self, position: float) -> Value:
        """The value at a position, or the one nearest to it."""
        if isinstance(self.kind, Categorical):
            return self.kind.values[min(len(self.kind.values) - 1, int(position * len(self.kind.values)))]
        return from_unit(self.kind, position)

    def beside(self, value: Value, *, upwards: bool) -> Value:
        """The next value in that direction, or in the other one at an end; itself where there are no steps."""
        kind = self.kind
        if isinstance(kind, Categorical):
            values, index = kind.values, _index(kind, value)
            return values[_stepped(index, len(values), upwards=upwards)]
        if isinstance(kind, Double) and kind.step is None:
            return value
        step = kind.step or 1
        count = num_steps(kind) + 1 if kind.step is not None else int(kind.max - kind.min) + 1
        index = round((float(value) - kind.min) / step)
        return self._number(kind.min + step * _stepped(index, count, upwards=upwards))

    def _number(self, value: float) -> Value:
        assert not isinstance(self.kind, Categorical)
        return from_unit(self.kind, to_unit(self.kind, value))  # written as everywhere else


def line_of(kind: Kind) -> Line | None:
    """The line of a number or an ordered choice; None for values that have no order."""
    match kind:
        case Double() | Integer():
            return Line(replace(kind, prior=None))  # a belief about the start, not a scale
        case Categorical(ordered=True):
            return Line(kind)
        case _:
            return None


class Genome:
    """A space's parameters in the order in which a configuration is put together: conditions before what they allow."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._order = tuple(p for p in space.in_order() if not isinstance(p.kind, Derived))
        self.lines = {p.name: line_of(p.kind) for p in self._order}

    def build(self, value_of: Callable[[Parameter], Value]) -> Values:
        """A configuration of what *value_of* says, asked once for each parameter that is active by then."""
        values: Values = {}
        searched: Values = {}
        for p in self._order:
            if not self._space.is_active(p, values):
                continue
            values[p.name] = p.kind.value if isinstance(p.kind, Fixed) else value_of(p)
            if not isinstance(p.kind, Fixed):
                searched[p.name] = values[p.name]
        return searched

    def read(self, configuration: Configuration) -> Values | None:
        """The genes of *configuration*; None when a value is missing or is none of the space's."""
        try:
            return self.build(lambda p: _read(p, configuration))
        except LookupError:
            return None


def drawn(parameter: Parameter, chance: Random) -> Value:
    """A value by chance, or as its prior says."""
    return from_unit(parameter.kind, chance.random())


def other_choice(kind: Categorical | Boolean, value: Value, chance: Random) -> Value:
    """Another value than *value*, each as likely as its prior weight says; *value* when there is none."""
    if isinstance(kind, Boolean):
        return not value
    weights = kind.prior_weights or (1.0,) * len(kind.values)
    others = [(v, w) for v, w in zip(kind.values, weights, strict=True) if not same(v, value) and w > 0]
    if not others:
        return value
    return chance.choices([v for v, _ in others], [w for _, w in others])[0]


def _read(parameter: Parameter, configuration: Configuration) -> Value:
    value = configuration[parameter.name]
    if value_problem(parameter.kind, value) is not None:
        raise LookupError(parameter.name)
    return value


def _index(kind: Categorical, value: Value) -> int:
    return next(i for i, v in enumerate(kind.values) if same(v, value))


def _stepped(index: int, count: int, *, upwards: bool) -> int:
    if count == 1:
        return index
    step = 1 if upwards else -1
    return index + step if 0 <= index + step < count else index - step
