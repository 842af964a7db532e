"""The polytope of the parameter constraints: a configuration inside it when chance finds none.

From a configuration that breaks constraints we project onto the half-spaces one after the other (Kaczmarz
1937; Agmon 1954), walk some random chords so that not everything ends on a face (hit-and-run, Smith 1984),
and fix whole numbers and stepped values one at a time, projecting the rest again.

Arrays carry shapes: N variables of the constraints, M constraints; coordinates are shares of the ranges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from assay_server.domain.scale import snapped
from assay_server.domain.space import Configuration, Double, Integer, SearchSpace, Value

MAX_SWEEPS = 400
"""Projections onto all constraints: they converge geometrically unless the polytope is nearly flat."""

MAX_FIXINGS = 200
"""Attempts to fix a discrete variable before the start is given up."""

MAX_CHORDS = 32

ROUNDING = 1e-6
"""Inset while discrete variables are fixed, where there is room."""

INSETS = (0.05, 0.01, 1e-3, 1e-6, 0.0)
"""Of the range: how far inside we begin to walk, if there is so much room. A walk that begins in a corner stays
there, and rounding may put us outside of a face; but a flat polytope has no inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variable:
    """A parameter that occurs in a constraint and may be moved."""

    name: str
    kind: Double | Integer

    @property
    def width(self) -> float:
        return float(self.kind.max - self.kind.min)

    @property
    def is_discrete(self) -> bool:
        return isinstance(self.kind, Integer) or self.kind.step is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _HalfSpace:
    """normal · x <= offset, the normal of length 1."""

    normal: tuple[float, ...]
    offset: float
    slack: float
    """What may be missing, by rounding."""


def nearest_feasible(
    space: SearchSpace, drawn: Configuration, uniforms: Callable[[int], Sequence[float]]
) -> dict[str, Value] | None:
    """A configuration near *drawn* that keeps all constraints; None when none was found.

    Only parameters of constraints are moved, and none on which another one depends. *uniforms(k)* gives
    numbers in [0, 1) for the k-th chord.
    """
    variables = _variables(space, drawn)
    half_spaces = _half_spaces(space, drawn, variables)
    if half_spaces is None:
        return None
    start_N = [(float(drawn[v.name]) - v.kind.min) / v.width for v in variables]
    for inset in INSETS:
        inside_N = _projected(start_N, half_spaces, frozenset(), inset)
        if inside_N is not None:
            inside_N = _walked(inside_N, half_spaces, uniforms)
            return _fixed(space, drawn, variables, half_spaces, inside_N, min(inset, ROUNDING))
    return None


def _variables(space: SearchSpace, drawn: Configuration) -> list[_Variable]:
    parents = {c.parameter for p in space.parameters for c in p.conditions}
    names = dict.fromkeys(t.name for c in space.constraints for t in c.terms)
    found: list[_Variable] = []
    for name in names:
        parameter = space.parameter(name)
        if parameter is not None and name in drawn and name not in parents:
            assert isinstance(parameter.kind, Double | Integer)
            found.append(_Variable(name=name, kind=parameter.kind))
    return found


def _half_spaces(space: SearchSpace, drawn: Configuration, variables: Sequence[_Variable]) -> list[_HalfSpace] | None:
    """None when a constraint on parameters that cannot be moved is broken."""
    out: list[_HalfSpace] = []
    for c in space.constraints:
        sign = 1.0 if c.at_most else -1.0
        weights = {t.name: sign * t.weight for t in c.terms}
        moved = {v.name for v in variables}
        bound = sign * c.bound - sum(w * float(drawn.get(n, 0.0)) for n, w in weights.items() if n not in moved)
        row_N = [weights.get(v.name, 0.0) * v.width for v in variables]
        bound -= sum(weights.get(v.name, 0.0) * v.kind.min for v in variables)
        length = math.hypot(*row_N)
        slack = 0.5e-9 * max(1.0, abs(c.bound))  # half of what the constraint grants
        if length == 0.0:
            if bound < -slack:
                return None
            continue
        out.append(_HalfSpace(normal=tuple(w / length for w in row_N), offset=bound / length, slack=slack / length))
    return out


