"""The lattice of a finite space: its configurations one after the other, without those that are ruled out.

A branch in which no configuration can keep a parameter constraint is left as soon as that is certain.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assay_server.domain.scale import stepped
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
)

MAX_VISITS = 200_000
"""Nodes that a search for one configuration visits before it gives up: about a second."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The values that one parameter takes, in order."""

    count: int
    at: Callable[[int], Value]


def levels_of(kind: Kind, resolution: int | None = None) -> Levels:
    """All values of *kind*; *resolution* points, evenly spaced on its scale, where they are infinitely many.

    Raises ValueError for a continuous kind without a resolution.
    """
    match kind:
        case Boolean():
            return Levels(2, bool)
        case Categorical():
            return Levels(len(kind.values), kind.values.__getitem__)
        case Fixed():
            return Levels(1, lambda _: kind.value)
        case Integer():
            step = kind.step or 1
            return Levels((kind.max - kind.min) // step + 1, lambda i: kind.min + i * step)
        case Double():
            return _double_levels(kind, resolution)
        case Derived():
            raise AssertionError("a derived parameter has no levels of its own")


def _double_levels(kind: Double, resolution: int | None) -> Levels:
    if kind.step is not None:
        return Levels(num_steps(kind) + 1, lambda i: stepped(kind, i))
    if resolution is None:
        raise ValueError("a continuous parameter has no grid without a resolution")
    return Levels(resolution, lambda i: _spaced(kind, i, resolution))


def _spaced(kind: Double, index: int, count: int) -> float:
    if index == 0 or index == count - 1:  # exactly, whatever rounding does in between
        return kind.min if index == 0 else kind.max
    share = index / (count - 1)
    if kind.log:
        return math.exp(math.log(kind.min) + share * (math.log(kind.max) - math.log(kind.min)))
    return kind.min + share * (kind.max - kind.min)


class Lattice:
    """All combinations of levels of a space's searched parameters, parents before children."""

    def __init__(self, space: SearchSpace, resolution: int | None = None) -> None:
        """Raises ValueError when a parameter is continuous and there is no resolution."""
        self._space = space
        self._order = tuple(p for p in space.in_order() if not isinstance(p.kind, Derived))
        self._levels = tuple(levels_of(p.kind, resolution) for p in self._order)
        self._bounds = _at_most(space)
        self._least_rest = tuple(_least_rest(self._order, weights) for weights, _ in self._bounds)
        self.num_visits = 0

    def walk(self, start_D: Sequence[float] = ()) -> Iterator[dict[str, Value]]:
        """Every configuration that keeps the constraints, once, in order.

        The order of each parameter's levels begins at the share *start_D* of them (at the first one when empty).
        """
        searched = [i for i, p in enumerate(self._order) if not isinstance(p.kind, Fixed)]
        offsets = [0] * len(self._order)
        for i, u in zip(searched, start_D, strict=False):
            offsets[i] = min(self._levels[i].count - 1, int(u * self._levels[i].count))
        yield from self._descend(0, {}, [0.0] * len(self._bounds), offsets)

    def _descend(
        self, depth: int, values: dict[str, Value], sums: list[float], offsets: Sequence[int]
    ) -> Iterator[dict[str, Value]]:
        if depth == len(self._order):
            if self._space.is_feasible(values):
                yield {p.name: values[p.name] for p in self._order if p.name in values and not _is_fixed(p)}
            return
        parameter, levels = self._order[depth], self._levels[depth]
        if not self._space.is_active(parameter, values):
            yield from self._descend(depth + 1, values, sums, offsets)
            return
        for index in _rotated(self._allowed(depth, sums), offsets[depth]):
            self.num_visits += 1
            values[parameter.name] = value = levels.at(index)
            added = [
                total + weights[parameter.name] * float(value) if parameter.name in weights else total
                for total, (weights, _) in zip(sums, self._bounds, strict=True)
            ]
            yield from self._descend(depth + 1, values, added, offsets)
            del values[parameter.name]

    def _allowed(self, depth: int, sums: Sequence[float]) -> range:
        """Indices of the levels with which every constraint can still be kept."""
        name, levels = self._order[depth].name, self._levels[depth]
        first, last = 0, levels.count

        def number(index: int) -> float:
            return float(levels.at(index))

        for i, (weights, bound) in enumerate(self._bounds):
            if weight := weights.get(name):
                limit = (bound - sums[i] - self._least_rest[i][depth]) / weight
                if weight > 0:
                    last = min(last, bisect_right(range(levels.count), limit, key=number))
                else:
                    first = max(first, bisect_left(range(levels.count), limit, key=number))
        return range(first, max(first, last))


def first_untried(
    space: SearchSpace, is_tried: Callable[[Configuration], bool], start_D: Sequence[float]
) -> dict[str, Value] | None:
    """The first configuration from *start_D* on that is not tried; None when all are.

    Raises ValueError when neither is certain after MAX_VISITS.
    """
    lattice = Lattice(space)
    for configuration in lattice.walk(start_D):
        if not is_tried(configuration):
            return configuration
        if lattice.num_visits > MAX_VISITS:
            raise ValueError(f"no untried configuration among {MAX_VISITS} combinations of parameters")
    return None


def _at_most(space: SearchSpace) -> list[tuple[Mapping[str, float], float]]:
    """The constraints as weights and upper bounds, with the slack that a constraint grants."""
    out: list[tuple[Mapping[str, float], float]] = []
    for c in space.constraints:
        sign = 1.0 if c.at_most else -1.0
        # Twice the slack: rounding in the order of summation must not rule out what the constraint allows.
        bound = sign * c.bound + 2e-9 * max(1.0, abs(c.bound))
        out.append(({t.name: sign * t.weight for t in c.terms}, bound))
    return out


def _least_rest(order: Sequence[Parameter], weights: Mapping[str, float]) -> list[float]:
    """For each position, the least that the parameters after it can add to the constraint's sum."""
    rest = [0.0] * len(order)
    for i in range(len(order) - 1, 0, -1):
        rest[i - 1] = rest[i] + _least(order[i], weights.get(order[i].name, 0.0))
    return rest


def _least(parameter: Parameter, weight: float) -> float:
    if weight == 0.0 or not isinstance(parameter.kind, Double | Integer):
        return 0.0
    least = min(weight * parameter.kind.min, weight * parameter.kind.max)
    return min(0.0, least) if parameter.conditions else least  # inactive, it counts as zero


def _rotated(indices: range, offset: int) -> Iterator[int]:
    split = min(max(offset, indices.start), indices.stop)
    yield from range(split, indices.stop)
    yield from range(indices.start, split)


def _is_fixed(parameter: Parameter) -> bool:
    return isinstance(parameter.kind, Fixed)