def _projected(
    start_N: Sequence[float], half_spaces: Sequence[_HalfSpace], held: frozenset[int], inset: float
) -> list[float] | None:
    """A point of the polytope with the coordinates *held* as they are; None when the sweeps find none."""
    x_N = list(start_N)
    for _ in range(MAX_SWEEPS if inset <= ROUNDING else MAX_SWEEPS // 8):
        if _sweep(x_N, half_spaces, held, inset):
            return x_N
    return None


def _sweep(x_N: list[float], half_spaces: Sequence[_HalfSpace], held: frozenset[int], inset: float) -> bool:
    """Project onto each half-space in turn, then onto the box; whether the point was inside all of them."""
    inside = True
    for h in half_spaces:
        excess = sum(a * x for a, x in zip(h.normal, x_N, strict=True)) - h.offset
        if excess <= h.slack:
            continue
        inside = False
        free = sum(a * a for i, a in enumerate(h.normal) if i not in held)
        if free > 0.0:
            move = (excess + inset) / free
            for i, a in enumerate(h.normal):
                if i not in held:
                    x_N[i] -= move * a
    for i, x in enumerate(x_N):
        if not 0.0 <= x <= 1.0 and i not in held:
            inside = False
            x_N[i] = min(1.0 - inset, max(inset, x))
    return inside


def _walked(
    x_N: list[float], half_spaces: Sequence[_HalfSpace], uniforms: Callable[[int], Sequence[float]]
) -> list[float]:
    """After some random chords through the polytope."""
    normal = NormalDist()
    for k in range(min(MAX_CHORDS, 4 * len(x_N))):
        numbers = uniforms(k)
        if len(numbers) <= len(x_N):
            numbers = [*numbers, *uniforms(MAX_CHORDS + k)]  # one for the direction of each, one for the place
        direction_N = [normal.inv_cdf(min(1 - 1e-12, max(1e-12, u))) for u in numbers[: len(x_N)]]
        low, high = _chord(x_N, direction_N, half_spaces)
        if low < high:
            place = low + numbers[len(x_N)] * (high - low)
            x_N = [min(1.0, max(0.0, x + place * d)) for x, d in zip(x_N, direction_N, strict=True)]
    return x_N


def _chord(
    x_N: Sequence[float], direction_N: Sequence[float], half_spaces: Sequence[_HalfSpace]
) -> tuple[float, float]:
    """How far one may go back and forth from a point of the polytope."""
    low, high = -math.inf, math.inf
    rows = [(d, 1.0 - x) for d, x in zip(direction_N, x_N, strict=True)]
    rows += [(-d, x) for d, x in zip(direction_N, x_N, strict=True)]
    for h in half_spaces:
        slope = sum(a * d for a, d in zip(h.normal, direction_N, strict=True))
        rows.append((slope, h.offset - sum(a * x for a, x in zip(h.normal, x_N, strict=True))))
    for slope, room in rows:
        if abs(slope) > 1e-12:
            if slope > 0:
                high = min(high, max(0.0, room) / slope)
            else:
                low = max(low, max(0.0, room) / slope)
    return low, high


def _fixed(
    space: SearchSpace,
    drawn: Configuration,
    variables: Sequence[_Variable],
    half_spaces: Sequence[_HalfSpace],
    inside_N: list[float],
    inset: float,
) -> dict[str, Value] | None:
    """*inside_N* as a configuration, discrete variables snapped one by one, depth first."""
    discrete = [i for i, v in enumerate(variables) if v.is_discrete]
    waiting: list[tuple[list[float], int]] = [(inside_N, 0)]
    for _ in range(MAX_FIXINGS):
        if not waiting:
            return None
        x_N, num_held = waiting.pop()
        if num_held == len(discrete):
            found = {**drawn, **{v.name: _value(v, x) for v, x in zip(variables, x_N, strict=True)}}
            if space.is_feasible(found):
                return found
            continue
        held = frozenset(discrete[: num_held + 1])
        for x in reversed(_neighbours(variables[discrete[num_held]], x_N[discrete[num_held]])):
            moved_N = [x if i == discrete[num_held] else old for i, old in enumerate(x_N)]
            if (projected_N := _projected(moved_N, half_spaces, held, inset)) is not None:
                waiting.append((projected_N, num_held + 1))
    return None


def _neighbours(variable: _Variable, x: float) -> list[float]:
    """The coordinates of the nearest value and of those beside it, nearest first."""
    step = float(variable.kind.step or 1) / variable.width
    near = {snapped(variable.kind, variable.kind.min + (x + k * step) * variable.width) for k in (-1, 0, 1)}
    return sorted(((v - variable.kind.min) / variable.width for v in near), key=lambda c: abs(c - x))


def _value(variable: _Variable, x: float) -> Value:
    return snapped(variable.kind, variable.kind.min + x * variable.width)
